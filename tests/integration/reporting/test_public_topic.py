"""What outsiders read of requests: whole, in order, each change once, and nothing private."""

from __future__ import annotations

from libs.tenants import Tenant
from tests.unit.reporting.history import Told

from .world import Copy, Reader, records


async def test_each_change_of_the_public_state_is_told_once_and_whole(
    copy: Copy, kafka: str, tenant: Tenant
) -> None:
    told = Told(tenant=tenant.slug).submitted("HOLE").created().routed(1).assigned(2, about="HOLE")
    told.supported(3).moved(4, "in_progress").moved(5, "resolved")
    everything = list(records(told))
    for one in [*everything, *everything]:
        await copy.hears([one])
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert reader.numbers[told.id] == [1, 2, 3, 4, 5]  # neither the creation nor the routing shows
    state = reader.state[told.id]
    assert (state.status, state.status_detail, state.voices) == ("closed", "resolved", 1)
    assert (state.category and state.category.code) == "HOLE"
    assert state.department is not None
    assert state.closed_at == told.events[-1].occurred_at == state.updated_at  # type: ignore[attr-defined]
    assert (state.point and (state.point.lat, state.point.lon)) == (39.98, 32.86)


async def test_what_a_batch_brings_together_is_one_change(
    copy: Copy, kafka: str, tenant: Tenant
) -> None:
    told = Told(tenant=tenant.slug).submitted("HOLE").created().assigned(2).moved(5, "resolved")
    await copy.hears(list(records(told)))
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert reader.numbers[told.id] == [1]
    assert reader.state[told.id].status_detail == "resolved"


async def test_hidden_is_a_tombstone_and_shown_again_the_next_number(
    copy: Copy, kafka: str, tenant: Tenant
) -> None:
    told = Told(tenant=tenant.slug).submitted("HOLE").created().assigned(2)
    await copy.hears(list(records(told)))
    since = len(told.events)
    await copy.hears(list(records(told.shown(3, False).moved(4, "in_progress"), since)))
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert told.id not in reader.state
    assert reader.types[told.id][-1] == "service_request.hidden.v1"
    since = len(told.events)
    await copy.hears(list(records(told.shown(5, True), since)))
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert reader.numbers[told.id] == [1, 2, 3]
    assert reader.state[told.id].status_detail == "in_progress"


async def test_what_its_citizen_wants_private_is_never_there(
    copy: Copy, kafka: str, tenant: Tenant
) -> None:
    told = Told(tenant=tenant.slug).submitted("HOLE", private=True).created().assigned(2)
    other = Told(tenant=tenant.slug, number="9C2VK7NB4").submitted("HOLE").created()
    other.joined(3, told.number, private=True)
    for one in (*records(told), *records(other)):
        await copy.hears([one])
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert set(reader.numbers) == {other.id}
    assert reader.state[other.id].status_detail == "duplicate"
    assert reader.state[other.id].merged_into is None
