"""Every page of `/admin` for every role: nothing shown is refused, nothing readable is hidden."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from libs.runtime.service import Service
from libs.web.access import Access
from libs.web.caller import Caller
from services.routing.drafts import Drafts
from services.routing.steps import STEPS
from tests.integration.routing.conftest import SIGNER, known, tenant

ROLES = ("platform", "admin", "auditor")
NOT_FOR = ("operator", "supervisor")
MAKES = ("item=~", "rule=~", "set")
"""Addresses that answer with a form for something new, which who only reads is not shown."""


@dataclass
class Form:
    """A form as a browser would send it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """Links and forms of a page. What is disabled is not sent; links that leave are not ours."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.links: set[str] = set()
        self.forms: list[Form] = []
        self.ids: set[str] = set()
        self._open: Form | None = None
        self._disabled = 0
        self._fieldsets: list[bool] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.ids.add(told.get("id", ""))
        if tag == "a":
            address = urljoin(self.address, told.get("href", "")).partition("#")[0]
            if urlsplit(address).path.startswith("/admin") and "lang=" not in address:
                self.links.add(address)
        elif tag == "form":
            action = urljoin(self.address, told.get("action", "")).partition("#")[0]
            self._open = Form(action, told.get("method", "get"))
            self.forms.append(self._open)
        elif tag == "fieldset":
            self._fieldsets.append("disabled" in told)
        elif any(self._fieldsets):
            return
        elif tag == "button":
            if self._open and told.get("type", "submit") == "submit":
                self._open.buttons.append(told)
        elif tag in ("input", "textarea", "select") and self._open and "name" in told:
            picked = told.get("type") not in ("checkbox", "radio", "file") or "checked" in told
            if picked:
                self._open.fields[told["name"]] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "fieldset":
            self._fieldsets.pop()


class Reader:
    """Somebody of a role, who looks at everything that he is shown."""

    def __init__(self, browser: httpx.AsyncClient, slug: str, role: str) -> None:
        self.browser, self.slug, self.role = browser, slug, role
        token = SIGNER.platform() if role == "platform" else SIGNER.staff(slug, role)
        self.headers = token

    async def page(self, address: str) -> tuple[httpx.Response, Page]:
        answer = await self.browser.get(address, headers=self.headers)
        return answer, Page(
            address, answer.text if "html" in answer.headers.get("content-type", "") else ""
        )

    async def pages(self) -> dict[str, Page]:
        """Every page that a link leads to, from the list of steps on; each is answered."""
        found: dict[str, Page] = {}
        ahead = [f"/admin/{self.slug}"]
        while ahead:
            address = ahead.pop()
            if address in found:
                continue
            answer, page = await self.page(address)
            assert answer.status_code == 200, (
                f"{self.role} is shown {address}: {answer.status_code}"
            )
            found[address] = page
            ahead += [one for one in page.links - found.keys() if self.slug in one]
        return found

    async def send(self, form: Form, button: dict[str, str]) -> httpx.Response:
        named = {button["name"]: button.get("value", "")} if "name" in button else {}
        action = urljoin(form.action, button.get("formaction", ""))
        sent = {**form.fields, **named}
        if form.method == "post":
            return await self.browser.post(action, data=sent, headers=self.headers)
        return await self.browser.get(action, params=sent, headers=self.headers)


@pytest.fixture
async def town(service: Service, drafts: Drafts, slug: str) -> str:
    """A municipality that is live in its second version, with a draft."""
    run = Access(Caller("platform", platform=True), slug)
    await drafts.begin(run, tenant(slug))
    for number, desk in enumerate(("BYH", "FEN", "PRK"), 1):
        seen = await drafts.seen(slug)
        await drafts.save(run, {"triage_department": desk}, seen.revision, seen.base)
        if number < 3:
            await drafts.publish(run, (await drafts.seen(slug)).revision)
            await known(service, slug, number)
    return slug


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_is_shown_that_is_refused(
    browser: httpx.AsyncClient, town: str, role: str
) -> None:
    reader = Reader(browser, town, role)
    pages = await reader.pages()
    sent = 0
    for address in sorted(pages):
        _, page = await reader.page(address)
        for place in range(len(page.forms)):
            buttons = page.forms[place].buttons
            for at in range(len(buttons)):
                _, fresh = await reader.page(address)  # what was sent before may have changed it
                if place >= len(fresh.forms) or at >= len(fresh.forms[place].buttons):
                    continue
                form = fresh.forms[place]
                answer = await reader.send(form, form.buttons[at])
                assert answer.status_code not in (401, 403, 404, 405), f"{address}: {form}"
                sent += 1
    assert sent > (10 if role != "auditor" else 3), sent


async def test_nothing_is_hidden_that_may_be_read(browser: httpx.AsyncClient, town: str) -> None:
    whole = set(await Reader(browser, town, "platform").pages())
    read = {one for one in whole if urlsplit(one).query.partition("&")[0] not in MAKES}
    assert {f"/admin/{town}/steps/{step.code}" for step in STEPS} <= whole
    assert f"/admin/{town}/versions/1" in whole
    assert set(await Reader(browser, town, "admin").pages()) == whole
    # A rule is shown in words; its form is for those who change it.
    shown = {one for one in read if "/steps/rules?rule=" not in one}
    assert set(await Reader(browser, town, "auditor").pages()) == shown


@pytest.mark.parametrize("role", NOT_FOR)
async def test_the_administration_is_not_for_those_who_work(
    browser: httpx.AsyncClient, town: str, role: str
) -> None:
    reader = Reader(browser, town, role)
    for address in await Reader(browser, town, "platform").pages():
        answer, page = await reader.page(address)
        assert answer.status_code == 403, address
        assert page.forms == []


async def test_who_only_reads_is_told_so_and_can_send_nothing_but_trials(
    browser: httpx.AsyncClient, town: str
) -> None:
    for address, page in (await Reader(browser, town, "auditor").pages()).items():
        if not page.address.endswith(".zip"):
            assert "read-only" in page.ids, address
        posts = [one.action for one in page.forms if one.method == "post" and one.buttons]
        assert set(posts) <= {f"/admin/{town}/rules/bench", "/sign-out"}, address
    for address, page in (await Reader(browser, town, "admin").pages()).items():
        assert "read-only" not in page.ids, address
