"""The operations page of a service: how far it is, and what it has put aside."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from libs.runtime.clock import now
from libs.runtime.dead import Trial
from libs.runtime.health import Health
from libs.runtime.record import unpacked
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.text import said

from .access import Platform
from .caller import Caller
from .dead import Bytes, Header
from .masking import header_masked, masked
from .pages import Pages

Runs = Annotated[Caller, Depends(Platform())]
Place = Annotated[str, Path(max_length=200)]
Reason = Annotated[str, Form(min_length=3, max_length=500)]
GroupReason = Annotated[str, Form(min_length=1, max_length=1000)]
Value = Annotated[str, Form(max_length=900_000)]
LISTED = 50
LATE_S = 5.0
SERVICES = ("intake", "routing", "crm", "reporting")


class State(BaseModel):
    """How a service is, for a page that shows several."""

    service: str
    at: datetime
    verdict: Literal["well", "late", "stuck"]
    waiting: list[str]
    lag: int
    lag_seconds: float
    outbox: int
    outbox_seconds: float
    dead: int
    dead_seconds: float
    relay: Literal["here", "elsewhere", "nobody"]


def overview_router(pages: Pages) -> APIRouter:
    """`/ops`: all services on one screen; the page asks each of them under its own path."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/ops")
    async def everything(request: Request, caller: Runs) -> Response:
        """Lag, outbox, dead letters and what is stuck, of each service."""
        return pages.render(request, "ops-all.html", surface="ops", services=SERVICES)

    return routes


