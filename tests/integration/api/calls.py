"""An example of each route's call: what a caller would send who is after one tenant's data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .system import Headers, Json

Route = tuple[str, str, str]
"""Service, method and path."""


class Things(Protocol):
    """What a tenant has that can be called for; `document` is its own, whole."""

    slug: str
    document: Json

    @property
    def point(self) -> Json:
        """A place that is the tenant's."""

    @property
    def request(self) -> Json:
        """An answer to a submission, whose task a department has."""

    def letter(self, service: str) -> str:
        """The place of a record that the service put aside."""


@dataclass(frozen=True)
class Call:
    """One call. `good` are the statuses that it has for those who may make it."""

    path: str = ""
    query: Json = field(default_factory=dict)
    json: Any = None
    headers: Headers = field(default_factory=dict)
    good: tuple[int, ...] = (200,)


Example = Callable[[Things], Call]


def _task(path: str = "", **sent: Any) -> Example:
    headers = {"If-Match": "*"} if path in ("/assign", "/status") else {}
    return lambda its: Call(
        f"/api/tasks/{its.request['id']}{path}", {"tenant": its.slug}, headers=headers, **sent
    )


def _request(path: str = "", json: Any = None, good: int = 200, secret: bool = False) -> Example:
    return lambda its: Call(
        f"/api/requests/{its.request['tracking_number']}{path}",
        json=json,
        headers={"Sokak-Secret": its.request["secret"]} if secret else {},
        good=(good,),
    )


def _tenant(path: str = "") -> Example:
    return lambda its: Call(f"/api/tenants/{its.slug}{path}")


def _report(path: str, **query: Any) -> Example:
    return lambda its: Call(f"/api/reports{path}", {"tenant": its.slug, **query})


def _fixed(path: str, good: tuple[int, ...] = (200,)) -> Example:
    return lambda its: Call(path, good=good)


def _row(its: Things) -> Json:
    row = {"source_number": "1", "opened_at": "2026-01-02T03:04:05Z", "text": "Eski"}
    return {"source": "old", "rows": [row | {"point": its.point}]}


CALLS: dict[Route, Example] = {
    ("intake", "GET", "/"): _fixed("/"),
    ("intake", "POST", "/api/requests"): lambda its: Call(
        "/api/requests", json={"text": "Bir başvuru", "point": its.point}, good=(201,)
    ),
    ("intake", "POST", "/api/requests/import"): lambda its: Call(
        "/api/requests/import", json=_row(its)
    ),
    ("intake", "GET", "/api/requests/{number}"): _request(),
    # Whoever comes without the secret is refused, whatever his rights are.
    ("intake", "PATCH", "/api/requests/{number}"): _request(json={"text": "Başka"}, good=403),
    ("intake", "POST", "/api/requests/{number}/withdraw"): _request(
        "/withdraw", json={"reason": "solved"}, good=403
    ),
    ("routing", "GET", "/api/tenants"): _fixed("/api/tenants"),
    ("routing", "GET", "/api/tenants/{slug}"): _tenant(),
    ("routing", "GET", "/api/tenants/{slug}/document"): _tenant("/document"),
    ("routing", "PUT", "/api/tenants/{slug}"): lambda its: Call(
        f"/api/tenants/{its.slug}", json=its.document
    ),
    ("routing", "GET", "/api/tenants/{slug}/versions"): _tenant("/versions"),
    ("routing", "GET", "/api/tenants/{slug}/versions/{number}"): _tenant("/versions/1"),
    ("routing", "POST", "/api/routing/explain"): lambda its: Call(
        "/api/routing/explain", json={"text": "Ağaç", "point": its.point, "tenant": its.slug}
    ),
    ("crm", "GET", "/api/tasks"): lambda its: Call("/api/tasks", {"tenant": its.slug}),
    ("crm", "GET", "/api/tasks/{id}"): _task(),
    ("crm", "POST", "/api/tasks/{id}/assign"): _task("/assign", json={"department": "BYH"}),
    ("crm", "POST", "/api/tasks/{id}/status"): _task("/status", json={"status": "in_progress"}),
    ("crm", "POST", "/api/tasks/{id}/comments"): _task(
        "/comments", json={"message": "Söz", "public": True}
    ),
    ("reporting", "GET", "/api/reports/summary"): _report("/summary"),
    ("reporting", "GET", "/api/reports/series"): _report("/series"),
    ("reporting", "GET", "/api/reports/breakdown"): _report("/breakdown", by="category"),
}


def _letter(service: str, path: str, json: Any) -> Example:
    return lambda its: Call(f"/ops/{service}/dead/{its.letter(service)}{path}", json=json)


def _letters(service: str) -> Example:
    return lambda its: Call(
        f"/ops/{service}/dead/discard", json={"ids": [its.letter(service)], "reason": "Sınama"}
    )


for _service in ("intake", "routing", "crm", "reporting"):
    _dead = f"/ops/{_service}/dead"
    CALLS[_service, "GET", _dead] = _fixed(_dead)
    CALLS[_service, "POST", f"{_dead}/discard"] = _letters(_service)
    CALLS[_service, "GET", f"{_dead}/{{place}}"] = _letter(_service, "", None)
    for _path, _json in (
        ("/repair", {"data": {"text": "x"}}),
        ("/replay", {}),
        ("/discard", {"reason": "Sınama"}),
    ):
        CALLS[_service, "POST", f"{_dead}/{{place}}{_path}"] = _letter(_service, _path, _json)
    for _path in ("/live", "/ready", "/stuck", "/metrics"):
        CALLS[_service, "GET", f"/{_service}{_path}"] = _fixed(f"/{_service}{_path}", (200, 503))
