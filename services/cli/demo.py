"""`sokak demo`: everything from nothing, then life in Ankara until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from libs.stack import StackError, find_or_start, running, stop
from libs.stack.ports import is_free
from libs.stack.private import make_topics

from . import tenant
from .calls import CannotCall, bearer
from .history import take_over
from .mapping import MappingFile
from .past import live_through
from .simulate import ANKARA, Town

DEPLOY = Path(__file__).parents[2] / "deploy"
SAMPLE = DEPLOY / "samples/nyc311_2026_sample.csv"
SERVICES = ("intake", "routing", "crm", "reporting")
READY_WITHIN_S = 60.0
A_DAY = {"kecioren": 40, "yenimahalle": 14, "mamak": 12, "altindag": 10, "cankaya": 10}
"""Invented requests a day, by tenant."""

SHOWN = [*ANKARA.split(","), "ankara", "nyc-brooklyn", "nyc-queens", "nyc-manhattan", "nyc-bronx"]

console = Console()


def demo(
    port: Annotated[int, typer.Option(envvar="SOKAK_PORT")] = 8000,
    rate: Annotated[float, typer.Option(help="Simulated requests a second.")] = 0.5,
    history: Annotated[bool, typer.Option(help="Invent five weeks before today.")] = True,
    new_york: Annotated[bool, typer.Option(help="Import New York's sample, too.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Stop after so long.")] = None,
) -> None:
    """Stack, services, tenants, history, simulated people; Ctrl-C stops all that was started."""
    if not is_free(port):
        console.print(f"[red]port {port} is taken, perhaps by another demo; choose one with --port")
        raise typer.Exit(1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    url = f"http://127.0.0.1:{port}"
    began = time.monotonic()
    ours = running() is None
    served: subprocess.Popen[bytes] | None = None
    try:
        stack = find_or_start(say=console.print)
        make_topics(stack.kafka)
        served = _serve(port)
        _wait_ready(url, served)
        console.print(f"services answer at {url}")
        _tenants(url)
        if history:
            _weeks(url)
        if new_york:
            _history(url)
        if history or new_york:
            _catch_up(url)
        _addresses(url, time.monotonic() - began)
        with suppress(KeyboardInterrupt):
            asyncio.run(_live(url, rate, seconds))
    except (StackError, CannotCall) as fault:
        console.print(f"[red]{fault}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        pass
    finally:
        console.print("stopping ...")
        if served is not None:
            _end(served)
        if ours:
            stop(say=console.print)


def _serve(port: int) -> subprocess.Popen[bytes]:
    """The services in a process of their own, deaf to this terminal's Ctrl-C."""
    issuer = f"http://127.0.0.1:{port}/identity"
    log = Path(os.environ.get("SOKAK_LOCAL") or DEPLOY.parent / ".local") / "services.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "services.cli", "serve", "--port", str(port)],
            cwd=DEPLOY.parent,
            env={**os.environ, "SOKAK_ISSUER": issuer},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def _wait_ready(url: str, served: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if served.poll() is not None:
            raise CannotCall("the services ended at once; .local/services.log says why")
        with suppress(httpx.TransportError):
            if all(httpx.get(f"{url}/{name}/ready").is_success for name in SERVICES):
                return
        time.sleep(0.3)
    raise CannotCall("the services are not ready; .local/services.log says why")


def _tenants(url: str) -> None:
    files = sorted((DEPLOY / "tenants").glob("*.yaml"))
    tenant.apply(files, url=url, token=None)
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:  # intake hears of them over Kafka
        if len(httpx.get(f"{url}/api/tenants").json()) >= len(files):
            return
        time.sleep(0.2)


def _weeks(url: str) -> None:
    console.print("inventing five weeks of Ankara's requests ...")
    console.print(f"{live_through(url, bearer(url, None), A_DAY):,} requests taken over")


def _history(url: str) -> None:
    console.print("importing eleven weeks of New York's requests ...")
    mapping = MappingFile.load(SAMPLE.with_name("nyc311.map.yaml"))
    tally, _ = take_over(SAMPLE, mapping, url, None, console)
    console.print(", ".join(f"{number:,} {what}" for what, number in tally.items()))


def _catch_up(url: str) -> None:
    """Wait until what was imported has gone through all services."""
    with console.status("the services work through it ...") as status:
        while waiting := sum(_lag(url, name) for name in SERVICES):
            status.update(f"the services work through it: {waiting:,} records left")
            time.sleep(1.0)


def _lag(url: str, name: str) -> int:
    """Records that a service has yet to consume, and commits that it has yet to send."""
    lines = httpx.get(f"{url}/{name}/metrics", timeout=30.0).text.splitlines()
    wanted = ("sokak_lag_records{", "sokak_outbox_documents{")
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines if line.startswith(wanted))


