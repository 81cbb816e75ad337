"""How quick the pages are in a browser, beside their budgets: `python -m tests.bench.pages`.

Servers and services of its own, one municipality with weeks of requests, Debian's Chromium. Times
are printed and not judged, as they are the machine's; how far a page shifts while it loads is.
"""

from __future__ import annotations

import io
import os
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Page,
    expect,
    sync_playwright,
)
from rich.console import Console
from rich.table import Table

from libs.stack.private import native_stack
from services.cli.past import live_through
from tests.browser.conftest import ARGS, CHROMIUM, SIZES, sign_in
from tests.browser.town import Town, a_town

TENANT = "kecioren"
A_DAY = 30
OPERATOR, MANAGER = f"demo-operator-{TENANT}", f"demo-supervisor-{TENANT}"
SLOW = 4
"""How many times slower the processor is made, where nothing else is said."""

MOBILE = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 9e4}
"""A slow 4G net: 150 ms there and back for each call, 1.6 Mbit/s down."""

SHIFT_MOST = 0.05
KEYS = 60

FRAME = """
const drawn = (act) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => act(performance.now())
  port2.postMessage(0)
})
"""
"""`drawn(act)`: acts when the next frame has been painted, with the time."""

LOADED = """() => new Promise((done) => {
  const kinds = ["largest-contentful-paint", "layout-shift", "longtask"], seen = {}
  for (const type of kinds) {
    seen[type] = []
    const add = (list) => seen[type].push(...list.getEntries())
    new PerformanceObserver(add).observe({ type, buffered: true })
  }
  setTimeout(() => {
    const fcp = performance.getEntriesByName("first-contentful-paint")[0].startTime
    const sum = (all) => all.reduce((total, one) => total + one, 0)
    const late = seen.longtask.filter((one) => one.startTime + one.duration > fcp)
    done({
      fcp,
      lcp: Math.max(...seen["largest-contentful-paint"].map((one) => one.startTime)),
      cls: sum(seen["layout-shift"].filter((one) => !one.hadRecentInput).map((one) => one.value)),
      tbt: sum(late.map((one) => one.duration - 50)),
    })
  }, 500)
})"""


@dataclass(frozen=True)
class Figure:
    """What was measured, `values` in `unit`, and what it should be at most."""

    name: str
    unit: str
    values: Sequence[float]
    budget: str
    judged: float | None = None

    @property
    def over(self) -> bool:
        """Whether it is judged, and too large."""
        return self.judged is not None and max(self.values) > self.judged

    def row(self) -> tuple[str, ...]:
        """For the table: median, 95th percentile, largest."""
        ranked = sorted(self.values)
        p95 = ranked[max(0, round(0.95 * len(ranked)) - 1)]
        digits = 0 if self.unit == "ms" else 3 if not self.unit else 2
        shown = (statistics.median(ranked), p95, ranked[-1])
        told = tuple(f"{one:,.{digits}f}" for one in shown)
        return (self.name, *told, self.unit, self.budget)


class Visitors:
    """Browsers' tabs with an empty cache each."""

    def __init__(self, browser: Browser, town: Town) -> None:
        self._browser = browser
        self.town = town

    @contextmanager
    def page(
        self,
        size: str = "desktop",
        person: str | None = None,
        slow: int = SLOW,
        mobile: bool = False,
        **more: Any,
    ) -> Iterator[Page]:
        """A tab that is `slow` times slower from its first page on, signed in before."""
        context = self._browser.new_context(
            base_url=self.town.url,
            locale="tr-TR",
            timezone_id="Europe/Istanbul",
            viewport=more.pop("viewport", SIZES[size]),
            service_workers=more.pop("service_workers", "block"),
            **more,
        )
        try:
            page = context.new_page()
            if person:
                sign_in(page, person)
            _slowed(context, page, slow, mobile)
            yield page
        finally:
            context.close()


def _slowed(context: BrowserContext, page: Page, slow: int, mobile: bool) -> None:
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    if mobile:
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", MOBILE)


def loads(visitors: Visitors, times: int) -> Iterator[Figure]:
    """The first paint of four pages, and what holds its reader up."""
    for name, path, size, person in (
        ("home", f"/?tenant={TENANT}", "phone", None),
        ("report", f"/report?tenant={TENANT}", "phone", None),
        ("console", "/console", "desktop", OPERATOR),
        ("dashboard", "/reports", "desktop", MANAGER),
    ):
        phone = size == "phone"
        seen: dict[str, list[float]] = {}
        for _ in range(times):
            with visitors.page(size, person, mobile=phone) as page:
                page.goto(path)
                page.wait_for_selector("html[data-ready]")
                for key, value in page.evaluate(LOADED).items():
                    seen.setdefault(key, []).append(value)
        yield Figure(f"{name}: FCP", "ms", seen["fcp"], "1,500 mobile" if phone else "–")
        yield Figure(f"{name}: LCP", "ms", seen["lcp"], "2,000 mobile" if phone else "1,000")
        yield Figure(f"{name}: TBT", "ms", seen["tbt"], "150")
        yield Figure(f"{name}: CLS", "", seen["cls"], f"{SHIFT_MOST} (judged)", SHIFT_MOST)


