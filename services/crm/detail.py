"""How the console shows all of one task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.events import Attachment, Remark
from libs.events.common import Wording
from libs.runtime.store import Stored
from libs.tenants import Tenant
from libs.text.meanings import TYPES

from .answers import Move, moves
from .history import Line, lines
from .queries import Document
from .queue import metres
from .shown import CHANNELS, PRIORITIES, Row, Shown
from .status import PAUSING
from .store import AGGREGATE
from .task import Joined, Task

A_MINUTE = timedelta(minutes=1)
"""A clock that stood for less is not worth a line."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A time in which the clock stood, and why."""

    span: str
    why: str


@dataclass(frozen=True, slots=True)
class Near:
    """Another task close by; `same` where it is about the same."""

    row: Row
    metres: int
    same: bool


@dataclass(frozen=True, slots=True)
class Suggested:
    """What routing would do by now."""

    department: str
    category: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A task's page."""

    row: Row
    text: str | None
    type: str
    channel: str
    priority: str
    opened_at: datetime
    due_at: datetime | None
    promise: str
    pauses: Sequence[Stood]
    answered_after: str
    rating: int | None
    public: bool
    private: bool
    showable: bool
    shown: bool
    simulated: bool
    open: bool
    reopen: str
    remarks: Sequence[Remark]
    photos: Sequence[Attachment]
    department: str
    department_code: str | None
    team: str
    team_code: str | None
    category_code: str | None
    address: str | None
    answers: Sequence[Any]
    duplicate_of: str | None
    joined: Sequence[Joined]
    confidence: float | None
    reasons: Sequence[Wording]
    suggestion: Suggested | None
    moves: Sequence[dict[str, Any]]
    can_ask: bool
    pins: Sequence[dict[str, Any]]
    log: Sequence[Line]


def detail(shown: Shown, document: Document, tenant: Tenant) -> Detail:
    """All of a stored task, as its page shows it."""
    task = Stored.of(AGGREGATE, document).state
    assert task is not None
    row = shown.row(document)
    possible: list[Move] = moves(task)
    text = shown.language.text
    return Detail(
        row=row,
        text=task.text,
        type=text(TYPES[task.request_type]),
        channel=text(CHANNELS[task.channel]),
        priority=text(PRIORITIES[task.priority]),
        opened_at=task.opened_at,
        due_at=task.due_at,
        promise=_promise(shown, task),
        pauses=_stood(shown, task),
        answered_after=_answered(shown, task),
        rating=task.rating,
        public=task.public,
        private=task.private,
        showable=task.showable and tenant.publication.words and not task.erased,
        shown=task.shown is not None,
        simulated=task.simulated,
        open=task.open,
        reopen=shown.reason(task.reopen_asked.reason)
        if task.reopen_asked and not task.open
        else "",
        remarks=task.remarks,
        photos=[one for one in task.attachments if one.media_type.startswith("image/")],
        department=shown.language.of(task.department.names) if task.department else "",
        department_code=task.department.code if task.department else None,
        team=_team(shown, tenant, task),
        team_code=task.team,
        category_code=task.category.code if task.category else None,
        address=task.address,
        answers=[_question(shown, tenant, task, one) for one in task.answers],
        duplicate_of=task.duplicate_of,
        joined=task.joined,
        confidence=task.routing.confidence if task.routing else None,
        reasons=task.routing.reasons if task.routing else (),
        suggestion=_suggestion(shown, task),
        moves=[
            {**move.model_dump(), "word": shown.status(move.status)}
            | {"reasons": [[code, shown.reason(code)] for code in move.reasons]}
            for move in possible
        ],
        can_ask=any(move.status == "awaiting_citizen" for move in possible),
        pins=[_pin(row)] if row.point else [],
        log=lines(shown, tenant, task),
    )


def nearby(shown: Shown, document: Document, others: Sequence[Document]) -> dict[str, Any]:
    """What is open close to a task, as a list and as pins of the same."""
    row, near = shown.row(document), [_near(shown, document, other) for other in others]
    return {"near": near, "pins": [_pin(one) for one in (*(each.row for each in near), row)]}


def _pin(row: Row) -> dict[str, Any]:
    return {"at": row.point, "st": row.st, "name": row.number}


def _promise(shown: Shown, task: Task) -> str:
    if task.sla_minutes is None:
        return ""
    hours = task.sla_minutes / 60
    return shown.language.text("%(n)s working hours", n=shown.language.number(round(hours)))


def _stood(shown: Shown, task: Task) -> list[Stood]:
    causes = [
        (entry.at, shown.status(entry.status))
        for entry in task.history
        if entry.status in PAUSING and entry.kind in ("status_changed", "assigned")
    ]

    def why(start: datetime) -> str:
        before = [word for at, word in causes if abs((at - start).total_seconds()) < 1]
        return before[-1] if before else shown.language.text("closed")

    found = [
        Stood(shown.span(pause.end - pause.start), why(pause.start))
        for pause in task.pauses
        if pause.end - pause.start >= A_MINUTE
    ]
    if task.paused_at is not None and task.open:
        found.append(Stood(shown.span(shown.now - task.paused_at), shown.status(task.status)))
    return found


def _answered(shown: Shown, task: Task) -> str:
    """How long the citizen waited for the first words of a person."""
    for entry in task.history:
        if entry.by.kind == "operator" and entry.public and entry.message:
            return shown.span(entry.at - task.opened_at)
    return ""


def _team(shown: Shown, tenant: Tenant, task: Task) -> str:
    department = tenant.department(task.department.code) if task.department else None
    teams = {team.code: team.names for team in department.teams} if department else {}
    return shown.language.of(teams.get(task.team or "")) or task.team or ""


def _question(shown: Shown, tenant: Tenant, task: Task, answer: Any) -> dict[str, str]:
    category = tenant.category(task.category.code) if task.category else None
    for question in category.questions if category else ():
        if question.code == answer.question:
            told = {option.code: shown.language.of(option.names) for option in question.options}
            if question.kind == "boolean":
                told = {"yes": shown.language.text("Yes"), "no": shown.language.text("No")}
            given = answer.answer.split(",") if question.multiple else [answer.answer]
            return {
                "question": shown.language.of(question.names),
                "answer": ", ".join(told.get(one, one) for one in given),
            }
    return {"question": answer.question, "answer": answer.answer}


def _suggestion(shown: Shown, task: Task) -> Suggested | None:
    told = task.suggestion
    if told is None:
        return None
    return Suggested(
        shown.language.of(told.department.names), shown.language.of(told.category.names)
    )


def _near(shown: Shown, task: Document, other: Document) -> Near:
    same = (other.get("category") or {}).get("code") == (task.get("category") or {}).get("code")
    return Near(shown.row(other), round(metres(task["point"], other["point"])), same)
