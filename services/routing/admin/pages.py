"""The routes of `/admin`: the list of municipalities, the steps, publishing and giving up."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from libs.runtime.rule import Refused
from libs.tenants import Tenant
from libs.web.access import Access, Several, StaffOfSome
from libs.web.language import Language

from .. import queries
from ..drafts import Unsound
from ..notes import notes
from ..rights import Admin, Reader, Runs
from ..steps import BY_CODE, STATES, STEPS, Step, states, step_of
from ..tenant import FOR_PLATFORM
from ..worded import PLACES
from . import boundary, files, look, neighbourhoods, rules, versions
from .bodies import Bodies
from .boundary import BOUNDARY
from .categories import Categories
from .departments import Departments
from .frame import Frame, StepPage, View, Wrong, conflict_of, guarded, said, texts, wrong_of
from .history import History
from .hours import Hours
from .integrators import Integrators
from .look import Look
from .neighbourhoods import NEIGHBOURHOODS
from .organisation import KINDS, Organisation
from .people import People
from .publication import Publication
from .rules import Rules
from .texts import Texts

_ALL: tuple[StepPage, ...] = (
    *(Organisation(), BOUNDARY, NEIGHBOURHOODS),
    *(Departments(), Categories(), Bodies()),
    *(Hours(), Rules(), People(), Look(), Texts(), Publication()),
    *(Integrators(), History()),
)
PAGES: dict[str, StepPage] = {page.code: page for page in _ALL}
"""The steps that have a page; the others stand in the list and lead nowhere yet."""

CHANGED = ("draft-changed-meanwhile", "draft-none")
AdminOfSome = Annotated[Several, Depends(StaffOfSome("admin", "auditor"))]


def router(frame: Frame) -> APIRouter:
    """All pages below `/admin`."""
    routes = APIRouter(include_in_schema=False)
    drafts = frame.drafts

    def listed(
        request: Request,
        several: Several,
        found: list[queries.Listed],
        wrong: tuple[Wrong, ...] = (),
        told: Mapping[str, str] | None = None,
    ) -> Response:
        return frame.pages.render(
            request,
            "admin.html",
            status=422 if wrong else 200,
            surface="admin",
            found=[(one, _health(frame, one)) for one in found],
            platform=several.caller.platform,
            kinds=KINDS,
            above=[one for one in frame.service.tenants.all() if one.kind != "district"],
            errors=wrong,
            told=defaultdict(str, told or {}),
            removed=request.query_params.get("removed", ""),
        )

    @routes.get("/admin")
    async def municipalities(request: Request, several: AdminOfSome) -> Response:
        """Those that one administers; with only one, its steps."""
        slugs = None if several.caller.platform and not several.tenants else several.tenants
        found = await queries.listed(frame.service, slugs)
        if not several.caller.platform and len(several.tenants) == 1:
            return RedirectResponse(f"/admin/{several.tenants[0]}", 303)
        return listed(request, several, found)

    @routes.post("/admin")
    async def new(request: Request, caller: Runs) -> Response:
        """Begin the draft of a new municipality."""
        told = texts(await request.form())
        slug, turkish = told.get("slug", ""), told.get("name_tr", "")
        document = {
            "slug": slug,
            "names": {"tr": turkish, "en": told.get("name_en") or turkish},
            "kind": told.get("kind") or "district",
            "parent": told.get("parent") or None,
            "time_zone": "Europe/Istanbul",
        }
        try:
            await drafts.begin(Access(caller, slug or "-"), document)
        except Refused as refused:
            if refused.status not in (409, 422):
                raise
            wrong = _wrong(refused, frame.pages.language(request))
            found = await queries.listed(frame.service, None)
            return listed(request, Several(caller, (), frozenset()), found, wrong, told)
        return RedirectResponse(f"/admin/{slug}", 303)

    @routes.get("/admin/{slug}")
    async def steps(request: Request, access: Reader) -> Response:
        """The steps of one municipality, each with how far it has come."""
        view = await frame.view(request, access)
        faults = await drafts.faults(view.document)
        found = states(view.document, faults)
        return frame.render(
            view,
            "tasks.html",
            steps=STEPS,
            states=found,
            words=STATES,
            pages=PAGES,
            done=sum(one == "done" for one in found.values()),
            counted=sum(one is not None for one in found.values()),
            faults=faults,
            changed=len(view.seen.differences()),
        )

    @routes.get("/admin/{slug}/steps/{step}")
    async def step(request: Request, access: Reader, step: str) -> Response:
        """One step as a form."""
        page, its = _page(step)
        return await frame.step(await frame.view(request, access), page, its)

    @routes.post("/admin/{slug}/steps/{step}")
    async def save(request: Request, access: Admin, step: str) -> Response:
        """Put a step into the draft; what cannot be taken is shown again as it was written."""
        page, its = _page(step)
        view, form = await frame.view(request, access), await request.form()
        read = await page.read(view, form)
        if read.wrong:
            return await frame.step(view, page, its, read, read.wrong)
        try:
            revision, base = guarded(form)
            await drafts.save(access, read.fields, revision, base)
        except Unsound as unsound:
            return await frame.step(view, page, its, read, wrong_of(view, unsound.faults))
        except Refused as refused:
            if refused.slug not in CHANGED:
                raise
            view = await frame.view(request, access)
            conflict = conflict_of(refused, view, read)
            return await frame.step(view, page, its, read, conflict=conflict)
        return RedirectResponse(f"/admin/{view.slug}/steps/{step}?saved{read.onward}", 303)

    @routes.get("/admin/{slug}/check")
    async def check(request: Request, access: Reader) -> Response:
        """What is in the way, what would change, and the button that publishes it."""
        return await _check(frame, await frame.view(request, access))

    @routes.post("/admin/{slug}/publish")
    async def publish(request: Request, access: Admin) -> Response:
        """Publish the draft as the next version."""
        revision, _ = guarded(await request.form())
        view = await frame.view(request, access)
        if await drafts.faults(view.document):
            return await _check(frame, view, status=422)
        try:
            told = await drafts.publish(access, revision)
        except Refused as refused:
            return await _meanwhile(frame, request, access, refused)
        return RedirectResponse(f"/admin/{view.slug}?published={told['version']}", 303)

    @routes.post("/admin/{slug}/rebase")
    async def rebase(request: Request, access: Admin) -> Response:
        """Put the draft's changes over what was published meanwhile."""
        revision, _ = guarded(await request.form())
        try:
            both = await drafts.rebase(access, revision)
        except Refused as refused:
            return await _meanwhile(frame, request, access, refused)
        kept = "".join(f"&both={name}" for name in both)
        return RedirectResponse(f"/admin/{access.tenant}/check?rebased{kept}", 303)

    @routes.post("/admin/{slug}/discard")
    async def discard(request: Request, access: Admin) -> Response:
        """Give the draft up; what is published stays."""
        revision, _ = guarded(await request.form())
        view = await frame.view(request, access)
        try:
            await drafts.discard(access, revision)
        except Refused as refused:
            return await _meanwhile(frame, request, access, refused)
        return RedirectResponse(f"/admin/{view.slug}" if view.seen.number else "/admin", 303)

    for part in (boundary, neighbourhoods, rules, look, files, versions):
        routes.include_router(part.router(frame))
    return routes


