"""The collection of tasks and its indexes."""

from __future__ import annotations

from pymongo import DESCENDING, IndexModel

from libs.runtime.store import Aggregate

from .preferences import Preferences
from .task import Task

AGGREGATE = Aggregate(
    "tasks",
    Task,
    indexes=(
        IndexModel([("tenant", 1), ("tracking_number", 1)], name="tracking_number"),
        IndexModel([("tenant", 1), ("opened_at", DESCENDING)], name="opened_at"),
        IndexModel([("tenant", 1), ("open", 1), ("opened_at", DESCENDING)], name="open"),
        IndexModel([("tenant", 1), ("open", 1), ("due_at", 1)], name="due"),
        IndexModel([("tenant", 1), ("open", 1), ("operator", 1), ("due_at", 1)], name="operator"),
        IndexModel([("tenant", 1), ("reopen_asked.at", 1)], name="reopen_asked"),
    ),
)
"""One document a task. The few open ones are found by the third index and the fourth, however many
are closed."""

PEOPLE = "people"
"""Who has worked in a tenant's console, by `tenant/subject`: tasks know only the subject."""

PREFERENCES = Aggregate(
    "preferences", Preferences, indexes=(IndexModel([("tenant", 1)], name="tenant"),)
)
"""What people have set up in the console; what a tenant shares is a document as a person's is."""
