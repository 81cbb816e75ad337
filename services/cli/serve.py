"""`sokak serve`: one service, or all of them and the development sign-in on one port."""

from __future__ import annotations

import gc
import os
import resource
import socket
from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from libs.runtime import log
from libs.runtime.settings import Settings, read
from libs.stack import addresses, outer_address
from libs.web import sse
from libs.web.bounded import bounded
from libs.web.identity.settings import IdentitySettings

from .together import together

SERVICES = ("intake", "routing", "crm", "reporting")

GC_THRESHOLDS = (50_000, 25, 50)
"""A batch makes many objects and no cycles, beside the tenants' coordinates, which are many and
stay: looked through rarely, they cost nothing. The usual (700, 10, 10) would do so all the time.
"""


class Name(StrEnum):
    """What can be served alone."""

    INTAKE = "intake"
    ROUTING = "routing"
    CRM = "crm"
    REPORTING = "reporting"
    IDENTITY = "identity"


def serve(
    service: Annotated[Name | None, typer.Argument(help="All of them where none is named.")] = None,
    host: Annotated[str, typer.Option(envvar="SOKAK_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SOKAK_PORT")] = 8000,
) -> None:
    """Serve until Ctrl-C or SIGTERM; what is in work is finished first."""
    os.environ.setdefault("SOKAK_ISSUER", f"http://127.0.0.1:{port}/identity")
    os.environ.setdefault("SOKAK_INSTANCE", f"{socket.gethostname()[:48]}-{port}")
    use_stack()
    settings = read(Settings)
    log.configure(settings.log_level)
    gc.set_threshold(*GC_THRESHOLDS)
    _take_connections()
    config = uvicorn.Config(
        application(service, settings),
        host=host,
        port=port,
        loop="uvloop",
        http=bounded(settings.head_seconds, settings.body_seconds, settings.answer_seconds),
        proxy_headers=False,  # whom to believe about addresses is a setting
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    _Server(config).run()


class _Server(uvicorn.Server):
    """Ends the streams first, which would not end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        sse.close_all()
        await super().shutdown(sockets)


def _take_connections() -> None:
    """As many as the system lets us: idle clients must not use up the usual 1,024 files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def use_stack() -> None:
    """Take the addresses of what `sokak up` started, where the environment has none.

    Nobody is asked whether he is there: a service starts without, and waits.
    """
    outer = outer_address()
    if outer and "SOKAK_KAFKA" not in os.environ:
        os.environ.setdefault("SOKAK_KAFKA_OUTER", outer)
    for server, address in addresses().items():
        os.environ.setdefault(f"SOKAK_{server.upper()}", address)


def application(service: Name | None, settings: Settings) -> ASGIApp:
    """The web application of one service, or of all together."""
    if service is Name.IDENTITY:
        return _identity()
    if service is not None:
        return build(service, settings)
    apps = {name: (build(name, settings), _paths(name)) for name in SERVICES}
    if settings.environment == "development":
        apps["identity"] = (_identity(), ())
    return together(apps)


def build(service: str, settings: Settings) -> FastAPI:
    """The web application of one service, the only one that is imported for it."""
    app: FastAPI = import_module(f"services.{service}.app").build(settings)
    return app


def _paths(service: str) -> tuple[str, ...]:
    from libs.web.app import WEB_PATHS

    own: tuple[str, ...] = import_module(f"services.{service}.app").PATHS
    return (*own, *WEB_PATHS) if service == "intake" else own


def _identity() -> FastAPI:
    from libs.web.identity import app

    return app.build(read(IdentitySettings))
