"""Reporting something: one form in four steps, or all at once where scripts do not run."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from libs.events import Point
from libs.events.common import Code, Slug
from libs.runtime.clock import new_id
from libs.runtime.rule import Refused
from libs.tenants import Outside, Tenant, TenantCategory, WorkingTime
from libs.tenants.geometry import area_of
from libs.tenants.outline import label_of

from .alike import Told
from .asked import ToCompare, ToFear, ToSubmit, closed_at
from .danger import feared
from .desk import Desk
from .followup import Anyone, Counter
from .gazetteer import named
from .kept import Promises
from .queries import find_request
from .shown import icon_of, row
from .site import Site
from .tracking import shown

MOST_PLACES = 8
TYPES = ("complaint", "request", "suggestion", "question", "notice", "thanks")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field of the form; `message` is in the reader's language."""

    field: str
    message: str


def router(site: Site, desk: Desk, counter: Counter) -> APIRouter:
    """The pages at `/report`."""
    routes = APIRouter(include_in_schema=False)
    sessions = site.pages.sessions
    promises = Promises(site.service)

    def form(
        request: Request, told: Mapping[str, str], faults: list[Fault] | None = None
    ) -> Response:
        tenant = site.tenant(request)
        category = tenant.category(told.get("category", "")) if tenant else None
        more = {"caller": None, "session": None} if "shell" in request.query_params else {}
        return site.render(
            request,
            "report.html",
            status=422 if faults else 200,
            told=defaultdict(str, {"key": new_id(), "type": "complaint", **told}),
            types=TYPES,
            errors=faults or [],
            category=category,
            feared=feared(told.get("text", ""), tenant, told.get("category")),
            groups=groups_of(tenant) if tenant else [],
            municipalities=site.by_name(),
            **more,
        )

    @routes.get("/report")
    async def report(request: Request, caller: Anyone) -> Response:
        """The empty form. `?shell` is the one that a device keeps for when it has no net."""
        return form(request, {})

    @routes.post("/report/start")
    async def start(request: Request, caller: Anyone) -> Response:
        """The form with the words that were written on the home page; they are in no address."""
        return form(request, _texts(await request.form()))

    @routes.post("/report")
    async def send(request: Request, caller: Anyone) -> Response:
        """Hand it in, and lead to its number; or say what has to be corrected."""
        await sessions.check_form(request)
        told = _texts(await request.form())
        language = site.language(request)
        tenant = site.tenant(request)
        try:
            asked = ToSubmit.model_validate(_body(told, tenant))
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors()}
            return form(
                request, told, [fault(name, language.text) for name in _FIELDS if name in wrong]
            )
        try:
            submitted = await desk.submit(asked, caller, told.get("key"), sessions.browser(request))
        except Refused as refused:
            if refused.status != 422:
                raise
            faults = [
                Fault(
                    _place(one["field"]), language.text(_WORDS.get(one["message"], refused.title))
                )
                for one in refused.more.get("errors", [{"field": "text", "message": ""}])
            ]
            return form(request, told, faults)
        done = RedirectResponse(f"/report/done?number={submitted.tracking_number}", 303)
        if caller is None or not caller.citizen:
            site.remember(request, done, submitted.id)
        return done

    @routes.get("/report/done")
    async def done(
        request: Request, caller: Anyone, number: Annotated[str, Query(max_length=32)]
    ) -> Response:
        """The number, the day, and for a guest the secret."""
        id, state = await find_request(site.service, number)
        if not site.is_own(request, caller, id, state):
            return RedirectResponse(f"/requests/{shown(state.tracking_number)}", 303)
        tenant = site.service.tenants.get(state.tenant)
        usual = state.progress.due_at
        known = tenant.category(state.category.code) if tenant and state.category else None
        if not usual and tenant and known:
            usual = WorkingTime(tenant).due_at(state.submitted_at, known.sla_minutes)
        return site.render(
            request,
            "done.html",
            tenant=tenant,
            state=state,
            number=shown(state.tracking_number),
            usual=usual,
            days=WorkingTime(tenant).days_between(state.submitted_at, usual)
            if tenant and usual
            else None,
            department=state.progress.department,
            feared=feared(state.text, tenant, known.code if known else None),
            secret=None if state.citizen else counter.secrets.tracking_secret(id),
        )

    @routes.get("/report/place")
    async def place(
        request: Request,
        caller: Anyone,
        lat: Annotated[float, Query(ge=-90, le=90)],
        lon: Annotated[float, Query(ge=-180, le=180)],
    ) -> Response:
        """Who answers at a place; what can be chosen there."""
        places = site.service.tenants.jurisdictions
        found = places.locate(lat, lon)
        outside = isinstance(found, Outside)
        tenant = found.nearest if isinstance(found, Outside) else found.tenant
        return site.fragment(
            request,
            "report_place.html",
            tenant=tenant,
            outside=outside,
            closed=closed_at(places, Point(lat=lat, lon=lon)) if outside else None,
            metres=found.distance_m if isinstance(found, Outside) else None,
            neighbourhood=None if isinstance(found, Outside) else found.neighbourhood,
            site_tenant=site.tenant(request),
            fixed=site.fixed(request),
            groups=groups_of(tenant) if tenant and not outside else [],
        )

    @routes.get("/report/neighbourhoods")
    async def neighbourhoods(
        request: Request,
        caller: Anyone,
        q: Annotated[str, Query(max_length=60)],
        tenant: Annotated[Slug | None, Query()] = None,
    ) -> list[dict[str, Any]]:
        """Neighbourhoods by their names, of other municipalities than the page's own `tenant`."""
        others = [one for one in site.by_name() if one.slug != tenant]
        language = site.language(request)
        return [
            {"name": place.name, "town": language.short(its.names), "lat": lat, "lon": lon}
            for its, place in named(q, others)[:MOST_PLACES]
            if place.geometry
            for lon, lat in [label_of(area_of(place.geometry))]
        ]

    @routes.get("/report/about")
    async def about(
        request: Request,
        caller: Anyone,
        tenant: Slug,
        category: Annotated[Code | None, Query()] = None,
    ) -> Response:
        """A category's questions, and who promises what."""
        known = site.service.tenants.get(tenant)
        if known is None:
            raise Refused("tenant-unknown", "There is no such municipality.", 404)
        chosen = known.category(category) if category else None
        return site.fragment(
            request,
            "report_about.html",
            tenant=known,
            category=chosen,
            told=defaultdict(str),
            kept=await promises.of(tenant, category) if category else None,
            **promise_of(site, known, chosen),
        )

    @routes.post("/report/danger")
    async def danger(asked: ToFear, request: Request, caller: Anyone) -> Response:
        """Whom to call at once where it is dangerous; nothing otherwise."""
        tenant = site.service.tenants.get(asked.tenant) if asked.tenant else site.tenant(request)
        found = feared(asked.text, tenant, asked.category)
        return site.fragment(request, "report_danger.html", tenant=tenant, feared=found)

    @routes.post("/report/same")
    async def same(asked: ToCompare, request: Request, caller: Anyone) -> Response:
        """Open requests that may be about the same thing."""
        found = await counter.alike(asked.point, Told(asked.text, asked.category))
        now, tenant_of = site.service.now(), site.service.tenants.get
        rows = [row(one, tenant_of(one.tenant), now, metres=metres) for _, metres, one in found]
        return site.fragment(request, "report_same.html", rows=rows)

    return routes


