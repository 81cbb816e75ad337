"""The steps' pages on a real store: what is sent is saved, what is wrong stands by its field."""

from __future__ import annotations

import base64
import html
import io
import re
import zipfile
from typing import Any

import httpx

from libs.web.access import Access
from libs.web.caller import Caller
from services.routing.drafts import Drafts
from tests.integration.routing.conftest import SIGNER, tenant
from tests.unit.tenants.test_logo import logo_of, picture


class Step:
    """One step of one municipality, as a browser goes through it."""

    def __init__(self, browser: httpx.AsyncClient, drafts: Drafts, slug: str, code: str) -> None:
        self.browser, self.drafts, self.slug = browser, drafts, slug
        self.path = f"/admin/{slug}/steps/{code}"

    async def send(self, **fields: Any) -> httpx.Response:
        """Send the form with the guard that its page has."""
        page = await self.browser.get(self.path)
        assert page.status_code == 200, page.text
        return await self.browser.post(self.path, data={**guard_of(page), **fields})

    async def part(self, name: str) -> Any:
        """A part of the draft's document."""
        return (await self.drafts.seen(self.slug)).document.get(name)


def guard_of(page: httpx.Response) -> dict[str, str]:
    """What a page's form carries back."""
    seen = re.search(r'name="seen" value="([^"]+)"', page.text)
    assert seen is not None
    return {"seen": seen[1]}


async def begun(browser: httpx.AsyncClient, slug: str, drafts: Drafts, code: str) -> Step:
    fields = {"slug": slug, "name_tr": "Ad", "kind": "district"}
    made = await browser.post("/admin", data=fields)
    assert made.status_code == 303, made.text
    step = Step(browser, drafts, slug, code)
    whole = {name: told for name, told in tenant(slug).items() if name != "version"}
    del whole["working_hours"]
    await drafts.save(Access(Caller("platform", platform=True), slug), whole, None)
    return step


async def test_hours_and_holidays_are_saved_and_told_by_the_calculator(
    browser: httpx.AsyncClient, drafts: Drafts, slug: str
) -> None:
    step = await begun(browser, slug, drafts, "hours")
    await step.send(do="turkish")
    assert len(await step.part("holidays")) > 60
    assert await step.part("working_hours") is None
    wrong = await step.send(monday="8-17", tuesday="morning", date="", holiday_tr="Kurtuluş")
    assert wrong.status_code == 422
    assert 'id="tuesday-error"' in wrong.text
    assert 'id="date-error"' in wrong.text
    assert 'value="morning"' in wrong.text
    empty = await step.send()
    assert 'id="monday-error"' in empty.text
    own = {"date": "2027-03-08", "holiday_tr": "Kurtuluş", "half": "on", "gone": "2027-01-01"}
    done = await step.send(monday="8.30-12.30, 13.30-17.30", friday="8-12", **own)
    assert done.status_code == 303
    hours = await step.part("working_hours")
    assert hours["monday"] == [["08:30", "12:30"], ["13:30", "17:30"]]
    assert (hours["tuesday"], hours["friday"]) == ([], [["08:00", "12:00"]])
    days = {one["date"]: one for one in await step.part("holidays")}
    assert "2027-01-01" not in days
    assert days["2027-03-08"] == {
        "date": "2027-03-08",
        "name": {"tr": "Kurtuluş", "en": "Kurtuluş"},
        "half": True,
    }
    asked = {"moment": "2027-03-05T13:00", "minutes": "300"}
    page = (await browser.get(step.path, params=asked)).text
    assert "Due on Friday 12 March 2027 at 09:00" in page
    assert "Kurtuluş, counted until 13:00" in page
    assert "Saturday 6 March – Sunday 7 March: no working day" in page


