"""When the rules change, or the projection is grown anew, differences are told, and once."""

from __future__ import annotations

import random

import pytest

from libs.events import Point
from libs.runtime.clock import new_id
from libs.runtime.table import TenantsBehind
from libs.runtime.unit import Unit
from libs.tenants import Tenant
from libs.tenants.coarse import coarse
from services.reporting.republishing import in_force
from tests.unit.reporting.history import Told

from .world import Copy, Reader, a_copy, a_tenant, record, records

FAR = coarse(Point(lat=39.98, lon=32.86), 1000)
"""Where every request of these tests is, told to a kilometre."""


def stories(tenant: Tenant, count: int) -> list[Told]:
    """Requests about a hole in the road and about water, in turn."""
    found = []
    for number in range(count):
        told = Told(tenant=tenant.slug, id=new_id())
        category = "WATER" if number % 2 else "HOLE"
        found.append(told.submitted(category).created().assigned(2, about=category))
    return found


async def heard(copy: Copy, told: list[Told]) -> None:
    await copy.hears([one for story in told for one in records(story)])


async def test_a_change_of_the_rules_tells_what_it_changes_and_nothing_else(
    copy: Copy, kafka: str, tenant: Tenant
) -> None:
    told = stories(tenant, 10)
    await copy.knows(tenant)
    await heard(copy, told)
    await copy.knows(a_tenant(2, tenant.slug, withheld=["WATER"]), page=3)
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    holes = {story.id for story in told[::2]}
    assert set(reader.state) == holes
    assert all(reader.numbers[id] == [1] for id in holes)
    assert all(reader.numbers[story.id] == [1, 2] for story in told[1::2])

    await copy.knows(a_tenant(3, tenant.slug, grid_m=1000, department=False), page=3)
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert set(reader.state) == {story.id for story in told}
    assert {state.department for state in reader.state.values()} == {None}
    assert {state.point and state.point.lat for state in reader.state.values()} == {FAR.lat}

    await copy.knows(a_tenant(4, tenant.slug, published=False), page=3)
    await copy.sends()
    assert (await Reader.of(kafka, tenant.slug)).state == {}


async def test_a_copy_that_knows_older_rules_waits_for_the_newer_ones(
    copy: Copy, mongo: str, kafka: str, tenant: Tenant
) -> None:
    told = stories(tenant, 2)
    await heard(copy, told)
    slow = await a_copy(mongo, copy.database.name, kafka, tenant)
    await copy.knows(a_tenant(2, tenant.slug, department=False))
    more = told[0].moved(5, "in_progress")
    with pytest.raises(TenantsBehind):
        await slow.hears(list(records(more, since=3)))
    slow.tenants[tenant.slug] = a_tenant(2, tenant.slug, department=False)
    await slow.hears(list(records(more, since=3)))
    slow.database.client.close()


