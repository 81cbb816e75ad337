"""Who may look at and change a tenant: the people of the one that the path names."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from typing import Annotated

from fastapi import Depends, Path, Request

from libs.events.common import Slug
from libs.web.access import Access, Bearer, Platform, Staff
from libs.web.caller import Caller


class StaffOfTenant(Staff):
    """People of the tenant that the path names."""

    async def __call__(  # type: ignore[override]
        self, request: Request, bearer: Bearer, slug: Annotated[Slug, Path()]
    ) -> Access:
        return await super().__call__(request, bearer, slug)


Reader = Annotated[Access, Depends(StaffOfTenant("admin", "auditor"))]
Admin = Annotated[Access, Depends(StaffOfTenant("admin"))]
Runs = Annotated[Caller, Depends(Platform())]
