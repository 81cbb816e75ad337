"""One public state as a row, a feature or an item of a feed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from libs.events import ServiceRequestChanged
from libs.tenants import Tenant
from libs.text import dashed
from libs.text.meanings import WORDS
from libs.web.bulk import when
from libs.web.language import Code, Language
from libs.web.pages import link
from libs.web.rss import Item, written

from .entries import Told
from .public import changed


def row(told: Told, tenant: Tenant, language: Code) -> dict[str, object]:
    """In the columns of `libs.web.bulk`; of a closed one the time of closing is the last."""
    state = changed(told.public, tenant.slug)
    category = state.category or tenant.category(tenant.unsorted_category)
    return {
        "service_request_id": dashed(state.tracking_number),
        "requested_datetime": when(state.opened_at),
        "updated_datetime": when(state.closed_at or state.updated_at),
        "closed_date": when(state.closed_at),
        "status_description": state.status_detail,
        "status_notes": getattr(WORDS[state.status_detail], language),
        "source": state.channel,
        "service_name": category and getattr(category.names, language),
        "agency_responsible": state.department and getattr(state.department.names, language),
        "address": state.neighbourhood and state.neighbourhood.name,
        "lat": state.point and state.point.lat,
        "long": state.point and state.point.lon,
    }


def feature(told: Told, tenant: Tenant) -> bytes:
    """RFC 7946; the properties are the event's data, with the number of the change."""
    state = changed(told.public, tenant.slug)
    data: dict[str, Any] = state.model_dump(mode="json", exclude_none=True)
    point = data.pop("point", None)
    geometry = point and {"type": "Point", "coordinates": [point["lon"], point["lat"]]}
    properties = {"sequence": told.number, **data}
    told_as = {"type": "Feature", "id": told.id, "geometry": geometry, "properties": properties}
    return json.dumps(told_as, ensure_ascii=False, separators=(",", ":")).encode()


def rss(found: Sequence[Told], tenant: Tenant, language: Language, base: str) -> bytes:
    """The newest as a feed."""
    states = [changed(told.public, tenant.slug) for told in found]
    return written(
        f"{language.text('Requests')} · {language.of(tenant.names)}",
        base + link("/requests", tenant=tenant.slug),
        language.text("Of the last 30 days, without names and words."),
        language.code,
        (
            Item(
                " · ".join(part for part in _title(state, language) if part),
                f"{base}/requests/{dashed(state.tracking_number)}",
                state.opened_at,
            )
            for state in states
        ),
    )


def _title(state: ServiceRequestChanged, language: Language) -> tuple[str, str, str]:
    names = state.category.names if state.category else None
    what = language.of(names) or language.text("Not sorted yet")
    where = state.neighbourhood.name if state.neighbourhood else ""
    return what, where, language.of(WORDS[state.status_detail])
