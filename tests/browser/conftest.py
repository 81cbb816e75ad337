"""A town that browsers visit, and pages that fail a test for what nobody should overlook."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, Route

from tests.browser.town import ROOT, Town, a_town
from tests.conftest import own_servers

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = ROOT / "libs/web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SLUGS = ("kecioren", "altindag", "yenimahalle", "ankara")
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}

FOR_EVERYBODY = pytest.mark.parametrize(
    ("size", "language", "scheme"),
    [
        ("phone", "tr", "light"),
        ("phone", "en", "dark"),
        ("desktop", "tr", "dark"),
        ("desktop", "en", "light"),
    ],
)
"""Each size, language and scheme of colours with each of the others, if not all together."""

COUNTED = ("text/html", "text/css", "javascript", "geo+json")
"""Kinds that a page's budget is about; icons are counted by nobody."""

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; without it the tests fail, as they prove nothing without a browser."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGS}


@pytest.fixture(scope="session")
def town(pytestconfig: pytest.Config) -> Iterator[Town]:
    """Four services, four municipalities, on servers of their own."""
    with (
        own_servers(pytestconfig, "browser") as (kafka, mongo, directory),
        a_town(kafka, mongo, directory, SLUGS) as town,
    ):
        yield town


@pytest.fixture
def visit(browser: Browser, town: Town) -> Iterator[Visit]:
    """Opens pages in a browser of their own: `visit("/", size="phone", person="demo-…")`.

    A console error, a script's error or a request that leaves the origin fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(
        path: str | None = "/",
        *,
        size: str = "desktop",
        language: str = "tr",
        person: str | None = None,
        context: BrowserContext | None = None,
        **more: Any,
    ) -> Page:
        if context is None:
            context = browser.new_context(
                base_url=town.url,
                locale="tr-TR",
                timezone_id="Europe/Istanbul",
                viewport=SIZES[size],
                service_workers=more.pop("service_workers", "block"),
                **more,
            )
            contexts.append(context)
            context.route("**/*", lambda route: _same_origin(route, town.url, faults))
            cookie = {"name": "sokak_language", "value": language, "url": town.url}
            context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.on("console", lambda message: _console(message, faults))
        page.on("pageerror", lambda error: faults.append(f"script: {error.stack or error}"))
        if person:
            sign_in(page, person)
        if path is not None:
            page.goto(path)
        return page

    opened.faults = faults  # type: ignore[attr-defined]
    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(page: Page, person: str) -> None:
    """Sign in as a demo person, such as `demo-operator-kecioren` or `demo-citizen-Ayşe`."""
    citizen = person.startswith("demo-citizen")
    page.goto(f"/sign-in?for={'citizens' if citizen else 'staff'}&next=/sign-in")
    page.locator("[data-provider]").first.click()
    page.locator(f'button[value="{person}"]').click()
    page.wait_for_url("**/sign-in")


def console(
    visit: Visit, path: str = "/console", person: str = "demo-operator-kecioren", **more: Any
) -> Page:
    """A page of the console, once its scripts are there."""
    page = visit(path, person=person, **more)
    page.wait_for_selector("html[data-ready]")
    return page


def _same_origin(route: Route, url: str, faults: list[str]) -> None:
    asked = route.request.url
    if asked.startswith((url, "data:", "blob:")):
        route.continue_()
    else:
        faults.append(f"left the origin: {asked}")
        route.abort()


def _console(message: ConsoleMessage, faults: list[str]) -> None:
    if message.type == "error":
        faults.append(f"console: {message.text} {message.location.get('url', '')}")


def weighed(page: Page) -> dict[str, int]:
    """Bytes of each part of these kinds that the page loads from now on, as `gzip -9` has them."""
    sizes: dict[str, int] = {}

    def weigh(answer: Response) -> None:
        kind = answer.headers.get("content-type", "")
        if answer.ok and any(one in kind for one in COUNTED):
            sizes[answer.url] = len(gzip.compress(answer.body(), 9))

    page.on("response", weigh)
    return sizes


def map_drawn(page: Page) -> None:
    """The map, brought into sight until it is drawn: a page that loads may still scroll back."""
    page.wait_for_function(
        """() => {
            const map = document.querySelector(".map")
            map.scrollIntoView({ block: "center" })
            return "drawn" in map.dataset
        }""",
        polling=100,
    )


def stored(page: Page, base: str, store: str) -> list[Any]:
    """What the browser keeps in a store of one of its bases."""
    found: list[Any] = page.evaluate(
        """async ([name, store]) => {
            if (!(await indexedDB.databases()).some((one) => one.name === name)) return []
            const on = (asked) =>
                new Promise((done) => { asked.onsuccess = () => done(asked.result) })
            const base = await on(indexedDB.open(name))
            const found = await on(base.transaction(store).objectStore(store).getAll())
            base.close()
            return found
        }""",
        [base, store],
    )
    return found


def axe(page: Page) -> None:
    """No violation of WCAG 2.2 AA that a program can find."""
    page.evaluate(AXE.read_text("utf8"))
    run = f"axe.run(document, {{runOnly: {json.dumps(TAGS)}}})"
    violations = page.evaluate(run)["violations"]
    told = [
        {"id": one["id"], "at": [node["target"] for node in one["nodes"]][:5], "help": one["help"]}
        for one in violations
    ]
    assert told == [], json.dumps(told, ensure_ascii=False, indent=1)[:4000]


WIDE = """() => {
    const clipped = (one) => {
        const around = one.parentElement
        if (!around || around === document.body) return false
        return getComputedStyle(around).overflowX !== "visible" || clipped(around)
    }
    const named = (one) => `${one.tagName}#${one.id}.${one.getAttribute("class")}`
    return [...document.body.querySelectorAll("*")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth && !clipped(one))
        .map((one) => `${named(one)} to ${Math.round(one.getBoundingClientRect().right)}`)
}"""


def no_overflow(page: Page) -> None:
    """Nothing is wider than a phone of 320 pixels."""
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wide = page.evaluate(WIDE) if over > 0 else []
    if size:
        page.set_viewport_size(size)
    assert over <= 0, f"{page.url}: {over} px too wide at 320: {wide[:12]}"


def picture(page: Page, name: str, folder: Path = Path(".local/pictures")) -> Path:
    """A picture of the whole page, for people to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.png"
    page.screenshot(path=file, full_page=True)
    return file
