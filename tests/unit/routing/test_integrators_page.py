"""What the page for integrators shows is what intake knows and the documentation says."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from services.intake.integrator import SCOPES, Standing
from services.routing.admin import integrators as page

DOCUMENTED = Path(__file__).parents[3] / "docs" / "integrators" / "client.properties"


def settings(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name: told for name, _, told in lines}


def test_rights_and_standings_are_all_of_intakes() -> None:
    assert tuple(page.SCOPES) == SCOPES
    assert {"none", *page.STANDINGS} == {*get_args(Standing)}


def test_the_file_shown_is_the_documented_one_filled_in() -> None:
    names = ("servers", "protocol", "user", "password")
    environment = {f"${{env:KAFKA_{name.upper()}}}": f"<{name}>" for name in names}
    text = DOCUMENTED.read_text()
    for variable, told in environment.items():
        text = text.replace(variable, told)
    documented = settings(text)
    told = {name: f"<{name}>" for name in names}
    shown = settings(
        page.PROPERTIES.format(**told, mechanism="SCRAM-SHA-512", group_prefix="kecioren.app.")
    )
    same = [name for name in documented if not name.startswith("config.providers")]
    assert same
    assert {name: shown[name] for name in same} == {name: documented[name] for name in same}
    assert shown["group.id"].startswith("kecioren.app.")
