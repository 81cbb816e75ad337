"""Dead letters in a browser: seen without a citizen's words, replayed, discarded."""

from __future__ import annotations

import asyncio
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from libs.runtime.kafka import AIOKafkaProducer
from tests.browser.conftest import FOR_EVERYBODY, Visit, axe, no_overflow, picture
from tests.browser.town import Town

SECRET = "Komşum Ali gizli sözler"


@pytest.fixture
def letter(town: Town) -> str:
    """The place of a broken record that reporting has put aside."""
    key = str(uuid.uuid4())

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=town.kafka)
        await producer.start()
        value = f'{{"text": "{SECRET}", "broken": true}}'.encode()
        headers = [("ce_type", SECRET.encode()), ("x-who", SECRET.encode())]
        await producer.send_and_wait("requests", value, key=key.encode(), headers=headers)
        await producer.stop()

    with ThreadPoolExecutor(1) as beside:  # Playwright's own loop runs in this thread
        beside.submit(asyncio.run, send()).result()
    headers = town.token("platform")

    def parked() -> str | None:
        rows = town.http.get("/ops/reporting/dead?limit=500", headers=headers).json()
        return next((row["id"] for row in rows if row["key"] == key), None)

    return str(town.until(parked, "a dead letter"))


@FOR_EVERYBODY
def test_operations_are_for_everybody_who_runs_it(
    visit: Visit, letter: str, size: str, language: str, scheme: str
) -> None:
    person = "demo-platform"
    page = visit(None, size=size, language=language, person=person, color_scheme=scheme)
    shown = f"{size}-{scheme}-{language}"
    for path in ("/ops", "/ops/intake", "/ops/reporting", f"/ops/reporting/letters/{letter}"):
        page.goto(path)
        page.wait_for_selector("html[data-ready]")
        expect(page.locator('[data-verdict="asked"]')).to_have_count(0)
        for heading in page.locator("details summary").all():
            if heading.is_visible():
                heading.click()
        axe(page)
        no_overflow(page)
        picture(
            page, f"{'ops-letter' if 'letters' in path else path[1:].replace('/', '-')}-{shown}"
        )
    page.locator("form[action$=trial] button").click()
    page.fill("#why-unmask", "Looked into")
    page.locator("form[action$=unmask] button").click()
    page.fill("#data", '{"text": 1}')
    page.fill("#why-repair", "Looked into")
    page.locator("form[action$=repair] button").click()
    expect(page.locator("#problem")).to_be_visible()
    axe(page)
    no_overflow(page)
    picture(page, f"ops-repair-{shown}")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_a_citizens_words_are_shown_only_with_a_reason(visit: Visit, letter: str) -> None:
    page = visit(f"/ops/reporting/letters/{letter}", person="demo-platform")
    assert SECRET not in page.content()
    page.fill("#why-unmask", "Hatayı arıyorum")
    page.locator("form[action$=unmask] button").click()
    expect(page.locator("#bytes")).to_contain_text(SECRET)
    expect(page.locator("#acts")).to_contain_text("Hatayı arıyorum")


def test_a_letter_is_replayed_in_vain_and_discarded(visit: Visit, letter: str) -> None:
    page = visit(f"/ops/reporting/letters/{letter}", person="demo-platform")
    page.fill("#why-replay", "Bir daha")
    page.locator("form[action$=replay] button").click()
    expect(page.locator('[data-key="status"]')).to_have_text("bekletiliyor")
    _discard(page, letter)
    expect(page.locator('[data-key="status"]')).to_have_text("vazgeçildi")
    expect(page.locator("#acts")).to_contain_text("demo-platform")
    expect(page.locator("#acts")).to_contain_text("Deneme kaydı")


def _discard(page: Page, typed: str) -> None:
    page.fill("#why-discard", "Deneme kaydı")
    page.fill("#typed", typed)
    page.locator("form[action$=discard] button").click()


def test_all_services_stand_on_one_screen_even_if_one_is_away(visit: Visit, letter: str) -> None:
    page = visit(None, person="demo-platform")
    page.route("**/ops/crm/state", lambda route: route.abort())
    page.goto("/ops")
    verdicts = page.locator("[data-service]")
    expect(verdicts).to_have_count(4)
    expect(page.locator('[data-service="crm"]')).to_have_attribute("data-verdict", "away")
    expect(page.locator('[data-service="intake"] [data-of="outbox"]')).to_have_text(
        re.compile(r"^\d")
    )
    reporting = page.locator('[data-service="reporting"]')
    expect(reporting).to_have_attribute("data-verdict", re.compile("late|stuck"))
    assert int(reporting.locator('[data-of="dead"]').inner_text().replace(".", "")) >= 1
    expect(page.locator("#ops-summary")).to_contain_text("crm")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the aborted call


def test_a_trial_and_a_repair_with_a_bad_value_change_nothing(visit: Visit, letter: str) -> None:
    page = visit(f"/ops/reporting/letters/{letter}", person="demo-platform")
    page.locator("form[action$=trial] button").click()
    expect(page.locator("#trial")).to_contain_text("0")
    page.fill("#why-unmask", "Düzelteceğim")
    page.locator("form[action$=unmask] button").click()
    page.fill("#data", '{"text": 1}')
    page.fill("#why-repair", "Yanlış alan")
    page.locator("form[action$=repair] button").click()
    expect(page.locator("#problem")).to_be_visible()
    expect(page.locator("#data")).to_have_value('{"text": 1}')
    page.goto(f"/ops/reporting/letters/{letter}")
    expect(page.locator("#acts")).not_to_contain_text("düzeltti")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_a_discard_needs_its_place_typed(visit: Visit, letter: str) -> None:
    page = visit(f"/ops/reporting/letters/{letter}", person="demo-platform")
    _discard(page, "evet")
    expect(page.locator("main")).to_contain_text("Onaylamak için kaydın yerini yazın.")
    page.goto(f"/ops/reporting/letters/{letter}")
    expect(page.locator('[data-key="status"]')).to_have_text("bekletiliyor")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusal


def test_operations_are_not_for_a_municipality(visit: Visit, letter: str) -> None:
    page = visit(None, person="demo-admin-kecioren")
    for path in (
        "/ops",
        "/ops/reporting",
        "/ops/reporting/state",
        f"/ops/reporting/letters/{letter}",
    ):
        assert page.request.get(path).status == 403
