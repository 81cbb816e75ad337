"""A time as callers write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from libs.events.common import utc_milliseconds

_RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _written(value: object) -> object:
    """A number is not taken for seconds since 1970: nobody knows which unit was meant."""
    if isinstance(value, str) and _RFC_3339.match(value):
        return value
    raise PydanticCustomError("time_text", "Input should be a time as RFC 3339 writes it")


Time = Annotated[
    AwareDatetime,
    Field(strict=False, ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    BeforeValidator(_written),
    AfterValidator(utc_milliseconds),
]
"""A moment of a body or a query, within the years that lists and reports reach; then in UTC and
whole milliseconds.
"""
