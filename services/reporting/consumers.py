"""Which rule follows which event. Every type of the three topics is here, for holes to show."""

from __future__ import annotations

from libs.events import (
    Event,
    RequestAmended,
    RequestAttachmentAdded,
    RequestFeedbackGiven,
    RequestReopenRequested,
    RequestRouted,
    RequestSubmitted,
    RequestSupported,
    RequestUnroutable,
    RequestWithdrawn,
    TaskAssigned,
    TaskCommented,
    TaskCreated,
    TaskMerged,
    TaskRecategorised,
    TaskStatusChanged,
    TaskVisibilityChanged,
    TaskWordsShown,
)
from libs.runtime.rule import Rule

from . import fact

TOPICS = ("requests", "routing", "tasks")
WHOLE = TOPICS

RULES: dict[type[Event], Rule] = {
    RequestSubmitted: fact.submit,
    RequestAmended: fact.amend,
    RequestWithdrawn: fact.unchanged,  # crm closes the task, and that counts
    RequestSupported: fact.support,
    RequestFeedbackGiven: fact.rate,
    RequestReopenRequested: fact.ask_again,
    RequestAttachmentAdded: fact.unchanged,
    RequestRouted: fact.route,
    RequestUnroutable: fact.unchanged,
    TaskCreated: fact.create,
    TaskAssigned: fact.assign,
    TaskStatusChanged: fact.change_status,
    TaskCommented: fact.unchanged,
    TaskRecategorised: fact.recategorise,
    TaskMerged: fact.merge,
    TaskVisibilityChanged: fact.show,
    TaskWordsShown: fact.unchanged,
}
