"""Figures about webhooks."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

ATTEMPTS = Counter(
    "sokak_webhook_attempts", "Attempts to deliver to webhooks", ["service", "outcome"]
)
OUTLETS = Gauge("sokak_webhooks_sending", "Webhooks that this copy sends for", ["service"])
