"""The collections of intake."""

from __future__ import annotations

from libs.runtime.store import Aggregate

from .request import Request

REQUESTS = Aggregate("requests", Request)
"""One document a request; all are found by id, so that nothing is kept in order for nobody."""

TRACKING_NUMBERS = "tracking_numbers"
"""`_id` is a tracking number, `request` whose it is."""

SOURCES = "sources"
"""`_id` is `tenant:source:number` of an imported request, `request` which it became.

Each tenant has its own: two may well have called their old systems alike.
"""
