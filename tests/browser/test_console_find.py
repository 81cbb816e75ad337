"""The box over the queue finds a caller by telephone, and no number is in an address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, axe, console, picture
from tests.browser.town import Town

PHONE = "5325551001"


@pytest.fixture(scope="module")
def theirs(town: Town) -> set[str]:
    """The tasks of somebody who has called twice; another one of somebody else."""
    made = [
        town.submit(f"Telefonla anlatılan {n}", contact={"name": "Ayşe", "phone": phone})
        for n, phone in enumerate(("0532 555 10 01", "+90 532 555 10 01", "0532 555 10 02"))
    ]
    for one in made:
        town.task(one["id"])
    return {one["id"] for one in made[:2]}


def _type(page: Page, words: str) -> None:
    page.keyboard.press("/")
    page.locator("#q").fill(words)
    page.keyboard.press("Enter")


def test_a_caller_is_found_however_the_number_is_written(
    visit: Visit, town: Town, theirs: set[str]
) -> None:
    page, asked = console(visit), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    for number in ("0532 555 10 01", "+90 (532) 555-10-01", PHONE):
        page.goto("/console")
        page.wait_for_selector("html[data-ready]")
        _type(page, number)
        page.wait_for_url("**caller=**")
        rows = page.locator("tr[data-id]")
        expect(rows).to_have_count(2)
        assert {row.get_attribute("data-id") for row in rows.all()} == theirs
    expect(page.locator("#list h1")).to_have_text("Bir arayanın görevleri")
    expect(page.locator("#q")).to_have_value("")
    axe(page)
    picture(page, "console-caller")
    told = [re.sub(r"\D", "", url) for url in asked]
    assert asked
    assert not any(PHONE in digits for digits in told)
    assert PHONE not in re.sub(rb"\D", b"", town.log.read_bytes()).decode()
    page.locator(".chip", has_text="Bir arayanın").click()
    page.wait_for_url(re.compile(r"/console$"))


def test_a_number_that_nobody_has_called_with_is_said(visit: Visit, theirs: set[str]) -> None:
    page = console(visit)
    _type(page, "0532 555 99 99")
    expect(page.locator("#toasts")).to_contain_text("Bu numarayla başvuru yok.")
    assert page.url.endswith("/console")


def test_who_only_reads_is_told_that_it_is_not_for_him(visit: Visit, theirs: set[str]) -> None:
    page, asked = console(visit, person="demo-auditor-kecioren"), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    _type(page, "0532 555 10 01")
    expect(page.locator("#toasts")).to_contain_text("görevlerde çalışanlar içindir")
    assert not any("by-phone" in url or "q=" in url for url in asked)


def test_what_is_no_telephone_number_is_looked_for_as_before(visit: Visit, town: Town) -> None:
    page = console(visit)
    for words in ("444 06 00", "12/4 sokak 5551001", "7F3K-9QHX-M"):
        page.goto("/console")
        page.wait_for_selector("html[data-ready]")
        _type(page, words)
        page.wait_for_url("**q=**")
