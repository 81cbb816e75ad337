"""The collections of intake."""

from __future__ import annotations

from pymongo import DESCENDING, IndexModel

from libs.runtime.store import Aggregate

from .integrator import Integrator
from .request import Request

BY_PHONE = "calls"

REQUESTS = Aggregate(
    "requests",
    Request,
    indexes=(
        IndexModel([("tenant", 1), ("submitted_at", DESCENDING)], name="recent"),
        IndexModel([("cell", 1), ("submitted_at", DESCENDING)], name="near"),
        IndexModel([("citizen", 1), ("submitted_at", DESCENDING)], name="own"),
        IndexModel([("tenant", 1), ("phone", 1), ("submitted_at", DESCENDING)], name=BY_PHONE),
        IndexModel([("tenant", 1), ("changed", DESCENDING)], name="changed"),
    ),
)
"""One document a request. None of the indexes changes after submission, but for a moved point, and
for the hour of the last change once an hour.
"""

INTEGRATORS = Aggregate(
    "integrators",
    Integrator,
    indexes=(
        IndexModel([("tenant", 1)], name="tenant"),
        IndexModel([("account", 1)], name="account"),
    ),
)
"""Who may send requests for citizens, or subscribe: `_id` is `tenant:name`."""

TRACKING_NUMBERS = "tracking_numbers"
"""`_id` is a tracking number, `request` whose it is."""

SOURCES = "sources"
"""`_id` is `tenant:source:number` of an imported request, `request` which it became.

Each tenant has its own: two may well have called their old systems alike.
"""

ATTACHMENTS = "attachments"
"""Photos, where no folder is set: `_id` is the attachment's, `request` whose it is, `loose` since
when it waits for the request to name it.
"""

ATTACHMENT_INDEXES = (IndexModel([("loose", 1)], name="loose", sparse=True),)
