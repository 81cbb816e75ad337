"""What a tenant is: a municipality, or another public body that answers requests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError, ValidationError

from libs.events import (
    Category,
    Department,
    Names,
    Neighbourhood,
    Priority,
    RequestType,
    SlaMinutes,
)
from libs.events.common import Code, Slug

from .calendar import Holiday, WeeklyHours
from .checks import OWN, faults
from .contrast import LEAST_CONTRAST, contrast
from .geometry import Geometry
from .logo import Logo
from .part import Part
from .publication import Publication
from .texts import Texts
from .working_days import WorkingDays


class TenantNeighbourhood(Part):
    """A neighbourhood (mahalle) of the jurisdiction; without geometry it can only be named."""

    code: Code
    name: str = Field(min_length=1, max_length=200)
    geometry: Geometry | None = Field(default=None, repr=False)
    population: int | None = Field(default=None, ge=0)

    @property
    def value(self) -> Neighbourhood:
        """As events carry it."""
        return Neighbourhood(code=self.code, name=self.name)


class TenantTeam(Part):
    """A crew of a department."""

    code: Code
    names: Names


class TenantDepartment(Part):
    """A department (müdürlük). `attested` is false where its existence is our assumption."""

    code: Code
    names: Names
    teams: tuple[TenantTeam, ...] = ()
    attested: bool = True

    @property
    def value(self) -> Department:
        """As events carry it."""
        return Department(code=self.code, names=self.names)


class Option(Part):
    """One of the answers to choose from."""

    code: Code
    names: Names


class Question(Part):
    """Something more that the citizen is asked about a category; `options` for a choice.

    Of a `multiple` choice several may be given, with commas between their codes.
    """

    code: Code
    names: Names
    kind: Literal["text", "number", "choice", "boolean"] = "text"
    required: bool = False
    multiple: bool = False
    options: tuple[Option, ...] = ()


class TenantCategory(Part):
    """What requests are about. One with children is a group and cannot be chosen.

    `department` is the default one, inherited from the parent where it is absent;
    `sla_minutes` are minutes of the tenant's working time; `body` names who is responsible
    unless `tier_rule` finds somebody else: the tenant itself (`own`) or one of `bodies`.
    `open311` is what Open311 answers to a new request: its number at once (`realtime`), a token
    for the number (`batch`), or nothing but thanks (`blackbox`).
    """

    code: Code
    names: Names
    parent: Code | None = None
    department: Code | None = None
    sla_minutes: SlaMinutes = 7200
    keywords: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    priority: Priority = "normal"
    body: Code = OWN
    tier_rule: Code | None = None
    open311: Literal["realtime", "batch", "blackbox"] = "realtime"

    @property
    def value(self) -> Category:
        """As events carry it."""
        return Category(code=self.code, names=self.names)


class TenantBody(Part):
    """Another body that answers for some categories; `tenant` where it is with us too."""

    code: Code
    names: Names
    tenant: Slug | None = None
    contact: str | None = Field(default=None, max_length=200)


class TierCondition(Part):
    """True if the address or the text contains one of these, whatever the letters' case."""

    address_contains: tuple[str, ...] = ()
    text_contains: tuple[str, ...] = ()


class TierRule(Part):
    """When a category is another body's than usual, and why.

    Without `when` nothing in a request can tell: the rule changes nothing, and `reason` is
    there for the people who decide.
    """

    code: Code
    when: TierCondition | None = None
    body: Code = OWN
    reason: Names


class AssignmentCondition(Part):
    """True if every list that is not empty holds the request's own value."""

    categories: tuple[Code, ...] = ()
    neighbourhoods: tuple[Code, ...] = ()
    types: tuple[RequestType, ...] = ()
    text_contains: tuple[str, ...] = ()


class AssignmentRule(Part):
    """Who gets what: the first rule whose condition is true. What is absent stays usual."""

    code: Code
    when: AssignmentCondition
    department: Code | None = None
    team: Code | None = None
    priority: Priority | None = None
    reason: Names | None = None


class Look(Part):
    """A tenant's colours, `#rrggbb`: of what is pressed, of the name plate; the hue of its paper.

    The pressed colour must stand out from white paper (3:1, WCAG 2.2 criterion 1.4.11); letters
    on either are black or white by their luminance, which is readable on any colour.
    """

    accent: str = Field(pattern=r"^#[0-9a-f]{6}$")
    plate: str = Field(pattern=r"^#[0-9a-f]{6}$")
    ground: int = Field(default=72, ge=0, le=360)

    @field_validator("accent")
    @classmethod
    def _stands_out(cls, accent: str) -> str:
        found = contrast(accent, "#ffffff")
        if found < LEAST_CONTRAST:
            raise PydanticCustomError(
                "too_pale",
                "too pale: {contrast}:1 on white, at least 3:1 is needed",
                {"contrast": f"{found:.1f}"},
            )
        return accent


Domain = Annotated[
    str,
    Field(
        max_length=200,
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
    ),
]
"""A host name in small letters: `kecioren.bel.tr`."""


