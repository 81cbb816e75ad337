"""A municipality's logo on the web: kept for ever by its content, 404 where there is none."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from libs.tenants import Tenant
from libs.web import access, logo, problems
from libs.web.identity.signer import Signer
from tests.unit.tenants.conftest import document
from tests.unit.tenants.test_logo import logo_of, picture


def test_a_logo_is_served_by_its_content() -> None:
    drawn = logo_of(picture())
    tenants = {
        "ornek": Tenant.checked(document(logo=drawn.model_dump())),
        "baska": Tenant.checked(document(slug="baska")),
    }
    app = FastAPI()
    problems.install(app, unavailable=())
    access.install(app, Signer.new().verifier())
    app.include_router(logo.router(tenants.get))
    client = TestClient(app)
    shown = logo.shown(tenants["ornek"])
    assert shown is not None
    assert (shown.width, shown.height) == drawn.size
    answer = client.get(shown.address)
    assert answer.content == drawn.content
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    old = client.get("/logo/ornek-00000000.png")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
    assert logo.shown(tenants["baska"]) is None
    assert logo.shown(None) is None
    for slug in ("baska", "nobody"):
        assert client.get(f"/logo/{slug}-00000000.png").status_code == 404
