"""`sokak import requests`: a municipality's old requests, through intake's own API."""

from __future__ import annotations

import csv
import itertools
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
import yaml
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .calls import Address, CannotCall, Token, bearer
from .mapping import MappingFile, Unreadable, rows_of

app = typer.Typer(name="import", help="Take over a municipality's history.", no_args_is_help=True)

BATCH = 250
AT_ONCE = 2
PATIENCE_S = 600.0

Numbered = tuple[int, dict[str, str], dict[str, Any]]


@app.callback()
def _group() -> None:
    """Keeps `requests` a command of its own, so that others can stand beside it."""


@app.command()
def requests(
    file: Annotated[Path, typer.Argument(help="A CSV file with a line of column names.")],
    map: Annotated[Path, typer.Option("--map", help="The YAML file that maps its columns.")],
    refused: Annotated[
        Path | None, typer.Option(help="Where the rows go that could not be taken.")
    ] = None,
    url: Address = "http://127.0.0.1:8000",
    token: Token = None,
) -> None:
    """Import old requests. Harmless to repeat: each is known by its number in the old system."""
    console = Console(stderr=True)
    try:
        mapping = MappingFile.load(map)
        tally, rejects = take_over(file, mapping, url, token, console)
    except (CannotCall, Unreadable, OSError, yaml.YAMLError, ValidationError) as fault:
        console.print(f"[red]{fault}")
        raise typer.Exit(1) from None
    where = refused or Path(f"{file.name}.refused.csv")
    if rejects:
        _write(where, rejects)
    print(", ".join(f"{tally[name]:,} {name}" for name in ("accepted", "already", "refused")))
    for reason, number in Counter(reason for _, _, reason in rejects).most_common():
        print(f"  refused: {number:,} {reason}")
    if rejects:
        print(f"  rows and reasons: {where}")


def take_over(
    file: Path, mapping: MappingFile, url: str, token: str | None, console: Console
) -> tuple[Counter[str], list[tuple[int, dict[str, str], str]]]:
    """Send the file; what became of its rows, and those that were refused with the reason."""
    tally: Counter[str] = Counter()
    rejects: list[tuple[int, dict[str, str], str]] = []
    with file.open(encoding="utf-8-sig") as counted:
        total = sum(1 for _ in counted) - 1
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TimeRemainingColumn(),
    )
    began = time.monotonic()
    with (
        Progress(*columns, console=console) as progress,
        httpx.Client(base_url=url, timeout=60.0) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        bar = progress.add_task("requests", total=total, rate=0.0)
        headers = bearer(url, token)

        def finish(batch: list[Numbered], outcomes: list[dict[str, Any]]) -> None:
            for (line, row, _), outcome in zip(batch, outcomes, strict=True):
                tally[outcome["outcome"]] += 1
                if outcome["outcome"] == "refused":
                    rejects.append((line, row, outcome["reason"]))
            done = sum(tally.values())
            rate = done / (time.monotonic() - began)
            progress.update(bar, completed=done, rate=rate)

        waiting: list[tuple[list[Numbered], Future[list[dict[str, Any]]]]] = []
        for batch in _batches(rows_of(file, mapping), tally, rejects):
            waiting.append((batch, pool.submit(_send, client, headers, mapping.source, batch)))
            if len(waiting) > AT_ONCE:
                finish(waiting[0][0], waiting.pop(0)[1].result())
        for batch, outcomes in waiting:
            finish(batch, outcomes.result())
    return tally, rejects


def _batches(
    rows: Iterator[tuple[int, dict[str, str], Any]],
    tally: Counter[str],
    rejects: list[tuple[int, dict[str, str], str]],
) -> Iterator[list[Numbered]]:
    """Rows that can be sent, some at a time; the others are noted."""

    def readable() -> Iterator[Numbered]:
        for line, row, made in rows:
            if isinstance(made, Unreadable):
                tally["refused"] += 1
                rejects.append((line, row, str(made)))
            else:
                yield line, row, made

    numbered = readable()
    while batch := list(itertools.islice(numbered, BATCH)):
        yield batch


def _send(
    client: httpx.Client, headers: Callable[[], dict[str, str]], source: str, batch: list[Numbered]
) -> list[dict[str, Any]]:
    """Send a batch until it is answered: sending it again is harmless, and counts as once."""
    body = {"source": source, "rows": [row for _, _, row in batch]}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            answer = client.post("/api/requests/import", json=body, headers=headers() | key)
        except httpx.TransportError as error:
            fault = type(error).__name__
        else:
            if answer.status_code == 200:
                outcomes: list[dict[str, Any]] = answer.json()["rows"]
                return outcomes
            if answer.status_code < 500:
                return _by_halves(client, headers, source, batch, answer)
            fault = str(answer.status_code)
        if time.monotonic() > deadline:
            raise CannotCall(f"intake at {client.base_url} does not answer ({fault})")
        time.sleep(1.0)


def _by_halves(
    client: httpx.Client,
    headers: Callable[[], dict[str, str]],
    source: str,
    batch: list[Numbered],
    answer: httpx.Response,
) -> list[dict[str, Any]]:
    """Find the rows that a refused batch was refused for, or send less at once where it was too
    much (413). The page of `/admin` does the same (`libs/web/src/admin-history.js`).
    """
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    title = problem.get("title", answer.reason_phrase)
    if answer.status_code not in (413, 422):
        raise CannotCall(f"{answer.status_code}: {title}")
    if len(batch) == 1:
        faults = problem.get("errors") or ()
        reason = "; ".join(f"{one.get('field')}: {one.get('message')}" for one in faults)
        return [{"outcome": "refused", "reason": reason or title}]
    half = len(batch) // 2
    first, second = batch[:half], batch[half:]
    return [*_send(client, headers, source, first), *_send(client, headers, source, second)]


def _write(path: Path, rejects: list[tuple[int, dict[str, str], str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", *rejects[0][1]])
        writer.writerows([line, reason, *row.values()] for line, row, reason in rejects)
