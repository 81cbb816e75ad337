"""“My requests” without a net: as it was seen last, and for nobody else."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, no_overflow, picture, sign_in, stored
from tests.browser.town import Town

AYSE = "demo-citizen-Ayşe"
WORDS = "Yalnız benim okuyacağım sözler"


def _given(town: Town) -> Any:
    """A request of Ayşe's, whose task has a department and so a promised day."""
    asked = {"text": WORDS, "point": {"lat": 39.98, "lon": 32.86}, "category": "PLAYGROUND"}
    headers = town.token(citizen=AYSE.removeprefix("demo-citizen-"))
    answer = town.http.post("/api/requests", json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    given = answer.json()
    path = f"/api/requests/{given['tracking_number']}"
    town.until(lambda: town.http.get(path, headers=headers).json().get("due_at"), "a promised day")
    return given


def _seen(visit: Visit, given: Any, **more: Any) -> Page:
    """Her list, as it is shown while there is a net, and kept."""
    page = visit("/mine", person=AYSE, **more)
    expect(page.locator(".mine")).to_contain_text(WORDS)
    _awaited(page, given["tracking_number"])
    return page


def _kept(page: Page) -> str:
    """What the browser keeps, as text."""
    found = stored(page, "sokak-mine", "mine")
    return json.dumps(found, ensure_ascii=False) if found else ""


def _awaited(page: Page, number: str | None) -> None:
    """Until it keeps a list with that number, or nothing at all."""
    page.wait_for_selector("html[data-ready]")
    deadline = time.monotonic() + 10
    while (number not in _kept(page)) if number else _kept(page):
        assert time.monotonic() < deadline, f"{number} is not what is kept: {_kept(page)}"
        page.wait_for_timeout(50)


def test_the_list_is_read_without_a_net_and_says_how_old_it_is(visit: Visit, town: Town) -> None:
    given = _given(town)
    page = _seen(visit, given, size="phone", service_workers="allow")
    assert WORDS not in _kept(page)
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    _awaited(page, given["tracking_number"])
    online = page.locator(f'.mine [href="/requests/{given["tracking_number"]}"]')
    status, title = online.locator(".status").inner_text(), online.locator("strong").inner_text()
    promise = online.locator(".meta").inner_text().rpartition(" · ")[2]
    page.clock.install(time=time.time() + 3 * 3600 + 60)
    page.context.set_offline(True)
    page.goto("/mine")
    card = page.locator("[data-mine] .card").filter(has_text=given["tracking_number"])
    expect(card.locator(".status")).to_have_text(status)
    expect(card).to_contain_text(title)
    expect(card).to_contain_text(promise)
    expect(card).to_contain_text("Son değişiklik: 3 saat önce")
    expect(page.locator("[data-at]")).to_have_text("3 saat önce")
    expect(page.locator("[data-mine]")).not_to_contain_text(WORDS)
    axe(page)
    no_overflow(page)
    picture(page, "citizen-mine-offline")
    page.goto("/requests")
    expect(card).to_be_visible()
    page.context.set_offline(False)
    visit.faults[:] = [one for one in visit.faults if "DISCONNECTED" not in one]  # type: ignore[attr-defined]


def test_signing_out_erases_the_list(visit: Visit, town: Town) -> None:
    page = _seen(visit, _given(town))
    page.goto("/offline")
    expect(page.locator("[data-mine] .card").first).to_be_visible()
    page.goto("/help")
    with page.expect_request("**/sign-out"):
        page.get_by_role("button", name="Çıkış").click()
    page.wait_for_url(f"{town.url}/")
    _awaited(page, None)
    page.goto("/offline")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-mine]")).to_be_hidden()


def test_the_list_is_erased_before_one_is_signed_out(visit: Visit, town: Town) -> None:
    page = _seen(visit, _given(town))
    page.goto("/help")
    page.wait_for_selector("html[data-ready]")
    page.route("**/sign-out", lambda route: route.fulfill(status=204))  # the page stays as it is
    with page.expect_request("**/sign-out"):
        page.get_by_role("button", name="Çıkış").click()
    assert _kept(page) == ""


@pytest.mark.parametrize("other", ["demo-citizen-Emre", "demo-operator-kecioren"])
def test_somebody_else_who_signs_in_erases_the_list(visit: Visit, town: Town, other: str) -> None:
    page = _seen(visit, _given(town))
    sign_in(page, other)
    _awaited(page, None)


def test_the_console_of_somebody_else_erases_it_too(visit: Visit, town: Town) -> None:
    page = _seen(visit, _given(town))
    theirs = visit(None, person="demo-operator-kecioren").context.cookies()
    session = [one for one in theirs if one["name"] == "sokak_session"]
    page.context.add_cookies(session)  # type: ignore[arg-type]
    page.goto("/console")
    _awaited(page, None)
