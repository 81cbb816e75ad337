"""ETags are read alike everywhere, and who has something already is not sent it again."""

from __future__ import annotations

import pytest
from fastapi import Request, Response

from libs.runtime.rule import Refused
from libs.web.etag import marked, tag, version_of


def asked(known: str | None) -> Request:
    headers = [] if known is None else [(b"if-none-match", known.encode())]
    return Request({"type": "http", "headers": headers})


MARK = marked(asked(None), b"content", "text/plain", {}).headers["etag"]


@pytest.mark.parametrize("known", [MARK, f"W/{MARK}", f'"other", {MARK}', f'W/"a",W/{MARK}', "*"])
def test_who_has_it_is_told_so(known: str):
    answer = marked(asked(known), b"content", "text/plain", {"Cache-Control": "no-cache"})
    assert (answer.status_code, answer.body) == (304, b"")
    assert answer.headers["etag"] == MARK
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("known", [None, "", '"other"', MARK.strip('"'), f"{MARK}x"])
def test_who_has_another_or_none_gets_it(known: str | None):
    answer = marked(asked(known), b"content", "text/plain", {})
    assert (answer.status_code, answer.body) == (200, b"content")
    assert marked(asked(MARK), b"changed", "text/plain", {}).status_code == 200


@pytest.mark.parametrize(("told", "version"), [('"7"', 7), (' W/"12" ', 12), ("*", None)])
def test_a_version_is_read(told: str, version: int | None) -> None:
    assert version_of(told) == version


@pytest.mark.parametrize("told", ["7", '"0"', '"-1"', '"7", "8"', "", '"1234567890123456"', '"٧"'])
def test_what_is_no_version_is_refused(told: str) -> None:
    with pytest.raises(Refused) as refused:
        version_of(told)
    assert (refused.value.slug, refused.value.status) == ("if-match-invalid", 422)


def test_an_answer_says_its_version() -> None:
    response = Response()
    tag(response, 7)
    assert version_of(response.headers["ETag"]) == 7
