"""The step for the boundary: from a file or a list, repaired before one's eyes, then taken."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import shapely
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from shapely.geometry import mapping, shape
from starlette.datastructures import FormData

from libs.tenants import Tenant
from libs.tenants.areas import Overlap, overlaps, square_km, without
from libs.tenants.geometry import area_of
from libs.tenants.outlines import NoOutline
from libs.tenants.projections import PROJECTIONS
from libs.tenants.repair import TURKEY, Box, Landing, Repaired, landings, repair

from ..mended import FOUND, REFUSED, WHY
from ..rights import Admin
from ..steps import BY_CODE
from .districts import districts, outline_of
from .frame import Frame, Read, View, Wrong, texts, uploaded

MOST_SHOWN = 1_500
"""Points of the former outline that are drawn beside the new one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A boundary that is looked at before it is taken."""

    repaired: Repaired
    attribution: str
    overlaps: tuple[Overlap, ...]
    source: str


class Boundary:
    """The area whose requests the tenant receives."""

    code = "boundary"

    def told(self, view: View) -> Mapping[str, Any]:
        """The area that is in the document."""
        return {"attribution": view.document.get("attribution") or ""}

    async def read(self, view: View, form: FormData) -> Read:
        """The area that was looked at, with whom to name for it."""
        told = texts(form)
        fields: dict[str, Any] = {"attribution": told.get("attribution") or None}
        if told.get("area"):
            try:
                fields["jurisdiction"] = json.loads(told["area"])
            except ValueError:
                why = REFUSED["unreadable"]
                return Read(told, {}, (Wrong("file", view.language.text(why)),))
        return Read(told, fields)

    async def more(self, view: View) -> Mapping[str, Any]:
        """The districts to choose from, and the map of what is there."""
        return await run_in_threadpool(self._more, view)

    def _more(self, view: View) -> Mapping[str, Any]:
        area = view.document.get("jurisdiction")
        found = _overlaps(view, area) if area else ()
        return {
            "districts": districts(),
            "km2": square_km(area_of(area)) if area else None,
            "overlaps": found,
            "candidate": None,
            "landings": (),
            "projections": [(one.epsg, one.name) for one in PROJECTIONS.values()],
            "features": _features(view, area, None, found) if area else None,
        }


BOUNDARY = Boundary()


def router(frame: Frame) -> APIRouter:
    """Looking at a boundary before it is taken."""
    routes = APIRouter(prefix="/admin/{slug}/boundary", include_in_schema=False)

    @routes.post("/preview")
    async def preview(request: Request, access: Admin) -> Response:
        """What becomes of a file or a district; nothing is stored."""
        view, form = await frame.view(request, access), await request.form()
        told = {**BOUNDARY.told(view), **texts(form)}
        content = await uploaded(form)
        try:
            found = await run_in_threadpool(_looked_at, view, told, content)
        except NoOutline as refused:
            wrong = Wrong("file", view.language.text(REFUSED[refused.slug], **refused.words))
            places = await run_in_threadpool(_landings, view, content, refused)
            more = {**await BOUNDARY.more(view), "landings": places}
            return frame.step_page(view, BOUNDARY, BY_CODE["boundary"], told, more, (wrong,))
        more = {
            **await BOUNDARY.more(view),
            "candidate": found,
            "overlaps": found.overlaps,
            "found": [_said(view, one.slug, one.words) for one in found.repaired.findings],
            "features": _features(
                view, found.repaired.after, found.repaired.before, found.overlaps
            ),
        }
        return frame.step_page(view, BOUNDARY, BY_CODE["boundary"], told, more)

    return routes


def _looked_at(view: View, told: Mapping[str, str], content: bytes) -> Candidate:
    named = told.get("epsg", "")
    epsg = int(named) if named.isdecimal() and len(named) < 8 else None
    attribution, source = told.get("attribution", ""), ""
    document: Any
    if told.get("district") and not content:
        district = outline_of(told["district"])
        if district is None:
            raise NoOutline("no_area")
        its, document, attribution = district
        source = f"{its.name}, {its.province}"
    elif told.get("area") and not content:
        document = _json(told["area"].encode())
    elif content:
        document = _json(content)
    else:
        raise NoOutline("empty")
    repaired = repair(document, home_of(str(view.document.get("time_zone") or "")), epsg)
    if told.get("cut"):
        theirs = [one.tenant for one in _overlaps(view, repaired.after) if not one.expected]
        left = without(area_of(repaired.after), theirs)  # type: ignore[arg-type]
        repaired = repair(json.loads(json.dumps(mapping(left))))
    return Candidate(repaired, attribution, _overlaps(view, repaired.after), source)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise NoOutline("not_json") from None


def _landings(view: View, content: bytes, refused: NoOutline) -> list[Landing]:
    if refused.slug != "metres":
        return []
    return landings(_json(content), home_of(str(view.document.get("time_zone") or "")))


def home_of(zone: str) -> Box:
    """Where a boundary must about lie: in Türkiye, else around the time zone's meridian."""
    if zone in ("", "Europe/Istanbul"):
        return TURKEY
    try:
        offset = datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return TURKEY
    assert offset is not None
    meridian = offset.total_seconds() / 240
    return (meridian - 40, -75.0, meridian + 40, 75.0)


def _overlaps(view: View, area: Any) -> tuple[Overlap, ...]:
    document = view.document
    found = overlaps(
        area_of(area),
        view.service.tenants.all(),
        slug=view.slug,
        kind=str(document.get("kind") or "district"),
        parent=document.get("parent"),
    )
    return tuple(found)


def disputed(view: View) -> list[Overlap]:
    """Ground that a neighbour of the same kind claims as well."""
    area = view.document.get("jurisdiction")
    return [one for one in _overlaps(view, area) if not one.expected] if area else []


def _said(view: View, slug: str, words: Mapping[str, Any]) -> str:
    language = view.language
    told = {
        name: language.text(WHY.get(value, value))
        if name == "why"
        else language.number(value, 2 if isinstance(value, float) else 0)
        if isinstance(value, int | float)
        else value
        for name, value in words.items()
    }
    return language.text(FOUND[slug], **told)


def _features(view: View, after: Any, before: Any, found: tuple[Overlap, ...]) -> dict[str, Any]:
    """The map: neighbours, the former outline dashed, the new one."""
    area = shape(after)
    near = area.buffer(0.02)
    features = [
        _feature("d", area_of(one.jurisdiction), one)
        for one in view.service.tenants.all()
        if one.slug != view.slug
        and one.kind == view.document.get("kind")
        and one.state != "left"
        and near.intersects(area_of(one.jurisdiction))
    ]
    features.append(_feature("m", area, None))
    features.append(_feature("edge", area, None))
    if before is not None:
        lines = shapely.boundary(shape(before))
        step = 0.00005
        while shapely.get_num_coordinates(lines) > MOST_SHOWN and step < 0.1:
            lines, step = shapely.simplify(lines, step), step * 2
        features.append(_feature("was", lines, None))
    return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, area: Any, tenant: Tenant | None) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": kind, "name": tenant.names.tr if tenant else "", "tint": 1}
    if tenant is not None:
        point = area.representative_point()
        told["label"] = [round(point.x, 5), round(point.y, 5)]
    light = shapely.transform(shapely.simplify(area, 0.0001), lambda places: places.round(5))
    return {"type": "Feature", "properties": told, "geometry": mapping(light)}
