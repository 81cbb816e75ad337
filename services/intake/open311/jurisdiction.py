"""Which municipality a call is about: `jurisdiction_id`, or the host that was called."""

from __future__ import annotations

from libs.runtime.service import Service
from libs.tenants import Tenant

from .arguments import Arguments
from .errors import fault, refused


def jurisdiction(service: Service, host: str | None, arguments: Arguments) -> Tenant:
    """The tenant, by its domain or its slug, whatever its state: what was told stays to be read.
    Refused: missing (400), unknown (404), another one than the host's (400).

    Raises TenantsBehind where the tenants are not known yet, so that nobody is told that there is
    no such municipality by a process that has just begun.
    """
    _ = service.tenants.jurisdictions
    told = arguments.one("jurisdiction_id")
    fixed = service.tenants.get(service.settings.hosts.get(host or "", ""))
    if told is None and fixed is None:
        raise refused(
            fault(400, "jurisdiction_id gerekli.", "jurisdiction_id is required."),
        )
    wanted = (told or "").lower()
    found = next(
        (one for one in service.tenants.all() if wanted in (one.domain, one.slug)),
        fixed if told is None else None,
    )
    if found is None:
        raise refused(
            fault(
                404,
                "Burada bu jurisdiction_id ile bir belediye yok.",
                "There is no municipality with this jurisdiction_id here.",
            )
        )
    if fixed is not None and found.slug != fixed.slug:
        raise refused(
            fault(
                400,
                f"Bu adres {fixed.jurisdiction_id} içindir; jurisdiction_id başka birini söylüyor.",
                f"This host is {fixed.jurisdiction_id}'s; jurisdiction_id names another.",
            )
        )
    return found
