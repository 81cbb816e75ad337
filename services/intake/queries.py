"""Reads of intake."""

from __future__ import annotations

from libs.runtime.rule import Refused
from libs.runtime.service import Service

from .request import Request
from .store import TRACKING_NUMBERS
from .tracking import parse


async def find_request(service: Service, number: str) -> tuple[str, Request]:
    """A request and its id by its tracking number. Refused (404) where there is none.

    Not scoped to a tenant: the number is the citizen's, who need not know whose it is.
    """
    parsed = parse(number)
    row = parsed and await service.database[TRACKING_NUMBERS].find_one({"_id": parsed})
    request = row and await service.get(row["request"])
    if not (row and request):
        raise Refused("request-unknown", "There is no request with this number.", 404)
    return row["request"], request
