"""What every page of the console knows: who looks, at which tenant, through which filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from libs.events import TaskStatus
from libs.tenants import Tenant
from libs.text.meanings import SHORT, TYPES
from libs.web.access import Access
from libs.web.language import Language
from libs.web.pages import link

from .filter import ME, NOBODY, Filter, Read, asked_by, read
from .preferences import USUAL as USUAL_KEYS
from .preferences import Preferences
from .queries import Wanted
from .queue import wanted_of
from .shown import REASONS, SILHOUETTES, STATUS, Shown
from .spelling import SPELLED
from .status import NEEDS, NEXT, OPEN
from .tally import Tally
from .texts import CALL, COLUMNS, COMMANDS, SHEET, TEXTS

USUAL = ("hood", "voice", "who")
CHOSEN = "sokak_columns"
"""The cookie of this browser that names the columns that were chosen, with dots between them."""


def narrow(read: Read, tenant: Tenant) -> bool:
    """Whether only a fine tally tells how many there are."""
    filter = read.filter
    return bool(filter.neighbourhood) or filter.category not in ("", tenant.unsorted_category)


@dataclass(frozen=True, slots=True)
class View:
    """One of the lists that everybody has."""

    key: str
    name: str
    icon: str
    query: dict[str, Any]
    count: int
    current: bool
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved view; `count` is None where the tally does not tell it."""

    id: str
    name: str
    query: str
    href: str
    count: int | None
    current: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """Saved views that belong together, at `path` of the API; whether the reader `changes` them."""

    name: str
    path: str
    changes: bool
    views: list[Saved]


