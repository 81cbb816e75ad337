"""Publishing a tenant: from a document, from its draft, from an older version of it."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeVar

from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from libs.runtime.clock import new_id
from libs.runtime.commands import Taken
from libs.runtime.rule import Claim, Command, Refused
from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.web.access import Access

from . import queries
from .store import TENANT_HISTORY, TENANTS
from .tenant import answer, content_of, digest_of, publish, remove

ATTEMPTS = 5

T = TypeVar("T")


async def checked(document: dict[str, Any]) -> Tenant:
    """The tenant in a body, with every fault of it told; its areas take a while to check."""
    try:
        return await run_in_threadpool(Tenant.checked, document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        ) from None


async def published(service: Service, access: Access, tenant: Tenant) -> dict[str, Any]:
    """Publish under the next number; somebody else's publication meanwhile means look again."""
    scope = service.scoped(access.tenant, TENANTS.collection)
    content = content_of(tenant)
    digest = digest_of(content)
    for _ in range(ATTEMPTS):
        stored, number, current = await queries.standing(scope)
        if current == digest:
            return answer(access.tenant, number, changed=False)
        shelved = {
            "tenant": access.tenant,
            "number": number + 1,
            "document": content | {"version": number + 1},
        }
        command = Command(
            id=new_id(),
            target=access.tenant,
            tenant=access.tenant,
            decide=partial(
                publish,
                tenant=tenant,
                by=access.caller.subject,
                platform=access.caller.platform,
            ),
            expects=stored,
            aggregate=TENANTS.collection,
            claims=(Claim(TENANT_HISTORY, queries.shelf_id(access.tenant, number + 1), shelved),),
        )
        try:
            return dict(await service.execute(command))
        except Taken:
            continue
        except Refused as refused:
            if refused.slug != "conflict":
                raise
    raise Refused("conflict", "Others are changing this tenant; please try again.", 409)


async def removed(service: Service, access: Access) -> dict[str, Any]:
    """Take a tenant that has left out of everybody's tables, by a tombstone."""
    command = Command(
        id=new_id(),
        target=access.tenant,
        tenant=access.tenant,
        decide=partial(remove, by=access.caller.subject, platform=access.caller.platform),
        aggregate=TENANTS.collection,
    )
    return dict(await service.execute(command))


def found_or_refused(found: T | None) -> T:
    """What was found; refused (404) where there is none."""
    if found is None:
        raise Refused("tenant-unknown", "There is no such tenant, or no such version of it.", 404)
    return found
