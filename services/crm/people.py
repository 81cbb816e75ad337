"""Who works in a tenant's console: tasks know people by their subject only, so names are kept."""

from __future__ import annotations

import time

from libs.runtime.service import Service
from libs.web.caller import Caller

from .store import PEOPLE

AGAIN_S = 600.0
MOST = 500


class People:
    """The names of those who have opened a tenant's console."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._met: dict[tuple[str, str, str], float] = {}

    async def meet(self, tenant: str, caller: Caller) -> None:
        """Remember a person; written down once in a while."""
        key = (tenant, caller.subject, caller.name)
        if time.monotonic() - self._met.get(key, -AGAIN_S) < AGAIN_S or not caller.roles(tenant):
            return
        await self._service.database[PEOPLE].update_one(
            {"_id": f"{tenant}/{caller.subject}"},
            {
                "$set": {
                    "tenant": tenant,
                    "subject": caller.subject,
                    "name": caller.name or caller.subject,
                    "works": bool(caller.roles(tenant) - {"auditor"}),
                    "seen_at": self._service.now(),
                }
            },
            upsert=True,
        )
        self._met[key] = time.monotonic()

    async def of(self, tenant: str) -> dict[str, str]:
        """The names of those who work there, by subject."""
        people = await self._service.scoped(tenant, PEOPLE).find({"works": True}, limit=MOST)
        return {one["subject"]: one["name"] for one in people}
