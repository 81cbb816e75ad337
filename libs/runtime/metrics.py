"""The figures that every service shows at `/<service>/metrics`."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_FINE = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

CONSUMED = Counter("sokak_records_consumed", "Records read from Kafka", ["service", "topic"])
APPLIED = Counter("sokak_records_applied", "Records whose rule was applied", ["service", "topic"])
SKIPPED = Counter(
    "sokak_records_skipped", "Repeats, and names the service does not use", ["service", "topic"]
)
PARKED = Counter("sokak_records_parked", "Records put aside as dead letters", ["service", "topic"])
CONFLICTS = Counter("sokak_commit_conflicts", "Commits done again after a conflict", ["service"])
COMMIT_SECONDS = Histogram(
    "sokak_commit_seconds", "Duration of a commit", ["service"], buckets=_FINE
)
COMMANDS_TOGETHER = Histogram(
    "sokak_commands_per_commit",
    "API commands that shared one commit",
    ["service"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
RELAY_SECONDS = Histogram(
    "sokak_relay_seconds", "Duration of a relay round", ["service"], buckets=_FINE
)
RELAYED = Counter("sokak_events_relayed", "Events sent to Kafka", ["service", "topic"])
OUTBOX_SIZE = Gauge("sokak_outbox_documents", "Commits not yet sent to Kafka", ["service"])
OUTBOX_AGE = Gauge("sokak_outbox_age_seconds", "Age of the oldest of them", ["service"])
LAG_RECORDS = Gauge("sokak_lag_records", "Records not yet consumed", ["service", "topic"])
LAG_SECONDS = Gauge("sokak_lag_seconds", "Age of the oldest unconsumed record", ["service"])
DEAD_LETTERS = Gauge("sokak_dead_letters", "Records that wait for an operator", ["service"])
DEAD_AGE = Gauge("sokak_dead_letters_age_seconds", "Age of the oldest of them", ["service"])
STUCK = Gauge("sokak_stuck", "1 when something waits for too long", ["service"])
