"""The first page: what runs here, and how many requests it has."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from html import escape

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from libs.runtime.service import Service
from libs.web.access import Open

from .store import REQUESTS

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SERVICES = ("intake", "routing", "crm", "reporting")


def router(service: Service) -> APIRouter:
    """The page at `/`."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])

    @routes.get("/", response_class=HTMLResponse)
    async def start() -> HTMLResponse:
        """Links and a count; it reads itself anew every five seconds, without a script."""
        count = await service.database[REQUESTS.collection].estimated_document_count()
        tenants = len([one for one in service.tenants.all() if one.state == "active"])
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return HTMLResponse(_page(count, tenants), headers=headers)

    return routes


def _page(count: int, tenants: int) -> str:
    links = "".join(
        f"<li>{escape(name)}: "
        f'<a href="/{name}/openapi.json">API</a>, <a href="/{name}/stuck">stuck</a>, '
        f'<a href="/{name}/metrics">metrics</a></li>'
        for name in SERVICES
    )
    shown = f"{count:,}".replace(",", ".")
    return f"""<!doctype html>
<html lang="tr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Sokak</title>
</head>
<body>
<main>
<h1>Sokak</h1>
<p><strong>{shown}</strong> başvuru, <strong>{tenants}</strong> belediye</p>
<p lang="en">{count:,} requests, {tenants} municipalities</p>
<ul>{links}</ul>
<p><a href="/api/tenants">Belediyeler / <span lang="en">Municipalities</span></a></p>
</main>
</body>
</html>
"""
