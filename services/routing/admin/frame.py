"""What every page of the administration has: the tenant as it is edited, guards, words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from libs.events import Names
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.tenants.unfinished import Fault
from libs.web.access import Access
from libs.web.language import Language
from libs.web.pages import Pages

from ..difference import Difference, differences
from ..drafts import Drafts, Seen
from ..steps import Step
from ..worded import sentence, way

ZONE = "Europe/Istanbul"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a field of a form, by the id that it has on the page."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Read:
    """A form that was sent: as it is shown again, the parts that it makes, what is wrong.

    None as a part takes that part away. `onward` is what the step's address goes on with once it
    is saved, such as `#ROAD`.
    """

    told: Mapping[str, Any]
    fields: Mapping[str, Any] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()
    onward: str = ""


@dataclass(frozen=True)
class View:
    """Who looks at which tenant, in which language."""

    request: Request
    access: Access
    seen: Seen
    language: Language
    service: Service
    drafts: Drafts

    @property
    def slug(self) -> str:
        """The tenant's."""
        return self.seen.slug

    @property
    def document(self) -> Mapping[str, Any]:
        """What is edited."""
        return self.seen.document

    @property
    def guard(self) -> str:
        """What a form carries back: the revision and the version that its maker saw."""
        return f"{self.seen.revision}:{self.seen.base}"

    @property
    def may_change(self) -> bool:
        """Whether the reader may change and publish; an auditor only reads."""
        return self.access.caller.administers(self.access.tenant)

    @property
    def zone(self) -> str:
        """In which times are told."""
        return str(self.document.get("time_zone") or ZONE)

    @cached_property
    def name(self) -> str:
        """What it is called, as far as that is known."""
        names = self.document.get("names")
        return self.language.of(Names(**names)) if names else self.slug

    def called(self, names: Mapping[str, str] | None) -> str:
        """A name of the document in the reader's language."""
        return str(names[self.language.code]) if names else ""

    def said(self, fault: Fault) -> str:
        """A fault as a sentence."""
        return said(self.language, fault)

    def asked(self, name: str) -> str:
        """What the address asks by this name; nothing where it does not."""
        return self.request.query_params.get(name, "")

    def shown(self, value: Any) -> str:
        """A value of the document in few words."""
        if isinstance(value, Mapping):
            if "coordinates" in value:
                return self.language.text("area")
            names = value.get("names", value)
            found = names.get("tr") if isinstance(names, Mapping) else None
            return str(found or value.get("name") or value.get("code") or "…")
        if isinstance(value, list | tuple):
            if value and all(isinstance(one, str) for one in value) and len(value) < 9:
                return ", ".join(value)
            return self.language.text("%(count)s entries", count=len(value))
        words = {True: self.language.text("yes"), False: self.language.text("no")}
        return words[value] if isinstance(value, bool) else "–" if value is None else str(value)

    def way(self, place: Iterable[str | int], document: Mapping[str, Any] | None = None) -> str:
        """The way to a place in the document, in words."""
        words = way(self.document if document is None else document, tuple(place))
        return " › ".join(self.language.text(one) for one in words)


class StepPage(Protocol):
    """One step: `step-<code>.html`, and what goes into it and comes out of it."""

    code: str

    def told(self, view: View) -> Mapping[str, Any]:
        """What the form shows of the document."""

    async def read(self, view: View, form: FormData) -> Read:
        """What was sent, with everything that is wrong with it."""

    async def more(self, view: View) -> Mapping[str, Any]:
        """What else the page shows: choices, maps, examples."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else's change of the same step: who, when, and how it differs from one's own."""

    by: str
    at: Any
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Frame:
    """The administration of one running service."""

    service: Service
    pages: Pages
    drafts: Drafts

    async def view(self, request: Request, access: Access) -> View:
        """What there is to see; refused (404) for an unknown tenant."""
        seen = await self.drafts.seen(access.tenant)
        language = self.pages.language(request)
        return View(request, access, seen, language, self.service, self.drafts)

    def render(self, view: View, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page of the tenant."""
        return self.pages.render(
            view.request,
            template,
            status=status,
            surface="admin",
            tenant=self.service.tenants.get(view.slug),
            view=view,
            seen=view.seen,
            **values,
        )

    async def step(
        self,
        view: View,
        page: StepPage,
        step: Step,
        read: Read | None = None,
        wrong: tuple[Wrong, ...] = (),
        conflict: Conflict | None = None,
    ) -> Response:
        """A step's page: of the document, or of what was sent and not taken."""
        told = read.told if read else page.told(view)
        return self.step_page(view, page, step, told, await page.more(view), wrong, conflict)

    def step_page(
        self,
        view: View,
        page: StepPage,
        step: Step,
        told: Mapping[str, Any],
        more: Mapping[str, Any],
        wrong: tuple[Wrong, ...] = (),
        conflict: Conflict | None = None,
    ) -> Response:
        """A step's page, with everything on it told."""
        return self.render(
            view,
            f"step-{page.code}.html",
            status=409 if conflict else 422 if wrong else 200,
            step=step,
            told=defaultdict(str, told),
            errors=wrong,
            conflict=conflict,
            saved="saved" in view.request.query_params,
            **more,
        )


def said(language: Language, fault: Fault) -> str:
    """A fault as a sentence."""
    told, words = sentence(fault)
    return language.text(told, **words)


def guarded(form: FormData) -> tuple[int, int]:
    """The revision and the version that the form was made from."""
    revision, _, base = str(form.get("seen", "")).partition(":")
    return _number(revision), _number(base)


def seen_now(form: FormData) -> int:
    """The published version that the form's maker saw; 0 where it does not say."""
    return max(_number(str(form.get("now", ""))), 0)


def conflict_of(refused: Refused, view: View, read: Read) -> Conflict:
    """How what stands now differs from what was sent."""
    names = read.fields.keys()
    theirs = {name: view.document[name] for name in names if name in view.document}
    mine = {name: value for name, value in read.fields.items() if value is not None}
    return Conflict(
        str(refused.more.get("by", "")), refused.more.get("at"), differences(theirs, mine)
    )


def wrong_of(view: View, faults: Iterable[Fault]) -> tuple[Wrong, ...]:
    """Faults of parts as faults of the form's fields: `names.tr` has the id `names-tr`."""
    return tuple(Wrong("-".join(map(str, fault.place)), view.said(fault)) for fault in faults)


def texts(form: FormData) -> dict[str, str]:
    """The form's words, without spaces around them."""
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


async def uploaded(form: FormData) -> bytes:
    """The content of the form's file; empty where none was chosen."""
    upload = form.get("file")
    return await upload.read() if isinstance(upload, UploadFile) else b""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else -1