@dataclass(frozen=True)
class Screen:
    """One look at the console."""

    language: Language
    tenant: Tenant
    access: Access
    now: datetime
    names: Mapping[str, str]
    tally: Tally
    asked: Filter
    read: Read
    chosen: str | None
    own_preferences: Preferences
    shared_preferences: Preferences
    tenants: Callable[[str], Tenant | None]
    outline_of: Callable[[Tenant], str]

    @cached_property
    def shown(self) -> Shown:
        """Shows tasks to this reader."""
        return Shown(self.language, self.tenant.time_zone, self.now, self.names)

    @cached_property
    def wanted(self) -> Wanted:
        """What the store is asked for."""
        return self.wanted_of(self.read)

    def wanted_of(self, read: Read) -> Wanted:
        """What the store is asked for, of another filter."""
        unsorted = self.tenant.unsorted_category
        return wanted_of(read, self.access.caller.subject, unsorted, self.now)

    @property
    def undated(self) -> bool:
        """Whether any open task has no due time."""
        return self.tally.count(when="undated") > 0

    @property
    def columns(self) -> list[str]:
        """The columns of the queue beside those that it always has."""
        chosen = USUAL if self.chosen is None else self.chosen.split(".")
        return [column for column in COLUMNS if column in chosen]

    @property
    def own(self) -> dict[str, str]:
        """What every address of this reader carries."""
        several = len(self.access.caller.memberships) > 1 or self.access.caller.platform
        return {"tenant": self.tenant.slug} if several else {}

    def to(self, path: str, *queries: Mapping[str, Any]) -> str:
        """An address for this reader; what comes later in `queries` wins."""
        told: dict[str, Any] = dict(self.own)
        for query in queries:
            told |= query
        return link(path, told)

    def silhouette(self, status: str) -> str:
        """The icon of a status."""
        return SILHOUETTES.get(status, "rejected")

    @property
    def total(self) -> int | None:
        """How many tasks the whole list has, where it is counted."""
        return self._total(self.read)

    def _total(self, read: Read) -> int | None:
        if read.words or read.number or not read.filter.only_open:
            return None
        if read.filter.reopen:
            return self.tally.reopen
        if narrow(read, self.tenant) and not self.tally.fine:
            return None
        return self.counted(read.filter)

    def counted(self, filter: Filter, **more: Any) -> int:
        """How many open tasks a filter without words has."""
        wanted: dict[str, Any] = {}
        states = [state for state in filter.status if state != "open"]
        if states:
            wanted["status"] = tuple(states)
        if filter.department:
            wanted["department"] = filter.department
        if filter.category:
            wanted["category"] = filter.category
        if filter.neighbourhood:
            wanted["neighbourhood"] = filter.neighbourhood
        if filter.assignee:
            me = self.access.caller.subject if filter.assignee == ME else filter.assignee
            wanted["operator"] = None if filter.assignee == NOBODY else me
        if filter.overdue or filter.soon:
            wanted["when"] = "late" if filter.overdue else "soon"
        return self.tally.count(**wanted, **more)

    def values(self, show: str) -> dict[str, Any]:
        """What the templates of every page need."""
        text = self.language.text
        people = [self.shown.face(subject) for subject in sorted(self.names, key=self.names.get)]  # type: ignore[arg-type]
        caller = self.access.caller
        works = caller.platform or bool(self.access.roles - {"auditor"})
        return {
            "own": self.own,
            "to": self.to,
            "others": self._others(),
            "works": works,
            "me": caller.subject,
            "my_face": replace(self.shown.face(caller.subject), name=caller.name or caller.subject),
            "zone": self.tenant.time_zone,
            "filter": self.asked,
            "asked": self.asked.query,
            "show": show,
            "heading": self.heading,
            "chips": self._chips(),
            "choices": self._choices(),
            "chosen": {
                "status": self.asked.status,
                "department": self.asked.department,
                "category": (self.asked.category,),
                "neighbourhood": (self.asked.neighbourhood,),
                "assignee": (self.asked.assignee,),
            },
            "views": self.views,
            "shelves": self.shelves,
            "team": self._team(),
            "faces": people,
            "teams": {
                one.code: [[team.code, self.language.of(team.names)] for team in one.teams]
                for one in self.tenant.departments
            },
            "category_options": self._categories(),
            "outline": self.outline_of(self.tenant),
            "map_texts": {"in": text("Zoom in"), "out": text("Zoom out")},
            "columns": self.columns,
            "column_names": [(column, text(word)) for column, word in COLUMNS.items()],
            "key": self._keys if self.own_preferences.keys_on else dict.fromkeys(self._keys, ""),
            "usual_keys": USUAL_KEYS,
            "keys_on": self.own_preferences.keys_on,
            "commands": [(name, self._keys[name], text(word)) for name, word in COMMANDS.items()],
            "sheet": [(keys.format(**self._keys).split(), text(word)) for keys, word in SHEET],
            "texts": self._texts(),
        }

    @cached_property
    def _keys(self) -> dict[str, str]:
        """The keys in force as they are written on keyboards."""
        return {name: key.upper() for name, key in self.own_preferences.in_force.items()}

    def telephone(self) -> dict[str, Any]:
        """What the form for callers needs besides."""
        text, of = self.language.text, self.language.of
        questions = {
            category.code: [
                {
                    "code": one.code,
                    "name": of(one.names),
                    "kind": one.kind,
                    "required": one.required,
                    "multiple": one.multiple,
                    "options": [[option.code, of(option.names)] for option in one.options],
                }
                for one in category.questions
            ]
            for category in self.tenant.leaf_categories
            if category.questions
        }
        return {
            "questions": questions,
            "spelled": SPELLED[self.language.code],
            "types": [(code, text(word)) for code, word in TYPES.items()],
            "call_texts": {key: text(word) for key, word in CALL.items()},
        }

    @cached_property
    def views(self) -> list[View]:
        """The standard views with their counts."""
        departments = tuple(sorted(self.access.departments))
        text, count = self.language.text, self.counted
        unsorted = self.tenant.unsorted_category
        listed: list[tuple[str, str, str, Filter]] = [
            ("a", text("Assigned to me"), "user", Filter(assignee=ME)),
            ("d", text("All open"), "list", Filter()),
            ("o", text("Overdue"), "st-overdue", Filter(overdue=True)),
            ("s", text("Due in 4 hours"), "clock", Filter(soon=True)),
            ("u", text("To be sorted"), "route", Filter(category=unsorted)),
            ("n", text("Nobody’s yet"), "st-new", Filter(assignee=NOBODY)),
        ]
        if departments:
            mine = Filter(department=departments)
            listed.insert(1, ("d", text("My department, open"), "home", mine))
        found = [
            View(key, name, icon, filter.query, count(filter), filter == self.asked, key == "o")
            for key, name, icon, filter in listed
        ]
        asked = Filter(reopen=True)
        reopen = View(
            "r",
            text("Reopening asked"),
            "again",
            asked.query,
            self.tally.reopen,
            asked == self.asked,
        )
        return [*found, reopen]

    @cached_property
    def shelves(self) -> list[Shelf]:
        """The saved views, one's own first, with their counts where the tally tells them."""
        text, caller = self.language.text, self.access.caller
        shares = caller.platform or bool(self.access.roles & {"supervisor", "admin"})
        return [
            Shelf(text("Saved"), "", True, self._saved(self.own_preferences)),
            Shelf(text("Shared"), "shared/", shares, self._saved(self.shared_preferences)),
        ]

    def _saved(self, preferences: Preferences) -> list[Saved]:
        asked = ((view, asked_by(view.query)) for view in preferences.views)
        return [
            Saved(
                view.id,
                view.name,
                view.query,
                self.to("/console", filter.query),
                self._total(read(filter, self.tenant)),
                filter == self.asked,
            )
            for view, filter in asked
        ]

    @property
    def heading(self) -> str:
        """What the list is called."""
        saved = [view for shelf in self.shelves for view in shelf.views]
        listed: list[View | Saved] = [*self.views, *saved]
        for view in listed:
            if view.current:
                return view.name
        return ", ".join(chip["value"] for chip in self._chips()) or self.language.text("All open")

    def _chips(self) -> list[dict[str, Any]]:
        text, query = self.language.text, self.asked.query
        told = dict(self._options())
        chips = []
        for name, label in self._labels():
            value = query.get(name)
            if not value:
                continue
            words = dict(told[name])
            values: list[str] = value if isinstance(value, list) else [value]
            word = ", ".join(words.get(one, one) for one in values)
            chips.append((name, label, word))
        for name, label in (("overdue", text("Overdue")), ("soon", text("Due in 4 hours")),
                            ("reopen", text("Reopening asked")),
                            ("caller", text("One caller’s tasks"))):  # fmt: skip
            if query.get(name):
                chips.append((name, "", label))
        if self.asked.q:
            chips.append(("q", text("Search"), self.asked.q))
        return [
            {
                "name": label,
                "value": value,
                "without": {key: kept for key, kept in query.items() if key != name},
            }
            for name, label, value in chips
        ]

    def _labels(self) -> list[tuple[str, str]]:
        text = self.language.text
        return [
            ("status", text("Status")),
            ("department", text("Department")),
            ("category", text("Category")),
            ("neighbourhood", text("Neighbourhood")),
            ("assignee", text("Assignee")),
        ]

    def _options(self) -> list[tuple[str, list[tuple[str, str]]]]:
        text, of = self.language.text, self.language.of
        states = [("open", text("open")), ("closed", text("closed"))]
        people = [(ME, text("me")), (NOBODY, text("nobody"))]
        return [
            ("status", states + [(code, text(word)) for code, word in STATUS.items()]),
            ("department", [(one.code, of(one.names)) for one in self.tenant.departments]),
            ("category", self._categories()),
            ("neighbourhood", [(one.code, one.name) for one in self.tenant.neighbourhoods]),
            ("assignee", people + sorted(self.names.items(), key=lambda one: one[1])),
        ]

    def _choices(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        labels = dict(self._labels())
        return [(name, labels[name], options) for name, options in self._options()]

    def _categories(self) -> list[tuple[str, str]]:
        known = [(one.code, self.language.of(one.names)) for one in self.tenant.leaf_categories]
        unsorted = self.tenant.category(self.tenant.unsorted_category)
        rest = [(unsorted.code, self.language.of(unsorted.names))] if unsorted else []
        return rest + known

    def _team(self) -> list[dict[str, Any]]:
        people = [self.shown.face(subject) for subject in self.names]
        team: list[dict[str, Any]] = [
            {
                "face": face,
                "count": self.tally.count(operator=face.subject),
                "current": self.asked == Filter(assignee=face.subject),
            }
            for face in people
            if face.subject != self.access.caller.subject
        ]
        return sorted((one for one in team if one["count"]), key=lambda one: -one["count"])[:6]

    def _others(self) -> list[Tenant]:
        slugs = sorted(self.access.caller.memberships)
        known = [self.tenants(slug) for slug in slugs if slug != self.tenant.slug]
        return [tenant for tenant in known if tenant is not None]

    def _texts(self) -> dict[str, Any]:
        text = self.language.text
        told: dict[str, Any] = {key: text(word) for key, word in TEXTS.items()}
        told["words"] = {status: text(word) for status, word in SHORT.items()}
        told["statuses"] = {status: text(word) for status, word in STATUS.items()}
        told["people"] = dict(self.names)
        told["keys"] = self.own_preferences.in_force
        told["keysOn"] = self.own_preferences.keys_on
        told["needs"] = {
            status: {
                **asdict(need),
                "reasons": [[code, text(REASONS[code])] for code in need.reasons],
            }
            for status, need in NEEDS.items()
        }
        told["next"] = {status: self._targets(status) for status in sorted(OPEN)}
        return told

    def _targets(self, status: TaskStatus) -> list[str]:
        """The statuses of a board that a task may be brought to from its own."""
        given: list[str] = [other for other in NEXT[status] if other in OPEN]
        return ["assigned", *given] if status in ("new", "reopened") else given
