"""Departments, categories and other bodies are saved from their pages into a draft."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.web import access, problems
from libs.web.app import pages_of
from services.routing import draft_api
from services.routing import turkish_set as the
from services.routing.admin import pages
from services.routing.admin.frame import Frame
from services.routing.api import router
from services.routing.drafts import Drafts
from tests.integration.routing.conftest import SIGNER, tenant

HERE = Path("services/routing")
GUARD = re.compile(r'name="seen" value="([^"]+)"')


class Desk:
    """One administrator's browser, without a script."""

    def __init__(self, client: httpx.AsyncClient, slug: str) -> None:
        self.client = client
        self.slug = slug
        self.who = SIGNER.platform()

    async def page(self, step: str) -> httpx.Response:
        return await self.client.get(f"/admin/{self.slug}/steps/{step}", headers=self.who)

    async def seen(self, step: str) -> str:
        found = GUARD.search((await self.page(step)).text)
        assert found is not None
        return found[1]

    async def send(self, step: str, seen: str | None = None, **form: str) -> httpx.Response:
        """Send a step's form as it was `seen`, else as it is now."""
        guard = {"seen": seen or await self.seen(step)}
        place = f"/admin/{self.slug}/steps/{step}"
        return await self.client.post(place, data={**form, **guard}, headers=self.who)

    async def saved(self, step: str, **form: str) -> None:
        answer = await self.send(step, **form)
        assert answer.status_code == 303, answer.text

    async def document(self) -> dict[str, Any]:
        place = f"/api/tenants/{self.slug}/draft"
        answer = await self.client.get(place, headers=self.who)
        found: dict[str, Any] = answer.json()["document"]
        return found

    async def named(self, part: str, code: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            one for one in (await self.document())[part] if one["code"] == code
        )
        return found


@pytest.fixture
async def web(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app, max_body_bytes=1024 * 1024)
    access.install(app, SIGNER.verifier())
    drafts = Drafts(service)
    settings = Settings(kafka="nobody:9", mongo="mongodb://nobody")
    app.include_router(pages.router(Frame(service, pages_of("routing", settings, HERE), drafts)))
    app.include_router(draft_api.router(drafts))
    app.include_router(router(service))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://routing.test") as client:
        yield client


@pytest.fixture
async def desk(web: httpx.AsyncClient, slug: str) -> Desk:
    """At a municipality that is about to join: it has a name and nothing more."""
    desk = Desk(web, slug)
    begun = {"names": {"tr": "Ad", "en": "Name"}, "kind": "district"}
    answer = await web.post(f"/api/tenants/{slug}/draft", json=begun, headers=desk.who)
    assert answer.status_code == 201, answer.text
    return desk


@pytest.fixture
async def live(web: httpx.AsyncClient, slug: str) -> Desk:
    """At a municipality that is published."""
    desk = Desk(web, slug)
    answer = await web.put(f"/api/tenants/{slug}", json=tenant(slug), headers=desk.who)
    assert answer.status_code == 200, answer.text
    return desk


def whole_set() -> dict[str, str]:
    """The set's form as it is offered: every group, with departments."""
    chosen = {f"g-{one.code}": "on" for one in the.groups({})}
    return {"do": "set", "made": "on", "metropolis": "above", **chosen}


async def test_a_new_municipality_is_ready_with_the_set(desk: Desk) -> None:
    assert "?set" in (await desk.page("categories")).text
    await desk.saved("categories?set", **whole_set())
    document = await desk.document()
    assert len(document["categories"]) == 79
    place = f"/api/tenants/{desk.slug}/draft/check"
    told = (await desk.client.get(place, headers=desk.who)).json()
    assert {one["place"] for one in told["faults"]} == {
        "jurisdiction",
        "time_zone",
        "working_hours",
    }
    steps = told["steps"]
    assert {steps[name] for name in ("departments", "categories", "bodies")} == {"done"}
    none = await desk.send("categories?set", do="set", made="on")
    assert none.status_code == 422
    assert 'id="groups"' in none.text


async def test_what_is_still_used_is_not_removed_and_by_what_is_told(desk: Desk) -> None:
    await desk.saved("categories?set", **whole_set())
    for step, code, names in (
        ("departments?item=VET", "VET", "STRAY_DOG"),
        ("categories?item=UNSORTED", "UNSORTED", "Ayrılacakların konusu"),
        ("categories?item=G_ROADS", "G_ROADS", "ROAD_POTHOLE"),
        ("bodies?item=water", "water", "WATER_CUT"),
        ("bodies?rule=park_owner", "park_owner", "PLAYGROUND"),
    ):
        refused = await desk.send(step, do="remove")
        assert refused.status_code == 422, code
        assert names in html.unescape(refused.text), code
    await desk.saved("departments", do="several", several="Spor Müdürlüğü")
    assert (await desk.named("departments", "SPOR"))["names"]["en"] == "Spor Müdürlüğü"
    await desk.saved("departments?item=SPOR", do="remove")
    assert "SPOR" not in [one["code"] for one in (await desk.document())["departments"]]


