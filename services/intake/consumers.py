"""What intake listens to, and the rule for each event."""

from __future__ import annotations

from libs.events import (
    Event,
    RequestRouted,
    RequestUnroutable,
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

from . import follow

TOPICS = ("routing", "tasks")

WHOLE = frozenset(TOPICS)

RULES: dict[type[Event], Rule] = {
    RequestRouted: follow.routed,
    RequestUnroutable: follow.unroutable,
    TaskCreated: follow.created,
    TaskAssigned: follow.assigned,
    TaskStatusChanged: follow.status_changed,
    TaskCommented: follow.commented,
    TaskRecategorised: follow.recategorised,
    TaskMerged: follow.merged,
    TaskVisibilityChanged: follow.visibility_changed,
    TaskWordsShown: follow.words_shown,
}
