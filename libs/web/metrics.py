"""Figures about those who call."""

from __future__ import annotations

from prometheus_client import Counter

LIMITED = Counter("sokak_requests_limited", "Requests answered 429", ["service", "limit"])
CUT = Counter("sokak_connections_cut", "Connections that were closed on a client", ["at", "status"])
