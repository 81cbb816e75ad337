"""Which rule follows which event. Every type of the three topics is here, for holes to show."""

from __future__ import annotations

from libs.events import (
    Event,
    RequestAmended,
    RequestRouted,
    RequestSubmitted,
    RequestUnroutable,
    RequestWithdrawn,
    TaskAssigned,
    TaskCommented,
    TaskCreated,
    TaskStatusChanged,
)
from libs.runtime.rule import Rule

from . import fact

TOPICS = ("requests", "routing", "tasks")
WHOLE = TOPICS

RULES: dict[type[Event], Rule] = {
    RequestSubmitted: fact.submit,
    RequestAmended: fact.amend,
    RequestWithdrawn: fact.unchanged,  # crm closes the task, and that counts
    RequestRouted: fact.route,
    RequestUnroutable: fact.unchanged,
    TaskCreated: fact.create,
    TaskAssigned: fact.assign,
    TaskStatusChanged: fact.change_status,
    TaskCommented: fact.unchanged,
}
