"""HTTP: what everybody may read of a request's words and see of its photos."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints
from starlette.datastructures import FormData

from libs.runtime.rule import Context, Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.text import shown_parts
from libs.web.access import Access
from libs.web.problems import responses

from .act import Asked, Conditions, Worker, act, tagged
from .answers import Body, TaskDetail
from .disclosure import show_words
from .queries import Document
from .store import AGGREGATE
from .task import Task, WordsShown

MOST_TEXT = 4000


class ToShow(Body):
    """The citizen's text without the words that were taken out, and the photos to be shown; what
    is neither there is taken back.
    """

    text: Annotated[str, StringConstraints(max_length=MOST_TEXT)] = ""
    photos: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], Field(max_length=50)
    ] = ()


def router(service: Service) -> APIRouter:
    """The route under /api/tasks."""
    routes = APIRouter(prefix="/api/tasks", tags=["tasks"])
    doing = partial(act, service)

    @routes.post("/{id}/words", responses=responses(404, 409, 428))
    async def words(
        access: Worker, id: str, body: ToShow, asked: Asked, response: Response
    ) -> TaskDetail:
        """Show everybody the words that are left of the citizen's, and these photos."""
        bound = {"text": body.text, "photos": body.photos}
        return tagged(response, await doing(access, id, body, asked, show_words, bound))

    return routes


@dataclass(frozen=True)
class Draft:
    """The form of the page: what is to be shown, how that looks, or why it cannot be.

    `shown` is what everybody sees now; `lapsed` says that its text has been changed since.
    """

    task: Task
    version: int
    text: str
    photos: tuple[str, ...]
    shown: str | None
    lapsed: bool
    preview: str | None = None
    refused: Refused | None = None


def drafted(document: Document, form: FormData | None = None) -> Draft:
    """What the form begins with, or was sent with."""
    stored = Stored.of(AGGREGATE, document)
    task = stored.state
    assert task is not None
    shown = task.shown
    lapsed = shown is not None and shown.edition != task.edition
    now = None if shown is None or lapsed else _read(task, shown)
    if form is not None:
        text, photos = str(form.get("text", "")), tuple(map(str, form.getlist("photo")))
        return Draft(task, _version(form), text[:MOST_TEXT], photos[:50], now, lapsed)
    text = task.text or "" if now is None else now
    return Draft(task, stored.version, text, shown.photos if shown else (), now, lapsed)


def previewed(service: Service, access: Access, id: str, draft: Draft) -> Draft:
    """The draft with what everybody would see, or why they cannot."""
    context = Context(id, service.now(), service.tenants.get(access.tenant))
    who = {"tenant": access.tenant, "by": access.caller.subject}
    if not draft.text.strip() and not draft.photos:
        return replace(draft, preview="")
    try:
        change = show_words(draft.task, context, **who, text=draft.text, photos=draft.photos)
    except Refused as refused:
        return replace(draft, refused=refused)
    assert change.state.shown is not None
    return replace(draft, preview=_read(draft.task, change.state.shown))


async def decided(service: Service, access: Access, id: str, draft: Draft) -> Draft | None:
    """Do what was previewed; the draft again, with the reason, where that is refused."""
    bound: dict[str, Any] = {"text": draft.text, "photos": draft.photos}
    body, seen = ToShow(**bound), Conditions(f'"{draft.version}"', None)
    try:
        await act(service, access, id, body, seen, show_words, bound)
    except Refused as refused:
        if refused.status not in (409, 422):
            raise
        return replace(draft, refused=refused)
    return None


def _read(task: Task, shown: WordsShown) -> str:
    return shown_parts(task.text or "", [(part.start, part.end) for part in shown.parts])


def _version(form: FormData) -> int:
    told = str(form.get("version", ""))
    return int(told) if told.isdecimal() and 0 < len(told) < 15 and int(told) else 1
