"""Webhooks as an administrator sees them: adding one, what came of it, sending again."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.browser.conftest import Visit, axe, no_overflow, picture
from tests.browser.town import Town

SLUG = "yenimahalle"
ADMIN, AUDITOR = f"demo-admin-{SLUG}", f"demo-auditor-{SLUG}"
PLACE = {"lat": 39.97, "lon": 32.79}


@dataclass
class Receiver:
    """A receiver of webhooks in a thread of its own."""

    url: str = ""
    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    its = Receiver()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            its.got.append(({name.lower(): told for name, told in self.headers.items()}, body))
            self.send_response(its.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    its.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield its
    server.shutdown()
    thread.join()
    server.server_close()


def _all_is_for_everybody(page: Page) -> None:
    page.wait_for_selector("html[data-ready]")
    axe(page)
    no_overflow(page)


def _added(page: Page, receiver: Receiver) -> str:
    """Add the receiver; the secret that is shown."""
    page.goto(f"/reports/webhooks?tenant={SLUG}")
    page.fill("#url", receiver.url)
    page.fill("#note", "Sınama")
    page.locator("form.act button").click()
    secret = page.locator("#secret").text_content()
    assert secret
    return secret


def test_an_administrator_adds_one_and_sees_what_comes_of_it(
    visit: Visit, town: Town, receiver: Receiver
) -> None:
    page = visit(f"/reports?tenant={SLUG}", person=ADMIN)
    page.get_by_role("link", name="Webhook’lar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Webhook’lar")
    page.fill("#url", "https://10.0.0.1/hook")
    page.locator("form.act button").click()
    expect(page.locator("#url-error")).to_contain_text("genel internette değil")
    expect(page.locator("#url")).to_have_value("https://10.0.0.1/hook")
    _all_is_for_everybody(page)
    visit.faults.clear()  # type: ignore[attr-defined]  # the browser tells of the 422

    secret = _added(page, receiver)
    assert secret.startswith("whsec_")
    _all_is_for_everybody(page)
    page.get_by_role("button", name="Deneme gönder").click()
    expect(page.locator("#tested")).to_contain_text("aldı")
    headers, body = receiver.got[0]
    assert Webhook(secret).verify(body, headers)["type"] == "webhook.test.v1"

    told = town.submit("Yolda çukur var", **PLACE)

    def came() -> Any:
        return [one for one in receiver.got[1:] if told["id"].encode() in one[1]]

    headers, body = town.until(came, "the public state at the receiver")[0]
    assert Webhook(secret).verify(body, headers)["subject"] == told["id"]

    def listed() -> bool:
        page.reload()
        return page.locator(f"tr:has-text('{told['id'][-12:]}')").count() > 0

    town.until(listed, "the delivery on the page")
    expect(page.locator("#secret")).to_have_count(0)
    expect(page.locator("tr[data-state=delivered]").first).to_contain_text("HTTP 204")
    seen = len(receiver.got)
    page.locator("tr[data-state=delivered] button").first.click()
    town.until(lambda: len(receiver.got) > seen, "the delivery once more")
    page.get_by_text("Kaldır", exact=True).first.click()
    page.locator("details button").click()
    expect(page.locator(f"text={receiver.url}")).to_have_count(0)


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everybody(
    visit: Visit, town: Town, receiver: Receiver, size: str, language: str, scheme: str
) -> None:
    """With one that fails: what waits and why is on the page."""
    receiver.status = 500
    page = visit(None, person=ADMIN, size=size, language=language, color_scheme=scheme)
    _added(page, receiver)
    there = re.sub(r"\?.*", "", page.url)
    hook = town.http.get(
        f"/api/webhooks?tenant={SLUG}", headers=town.token(f"{SLUG}/admin")
    ).json()[-1]
    address = f"/reports/webhooks/{hook['id']}?tenant={SLUG}"
    assert there.endswith("/reports/webhooks")
    for _ in range(2):
        town.submit("Çöp konteyneri dolmuş", **PLACE)

    def waits() -> bool:
        page.goto(address)
        return page.locator("tr[data-state=waiting]").count() > 0

    town.until(waits, "a delivery that waits")
    for path in (address, f"/reports/webhooks?tenant={SLUG}"):
        page.goto(path)
        _all_is_for_everybody(page)
        name = "webhook" if path == address else "webhooks"
        picture(page, f"{name}-{size}-{language}-{scheme}")
    town.http.delete(
        f"/api/webhooks/{hook['id']}?tenant={SLUG}", headers=town.token(f"{SLUG}/admin")
    )


def test_an_auditor_reads_and_changes_nothing(visit: Visit, receiver: Receiver) -> None:
    admin = visit(None, person=ADMIN)
    _added(admin, receiver)
    page = visit(f"/reports/webhooks?tenant={SLUG}", person=AUDITOR)
    expect(page.locator("#url")).to_have_count(0)
    page.locator("#webhooks a", has_text=receiver.url).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(receiver.url)
    expect(page.locator("main form")).to_have_count(0)
