"""What the figures are held against: the same work with the part that is measured left out.

`python -m tests.bench.yardsticks bare|insert PORT` serves intake's own application, checks and
answers, without a store, or with one plain `insert_one` for each request.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from libs.runtime import log
from libs.runtime.clock import now
from libs.runtime.commands import Once
from libs.runtime.rule import Command, Context
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.web.app import pages_of, service_app
from services.cli.serve import GC_THRESHOLDS
from services.intake import api
from services.intake import app as intake
from services.intake.app import PARTS
from services.intake.desk import Desk, Secrets
from services.intake.followup import Counter
from services.intake.site import Site


class WithoutStore(Service):
    """Decides every command on nothing, and keeps nothing. Tenants are read as ever."""

    async def execute(self, command: Command, once: Once | None = None) -> Any:
        """The answer of the rule."""
        context = Context(command.target, now(), self.tenants.get(command.tenant))
        return command.decide(None, context).answer


class OneInsert(WithoutStore):
    """As plain as a store can be used: one durable insert for each request."""

    async def execute(self, command: Command, once: Once | None = None) -> Any:
        """The answer of the rule, after its state is stored."""
        context = Context(command.target, now(), self.tenants.get(command.tenant))
        change = command.decide(None, context)
        document = self.parts.aggregates[0].adapter.dump_python(change.state)
        await self.database["plain"].insert_one({"_id": command.target, **document})
        return change.answer


KINDS: dict[str, type[Service]] = {"bare": WithoutStore, "insert": OneInsert}


def build(kind: str) -> FastAPI:
    """intake's application over another service."""
    settings = Settings()
    service = KINDS[kind](replace(PARTS, group=f"bench-{kind}"), settings)
    pages = pages_of(PARTS.name, settings, Path(intake.__file__).parent)
    secrets = Secrets(settings.secret.encode())
    counter = Counter(service, Site(service, pages), secrets)
    routes = api.router(service, Desk(service, secrets), counter)
    return service_app(service, settings, (routes,), pages=pages)


if __name__ == "__main__":
    log.configure("INFO")
    gc.set_threshold(*GC_THRESHOLDS)  # as `sokak serve` does
    uvicorn.run(
        build(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
    )
