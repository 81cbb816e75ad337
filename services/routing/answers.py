"""What the API is asked and what it answers, as data."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from libs.events import (
    Authority,
    Category,
    Department,
    Names,
    Neighbourhood,
    Point,
    Priority,
    RequestRouted,
    RequestType,
)
from libs.events.common import Code, Slug, Wording
from libs.tenants import Question, Tenant

from .outcome import CategorySource, Reading


class Summary(BaseModel):
    """A tenant in a list."""

    slug: str
    version: int
    state: str
    names: Names
    kind: str
    parent: str | None = None


class PublicCategory(BaseModel):
    """A category as a citizen meets it; a group cannot be chosen."""

    code: str
    names: Names
    parent: str | None = None
    group: bool
    questions: tuple[Question, ...] = ()


class PublicTenant(Summary):
    """What anyone may know of a tenant."""

    time_zone: str
    attribution: str | None = None
    neighbourhoods: tuple[Neighbourhood, ...]
    categories: tuple[PublicCategory, ...]


class Published(BaseModel):
    """The version that is published now, and whether this call made it."""

    slug: str
    version: int
    changed: bool


class EditionOut(BaseModel):
    """One version: when, by whom, and the digest (SHA-256) of its content; empty for a removal."""

    number: int
    at: datetime
    by: str
    digest: str


class ToExplain(BaseModel):
    """A request that nobody submits: what would be decided? The point may lack where a tenant is
    named; then no neighbourhood counts.
    """

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=4000)
    point: Point | None = None
    type: RequestType = "request"
    category: Code | None = None
    address: str | None = Field(default=None, max_length=500)
    tenant: Slug | None = Field(default=None, description="Ask this tenant, wherever the point is.")


class Candidate(BaseModel):
    """A category that the words speak of."""

    category: Category
    confidence: float


class Explained(BaseModel):
    """What would be decided, and why."""

    tenant: Summary
    neighbourhood: Neighbourhood | None = None
    authority: Authority
    category: Category
    category_source: CategorySource
    confidence: float | None = None
    department: Department
    team: str | None = None
    priority: Priority
    sla_minutes: int
    reasons: tuple[Wording, ...]
    terms: tuple[str, ...]
    candidates: tuple[Candidate, ...] = Field(description="What the words speak of, best first.")


def summary(tenant: Tenant) -> Summary:
    """A tenant in a list."""
    return Summary(
        slug=tenant.slug,
        version=tenant.version,
        state=tenant.state,
        names=tenant.names,
        kind=tenant.kind,
        parent=tenant.parent,
    )


def public_part(tenant: Tenant) -> PublicTenant:
    """What anyone may know of it: nothing of departments, keywords and rules."""
    choosable = {category.code for category in tenant.leaf_categories}
    return PublicTenant(
        **summary(tenant).model_dump(),
        time_zone=tenant.time_zone,
        attribution=tenant.attribution,
        neighbourhoods=tuple(place.value for place in tenant.neighbourhoods),
        categories=tuple(
            PublicCategory(
                code=category.code,
                names=category.names,
                parent=category.parent,
                group=category.code not in choosable,
                questions=category.questions,
            )
            for category in tenant.categories
            if category.code != tenant.unsorted_category
        ),
    )


def explained(
    tenant: Tenant, neighbourhood: Neighbourhood | None, routed: RequestRouted, reading: Reading
) -> Explained:
    """A decision that was not stored."""
    return Explained(
        tenant=summary(tenant),
        neighbourhood=neighbourhood,
        authority=routed.authority,
        category=routed.category,
        category_source=routed.category_source,
        confidence=routed.confidence,
        department=routed.department,
        team=routed.team,
        priority=routed.priority,
        sla_minutes=routed.sla_minutes,
        reasons=routed.reasons,
        terms=routed.terms,
        candidates=tuple(
            Candidate(category=category.value, confidence=fit.confidence)
            for fit in reading.fits
            if (category := tenant.category(fit.category)) is not None
        ),
    )
