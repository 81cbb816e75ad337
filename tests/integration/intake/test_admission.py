"""An integrator's account follows the store through whatever Kafka does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from confluent_kafka.admin import AdminClient

from libs.events import public_topic
from libs.runtime import accounts
from libs.runtime.clock import new_id, now
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.stack import NativeKafka
from services.intake import integrator as rules
from services.intake.admission import Admission, Admitted, account_of
from services.intake.app import PARTS
from services.intake.integrator import SCOPES, Integrator, Scope, digest_of, document_id
from services.intake.store import INTEGRATORS
from tests.integration.accounts.outsider import BAD_PASSWORD, Outsider, make
from tests.integration.runtime.test_table import published, removed, send

TENANT, NAME = "kecioren", "app"


@pytest.fixture
async def service(mongo: str, database: str, own_kafka: NativeKafka) -> AsyncIterator[Service]:
    settings = Settings(kafka=own_kafka.address, mongo=mongo, database=database, stop_seconds=1.0)
    make(own_kafka.address, [public_topic(TENANT)], [("one", b"{}")])
    service = Service(PARTS, settings)
    await service.start()
    async with asyncio.timeout(20):
        while not service.prepared:
            await asyncio.sleep(0.05)
    yield service
    await service.stop()


@pytest.fixture
def admission(service: Service, monkeypatch: pytest.MonkeyPatch) -> Admission:
    monkeypatch.setattr(accounts, "TIMEOUT_S", 1.5)
    return Admission(service)


async def add(
    admission: Admission, password: str, scopes: tuple[Scope, ...] = SCOPES
) -> Integrator:
    new = Integrator(TENANT, NAME, new_id(), digest_of("x"), scopes, 10.0, "ayse", now())
    decide = partial(rules.add, integrator=new)
    return (await admission.change(TENANT, NAME, decide, password)).state


async def rotate(admission: Admission, password: str) -> Integrator:
    decide = partial(rules.rotate, digest=digest_of("y"))
    return (await admission.change(TENANT, NAME, decide, password)).state


async def lets_in(kafka: NativeKafka, password: str) -> bool:
    """Whether who has this password may read the topic."""
    outsider = Outsider(kafka.outer_address, f"{TENANT}.{NAME}", password)
    return await asyncio.to_thread(outsider.reads, public_topic(TENANT).name) == "ok"


async def standing(service: Service) -> str:
    state: Integrator = await service.get(document_id(TENANT, NAME), INTEGRATORS)
    return state.account


async def test_asking_again_repairs_what_a_broker_that_was_away_left_undone(
    own_kafka: NativeKafka, service: Service, admission: Admission
) -> None:
    await asyncio.to_thread(own_kafka.stop)
    with pytest.raises(Refused, match="account-not-changed"):
        await add(admission, "first")
    assert await standing(service) == "changing"
    await asyncio.to_thread(own_kafka.start)
    assert (await add(admission, "second")).account == "open"
    await until(own_kafka, "second", True)
    assert not await lets_in(own_kafka, "first")

    await asyncio.to_thread(own_kafka.stop)
    with pytest.raises(Refused, match="account-not-changed"):
        await rotate(admission, "third")
    with pytest.raises(Refused, match="account-not-changed"):
        await admission.change(TENANT, NAME, rules.remove)
    await asyncio.to_thread(own_kafka.start)
    assert await lets_in(own_kafka, "second"), "nothing has reached the broker"
    await Admission(service).sweep()
    await until(own_kafka, "second", False)
    assert await standing(service) == "shut"


async def test_the_secrets_of_one_who_broke_off_open_nothing_after_a_sweep(
    own_kafka: NativeKafka, service: Service, admission: Admission
) -> None:
    await add(admission, "first")
    await until(own_kafka, "first", True)
    crashed = await admission._decided(TENANT, NAME, partial(rules.rotate, digest="lost"))
    assert crashed.account == "changing"
    await Admission(service).sweep()
    assert await standing(service) == "changing", "he may still be at work"
    await admission._settled(crashed, crashed.begun_at or now(), "changing")
    await Admission(service).sweep()
    assert await standing(service) == "shut"
    await until(own_kafka, "first", False)
    assert (await rotate(admission, "second")).account == "open"
    await until(own_kafka, "second", True)
    await admission.change(TENANT, NAME, rules.remove)
    await until(own_kafka, "second", False)
    with pytest.raises(Refused, match="integrator-unknown"):
        await admission.change(TENANT, NAME, rules.remove)


async def test_one_that_has_left_lets_nobody_in_any_more(
    own_kafka: NativeKafka, service: Service, admission: Admission
) -> None:
    """intake shuts them out by itself; on a broker that was away then, as soon as it is back."""
    await send(own_kafka.address, published(TENANT, 1))
    await add(admission, "first")
    await until(own_kafka, "first", True)
    await admission.sweep()
    assert await standing(service) == "open"
    await send(own_kafka.address, published(TENANT, 2, state="left"))
    async with asyncio.timeout(20):
        while TENANT not in service.tenants.departed:
            await asyncio.sleep(0.05)
    await asyncio.to_thread(own_kafka.stop)
    await admission.sweep()
    assert await standing(service) == "changing"
    state: Integrator = await service.get(document_id(TENANT, NAME), INTEGRATORS)
    assert not rules.knows(state, "x"), "the key is out at once"
    await asyncio.to_thread(own_kafka.start)
    assert await lets_in(own_kafka, "first"), "nothing has reached the broker"
    await Admission(service).sweep()
    await until(own_kafka, "first", False)
    assert await standing(service) == "shut"
    await Admission(service).sweep()
    await send(own_kafka.address, removed(TENANT, 3), published(TENANT, 4))
    async with asyncio.timeout(20):
        while service.tenants.departed:
            await asyncio.sleep(0.05)
    assert (await add(admission, "second")).account == "open"
    await admission.sweep()
    assert await standing(service) == "open"


async def test_an_older_one_is_given_the_right_to_subscribe_and_loses_it_again(
    own_kafka: NativeKafka, service: Service, admission: Admission
) -> None:
    async def change(*scopes: Scope, password: str) -> Admitted:
        decide = partial(rules.change, scopes=scopes)
        return await admission.change(TENANT, NAME, decide, password)

    await add(admission, "", ("submit",))
    await asyncio.to_thread(own_kafka.stop)
    with pytest.raises(Refused, match="account-not-changed"):
        await change("submit", "subscribe", password="first")
    with pytest.raises(Refused, match="integrator-exists"):
        await add(admission, "first")
    await asyncio.to_thread(own_kafka.start)
    assert (await change("submit", "subscribe", password="second")).opened
    await until(own_kafka, "second", True)
    kept = await change("subscribe", password="third")
    assert (kept.opened, kept.state.account, kept.state.scopes) == (False, "open", ("subscribe",))
    assert await lets_in(own_kafka, "second"), "who subscribes already keeps his password"

    outsider = Outsider(own_kafka.outer_address, f"{TENANT}.{NAME}", "second")
    with outsider.reading(public_topic(TENANT).name) as living:
        assert await asyncio.to_thread(living.outcome) == "ok"
        gone = await change("submit", "updates", password="fourth")
        assert (gone.opened, gone.state.account) == (False, "shut")
        refused = await asyncio.to_thread(living.outcome)
        assert refused in ("TOPIC_AUTHORIZATION_FAILED", BAD_PASSWORD)
    await until(own_kafka, "second", False)
    assert await asyncio.to_thread(rights_left, own_kafka) == []


def rights_left(kafka: NativeKafka) -> list[object]:
    """ACLs that the account still has."""
    of_it = account_of(Integrator(TENANT, NAME, "", "", SCOPES, 1.0, "", now())).any_right
    admin = AdminClient({"bootstrap.servers": kafka.address})
    return list(admin.describe_acls(of_it).result(timeout=20))


async def until(kafka: NativeKafka, password: str, wanted: bool) -> None:
    async with asyncio.timeout(10):
        while await lets_in(kafka, password) is not wanted:
            await asyncio.sleep(0.05)
