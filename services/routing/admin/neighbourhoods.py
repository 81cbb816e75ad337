"""The step for the neighbourhoods: from a file with areas or names, or typed line by line."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import FormData

from libs.text import said

from ..neighbourhoods import (
    CODED,
    COUNTED,
    NAMED,
    Made,
    NoTable,
    Row,
    Table,
    make,
    of_names,
    read_table,
)
from ..rights import Admin
from ..steps import BY_CODE
from .boundary import home_of
from .frame import Frame, Read, View, Wrong, texts, uploaded

REFUSED = {
    "empty": said("Choose a file first; this one is empty."),
    "no_rows": said("There is no neighbourhood in it."),
    "too_many": said("There are more than 2,000 rows or 60 columns in it."),
    "not_json": said("This is no sound JSON."),
    "not_geojson": said("This GeoJSON is no collection of features."),
    "not_csv": said("This table cannot be read; save it as CSV."),
    "not_text": said("This is no text file; save it as CSV or GeoJSON."),
    "no_column": said("Choose the column in which the names stand."),
}


class Neighbourhoods:
    """The tenant's neighbourhoods, with areas or by name alone."""

    code = "neighbourhoods"

    def told(self, view: View) -> Mapping[str, Any]:
        """Their names, one in each line."""
        known = view.document.get("neighbourhoods") or []
        return {"names": "\n".join(str(one["name"]) for one in known)}

    async def read(self, view: View, form: FormData) -> Read:
        """What a file gave (`items`), or the list as it was typed."""
        told = texts(form)
        if "items" in told:
            try:
                items = json.loads(told["items"])
            except ValueError:
                why = REFUSED["not_json"]
                return Read(told, {}, (Wrong("file", view.language.text(why)),))
            return Read(told, {"neighbourhoods": items or None})
        known = view.document.get("neighbourhoods") or []
        found = of_names(told.get("names", ""), known)
        return Read(told, {"neighbourhoods": found or None})

    async def more(self, view: View) -> Mapping[str, Any]:
        """Those that there are."""
        return {"known": view.document.get("neighbourhoods") or [], "made": None}


NEIGHBOURHOODS = Neighbourhoods()


def router(frame: Frame) -> APIRouter:
    """Looking at a file's neighbourhoods before they are taken."""
    routes = APIRouter(prefix="/admin/{slug}/neighbourhoods", include_in_schema=False)

    @routes.post("/preview")
    async def preview(request: Request, access: Admin) -> Response:
        """What a file would give, by the columns that are chosen; nothing is stored."""
        view, form = await frame.view(request, access), await request.form()
        told = texts(form)
        content = await uploaded(form)
        shown = {**NEIGHBOURHOODS.told(view), **told}
        more = await NEIGHBOURHOODS.more(view)
        step = BY_CODE["neighbourhoods"]
        try:
            table = await run_in_threadpool(_table, view, told, content)
            columns = {
                "name": told.get("name") or table.column(*NAMED) or "",
                "code": told.get("code") or ("" if "name" in told else table.column(*CODED) or ""),
                "population": told.get("population")
                or ("" if "name" in told else table.column(*COUNTED) or ""),
            }
            if columns["name"] not in table.columns:
                columns["name"] = next(iter(table.columns), "")
            made = await run_in_threadpool(_made, view, table, columns)
        except NoTable as refused:
            wrong = Wrong("file", view.language.text(REFUSED[refused.slug]))
            return frame.step_page(view, NEIGHBOURHOODS, step, shown, more, (wrong,))
        more = {
            **more,
            "made": made,
            "table": table,
            "rows": [{"p": dict(row.properties), "g": row.geometry} for row in table.rows],
            "columns": columns,
        }
        return frame.step_page(view, NEIGHBOURHOODS, step, shown, more)

    return routes


def _table(view: View, told: Mapping[str, str], content: bytes) -> Table:
    if content or not told.get("rows"):
        return read_table(content, home_of(str(view.document.get("time_zone") or "")))
    try:
        rows = tuple(Row(dict(one["p"]), one["g"]) for one in json.loads(told["rows"]))
    except (ValueError, TypeError, KeyError):
        raise NoTable("not_json") from None
    return Table(rows)


def _made(view: View, table: Table, columns: Mapping[str, str]) -> Made:
    if not columns["name"]:
        raise NoTable("no_column")
    return make(
        table,
        columns["name"],
        columns["code"] or None,
        columns["population"] or None,
        view.document.get("jurisdiction"),
    )
