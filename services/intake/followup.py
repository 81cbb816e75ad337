"""HTTP: what citizens do about a request after it was sent, and who else wants the same."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from libs.events import Names, Point
from libs.runtime.clock import new_id
from libs.runtime.live import Live
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.web.access import Public
from libs.web.caller import Caller
from libs.web.limits import address_of
from libs.web.openapi import responses
from libs.web.sse import Streams, stream

from . import later, queries
from .alike import ENOUGH, WITHIN_M, YOUNGER, Told, likeness
from .answers import OwnRequest, whole
from .asked import ToAnswer, ToCompare, ToJudge, ToReopen
from .desk import Secrets
from .disclosed import category_of
from .queries import Found, find_request
from .request import Request as State
from .site import FOLLOWED, Site
from .tracking import shown

MOST_ALIKE = 5
MOST_COMPARED = 200

Anyone = Annotated[Caller | None, Depends(Public())]
Secret = Annotated[
    str | None,
    Header(
        alias="Sokak-Secret",
        description="The secret that was given at submission.",
        max_length=64,
    ),
]
Number = Annotated[
    str,
    Path(
        description="The tracking number, with or without dashes.",
        examples=["7F3K-9QHX-M"],
        max_length=32,
    ),
]


def signed_in(caller: Caller | None) -> str:
    """The subject of a citizen who has signed in. Refused (401) for anybody else."""
    if caller is None or not caller.citizen:
        raise Refused("token-missing", "Sign in first.", 401, people="citizens")
    return caller.subject


class Voices(BaseModel):
    """How many others want it too."""

    voices: int


class Alike(BaseModel):
    """A request that may be about the same thing, as anybody may know it."""

    tracking_number: str
    category: Names | None
    neighbourhood: str | None
    metres: int
    voices: int
    likeness: float


class Counter:
    """Where citizens come back with something."""

    def __init__(self, service: Service, site: Site, secrets: Secrets) -> None:
        self.service = service
        self.site = site
        self.secrets = secrets

    async def own(
        self, request: Request, caller: Caller | None, number: str, secret: str | None = None
    ) -> tuple[str, State]:
        """The request of this number, if it is his who asks. Refused (403, 404)."""
        id, state = await find_request(self.service, number)
        if not (self.site.is_own(request, caller, id, state) or self.secrets.shows(secret, id)):
            raise Refused("request-not-yours", "This needs the request's secret.", 403)
        return id, state

    async def decide(self, id: str, state: State, rule: Callable[..., Any], **told: Any) -> State:
        """Carry out one rule; the request as it then is."""
        command = Command(new_id(), id, state.tenant, partial(rule, **told))
        changed: State | None = (await self.service.change(command)).state
        assert changed is not None
        return changed

    async def support(self, request: Request, caller: Caller | None, number: str) -> Found:
        """Add a voice: one for each citizen, or browser of somebody who has not signed in."""
        id, state = await find_request(self.service, number)
        who = caller.subject if caller else self.site.pages.sessions.browser(request)
        if who is None:
            raise Refused("voice-of-nobody", "Sign in, or let your browser keep cookies.", 403)
        if self.site.is_own(request, caller, id, state):
            raise Refused("request-yours", "This is your own request.", 409)
        if await self.counts(request, caller, id, state):
            return id, state
        by = self.secrets.supporter_ref(who, id)
        return id, await self.decide(id, state, later.support, by=by)

    async def counts(self, request: Request, caller: Caller | None, id: str, state: State) -> bool:
        """Whether he who asks has a voice here: by this one, or by one that was merged into it."""
        who = caller.subject if caller else self.site.pages.sessions.browser(request)
        followed = self.site.known(request, FOLLOWED)

        def voice(id: str, one: State) -> bool:
            by = self.secrets.supporter_ref(who, id) if who else None
            return id in followed or by in one.supporters

        return voice(id, state) or any(
            voice(other, one) or self.site.is_own(request, caller, other, one)
            for other, one in await queries.joined_to(self.service, [(id, state)])
        )

    async def claim(self, caller: Caller | None, id: str, state: State) -> State:
        """Put a guest's request into the account of its sender."""
        citizen = signed_in(caller)
        ref = self.secrets.citizen_ref(citizen, state.tenant)
        told = {"citizen": citizen, "citizen_ref": ref}
        return await self.decide(id, state, later.claim, **told)

    async def alike(self, point: Point, told: Told) -> list[tuple[float, float, State]]:
        """Open requests that may be about the same: likeness, metres and each; best first."""
        since = self.service.now() - YOUNGER
        found = await queries.near(
            self.service, point, WITHIN_M, since, limit=MOST_COMPARED, words=True
        )
        compared = []
        for metres, _, one in found:
            category = category_of(one)
            other = Told(one.text, category.code if category else None)
            score = likeness(told, other, metres)
            if not one.closed and score >= ENOUGH:
                compared.append((score, metres, one))
        return sorted(compared, key=lambda one: -one[0])[:MOST_ALIKE]


