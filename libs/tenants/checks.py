"""Whether the parts of a tenant fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, LiteralString
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic_core import InitErrorDetails as Fault
from pydantic_core import PydanticCustomError

from .geometry import area_of

if TYPE_CHECKING:
    from .tenant import Tenant

OWN = "own"
"""The body of a category that the tenant answers for itself."""

Place = tuple[str | int, ...]


def faults(tenant: Tenant) -> list[Fault]:
    """Everything that does not fit, each with its place in the document."""
    return [
        *_repeated(tenant),
        *_dangling(tenant),
        *_circular(tenant),
        *_questions(tenant),
        *_on_the_map(tenant),
    ]


def _fault(place: Place, slug: LiteralString, message: LiteralString, **words: object) -> Fault:
    return Fault(type=PydanticCustomError(slug, message, words), loc=place, input=None)


def _repeated(tenant: Tenant) -> Iterator[Fault]:
    lists: dict[str, Iterable[str]] = {
        "neighbourhoods": (item.code for item in tenant.neighbourhoods),
        "holidays": (str(item.date) for item in tenant.holidays),
        "departments": (item.code for item in tenant.departments),
        "categories": (item.code for item in tenant.categories),
        "bodies": (item.code for item in tenant.bodies),
        "tier_rules": (item.code for item in tenant.tier_rules),
        "assignment_rules": (item.code for item in tenant.assignment_rules),
    }
    for field, codes in lists.items():
        seen: set[str] = set()
        for index, code in enumerate(codes):
            if code in seen:
                yield _fault(
                    (field, index), "repeated", "'{code}' is there twice: keep one", code=code
                )
            seen.add(code)


def _dangling(tenant: Tenant) -> Iterator[Fault]:
    departments = {item.code for item in tenant.departments}
    categories = {item.code for item in tenant.categories}
    neighbourhoods = {item.code for item in tenant.neighbourhoods}
    bodies = {item.code for item in tenant.bodies} | {OWN}
    rules = {item.code for item in tenant.tier_rules}
    references: list[tuple[Place, str | None, set[str], str]] = [
        (("triage_department",), tenant.triage_department, departments, "departments"),
        (("forwarding_department",), tenant.forwarding_department, departments, "departments"),
        (("unsorted_category",), tenant.unsorted_category, categories, "categories"),
    ]
    for at, category in enumerate(tenant.categories):
        place = ("categories", at)
        references += [
            ((*place, "parent"), category.parent, categories, "categories"),
            ((*place, "department"), category.department, departments, "departments"),
            ((*place, "body"), category.body, bodies, "bodies"),
            ((*place, "tier_rule"), category.tier_rule, rules, "tier_rules"),
        ]
    for at, tier_rule in enumerate(tenant.tier_rules):
        references.append((("tier_rules", at, "body"), tier_rule.body, bodies, "bodies"))
    for at, rule in enumerate(tenant.assignment_rules):
        place = ("assignment_rules", at)
        owners = [item for item in tenant.departments if rule.department in (None, item.code)]
        teams = {team.code for item in owners for team in item.teams}
        references += [
            ((*place, "department"), rule.department, departments, "departments"),
            ((*place, "team"), rule.team, teams, "teams of the department"),
        ]
        references += [
            ((*place, "when", "categories", index), code, categories, "categories")
            for index, code in enumerate(rule.when.categories)
        ]
        references += [
            ((*place, "when", "neighbourhoods", index), code, neighbourhoods, "neighbourhoods")
            for index, code in enumerate(rule.when.neighbourhoods)
        ]
    references += [
        (("publication", "withheld", index), code, categories, "categories")
        for index, code in enumerate(tenant.publication.withheld)
    ]
    for where, code, known, field in references:
        if code is not None and code not in known:
            yield _fault(
                where,
                "unknown_code",
                "'{code}' is not among the {field}: add it there, or correct the code",
                code=code,
                field=field,
            )
    for index, body in enumerate(tenant.bodies):
        if body.code == OWN:
            yield _fault(
                ("bodies", index, "code"),
                "reserved_code",
                "'own' means the tenant itself: give the other body another code",
            )


def _circular(tenant: Tenant) -> Iterator[Fault]:
    parents = {item.code: item.parent for item in tenant.categories}
    for index, category in enumerate(tenant.categories):
        seen = {category.code}
        parent = category.parent
        while parent is not None and parent not in seen:
            seen.add(parent)
            parent = parents.get(parent)
        if parent == category.code:
            yield _fault(
                ("categories", index, "parent"),
                "circular",
                "'{code}' is its own ancestor: a category's parents must end at one without",
                code=category.code,
            )
    if tenant.unsorted_category in parents.values():
        yield _fault(
            ("unsorted_category",),
            "unsorted_is_a_group",
            "'{code}' has categories below it: name one without",
            code=tenant.unsorted_category,
        )
    if tenant.parent == tenant.slug:
        yield _fault(("parent",), "circular", "a tenant cannot be its own parent")


def _questions(tenant: Tenant) -> Iterator[Fault]:
    for at, category in enumerate(tenant.categories):
        codes: set[str] = set()
        for index, question in enumerate(category.questions):
            place = ("categories", at, "questions", index)
            if question.code in codes:
                yield _fault(
                    place, "repeated", "'{code}' is there twice: keep one", code=question.code
                )
            codes.add(question.code)
            if (question.kind == "choice") != bool(question.options):
                yield _fault(
                    (*place, "options"),
                    "options_do_not_fit",
                    "a question has options exactly if its kind is 'choice'",
                )
            if question.multiple and question.kind != "choice":
                yield _fault(
                    (*place, "multiple"),
                    "multiple_without_choice",
                    "only a question of the kind 'choice' can take several answers",
                )


def _on_the_map(tenant: Tenant) -> Iterator[Fault]:
    area = area_of(tenant.jurisdiction)
    for index, place in enumerate(tenant.neighbourhoods):
        if place.geometry is not None and not area.intersects(area_of(place.geometry)):
            yield _fault(
                ("neighbourhoods", index),
                "outside_the_jurisdiction",
                "'{name}' lies outside the jurisdiction: are longitude and latitude swapped?",
                name=place.name,
            )
    try:
        zone = ZoneInfo(tenant.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield _fault(
            ("time_zone",),
            "unknown_time_zone",
            "'{zone}' is no time zone of the IANA list: write one such as Europe/Istanbul",
            zone=tenant.time_zone,
        )
        return
    offset = datetime(2026, 1, 1, tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    west, _, east, _ = area.bounds
    apart = abs((west + east) / 30 - offset.total_seconds() / 3600) % 24
    if min(apart, 24 - apart) > 5:
        yield _fault(
            ("jurisdiction",),
            "far_from_the_time_zone",
            "the area lies around longitude {middle}, which is not in {zone}: are longitude"
            " and latitude swapped?",
            middle=round((west + east) / 2, 2),
            zone=tenant.time_zone,
        )
