"""The command line `sokak`. Each module of this folder has commands; MODULES says which."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

MODULES = {
    "up": "stack",
    "down": "stack",
    "topics": "stack",
    "logs": "stack",
    "serve": "serve",
    "demo": "demo",
    "simulate": "simulate",
    "trace": "trace",
    "token": "token",
    "tenant": "tenant",
    "import": "history",
    "integrator": "integrator",
    "webhook": "webhook",
    "dead": "dead",
    "rebuild": "rebuild",
}
"""Which module has a command: a function of its name, or a group of commands called `app`."""


class Commands(TyperGroup):
    """Loads a module once its command is called: all of them take longer than most work does."""

    def list_commands(self, ctx: Any) -> list[str]:
        for name in MODULES:
            self._load(name)
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in MODULES:
            self._load(cmd_name)
        else:
            self.list_commands(ctx)  # one of them may be what was meant
        return self.commands.get(cmd_name)

    def _load(self, name: str) -> None:
        if name in self.commands:
            return
        module = import_module(f".{MODULES[name]}", __name__)
        if hasattr(module, "app"):
            self.add_command(get_group(module.app), name)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(name)(getattr(module, name))
            self.add_command(get_command(alone), name)


app = typer.Typer(
    cls=Commands,
    name="sokak",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def sokak() -> None:
    """Sokak: what citizens need, with the department that must act."""


def main() -> None:
    """Entry point of the console script."""
    app()
