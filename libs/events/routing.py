"""What routing tells: who must act on a request, and why."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .common import (
    Category,
    Code,
    Department,
    Event,
    Names,
    OccurredAt,
    Priority,
    SlaMinutes,
    Slug,
    Value,
    Wording,
)


class Authority(Value):
    """The body that must act: the receiving tenant itself, another tenant, or none of ours."""

    kind: Literal["own", "tenant", "external"]
    body: Code
    names: Names
    tenant: Slug | None = None
    contact: str | None = Field(default=None, max_length=200)


class RequestRouted(Event):
    """Routing decided; a later one for the same request replaces it.

    `reasons` say why, `terms` what it is about; neither may quote the citizen.
    """

    type: ClassVar[str] = "request.routed.v1"
    topic: ClassVar[str] = "routing"

    occurred_at: OccurredAt
    authority: Authority
    category: Category
    category_source: Literal["citizen", "classifier", "history", "unsorted"]
    confidence: float | None = Field(default=None, ge=0, le=1)
    department: Department
    team: Code | None = None
    priority: Priority = "normal"
    sla_minutes: SlaMinutes
    reasons: tuple[Wording, ...] = Field(min_length=1, max_length=30)
    terms: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        default=(), max_length=100
    )


class RequestUnroutable(Event):
    """Nobody can act: the tenant that received the request is no longer with us."""

    type: ClassVar[str] = "request.unroutable.v1"
    topic: ClassVar[str] = "routing"

    occurred_at: OccurredAt
    reason: Literal["tenant_left", "tenant_unknown"]
