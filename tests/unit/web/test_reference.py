"""What the page of an error tells besides: a reference that the log has, and where to go on."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Request

from libs.runtime.rule import Refused
from libs.web.pages import retry_of
from libs.web.reference import reference_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def _request(method: str = "GET", path: str = "/mine", query: str = "", **headers: str) -> Request:
    told = {"host": "sokak.test", **headers}
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "scheme": "https",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), text.encode()) for name, text in told.items()],
    }
    return Request(scope)


def test_the_reference_is_the_traces_id() -> None:
    request = _request(traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
    assert reference_of(request.scope) == TRACE


@pytest.mark.parametrize("told", ["", "<script>", f"00-{'0' * 32}-00f067aa0ba902b7-01", TRACE])
def test_without_a_trace_a_call_has_a_reference_of_its_own(told: str) -> None:
    request = _request(traceparent=told)
    reference = reference_of(request.scope)
    assert int(reference, 16) >= 0
    assert len(reference) == 32
    assert reference not in told
    assert reference_of(request.scope) == reference
    assert reference_of(_request().scope) != reference


AWAY = Refused("unavailable", "Later.", 503)
STALE = Refused("form-not-ours", "Load it again.", 403)


@pytest.mark.parametrize(
    ("request_", "refused", "there"),
    [
        (_request(query="state=open"), AWAY, "/mine?state=open"),
        (_request(path="//elsewhere.test/x"), AWAY, "/elsewhere.test/x"),
        (_request(), Refused("request-unknown", "No such.", 404), None),
        (_request("POST", referer="https://sokak.test/requests/1?a=b"), STALE, "/requests/1?a=b"),
        (_request("POST", referer="https://elsewhere.test/x"), STALE, None),
        (_request("POST"), AWAY, None),
    ],
)
def test_what_may_be_done_later_is_tried_again_on_our_own_pages(
    request_: Request, refused: Refused, there: str | None
) -> None:
    assert retry_of(request_, refused) == there
