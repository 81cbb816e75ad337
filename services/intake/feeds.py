"""The public list for machines, at the same filters: RSS 2.0 and GeoJSON (RFC 7946).

They tell what the list tells, so no words, no names and no place nearer than a hundred metres.
"""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from libs.runtime.rule import Refused
from libs.tenants import Tenant
from libs.web import rss
from libs.web.access import Open
from libs.web.etag import marked
from libs.web.language import Language
from libs.web.pages import link

from . import queries
from .queries import Filter
from .shown import Row, rows
from .site import Narrowed, Site

MOST = 200


def router(site: Site) -> APIRouter:
    """`/requests/feed.rss` and `/requests/feed.geojson`."""
    routes = APIRouter(prefix="/requests", include_in_schema=False, dependencies=[Depends(Open())])

    async def answer(
        request: Request, filter: Filter, media_type: str, written: Callable[..., bytes]
    ) -> Response:
        tenant = site.tenant(request)
        if tenant is None:
            raise Refused("tenant-unknown", "Say whose with ?tenant=.", 404)
        found = await queries.recent(site.service, tenant, filter, limit=MOST)
        language = site.language(request)
        base = (site.service.settings.public_url or str(request.base_url)).rstrip("/")
        body = written(rows(found, tenant, site.service.now()), tenant, language, base)
        headers = {"Cache-Control": "no-cache", "Vary": "Cookie"}
        return marked(request, body, media_type, headers)

    @routes.get("/feed.rss")
    async def newest(request: Request, filter: Narrowed) -> Response:
        """The newest of the last 30 days, for a feed reader."""
        return await answer(request, filter, rss.MEDIA_TYPE, written_rss)

    @routes.get("/feed.geojson")
    async def geojson(request: Request, filter: Narrowed) -> Response:
        """The same as points, for a map."""
        return await answer(request, filter, "application/geo+json", written_geojson)

    return routes


def written_rss(found: list[Row], tenant: Tenant, language: Language, base: str) -> bytes:
    """The list as a feed."""
    return rss.written(
        f"{language.text('Requests around here')} · {language.of(tenant.names)}",
        base + link("/requests", tenant=tenant.slug),
        language.text("Of the last 30 days, without names and words."),
        language.code,
        (
            rss.Item(
                " · ".join(part for part in _named(row, language) if part),
                f"{base}/requests/{row.number}",
                row.submitted_at,
                _title(row, language),
            )
            for row in found
        ),
    )


def written_geojson(found: list[Row], tenant: Tenant, language: Language, base: str) -> bytes:
    """A FeatureCollection; times are RFC 3339, `status` is one of seven signs."""
    features = [_feature(row, language, base) for row in found]
    collection = {"type": "FeatureCollection", "tenant": tenant.slug, "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _feature(row: Row, language: Language, base: str) -> dict[str, Any]:
    lat, lon = row.at
    times = {"submitted_at": row.submitted_at, "due_at": row.due_at, "closed_at": row.closed_at}
    return {
        "type": "Feature",
        "id": row.number,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "url": f"{base}/requests/{row.number}",
            "category": _title(row, language),
            "status": row.standing.sign,
            "status_text": language.text(row.standing.word),
            "neighbourhood": row.neighbourhood,
            "voices": row.voices,
            **{name: time and time.isoformat() for name, time in times.items()},
        },
    }


def _title(row: Row, language: Language) -> str:
    return language.of(row.title) or language.text("Not sorted yet")


def _named(row: Row, language: Language) -> tuple[str | None, ...]:
    return _title(row, language), row.neighbourhood, language.text(row.standing.word)
