"""What the feeds of the public list tell, and that names are only text in them."""

from __future__ import annotations

import json
from xml.etree.ElementTree import fromstring

from libs.events import Category, Neighbourhood, Point
from libs.tenants import Tenant
from libs.web.language import languages
from services.intake.feeds import written_geojson, written_rss
from services.intake.shown import Row, row
from tests.unit.routing.examples import document

from .scenarios import a_request, assigned, at, created, known, names

BOMB = "<script>alert(1)</script> & co."
BASE = "https://sokak.example"
TENANT = Tenant.checked(document())
ENGLISH = languages()["en"]


def rows() -> list[Row]:
    request = a_request(
        text="Komşum gürültü yapıyor",
        address="Gizli Sokak 5",
        category=Category(code="X", names=names(BOMB)),
        neighbourhood=Neighbourhood(code="aktepe", name=BOMB),
        point=Point(lat=39.987654, lon=32.861234),
    )
    return [row(request, TENANT, at(5)), row(known(request, created(), assigned()), TENANT, at(5))]


def test_rss_names_the_request_and_keeps_names_text() -> None:
    channel = fromstring(written_rss(rows(), TENANT, ENGLISH, BASE)).find("channel")
    assert channel is not None
    items = channel.findall("item")
    assert items[0].findtext("title") == f"{BOMB} (en) · {BOMB} · Received"
    assert items[0].findtext("guid") == f"{BASE}/requests/7F3K-9QHX-M"
    assert items[0].findtext("pubDate") == "Mon, 01 Jun 2026 06:00:00 +0000"
    assert len(items) == 2


def test_geojson_has_a_coarse_place_and_nobodys_words() -> None:
    written = written_geojson(rows(), TENANT, ENGLISH, BASE)
    feature = json.loads(written)["features"][0]
    assert feature["geometry"] == {"type": "Point", "coordinates": [32.861, 39.988]}
    assert feature["properties"]["submitted_at"] == "2026-06-01T06:00:00+00:00"
    for feed in (written, written_rss(rows(), TENANT, ENGLISH, BASE)):
        assert b"Gizli" not in feed
        assert "gürültü".encode() not in feed
