"""`sokak dead`: records that were put aside, and how they go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .calls import ADDRESS, Address, Token, answer, client

app = typer.Typer(
    name="dead", help="Dead letters: list, repair, replay, discard.", no_args_is_help=True
)

PAGE = 500


class Of(StrEnum):
    """A service that keeps dead letters."""

    INTAKE = "intake"
    ROUTING = "routing"
    CRM = "crm"
    REPORTING = "reporting"


Service = Annotated[Of | None, typer.Option(help="Whose; all four where none is named.")]
Owner = Annotated[Of, typer.Option("--service", help="Whose it is.")]
Id = Annotated[str, typer.Argument(help="topic:partition:offset, as `list` shows it.")]


@app.command("list")
def list_(
    service: Service = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """What is parked, the oldest first, with reason and bytes."""
    console = Console()
    table = Table("service", "id", "key", "reason", "since", "value", box=None)
    with client(url, token) as caller:
        for name in [service] if service else list(Of):
            for row in _all(caller, name):
                if as_json:
                    print(json.dumps({"service": name.value, **row}, ensure_ascii=False))
                else:
                    told = (row["id"], row["key"], row["reason"], row["at"], _short(row))
                    table.add_row(name.value, *(_harmless(text) for text in told))
    if not as_json:
        console.print(table if table.row_count else "Nothing is parked.")


@app.command()
def show(id: Id, service: Owner, url: Address = ADDRESS, token: Token = None) -> None:
    """One of them as JSON: whole, and in the form that `repair` takes."""
    with client(url, token) as caller:
        row = answer(caller, "GET", _place(service, id))
    typer.echo(json.dumps(row, ensure_ascii=False, indent=2))


@app.command()
def repair(
    id: Id,
    service: Owner,
    file: Annotated[
        Path,
        typer.Option(
            "--with", help='JSON: {"data": …, "headers": {"ce_type": "…"}}; or data alone.'
        ),
    ],
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Keep a corrected form beside the original; `replay` then uses it."""
    try:
        body = json.loads(file.read_text())
    except (OSError, ValueError) as fault:
        typer.echo(f"{file}: {fault}", err=True)
        raise typer.Exit(1) from None
    if not (isinstance(body, dict) and "data" in body and set(body) <= {"data", "headers"}):
        body = {"data": body}
    with client(url, token) as caller:
        answer(caller, "POST", f"{_place(service, id)}/repair", body)
    typer.echo(f"{id}: repaired; now `sokak dead replay {id} --service {service.value}`")


@app.command()
def replay(
    id: Id,
    service: Owner,
    accept_gap: Annotated[
        bool, typer.Option("--accept-gap", help="Give up waiting for an event that never comes.")
    ] = False,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Send all that is parked under its key through the ordinary path, in order."""
    with client(url, token) as caller:
        place = f"{_place(service, id)}/replay"
        went = answer(caller, "POST", place, {"accept_gap": accept_gap})["applied"]
    typer.echo(f"{id}: {went} applied")
    if not went:
        raise typer.Exit(1)


@app.command()
def discard(
    service: Owner,
    reason: Annotated[str, typer.Option(help="Why they are given up; it is kept.")],
    ids: Annotated[list[str] | None, typer.Argument(help="topic:partition:offset, any.")] = None,
    parked_for: Annotated[
        str | None,
        typer.Option(help="Instead of ids: all whose reason is like this, `data_invalid:*`."),
    ] = None,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Give records up; their bytes stay, and those behind them go on."""
    if bool(ids) == bool(parked_for):
        typer.echo("Name the records, or say with --parked-for which they are.", err=True)
        raise typer.Exit(2)
    discarded = applied = 0
    with client(url, token) as caller:
        wanted = ids or [
            row["id"] for row in _all(caller, service) if fnmatchcase(row["reason"], parked_for)
        ]
        for first in range(0, len(wanted), PAGE):
            body = {"ids": wanted[first : first + PAGE], "reason": reason}
            went = answer(caller, "POST", f"/ops/{service.value}/dead/discard", body)
            discarded += went["discarded"]
            applied += went["applied"]
    typer.echo(f"{discarded} discarded; {applied} behind them applied")
    if not discarded:
        raise typer.Exit(1)


def _all(caller: httpx.Client, service: Of) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        place = f"/ops/{service.value}/dead?limit={PAGE}"
        rows = answer(caller, "GET", place + (f"&after={quote(after, safe='')}" if after else ""))
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


def _place(service: Of, id: str) -> str:
    return f"/ops/{service.value}/dead/{quote(id, safe='')}"


def _harmless(text: str) -> Text:
    """Bytes of anybody's, with nothing in them that a terminal or the table would obey."""
    return Text("".join(letter if letter.isprintable() else "\ufffd" for letter in text))


def _short(row: dict[str, Any]) -> str:
    value = row["value"]
    if value is None:
        return "null"
    text = str(value["text"])
    return f"{value['encoding']}: {text[:40]}{'…' if len(text) > 40 else ''}"