class Tenant(Part):
    """The whole of one tenant, as it is published and as every service knows it.

    `domain` is its main web site without `www`: Open311's `jurisdiction_id`. `languages` are those
    that citizens are offered, Turkish always.
    """

    slug: Slug
    domain: Domain | None = None
    version: int = Field(default=0, ge=0)
    state: Literal["active", "suspended", "left"] = "active"
    names: Names
    kind: Literal["district", "metropolitan", "other"]
    parent: Slug | None = None
    time_zone: str = Field(min_length=1, max_length=64)
    jurisdiction: Geometry = Field(repr=False)
    neighbourhoods: tuple[TenantNeighbourhood, ...] = Field(default=(), repr=False)
    attribution: str | None = Field(default=None, max_length=500)
    look: Look | None = None
    logo: Logo | None = Field(default=None, repr=False)
    texts: Texts = Texts()
    languages: tuple[Literal["tr", "en"], ...] = ("tr", "en")
    working_hours: WeeklyHours
    holidays: tuple[Holiday, ...] = ()
    departments: tuple[TenantDepartment, ...] = Field(min_length=1)
    triage_department: Code
    forwarding_department: Code
    categories: tuple[TenantCategory, ...] = Field(min_length=1)
    unsorted_category: Code
    bodies: tuple[TenantBody, ...] = ()
    tier_rules: tuple[TierRule, ...] = ()
    assignment_rules: tuple[AssignmentRule, ...] = ()
    classifier_threshold: float = Field(default=0.41, ge=0, le=1)
    publication: Publication = Publication()

    @field_validator("languages")
    @classmethod
    def _has_turkish(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        if "tr" not in languages or len(set(languages)) < len(languages):
            raise PydanticCustomError("without_turkish", "must have `tr`, and each once")
        return languages

    @classmethod
    def checked(cls, document: Mapping[str, Any]) -> Self:
        """Read what a person wrote: unknown fields are errors too.

        Raises pydantic's ValidationError with every fault and its place.
        """
        return cls.model_validate(document, extra="forbid")

    def category(self, code: str) -> TenantCategory | None:
        """The category of that code."""
        return self._categories.get(code)

    def department(self, code: str) -> TenantDepartment | None:
        """The department of that code."""
        return self._departments.get(code)

    def neighbourhood(self, code: str) -> TenantNeighbourhood | None:
        """The neighbourhood of that code."""
        return self._neighbourhoods.get(code)

    def body(self, code: str) -> TenantBody | None:
        """The body of that code; None for `own`."""
        return self._bodies.get(code)

    def tier_rule(self, code: str) -> TierRule | None:
        """The tier rule of that code."""
        return self._tier_rules.get(code)

    def department_of(self, category_code: str) -> TenantDepartment:
        """A category's default department: its own, else its parents', else triage."""
        category = self.category(category_code)
        while category is not None:
            if category.department is not None:
                return self._departments[category.department]
            category = self.category(category.parent) if category.parent else None
        return self._departments[self.triage_department]

    @property
    def jurisdiction_id(self) -> str:
        """What Open311 calls it: its domain; its slug where it has none."""
        return self.domain or self.slug

    @cached_property
    def leaf_categories(self) -> tuple[TenantCategory, ...]:
        """What a citizen can choose: neither groups nor the one for what is to be sorted."""
        parents = {category.parent for category in self.categories}
        return tuple(
            category
            for category in self.categories
            if category.code not in parents and category.code != self.unsorted_category
        )

    def tells_of(self, category_code: str | None) -> bool:
        """Whether outsiders are told of requests of this category; None where it has none."""
        if not self.publication.withheld:
            return self.publication.published
        return self.publication.published and category_code in self._told_categories

    @property
    def categories_told_of(self) -> tuple[str, ...] | None:
        """Those of whose requests outsiders are told; None where they are told of all, those
        without a category among them.
        """
        if not self.publication.published:
            return ()
        return tuple(sorted(self._told_categories)) if self.publication.withheld else None

    @cached_property
    def publication_mark(self) -> str:
        """Changes with whatever decides on what outsiders are told."""
        told = sorted(self._told_categories) if self.publication.withheld else []
        rules = self.publication.model_dump_json(exclude={"withheld", "words"})
        return sha256("\n".join((rules, *told)).encode()).hexdigest()[:16]

    @cached_property
    def working_days(self) -> WorkingDays:
        """The tenant's calendar, for `WorkingTime`."""
        return WorkingDays(self.time_zone, self.working_hours, self.holidays)

    @cached_property
    def _categories(self) -> dict[str, TenantCategory]:
        return {category.code: category for category in self.categories}

    @cached_property
    def _told_categories(self) -> frozenset[str]:
        """All but those that are withheld, and all below them."""
        withheld = set(self.publication.withheld)
        while more := {one.code for one in self.categories if one.parent in withheld} - withheld:
            withheld |= more
        return frozenset(self._categories.keys() - withheld)

    @cached_property
    def _departments(self) -> dict[str, TenantDepartment]:
        return {department.code: department for department in self.departments}

    @cached_property
    def _neighbourhoods(self) -> dict[str, TenantNeighbourhood]:
        return {place.code: place for place in self.neighbourhoods}

    @cached_property
    def _bodies(self) -> dict[str, TenantBody]:
        return {body.code: body for body in self.bodies}

    @cached_property
    def _tier_rules(self) -> dict[str, TierRule]:
        return {rule.code: rule for rule in self.tier_rules}

    def __copy__(self) -> Self:
        """A copy with changed fields must look things up in those, not in the old ones."""
        copied = super().__copy__()
        for name in set(copied.__dict__) - set(type(self).model_fields):
            del copied.__dict__[name]
        return copied

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = faults(self)
        if found:
            raise ValidationError.from_exception_data("Tenant", found)
        return self
