"""A task's history as the console shows it: who did what, and whether the citizen is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.tenants import Tenant

from .shown import Shown
from .task import Entry, Task

ICONS = {
    "created": "st-new",
    "assigned": "route",
    "status_changed": "st-assigned",
    "commented": "message",
    "recategorised": "route",
    "merged": "merge",
    "parted": "merge",
    "visibility_changed": "lock",
    "words_shown": "globe",
    "words_hidden": "lock",
    "feedback_given": "voice",
    "reopen_requested": "again",
    "reopen_declined": "again",
    "attachment_added": "camera",
    "amended": "pen",
    "answered": "message",
}
TOLD = frozenset(
    (
        *("created", "assigned", "status_changed", "commented", "recategorised", "merged"),
        *("feedback_given", "reopen_requested", "reopen_declined", "attachment_added"),
        *("amended", "answered", "withdrawn", "text_erased"),
    )
)
"""What intake tells the request's citizen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history. `tab` says who may know of it; `inside` is what only colleagues
    know of what the citizen is told, too.
    """

    at: datetime
    kind: str
    tab: str
    icon: str
    who: str
    what: str
    words: str | None
    inside: str = ""


def lines(shown: Shown, tenant: Tenant, task: Task) -> list[Line]:
    """All of a task's history, newest first."""
    following = (*task.history[1:], None)
    found = [
        _line(shown, tenant, entry, told=_is_told(entry, after))
        for entry, after in zip(task.history, following, strict=True)
    ]
    for remark in task.remarks:
        what = shown.language.text("wrote")
        who = shown.language.text("Citizen")
        found.append(Line(remark.at, "remark", "public", "message", who, what, remark.text))
    return sorted(found, key=lambda line: line.at, reverse=True)


def _is_told(entry: Entry, after: Entry | None) -> bool:
    """Whether the citizen is told of it. What a task was merged with closes it in the same breath;
    the other one's citizen hears nothing.
    """
    if entry.kind == "merged":
        return after is not None and (after.at, after.status) == (entry.at, "duplicate")
    return entry.kind in TOLD and (entry.kind != "commented" or entry.public)


def _line(shown: Shown, tenant: Tenant, entry: Entry, *, told: bool) -> Line:
    note = entry.kind == "commented" and not entry.public
    return Line(
        at=entry.at,
        kind="note" if note else entry.kind,
        tab="public" if told else "internal",
        icon="lock" if note or entry.kind == "suggested" else ICONS.get(entry.kind, "clock"),
        who=shown.actor(entry.by),
        what=_what(shown, tenant, entry),
        words=entry.message,
        inside=_inside(shown, entry),
    )


def _inside(shown: Shown, entry: Entry) -> str:
    """Who has it, and why: nothing that the citizen is told."""
    if entry.kind == "assigned":
        return shown.face(entry.operator).name if entry.operator else ""
    return shown.reason(entry.reason) if entry.reason else ""


def _what(shown: Shown, tenant: Tenant, entry: Entry) -> str:
    text = shown.language.text
    department = tenant.department(entry.department or "")
    category = tenant.category(entry.category or "")
    named = {
        "department": shown.language.of(department.names) if department else entry.department or "",
        "category": shown.language.of(category.names) if category else entry.category or "",
    }
    match entry.kind:
        case "created":
            return text("sent it in")
        case "assigned":
            return text("assigned it to %(whom)s", whom=named["department"])
        case "status_changed":
            return text("set it to %(status)s", status=shown.status(entry.status or "new"))
        case "commented":
            return text("wrote to the citizen") if entry.public else text("noted for colleagues")
        case "recategorised":
            return text("changed the category to %(category)s", **named)
        case "merged":
            return text("merged it with %(number)s", number=entry.other or "")
        case "parted":
            return text("took %(number)s out again", number=entry.other or "")
        case "visibility_changed":
            return (
                text("showed it to the public") if entry.public else text("hid it from the public")
            )
        case "words_shown":
            return text("showed words or photos to the public")
        case "words_hidden":
            return text("took words and photos back from the public")
        case "feedback_given":
            return text("gave %(n)s of 5", n=entry.rating or 0)
        case "reopen_requested":
            return text("asked to reopen it")
        case "reopen_declined":
            return text("left it closed")
        case "attachment_added":
            return text("added a photo")
        case "answered":
            return text("answered the question")
        case "amended":
            return text("corrected it")
        case "withdrawn":
            return text("withdrew it")
        case "suggested":
            return text("suggested %(department)s, %(category)s", **named)
        case "unroutable":
            return text("found nobody to act")
        case "text_erased":
            return text("erased the words")
    return entry.kind