def router(service: Service, pages: Pages) -> APIRouter:
    """The pages at `/ops/<service>`; for those who run the platform."""
    root = f"/ops/{service.name}"
    routes = APIRouter(prefix=root, include_in_schema=False)
    health = Health(service)

    def shown(
        request: Request,
        row: dict[str, Any],
        *,
        whole: bool = False,
        trial: Trial | None = None,
        problem: str = "",
        draft: str = "",
    ) -> Response:
        record = unpacked(row)["record"]
        raw = bytes(record["value"] or b"")
        headers = [
            (name, None if value is None else bytes(value)) for name, value in record["headers"]
        ]
        if whole:
            text, hidden = Bytes.of(raw).text, False
            told = [_header(name, value) for name, value in headers]
        else:
            text, hidden = masked(record["topic"], raw)
            covered = [header_masked(name, value) for name, value in headers]
            told = [(name, value) for name, value, _ in covered]
            hidden = hidden or any(one for _, _, one in covered)
        return pages.render(
            request,
            "letter.html",
            surface="ops",
            service=service.name,
            row=row,
            topic=record["topic"],
            size=len(raw),
            headers_of=told,
            text=text,
            hidden=hidden,
            whole=whole,
            trial=trial,
            problem=problem,
            draft=draft,
            status=422 if problem else 200,
        )

    @routes.get("")
    async def overview(request: Request, caller: Runs) -> Response:
        """Lag, outbox, tenants, and dead letters by reason."""
        lag, lag_seconds = service.subscription.lag()
        outbox, outbox_age = await service.relay.figures()
        return pages.render(
            request,
            "ops.html",
            surface="ops",
            service=service.name,
            at=now(),
            lag=lag,
            lag_seconds=lag_seconds,
            outbox=outbox,
            outbox_age=outbox_age,
            waiting=await health.stuck(),
            known=[one for one in service.tenants.all() if one.state == "active"],
            groups=await service.dead.groups(),
            letters=await service.dead.list(limit=LISTED),
            services=SERVICES,
            partitions=service.subscription.partitions(),
            holder=await service.relay.holder(),
            paused=service.relay.paused,
        )

    @routes.get("/state")
    async def state(caller: Runs) -> State:
        """The same in few figures, for the page that shows all services."""
        lag, lag_seconds = service.subscription.lag()
        outbox, outbox_age = await service.relay.figures()
        dead, since = await service.dead.figures()
        waiting = await health.stuck()
        holder, here = await service.relay.holder()
        late = lag_seconds > LATE_S or outbox_age > LATE_S or dead > 0 or holder is None
        return State(
            service=service.name,
            at=now(),
            verdict="stuck" if waiting else "late" if late else "well",
            waiting=[one.what for one in waiting],
            lag=lag,
            lag_seconds=lag_seconds,
            outbox=outbox,
            outbox_seconds=outbox_age,
            dead=dead,
            dead_seconds=(now() - since).total_seconds() if since else 0.0,
            relay="here" if here else "elsewhere" if holder else "nobody",
        )

    @routes.get("/letters/{place}")
    async def letter(request: Request, caller: Runs, place: Place) -> Response:
        """One of them, without a citizen's words."""
        return shown(request, await service.dead.get(place))

    @routes.post("/letters/{place}/unmask")
    async def unmask(request: Request, caller: Runs, place: Place, reason: Reason) -> Response:
        """Its bytes as they came; who looked and why stays with it."""
        await service.dead.note(place, "unmasked", caller.subject, reason)
        return shown(request, await service.dead.get(place), whole=True)

    @routes.post("/letters/{place}/replay")
    async def replay(caller: Runs, place: Place, reason: Reason) -> Response:
        """Try it again, with what waits behind it."""
        await service.dead.note(place, "replayed", caller.subject, reason)
        await service.dead.replay(place, caller.subject)
        return RedirectResponse(f"{root}/letters/{place}", 303)

    @routes.post("/letters/{place}/trial")
    async def trial(request: Request, caller: Runs, place: Place) -> Response:
        """What a replay would do; nothing is stored."""
        found = await service.dead.try_out(place)
        return shown(request, await service.dead.get(place), trial=found)

    @routes.post("/letters/{place}/repair")
    async def repair(
        request: Request, caller: Runs, place: Place, reason: Reason, data: Value
    ) -> Response:
        """Keep a corrected value beside the original, if its schema can read it."""
        try:
            value, problem = json.loads(data), None
        except ValueError:
            value, problem = None, "data_not_json"
        problem = problem or await service.dead.fault_of(place, value)
        if problem:
            return shown(request, await service.dead.get(place), problem=problem, draft=data)
        await service.dead.note(place, "repaired", caller.subject, reason)
        await service.dead.repair(place, {}, value, caller.subject)
        return RedirectResponse(f"{root}/letters/{place}", 303)

    @routes.post("/groups/replay")
    async def replay_group(caller: Runs, group: GroupReason, reason: Reason) -> Response:
        """Try all again that was put aside for the same reason."""
        await service.dead.replay_group(group, caller.subject, reason)
        return RedirectResponse(root, 303)

    @routes.post("/groups/discard")
    async def discard_group(
        caller: Runs,
        group: GroupReason,
        reason: Reason,
        typed: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        """Give all of them up, once their number was typed in."""
        groups = {one["_id"]: one["count"] for one in await service.dead.groups()}
        if typed.strip() != str(groups.get(group, 0)):
            title = said("Type how many there are now to confirm.")
            raise Refused("confirmation-wrong", title, 422)
        await service.dead.discard_group(group, caller.subject, reason)
        return RedirectResponse(root, 303)

    @routes.post("/letters/{place}/discard")
    async def discard(
        caller: Runs,
        place: Place,
        reason: Reason,
        typed: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        """Give it up, once its place was typed in."""
        if typed.strip() != place:
            raise Refused("confirmation-wrong", "Type the place of the record to confirm.", 422)
        await service.dead.note(place, "discarded", caller.subject, reason)
        await service.dead.discard(place, caller.subject, reason)
        return RedirectResponse(f"{root}/letters/{place}", 303)

    return routes


def _header(name: str | bytes, value: bytes | None) -> tuple[str, str]:
    told = Header.of(name, value)
    return told.name, told.value.text if told.value else "–"
