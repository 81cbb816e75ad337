"""What callers send, and what is checked before a rule sees it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.events import Channel, Point, RequestType, TaskStatus
from libs.events.common import Code, Slug
from libs.runtime.rule import Refused
from libs.runtime.times import Time
from libs.tenants import Jurisdictions, Located, Tenant, TenantCategory
from libs.text import said

from .later import ReopenReason
from .request import Reason

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=4000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Key = Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]+$")]

MAX_IMPORT_ROWS = 500


class Strict(BaseModel):
    """A body. A field that is not known is an error, as it is most likely misspelt, and a
    value of another type is not turned into the right one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ContactIn(Strict):
    """How the citizen wants to be reached; all of it may be left out."""

    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    phone: (
        Annotated[str, StringConstraints(max_length=32, pattern=r"^[0-9+() -]{5,32}$")] | None
    ) = None
    email: (
        Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None
    ) = None


class ToSubmit(Strict):
    """A request: `text` of 3 to 4,000 characters at a `point`; the rest may be left out.

    `channel` other than `web` is for the tenant's people, `simulated` for the platform's.
    `private` keeps it from public lists and maps. `showable` says that its citizen was told that
    the municipality may show words and photos to everybody; without it nobody can.
    `client_request_id` does what the header Idempotency-Key does, which wins.
    """

    type: RequestType = "request"
    text: Text
    point: Point
    category: Code | None = None
    address: Line | None = None
    channel: Channel = "web"
    contact: ContactIn | None = None
    answers: dict[Code, Line] = Field(default_factory=dict, max_length=50)
    client_request_id: Key | None = None
    simulated: bool = False
    private: bool = False
    showable: bool = False


class ToAmend(Strict):
    """What is to be corrected; what is left out stays."""

    type: RequestType | None = None
    text: Text | None = None
    point: Point | None = None
    category: Code | None = None
    address: Line | None = None


class ToWithdraw(Strict):
    """Why it is no longer wanted."""

    reason: Reason = "other"


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class ToJudge(Strict):
    """How content one is with what was done: 1 not at all, 5 very."""

    rating: int = Field(ge=1, le=5)
    text: Words | None = None


class ToReopen(Strict):
    """Why a closed request should be looked at again."""

    reason: ReopenReason = "not_solved"
    text: Words | None = None


class ToAnswer(Strict):
    """What one answers to the municipality's question."""

    text: Words


class ToFear(Strict):
    """What somebody is writing: does it speak of danger?"""

    text: Annotated[str, StringConstraints(max_length=4000)] = ""
    category: Code | Literal[""] = ""
    tenant: Slug | Literal[""] = ""


class ToCompare(Strict):
    """A request that nobody has sent yet: is there one like it?"""

    point: Point
    text: Annotated[str, StringConstraints(max_length=4000)] = ""
    category: Code | None = None


class Row(Strict):
    """One old request, with its own times. `source_number` makes importing it again harmless."""

    source_number: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    opened_at: Time
    closed_at: Time | None = None
    status: TaskStatus | None = None
    type: RequestType = "request"
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    category: Code | None = None
    department: Code | None = None
    point: Point
    address: Line | None = None
    channel: Channel = "web"


class ToImport(Strict):
    """Old requests of one source system, at most 500 at a time."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
    rows: list[Row] = Field(min_length=1, max_length=MAX_IMPORT_ROWS)


def located(jurisdictions: Jurisdictions, point: Point) -> Located:
    """Whose the point is. Refused, naming the nearest tenant, where it is nobody's; and where its
    tenant is suspended or has left.
    """
    found = jurisdictions.locate(point.lat, point.lon)
    if isinstance(found, Located):
        return found
    closed = closed_at(jurisdictions, point)
    if closed is not None:
        raise takes_none(closed)
    nearest = found.nearest and {
        "slug": found.nearest.slug,
        "names": found.nearest.names.model_dump(),
        "distance_m": found.distance_m and round(found.distance_m),
    }
    raise Refused(
        "outside-every-jurisdiction",
        "No municipality that takes requests here answers for this place.",
        422,
        nearest=nearest,
        errors=[{"field": "point", "message": said("Outside every jurisdiction")}],
    )


def takes_none(closed: Tenant) -> Refused:
    """What is said of a tenant that is suspended or has left."""
    told = {"tenant": {"slug": closed.slug, "names": closed.names.model_dump()}}
    if closed.state == "left":
        return Refused(
            "tenant-left",
            "The municipality of this place takes no requests here any more.",
            422,
            errors=[{"field": "point", "message": said("Has left")}],
            **told,
        )
    return Refused(
        "tenant-suspended",
        "The municipality of this place takes no requests at the moment.",
        422,
        errors=[{"field": "point", "message": said("Suspended")}],
        **told,
    )


def closed_at(jurisdictions: Jurisdictions, point: Point) -> Tenant | None:
    """Who would answer for a place where nobody takes requests, but is suspended or has left."""
    found = jurisdictions.locate(point.lat, point.lon, include_closed=True)
    return found.tenant if isinstance(found, Located) else None


def chosen_category(tenant: Tenant, code: str | None) -> TenantCategory | None:
    """The category that was chosen. Refused where the tenant has none of that code to choose."""
    if code is None:
        return None
    category = tenant.category(code)
    if category is None or category not in tenant.leaf_categories:
        raise Refused(
            "category-unknown",
            "This municipality has no such category.",
            422,
            errors=[{"field": "category", "message": said("Unknown category")}],
        )
    return category


def check_answers(category: TenantCategory | None, answers: dict[str, str]) -> None:
    """Refused where an answer is to no question of the category, missing, or not to choose."""
    questions = {question.code: question for question in category.questions} if category else {}
    errors = [
        {"field": f"answers.{code}", "message": said("No such question")}
        for code in answers
        if code not in questions
    ]
    for code, question in questions.items():
        given = answers.get(code)
        options = {option.code for option in question.options}
        if given is None and question.required:
            errors.append({"field": f"answers.{code}", "message": said("Field required")})
        elif (
            given is not None
            and question.kind == "choice"
            and not _chosen(given, options, question.multiple)
        ):
            errors.append({"field": f"answers.{code}", "message": said("Not one of the options")})
    if errors:
        raise Refused("answers-invalid", "Some answers cannot be taken.", 422, errors=errors)


def _chosen(given: str, options: set[str], multiple: bool) -> bool:
    """Whether it names one of the options, or several of a question that takes them."""
    return options.issuperset(given.split(",") if multiple else (given,))
