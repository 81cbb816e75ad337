"""What events are made of: times as the store keeps them, texts that any store can keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.events import Names, RequestRouted, RequestText, RequestWithdrawn, Wording
from tests.contract.samples import sample

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS))
def test_a_time_is_utc_in_whole_milliseconds(moment: datetime) -> None:
    kept = RequestWithdrawn(occurred_at=moment).occurred_at
    assert kept.tzinfo is UTC
    assert timedelta(0) <= moment - kept < timedelta(milliseconds=1)
    assert kept.microsecond % 1000 == 0


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        RequestWithdrawn(occurred_at=datetime(2026, 11, 2))


def test_a_lone_surrogate_is_refused_as_no_store_can_keep_it() -> None:
    for fields in ({"text": "a\ud800"}, {"text": "a", "address": "\udfff"}):
        with pytest.raises(ValidationError, match="string_unicode"):
            RequestText(**fields)
    with pytest.raises(ValidationError, match="string_unicode"):
        RequestText(text="a", answers={"a": "\ud800"})


@pytest.mark.parametrize("key", ["", "$where", "a\0b", "a b", "a" * 65])
def test_a_key_that_no_document_can_have_is_refused(key: str) -> None:
    with pytest.raises(ValidationError):
        RequestText(text="a", answers={key: "yes"})


def test_a_reason_may_quote_the_longest_names() -> None:
    name = "k" * 200
    _, event = sample("request.routed.v1.full").decoded()
    assert isinstance(event, RequestRouted)
    sentence = Wording(tr=f"{name} ve {name}: {name}", en=f"{name} and {name}: {name}")
    routed = event.model_copy(update={"reasons": (sentence, Names(tr=name, en=name))})
    assert RequestRouted.model_validate_json(routed.model_dump_json()).reasons[0] == sentence
    with pytest.raises(ValidationError):
        Names(tr=name + "k", en=name)


def test_an_event_cannot_be_changed() -> None:
    event = RequestWithdrawn(occurred_at=datetime(2026, 11, 2, tzinfo=UTC))
    with pytest.raises(ValidationError, match="frozen"):
        event.reason = "solved"  # type: ignore[misc]
