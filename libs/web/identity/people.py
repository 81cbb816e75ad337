"""The people that one can be in development. None of them exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

CITIZENS = ("Ayşe", "Mehmet", "Zeynep", "Emre")
ROLES = {
    "operator": ("Operatör", "Operator"),
    "supervisor": ("Sorumlu", "Supervisor"),
    "admin": ("Yönetici", "Administrator"),
    "auditor": ("Denetçi", "Auditor"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A demo person: the token's subject, a name in both languages, the rights."""

    subject: str
    tr: str
    en: str
    groups: tuple[str, ...] = ()
    citizen: bool = False


def people(tenants: Mapping[str, str]) -> dict[str, Person]:
    """Every demo person by subject: citizens, staff of each tenant, one for the platform."""
    return {person.subject: person for person in _people(tenants)}


def citizen(name: str) -> Person:
    """The demo citizen of that name."""
    return Person(f"demo-citizen-{name}", f"Demo {name}", f"Demo {name}", citizen=True)


def _people(tenants: Mapping[str, str]) -> Iterator[Person]:
    for name in CITIZENS:
        yield citizen(name)
    for slug, name in tenants.items():
        for role, (tr, en) in ROLES.items():
            yield Person(
                f"demo-{role}-{slug}",
                f"Demo {tr} ({name})",
                f"Demo {en} ({name})",
                (f"{slug}/{role}",),
            )
    yield Person("demo-platform", "Demo Platform Ekibi", "Demo Platform Team", ("platform",))
