"""What people let everybody read: only what the citizen wrote, and only where that is allowed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import RequestTextErased, TaskVisibilityChanged, TaskWordsShown
from libs.events.request import Attachment
from libs.runtime.rule import Change, Refused
from libs.tenants import Publication
from libs.text import shown_parts
from services.crm import correction
from services.crm.disclosure import kept_parts, show_words
from services.crm.task import Task
from tests.unit.crm.scenarios import TENANT, after, command, context, submitted, words

TEXT = "Komşum Ahmet Yılmaz her gece\ngürültü yapıyor, telefonu 0532 000 00 00. Lütfen bakın."
SHOWS = TENANT.model_copy(update={"publication": Publication(words=True)})
PHOTO = Attachment(id="photo-1", media_type="image/jpeg", size=9)


def a_task(**changes: Any) -> Task:
    given = {"showable": True} | changes
    return after(submitted(**given), words(TEXT, attachments=(PHOTO,)))


def shown(task: Task, **wanted: Any) -> Change[Task]:
    return show_words(task, context(10, SHOWS), tenant="kecioren", by="ayse", **wanted)


def read(change: Change[Task]) -> str:
    (event,) = change.events
    assert isinstance(event, TaskWordsShown)
    return shown_parts(TEXT, [(part.start, part.end) for part in event.parts])


def test_words_are_taken_out_and_none_of_them_is_in_the_event() -> None:
    left = "Komşum [...] her gece gürültü yapıyor, Lütfen bakın.".replace("[...]", "[…]")
    change = shown(a_task(), text=left, photos=["photo-1"])
    assert read(change) == "Komşum […] her gece\ngürültü yapıyor, […] Lütfen bakın."
    told = change.events[0].model_dump_json()
    assert not any(word in told for word in ("Ahmet", "gürültü", "0532"))
    assert change.state.shown is not None
    assert change.state.shown.photos == ("photo-1",)
    assert (change.state.history[-1].kind, change.state.history[-1].by.id) == (
        "words_shown",
        "ayse",
    )
    assert shown(change.state, text=left, photos=["photo-1"]).events == ()


def test_it_is_taken_back_whatever_the_rules_say_by_now() -> None:
    task = shown(a_task(), text=TEXT).state
    change = command(show_words, task)
    assert read(change) == ""
    assert change.state.shown is None
    assert change.state.history[-1].kind == "words_hidden"
    assert command(show_words, change.state).events == ()


@pytest.mark.parametrize(
    "text", ["Ahmet Yılmaz Komşum", "her sessiz gece", "Komşun", TEXT + " Teşekkürler", "gür"]
)
def test_nothing_can_be_added_changed_or_moved(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        shown(a_task(), text=text)
    assert (refusal.value.status, refusal.value.slug) == (422, "words-unfit")


def test_what_is_not_allowed_is_refused() -> None:
    hidden = command(correction.show, a_task(), public=False).state
    for task, slug in (
        (a_task(showable=False), "words-not-showable"),
        (a_task(private=True), "request-private"),
        (hidden, "request-private"),
        (after(RequestTextErased(), state=a_task()), "request-erased"),
    ):
        with pytest.raises(Refused) as refusal:
            shown(task, photos=["photo-1"])
        assert (refusal.value.status, refusal.value.slug) == (409, slug)
    with pytest.raises(Refused) as refusal:
        command(show_words, a_task(), text=TEXT)
    assert refusal.value.slug == "words-not-published"
    with pytest.raises(Refused) as refusal:
        shown(a_task(), photos=["another"])
    assert refusal.value.slug == "words-unfit"
    with pytest.raises(Refused) as refusal:
        show_words(a_task(), context(10, SHOWS), tenant="mamak", by="x", text=TEXT)
    assert refusal.value.status == 404


def test_erased_is_gone() -> None:
    task = after(RequestTextErased(), state=shown(a_task(), text=TEXT).state)
    assert task.shown is None
    assert not task.public


def test_a_changed_text_is_another_edition() -> None:
    task = after(words("Başka sözler", edition=2), state=shown(a_task(), text=TEXT).state)
    assert task.shown is not None
    assert (task.shown.edition, task.edition) == (1, 2)
    change = shown(task, text="sözler")
    assert isinstance(change.events[0], TaskWordsShown)
    assert change.events[0].edition == 2


def test_hiding_the_request_is_told_by_itself() -> None:
    task = shown(a_task(), text=TEXT).state
    change = command(correction.show, task, public=False)
    assert [type(event) for event in change.events] == [TaskVisibilityChanged]


@given(st.lists(st.sampled_from(["ab", "cd", "ef", "ab", "ğ"]), max_size=12), st.data())
def test_whatever_is_left_of_a_text_is_found_and_nothing_else_is_shown(
    told: list[str], data: st.DataObject
) -> None:
    keeps = data.draw(st.lists(st.booleans(), min_size=len(told), max_size=len(told)))
    left = [word for word, keep in zip(told, keeps, strict=True) if keep]
    whole = "  ".join(told)
    parts = kept_parts(whole, " ".join(left))
    assert parts is not None
    assert "".join(whole[start:end] for start, end in parts).split() or not left
    assert [word for start, end in parts for word in whole[start:end].split()] == left
    assert all(one[1] <= other[0] for one, other in pairwise(parts))