async def test_an_event_and_a_change_of_the_rules_meet_in_the_entry(
    copy: Copy, mongo: str, kafka: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two commits, one by old rules and one by new ones: whoever is second looks again."""
    (told,) = stories(tenant, 1)
    await heard(copy, [told])
    slow, write = await a_copy(mongo, copy.database.name, kafka, tenant), copy.chain.commit

    async def meanwhile(unit: Unit) -> None:
        monkeypatch.undo()
        await slow.hears(list(records(told.assigned(3, to="PARK", about="HOLE"), since=3)))
        await write(unit)

    copy.tenants[tenant.slug] = newer = a_tenant(2, tenant.slug, grid_m=1000)
    republishing = copy.republishing()
    assert await republishing.begin(copy.publishing, [in_force(newer)]) is True
    monkeypatch.setattr(copy.chain, "commit", meanwhile)
    slow.tenants[tenant.slug] = newer
    await republishing.walk(copy.publishing)
    await copy.sends()
    state = (await Reader.of(kafka, tenant.slug)).state[told.id]
    assert (state.department and state.department.code) == "PARK"
    assert (state.point and state.point.lat) == FAR.lat
    slow.database.client.close()


async def test_one_who_dies_is_followed_by_one_who_goes_on(
    copy: Copy, kafka: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = stories(tenant, 40)
    await heard(copy, told)
    newer = a_tenant(2, tenant.slug, due_at=False)
    copy.tenants[tenant.slug] = newer
    write, dead = copy.chain.commit, 0

    async def dying(unit: Unit) -> None:
        nonlocal dead
        dead += 1
        if dead % 3 == 0:
            raise ConnectionError
        await write(unit)
        if dead % 5 == 0:
            raise ConnectionError  # it was committed, and nobody heard

    assert await copy.republishing().begin(copy.publishing, [in_force(newer)]) is True
    monkeypatch.setattr(copy.chain, "commit", dying)
    afters = []
    for _ in range(40):
        republishing = copy.republishing(page=2)
        republishing._lease.holder = "the same"
        try:
            await republishing.walk(copy.publishing)
        except ConnectionError:
            row = await copy.database["public"].find_one({"_id": "|walk"})
            afters.append(row["after"] if row else "")
            continue
        break
    assert dead > 20
    assert afters == sorted(afters)
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert {tuple(numbers) for numbers in reader.numbers.values()} == {(1, 2)}
    assert {state.due_at for state in reader.state.values()} == {None}
    row = await copy.database["public"].find_one({"_id": "|walk"})
    assert row is not None
    assert row["done"] is True


@pytest.mark.parametrize("seed", range(4))
async def test_copies_of_two_generations_tell_each_change_once_and_go_back_to_none(
    copy: Copy, mongo: str, kafka: str, tenant: Tenant, seed: int
) -> None:
    """While copies turn to a new generation, both are followed, each as far as it is by then."""
    dice = random.Random(seed)
    told = stories(tenant, 6)
    for story in told:
        for minutes, status in enumerate(("in_progress", "resolved", "reopened", "resolved"), 3):
            story.moved(minutes, status)  # type: ignore[arg-type]
    newer = await a_copy(mongo, copy.database.name, kafka, tenant)
    newer = Copy(newer.database, newer.relay, newer.tenants, generation=2)
    await newer.prepare()
    queues = [(who, list(records(story))) for who in (copy, newer) for story in told]
    while queues := [(who, queue) for who, queue in queues if queue]:
        who, queue = dice.choice(queues)
        await who.hears([queue.pop(0)])
    assert await newer.republishing().begin(newer.publishing, []) is True
    await newer.republishing().walk(newer.publishing)
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert set(reader.numbers) == {story.id for story in told}
    for story in told:
        assert reader.numbers[story.id] == [1, 2, 3, 4, 5, 6]
        assert reader.state[story.id].status_detail == "resolved"
        assert reader.state[story.id].reopened is True
    newer.database.client.close()


async def test_a_growth_that_was_followed_otherwise_tells_its_differences(
    copy: Copy, mongo: str, kafka: str, tenant: Tenant
) -> None:
    """As after the repair of a dead letter, or by rules that were written better."""
    told = stories(tenant, 3)
    await heard(copy, told)
    silent = Copy(copy.database, copy.relay, copy.tenants, generation=2, follows=False)
    await silent.prepare()
    other = Told(tenant=tenant.slug, id=told[0].id).submitted("WATER").created()
    other.assigned(2, about="WATER")
    await heard(silent, [other, *told[1:]])
    newer = Copy(copy.database, copy.relay, copy.tenants, generation=2)
    assert await newer.republishing().begin(newer.publishing, []) is True
    await newer.republishing().walk(newer.publishing)
    await copy.hears([record(told[0].id, told[0].moved(4, "resolved").events[-1], 3)])
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert reader.numbers == {told[0].id: [1, 2, 3], told[1].id: [1], told[2].id: [1]}
    state = reader.state[told[0].id]
    assert state.status_detail == "resolved"
    assert await newer.republishing().begin(newer.publishing, []) is False


async def test_of_one_that_is_gone_nothing_is_told_until_it_comes_again(
    copy: Copy, mongo: str, kafka: str, tenant: Tenant
) -> None:
    """Nor does an event of it wait for ever, whichever copy hears it."""
    told = stories(tenant, 6)
    await copy.knows(tenant)
    await heard(copy, told)
    slow = await a_copy(mongo, copy.database.name, kafka, tenant)
    del copy.tenants[tenant.slug]
    copy.gone[tenant.slug] = 3
    later = list(records(told[0].moved(5, "in_progress"), since=3))
    with pytest.raises(TenantsBehind):
        await copy.hears(later)
    republishing = copy.republishing(page=2)
    await republishing()
    await copy.hears(later)
    assert republishing._task is not None
    await republishing._task
    with pytest.raises(TenantsBehind):
        await slow.hears(list(records(told[1].moved(5, "in_progress"), since=3)))
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert reader.state == {}
    assert all(reader.numbers[story.id] == [1, 2] for story in told)

    del copy.gone[tenant.slug]
    await copy.knows(a_tenant(4, tenant.slug))
    await copy.sends()
    reader = await Reader.of(kafka, tenant.slug)
    assert set(reader.state) == {story.id for story in told}
    assert all(reader.numbers[story.id] == [1, 2, 3] for story in told)
    assert reader.state[told[0].id].status_detail == "in_progress"
    slow.database.client.close()


async def test_who_leaves_is_not_kept_waiting_by_a_walk(copy: Copy, tenant: Tenant) -> None:
    """A walk through all facts may take minutes, and what happens to a request must not."""
    told = stories(tenant, 30)
    await copy.knows(tenant)
    await heard(copy, told)
    copy.tenants[tenant.slug] = a_tenant(2, tenant.slug, published=False)
    republishing = copy.republishing(page=1)
    await republishing()
    walking = republishing._task
    assert walking is not None
    assert not walking.done()
    del copy.tenants[tenant.slug]
    copy.gone[tenant.slug] = 3
    await republishing()
    assert walking.cancelled()
    await copy.hears(list(records(told[0].moved(5, "in_progress"), since=3)))
    await republishing.stop()
