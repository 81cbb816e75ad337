"""The operator console: the queue as list, map and board, and a task's page."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.runtime.times import Time
from libs.text import dashed
from libs.web.access import Access, Bearer, Staff
from libs.web.access import Tenant as Named
from libs.web.pages import Pages, link, partial

from . import queue
from .act import cursor_of, place_of
from .console import MOST_AT_ONCE
from .detail import detail, nearby
from .filter import Filter, asked_by, read
from .people import People
from .preference_api import preferences
from .queries import Document, one, tracking_number
from .replies import REPLIES
from .screen import CHOSEN, Screen, narrow
from .showing import Draft, decided, drafted, previewed
from .tally import Tallies

SHOWN = 50
MOST_PINS = 1000
NAMED_PINS = 400
"""Beyond these a map has dots, which lead nowhere: `MOST_PINS` of `map.js`."""
ON_BOARD = 12
MOST_FOUND = 400
BOARD = (
    "new", "assigned", "in_progress", "scheduled", "on_hold", "awaiting_citizen", "with_external",
    "reopened",
)  # fmt: skip


class StaffHere(Staff):
    """Staff of the tenant that the address names, else of the first that they work for."""

    async def __call__(self, request: Request, bearer: Bearer, tenant: Named = None) -> Access:
        if tenant is None:
            caller = request.app.state.pages.caller(request)
            tenant = min(caller.memberships, default=None) if caller else None
        return await super().__call__(request, bearer, tenant)


Reader = Annotated[Access, Depends(StaffHere("operator", "supervisor", "admin", "auditor"))]
Worker = Annotated[Access, Depends(StaffHere("operator", "supervisor", "admin"))]


def router(service: Service, pages: Pages) -> APIRouter:
    """The pages under /console."""
    routes = APIRouter(prefix="/console", include_in_schema=False)
    people, tallies = People(service), Tallies()

    async def screen(
        request: Request, access: Access, fine: bool = False, saved: bool = False
    ) -> Screen:
        """What a page knows; `fine` counts every list, `saved` those that are saved."""
        tenant = service.tenants.get(access.tenant)
        if tenant is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        await people.meet(access.tenant, access.caller)
        asked = Filter.of({key: request.query_params.getlist(key) for key in request.query_params})
        told = read(asked, tenant)
        own, shared = await preferences(service, access)
        views = (*own.views, *shared.views) if saved else ()
        counted = [told, *(read(asked_by(view.query), tenant) for view in views)]
        tally = await tallies.of(
            service.scoped(access.tenant),
            service.now(),
            tenant.unsorted_category,
            fine or any(narrow(one, tenant) for one in counted),
        )
        return Screen(
            language=pages.language(request),
            tenant=tenant,
            access=access,
            now=service.now(),
            names=await people.of(access.tenant),
            tally=tally,
            asked=asked,
            read=told,
            chosen=request.cookies.get(CHOSEN),
            own_preferences=own,
            shared_preferences=shared,
            tenants=service.tenants.get,
            outline_of=pages.outline_of,
        )

    async def found(access: Access, id: str) -> Document:
        document = await one(service.scoped(access.tenant), id)
        if document is None:
            raise Refused("task-not-found", "There is no such task.", 404)
        return document

    @routes.get("")
    async def console(
        request: Request,
        access: Reader,
        show: str = "",
        cursor: Annotated[str, Query(max_length=200)] = "",
        task: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        """The queue, with a task beside it where one is chosen."""
        here = await screen(request, access, fine=show == "map")
        values = await {"map": _map, "board": _board}.get(show, _list)(service, here, cursor)
        show = show if show in ("map", "board") else ""
        chosen = await one(service.scoped(access.tenant), task) if task else None
        values |= await _task(service, here, chosen) if chosen else {"task": None}
        return pages.render(
            request,
            "console.html",
            tenant=here.tenant,
            **here.values(show),
            **values,
            current=task,
            most=MOST_AT_ONCE,
            at=here.now,
        )

    @routes.get("/ids")
    async def ids(request: Request, access: Worker) -> list[tuple[str, str]]:
        """The ids and tracking numbers of the list, as many as may be changed at once."""
        here = await screen(request, access)
        tasks = service.scoped(access.tenant)
        found = await queue.named(
            tasks, here.read, here.wanted, here.now, MOST_AT_ONCE, here.undated
        )
        return [(one["_id"], dashed(one["tracking_number"])) for one in found]

    @routes.get("/changed")
    async def changed(
        request: Request,
        access: Reader,
        shown: Annotated[str, Query(max_length=2500)] = "",
        others: Annotated[str, Query(max_length=2500)] = "",
        current: Annotated[str, Query(max_length=64)] = "",
        since: Time | None = None,
    ) -> Response:
        """Rows anew, how many of the others or of those opened since belong into the list, and
        the counts.
        """
        here = await screen(request, access)
        tasks = service.scoped(access.tenant)
        documents = await queue.among(tasks, _ids(shown))
        fresh = 0
        if not here.asked.caller:  # whose tasks are those of the address
            fresh = await queue.fresh(tasks, here.wanted, here.now, _ids(others), since)
        rows = [here.shown.row(document) for document in documents]
        return pages.render(
            request, "changed.html", tenant=here.tenant, **here.values(""), rows=rows,
            fresh=fresh, current=current,
        )  # fmt: skip

    @routes.get("/views")
    async def views(request: Request, access: Reader) -> Response:
        """The saved views with all counts: for the rail, and to put them in order."""
        here = await screen(request, access, saved=True)
        return pages.render(request, "views.html", tenant=here.tenant, **here.values(""))

    @routes.get("/call")
    async def call(request: Request, access: Worker) -> Response:
        """A request by telephone; the page hands it in at intake as any other."""
        here = await screen(request, access)
        return pages.render(
            request,
            "call.html",
            tenant=here.tenant,
            **here.values(""),
            **here.telephone(),
            alone=True,
        )

    @routes.get("/tasks/{id}")
    async def task_page(request: Request, access: Reader, id: str, alone: bool = False) -> Response:
        """One task: a page of its own, or the pane beside the queue, or of such a page anew."""
        here = await screen(request, access)
        values = await _task(service, here, await found(access, id))
        template = "pane.html" if partial(request) else "task.html"
        return pages.render(
            request,
            template,
            tenant=here.tenant,
            **here.values(""),
            **values,
            alone=alone or not partial(request),
        )

    async def words_page(
        request: Request, access: Access, id: str, document: Document, draft: Draft
    ) -> Response:
        here = await screen(request, access)
        return pages.render(
            request, "words.html", status=422 if draft.refused else 200, tenant=here.tenant,
            **here.values(""), id=id, draft=draft, alone=True,
            number=here.shown.row(document).number,
        )  # fmt: skip

    @routes.get("/tasks/{id}/words")
    async def words(request: Request, access: Worker, id: str) -> Response:
        """What everybody may read and see of it."""
        document = await found(access, id)
        return await words_page(request, access, id, document, drafted(document))

    @routes.post("/tasks/{id}/words")
    async def show_words(request: Request, access: Worker, id: str) -> Response:
        """Look at it as everybody would, show it, or take it back."""
        document, form = await found(access, id), await request.form()
        draft = drafted(document, form)
        if form.get("do") == "preview":
            seen = previewed(service, access, id, draft)
            return await words_page(request, access, id, document, seen)
        if form.get("do") == "back":
            draft = replace(draft, text="", photos=())
        again = await decided(service, access, id, draft)
        if again is not None:
            return await words_page(request, access, id, document, again)
        there = link(f"/console/tasks/{id}", tenant=access.tenant)
        return RedirectResponse(there, 303)

    @routes.get("/tasks/{id}/near")
    async def near(request: Request, access: Reader, id: str) -> Response:
        """What is open close to a task, a part of its page that comes after it."""
        here = await screen(request, access)
        document = await found(access, id)
        others = await queue.near(service.scoped(access.tenant), document)
        return pages.render(
            request, "near.html", tenant=here.tenant, **here.values(""),
            **nearby(here.shown, document, others), open=document["open"],
        )  # fmt: skip

    return routes


def _ids(told: str) -> list[str]:
    return [one for one in told.split(",") if one][:60]


async def _list(service: Service, here: Screen, cursor: str) -> dict[str, Any]:
    after = place_of(cursor) if cursor else None
    found = await queue.rows(
        service.scoped(here.tenant.slug),
        here.read,
        here.wanted,
        here.now,
        SHOWN,
        after,
        here.undated,
    )
    rows = [here.shown.row(document) for document in found.documents]
    by_due = here.read.filter.by_due and not here.read.words
    whole = found.next is None and after is None
    return {
        "groups": here.shown.grouped(rows) if by_due else [("", rows)] if rows else [],
        "by_due": by_due,
        "whole": whole,
        "next": cursor_of(found.next) if found.next else None,
        "total": len(rows) if whole else here.total,
        "sortable": here.read.filter.only_open and not here.read.words,
    }


async def _map(service: Service, here: Screen, cursor: str) -> dict[str, Any]:
    """Pins as far as a map can be read; beyond, dots, and the neighbourhoods with their numbers."""

    async def read(fields: Document) -> list[Document]:
        tasks = service.scoped(here.tenant.slug)
        found = await queue.rows(
            tasks, here.read, here.wanted, here.now, MOST_PINS, None, here.undated, fields
        )
        return found.documents

    total, filter = here.total, here.read.filter
    points: list[Document] = []
    if many := total is not None and total > NAMED_PINS:
        points = [one["point"] for one in await read(queue.DOT) if one.get("point")]
    if many and len(points) > NAMED_PINS:
        pins: list[dict[str, Any]] = [{"at": _at(point)} for point in points]
    else:
        pins = [_pin(here, one) for one in await read(queue.ROW) if one.get("point")]
    by_hood: list[tuple[str, str, int]] = []
    if many and not filter.neighbourhood:
        hoods = [
            (one.code, one.name, here.counted(replace(filter, neighbourhood=one.code)))
            for one in here.tenant.neighbourhoods
        ]
        by_hood = sorted((hood for hood in hoods if hood[2]), key=lambda hood: -hood[2])
    return {
        "pins": pins,
        "by_hood": by_hood,
        "more_than": MOST_PINS if (total or 0) > MOST_PINS else NAMED_PINS,
        "total": total if total is not None else len(pins),
    }


def _at(point: Document) -> tuple[float, float]:
    return round(point["lat"], 5), round(point["lon"], 5)


def _pin(here: Screen, document: Document) -> dict[str, Any]:
    row = here.shown.row(document)
    return {
        "at": _at(document["point"]),
        "st": "overdue" if row.clock.state == "late" else row.st,
        "name": f"{row.neighbourhood}: {row.title or row.number}"[:80],
        "href": here.to(f"/console/tasks/{row.id}"),
    }


async def _board(service: Service, here: Screen, cursor: str) -> dict[str, Any]:
    """One light reading says which column each task is in; only the cards are then read whole."""
    tasks, filter = service.scoped(here.tenant.slug), here.read.filter
    columns = tuple(it for it in BOARD if {it, "open"} & set(filter.status or ("open",)))
    found: list[Document] = []
    if here.read.number or filter.caller or filter.reopen or tracking_number(here.read.words):
        rows = await queue.rows(
            tasks, here.read, here.wanted, here.now, MOST_FOUND, None, fields=queue.PLACE
        )
        found = rows.documents
    elif columns:
        usual = columns if len(columns) < len(BOARD) else ("open",)
        found = await queue.places(tasks, replace(here.wanted, statuses=usual), here.now)
    held: dict[str, list[Document]] = {it: [] for it in columns}
    for document in found:
        held.get(document["status"], []).append(document)
    first = [one["_id"] for column in held.values() for one in column[:ON_BOARD]]
    cards = {card["_id"]: card for card in await queue.with_ids(tasks, first)}
    shown = [
        {
            "status": status,
            "st": here.silhouette(status),
            "word": here.shown.status(status),
            "rows": [
                here.shown.row(cards[one["_id"]])
                for one in column[:ON_BOARD]
                if one["_id"] in cards
            ],
            "count": len(column),
            "late": sum(queue.is_late(one, here.now) for one in column),
        }
        for status, column in held.items()
    ]
    total = here.total if here.total is not None else sum(map(len, held.values()))
    return {"board": shown, "total": total}


async def _task(service: Service, here: Screen, document: Document) -> dict[str, Any]:
    return {
        "task": detail(here.shown, document, here.tenant),
        "templates": [
            {"name": here.language.of(reply.name), "words": here.language.of(reply.words)}
            for reply in REPLIES
        ],
    }
