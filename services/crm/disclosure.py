"""Rule: people let everybody read a request's words and see its photos, or no longer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from libs.events import TaskWordsShown
from libs.events.task import Span
from libs.runtime.rule import Change, Context, Refused, replace
from libs.text import CUT, said

from .task import Entry, Task, WordsShown
from .work import calendar_of, field_error, own, person

MOST_PARTS = 200
_WORD = re.compile(r"\S+")


def show_words(
    state: Task | None,
    context: Context,
    *,
    tenant: str,
    by: str,
    text: str = "",
    photos: Sequence[str] = (),
) -> Change[Task]:
    """Show everybody the citizen's `text`, out of which words may have been taken, and these
    `photos`; with neither everything is taken back. What was shown before counts no more.

    Refused: the municipality's rules, or what the citizen was told, do not allow it; it is hidden
    or erased (409). Something was added, or is not there (422).
    """
    task = own(state, tenant)
    parts = kept_parts(task.text or "", text)
    if parts == [] and not photos:
        return _hidden(task, context, by)
    _may(task, context)
    if parts is None:
        raise _unfit("text", said("Words can only be taken out; nothing can be added or changed."))
    if len(parts) > MOST_PARTS:
        raise _unfit("text", said("Too many words were taken out here and there."))
    if set(photos) - {one.id for one in task.attachments}:
        raise _unfit("photos", said("There is no such photo."))
    spans = tuple(Span(start=start, end=end) for start, end in parts)
    shown = WordsShown(task.edition, spans, tuple(dict.fromkeys(photos)))
    if shown == task.shown:
        return Change(task)
    return _told(task, context, by, shown)


def kept_parts(whole: str, wanted: str) -> list[tuple[int, int]] | None:
    """Where in a text the words stand that are left of it, joined where they follow one another;
    None where something was added, changed or put elsewhere.
    """
    words = list(_WORD.finditer(whole))
    left = [word for word in _WORD.findall(wanted) if word not in (CUT, "…")]
    places = _places([word[0] for word in words], left)
    if places is None:
        return None
    parts: list[tuple[int, int]] = []
    before = -2
    for place in places:
        start, end = words[place].span()
        if place == before + 1:
            start = parts.pop()[0]
        parts.append((start, end))
        before = place
    return parts


def _places(words: Sequence[str], left: Sequence[str]) -> list[int] | None:
    """Which of the words are left: in long pieces if that finds all, else one by one."""
    blocks = SequenceMatcher(None, words, left, autojunk=False).get_matching_blocks()
    found = [block.a + step for block in blocks for step in range(block.size)]
    return found if len(found) == len(left) else _one_by_one(words, left)


def _one_by_one(words: Sequence[str], left: Sequence[str]) -> list[int] | None:
    """Each at its first place after the one before: found if it can be found at all."""
    rest: Iterator[tuple[int, str]] = iter(enumerate(words))
    found = [next((place for place, word in rest if word == wanted), -1) for wanted in left]
    return None if -1 in found else found


def _may(task: Task, context: Context) -> None:
    if not calendar_of(task, context).publication.words:
        raise Refused(
            "words-not-published", "The municipality's rules let nobody see the words.", 409
        )
    if not task.showable:
        raise Refused(
            "words-not-showable", "Its citizen was not told that the words may be shown.", 409
        )
    if task.erased:
        raise Refused("request-erased", "Its citizen has had the words erased.", 409)
    if task.private or not task.public:
        raise Refused("request-private", "The public does not see this request.", 409)


def _hidden(task: Task, context: Context, by: str) -> Change[Task]:
    if task.shown is None:
        return Change(task)
    return _told(task, context, by, None)


def _told(task: Task, context: Context, by: str, shown: WordsShown | None) -> Change[Task]:
    kind: Literal["words_shown", "words_hidden"] = "words_shown" if shown else "words_hidden"
    now = shown or WordsShown(task.edition)
    entry = Entry(context.now, kind, person(by), public=False)
    event = TaskWordsShown(
        occurred_at=context.now,
        edition=now.edition,
        parts=now.parts,
        photos=now.photos,
        by=person(by),
    )
    return Change(replace(task, shown=shown).noted(entry), (event,))


def _unfit(field: str, message: str) -> Refused:
    errors = [field_error(field, message)]
    return Refused("words-unfit", "This cannot be shown.", 422, errors=errors)