def _health(frame: Frame, listed: queries.Listed) -> tuple[bool, int]:
    """Whether the newest version has come back from the topic, and how much is worth a look."""
    tenant = frame.service.tenants.get(listed.slug)
    if tenant is None:
        return listed.number == 0, 0
    return tenant.version >= listed.number, _noted(tenant, frame.service.now().date())


def _noted(tenant: Tenant, today: date) -> int:
    parts = {"categories", "unsorted_category", "holidays", "domain"}
    document = tenant.model_dump(mode="json", include=parts)
    places = [{"geometry": bool(one.geometry)} for one in tenant.neighbourhoods]
    return len(notes({**document, "neighbourhoods": places}, today))


async def _meanwhile(frame: Frame, request: Request, access: Access, refused: Refused) -> Response:
    """The check as it is now, for one who acted on what it was before."""
    if refused.slug not in (*CHANGED, "tenant-changed-meanwhile"):
        raise refused
    return await _check(frame, await frame.view(request, access), 409, refused.title)


async def _check(frame: Frame, view: View, status: int = 200, meanwhile: str = "") -> Response:
    faults = await frame.drafts.faults(view.document)
    found = view.seen.differences()
    reserved = {one.field for one in found} & set(FOR_PLATFORM)
    return frame.render(
        view,
        "check.html",
        status=status,
        meanwhile=meanwhile and view.language.text(meanwhile),
        faults=faults,
        step_of=step_of,
        by_code=BY_CODE,
        differences=found,
        notes=notes(view.document, frame.service.now().date()),
        overlaps=await run_in_threadpool(boundary.disputed, view),
        both=[name for name in view.request.query_params.getlist("both") if name in PLACES],
        may=view.access.caller.platform or not (reserved or not view.seen.number),
    )


def _wrong(refused: Refused, language: Language) -> tuple[Wrong, ...]:
    """Why a new municipality was refused, beside the fields of the form."""
    if not isinstance(refused, Unsound):
        return (Wrong("slug", language.text(refused.title)),)
    fields = {"names": "name_tr"}
    return tuple(
        Wrong(fields.get(fault.field, fault.field), said(language, fault))
        for fault in refused.faults
    )


def _page(code: str) -> tuple[StepPage, Step]:
    page = PAGES.get(code)
    if page is None:
        raise Refused("step-unknown", "There is no such step.", 404)
    return page, BY_CODE[code]
