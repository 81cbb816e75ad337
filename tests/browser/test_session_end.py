"""A session's end is told before it comes, can be put off, and takes no word away."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import pytest
from fastapi import Response
from playwright.sync_api import APIResponse, BrowserContext, Locator, Page, Route, expect

from libs.runtime.settings import Settings
from libs.web.session import COOKIE, LIFETIME_S, Sessions
from tests.browser.conftest import Visit, axe, no_overflow, sign_in
from tests.browser.town import Town

CITIZEN = {"sub": "demo-citizen-Ayşe", "name": "Demo Ayşe", "citizen": True}
OPERATOR = {"sub": "demo-operator-kecioren", "groups": ["kecioren/operator"]}
PLATFORM = {"sub": "demo-platform", "groups": ["platform"]}
SURFACES = [
    ("/mine", CITIZEN, "phone", "light"),
    ("/console", OPERATOR, "desktop", "dark"),
    ("/reports?tenant=kecioren", OPERATOR, "phone", "dark"),
    ("/ops", PLATFORM, "desktop", "light"),
    ("/admin", PLATFORM, "phone", "light"),
    ("/developers", PLATFORM, "desktop", "dark"),
]
HOUR_S = 3600


class Clock:
    """Lets time go by for a page: by its own clock, and in what it is told of its session."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._gone = 0
        page.clock.install()
        page.route("**/session", self._answer)

    def passes(self, seconds: int) -> None:
        self._gone += seconds
        self._page.clock.fast_forward(seconds * 1000)

    def _answer(self, route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        route.fulfill(response=answer, json={**told, "left": told["left"] - self._gone})


def let_in(context: BrowserContext, town: Town, claims: Mapping[str, object], left: int) -> None:
    """Somebody's session, that ends in so many seconds."""
    response = Response()
    began = time.time() - LIFETIME_S + left
    Sessions(Settings().secret, now=lambda: began).start(response, claims)
    value = response.headers["set-cookie"].split("=", 1)[1].split(";")[0]
    context.add_cookies([{"name": COOKIE, "value": value, "url": town.url, "httpOnly": True}])


def the_dialog(page: Page) -> Locator:
    return page.get_by_role("alertdialog")


@pytest.mark.parametrize(("path", "claims", "size", "scheme"), SURFACES)
def test_every_page_of_somebody_who_is_signed_in_tells_of_the_end(
    visit: Visit, town: Town, path: str, claims: dict[str, object], size: str, scheme: str
) -> None:
    page = visit(None, size=size, color_scheme=scheme)
    let_in(page.context, town, claims, left=100)
    page.goto(path)
    expect(the_dialog(page)).to_be_visible()
    expect(the_dialog(page)).to_have_accessible_name("Oturumunuz birazdan bitiyor")
    expect(the_dialog(page)).to_have_accessible_description(re.compile(r"bitiş saati: \d\d:\d\d"))
    axe(page)
    no_overflow(page)
    page.keyboard.press("Enter")  # the first thing that has focus keeps one in
    expect(the_dialog(page)).to_be_hidden()
    expect(page.locator("#said")).to_contain_text("uzatıldı")


def test_the_end_is_told_in_the_pages_language_and_to_nobody_else(visit: Visit, town: Town) -> None:
    page = visit("/mine", language="en")
    expect(page.locator("#d-session")).to_have_count(0)
    let_in(page.context, town, CITIZEN, left=100)
    page.goto("/mine")
    expect(the_dialog(page)).to_have_accessible_name("You will soon be signed out")


def test_a_session_is_warned_of_made_longer_once_and_then_ends(visit: Visit) -> None:
    page = visit(None, person="demo-citizen-Zeynep")
    clock = Clock(page)
    page.goto("/report")
    page.wait_for_selector("form[data-drawn]")
    words = page.locator("#text")
    words.press_sequentially("Parkta salıncağın")
    clock.passes(12 * HOUR_S - 200)
    expect(the_dialog(page)).to_be_hidden()
    clock.passes(100)
    expect(the_dialog(page)).to_be_visible()
    the_dialog(page).get_by_role("button", name="Oturumum sürsün").click()
    expect(the_dialog(page)).to_be_hidden()
    expect(words).to_be_focused()
    page.keyboard.type(" zinciri kopuk")
    expect(words).to_have_value("Parkta salıncağın zinciri kopuk")
    clock.passes(12 * HOUR_S - 100)
    expect(the_dialog(page)).to_be_hidden()
    clock.passes(100)
    expect(the_dialog(page)).to_contain_text("Artık uzatılamıyor")
    expect(the_dialog(page).get_by_role("button", name="Oturumum sürsün")).to_be_hidden()
    expect(the_dialog(page).get_by_role("link", name="Yeni sekmede giriş yap")).to_be_focused()
    clock.passes(120)
    expect(the_dialog(page)).to_have_accessible_name("Oturumunuz bitti")
    the_dialog(page).get_by_role("button", name="Girmeden kal").click()
    expect(words).to_be_focused()
    expect(words).to_have_value("Parkta salıncağın zinciri kopuk")
    clock.passes(60)
    expect(the_dialog(page)).to_be_hidden()


def test_what_was_let_end_is_told_again_when_it_has_ended(visit: Visit) -> None:
    page = visit(None, person="demo-citizen-Zeynep")
    clock = Clock(page)
    page.goto("/mine")
    page.wait_for_selector("html[data-ready]")
    clock.passes(12 * HOUR_S - 90)
    expect(the_dialog(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(the_dialog(page)).to_be_hidden()
    clock.passes(30)
    expect(the_dialog(page)).to_be_hidden()
    clock.passes(61)
    expect(the_dialog(page)).to_have_accessible_name("Oturumunuz bitti")


def test_signing_in_again_is_not_in_the_way_of_itself(visit: Visit, town: Town) -> None:
    page = visit(None)
    let_in(page.context, town, CITIZEN, left=100)
    page.goto("/sign-in")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#d-session")).to_have_count(0)


def test_what_one_tab_does_the_others_hear(visit: Visit, town: Town) -> None:
    one = visit(None)
    let_in(one.context, town, CITIZEN, left=100)
    other = visit("/mine", context=one.context)
    expect(the_dialog(other)).to_be_visible()
    one.goto("/")
    the_dialog(one).get_by_role("button", name="Oturumum sürsün").click()
    expect(the_dialog(one)).to_be_hidden()
    expect(the_dialog(other)).to_be_hidden()


def test_what_another_tab_did_unheard_is_asked_for_first(visit: Visit) -> None:
    page = visit(None, person="demo-citizen-Zeynep")
    page.clock.install()
    page.goto("/mine")
    page.wait_for_selector("html[data-ready]")
    with page.expect_response("**/session"):  # which says that hours are left
        page.clock.fast_forward((12 * HOUR_S - 90) * 1000)
    with page.expect_response("**/session"):  # so that it is hours until it is asked again
        page.clock.fast_forward((12 * HOUR_S - 90) * 1000)
    expect(the_dialog(page)).to_be_hidden()


def test_an_answer_from_before_does_not_take_back_what_was_done_since(
    visit: Visit, town: Town
) -> None:
    page = visit(None)
    let_in(page.context, town, CITIZEN, left=100)
    page.goto("/mine")
    expect(the_dialog(page)).to_be_visible()
    held: list[tuple[Route, APIResponse]] = []

    def late(route: Route) -> None:
        if route.request.method == "GET":
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/session", late)
    page.evaluate("dispatchEvent(new Event('focus'))")
    the_dialog(page).get_by_role("button", name="Oturumum sürsün").click()
    expect(the_dialog(page)).to_be_hidden()
    [(route, answer)] = held
    with page.expect_response("**/session"):
        route.fulfill(response=answer)
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    expect(the_dialog(page)).to_be_hidden()


def test_another_persons_session_is_not_this_pages(visit: Visit, town: Town) -> None:
    page = visit(None)
    let_in(page.context, town, CITIZEN, left=100)
    page.goto("/mine")
    expect(the_dialog(page)).to_be_visible()
    sign_in(visit(None, context=page.context), "demo-citizen-Emre")
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(the_dialog(page)).to_have_accessible_name("Oturumunuz bitti")
    the_dialog(page).get_by_role("button", name="Giriş yaptım").click()
    expect(the_dialog(page).get_by_role("alert")).to_contain_text("başka biri")
    sign_in(visit(None, context=page.context), "demo-citizen-Ayşe")
    the_dialog(page).get_by_role("button", name="Giriş yaptım").click()
    expect(the_dialog(page)).to_be_hidden()


def test_a_session_that_cannot_be_made_longer_now_says_so(visit: Visit, town: Town) -> None:
    page = visit(None)
    let_in(page.context, town, CITIZEN, left=100)
    page.goto("/mine")
    expect(the_dialog(page)).to_be_visible()
    page.route("**/session", lambda route: route.abort())
    the_dialog(page).get_by_role("button", name="Oturumum sürsün").click()
    expect(the_dialog(page).get_by_role("alert")).to_be_visible()
    page.unroute("**/session")
    the_dialog(page).get_by_role("button", name="Oturumum sürsün").click()
    expect(the_dialog(page)).to_be_hidden()
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the request that failed
