"""The page of one request: what became of it, and what its citizen says to that."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from libs.runtime.rule import Refused
from libs.tenants import Tenant, WorkingTime
from libs.text import said
from libs.web.caller import Caller
from libs.web.pages import partial

from . import later, queries
from . import request as rules
from .asked import ToAmend, ToAnswer, ToJudge, ToReopen, ToWithdraw
from .disclosed import for_outsiders, is_told, shown_photos, shown_words
from .flow import Fault, fault
from .followup import Anyone, Counter, Number
from .queries import find_request
from .request import Request as State
from .shown import row
from .site import FOLLOWED, Site
from .standing import is_late, is_paused, standing_of
from .steps import answers_of, steps_of
from .tracking import shown

T = TypeVar("T", bound=BaseModel)
Action = Callable[[Request, Caller | None, str, State, dict[str, str]], Awaitable[None]]


def router(site: Site, counter: Counter) -> APIRouter:
    """The pages under `/requests/<number>`."""
    routes = APIRouter(prefix="/requests", include_in_schema=False)
    sessions = site.pages.sessions

    @routes.post("/look-up")
    async def look_up(request: Request, caller: Anyone) -> Response:
        """Open a request by its number and secret; the browser then keeps that it may."""
        if caller is None:
            await sessions.check_form(request)
        told = await _told(request)
        id, state = await find_request(site.service, told.get("number", ""))
        if not counter.secrets.shows(told.get("secret", "").strip().lower(), id):
            raise Refused("secret-wrong", "Number and secret do not belong together.", 403)
        there = RedirectResponse(f"/requests/{shown(state.tracking_number)}", 303)
        site.remember(request, there, id)
        return there

    async def page(
        request: Request,
        caller: Caller | None,
        id: str,
        state: State,
        told: dict[str, str] | None = None,
        faults: Sequence[Fault] = (),
    ) -> Response:
        own = site.is_own(request, caller, id, state)
        counts = await counter.counts(request, caller, id, state)
        [(_, state)] = await queries.counted(site.service, [(id, state)])
        now, tenant = site.service.now(), site.service.tenants.get(state.tenant)
        shown_to_all = not state.hidden and is_told(state, tenant)
        state = state if own else for_outsiders(state, tenant)
        return site.render(
            request,
            "request.html",
            block="standing" if partial(request) else None,
            tenant=tenant,
            row=row(state, tenant, now, own=own),
            state=state,
            own=own,
            words=shown_words(state, tenant),
            pictures=shown_photos(state, tenant),
            public=shown_to_all,
            status=422 if faults else 200,
            told=told or {"text": state.text, "address": state.address or ""},
            errors=faults,
            standing=standing_of(state, now, own=own),
            promise=promise_of(state, now),
            promised=own or tenant is None or tenant.publication.due_at,
            days_left=days_left(state, tenant, now),
            steps=steps_of(state, own=own),
            answers=answers_of(state) if own else [],
            most_photos=later.MOST_ATTACHMENTS,
            asked=own and later.is_asked(state),
            answered=own and later.is_answered(state),
            to_judge=own and later.is_to_judge(state),
            followed=counts,
            joined=shown(state.progress.joined_to) if state.progress.joined_to else None,
            claimable=own and state.citizen is None and bool(caller and caller.citizen),
        )

    @routes.get("/{number}")
    async def one(number: Number, request: Request, caller: Anyone) -> Response:
        """All of it for its citizen, what anybody may know for others."""
        id, state = await find_request(site.service, number)
        return await page(request, caller, id, state)

    @routes.post("/{number}/amend")
    async def amend(number: Number, request: Request, caller: Anyone) -> Response:
        """Correct the words and the address; or say on the same form what is wrong with them."""
        if caller is None:
            await sessions.check_form(request)
        told = await _told(request)
        id, state = await counter.own(request, caller, number)
        words, address = _text(told), told.get("address", "").strip()
        try:
            asked = ToAmend(text=words or "", address=address or None)
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors()}
            say = site.language(request).text
            faults = [fault(name, say) for name in ("text", "address") if name in wrong]
            return await page(request, caller, id, state, told, faults)
        await counter.decide(id, state, rules.amend, text=asked.text, address=asked.address or "")
        return RedirectResponse(f"/requests/{shown(state.tracking_number)}", 303)

    def add(name: str, act: Action) -> None:
        @routes.post(f"/{{number}}/{name}", name=name)
        async def acted(number: Number, request: Request, caller: Anyone) -> Response:
            if caller is None:
                await sessions.check_form(request)
            told = await _told(request)
            id, state = await counter.own(request, caller, number)
            await act(request, caller, id, state, told)
            return RedirectResponse(f"/requests/{shown(state.tracking_number)}", 303)

    async def answer(r: Request, c: Caller | None, id: str, state: State, told: Any) -> None:
        words = _valid(ToAnswer, text=told.get("text")).text
        await counter.decide(id, state, later.answer, words=words)

    async def feedback(r: Request, c: Caller | None, id: str, state: State, told: Any) -> None:
        rating = told.get("rating", "")
        asked = _valid(
            ToJudge, rating=int(rating) if rating in "12345" and rating else 0, text=_text(told)
        )
        await counter.decide(id, state, later.give_feedback, rating=asked.rating, words=asked.text)

    async def reopen(r: Request, c: Caller | None, id: str, state: State, told: Any) -> None:
        asked = _valid(ToReopen, reason=told.get("reason", "not_solved"), text=_text(told))
        await counter.decide(
            id, state, later.request_reopening, reason=asked.reason, words=asked.text
        )

    async def withdraw(r: Request, c: Caller | None, id: str, state: State, told: Any) -> None:
        reason = _valid(ToWithdraw, reason=told.get("reason", "other")).reason
        await counter.decide(id, state, rules.withdraw, reason=reason)

    async def claim(r: Request, c: Caller | None, id: str, state: State, told: Any) -> None:
        await counter.claim(c, id, state)

    for name, act in (
        ("answer", answer),
        ("feedback", feedback),
        ("reopen", reopen),
        ("withdraw", withdraw),
        ("claim", claim),
    ):
        add(name, act)

    @routes.post("/{number}/support")
    async def support(number: Number, request: Request, caller: Anyone) -> Response:
        """Add a voice to somebody else's."""
        if caller is None:
            await sessions.check_form(request)
        id, state = await counter.support(request, caller, number)
        there = RedirectResponse(f"/requests/{shown(state.tracking_number)}", 303)
        site.remember(request, there, id, FOLLOWED)
        return there

    return routes


