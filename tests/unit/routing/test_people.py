"""What the page about people says, held against the rules of the routes themselves."""

from __future__ import annotations

import pytest

from libs.runtime.settings import Settings
from libs.web.access import Staff, routes_of, rule_of
from libs.web.caller import ROLES as KNOWN
from libs.web.caller import caller_of
from services.cli.serve import build
from services.routing.people import RIGHTS, ROLES, groups, may

NOWHERE = Settings(kafka="127.0.0.1:9", mongo="mongodb://127.0.0.1:9/?directConnection=true")

ROUTES = {
    "see": ("crm", "GET", "/api/tasks"),
    "work": ("crm", "POST", "/api/tasks/{id}/status"),
    "call": ("intake", "POST", "/api/requests/by-phone"),
    "report": ("reporting", "GET", "/api/reports/summary"),
    "look": ("routing", "GET", "/admin/{slug}"),
    "change": ("routing", "POST", "/admin/{slug}/publish"),
    "let_in": ("intake", "POST", "/api/integrators"),
}
"""A route for each right; who imports has a rule of its own, which looks for administrators."""


@pytest.mark.parametrize("code", ROUTES)
def test_a_right_is_what_the_route_allows(code: str) -> None:
    service, method, path = ROUTES[code]
    [rule] = {
        rule_of(route)
        for route in routes_of(build(service, NOWHERE))
        if route.path_format == path and method in (route.methods or ())
    }
    assert isinstance(rule, Staff)
    [right] = [one for one in RIGHTS if one.code == code]
    assert rule.roles_for(method) == set(right.roles)


def test_the_groups_that_are_copied_are_those_that_count() -> None:
    assert ROLES.keys() == KNOWN
    for role in ROLES:
        told = groups("ornek", role, ("FEN", "PRK"))
        caller = caller_of({"sub": "x", "groups": list(told)})
        assert caller.roles("ornek") == {role}
        assert caller.departments == {"ornek": {"FEN", "PRK"}}
    assert {right.code: has for right, has in may("auditor")}["work"] is False
