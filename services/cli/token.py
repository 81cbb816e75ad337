"""`sokak token`: a bearer token for trying out."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from libs.web.caller import ROLES
from libs.web.identity.client import CLIENT_ID, CLIENT_SECRET, TokenRefused, fetch_token

ISSUER = "http://127.0.0.1:8000/identity"


def token(
    tenant: Annotated[str | None, typer.Option(help="Slug of the tenant to work for.")] = None,
    role: Annotated[str | None, typer.Option(help=f"One of {', '.join(sorted(ROLES))}.")] = None,
    department: Annotated[
        list[str] | None, typer.Option(help="Code of a department; may be repeated.")
    ] = None,
    platform: Annotated[bool, typer.Option("--platform", help="Of those who run Sokak.")] = False,
    citizen: Annotated[str | None, typer.Option(help="Name of a citizen to be.")] = None,
    issuer: Annotated[str, typer.Option(envvar="SOKAK_ISSUER")] = ISSUER,
    client_id: Annotated[str, typer.Option(envvar="SOKAK_CLIENT_ID")] = CLIENT_ID,
    client_secret: Annotated[
        str, typer.Option(envvar="SOKAK_CLIENT_SECRET", show_default=False)
    ] = CLIENT_SECRET,
) -> None:
    """Print a token: sokak token --tenant kecioren --role operator."""
    fault = _fault(tenant, role, department, platform, citizen)
    if fault:
        raise typer.BadParameter(fault)
    try:
        found = asyncio.run(
            fetch_token(
                issuer,
                tenant=tenant,
                role=role,
                departments=department or (),
                platform=platform,
                citizen=citizen,
                client_id=client_id,
                client_secret=client_secret,
            )
        )
    except TokenRefused as error:
        typer.echo(f"{error}\nIs it running? `sokak serve` starts one for development.", err=True)
        raise typer.Exit(1) from None
    typer.echo(found)


def _fault(
    tenant: str | None,
    role: str | None,
    department: list[str] | None,
    platform: bool,
    citizen: str | None,
) -> str | None:
    if citizen:
        staff = tenant or role or department or platform
        return "--citizen goes with none of the others" if staff else None
    if role is not None and role not in ROLES:
        return f"--role is one of {', '.join(sorted(ROLES))}"
    if bool(tenant) != bool(role):
        return "--tenant and --role go together"
    if department and not tenant:
        return "--department needs --tenant and --role"
    if not (tenant or platform):
        return "say --tenant and --role, --platform, or --citizen"
    return None
