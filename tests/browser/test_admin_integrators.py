"""Other systems in a browser: let in with key and account, shown once, renewed, shut out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, axe, no_overflow, picture
from tests.browser.town import Town
from tests.integration.accounts.outsider import BAD_PASSWORD, Outsider, console_consumer

PAGE = "/admin/altindag/steps/integrators"
TOPIC = "public.altindag.requests"
IN_ALTINDAG = {"lat": 39.9697, "lon": 32.9083}


@pytest.fixture
def name() -> str:
    """A system of this test alone."""
    return f"app-{uuid.uuid4().hex[:8]}"


def let_in(page: Page, name: str, *, without: tuple[str, ...] = ()) -> None:
    page.fill("#name", name)
    for scope in without:
        page.locator(f'[data-add] [value="{scope}"]').uncheck()
    page.press("#name", "Enter")
    expect(page.locator("[data-secrets]")).to_be_focused()


def row(page: Page, name: str) -> Locator:
    return page.locator(f'li[data-name="{name}"]')


def told(page: Page) -> Outsider:
    """Somebody with the account that the page shows."""
    return Outsider(*(page.input_value(f"#{field}") for field in ("servers", "user", "password")))


def becomes(town: Town, outsider: Outsider, wanted: str) -> None:
    """The broker hears of a change in an instant, but not in the same one."""
    town.until(lambda: outsider.reads(TOPIC) == wanted, f"{wanted} for {outsider.user}")


def run(folder: Path, command: str, properties: str) -> str:
    """What the page's command prints with the page's file beside it, until a record has come."""
    console_consumer(folder)
    (folder / "client.properties").write_text(properties)
    found = subprocess.run(
        ["sh", "-c", f"{command} --max-messages 1 --timeout-ms 40000"],
        cwd=folder,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return found.stdout + found.stderr


def test_key_and_account_are_shown_once_and_run_as_they_stand(
    visit: Visit, town: Town, name: str, tmp_path: Path
) -> None:
    town.submit("Ağaç dalı kırıldı", **IN_ALTINDAG)
    page = visit(None, person="demo-admin-altindag")
    page.goto(PAGE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    let_in(page, name)
    axe(page)
    no_overflow(page)
    expect(page.locator("#api_key")).to_have_value(re.compile(rf"^altindag\.{name}\."))
    expect(page.locator("#user")).to_have_value(f"altindag.{name}")
    expect(page.locator("#topic")).to_have_value(TOPIC)
    expect(page.locator("#group_prefix")).to_have_value(f"altindag.{name}.")
    expect(page.locator("#servers")).to_have_value(re.compile(r"^127\.0\.0\.1:\d+$"))
    page.get_by_role("button", name="Kopyala: Parola").press("Enter")
    password = page.input_value("#password")
    expect(page.locator("#said")).to_have_text("Kopyalandı.")
    assert page.evaluate("navigator.clipboard.readText()") == password
    properties, command = page.input_value("#properties"), page.input_value("#command")
    becomes(town, told(page), "ok")
    record = run(tmp_path, command, properties)
    assert re.search(r'"tenant": ?"altindag".*"tracking_number"', record), record
    expect(row(page, name)).to_contain_text("Kafka hesabı: açık")
    page.reload()
    expect(row(page, name)).to_be_visible()
    expect(page.locator("[data-secrets]")).not_to_be_visible()
    assert password not in page.content()


def test_secrets_are_renewed_and_who_is_shut_out_is_out(
    visit: Visit, town: Town, name: str
) -> None:
    town.submit("Ağaç dalı kırıldı", **IN_ALTINDAG)
    page = visit(None, person="demo-admin-altindag")
    page.goto(PAGE)
    answers = ["dismiss"]
    page.on("dialog", lambda dialog: getattr(dialog, answers[0])())
    let_in(page, name)
    first = told(page)
    becomes(town, first, "ok")
    renew = row(page, name).get_by_role("button", name=f"Gizli bilgileri yenile: {name}")
    renew.click()
    expect(page.locator("#password")).to_have_value(first.password)
    answers[0] = "accept"
    renew.click()
    expect(page.locator("#password")).not_to_have_value(first.password)
    expect(page.locator("[data-secrets]")).to_be_focused()
    second = told(page)
    becomes(town, second, "ok")
    assert first.reads(TOPIC) == BAD_PASSWORD
    row(page, name).get_by_role("button", name=f"Kaldır: {name}").press("Enter")
    expect(row(page, name)).to_have_count(0)
    expect(page.locator("[data-secrets]")).not_to_be_visible()
    becomes(town, second, BAD_PASSWORD)


def test_without_the_right_to_subscribe_there_is_a_key_and_no_account(
    visit: Visit, name: str
) -> None:
    page = visit(None, person="demo-admin-altindag")
    page.goto(PAGE)
    let_in(page, name, without=("subscribe", "updates"))
    expect(page.locator("#api_key")).to_be_visible()
    expect(page.locator("[data-kafka]")).not_to_be_visible()
    expect(row(page, name)).to_contain_text("Başvuru gönderme")
    expect(row(page, name).locator("[data-standing]")).to_have_count(0)


def test_an_older_ones_rights_are_changed(visit: Visit, town: Town, name: str) -> None:
    town.submit("Ağaç dalı kırıldı", **IN_ALTINDAG)
    page = visit(None, person="demo-admin-altindag")
    page.goto(PAGE)
    page.on("dialog", lambda dialog: dialog.accept())
    let_in(page, name, without=("subscribe",))
    opener = row(page, name).get_by_role("button", name=f"Yetkileri değiştir: {name}")
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    subscribe = row(page, name).locator('[value="subscribe"]')
    expect(row(page, name).locator('[value="submit"]')).to_be_focused()
    axe(page)
    no_overflow(page)
    picture(page, "admin-integrators-change")
    subscribe.check()
    row(page, name).get_by_role("button", name="Kaydet", exact=True).click()
    expect(page.locator("[data-secrets]")).to_be_focused()
    expect(page.locator("#api_key")).not_to_be_visible()
    outsider = told(page)
    becomes(town, outsider, "ok")
    expect(row(page, name)).to_contain_text("Kafka hesabı: açık")
    opener.click()
    subscribe.uncheck()
    row(page, name).get_by_role("button", name="Kaydet", exact=True).click()
    expect(opener).to_be_focused()
    expect(row(page, name).locator("[data-standing]")).to_have_count(0)
    expect(page.locator("[data-secrets]")).not_to_be_visible()
    becomes(town, outsider, BAD_PASSWORD)


def test_what_is_wrong_is_said_and_asking_again_is_the_repair(visit: Visit, name: str) -> None:
    page = visit(None, person="demo-admin-altindag")
    page.goto(PAGE)
    failed = page.locator("[data-failed]")
    page.fill("#name", "Kötü Ad")
    page.press("#name", "Enter")
    expect(failed).to_contain_text("Bir ad gerekli")
    away = {"type": "/problems/account-not-changed", "title": "Kafka…", "status": 503}
    page.route(
        "**/api/integrators?*",
        lambda route: (
            route.fulfill(
                status=503, content_type="application/problem+json", body=json.dumps(away)
            )
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.fill("#name", name)
    page.press("#name", "Enter")
    expect(failed).to_contain_text("Kafka yanıt vermiyor")
    expect(page.locator("[data-secrets]")).not_to_be_visible()
    expect(page.locator("#name")).to_have_value(name)
    axe(page)
    page.unroute("**/api/integrators?*")
    let_in(page, name)
    expect(failed).not_to_be_visible()
    page.fill("#name", name)
    page.press("#name", "Enter")
    expect(failed).to_contain_text("Bu adda bir sistem zaten var")
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the refusals


@pytest.mark.parametrize(
    ("size", "language", "scheme"),
    [("phone", "tr", "light"), ("phone", "en", "dark"), ("desktop", "en", "light")],
)
def test_secrets_are_for_everybody(
    visit: Visit, name: str, size: str, language: str, scheme: str
) -> None:
    page = visit(None, size=size, language=language, person="demo-platform", color_scheme=scheme)
    page.goto(PAGE)
    let_in(page, name)
    axe(page)
    no_overflow(page)
    picture(page, f"admin-integrators-{size}-{scheme}-{language}")
