"""What a caller may ask a report for, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from libs.events import Channel, RequestType
from libs.events.common import Code
from libs.runtime.rule import Refused
from libs.tenants import Tenant
from libs.text import said

from .cube import CUBES, Cube, cube_for

MAX_DAYS = 400
DEFAULT_DAYS = 30

Split = Literal["category", "neighbourhood", "channel", "type", "department", "status"]
SPLITS: tuple[Split, ...] = get_args(Split)

Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]


class AskedPeriod(BaseModel):
    """A tenant and days. What is not named here is refused, never ignored."""

    model_config = ConfigDict(extra="forbid")

    tenant: str | None = Field(
        default=None, description="The tenant's slug; not needed with one membership."
    )
    first: Day | None = Field(
        default=None, alias="from", description="First day; 29 days before `to` by default."
    )
    last: Day | None = Field(
        default=None, alias="to", description="Last day, included; today by default."
    )


class Asked(AskedPeriod):
    """The same with filters, which must be such that one cube knows them together."""

    department: Code | None = None
    category: Code | None = None
    neighbourhood: Code | None = None
    channel: Channel | None = None
    type: RequestType | None = None

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return {field: value for field in _FILTERS if (value := getattr(self, field)) is not None}


class AskedSplit(Asked):
    """The query of a breakdown."""

    by: Split = Field(description="What the rows are.")


_FILTERS = ("department", "category", "neighbourhood", "channel", "type")


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a tenant's calendar, both included."""

    first: date
    last: date
    time_zone: str

    @property
    def days(self) -> list[date]:
        """Each of them."""
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]

    @property
    def before(self) -> Period:
        """As many days just before."""
        length = self.last - self.first + timedelta(days=1)
        return Period(self.first - length, self.first - timedelta(days=1), self.time_zone)


def period(asked: AskedPeriod, tenant: Tenant | None, now: datetime) -> Period:
    """The period asked for. Refused where it is turned round or longer than 400 days."""
    zone = tenant.time_zone if tenant else "UTC"
    last = asked.last or now.astimezone(ZoneInfo(zone)).date()
    first = asked.first or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise _refused("period-turned-round", said("The first day is after the last."), "from")
    if (last - first).days >= MAX_DAYS:
        raise _refused(
            "period-too-long", said("A period has at most %(days)s days.", days=MAX_DAYS), "from"
        )
    return Period(first, last, zone)


def cube(filters: Mapping[str, str], split: Split | None = None) -> Cube:
    """The cube that answers. Refused where none can apply all filters at once."""
    found = cube_for(filters, *([split] if split else []))
    if found:
        return found
    together = "; ".join(dict.fromkeys(", ".join(cube.open_fields) for cube in CUBES[1:]))
    raise _refused(
        "filters-not-together",
        said(
            "These filters cannot be applied together. What goes together: %(what)s.",
            what=together,
        ),
        *filters,
    )


def _refused(slug: str, title: str, *fields: str) -> Refused:
    errors = [{"field": field, "message": title} for field in fields]
    return Refused(slug, title, 422, errors=errors)
