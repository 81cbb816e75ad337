"""Calling a running Sokak: where it is, and with which right."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import typer

from libs.web.identity.client import TokenRefused, fetch_token

ADDRESS = "http://127.0.0.1:8000"
RENEW_AFTER_S = 300.0
TIMEOUT_S = 60.0

Address = Annotated[str, typer.Option("--url", envvar="SOKAK_URL", help="Where Sokak answers.")]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="SOKAK_TOKEN",
        show_default=False,
        help="A bearer token with the right to do this; without it the development identity"
        " provider is asked for one of the platform's people.",
    ),
]


class CannotCall(Exception):
    """The call cannot be made or was refused; the text is for the person who asked."""


def bearer(url: str, token: str | None) -> Callable[[], dict[str, str]]:
    """Headers with a token: the one given, or the development provider's, renewed in time."""
    fetched: tuple[str, float] | None = None

    def headers() -> dict[str, str]:
        nonlocal fetched
        if token is not None:
            return {"Authorization": f"Bearer {token}"}
        if fetched is None or time.monotonic() - fetched[1] > RENEW_AFTER_S:
            try:
                fresh = asyncio.run(fetch_token(f"{url}/identity", platform=True))
            except TokenRefused as error:
                if fetched is None:
                    advice = "Give a token with --token or SOKAK_TOKEN."
                    raise CannotCall(f"{error}\n{advice}") from None
            else:
                fetched = (fresh, time.monotonic())
        assert fetched is not None
        return {"Authorization": f"Bearer {fetched[0]}"}

    return headers


def client(url: str, token: str | None) -> httpx.Client:
    """A client that shows the token; ends the command where there is none to be had."""
    try:
        headers = bearer(url, token)()
    except CannotCall as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S)


def answer(caller: httpx.Client, method: str, place: str, body: Any = None) -> Any:
    """The answer's JSON; a refusal or an unreachable server is told, and ends with status 1."""
    try:
        response = caller.request(method, place, json=body)
    except httpx.HTTPError as error:
        typer.echo(f"{caller.base_url} does not answer: {error}", err=True)
        raise typer.Exit(1) from None
    if response.is_success:
        return response.json()
    typer.echo(refusal(place, response), err=True)
    raise typer.Exit(1)


def refusal(place: str, response: httpx.Response) -> str:
    """Why a call was refused, with every fault on a line of its own."""
    try:
        problem = response.json()
    except ValueError:
        problem = {"title": f"HTTP {response.status_code}"}
    faults = problem.get("errors") or ()
    lines = [f"  {fault['field']}: {fault['message']}" for fault in faults]
    return "\n".join([f"{place}: {problem.get('title')}", *lines])


def of_tenant(
    method: str, place: str, tenant: str, url: str, token: str | None, body: Any = None
) -> Any:
    """Call an API about one tenant, and give what it answers."""
    with client(url, token) as caller:
        return answer(caller, method, f"{place}?tenant={tenant}", body)