def keys(visitors: Visitors) -> Iterator[Figure]:
    """From a key to the next frame in a list of 100 rows: two pages of the queue in one."""
    with visitors.page(person=OPERATOR) as page:
        page.goto("/console")
        page.wait_for_selector("html[data-ready]")
        _lengthen(page)
        rows = page.locator("tr[data-id]").count()
        page.evaluate(
            f"""() => {{
                {FRAME}
                window.took = []
                const began = (event) => drawn((at) => window.took.push(at - event.timeStamp))
                document.addEventListener("keydown", began, {{ capture: true }})
            }}"""
        )
        for number in range(KEYS):
            page.keyboard.press("x" if number % 3 == 2 else "j")
            page.wait_for_timeout(60)
        yield Figure(f"key to next frame, {rows} rows", "ms", page.evaluate("took"), "200")


def _lengthen(page: Page) -> None:
    """Put the next page's rows below."""
    page.evaluate(
        """async () => {
            const next = document.querySelector("a[rel=next]").href
            const told = await (await fetch(next, { headers: { Accept: "text/html" } })).text()
            const more = new DOMParser().parseFromString(told, "text/html")
            const body = [...document.querySelectorAll(".queue tbody")].at(-1)
            for (const row of more.querySelectorAll("tr[data-id]")) body.append(row)
        }"""
    )


def refresh(visitors: Visitors, times: int) -> Iterator[Figure]:
    """From the answer with all rows of the page until they are painted anew."""
    took = []
    with visitors.page(person=OPERATOR) as page:
        page.goto("/console")
        page.wait_for_selector("html[data-ready]")
        page.wait_for_timeout(500)
        rows = page.locator("tr[data-id]").count()
        for _ in range(times):
            took.append(page.evaluate(f"() => new Promise((done) => {{ {FRAME} {_REFRESHED} }})"))
    yield Figure(f"{rows} rows drawn anew by the live refresh", "ms", took, "400 of 100 rows")


_REFRESHED = """
performance.clearResourceTimings()
new MutationObserver((_, watch) => {
  watch.disconnect()
  drawn((at) => done(at - performance.getEntriesByType("resource")
    .findLast((one) => one.name.includes("/console/changed")).responseEnd))
}).observe(document.querySelector(".queue"), { childList: true, subtree: true })
document.body.dispatchEvent(new CustomEvent("changed", { detail: { gap: true } }))
"""


def maps(visitors: Visitors, times: int) -> Iterator[Figure]:
    """From the moment that the map comes into sight until it is drawn."""
    took = []
    for _ in range(times):
        low = {"width": 390, "height": 320}
        with visitors.page("phone", viewport=low) as page:
            page.goto(f"/?tenant={TENANT}")
            page.wait_for_selector("html[data-ready]")
            page.wait_for_load_state("networkidle")
            took.append(page.evaluate(f"() => new Promise((done) => {{ {FRAME} {_MAP_DRAWN} }})"))
    yield Figure("map usable after it comes into sight", "ms", took, "1,500")


_MAP_DRAWN = """
const map = document.querySelector(".map"), began = performance.now()
if ("drawn" in map.dataset) return done(0)
new MutationObserver(() => "drawn" in map.dataset && drawn((at) => done(at - began)))
  .observe(map, { attributes: true })
map.scrollIntoView({ block: "center", behavior: "instant" })
"""


def photos(visitors: Visitors, times: int) -> Iterator[Figure]:
    """A photo of 12 megapixels made small, at the machine's own speed."""
    photo = large_photo()
    took = []
    for _ in range(times):
        with visitors.page("phone", slow=1) as page:
            _to_the_photos(page)
            waited = page.evaluate_handle(
                f"""() => {{
                    {FRAME}
                    let began
                    document.querySelector("#photo").addEventListener("change", () => {{
                        began = performance.now()
                    }}, {{ capture: true }})
                    return {{ shown: new Promise((done) => new MutationObserver(() =>
                        document.querySelector(".photos img") && drawn((at) => done(at - began))
                    ).observe(document.body, {{ childList: true, subtree: true }})) }}
                }}"""
            )
            page.set_input_files("#photo", [_file(photo)])
            took.append(waited.evaluate("({ shown }) => shown"))
    size = len(photo) / 1e6
    yield Figure(f"photo of 12 MP ({size:.1f} MB) made small, CPU x1", "ms", took, "2,000")


def _file(photo: bytes) -> FilePayload:
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo}


def large_photo() -> bytes:
    """4,000 by 3,000 pixels with as much in them as a camera sees."""
    dice = random.Random(7)
    grain = Image.frombytes("RGB", (1000, 750), dice.randbytes(1000 * 750 * 3))
    out = io.BytesIO()
    grain.resize((4000, 3000), Image.Resampling.BICUBIC).save(out, "JPEG", quality=95)
    return out.getvalue()