async def test_a_category_is_added_with_questions_and_found_again(desk: Desk) -> None:
    await desk.saved("categories?set", **whole_set())
    form = {"name_tr": "Kayıp eşya", "sla": "4", "sla_unit": "hours", "keywords": "kayıp, cüzdan"}
    question = {"q0_tr": "Nerede?", "q0_kind": "choice", "q0_required": "on"}
    options = {"q0o0_tr": "Otobüste", "q0o1_tr": "Parkta"}
    await desk.saved("categories?item=~", parent="G_OTHER", **form, **question, **options)
    found = await desk.named("categories", "KAYIP_ESYA")
    assert (found["sla_minutes"], found["parent"], found["open311"]) == (240, "G_OTHER", "realtime")
    assert [one["code"] for one in found["questions"][0]["options"]] == ["otobuste", "parkta"]
    searched = (await desk.page("categories?q=CUZDAN")).text
    assert re.findall(r'<li id="c-([A-Z_]+)"', searched) == ["G_OTHER", "KAYIP_ESYA"]
    shown = (await desk.page("categories?item=KAYIP_ESYA")).text
    assert 'name="q0_tr" type="text" maxlength="200" autocomplete="off" value="Nerede?"' in shown


async def test_what_is_wrong_is_told_beside_what_was_typed(desk: Desk) -> None:
    await desk.saved("categories?set", **whole_set())
    form = {"name_tr": "Yeni konu", "sla": "bir", "sla_unit": "days", "parent": "UNSORTED"}
    refused = await desk.send("categories?item=~", **form)
    assert refused.status_code == 422
    assert {'id="sla-error"', 'id="parent-error"'} <= set(
        re.findall(r'id="\w+-error"', refused.text)
    )
    assert 'value="Yeni konu"' in refused.text
    group = await desk.send("categories", do="unsorted", unsorted_category="G_ROADS")
    assert 'id="unsorted_category-error"' in group.text


async def test_deadlines_without_working_hours_are_explained(desk: Desk) -> None:
    await desk.saved("categories?set", **whole_set())
    for step in ("categories?set", "categories?item=ROAD_POTHOLE"):
        assert "sekiz saat" in (await desk.page(step)).text
    place = f"/api/tenants/{desk.slug}/draft"
    hours = {"working_hours": {"monday": [["09:00", "18:00"]]}}
    headers = desk.who | {"If-Match": "*"}
    assert (await desk.client.patch(place, json=hours, headers=headers)).status_code == 200
    shown = (await desk.page("categories?item=ROAD_POTHOLE")).text
    assert "sekiz saat" not in shown
    assert "9 saattir" in shown


async def test_categories_without_a_department_are_told_of(desk: Desk) -> None:
    form = {name: told for name, told in whole_set().items() if name != "made"}
    await desk.saved("categories?set", **form)
    shown = html.unescape((await desk.page("categories")).text)
    assert "Birimi olmayan konular: 47" in shown
    await desk.saved("departments", do="several", several="Park ve Bahçeler Müdürlüğü")
    many = {"many_department": "PARK_BAHCELER", "c-G_PARKS": "on"}
    await desk.saved("categories", do="many", **many)
    shown = html.unescape((await desk.page("categories")).text)
    assert "Birimi olmayan konular: 41" in shown


async def test_two_on_different_categories_lose_nothing(live: Desk) -> None:
    await live.saved("categories?item=PARK", name_tr="Park", sla="2", sla_unit="days")
    seen = await live.seen("categories?item=WATER")
    await live.saved("categories?item=PARK", name_tr="Parklar", sla="2", sla_unit="days")
    form = {"name_tr": "Sular", "sla": "1", "sla_unit": "days", "body": "aski"}
    met = await live.send("categories?item=WATER", seen, **form)
    assert met.status_code == 409
    assert 'id="conflict"' in met.text
    assert 'value="Sular"' in met.text
    await live.saved("categories?item=WATER", **form)
    assert (await live.named("categories", "PARK"))["names"]["tr"] == "Parklar"
    assert (await live.named("categories", "WATER"))["names"]["tr"] == "Sular"


async def test_a_code_changes_with_all_that_name_it_until_it_is_published(live: Desk) -> None:
    await live.saved(
        "departments?item=FEN", name_tr="Fen", code="YOLLAR", t0_tr="Yol", t0_code="YOL"
    )
    assert (await live.named("departments", "FEN"))["names"]["tr"] == "Fen"
    await live.saved("departments?item=~", name_tr="Su Müdürlüğü")
    desks = {"triage_department": "SU", "forwarding_department": "YON"}
    await live.saved("departments", do="desks", **desks)
    await live.saved("departments?item=SU", name_tr="Su Müdürlüğü", code="SUK")
    assert (await live.document())["triage_department"] == "SUK"
    await live.saved("departments?item=SUK", do="up")
    codes = [one["code"] for one in (await live.document())["departments"]]
    assert codes == ["FEN", "PRK", "BYH", "SUK", "YON"]


async def test_a_rule_is_made_and_a_category_follows_it(live: Desk) -> None:
    await live.saved("bodies?item=~", name_tr="Karayolları", contact="159")
    rule = {"name_tr": "Köprüler karayollarınındır", "address_contains": "Köprü, Viyadük"}
    await live.saved("bodies?rule=~", **rule, body="karayollari", code="bridges")
    form = {"name_tr": "Çukur", "sla": "3", "sla_unit": "days", "parent": "ROADS"}
    await live.saved("categories?item=POTHOLE", **form, tier_rule="bridges")
    made = await live.named("tier_rules", "bridges")
    assert (made["body"], made["when"]["address_contains"]) == ("karayollari", ["Köprü", "Viyadük"])
    assert (await live.named("categories", "POTHOLE"))["tier_rule"] == "bridges"
    place = f"/api/tenants/{live.slug}/draft/check"
    assert (await live.client.get(place, headers=live.who)).json()["ready"]
