"""What a list is to hold, as an address or a person's words say it.

`q` may hold tokens among its words: `durum:yeni birim:fen gecikmiş:evet`, in Turkish or English,
with or without Turkish letters. A token that nobody understands is a word like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args
from urllib.parse import parse_qs, urlencode

from libs.events import TaskStatus
from libs.tenants import Tenant
from libs.text import fold

SOON = timedelta(hours=4)
NOBODY = "none"
ME = "me"
MOST_OF_CALLER = 20
STATES = ("open", "closed", *get_args(TaskStatus))

KEYS = {
    "durum": "status",
    "status": "status",
    "birim": "department",
    "department": "department",
    "konu": "category",
    "category": "category",
    "mahalle": "neighbourhood",
    "neighbourhood": "neighbourhood",
    "neighborhood": "neighbourhood",
    "atanan": "assignee",
    "assignee": "assignee",
    "gecikmis": "overdue",
    "overdue": "overdue",
}
STATUS_WORDS: dict[str, str] = {
    "acik": "open",
    "kapali": "closed",
    "yeni": "new",
    "birimde": "assigned",
    "yapiliyor": "in_progress",
    "planlandi": "scheduled",
    "beklemede": "on_hold",
    "yurttas": "awaiting_citizen",
    "kurum": "with_external",
    "cozuldu": "resolved",
    "ret": "rejected",
    "yinelenen": "duplicate",
} | {fold(state): state for state in STATES}
YES = {"evet", "yes", "1", "true"}
WHOM = {"ben": ME, "bana": ME, "me": ME, "yok": NOBODY, "none": NOBODY, "kimse": NOBODY}


@dataclass(frozen=True, slots=True)
class Filter:
    """A list as its address tells it; what is empty is not asked for. `caller` are the ids of one
    caller's tasks, which intake tells: no number of a telephone is in an address.
    """

    status: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    category: str = ""
    neighbourhood: str = ""
    assignee: str = ""
    overdue: bool = False
    soon: bool = False
    reopen: bool = False
    caller: tuple[str, ...] = ()
    q: str = ""
    sort: Literal["", "newest"] = ""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> Filter:
        """Read an address's query; `query` gives a list for each name. Nonsense is left out."""
        states = _many(query, "status", STATES)
        return cls(
            status=states,
            department=_many(query, "department"),
            category=_one(query, "category"),
            neighbourhood=_one(query, "neighbourhood"),
            assignee=_one(query, "assignee"),
            overdue=bool(_one(query, "overdue")),
            soon=bool(_one(query, "soon")),
            reopen=bool(_one(query, "reopen")),
            caller=_many(query, "caller")[:MOST_OF_CALLER],
            q=_one(query, "q")[:200],
            sort="newest" if _one(query, "sort") == "newest" else "",
        )

    @property
    def query(self) -> dict[str, Any]:
        """The address's query: what is not usual."""
        told: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value:
                told[one.name] = (
                    "1" if value is True else list(value) if isinstance(value, tuple) else value
                )
        return told

    @property
    def by_due(self) -> bool:
        """Whether the list is in the order of what is due first; only open tasks are due."""
        newest = self.sort == "newest" or self.q or self.reopen or self.caller
        return not newest and self.only_open

    @property
    def only_open(self) -> bool:
        """Whether nothing that is closed can be in it."""
        if self.caller:
            return False
        closed = {"closed", "resolved", "rejected", "duplicate", "handed_over", "withdrawn"}
        return not (closed | {"cancelled"}) & set(self.status)


def asked_by(query: str) -> Filter:
    """What an address's query asks for."""
    return Filter.of(parse_qs(query))


def canonical(query: str) -> str | None:
    """An address's query as the filter writes it; None where the filter would leave some of it out.
    What an address has besides, as its tenant, is no part of a list.
    """
    asked = parse_qs(query)
    told = Filter.of(asked).query
    for one in fields(Filter):
        given, kept = asked.get(one.name), told.get(one.name)
        if given and kept not in ("1", given[0], list(dict.fromkeys(given))):
            return None
    return urlencode(told, doseq=True)


@dataclass(frozen=True, slots=True)
class Read:
    """What a person's words ask for: a filter, the words that are left, perhaps a number."""

    filter: Filter
    words: str = ""
    number: str = ""


def read(filter: Filter, tenant: Tenant | None) -> Read:
    """Take the tokens out of `q` and into the filter."""
    words: list[str] = []
    found: dict[str, Any] = {}
    number = ""
    for part in filter.q.split():
        key, colon, value = part.partition(":")
        name = KEYS.get(fold(key)) if colon and value else None
        if part.startswith("#"):
            number = part[1:]
        elif name is None or not _take(found, name, fold(value), tenant):
            words.append(part)
    left = " ".join(words)
    return Read(replace(filter, **found, q=left), left, number)


def _take(found: dict[str, Any], name: str, value: str, tenant: Tenant | None) -> bool:
    if name == "overdue":
        found[name] = value in YES
        return True
    if name == "assignee":
        found[name] = WHOM.get(value, value)
        return True
    if name == "status":
        state = STATUS_WORDS.get(value)
        found.setdefault(name, ())
        found[name] += (state,) if state else ()
        return state is not None
    code = _named(name, value, tenant)
    if code:
        found[name] = (code,) if name == "department" else code
    return bool(code)


def _named(name: str, value: str, tenant: Tenant | None) -> str:
    """The code of what begins so, by its code first and then by its names."""
    if tenant is None:
        return ""
    known: list[tuple[str, tuple[str, ...]]]
    if name == "department":
        known = [(one.code, (one.names.tr, one.names.en)) for one in tenant.departments]
    elif name == "category":
        known = [(one.code, (one.names.tr, one.names.en)) for one in tenant.categories]
    else:
        known = [(one.code, (one.name,)) for one in tenant.neighbourhoods]
    for code, _ in known:
        if fold(code) == value:
            return code
    for code, names in known:
        if any(_begins(word, value) for word in names):
            return code
    return ""


def _begins(name: str, value: str) -> bool:
    folded = fold(name)
    return folded.startswith(value) or folded.replace(" ", "").startswith(value)


def due_before(filter: Filter, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when and until when what is wanted is due."""
    if filter.overdue:
        return None, now
    return (now, now + SOON) if filter.soon else (None, None)


def _many(
    query: Mapping[str, Any], name: str, known: Iterable[str] | None = None
) -> tuple[str, ...]:
    told: Sequence[str] = query.get(name) or ()
    return tuple(
        dict.fromkeys(one[:64] for one in told if known is None or one in cast(Any, known))
    )


def _one(query: Mapping[str, Any], name: str) -> str:
    told: Sequence[str] = query.get(name) or ("",)
    return told[0][:200]
