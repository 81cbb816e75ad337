"""The pages of signing in and out, under `/sign-in` and `/sign-out`; `/session` for how long."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from libs.runtime.rule import Refused

from .access import Open
from .pages import Pages, partial
from .providers import Providers
from .session import Sessions, Stay

STEP = "sokak_sign_in"
STEP_S = 600

Next = Annotated[str, Query(max_length=2000)]


def router(
    pages: Pages, sessions: Sessions, providers: Providers, public_url: str | None = None
) -> APIRouter:
    """The routes; the same in every service, so that a proxy may send them to any.

    `public_url` is where browsers find them, if it is not where they are asked.
    """
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

    @routes.get("/sign-in")
    async def choose(
        request: Request,
        next: Next = "/",
        people: Annotated[Literal["citizens", "staff"], Query(alias="for")] = "citizens",
    ) -> Response:
        return pages.render(
            request,
            "sign_in.html",
            next=inside(next),
            people=people,
            providers=providers.of(people),
        )

    @routes.get("/sign-in/back")
    async def back(request: Request) -> Response:
        remembered = sessions.passed(request, STEP)
        if remembered is None or "code" not in request.query_params:
            return RedirectResponse("/sign-in", 303)
        claims = await providers.finish(remembered, dict(request.query_params))
        response = RedirectResponse(inside(str(remembered["next"])), 303)
        sessions.start(response, claims)
        response.delete_cookie(STEP, path="/")
        return response

    @routes.get("/sign-in/{provider}")
    async def start(request: Request, provider: str, next: Next = "/") -> Response:
        base = public_url or str(request.base_url)
        begun = await providers.start(provider, f"{base.rstrip('/')}/sign-in/back")
        response = RedirectResponse(begun.address, 303)
        kept: dict[str, Any] = {**begun.remembered, "next": inside(next)}
        sessions.passing(response, STEP, kept, STEP_S)
        return response

    @routes.post("/sign-out")
    async def leave(request: Request) -> Response:
        await sessions.check_form(request)
        response = RedirectResponse("/", 303)
        sessions.end(response)
        return response

    @routes.get("/session")
    async def stays(request: Request, response: Response) -> Stay:
        response.headers["Cache-Control"] = "no-store"
        return sessions.stay(sessions.claims(request))

    @routes.post("/session")
    async def stay(request: Request, response: Response) -> Stay:
        await sessions.check_form(request)
        return sessions.extend(request, response)

    return routes


def inside(address: str) -> str:
    """The address if it is a path of ours, else the start: nobody is sent elsewhere by a link."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and address.isprintable() and "\\" not in address else "/"


def required(request: Request, refused: Refused) -> Response | None:
    """Where to sign in for a page that only certain people may see."""
    if refused.status != 401 or request.method != "GET" or partial(request):
        return None
    people = "citizens" if refused.more.get("people") == "citizens" else "staff"
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(
        f"/sign-in?for={people}&next={quote(request.url.path + query, safe='')}", 303
    )
