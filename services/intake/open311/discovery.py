"""Where this server answers, in which formats, and when something of it last changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from libs.runtime.service import Service
from libs.tenants import Tenant
from libs.web.language import Code

from .errors import PREFIX
from .formats import MEDIA_TYPES, when

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""Of a tenant whose time of publication was not kept."""

CONTACT = {
    "tr": "Belediyenin yöneticileri veya bu sunucuyu işletenler: {base}/help",
    "en": "The municipality's administrators, or those who run this server: {base}/help",
}
KEY_SERVICE = {
    "tr": "Anahtarı belediyenin yöneticisi verir: sokak integrator add, /api/integrators.",
    "en": "Keys are given by the municipality's administrator: sokak integrator add,"
    " /api/integrators.",
}


def discovery(service: Service, base: str, tenant: Tenant | None, language: Code) -> dict[str, Any]:
    """Of one jurisdiction, or of all that answer here."""
    changed = changeset(service, tenant)
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{base}{PREFIX}",
        "changeset": changed,
        "type": "production" if service.settings.environment == "production" else "test",
        "formats": list(MEDIA_TYPES.values()),
    }
    return {
        "changeset": changed,
        "contact": CONTACT[language].format(base=base),
        "key_service": KEY_SERVICE[language],
        "endpoints": [endpoint],
    }


def changeset(service: Service, tenant: Tenant | None) -> str:
    """When the tenant, and so any of its services, was last published; of all of them when the
    last one was published or removed, so that it never goes back.
    """
    tenants = service.tenants
    newest = tenants.published_at(tenant.slug) if tenant else tenants.changed_at
    told = when(newest or BEGINNING)
    assert told is not None
    return told
