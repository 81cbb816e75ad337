"""The collections of intake."""

from __future__ import annotations

from pymongo import IndexModel

from libs.runtime.store import Aggregate

from .request import Request

REQUESTS = Aggregate(
    "requests",
    Request,
    indexes=(
        IndexModel([("citizen", 1), ("submitted_at", -1)], name="mine", sparse=True),
        IndexModel([("tenant", 1), ("submitted_at", -1)], name="recent"),
    ),
)

TRACKING_NUMBERS = "tracking_numbers"
"""`_id` is a tracking number, `request` whose it is."""

SOURCES = "sources"
"""`_id` is `tenant:source:number` of an imported request, `request` which it became.

Each tenant has its own: two may well have called their old systems alike.
"""