def router(counter: Counter, live: Live, streams: Streams) -> APIRouter:
    """Further routes of `/api/requests`; `streams` is the room for those who have not signed in."""
    routes = APIRouter(prefix="/api/requests", tags=["requests"])
    sessions = counter.site.pages.sessions

    @routes.post("/near")
    async def near(asked: ToCompare, caller: Anyone) -> list[Alike]:
        """Open requests near a point that may be about the same. Nothing is stored.

        The words come in the body, as an address is written into logs.
        """
        told = Told(asked.text, asked.category)
        return [_alike(*one) for one in await counter.alike(asked.point, told)]

    @routes.post("/{number}/support", responses=responses(403, 404, 409))
    async def support(
        number: Number, request: Request, response: Response, caller: Anyone
    ) -> Voices:
        """Say that one wants it too, once each; then one follows it."""
        if caller is None:
            await sessions.check_form(request)
        id, state = await counter.support(request, caller, number)
        if sessions.browser(request):
            counter.site.remember(request, response, id, FOLLOWED)
        [(_, state)] = await queries.counted(counter.service, [(id, state)])
        return Voices(voices=state.voices)

    @routes.post("/{number}/feedback", responses=responses(403, 404, 409))
    async def feedback(
        number: Number, asked: ToJudge, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest:
        """Say how content one is with what was done, 1 to 5; a later word replaces it."""
        id, state = await counter.own(request, caller, number, secret)
        told = {"rating": asked.rating, "words": asked.text}
        return whole(await counter.decide(id, state, later.give_feedback, **told))

    @routes.post("/{number}/reopen", responses=responses(403, 404, 409))
    async def reopen(
        number: Number, asked: ToReopen, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest:
        """Say that a closed request is not solved; the municipality decides."""
        id, state = await counter.own(request, caller, number, secret)
        told = {"reason": asked.reason, "words": asked.text}
        return whole(await counter.decide(id, state, later.request_reopening, **told))

    @routes.post("/{number}/answer", responses=responses(403, 404, 409))
    async def answer(
        number: Number, asked: ToAnswer, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest:
        """Answer what the municipality has asked."""
        id, state = await counter.own(request, caller, number, secret)
        return whole(await counter.decide(id, state, later.answer, words=asked.text))

    @routes.post("/{number}/claim", responses=responses(401, 403, 404, 409))
    async def claim(
        number: Number, request: Request, caller: Anyone, secret: Secret = None
    ) -> OwnRequest:
        """Put a guest's request, whose secret one has, into one's own account."""
        id, state = await counter.own(request, caller, number, secret)
        return whole(await counter.claim(caller, id, state))

    @routes.get(
        "/{number}/stream",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}}, **responses(403, 404)},
    )
    async def changes(
        number: Number, request: Request, caller: Anyone, secret: Secret = None
    ) -> Response:
        """An event `changed` whenever the municipality has done something about it."""
        id, _ = await counter.own(request, caller, number, secret)
        room = None if caller else streams.room(address_of(request))
        return await stream(live, key=id, room=room)

    return routes


def _alike(likeness: float, metres: float, state: State) -> Alike:
    category = category_of(state)
    return Alike(
        tracking_number=shown(state.tracking_number),
        category=category.names if category else None,
        neighbourhood=state.neighbourhood.name if state.neighbourhood else None,
        metres=round(metres / 10) * 10,
        voices=state.voices,
        likeness=round(likeness, 2),
    )
