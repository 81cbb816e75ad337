"""What the people of a municipality may do by the groups of their sign-in, for who decides on it.

The rules themselves stand at the routes; a test holds these sentences against them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from libs.text import said

ROLES: dict[str, str] = {
    "operator": said("Operator"),
    "supervisor": said("Supervisor"),
    "admin": said("Administrator"),
    "auditor": said("Auditor"),
}
EVERYBODY = ("operator", "supervisor", "admin", "auditor")
WHO_WORKS = ("operator", "supervisor", "admin")


@dataclass(frozen=True, slots=True)
class Right:
    """Something that one may do, and with which roles. `of_people` where it shows citizens."""

    code: str
    words: str
    roles: tuple[str, ...]
    of_people: bool = False


RIGHTS = (
    Right("see", said("See every request of the municipality in the console"), EVERYBODY, True),
    Right("work", said("Take tasks, change them, write to citizens and colleagues"), WHO_WORKS),
    Right("call", said("Take down requests on the telephone, with who calls"), WHO_WORKS, True),
    Right("report", said("See the reports and the map of the municipality"), EVERYBODY),
    Right("look", said("See these pages, all drafts and versions"), ("admin", "auditor")),
    Right("change", said("Change and publish what these pages are about"), ("admin",)),
    Right("let_in", said("Let other systems in, with keys and accounts"), ("admin",)),
    Right("import", said("Import old requests"), ("admin",)),
)


def groups(slug: str, role: str, departments: Iterable[str] = ()) -> tuple[str, ...]:
    """The groups that the identity provider puts into the claim `groups`."""
    return (f"{slug}/{role}", *(f"{slug}/department/{code}" for code in departments))


def may(role: str) -> tuple[tuple[Right, bool], ...]:
    """Every right, and whether the role has it."""
    return tuple((right, role in right.roles) for right in RIGHTS)
