"""`sokak integrator add|list|change|rotate|remove`: programs of others, and what lets them in."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .calls import ADDRESS, Address, Token, of_tenant

app = typer.Typer(
    name="integrator",
    help="Integrators: let in, list, other rights, other secrets, shut out.",
    no_args_is_help=True,
)

PLACE = "/api/integrators"
Name = Annotated[
    str, typer.Argument(help="What the integrator is called: letters, digits, dashes.")
]
Tenant = Annotated[str, typer.Option("--tenant", help="Slug of the tenant that it may call.")]


@app.command()
def add(
    name: Name,
    tenant: Tenant,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="submit, updates or subscribe; all of them where none is named."),
    ] = None,
    rate: Annotated[float, typer.Option(min=0.01, max=1000, help="Calls a second.")] = 10.0,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Let an integrator in. Its secrets are printed this once; nobody keeps them."""
    body: dict[str, Any] = {"name": name, "rate": rate}
    if scope:
        body["scopes"] = scope
    told = of_tenant("POST", PLACE, tenant, url, token, body)
    _print_secrets(told, api_key=told["api_key"])


@app.command("list")
def list_(tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """List a tenant's integrators."""
    table = Table(
        *("name", "scopes", "calls/s", "added", "by", "secrets changed", "Kafka user", "is"),
        box=None,
    )
    for one in of_tenant("GET", PLACE, tenant, url, token):
        table.add_row(
            one["name"],
            ", ".join(one["scopes"]),
            f"{one['rate']:g}",
            one["added_at"][:10],
            one["by"],
            (one["rotated_at"] or "")[:10],
            *((account["user"], account["standing"]) if (account := one["account"]) else ("", "")),
        )
    Console().print(table)


@app.command()
def change(
    name: Name,
    tenant: Tenant,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="All that it is to have: submit, updates, subscribe."),
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, max=1000, help="Calls a second.")] = None,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Give an integrator other rights, or another rate; its key stays.

    With `subscribe` comes its account on Kafka, whose password is printed this once; without it
    the account ends at once.
    """
    asked = {name: told for name, told in (("scopes", scope), ("rate", rate)) if told}
    if not asked:
        raise typer.BadParameter("Say what is to change: --scope, --rate.")
    _print_secrets(of_tenant("PATCH", f"{PLACE}/{name}", tenant, url, token, asked))


@app.command()
def rotate(name: Name, tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """Give an integrator other secrets; the old ones end at once.

    Who is in on Kafka with the old password reads on for some minutes at most; `remove` ends that
    at once.
    """
    told = of_tenant("POST", f"{PLACE}/{name}/rotate", tenant, url, token)
    _print_secrets(told, api_key=told["api_key"])


@app.command()
def remove(name: Name, tenant: Tenant, url: Address = ADDRESS, token: Token = None) -> None:
    """Shut an integrator out; what it has sent stays."""
    of_tenant("DELETE", f"{PLACE}/{name}", tenant, url, token)
    typer.echo(f"{name}: removed from {tenant}")


def _print_secrets(told: dict[str, Any], **more: str) -> None:
    """What the integrator needs; each secret on a line of its own, to be taken by a script."""
    typer.echo(f"{told['name']}: may {', '.join(told['scopes'])} for {told['tenant']}", err=True)
    account = {f"kafka_{name}": text for name, text in (told["kafka"] or {}).items()}
    for name, text in (more | account).items():
        typer.echo(f"{name} {text}")
