"""What those who subscribe are told, for everybody to read."""

from __future__ import annotations

import json

from libs.events import ServiceRequestChanged
from services.reporting.contract import MEANINGS
from tests.browser.conftest import FOR_EVERYBODY, Visit, axe, no_overflow, picture, weighed
from tests.browser.town import Town

BUDGET = 60 * 1024


@FOR_EVERYBODY
def test_the_page_is_for_everybody(visit: Visit, size: str, language: str, scheme: str) -> None:
    page = visit("/developers", size=size, language=language, color_scheme=scheme)
    page.wait_for_selector("html[data-ready]")
    for summary in page.locator("details > summary").all()[1:]:  # the first is open
        summary.click()
    axe(page)
    no_overflow(page)
    assert page.locator("#fields tbody th").all_inner_texts() == list(MEANINGS)
    assert page.locator("pre").count() >= 7
    picture(page, f"developers-{size}-{language}-{scheme}")


def test_a_programmer_gets_everything_that_a_machine_reads(visit: Visit, town: Town) -> None:
    page = visit("/developers")
    links = page.locator("#machines ~ ul a")
    paths = [link.get_attribute("href") or "" for link in links.all()]
    assert len(paths) == 3
    for path in paths:
        answer = page.request.get(path)
        assert answer.ok, path
        assert answer.headers["access-control-allow-origin"] == "*"
        json.loads(answer.text())
    document = page.request.get("/developers/asyncapi.json").json()
    assert document["channels"]["requests"]["address"] == "public.{tenant}.requests"
    schema = next(path for path in paths if ServiceRequestChanged.type in path)
    fields = page.request.get(schema).json()["properties"]
    assert set(fields) == set(ServiceRequestChanged.model_fields)
    assert page.request.get("/developers/schemas/task.created.v1/1.json").status == 404


def test_a_jump_leads_to_its_part(visit: Visit) -> None:
    page = visit("/developers", size="phone")
    for link in page.locator("header nav a[href^='#']").all():
        assert page.locator(link.get_attribute("href") or "").count() == 1
    page.locator("a[href='#rules']").click()
    assert page.locator("#rules").is_visible()


def test_it_is_light(visit: Visit) -> None:
    page = visit(None)
    sizes = weighed(page)
    page.goto("/developers")
    page.wait_for_selector("html[data-ready]")
    assert sum(sizes.values()) <= BUDGET, sizes