async def test_rules_are_put_in_order_and_tried(
    browser: httpx.AsyncClient, drafts: Drafts, slug: str
) -> None:
    step = await begun(browser, slug, drafts, "rules")
    for one in await step.part("assignment_rules"):
        await step.send(do=f"remove:{one['code']}")
    assert not await step.part("assignment_rules")
    wrong = await step.send(reason_tr="Bir neden")
    assert wrong.status_code == 422
    assert 'id="text_contains-error"' in wrong.text
    assert 'id="goal-error"' in wrong.text
    first = {"categories": ["POTHOLE"], "types": ["request"], "goal": "FEN/YOL"}
    await step.send(**first, reason_tr="Çukura yol ekibi bakar")
    await step.send(text_contains="tehlike, acil", priority="urgent")
    rules = await step.part("assignment_rules")
    assert [one["code"] for one in rules] == ["cukura_yol_ekibi_bakar", "tehlike_acil"]
    assert (rules[0]["department"], rules[0]["team"]) == ("FEN", "YOL")
    assert rules[0]["reason"]["en"] == "Çukura yol ekibi bakar"
    assert rules[1]["when"]["text_contains"] == ["tehlike", "acil"]
    await step.send(do="up:tehlike_acil")
    await step.send(former="tehlike_acil", text_contains="tehlike", priority="high")
    rules = await step.part("assignment_rules")
    assert [one["code"] for one in rules] == ["tehlike_acil", "cukura_yol_ekibi_bakar"]
    assert (rules[0]["priority"], rules[0]["when"]["text_contains"]) == ("high", ["tehlike"])
    assert (await step.send(do="threshold", classifier_threshold="101")).status_code == 422
    await step.send(do="threshold", classifier_threshold="60")
    assert await step.part("classifier_threshold") == 0.6
    bench = f"/admin/{slug}/rules/bench"
    trial = {"text": "Yolda çukur var", "type": "request", "category": "POTHOLE"}
    assert 'id="unfit"' in (await browser.post(bench, data=trial)).text
    await Step(browser, drafts, slug, "hours").send(monday="8-17")
    tried = (await browser.post(bench, data=trial)).text
    assert 'data-category="POTHOLE"' in tried
    assert 'data-decided="cukura_yol_ekibi_bakar"' in tried
    assert 'data-department="FEN"' in tried
    lacking = await browser.post(bench, data={"text": "", "lat": "far"})
    assert lacking.status_code == 422
    assert 'id="text-error"' in lacking.text
    assert 'id="lat-error"' in lacking.text


async def test_colours_are_checked_by_the_server_and_shown_by_a_sheet(
    browser: httpx.AsyncClient, drafts: Drafts, slug: str
) -> None:
    step = await begun(browser, slug, drafts, "look")
    pale = await step.send(accent="#f0b429", plate="#6b1d2a", ground="30")
    assert pale.status_code == 422
    assert "1.9:1" in pale.text
    assert 'id="look-accent-error"' in pale.text
    await step.send(accent="#8A1538", plate="#6b1d2a", ground="20")
    assert await step.part("look") == {"accent": "#8a1538", "plate": "#6b1d2a", "ground": 20}
    sheet = await browser.get(f"/admin/{slug}/look.css")
    assert "--tenant-accent:#8a1538" in sheet.text
    await step.send(do="none")
    assert await step.part("look") is None
    assert "--tenant-accent:#0a5d5c" in (await browser.get(f"/admin/{slug}/look.css")).text


async def test_a_logo_is_drawn_anew_shown_before_and_after_and_taken_away(
    browser: httpx.AsyncClient, drafts: Drafts, slug: str
) -> None:
    step = await begun(browser, slug, drafts, "look")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for content, words in ((svg, "An SVG can hold programs"), (b"", "Choose a picture")):
        refused = await send_logo(step, content)
        assert refused.status_code == 422
        assert 'id="file-error"' in refused.text
        assert words in refused.text
    assert (await send_logo(step, picture(kind="JPEG", comment=b"MARK-7"))).status_code == 303
    first = await step.part("logo")
    assert b"MARK-7" not in base64.b64decode(first["png"])
    await step.send(accent="#8a1538", plate="#6b1d2a", ground="20")
    assert await step.part("logo") == first
    assert f"data:image/png;base64,{first['png']}" in (await browser.get(step.path)).text
    old = await browser.get(step.path)
    await send_logo(step, picture((500, 200)))
    second = await step.part("logo")
    late = await send_logo(step, picture((400, 400)), old)
    assert late.status_code == 409
    assert f'src="data:image/png;base64,{second["png"]}" alt="the old one"' in late.text
    kept = re.search(r'name="kept" value="([^"]*)"', late.text)
    assert kept is not None
    assert (await step.send(do="logo", kept=html.unescape(kept[1]))).status_code == 303
    assert (await step.part("logo"))["png"] == html.unescape(kept[1]) != second["png"]
    await step.send(do="no-logo")
    assert await step.part("logo") is None


