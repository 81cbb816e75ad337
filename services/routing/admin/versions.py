"""Versions of a tenant: what each would change if it were taken back; leaving Sokak, and then
being removed.
"""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from libs.text import said

from .. import queries
from ..difference import differences
from ..drafts import sound
from ..publishing import found_or_refused
from ..rights import Admin, Reader
from ..store import TENANT_HISTORY, TENANTS
from ..tenant import FOR_PLATFORM
from .frame import Frame, View, Wrong, seen_now, texts

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

TURNS = {
    "active": said("Take requests (again)"),
    "suspended": said("Suspend: take no new requests for now"),
    "left": said("Leave: take no requests any more"),
}

DATA = {
    "/api/requests/data/requests?tenant={slug}": said("All requests with their words (.jsonl)"),
    "/api/requests/data/photos?tenant={slug}": said("All photos (.tar)"),
    "/api/tasks/data/tasks?tenant={slug}": said("All tasks with their history and notes (.jsonl)"),
    "/api/tasks/data/people?tenant={slug}": said("Names of those who worked on them (.jsonl)"),
    "/api/tenants/{slug}/data/decisions": said("Why each request went where it went (.jsonl)"),
    "/api/reports/data/published?tenant={slug}": said("What was published (.jsonl)"),
    "/api/reports/data/facts?tenant={slug}": said("What the reports count (.jsonl)"),
    "/api/tenants/{slug}/data/versions": said("Every version of the municipality (.jsonl)"),
}
"""What each service gives away of its own, by the address that a browser fetches it from."""


def router(frame: Frame) -> APIRouter:
    """The pages of versions and of the state."""
    routes = APIRouter(prefix="/admin/{slug}", include_in_schema=False)
    drafts = frame.drafts

    async def older(view: View, number: int) -> dict[str, object]:
        shelf = frame.service.scoped(view.slug, TENANT_HISTORY)
        return sound(found_or_refused(await queries.edition(shelf, number)))

    @routes.get("/versions")
    async def versions(request: Request, access: Reader) -> Response:
        """Every version: when, by whom."""
        view = await frame.view(request, access)
        scope = frame.service.scoped(view.slug, TENANTS.collection)
        return frame.render(view, "versions.html", editions=await queries.editions(scope) or [])

    @routes.get("/versions/{number}")
    async def version(request: Request, access: Reader, number: Number) -> Response:
        """What taking a version back would change in what is published now."""
        view = await frame.view(request, access)
        document = await older(view, number)
        found = differences(view.seen.published or {}, document)
        reserved = {one.field for one in found} & set(FOR_PLATFORM)
        return frame.render(
            view,
            "version.html",
            number=number,
            differences=found,
            document=document,
            may=access.caller.platform or not reserved,
        )

    @routes.post("/versions/{number}/restore")
    async def restore(request: Request, access: Admin, number: Number) -> Response:
        """Publish what an older version held as a new one."""
        view, form = await frame.view(request, access), await request.form()
        told = await drafts.restore(access, number, seen_now(form))
        return RedirectResponse(f"/admin/{view.slug}?published={told['version']}", 303)

    @routes.get("/state")
    async def state(request: Request, access: Reader) -> Response:
        """Suspend, take back, leave; and what to take along."""
        view = await frame.view(request, access)
        return _state(frame, view)

    @routes.post("/state")
    async def turn(request: Request, access: Admin) -> Response:
        """Do it, once the short name was typed in."""
        view, form = await frame.view(request, access), await request.form()
        told, wrong = texts(form), []
        if told.get("state") not in TURNS:
            wrong.append(Wrong("state", view.language.text("Choose what is to happen.")))
        if told.get("typed") != view.slug:
            words = view.language.text("Type %(slug)s to confirm.", slug=view.slug)
            wrong.append(Wrong("typed", words))
        if wrong:
            return _state(frame, view, tuple(wrong), told)
        done = await drafts.turn(access, told["state"], seen_now(form))
        return RedirectResponse(f"/admin/{view.slug}?published={done['version']}", 303)

    @routes.post("/remove")
    async def remove(request: Request, access: Admin) -> Response:
        """Remove one that has left, once the short name was typed in."""
        view, form = await frame.view(request, access), await request.form()
        told = texts(form)
        if told.get("remove") != view.slug:
            words = view.language.text("Type %(slug)s to confirm.", slug=view.slug)
            return _state(frame, view, (Wrong("remove", words),), told)
        await drafts.remove(access)
        return RedirectResponse(f"/admin?removed={view.slug}", 303)

    return routes


def _state(
    frame: Frame,
    view: View,
    wrong: tuple[Wrong, ...] = (),
    told: dict[str, str] | None = None,
) -> Response:
    now = str((view.seen.published or {}).get("state", ""))
    return frame.render(
        view,
        "state.html",
        status=422 if wrong else 200,
        now=now,
        turns={code: words for code, words in TURNS.items() if code != now},
        errors=wrong,
        told={"state": "", "typed": "", "remove": "", **(told or {})},
        may=view.access.caller.platform,
        takes=view.may_change,
        data={path.format(slug=view.slug): words for path, words in DATA.items()},
    )
