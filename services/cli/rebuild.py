"""`sokak rebuild reporting`: grow the projection anew beside the old one, then switch."""

from __future__ import annotations

import gc
import time
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from libs.runtime import log
from libs.runtime.settings import Settings, read
from services.reporting.rebuild import Rebuild

from .serve import use_stack

GC_THRESHOLD = 1_000_000
"""More than the objects of all batches in work: they make no cycles, and to look through them
again and again would take a tenth of the time.
"""

app = typer.Typer(name="rebuild", help="Build projections anew.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `reporting` a command of its own, so that others can stand beside it."""


@app.command()
def reporting(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the old generation.")] = False,
) -> None:
    """Read the topics from their beginning, catch up, switch, drop the old generation."""
    use_stack()
    log.configure("WARNING")
    gc.set_threshold(GC_THRESHOLD)
    uvloop.run(_rebuild(read(Settings), keep))


async def _rebuild(settings: Settings, keep: bool) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.0f} events/s"),
    )
    rebuild = Rebuild(settings)
    began = time.monotonic()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("rebuilding", total=None, rate=0.0)
        async for done, left in rebuild.grow():
            rate = done / (time.monotonic() - began)
            progress.update(bar, completed=done, total=done + left, rate=rate)
    took = time.monotonic() - began
    former = await rebuild.switch()
    if not keep:
        await rebuild.drop(former)
    await rebuild.stop()
    typer.echo(
        f"generation {rebuild.number} is shown: {rebuild.done:,} events in {took:.1f} s,"
        f" {rebuild.done / took:,.0f}/s"
    )