def promise_of(site: Site, tenant: Tenant, category: TenantCategory | None) -> dict[str, Any]:
    """Who will most likely get it, and by when it is usually done."""
    if category is None:
        return {
            "due": None,
            "days": 0,
            "department": tenant.department(tenant.triage_department),
            "body": None,
        }
    now, clock = site.service.now(), WorkingTime(tenant)
    due = clock.due_at(now, category.sla_minutes)
    return {
        "due": due,
        "days": clock.days_between(now, due),
        "department": tenant.department_of(category.code),
        "body": tenant.body(category.body),
    }


def groups_of(tenant: Tenant) -> list[tuple[Any, list[tuple[TenantCategory, str]]]]:
    """What can be chosen, by group; each with its symbol."""
    groups: dict[str, list[tuple[TenantCategory, str]]] = {}
    for one in tenant.leaf_categories:
        groups.setdefault(one.parent or "", []).append((one, icon_of(tenant, one.value)))
    return [
        (group.names if (group := tenant.category(code)) else None, members)
        for code, members in groups.items()
    ]


def _texts(given: FormData) -> dict[str, str]:
    """A form's fields; several answers to one question have commas between them."""
    texts: dict[str, str] = {}
    for name, value in given.multi_items():
        if isinstance(value, str):
            several = name in texts and name.startswith("answers.")
            texts[name] = f"{texts[name]},{value}" if several else value
    return texts


def _body(told: Mapping[str, str], tenant: Tenant | None) -> dict[str, Any]:
    """A form's fields as the API knows them; what is empty is left out."""
    body: dict[str, Any] = {
        name: text
        for name in ("text", "type", "category", "address")
        if (text := told.get(name, "").replace("\r\n", "\n").strip())
    }
    body["point"] = _point(told, tenant)
    if phone := told.get("phone", "").strip():
        body["contact"] = {"phone": phone}
    if told.get("private") == "yes":
        body["private"] = True
    if told.get("showable") == "yes":
        body["showable"] = True
    answers = {
        name.removeprefix("answers."): text.strip()
        for name, text in told.items()
        if name.startswith("answers.") and text.strip()
    }
    return {**body, "answers": answers} if answers else body


def _point(told: Mapping[str, str], tenant: Tenant | None) -> dict[str, float] | None:
    """The coordinates, else a place inside the neighbourhood that was chosen."""
    try:
        return {name: float(told[name].replace(",", ".")) for name in ("lat", "lon")}
    except (KeyError, ValueError):
        pass
    place = tenant.neighbourhood(told.get("neighbourhood", "")) if tenant else None
    if place is None or place.geometry is None:
        return None
    point = area_of(place.geometry).representative_point()
    return {"lat": round(point.y, 6), "lon": round(point.x, 6)}


_FIELDS = ("text", "point", "category", "address", "type", "answers", "contact")


def fault(name: str, say: Any) -> Fault:
    """What to say of a field that cannot be taken."""
    words = {
        "text": say("Write what it is about, with at least 3 and at most 4,000 characters."),
        "point": say("Choose the neighbourhood, or show the place on the map."),
        "contact": say("Write the number with digits, such as 0532 000 00 00."),
        "address": say("The address may have at most 500 characters."),
    }
    return Fault(_place(name), words.get(name, say("This cannot be taken.")))


_WORDS = {
    "Outside every jurisdiction": "No municipality here answers for this place.",
    "Suspended": "The municipality of this place takes no requests at the moment.",
    "Unknown category": "This municipality has no such category.",
}


def _place(field: str) -> str:
    """The id of a field on the page."""
    return {"point": "neighbourhood", "contact": "phone"}.get(field, field.replace(".", "-"))