def _to_the_photos(page: Page) -> None:
    page.goto(f"/report?tenant={TENANT}")
    page.wait_for_selector("[data-report][data-drawn]")
    page.locator("#text").fill(f"Kaldırım taşları yerinden oynamış {uuid.uuid4().hex[:6]}")
    page.locator('[data-step="what"] [data-next]').click()
    page.wait_for_selector("[data-place][data-drawn]")
    page.locator("#find").fill("tepebasi")
    page.locator("#find").press("Enter")
    expect(page.locator("[data-here]")).to_be_visible()
    page.locator('[data-step="where"] [data-next]').click()
    expect(page.locator('[data-step="more"]')).to_be_visible()


def queue(visitors: Visitors, times: int) -> Iterator[Figure]:
    """A report that was sent and loaded again without a net, from the net's return on."""
    took = []
    for _ in range(times):
        with visitors.page("phone", slow=1, service_workers="allow") as page:
            page.goto(f"/report?tenant={TENANT}")
            page.evaluate("navigator.serviceWorker.ready")
            _to_the_photos(page)
            page.locator('[data-step="more"] [data-next]').click()
            page.context.set_offline(True)
            page.locator("[data-send]").click()
            expect(page.locator("[data-send-told]")).to_be_visible()
            page.goto("/mine")
            expect(page.locator("[data-outbox] .waiting")).to_have_count(1)
            page.wait_for_timeout(5000)
            page.context.set_offline(False)
            began = time.perf_counter()
            expect(page.locator("[data-outbox] .waiting")).to_have_count(0, timeout=60_000)
            took.append(time.perf_counter() - began)
    yield Figure("offline queue sent after the net’s return", "s", took, "10")


def look_ups(town: Town, times: int) -> Iterator[Figure]:
    """What a form and a search box wait for, over HTTP, one caller."""
    point = {"lat": 39.9886, "lon": 32.8622}
    body = {"point": point, "text": "Kaldırım taşları yerinden oynamış"}
    page = town.http.get("/report", params={"tenant": TENANT})
    token = page.text.partition('name="csrf" content="')[2].partition('"')[0]
    form = {"X-CSRF-Token": token}
    staff = town.token(f"{TENANT}/operator")
    asked: tuple[tuple[str, Callable[[], Any]], ...] = (
        (
            "likely duplicates",
            lambda: town.http.post("/report/same", json=body, headers=form),
        ),
        ("search of the console: words", lambda: _found(town, staff, "kaldırım taşları")),
        ("search of the console: nothing", lambda: _found(town, staff, "yok böyle bir söz")),
        ("search of citizens", lambda: town.http.get("/search?q=te", params={"tenant": TENANT})),
    )
    for name, call in asked:
        took = []
        for _ in range(times):
            began = time.perf_counter()
            answer = call()
            took.append(1000 * (time.perf_counter() - began))
            assert answer.is_success, answer.text
        yield Figure(f"{name}, HTTP", "ms", took, "300 (p95)")


def _found(town: Town, headers: dict[str, str], words: str) -> Any:
    asked = {"tenant": TENANT, "q": words}
    return town.http.get("/console", params=asked, headers=headers | {"Accept": "text/html"})


def measured(town: Town, times: int) -> Iterator[Figure]:
    """All figures, one after the other."""
    yield from look_ups(town, 20 * times)
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        visitors = Visitors(browser, town)
        yield from loads(visitors, times)
        yield from keys(visitors)
        yield from refresh(visitors, times)
        yield from maps(visitors, times)
        yield from photos(visitors, times)
        yield from queue(visitors, times)
        browser.close()


def table(figures: Sequence[Figure]) -> Table:
    """Everything for people."""
    shown = Table("what", "median", "p95", "most", "", "budget", box=None)
    for figure in figures:
        shown.add_row(*figure.row(), style="red" if figure.over else None)
    return shown


def main(times: int = 5) -> None:
    """Measure each page so many times and print the table."""
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="sokak-pages-"))
    with native_stack(folder) as (kafka, mongo), a_town(kafka, mongo, folder, (TENANT,)) as town:
        live_through(town.url, lambda: town.token("platform"), {TENANT: A_DAY})
        _settled(town)
        figures = []
        for figure in measured(town, times):
            console.print(*figure.row(), sep="  ")
            figures.append(figure)
    load = os.getloadavg()[0]
    console.print(f"\nCPU x{SLOW} but where it says x1; load of the machine {load:.1f}")
    console.print(table(figures))
    if any(figure.over for figure in figures):
        raise typer.Exit(1)


def _settled(town: Town) -> None:
    """Until the report counts what was taken over."""
    headers, seen = town.token(f"{TENANT}/supervisor"), [-1]

    def still() -> bool:
        time.sleep(2.0)
        told = town.http.get("/api/reports/summary", headers=headers).json()["figures"]
        seen.append(told["opened"])
        return seen[-1] == seen[-2] > 0

    town.until(still, "figures that stand still", 300.0)


if __name__ == "__main__":
    typer.run(main)
