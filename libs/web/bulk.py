"""Requests as CSV in the columns of Open311's bulk proposal, a piece at a time.

RFC 4180 with a head; times are UTC with seconds and without a fraction, as Open311 has them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime

from .cells import no_formula

COLUMNS = (
    *("service_request_id", "requested_datetime", "updated_datetime", "closed_date"),
    *("status_description", "status_notes", "source", "service_name", "service_subtype"),
    *("description", "agency_responsible", "address", "lat", "long"),
)
TOGETHER = 200


def when(moment: datetime | None) -> str | None:
    """A time in UTC with seconds and without a fraction, which older readers refuse."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


async def pieces(rows: AsyncIterator[Mapping[str, object]]) -> AsyncGenerator[bytes, None]:
    """The file; what a row has beside the columns is left out, what it lacks is empty.

    Text that a spreadsheet would take for a formula gets a quote before it.
    """
    page = io.StringIO()
    writer = csv.DictWriter(page, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    count = 0
    async for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        count += 1
        if count % TOGETHER == 0:
            yield _taken(page)
    yield _taken(page)


def _cell(value: object) -> object:
    return no_formula(value) if isinstance(value, str) else value


def _taken(page: io.StringIO) -> bytes:
    text = page.getvalue()
    page.seek(0)
    page.truncate()
    return text.encode()
