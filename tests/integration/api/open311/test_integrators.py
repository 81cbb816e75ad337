"""Integrators are let in, given other keys and shut out, by the API and by the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from libs.events import public_topic
from services.cli import app
from tests.integration.accounts.outsider import BAD_PASSWORD, Outsider, make
from tests.integration.api.open311.conftest import Here
from tests.integration.api.system import Headers, Json, System, until

PATH = "/api/integrators"


def _add(system: System, who: Headers, body: Json, tenant: str = "akyurt") -> tuple[int, Json]:
    answer = system.http.post(PATH, params={"tenant": tenant}, json=body, headers=who)
    return answer.status_code, answer.json()


def test_a_name_is_given_once_and_a_key_is_shown_once(here: Here) -> None:
    admin = here.system.staff("akyurt", "admin")
    status, added = _add(here.system, admin, {"name": "neighbour", "scopes": ["submit"]})
    assert (status, added["scopes"], added["rate"]) == (201, ["submit"], 10.0)
    assert added["api_key"].startswith("akyurt.neighbour.")
    status, problem = _add(here.system, admin, {"name": "neighbour"})
    assert (status, problem["type"]) == (409, "/problems/integrator-exists")
    (listed,) = [
        one
        for one in here.system.call("GET", PATH, here.system.staff("akyurt", "auditor"))
        if one["name"] == "neighbour"
    ]
    assert listed.items() <= added.items()


def test_what_can_be_had_here_is_told(here: Here) -> None:
    offered = here.system.call("GET", f"{PATH}/offered", here.system.staff("akyurt", "auditor"))
    assert offered["scopes"] == ["submit", "updates", "subscribe"]
    assert offered["kafka"]["servers"] == here.system.outer


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Not A Slug"},
        {"name": "a.b"},
        {"name": "a", "scopes": []},
        {"name": "a", "scopes": ["all"]},
        {"name": "a", "scopes": None, "rate": None},
        {"name": "a", "rate": 0},
        {"name": "a", "rate": "5"},
        {"name": "a", "colour": "red"},
    ],
)
def test_what_is_no_integrator_is_refused(here: Here, body: Json) -> None:
    assert _add(here.system, here.system.platform, body)[0] == 422


def test_of_a_town_that_is_not_with_us_there_are_none(here: Here) -> None:
    assert _add(here.system, here.system.platform, {"name": "a"}, "atlantis")[0] == 404


@pytest.fixture
def sokak(here: Here) -> Callable[..., tuple[int, str]]:
    """The command line: its status and what it printed."""
    token = here.system.platform["Authorization"].removeprefix("Bearer ")
    where = ["--tenant", "akyurt", "--url", here.system.url, "--token", token]

    def invoked(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["integrator", *arguments, *where])
        return done.exit_code, done.stdout

    return invoked


def test_the_command_line_does_all_of_it(here: Here, sokak: Callable[..., tuple[int, str]]) -> None:
    def key(told: str) -> str:
        name, _, secret = told.strip().partition(" ")
        assert name == "api_key"
        return secret

    def posts(key: str) -> int:
        caller = here.caller("json", key)
        return caller.post("requests", service_code="LAMP", **here.place).status

    code, told = sokak("add", "by-hand", "--scope", "submit")
    assert (code, posts(key(told))) == (0, 200)
    assert sokak("add", "by-hand")[0] == 1
    code, listed = sokak("list")
    assert code == 0
    assert "by-hand" in listed
    assert key(told) not in listed
    code, turned = sokak("rotate", "by-hand")
    assert (code, posts(key(told)), posts(key(turned))) == (0, 403, 200)
    assert sokak("remove", "by-hand")[0] == 0
    assert posts(key(turned)) == 403
    assert sokak("remove", "by-hand")[0] == 1


def test_an_older_ones_rights_are_changed_by_command(
    here: Here, sokak: Callable[..., tuple[int, str]]
) -> None:
    make(here.system.kafka, [public_topic("akyurt")], [("one", b"{}")])
    topic = public_topic("akyurt").name

    def account(text: str) -> tuple[Outsider, dict[str, str]]:
        told = dict(line.split(" ", 1) for line in text.splitlines())
        return Outsider(told["kafka_servers"], told["kafka_user"], told["kafka_password"]), told

    def becomes(outsider: Outsider, wanted: str) -> None:
        until(lambda: outsider.reads(topic) == wanted, f"{wanted} for {outsider.user}")

    def posts(key: str) -> int:
        caller = here.caller("json", key)
        return caller.post("requests", service_code="LAMP", **here.place).status

    key = sokak("add", "older", "--scope", "submit")[1].strip().removeprefix("api_key ")
    code, text = sokak("change", "older", "--scope", "submit", "--scope", "subscribe")
    outsider, told = account(text)
    assert (code, "api_key" in told) == (0, False)
    becomes(outsider, "ok")
    assert posts(key) == 200, "the key stays"
    assert sokak("change", "older", "--scope", "subscribe", "--rate", "3") == (0, "")
    assert posts(key) == 403
    assert outsider.reads(topic) == "ok"
    assert sokak("change", "older", "--scope", "submit") == (0, "")
    becomes(outsider, BAD_PASSWORD)
    assert posts(key) == 200
    code, listed = sokak("list")
    (row,) = [words for line in listed.splitlines() if (words := line.split())[:1] == ["older"]]
    assert row[1:3] == ["submit", "3"]
    assert "older." not in listed
    assert sokak("change", "older")[0] == 2
    assert sokak("change", "nobody", "--scope", "submit")[0] == 1


def test_one_command_makes_the_key_and_the_account_on_kafka(
    here: Here, sokak: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = public_topic("akyurt").name
    make(here.system.kafka, [public_topic("akyurt")], [("one", b"{}")])
    monkeypatch.setenv("COLUMNS", "200")

    def told(text: str) -> dict[str, str]:
        lines = dict(line.split(" ", 1) for line in text.splitlines())
        assert lines["kafka_servers"] == here.system.outer
        assert lines["kafka_protocol"] == "SASL_PLAINTEXT"
        assert lines["kafka_topic"] == topic
        return lines

    def outcome(lines: dict[str, str]) -> str:
        outsider = Outsider(lines["kafka_servers"], lines["kafka_user"], lines["kafka_password"])
        return outsider.reads(topic, f"{lines['kafka_group_prefix']}map")

    def becomes(lines: dict[str, str], wanted: str) -> None:
        until(lambda: outcome(lines) == wanted, f"{wanted} for {lines['kafka_user']}")

    code, text = sokak("add", "map")
    first = told(text)
    assert (code, first["api_key"].rpartition(".")[0]) == (0, "akyurt.map")
    assert first["kafka_user"] == "akyurt.map"
    becomes(first, "ok")
    code, listed = sokak("list")
    (row,) = [words for line in listed.splitlines() if (words := line.split())[:1] == ["map"]]
    assert row[-2:] == ["akyurt.map", "open"]
    assert first["kafka_password"] not in listed
    second = told(sokak("rotate", "map")[1])
    becomes(second, "ok")
    assert outcome(first) == BAD_PASSWORD
    assert sokak("remove", "map")[0] == 0
    becomes(second, BAD_PASSWORD)
    assert "map" not in sokak("list")[1]


def test_who_may_not_subscribe_gets_no_account(here: Here) -> None:
    admin = here.system.staff("akyurt", "admin")
    status, added = _add(here.system, admin, {"name": "deaf", "scopes": ["submit", "updates"]})
    assert (status, added["account"], added["kafka"]) == (201, None, None)