def _addresses(url: str, seconds: float) -> None:
    console.print(f"\n[bold]Sokak runs[/bold], {seconds:.0f} s after you typed it.\n")
    for line in (
        f"  citizens       {url}/?tenant=kecioren",
        f"  console        {url}/console",
        f"  reports        {url}/reports   ({url}/reports?group=ankara)",
        f"  administration {url}/admin",
        f"  operations     {url}/ops",
        f"  developers     {url}/developers   ({url}/open-data)",
        f"  API documents  {url}/intake/openapi.json (routing, crm, reporting alike)",
        f"  health         {url}/intake/stuck    {url}/intake/metrics\n",
    ):
        console.print(line, soft_wrap=True)
    console.print("Sign in as one of the demo people (no password):")
    for line in (
        "  Demo Ayşe, Mehmet, Zeynep, Emre          citizens",
        "  Demo Operatör / Sorumlu (Keçiören)        console and reports",
        "  Demo Yönetici (Keçiören)                  its pages of administration, webhooks",
        "  Demo Platform Ekibi                       every municipality, operations\n",
    ):
        console.print(line, soft_wrap=True, highlight=False)
    body = '{"text": "Sokağımızda çukur var", "point": {"lat": 39.98, "lon": 32.86}}'
    for line in (
        f"curl -s {url}/api/requests -H 'content-type: application/json' -d '{body}'",
        f"TOKEN=$(.venv/bin/sokak token --tenant kecioren --role operator --issuer {url}/identity)",
        f'curl -s {url}/api/tasks -H "authorization: Bearer $TOKEN"',
        f'curl -s {url}/api/reports/summary -H "authorization: Bearer $TOKEN"',
    ):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print("\nSimulated citizens and operators act in Ankara. Ctrl-C stops everything.\n")


async def _live(url: str, rate: float, seconds: float | None) -> None:
    headers = bearer(url, None)
    town = Town(url, headers, ANKARA.split(","))
    life = asyncio.create_task(town.live(rate))
    end = time.monotonic() + seconds if seconds else float("inf")
    try:
        async with httpx.AsyncClient(base_url=url, timeout=10.0) as http:
            with Live(console=console, refresh_per_second=2) as live:
                while time.monotonic() < end and not life.done():
                    shown = await asyncio.to_thread(headers)
                    live.update(await _counts(http, shown, town))
                    await asyncio.sleep(2.0)
    finally:
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life


async def _counts(http: httpx.AsyncClient, headers: dict[str, str], town: Town) -> Group:
    did = ", ".join(f"{number} {what}" for what, number in sorted(town.tally.items()))
    table = Table("tenant", "opened", "closed", "open now", "overdue", box=None)
    for slug in SHOWN:
        figures = await _figures(http, headers, slug)
        columns = ("opened", "closed", "open_now", "overdue")
        table.add_row(slug, *(str(figures.get(name, "")) for name in columns))
    return Group(table, did)


async def _figures(http: httpx.AsyncClient, headers: dict[str, str], slug: str) -> dict[str, Any]:
    try:
        answer = await http.get(
            "/api/reports/summary",
            params={"tenant": slug, "from": "2026-04-01"},
            headers=headers,
        )
    except httpx.TransportError:
        return {}
    return dict(answer.json()["figures"]) if answer.is_success else {}


def _end(served: subprocess.Popen[bytes]) -> None:
    served.terminate()
    try:
        served.wait(30)
    except subprocess.TimeoutExpired:
        served.kill()
        served.wait()
