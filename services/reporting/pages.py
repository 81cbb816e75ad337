"""The dashboards: what people see at `/reports`, and the same as CSV."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from libs.events import Channel
from libs.events.common import Slug
from libs.runtime.live import Live
from libs.runtime.rule import Refused
from libs.web import sse
from libs.web.access import Several, StaffOfSome
from libs.web.language import alphabetical
from libs.web.pages import Pages, partial

from .cut import CUTS, Cut, Filters
from .dashboard import tiles
from .overview import Overview, overview
from .parted import rising_categories, rising_words, words
from .sections import sections
from .shown import DAYS, Days, Service, Shown, chosen, readable, shown
from .store import Generation
from .tables import Separator, as_csv
from .tiles import line
from .written import Written, written

ROLES = ("operator", "supervisor", "admin", "auditor")
ReadsSome = Annotated[Several, Depends(StaffOfSome(*ROLES))]
Group = Annotated[Slug | None, Query(description="All of this parent's, so far as one may.")]
Ago = Annotated[Days, Query(alias="days", description="So many days up to today.")]
Sep = Annotated[Separator, Query(alias="sep")]
By = Literal["category", "neighbourhood", "department", "channel", "type"]


def router(
    service: Service,
    pages: Pages,
    generation: Callable[[], Awaitable[Generation]],
    live: Live,
) -> APIRouter:
    """The routes of `/reports`, and the stream that tells them of changes."""
    routes = APIRouter(include_in_schema=False)

    async def about(several: Several, group: str | None, days: Days, cuts: Filters) -> Shown | None:
        tenants = chosen(service, several, group)
        return shown(service, await generation(), tenants, group, days, cuts) if tenants else None

    async def surely(several: Several, group: str | None, days: Days, cuts: Filters) -> Shown:
        found = await about(several, group, days, cuts)
        if found is None:
            raise Refused("tenant-missing", "Say which tenant this is about.", 422)
        return found

    def common(page: Shown, several: Several) -> dict[str, Any]:
        return {
            "surface": "reports",
            "page": page,
            "tenant": page.tenant,
            "all_days": DAYS,
            "cuts": CUTS,
            "channels_known": get_args(Channel),
            "line": line,
            "several": several.caller.platform or len(readable(service, several)) > 1,
        }

    async def whole(page: Shown) -> Overview | None:
        return await overview(page.report) if page.tells() else None

    def figures(page: Shown, several: Several, whole: Overview | None) -> dict[str, Any]:
        told = tiles(whole) if whole else []
        return {**common(page, several), "overview": whole, "tiles": told}

    async def chooses(request: Request, page: Shown) -> dict[str, Any]:
        """What a page can be cut by, in the order of the reader's alphabet."""
        names, language = await page.choices(), pages.language(request)
        told = {
            by: sorted(
                ((code, language.of(each) or code) for code, each in codes.items()),
                key=lambda one: alphabetical(one[1]),
            )
            for by, codes in names.items()
        }
        return {"names": names, "choices": told}

    @routes.get("/reports/tenants")
    async def choose(request: Request, access: ReadsSome) -> Response:
        """Which municipality, or which neighbours together."""
        tenants = readable(service, access)
        groups = {one.parent for one in tenants if one.parent}
        parents = [one for one in service.tenants.all() if one.slug in groups]
        return pages.render(
            request, "tenants.html", surface="reports", tenants=tenants, groups=parents
        )

    @routes.get("/reports")
    async def dashboard(
        request: Request, access: ReadsSome, cuts: Cut, group: Group = None, days: Ago = "30"
    ) -> Response:
        """All figures of one tenant, or of neighbours together."""
        page = await about(access, group, days, cuts)
        if page is None:
            return await choose(request, access)
        if partial(request):
            return pages.render(
                request, "reports.html", block="live", **figures(page, access, await whole(page))
            )
        told, choices, below = await asyncio.gather(
            whole(page), chooses(request, page), sections(page)
        )
        return pages.render(
            request,
            "reports.html",
            **figures(page, access, told),
            **choices,
            sections=below,
        )

    @routes.get("/reports/by/{by}")
    async def breakdown(
        request: Request,
        access: ReadsSome,
        by: By,
        cuts: Cut,
        group: Group = None,
        days: Ago = "30",
    ) -> Response:
        """Every category, neighbourhood, department, channel or type with all its figures."""
        page = await surely(access, group, days, cuts)
        rows = await page.rows(by) if page.tells(by) else None
        return pages.render(
            request,
            "breakdown.html",
            **common(page, access),
            **await chooses(request, page),
            by=by,
            rows=rows,
        )

    @routes.get("/reports/topics")
    async def topics(
        request: Request, access: ReadsSome, cuts: Cut, group: Group = None, days: Ago = "30"
    ) -> Response:
        """All words and categories: how often, and which rise."""
        page = await surely(access, group, days, cuts)
        reader, last = page.report.reader, page.period.last
        return pages.render(
            request,
            "topics.html",
            **common(page, access),
            **await chooses(request, page),
            words=None if cuts else await words(reader, page.period),
            rising=None if cuts else await rising_words(reader, last),
            rising_categories=(
                await rising_categories(reader, last, cuts) if page.tells("category") else None
            ),
        )

    @routes.get("/reports/csv/{what}")
    async def table(
        request: Request,
        access: ReadsSome,
        what: Written,
        cuts: Cut,
        group: Group = None,
        days: Ago = "30",
        separator: Sep = ",",
    ) -> Response:
        """One of the page's tables, with what happened a second ago."""
        page = await surely(access, group, days, cuts)
        head, rows = await written(page, what, pages.language(request))
        slugs = page.group.slug if page.group else "-".join(one.slug for one in page.tenants)
        kept = "".join(f"-{value}" for value in page.filters.values()).replace(":", "_")
        name = f"{slugs[:80]}-{what}{kept}-{page.period.first}-{page.period.last}.csv"
        return Response(
            as_csv(head, rows, separator),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )

    @routes.get("/api/reports/stream")
    async def stream(access: ReadsSome, group: Group = None) -> Response:
        """Tells when a figure of the tenant has changed, or of one of those read together.

        A neighbour that joins is heard when the stream comes again, at most five minutes later.
        """
        tenants = chosen(service, access, group)
        if not tenants:
            raise Refused("tenant-missing", "Say which tenant this is about.", 422)
        return await sse.stream(live, tenant={one.slug for one in tenants})

    return routes