async def test_a_logo_is_published_differs_in_pictures_and_is_taken_back(
    browser: httpx.AsyncClient, client: httpx.AsyncClient, drafts: Drafts, slug: str
) -> None:
    place, platform = f"/api/tenants/{slug}", SIGNER.platform()
    drawn = [logo_of(picture((400, side))).model_dump() for side in (400, 200)]
    for logo in drawn:
        done = await client.put(place, json=tenant(slug, logo=logo), headers=platform)
        assert done.status_code == 200, done.text
    older = (await browser.get(f"/admin/{slug}/versions/1")).text
    for logo, alt in zip(drawn, ("the new one", "the old one"), strict=True):
        assert f'src="data:image/png;base64,{logo["png"]}" alt="{alt}"' in older
    step = Step(browser, drafts, slug, "look")
    await step.send(do="no-logo", now="2")
    check = (await browser.get(f"/admin/{slug}/check")).text
    assert re.search(r'data-place="logo".*<del><img class="logo" src="data:image/png', check)
    packed = await browser.get(f"/admin/{slug}/file/published.zip")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
        assert files.read(f"{slug}.png") == base64.b64decode(drawn[1]["png"])
    sent = {"file": ("all.zip", packed.content)}
    guard = guard_of(await browser.get(f"/admin/{slug}/file"))
    await browser.post(f"/admin/{slug}/file", data=guard, files=sent)
    assert await step.part("logo") == drawn[1]
    await client.post(f"{place}/versions/1/restore", headers=platform)
    document = (await client.get(f"{place}/document", headers=platform)).json()
    assert document["logo"] == drawn[0]


async def test_own_words_are_kept_in_both_languages_and_checked(
    browser: httpx.AsyncClient, drafts: Drafts, slug: str
) -> None:
    step = await begun(browser, slug, drafts, "texts")
    wrong = await step.send(
        **{"texts-welcome-en": "Only English", "texts-email": "nobody", "texts-telephone": "<b>"}
    )
    assert wrong.status_code == 422
    for field in ("welcome-tr", "email", "telephone"):
        assert f'id="texts-{field}-error"' in wrong.text
    assert "Only English" in wrong.text
    hostile = "<img src=x onerror=alert(1)> & 112"
    saved = await step.send(
        **{"texts-welcome-tr": hostile, "texts-sent-tr": "Sağ olun", "texts-sent-en": "Thank you"},
        **{
            "texts-privacy-tr": "Bir.\r\n\r\nİki.",
            "texts-privacy_url": "https://ornek.bel.tr/kvkk",
        },
    )
    assert saved.status_code == 303, saved.text
    own = await step.part("texts")
    assert own["welcome"] == {"tr": hostile, "en": hostile}
    assert own["sent"] == {"tr": "Sağ olun", "en": "Thank you"}
    assert own["privacy"]["en"] == "Bir.\n\nİki."
    page = (await browser.get(step.path)).text
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; 112</textarea>" in page
    assert "<img src=x" not in page + (await browser.get(f"/admin/{slug}/check")).text
    assert await step.part("languages") == ["tr"]
    await step.send(english="en")
    assert await step.part("texts") is None
    assert await step.part("languages") == ["tr", "en"]


async def send_logo(
    step: Step, content: bytes, seen: httpx.Response | None = None
) -> httpx.Response:
    """Send a picture with the guard that the page has, or had."""
    page = seen or await step.browser.get(step.path)
    sent = {"file": ("logo.png", content)} if content else {"file": ("", b"")}
    return await step.browser.post(step.path, data={"do": "logo", **guard_of(page)}, files=sent)


async def test_pages_without_a_form_show_what_there_is(
    browser: httpx.AsyncClient, drafts: Drafts, slug: str
) -> None:
    step = await begun(browser, slug, drafts, "people")
    asked = {"role": "auditor", "department": "PRK"}
    page = (await browser.get(step.path, params=asked)).text
    assert f"{slug}/auditor\n{slug}/department/PRK" in page
    assert re.search(r'data-right="work" data-has="no"', page)
    assert (await browser.post(step.path, data={"seen": "0:0"})).status_code == 405
    for code in ("integrators", "history"):
        assert (await browser.get(f"/admin/{slug}/steps/{code}")).status_code == 200
