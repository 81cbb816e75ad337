"""Who is calling, as the token's claims tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from pydantic import TypeAdapter, ValidationError

from libs.events.common import Code, Slug

ROLES = frozenset({"operator", "supervisor", "admin", "auditor"})
PLATFORM = "platform"

_slug = TypeAdapter[str](Slug)
_code = TypeAdapter[str](Code)


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or program with a valid token.

    `memberships` holds the roles and `departments` the department codes by tenant.
    `platform` is for those who run Sokak. A `citizen` never has any of these. `name` is for
    the person's own eyes.
    """

    subject: str
    memberships: Mapping[str, frozenset[str]] = field(default_factory=dict)
    departments: Mapping[str, frozenset[str]] = field(default_factory=dict)
    platform: bool = False
    citizen: bool = False
    name: str = field(default="", compare=False)

    def roles(self, tenant: str) -> frozenset[str]:
        """The caller's roles in a tenant; none where he does not work."""
        return self.memberships.get(tenant, frozenset())

    def administers(self, tenant: str) -> bool:
        """Whether the caller may what a tenant's administrators may; the platform's people do."""
        return self.platform or tenant in self.administered

    @property
    def administered(self) -> frozenset[str]:
        """The tenants whose administrator the caller is; none of them by running the platform."""
        return frozenset(slug for slug, roles in self.memberships.items() if "admin" in roles)


def caller_of(claims: Mapping[str, object]) -> Caller:
    """Read the claims `sub`, `citizen` and `groups` of a verified token.

    A group is `<tenant>/<role>`, `<tenant>/department/<CODE>` or `platform`; one leading
    slash is allowed, as some providers write full paths. Whatever else is in the list gives
    no right. A token with `citizen: true` is a citizen's, and its groups count for nothing.
    """
    subject, called = str(claims["sub"]), str(claims.get("name", ""))
    if claims.get("citizen") is True:
        return Caller(subject, citizen=True, name=called)
    groups = claims.get("groups")
    memberships: dict[str, frozenset[str]] = {}
    departments: dict[str, frozenset[str]] = {}
    platform = False
    for group in groups if isinstance(groups, list) else ():
        match group.removeprefix("/").split("/") if isinstance(group, str) else ():
            case [name] if name == PLATFORM:
                platform = True
            case [tenant, role] if role in ROLES and _is(_slug, tenant):
                memberships[tenant] = memberships.get(tenant, frozenset()) | {role}
            case [tenant, "department", code] if _is(_slug, tenant) and _is(_code, code):
                departments[tenant] = departments.get(tenant, frozenset()) | {code}
    return Caller(subject, memberships, departments, platform, name=called)


def understood(groups: object) -> list[str]:
    """Those of a claim's groups that give a right, each once and as it was written."""
    told = groups if isinstance(groups, list) else []
    return [one for one in dict.fromkeys(filter(_is_text, told)) if _gives(one)]


def _is_text(group: object) -> TypeGuard[str]:
    return isinstance(group, str)


def _gives(group: str) -> bool:
    alone = caller_of({"sub": "", "groups": [group]})
    return alone.platform or bool(alone.memberships or alone.departments)


def _is(shape: TypeAdapter[str], text: str) -> bool:
    try:
        shape.validate_python(text)
    except ValidationError:
        return False
    return True
