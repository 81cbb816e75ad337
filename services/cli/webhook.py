"""`sokak webhook`: where a tenant's public states are sent, asked of a running Sokak."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .calls import ADDRESS, Address, Token, of_tenant

app = typer.Typer(
    name="webhook",
    help="Webhooks: add, list, pause, resume, another secret, test, redeliver, remove.",
    no_args_is_help=True,
)

PLACE = "/api/webhooks"
Id = Annotated[str, typer.Argument(help="The webhook's id; `sokak webhook list` tells it.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Slug of the tenant whose states it gets.")]


@app.command()
def add(
    receiver: Annotated[str, typer.Argument(help="Where to send: https://…")],
    tenant: Tenant,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Send all states first.")
    ] = False,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Begin to send. The secret is printed this once; nobody keeps it."""
    body = {"url": receiver, "note": note, "begin": "start" if from_start else "now"}
    _print_secret(of_tenant("POST", PLACE, tenant, url, token, body))


@app.command("list")
def list_(tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """List a tenant's webhooks."""
    table = Table("id", "receiver", "state", "delivered", "waiting", "parked", "note", box=None)
    for one in of_tenant("GET", PLACE, tenant, url, token):
        state = one["state"] if one["why"] is None else f"{one['state']} ({one['why']})"
        counts = (str(one[name]) for name in ("delivered", "waiting", "parked"))
        table.add_row(one["id"], one["url"], state, *counts, one["note"])
    Console().print(table)


@app.command()
def pause(id: Id, tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """Send nothing for a while; what changes meanwhile is sent after."""
    _print_state(of_tenant("POST", f"{PLACE}/{id}/pause", tenant, url, token))


@app.command()
def resume(id: Id, tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """Send again, from where it stopped."""
    _print_state(of_tenant("POST", f"{PLACE}/{id}/resume", tenant, url, token))


@app.command()
def rotate(id: Id, tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """Give it another secret; the one before it signs too for 24 hours."""
    _print_secret(of_tenant("POST", f"{PLACE}/{id}/rotate", tenant, url, token))


@app.command("test")
def try_out(id: Id, tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """Send a test now, and say what came back; ends with 1 where it was not taken."""
    told = of_tenant("POST", f"{PLACE}/{id}/test", tenant, url, token)
    typer.echo(f"{told['status'] or told['error']} after {told['seconds']} s {told['text']}")
    if told["status"] is None or told["status"] >= 300:
        raise typer.Exit(1)


@app.command()
def redeliver(
    id: Id,
    tenant: Tenant,
    request: Annotated[
        str | None, typer.Option(help="One request's id; all that was parked without it.")
    ] = None,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Send again what was parked, or the last state of one request."""
    one = f"/deliveries/{request}" if request else ""
    told = of_tenant("POST", f"{PLACE}/{id}{one}/redeliver", tenant, url, token)
    typer.echo(f"{told['count']} sent again")


@app.command()
def remove(id: Id, tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """Send nothing to it ever again."""
    told = of_tenant("DELETE", f"{PLACE}/{id}", tenant, url, token)
    typer.echo(f"{told['url']}: removed from {tenant}")


def _print_secret(told: dict[str, Any]) -> None:
    """Each on a line of its own, to be taken by a script."""
    typer.echo(f"{told['url']} gets what changes in {told['tenant']}", err=True)
    typer.echo(f"id {told['id']}")
    typer.echo(f"secret {told['secret']}")


def _print_state(told: dict[str, Any]) -> None:
    typer.echo(f"{told['url']}: {told['state']}")
