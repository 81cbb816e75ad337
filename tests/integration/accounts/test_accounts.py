"""An account reads its tenant's public topic and nothing else; Kafka itself refuses the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from libs.events import TOPICS, public_topic
from libs.runtime.accounts import Account, Accounts, NoAccount, new_password
from libs.stack import NativeKafka
from libs.stack.private import make_topics
from tests.integration.accounts.outsider import BAD_PASSWORD, Outsider, make

LIVES_ON_S = 2
TENANT, OTHER = "kecioren", "cankaya"
TOPIC, OTHERS = public_topic(TENANT).name, public_topic(OTHER).name
NO_TOPIC, NO_GROUP = "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeKafka]:
    server = NativeKafka(tmp_path_factory.mktemp("accounts"), lives_on_s=LIVES_ON_S)
    server.start()
    make_topics(server.address)
    make(server.address, [public_topic(TENANT), public_topic(OTHER)], [("one", b"{}")])
    yield server
    server.stop(timeout_s=5.0)


def account(user: str, topic: str = TOPIC) -> Account:
    return Account(user, topic, f"{user}.")


async def let_in(broker: NativeKafka, user: str, topic: str = TOPIC) -> Outsider:
    """Somebody new with an account, once the broker has heard of it."""
    told = Outsider(broker.outer_address, user, new_password())
    await Accounts(broker.address).open(account(user, topic), told.password)
    await until(told, topic, "ok")
    return told


async def until(outsider: Outsider, topic: str, wanted: str) -> None:
    """A change is known to every broker in an instant, but not in the same one."""
    async with asyncio.timeout(20):
        while await asyncio.to_thread(outsider.reads, topic) != wanted:
            pass


@pytest.fixture(scope="module")
async def app(broker: NativeKafka) -> Outsider:
    """An integrator of the one tenant; the other tenant has one too."""
    await let_in(broker, f"{OTHER}.app", OTHERS)
    return await let_in(broker, f"{TENANT}.app")


def test_it_reads_its_tenants_topic_in_a_group_of_its_own(app: Outsider) -> None:
    assert app.reads(TOPIC) == "ok"
    assert app.reads(TOPIC, f"{TENANT}.app.map") == "ok"


def test_it_is_shown_no_other_topic(app: Outsider) -> None:
    assert app.sees() == {TOPIC}


@pytest.mark.parametrize("topic", [OTHERS, *TOPICS, "__consumer_offsets", "public.none.requests"])
def test_it_reads_no_other_topic(app: Outsider, topic: str) -> None:
    assert app.reads(topic) == NO_TOPIC


@pytest.mark.parametrize(
    "group",
    [f"{OTHER}.app.map", f"{TENANT}.app", f"{TENANT}.application.map", "intake", "reporting", "x"],
)
def test_it_joins_no_group_of_others(app: Outsider, group: str) -> None:
    assert app.reads(TOPIC, group) == NO_GROUP


@pytest.mark.parametrize("topic", [TOPIC, OTHERS, "requests"])
def test_it_writes_nowhere(app: Outsider, topic: str) -> None:
    assert app.writes(topic) == NO_TOPIC


def test_it_changes_nothing_of_the_broker(app: Outsider) -> None:
    everything = AclBindingFilter(
        *(ResourceType.ANY, None, ResourcePatternType.ANY, None, None),
        *(AclOperation.ANY, AclPermissionType.ANY),
    )
    more = AclBinding(
        *(ResourceType.TOPIC, "requests", ResourcePatternType.LITERAL, f"User:{app.user}", "*"),
        *(AclOperation.ALL, AclPermissionType.ALLOW),
    )
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    mine = UserScramCredentialUpsertion(f"{OTHER}.app", how, b"mine")
    denied = "CLUSTER_AUTHORIZATION_FAILED"
    assert app.asks("create_acls", [more]) == denied
    assert app.asks("delete_acls", [everything]) == denied
    admin = AdminClient(app.settings)
    assert admin.describe_acls(everything).result(timeout=20) == []
    assert app.asks("alter_user_scram_credentials", [mine]) == denied
    assert app.asks("create_topics", [NewTopic("mine", 1, 1)]) == NO_TOPIC
    assert app.asks("delete_topics", [TOPIC]) == NO_TOPIC
    assert app.asks("delete_consumer_groups", ["intake"]) == NO_GROUP


@pytest.mark.parametrize("password", ["wrong", " "])
def test_a_wrong_password_is_refused(app: Outsider, password: str) -> None:
    assert Outsider(app.servers, app.user, password).reads(TOPIC) == BAD_PASSWORD


def test_nobody_else_is_let_in(app: Outsider) -> None:
    for user in ("ANONYMOUS", f"{TENANT}.app2", TENANT):
        assert Outsider(app.servers, user, app.password).reads(TOPIC) == BAD_PASSWORD


async def test_after_a_rotation_the_old_password_is_refused_and_living_readers_end(
    broker: NativeKafka,
) -> None:
    old = await let_in(broker, f"{TENANT}.turned")
    new = Outsider(old.servers, old.user, new_password())
    with old.reading(TOPIC) as living:
        assert living.outcome() == "ok"
        await Accounts(broker.address).open(account(old.user), new.password)
        await until(new, TOPIC, "ok")
        assert await asyncio.to_thread(old.reads, TOPIC) == BAD_PASSWORD
        assert await asyncio.to_thread(living.outcome) == BAD_PASSWORD, "within LIVES_ON_S"
    assert await asyncio.to_thread(new.reads, TOPIC, f"{TENANT}.turned.x") == "ok"


async def test_after_a_removal_living_readers_are_refused_at_once(broker: NativeKafka) -> None:
    gone = await let_in(broker, f"{TENANT}.gone")
    stays = await let_in(broker, f"{TENANT}.stays")
    with gone.reading(TOPIC) as living:
        assert living.outcome() == "ok"
        await Accounts(broker.address).close(account(gone.user))
        assert await asyncio.to_thread(living.outcome) in (NO_TOPIC, BAD_PASSWORD)
    await until(gone, TOPIC, BAD_PASSWORD)
    assert stays.reads(TOPIC) == "ok"
    await Accounts(broker.address).close(account(gone.user))  # once more is harmless


async def test_a_broker_that_does_not_answer_is_told_as_such(
    broker: NativeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.runtime.accounts.TIMEOUT_S", 0.5)
    with pytest.raises(NoAccount, match="_TIMED_OUT"):
        await Accounts("127.0.0.1:9").open(account("nobody"), "x")
