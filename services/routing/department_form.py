"""The form of a department: its names, its code and its teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.tenants import TenantDepartment
from libs.tenants.unfinished import Place
from libs.text import fold, said

from .forms import Slip, Typed, code_from, code_slips, names_of, rows_of, slips_of
from .lists import Item, codes, items, uses

Document = Mapping[str, Any]

FREE_ROWS = 3
"""Empty rows for more teams; after saving there are as many again."""


def written(department: Item | None) -> dict[str, str]:
    """What the form shows of a department; nothing of a new one."""
    if department is None:
        return {}
    shown = _named("", department)
    for row, team in enumerate(department.get("teams") or ()):
        shown |= _named(f"t{row}_", team)
    return shown


def rows(shown: Mapping[str, str]) -> int:
    """How many rows for teams the form has."""
    return max(rows_of(shown, r"t(\d+)_"), default=-1) + 1 + FREE_ROWS


def read(typed: Typed, document: Document, was: str, fixed: bool) -> tuple[Item, list[Slip]]:
    """The department that was written, and what is wrong with it.

    `was` is its code until now, empty for a new one; a `fixed` code stays.
    """
    names = names_of(typed)
    others = [code for code in codes(document, "departments") if code != was]
    code = was if fixed else code_from(typed, "code", names["tr"], others)
    found: Item = {"code": code, "names": names, "teams": [], "attested": True}
    slips = code_slips("code", code, others)
    numbers = rows_of(typed, r"t(\d+)_")
    for row in numbers:
        taken = _team_codes(document, but=was) + [team["code"] for team in found["teams"]]
        called = names_of(typed, f"t{row}_")
        named = code_from(typed, f"t{row}_code", called["tr"], taken)
        slips += code_slips(f"t{row}_code", named, taken)
        found["teams"].append({"code": named, "names": called})
    slips += slips_of(TenantDepartment, found, lambda place: _field(place, numbers))
    return found, [*_unwritten(document, was, found), *slips]


def several(typed: str, document: Document) -> list[Item]:
    """New departments, one on each line; those that are there already are left out."""
    known = {fold(one["names"]["tr"]) for one in items(document, "departments")}
    made: list[Item] = []
    for line in typed.splitlines():
        name = " ".join(line.split())
        if name and fold(name) not in known:
            known.add(fold(name))
            taken = [*codes(document, "departments"), *(one["code"] for one in made)]
            code = code_from({}, "", name, taken)
            made.append({"code": code, "names": {"tr": name, "en": name}, "teams": []})
    return made


def _named(prefix: str, one: Item) -> dict[str, str]:
    name = prefix or "name_"
    return {
        f"{name}tr": one["names"]["tr"],
        f"{name}en": one["names"]["en"],
        f"{prefix}code": one["code"],
    }


def _team_codes(document: Document, but: str) -> list[str]:
    return [
        team["code"]
        for one in items(document, "departments")
        if one["code"] != but
        for team in one.get("teams") or ()
    ]


def _unwritten(document: Document, was: str, now: Item) -> list[Slip]:
    """Teams that are written no more although a rule names them."""
    kept = {team["code"] for team in now["teams"]}
    before = next((one for one in items(document, "departments") if one["code"] == was), {})
    told = said("Routing rules still give work to the team “%(code)s”: change them first.")
    return [
        Slip("teams", told, {"code": team["code"]})
        for team in before.get("teams") or ()
        if team["code"] not in kept and uses(document, "teams", team["code"])
    ]


def _field(place: Place, numbers: list[int]) -> str:
    """Which field of the form a place in the department is."""
    match place:
        case ("names", language):
            return f"name_{language}"
        case ("teams", int(at), "names", language):
            return f"t{numbers[at]}_{language}"
        case ("teams", int(at), _):
            return f"t{numbers[at]}_code"
    return str(place[0])
