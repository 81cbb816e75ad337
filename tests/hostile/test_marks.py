"""What people write is where it must be and nowhere else: a mark in every field that takes free
text, in what is accepted, refused, poisoned, repaired and replayed, looked for in everything that
a whole running system says and keeps."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import bson
import httpx
import pytest
from pymongo import AsyncMongoClient

from libs.events import TOPICS, public_topic
from libs.web.identity.client import fetch_token
from tests import raw, scenarios
from tests.e2e import letters, poison
from tests.e2e.bus import Seen
from tests.e2e.harness import CONSUMED, SERVICES, Sokak, eventually
from tests.hostile.marks import (
    CONTACT,
    FIELDS,
    NOWHERE,
    OPEN311,
    OPEN311_UPDATE,
    WORDS,
    Allowed,
    Marks,
    free_fields,
)
from tests.receiver import Got, a_receiver

TENANT = "kecioren"


@dataclass
class Planted:
    """The marks, what their authors were answered, and what others were."""

    marks: Marks = field(default_factory=Marks)
    tokens: list[str] = field(default_factory=list)
    others: list[httpx.Response] = field(default_factory=list)
    delivered: list[Got] = field(default_factory=list)
    streamed: list[str] = field(default_factory=list)


def test_no_field_is_forgotten() -> None:
    assert free_fields() == FIELDS.keys()


@pytest.fixture(scope="module")
async def planted(sokak: Sokak) -> Planted:
    """Everything is written, and has settled."""
    done = Planted()
    await _sent_on(sokak, done)
    request = await _accepted(sokak, done)
    await _said_later(sokak, done, request)
    await _worked_on(sokak, done)
    await _set_up(sokak, done)
    await _shown_to_everybody(sokak, done)
    await _through_open311(sokak, done)
    await _refused(sokak, done)
    await _poisoned(sokak, done)
    await sokak.settled()
    await _looked_at_by_others(sokak, done, request)
    await _delivered(sokak, done)
    await _streamed(sokak, done)
    return done


async def _sent_on(sokak: Sokak, done: Planted) -> None:
    """Public states are sent to somebody who is not there."""
    body = {
        "url": f"https://127.0.0.1:9/{done.marks.plant_in('POST /api/webhooks url')}",
        "note": done.marks.plant_in("POST /api/webhooks note"),
    }
    token = await sokak.staff(TENANT, "admin")
    path = f"/api/webhooks?tenant={TENANT}"
    answer = await sokak.call("reporting", "POST", path, body=body, token=token)
    assert answer.status_code == 201, answer.text


async def _accepted(sokak: Sokak, done: Planted) -> scenarios.Submitted:
    plant = done.marks.plant_in
    subject, secret = done.marks.plant(CONTACT), done.marks.plant(NOWHERE)
    citizen = await fetch_token(sokak.issuer, citizen=subject, http=sokak.http)
    staff = await sokak.staff(TENANT)
    done.tokens += [citizen, staff, await sokak.platform()]
    request = await scenarios.a_request(sokak, citizen, **_body(done, "LIGHT_STREET"))
    await scenarios.an_assigned_task(sokak, request)
    path = f"/api/requests/{request.number}"
    fields = {name: plant(f"PATCH /api/requests/{{number}} {name}") for name in ("text", "address")}
    await scenarios.amended(sokak, request, **fields)
    wrong = {"Sokak-Secret": secret}
    assert (
        await sokak.call("intake", "PATCH", path, body=fields, headers=wrong)
    ).status_code == 403
    operator = plant("POST /api/tasks/{id}/assign operator")
    await scenarios.handed_to(sokak, request, department="ZAB", operator=operator)
    note = plant("POST /api/tasks/{id}/comments message")
    await scenarios.commented(sokak, request, note, public=False)
    await scenarios.moved_to(sokak, request, "in_progress")
    message = plant("POST /api/tasks/{id}/status message")
    await scenarios.moved_to(sokak, request, "resolved", message=message)
    rows = [
        {
            "source_number": plant("POST /api/requests/import rows.*.source_number"),
            "text": plant("POST /api/requests/import rows.*.text"),
            "address": plant("POST /api/requests/import rows.*.address"),
            "opened_at": "2026-10-01T09:00:00Z",
            "point": scenarios.place_in(TENANT),
        }
    ]
    source = plant("POST /api/requests/import source")
    answer = await sokak.call(
        "intake",
        "POST",
        "/api/requests/import",
        body={"source": source, "rows": rows},
        token=await sokak.platform(),
    )
    assert answer.status_code == 200, answer.text
    explained = {
        name: plant(f"POST /api/routing/explain {name}") for name in ("text", "address")
    } | {"point": scenarios.place_in(TENANT)}
    answer = await sokak.call("routing", "POST", "/api/routing/explain", body=explained)
    assert answer.status_code == 200, answer.text
    return request


async def _said_later(sokak: Sokak, done: Planted, request: scenarios.Submitted) -> None:
    """What a citizen says of what was done, and is answered."""
    plant, path = done.marks.plant_in, f"/api/requests/{request.number}"
    own = {"Sokak-Secret": request.secret}
    await scenarios.judged(sokak, request, 2)
    for what, more in (("feedback", {"rating": 1}), ("reopen", {})):
        body = {"text": plant(f"POST /api/requests/{{number}}/{what} text"), **more}
        answer = await sokak.call("intake", "POST", f"{path}/{what}", body=body, headers=own)
        assert answer.status_code == 200, answer.text
    await eventually(partial(_reopening_is_asked, sokak, request))
    message = plant("POST /api/tasks/{id}/decline-reopening message")
    await scenarios.corrected(sokak, request, "decline-reopening", message=message)


async def _reopening_is_asked(sokak: Sokak, request: scenarios.Submitted) -> None:
    assert (await scenarios.task_of(sokak, request))["reopen_asked"]


async def _worked_on(sokak: Sokak, done: Planted) -> None:
    """Another request: compared, photographed, corrected, asked about, answered, one of many."""
    plant, token = done.marks.plant_in, await sokak.staff(TENANT)
    near = {"point": scenarios.place_in(TENANT), "text": plant("POST /api/requests/near text")}
    assert (await sokak.call("intake", "POST", "/api/requests/near", body=near)).status_code == 200
    caller = {"phone": plant("POST /api/requests/by-phone phone")}
    path = f"/api/requests/by-phone?tenant={TENANT}"
    called = await sokak.call("intake", "POST", path, body=caller, token=token)
    assert (called.status_code, called.json()) == (200, []), called.text
    request = await scenarios.a_request(sokak)
    photo = plant("POST /api/requests/{number}/attachments photo")
    await scenarios.photographed(sokak, request, photo)
    await scenarios.an_assigned_task(sokak, request)
    told = {"category": "WASTE_MISSED", "message": plant("POST /api/tasks/{id}/category message")}
    await scenarios.corrected(sokak, request, "category", **told)
    asked = plant("POST /api/tasks/{id}/status message")
    await scenarios.moved_to(sokak, request, "awaiting_citizen", message=asked)
    answer = plant("POST /api/requests/{number}/answer text")
    await scenarios.answered(sokak, request, answer)
    many = "POST /api/tasks/bulk"
    unknown = {"status": "duplicate", "duplicate_of": plant(f"{many} status.duplicate_of")}
    wishes: list[tuple[dict[str, Any], int]] = [
        ({"assign": {"department": "ZAB", "operator": plant(f"{many} assign.operator")}}, 200),
        ({"category": {"category": "VENDOR", "message": plant(f"{many} category.message")}}, 200),
        ({"comment": {"public": False, "message": plant(f"{many} comment.message")}}, 200),
        (
            {
                "status": {
                    "status": "on_hold",
                    "reason": "weather",
                    "message": plant(f"{many} status.message"),
                }
            },
            200,
        ),
        ({"status": unknown}, 422),
    ]
    for wish, status in wishes:
        body = {"ids": [request.id, plant(f"{many} ids.*")], **wish}
        done_many = await sokak.call("crm", "POST", "/api/tasks/bulk", body=body, token=token)
        assert done_many.status_code == status, done_many.text
        assert status != 200 or done_many.json()["done"] == 1, done_many.text
    each = "POST /api/tasks/bulk/each"
    version = (await scenarios.task_of(sokak, request))["version"]
    handed = {"department": "ZAB", "operator": plant(f"{each} tasks.*.assign.operator")}
    ids = [request.id, plant(f"{each} tasks.*.id")]
    body = {"tasks": [{"id": id, "version": version, "assign": handed} for id in ids]}
    done_each = await sokak.call("crm", "POST", "/api/tasks/bulk/each", body=body, token=token)
    assert (done_each.status_code, done_each.json()["done"]) == (200, 1), done_each.text
    into = {"into": plant("POST /api/tasks/{id}/merge into")}
    path, headers = f"/api/tasks/{request.id}/merge", {"If-Match": "*"}
    merge = await sokak.call("crm", "POST", path, body=into, token=token, headers=headers)
    assert merge.status_code == 422, merge.text


async def _set_up(sokak: Sokak, done: Planted) -> None:
    """Lists that people of the municipality keep under names of their own, and no key of theirs."""
    token = await sokak.staff(TENANT, "supervisor")
    keys = {"keys": {"status": done.marks.plant_in("PUT /api/tasks/keys keys.*")}}
    path = f"/api/tasks/keys?tenant={TENANT}"
    refused = await sokak.call("crm", "PUT", path, body=keys, token=token)
    assert refused.status_code == 422, refused.text
    for path in ("/api/tasks/views/{id}", "/api/tasks/views/shared/{id}"):
        plant = partial(_planted_in, done, f"PUT {path}")
        body = {"name": plant("name"), "query": urlencode({"q": plant("query")})}
        there = f"{path.format(id='own')}?tenant={TENANT}"
        answer = await sokak.call("crm", "PUT", there, body=body, token=token)
        assert answer.status_code == 200, answer.text


def _planted_in(done: Planted, route: str, field: str) -> str:
    return done.marks.plant_in(f"{route} {field}")


async def _shown_to_everybody(sokak: Sokak, done: Planted) -> None:
    """Words that people show are on the page of the request, and on no topic more than before; once
    the rule is taken back they are nowhere.
    """
    token = await sokak.staff(TENANT)
    await _rule(sokak, words=True)
    request = await eventually(partial(_showable, sokak))
    mark = done.marks.plant_in("PATCH /api/requests/{number} text")
    await scenarios.amended(sokak, request, text=mark)
    path, headers = f"/api/tasks/{request.id}/words", {"If-Match": "*"}
    ask = partial(sokak.call, "crm", "POST", path, token=token, headers=headers)
    wrong = {
        "text": f"{mark} {done.marks.plant_in('POST /api/tasks/{id}/words text')}",
        "photos": [done.marks.plant_in("POST /api/tasks/{id}/words photos.*")],
    }
    assert (await ask(body=wrong)).status_code in (409, 422)

    async def shown() -> None:
        answer = await ask(body={"text": mark})
        assert answer.status_code == 200, answer.text

    async def told(there: bool) -> None:
        url = f"{sokak.copies['intake'][0].url}/requests/{request.number}"
        async with httpx.AsyncClient() as stranger:
            page = await stranger.get(url, headers={"Accept": "text/html"})
        assert page.status_code == 200, page.text
        assert (mark in page.text) == there

    await eventually(shown)
    await eventually(partial(told, True))
    await _rule(sokak, words=False)
    await eventually(partial(told, False))


async def _showable(sokak: Sokak) -> scenarios.Submitted:
    """A request whose citizen was told, once every copy knows the rule."""
    request = await scenarios.a_request(sokak, showable=True)
    assert (await scenarios.an_assigned_task(sokak, request))["showable"]
    return request


async def _rule(sokak: Sokak, words: bool) -> None:
    token, path = await sokak.platform(), f"/api/tenants/{TENANT}"
    document = (await sokak.call("routing", "GET", f"{path}/document", token=token)).json()
    document["publication"]["words"] = words
    answer = await sokak.call("routing", "PUT", path, body={**document, "version": 0}, token=token)
    assert answer.status_code == 200, answer.text


async def _through_open311(sokak: Sokak, done: Planted) -> None:
    """An integrator sends a request and what its citizen adds, refused ones before."""
    token, path = await sokak.staff(TENANT, "admin"), f"/api/integrators?tenant={TENANT}"
    added = await sokak.call("intake", "POST", path, body={"name": "marks"}, token=token)
    assert added.status_code == 201, added.text
    key = added.json()["api_key"]
    done.tokens.append(key.rpartition(".")[2])
    place = scenarios.place_in(TENANT)
    known = {"jurisdiction_id": f"{TENANT}.bel.tr", "api_key": key}
    about = {"service_code": "LIGHT_STREET", "lat": place["lat"], "long": place["lon"]}
    spoilt = {name: done.marks.plant(NOWHERE) for name in (*OPEN311, "attribute[none]")}
    bad = await _sent(sokak, "requests.xml", known | spoilt | about)
    assert bad.status_code == 400, bad.text
    strange = known | {"api_key": f"{TENANT}.marks.{done.marks.plant(NOWHERE)}"}
    assert (await _sent(sokak, "requests.json", strange | about)).status_code == 403
    told = {name: done.marks.plant(allowed) for name, allowed in OPEN311.items()}
    told["email"] += "@ornek.tr"
    told["media_url"] = f"https://ornek.tr/{told['media_url']}"
    good = await _sent(sokak, "requests.json", known | told | about)
    assert good.status_code == 200, good.text
    done.others += [bad, good]
    update = {name: done.marks.plant(allowed) for name, allowed in OPEN311_UPDATE.items()}
    update |= {"service_request_id": good.json()[0]["service_request_id"], "status": "FIXED"}
    update |= {"updated_datetime": "2026-11-01T09:00:00Z"}
    added_to = await _sent(sokak, "servicerequestupdates.xml", known | update)
    assert added_to.status_code == 200, added_to.text
    done.others.append(added_to)


async def _sent(sokak: Sokak, path: str, fields: dict[str, Any]) -> httpx.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields).encode()
    return await sokak.call("intake", "POST", f"/open311/v2/{path}", body=body, headers=headers)


def _body(done: Planted, category: str) -> dict[str, Any]:
    """A request with a mark in every field that it has."""
    plant = done.marks.plant_in
    body = {
        name: plant(f"POST /api/requests {name}")
        for name in ("text", "address", "client_request_id")
    }
    contact = {
        name: plant(f"POST /api/requests contact.{name}") for name in ("name", "phone", "email")
    }
    contact["email"] += "@ornek.tr"
    answers = {"pole": plant("POST /api/requests answers.*")}
    return {**body, "contact": contact, "answers": answers, "category": category}


async def _refused(sokak: Sokak, done: Planted) -> None:
    """Bodies that are not taken, each for another reason, and marks in all other places."""
    mark = partial(done.marks.plant, NOWHERE)
    spoilt = Planted(marks=Marks())
    whole = scenarios.words(**_body(spoilt, "LIGHT_STREET"))
    for old in list(spoilt.marks.allowed):
        whole = json.loads(json.dumps(whole).replace(old, mark()))
    nowhere = {"lat": 0.0, "lon": 0.0}
    bodies: list[Any] = [
        whole | {"point": nowhere},
        whole | {"point": mark()},
        whole | {mark(): mark()},
        whole | {"type": mark()},
        whole | {"category": mark()},
        whole | {"channel": "sms"},
        whole | {"answers": {mark(): mark()}},
        whole | {"text": mark() * 400},
        whole | {"contact": {"phone": f"x{mark()}", "email": mark(), mark(): mark()}},
        [mark()],
        mark(),
    ]
    texts = [json.dumps(body).encode() for body in bodies]
    texts += [f'{{"text": "{mark()}'.encode(), mark().encode() + b"\xff", mark().encode() * 200_000]
    for text in texts:
        headers = {"Content-Type": "application/json", "Idempotency-Key": mark() * 2}
        url = f"{sokak.copies['intake'][0].url}/api/requests"
        answer = await sokak.http.post(url, content=text, headers=headers)
        assert answer.status_code in (400, 401, 403, 413, 422), answer.text
    duplicate = {"status": "duplicate", "reason": "duplicate", "duplicate_of": mark()}
    staff = await sokak.staff(TENANT)
    for service, path, body in (
        ("intake", f"/api/requests/{mark()}?text={mark()}", None),
        ("crm", f"/api/tasks?text={mark()}&operator={mark()}&cursor={mark()}", None),
        ("crm", f"/api/tasks?text={mark()}&operator={mark()}", None),
        ("crm", f"/api/tasks/{mark()}/status", duplicate),
        ("reporting", f"/api/reports/summary?category={mark()}", None),
        ("routing", f"/api/tenants/{mark()}", None),
        ("intake", f"/ops/intake/dead/{mark()}", None),
    ):
        method = "POST" if body else "GET"
        await sokak.call(service, method, path, body=body, token=staff)
    bad = await sokak.call("crm", "GET", "/api/tasks", token=f"x.{mark()}.y")
    assert bad.status_code == 401


async def _poisoned(sokak: Sokak, done: Planted) -> None:
    """Records of a broken producer with marks in every place; some are repaired with others."""
    batches = []
    for topic in ("requests", "request_texts", "routing", "tasks"):
        consumers = [name for name in SERVICES if topic in CONSUMED[name]]
        held = {"intake": "requests", "routing": "decisions", "crm": "tasks"}
        stubs = {f"{name}.{held.get(name, 'facts_1')}" for name in consumers}
        dead = {f"{name}.{'dead_1' if name == 'reporting' else 'dead'}" for name in consumers}
        allowed = Allowed(frozenset({topic}), frozenset(stubs | dead))
        mark = partial(done.marks.plant_bytes, allowed)
        for number in range(6):
            own = str(uuid.uuid4())
            headers, value = poison.good(poison.event_for(topic, own), own, 1)
            key = mark() if number == 0 else own.encode()
            named: dict[bytes, bytes | None] = {n.encode(): text for n, text in headers}
            match number:
                case 0 | 1:
                    value = b'{"text": "' + mark()
                case 2:
                    named |= {b"ce_id": mark() + b"\0", b"x-" + mark(): mark()}
                case 3:
                    named |= {b"ce_" + mark(): b"\xff", b"ce_subject": mark()}
                case 4:
                    named |= {b"ce_type": b"request.text.v" + mark(), mark() + b"\xff": mark()}
                case 5:
                    value = json.dumps({mark().decode(): [mark().decode()]}).encode()
            record = raw.Raw(key, tuple(named.items()), value)
            batches.append((topic, number, raw.batch([record], codec=3)))
    offsets = await raw.send_all(sokak.kafka.address, batches)
    await sokak.settled()
    await _repaired(sokak, done, f"request_texts:5:{offsets[11]}")


async def _repaired(sokak: Sokak, done: Planted, place: str) -> None:
    """In routing and crm with other words, and given up elsewhere for a reason with a mark."""
    for service, kept in (("routing", "decisions"), ("crm", "tasks")):
        allowed = frozenset({f"{service}.dead", f"{service}.{kept}"})
        mark = done.marks.plant(Allowed(collections=allowed))
        await letters.do(sokak, service, place, "repair", {"data": {"text": mark}, "headers": {}})
        assert (await letters.do(sokak, service, place, "replay", {}))["applied"] == 1
    rows = await letters.parked(sokak, "intake")
    why = done.marks.plant(Allowed(collections=frozenset({"intake.dead"})))
    await letters.do(sokak, "intake", rows[0], "discard", {"reason": why})


async def _looked_at_by_others(sokak: Sokak, done: Planted, request: scenarios.Submitted) -> None:
    staff, other = await sokak.staff(TENANT), await sokak.staff("mamak", "admin")
    stranger = await fetch_token(sokak.issuer, citizen="stranger", http=sokak.http)
    looks: list[tuple[str, str, str | None]] = [
        ("intake", f"/api/requests/{request.number}", None),
        ("intake", f"/api/requests/{request.number}", stranger),
        ("intake", f"/api/requests/{request.number}", other),
        ("crm", f"/api/tasks/{request.id}", other),
        ("crm", f"/api/tasks/{request.id}?tenant={TENANT}", other),
        ("crm", "/api/tasks", other),
        ("routing", "/api/tenants", None),
        *(
            ("intake", f"/open311/v2/{path}?jurisdiction_id={TENANT}&extensions=true", None)
            for path in (
                *("requests.csv", "requests.xml", "requests.json", "services.json"),
                *("servicerequestupdates.xml", "servicerequestupdates.json"),
                *(f"requests/{request.number}.{format}" for format in ("json", "xml")),
            )
        ),
        *(
            ("reporting", f"/api/reports/{what}", staff)
            for what in ("summary", "series", "breakdown?by=type", "breakdown?by=category")
        ),
        *(
            ("reporting", f"/open-data{path}", None)
            for path in ("", *(f"/{TENANT}/requests.{kind}" for kind in ("csv", "geojson", "rss")))
        ),
        ("intake", f"/?tenant={TENANT}", None),
        ("reporting", "/developers", None),
        *(
            ("intake", f"/requests{path}?tenant={TENANT}", None)
            for path in ("", "/feed.rss", "/feed.geojson", f"/{request.number}")
        ),
    ]
    for service in SERVICES:
        rows = sokak.collection(service, "dead_1" if service == "reporting" else "dead")
        letter = await rows.find_one({})
        assert letter is not None
        place = quote(letter["_id"], safe="")
        for token in (None, staff, other, stranger, await sokak.staff(TENANT, "admin")):
            looks += [(service, f"/ops/{service}/dead{path}", token) for path in ("", f"/{place}")]
        looks += [(service, f"/{service}/{what}", None) for what in ("metrics", "stuck", "ready")]
    for service, path, token in looks:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for copy in sokak.copies[service]:
            done.others.append(await sokak.http.get(copy.url + path, headers=headers))


async def _delivered(sokak: Sokak, done: Planted) -> None:
    """All that a receiver of webhooks is sent."""
    told = {record.key.decode() for record in await _public(sokak) if record.key}
    async with a_receiver() as receiver:
        body = {"url": receiver.url, "begin": "start"}
        token, path = await sokak.staff(TENANT, "admin"), f"/api/webhooks?tenant={TENANT}"
        answer = await sokak.call("reporting", "POST", path, body=body, token=token)
        assert answer.status_code == 201, answer.text
        receiver.secret = answer.json()["secret"]
        await receiver.has(lambda: told <= {got.request for got in receiver.taken}, 60.0)
    done.delivered += receiver.got


async def _streamed(sokak: Sokak, done: Planted) -> None:
    """All that the stream of public changes tells, by each copy."""
    last = max(record.offset for record in await _public(sokak))
    for copy in sokak.copies["reporting"]:
        url, query = f"{copy.url}/public/{TENANT}/events", {"from": "start"}
        async with sokak.http.stream("GET", url, params=query) as answer:
            assert answer.status_code == 200
            ends = False
            async for line in answer.aiter_lines():
                done.streamed.append(line)
                ends = ends or line == f"id: {last}"
                if ends and not line:
                    break


async def _public(sokak: Sokak) -> list[Seen]:
    return await sokak.records(public_topic(TENANT).name)


def test_no_log_has_a_mark_or_a_token(sokak: Sokak, planted: Planted) -> None:
    files = [copy.log for copy in sokak.all_copies]
    for file in (*files, sokak.kafka.log_file, sokak.mongo.log_file):
        lines = file.read_bytes().splitlines()
        assert [line[:300] for line in lines if planted.marks.found_in(line)] == []
        assert [line for line in lines for token in planted.tokens if token.encode() in line] == []
    assert any(b"event_parked" in copy.log.read_bytes() for copy in sokak.copies["crm"]), "no logs"


def test_nobody_else_is_answered_a_mark(planted: Planted) -> None:
    assert {answer.status_code for answer in planted.others} >= {200, 401, 403, 404}
    for answer in planted.others:
        assert planted.marks.found_in(answer.content) == set(), answer.url
        told = " ".join(f"{name}: {text}" for name, text in answer.headers.items())
        assert planted.marks.found_in(told.encode()) == set(), answer.url


def test_nobody_is_sent_a_mark(planted: Planted) -> None:
    assert len(planted.delivered) > 4
    for got in planted.delivered:
        told = " ".join((got.path, *(f"{name}: {text}" for name, text in got.headers.items())))
        assert planted.marks.found_in(told.encode() + got.body) == set()
    assert sum(line.startswith("data:") for line in planted.streamed) > 8
    assert planted.marks.found_in("\n".join(planted.streamed).encode()) == set()


async def test_no_topic_has_a_mark_that_it_may_not_have(sokak: Sokak, planted: Planted) -> None:
    where: dict[str, set[str]] = defaultdict(set)
    public = public_topic(TENANT).name
    assert len(await sokak.records(public)) > 4
    for topic in (*TOPICS, public):
        for record in await sokak.records(topic):
            parts = [record.key or b"", record.value or b""]
            for name, text in record.headers.items():
                parts += [name.encode(errors="surrogateescape"), text or b""]
            for mark in planted.marks.found_in(b"\0".join(parts)):
                where[mark].add(topic)
    for mark, topics in where.items():
        assert topics <= planted.marks.allowed[mark].topics, mark
    assert len(where) > 40


async def test_no_reason_has_a_mark(sokak: Sokak, planted: Planted) -> None:
    count = 0
    for service in SERVICES:
        rows = sokak.collection(service, "dead_1" if service == "reporting" else "dead")
        async for row in rows.find({}):
            assert planted.marks.found_in(row["reason"].encode()) == set()
            count += 1
    assert count >= 6 * (3 + 2 + 3 + 2)


async def test_no_store_has_a_mark_that_it_may_not_have(sokak: Sokak, planted: Planted) -> None:
    where: dict[str, set[str]] = defaultdict(set)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(sokak.mongo.url)
    try:
        for service in SERVICES:
            database = client[f"sokak_{service}"]
            for name in await database.list_collection_names():
                async for document in database[name].find({}):
                    for mark in planted.marks.found_in(bson.encode(document)):
                        where[mark].add(f"{service}.{name}")
    finally:
        await client.close()
    for mark, collections in where.items():
        assert collections <= planted.marks.allowed[mark].collections, mark
    words = [mark for mark, allowed in planted.marks.allowed.items() if allowed is WORDS]
    assert words
    assert any("crm.tasks" in where[mark] for mark in words), "the marks are looked for wrongly"


async def test_a_trace_tells_no_word(sokak: Sokak, planted: Planted) -> None:
    keys = [record.key for record in await sokak.records("request_texts") if record.key]
    for key in (keys[0], keys[-1]):
        traced = await sokak.sokak("trace", key.decode())
        assert planted.marks.found_in(traced.out.replace(key.decode(), "").encode()) == set()
