"""What crm listens to, and the rule for each event."""

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
    RequestText,
    RequestTextErased,
    RequestUnroutable,
    RequestWithdrawn,
)
from libs.runtime.rule import Rule

from . import citizen, routing, submission

TOPICS = ("requests", "request_texts", "routing")

WHOLE = frozenset(("requests", "routing"))
"""Holes are looked for here. Not in `request_texts`: it is compacted, so it has them."""

RULES: dict[type[Event], Rule] = {
    RequestSubmitted: submission.create,
    RequestAmended: citizen.amend,
    RequestWithdrawn: citizen.withdraw,
    RequestSupported: citizen.support,
    RequestFeedbackGiven: citizen.feedback,
    RequestReopenRequested: citizen.ask_reopening,
    RequestAttachmentAdded: citizen.add_attachment,
    RequestText: citizen.take_text,
    RequestTextErased: citizen.erase_text,
    RequestRouted: routing.assign,
    RequestUnroutable: routing.give_up,
}
