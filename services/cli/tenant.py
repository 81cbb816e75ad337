"""`sokak tenant apply|list|export|data|remove`: tenants from files, through routing's API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from libs.tenants import Tenant
from libs.tenants.file import TenantFileError, files_of, load_tenant

from .calls import ADDRESS, TIMEOUT_S, Address, Token, answer, client
from .data import data

app = typer.Typer(
    name="tenant", help="Tenants: publish, list, export, let go.", no_args_is_help=True
)
app.command()(data)


@app.command()
def apply(
    files: Annotated[list[Path], typer.Argument(help="YAML files, one a tenant.")],
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Publish tenants from their files; what has not changed stays as it is.

    All files are read first: if one is wrong, nothing is published.
    """
    tenants = _loaded(files)
    failed = False
    with client(url, token) as caller:
        for tenant in tenants:
            failed |= not _applied(caller, tenant)
    if failed:
        raise typer.Exit(1)


@app.command("list")
def list_(url: Address = ADDRESS) -> None:
    """List the tenants."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_S) as caller:
        rows = answer(caller, "GET", "/api/tenants")
    table = Table("slug", "version", "state", "kind", "name", box=None)
    for row in rows:
        names = row["names"]
        table.add_row(row["slug"], str(row["version"]), row["state"], row["kind"], names["tr"])
    Console().print(table)


@app.command()
def export(
    slug: Annotated[str, typer.Argument(help="The tenant's slug.")],
    folder: Annotated[Path, typer.Option("--to", help="Folder for the files.")] = Path(),
    version: Annotated[int | None, typer.Option(help="An earlier version.")] = None,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Write a tenant to files that `apply` takes: SLUG.yaml, its GeoJSON and its logo."""
    place = f"/api/tenants/{slug}"
    place += "/document" if version is None else f"/versions/{version}"
    with client(url, token) as caller:
        document = answer(caller, "GET", place)
    for path in write_files(document, folder):
        typer.echo(str(path))


@app.command()
def remove(
    slug: Annotated[str, typer.Argument(help="The tenant's slug.")],
    confirm: Annotated[str, typer.Option(help="The slug again: nothing is asked back.")],
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Let a tenant leave: it receives nothing any more. Once more removes it from every service.

    Take its data along in between: `sokak tenant data`.
    """
    if confirm != slug:
        typer.echo("Type the slug again with --confirm; nothing was done.", err=True)
        raise typer.Exit(1)
    with client(url, token) as caller:
        place = f"/api/tenants/{slug}"
        if answer(caller, "GET", place)["state"] == "left":
            done = answer(caller, "DELETE", place)
            typer.echo(f"{slug}: removed, version {done['version']}")
            return
        done = answer(caller, "PUT", f"{place}/state", {"state": "left"})
    typer.echo(f"{slug}: has left, version {done['version']}")
    typer.echo(f"Take its data along (sokak tenant data {slug}); the same again removes it.")


def write_files(document: dict[str, Any], folder: Path) -> list[Path]:
    """Write a tenant's document as files; `load_tenant` reads the same tenant."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files_of(document).items():
        (folder / name).write_bytes(content)
        written.append(folder / name)
    return written


def _loaded(files: list[Path]) -> list[Tenant]:
    tenants: list[Tenant] = []
    wrong = False
    for file in files:
        try:
            tenants.append(load_tenant(file))
        except TenantFileError as error:
            wrong = True
            for fault in error.errors:
                typer.echo(str(fault), err=True)
    if wrong:
        typer.echo("Nothing was published.", err=True)
        raise typer.Exit(1)
    return tenants


def _applied(caller: httpx.Client, tenant: Tenant) -> bool:
    """Publish one tenant and say what changed; False where it was refused."""
    place = f"/api/tenants/{tenant.slug}"
    document = tenant.model_dump(mode="json")
    try:
        former = caller.get(f"{place}/document")
        done = answer(caller, "PUT", place, document)
    except httpx.HTTPError as error:
        typer.echo(f"{caller.base_url} does not answer: {error}", err=True)
        return False
    except typer.Exit:
        return False
    before = former.json() if former.is_success else None
    if not done["changed"]:
        typer.echo(f"{tenant.slug}: unchanged, version {done['version']}")
    elif before is None:
        typer.echo(f"{tenant.slug}: new, version {done['version']}")
    else:
        fields = [name for name in document if document[name] != before.get(name)]
        what = ", ".join(name for name in fields if name != "version")
        typer.echo(f"{tenant.slug}: version {done['version']}, changed: {what}")
    return True
