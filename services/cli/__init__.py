"""The command line `sokak`. Each module of this folder adds its commands here."""

from __future__ import annotations

import typer

from . import (
    dead,
    demo,
    history,
    integrator,
    rebuild,
    serve,
    simulate,
    stack,
    tenant,
    token,
    trace,
    webhook,
)

app = typer.Typer(
    name="sokak",
    help="Sokak: what citizens need, with the department that must act.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

app.command("up")(stack.up)
app.command("down")(stack.down)
app.command("topics")(stack.topics)
app.command("logs")(stack.logs)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("simulate")(simulate.simulate)
app.command("trace")(trace.trace)
app.command("token")(token.token)
app.add_typer(tenant.app)
app.add_typer(history.app)
app.add_typer(integrator.app)
app.add_typer(webhook.app)
app.add_typer(dead.app)
app.add_typer(rebuild.app)


def main() -> None:
    """Entry point of the console script."""
    app()
