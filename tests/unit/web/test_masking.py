"""Dead letters without what a citizen may have written, wherever in the record it stands."""

from __future__ import annotations

import pytest

from libs.web.masking import header_masked

SECRET = "Komşum Ali gizli sözler"


@pytest.mark.parametrize("name", ["ce_type", "ce_subject", "x-who", SECRET, b"\xff"])
def test_a_header_with_a_sentence_is_hidden(name: str | bytes) -> None:
    shown, value, hidden = header_masked(name, SECRET.encode())
    assert hidden
    assert SECRET not in shown + value


def test_a_header_of_ours_is_shown_where_it_looks_so() -> None:
    told = header_masked("ce_type", b"request.submitted.v1")
    assert told == ("ce_type", "request.submitted.v1", False)
