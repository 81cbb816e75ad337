"""What outsiders were told, beside what the topics of the services make of each request."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from libs.events import CLOSED_STATUSES, public_topic
from tests.e2e import bus
from tests.faults.oracle import Kept, Oracle
from tests.faults.told import Named, Told

Json = dict[str, Any]


async def check(servers: str, oracle: Oracle) -> None:
    """Each record is the next of its request or a repeat, the last one is right and its newest,
    what may be seen is there, and nothing else is.
    """
    for tenant in oracle.tenants:
        topic = public_topic(tenant).name
        await bus.settled(servers, topic)
        told: dict[str, list[bus.Seen]] = {}
        last: dict[str, int] = {}
        async for record in bus.each(servers, topic):
            key = (record.key or b"").decode(errors="replace")
            if oracle.is_own(key):
                last[key] = _take(oracle, told.setdefault(key, []), record, key)
        for key, number in last.items():  # what compaction keeps; repeats before it do no harm
            newest = len(told[key])
            oracle.findings.equal("public-old-record-last", f"{tenant} {key}", number, newest)
        for id, kept in oracle.kept.items():
            if kept.told.tenant == tenant:
                _compare(oracle, id, kept, told.pop(id, []))
        for id in told:
            oracle.findings.add("public-and-nobodys", f"{tenant} {id}")


def _take(oracle: Oracle, history: list[bus.Seen], record: bus.Seen, key: str) -> int:
    """Keep a record that is new; the number of this one."""
    number = int(record.text("ce_sequence"))
    what = f"{record.place}: {key} {number}"
    oracle.findings.equal("public-subject-wrong", what, record.text("ce_subject"), key)
    if number == len(history) + 1:
        history.append(record)
    elif number > len(history):
        oracle.findings.add("public-hole", f"{what} after {len(history)}")
    elif (record.headers, record.value) != (history[number - 1].headers, history[number - 1].value):
        oracle.findings.add("public-twice-and-different", what)
    return number


def _compare(oracle: Oracle, id: str, kept: Kept, history: list[bus.Seen]) -> None:
    told, last = kept.told, history[-1] if history else None
    if told.private:
        oracle.findings.equal("public-and-private", id, len(history), 0)
        return
    if not told.public:
        there = last is not None and last.value is not None
        oracle.findings.equal("public-and-hidden", id, there, False)
        return
    if last is None or last.value is None:
        oracle.findings.add("public-missing", id)
        return
    found = json.loads(last.value)
    updated = datetime.fromisoformat(found.pop("updated_at"))
    oracle.findings.equal("public-differs", id, found, _wanted(kept, told))
    if updated < datetime.fromisoformat(found["opened_at"]):
        oracle.findings.add("public-differs", f"{id}: updated {updated} before it was opened")


def _wanted(kept: Kept, told: Told) -> Json:
    category = told.category or told.wished
    point = told.point and {"lat": round(told.point[0], 3), "lon": round(told.point[1], 3)}
    wanted = {
        "tenant": told.tenant,
        "tracking_number": kept.request.number.replace("-", ""),
        "request_type": told.type,
        "channel": told.channel,
        "status": "closed" if told.status in CLOSED_STATUSES else "open",
        "status_detail": told.status,
        "opened_at": _at(told.opened_at),
        "closed_at": _at(told.closed_at),
        "due_at": _at(told.due_at),
        "category": category and _named(category),
        "department": told.department and _named(told.department),
        "neighbourhood": told.neighbourhood
        and {"code": told.neighbourhood[0], "name": told.neighbourhood[1]},
        "point": point,
        "voices": told.voices,
        "merged_into": told.merged_into if told.status == "duplicate" else None,
        "reopened": told.reopened,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _named(named: Named) -> Json:
    code, turkish, english = named
    return {"code": code, "names": {"tr": turkish, "en": english}}


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
