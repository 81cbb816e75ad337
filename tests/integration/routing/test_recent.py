"""The draft's rules tried on the last requests of a real store, as the page tells it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from libs.events import Event
from libs.runtime.clock import new_id
from libs.runtime.rule import Command
from libs.runtime.service import Service
from libs.web.access import Access
from libs.web.caller import Caller
from services.routing import queries
from services.routing.admin.trial import WITHIN
from services.routing.consumers import RULES
from services.routing.drafts import Drafts
from services.routing.store import DECISIONS
from tests.integration.routing.conftest import SIGNER, known, tenant
from tests.unit.routing.examples import said, submitted

RUN = Caller("platform", platform=True)


async def publish(service: Service, drafts: Drafts, slug: str) -> None:
    access = Access(RUN, slug)
    await drafts.begin(access, tenant(slug))
    await drafts.publish(access, (await drafts.seen(slug)).revision)
    await known(service, slug, 1)


async def decided(service: Service, slug: str, text: str, **ask: Any) -> str:
    """A request that has been decided by the rules as they are."""
    id = new_id()
    events: tuple[Event, ...] = (submitted(tenant=slug, **ask), said(text))
    for event in events:

        def decide(state: Any, context: Any, event: Event = event) -> Any:
            return RULES[type(event)](state, event, context)

        await service.execute(Command(new_id(), id, slug, decide, aggregate=DECISIONS.collection))
    return id


def counts(page: str) -> dict[str, int]:
    return {name: int(told) for name, told in re.findall(r'data-count="(\w+)">(\d+)<', page)}


async def test_the_page_tells_which_of_the_last_requests_would_go_elsewhere(
    browser: httpx.AsyncClient,
    service: Service,
    drafts: Drafts,
    slug: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.routing.recent.IN_FORCE_AFTER", timedelta(0))
    address = f"/admin/{slug}/steps/rules?recent=1"
    await publish(service, drafts, slug)
    page = (await browser.get(address)).text
    assert "None of your requests was decided in that time" in page
    moved = await decided(service, slug, "Yolda çukur var", category="POTHOLE", neighbourhood="1")
    await decided(service, slug, "Okulda çim biçilmeli", category="PARK", neighbourhood="1")
    await decided(service, slug, "Yolda çukur var", neighbourhood="2")
    other = f"{slug}x"
    await publish(service, drafts, other)
    stranger = await decided(service, other, "Yolda çukur var", category="POTHOLE")
    page = (await browser.get(address)).text
    assert counts(page) == {"moved": 0, "same": 3, "phrases": 0, "keywords": 0}

    rules = [
        {"code": "a", "when": {"categories": ["POTHOLE"], "neighbourhoods": ["1"]}},
        {"code": "b", "when": {"categories": ["PARK"], "text_contains": ["okul"]}},
    ]
    seen = await drafts.seen(slug)
    added = [one | {"department": "BYH", "priority": "high"} for one in rules]
    run = Access(RUN, slug)
    before = list(seen.document["assignment_rules"])
    await drafts.save(run, {"assignment_rules": [*added, *before]}, seen.revision, seen.base)
    for headers in (SIGNER.platform(), SIGNER.staff(slug, "auditor")):
        page = html.unescape((await browser.get(address, headers=headers)).text)
        assert counts(page) == {"moved": 1, "same": 1, "phrases": 1, "keywords": 0}
        [row] = re.findall(r'<tr data-request="([^"]+)">(.*?)</tr>', page, re.DOTALL)
        assert row[0] == moved
        assert re.search(r"Fen İşleri.*Halkla İlişkiler.*high", row[1], re.DOTALL | re.I)
        assert "Okulda" not in page, "no word of a citizen is there to be shown"
        assert stranger not in page
    found = await queries.recent(service, slug, service.now() - WITHIN, 2)
    assert [id for id, _ in found] == sorted((id for id, _ in found), reverse=True)
    assert len(found) == 2
    assert await queries.recent(service, slug, service.now(), 2) == []
