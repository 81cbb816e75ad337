"""Which event meets which rule."""

from __future__ import annotations

from libs.events import (
    Event,
    RequestAmended,
    RequestSubmitted,
    RequestText,
    RequestTextErased,
    RequestWithdrawn,
)
from libs.runtime.rule import Rule

from . import decision

TOPICS = ("requests", "request_texts")

WHOLE = ("requests",)
"""Topics of which every number must come. Compaction makes holes in `request_texts`, rightly."""

RULES: dict[type[Event], Rule] = {
    RequestSubmitted: decision.submit,
    RequestAmended: decision.amend,
    RequestWithdrawn: decision.withdraw,
    RequestText: decision.hear,
    RequestTextErased: decision.forget,
}