def promise_of(state: State, now: datetime) -> dict[str, Any]:
    """The promised day against now: what is said, and how far along the line it is."""
    progress = state.progress
    opened = state.history.opened_at if state.history else state.submitted_at
    end = progress.closed_at or now
    due = progress.due_at
    share = 0.0
    if due is not None and due > opened:
        share = min(1.0, max(0.0, (end - opened) / (due - opened)))
    zone = ZoneInfo(state.time_zone)
    days = None
    if due is not None and progress.closed_at is not None:
        days = (due.astimezone(zone).date() - end.astimezone(zone).date()).days
    return {
        "opened": opened,
        "due": due,
        "end": end,
        "closed": progress.closed_at is not None,
        "done": progress.status == "resolved" and not state.withdrawn,
        "days": days,
        "late": is_late(state, now),
        "paused": is_paused(state),
        "at": round(100 * share),
    }


def days_left(state: State, tenant: Tenant | None, now: datetime) -> int | None:
    """Working days until the promised one, while something is promised and the clock runs."""
    due = state.progress.due_at
    if tenant is None or due is None or due < now or state.closed or is_paused(state):
        return None
    return WorkingTime(tenant).days_between(now, due)


async def _told(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def _text(told: dict[str, str]) -> str | None:
    return told.get("text", "").replace("\r\n", "\n").strip() or None


def _valid(kind: type[T], **told: Any) -> T:
    try:
        return kind.model_validate(told)
    except ValidationError:
        title = said("Some fields are not valid.")
        raise Refused("invalid", title, 422) from None
