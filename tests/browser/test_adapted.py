"""Pages as their readers change them: larger text, more space, fewer colours, no motion."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit, axe, no_overflow
from tests.browser.town import Town

SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
word-spacing: .16em !important; } p { margin-block-end: 2em !important; }"""
"""WCAG 2.2, success criterion 1.4.12."""

CITIZEN, OPERATOR, SUPERVISOR = (None, "demo-operator-kecioren", "demo-supervisor-kecioren")
PAGES = [
    ("/?tenant=kecioren", CITIZEN),
    ("/report?tenant=kecioren", CITIZEN),
    ("/requests?tenant=kecioren", CITIZEN),
    ("/help?tenant=kecioren", CITIZEN),
    ("/sign-in", CITIZEN),
    ("/console", OPERATOR),
    ("/console/call", OPERATOR),
    ("/reports?tenant=kecioren", SUPERVISOR),
]
EACH = pytest.mark.parametrize(("path", "person"), PAGES, ids=[path for path, _ in PAGES])


def _loaded(page: Page) -> None:
    page.wait_for_selector("html[data-ready]")


def _styled(page: Page, rules: str) -> None:
    """As a reader's own style sheet: the page's policy lets no page add one."""
    page.evaluate(
        """rules => {
            const sheet = new CSSStyleSheet()
            sheet.replaceSync(rules)
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
        }""",
        rules,
    )


@EACH
def test_more_space_and_twice_the_size_cut_nothing_off(
    visit: Visit, town: Town, path: str, person: str | None
) -> None:
    town.submit("Kaldırım taşları yerinden oynamış", category="ROAD_PAVEMENT")
    page = visit(path, person=person, size="phone")
    _loaded(page)
    _styled(page, SPACED)
    no_overflow(page)
    page.set_viewport_size({"width": 640, "height": 900})
    _styled(page, "html { font-size: 200% !important; }")
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, f"{over} px too wide with text twice as large"


@EACH
def test_a_reader_s_own_colours_and_stillness_are_kept(
    visit: Visit, town: Town, path: str, person: str | None
) -> None:
    page = visit(path, person=person, forced_colors="active", reduced_motion="reduce")
    _loaded(page)
    axe(page)
    moving = page.evaluate(
        """() => document.getAnimations().filter((one) => {
            const { duration, iterations } = one.effect.getComputedTiming()
            return duration > 10 || iterations > 1
        }).length"""
    )
    assert moving == 0
    page.keyboard.press("Tab")
    drawn = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle !== 'none'")
    assert drawn, "who uses his own colours sees where he is by the outline alone"
