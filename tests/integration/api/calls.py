"""An example of each route's call: what a caller would send who is after one tenant's data."""

from __future__ import annotations

import uuid
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
    hook: str

    @property
    def point(self) -> Json:
        """A place that is the tenant's."""

    @property
    def request(self) -> Json:
        """An answer to a submission, whose task a department has."""

    @property
    def document(self) -> Json:
        """The tenant, as it was published."""

    @property
    def another(self) -> Json:
        """The same of one that nobody looks at again."""

    def letter(self, service: str) -> str:
        """The place of a record that the service put aside."""


@dataclass(frozen=True)
class Call:
    """One call. `good` are the statuses that it has for those who may make it."""

    path: str = ""
    query: Json = field(default_factory=dict)
    json: Any = None
    files: Any = None
    headers: Headers = field(default_factory=dict)
    good: tuple[int, ...] = (200,)


Example = Callable[[Things], Call]


def _task(path: str = "", **sent: Any) -> Example:
    headers = {} if path in ("", "/comments") else {"If-Match": "*"}
    return lambda its: Call(
        f"/api/tasks/{its.request['id']}{path}", {"tenant": its.slug}, headers=headers, **sent
    )


def _merge(its: Things) -> Call:
    """Into itself, which is refused once the caller's right is known."""
    task = its.request
    there = f"/api/tasks/{task['id']}/merge"
    return Call(there, {"tenant": its.slug}, {"into": task["id"]}, {"If-Match": "*"}, good=(422,))


def _many(its: Things) -> Call:
    body = {"ids": [its.request["id"]], "comment": {"message": "Söz", "public": False}}
    return Call("/api/tasks/bulk", {"tenant": its.slug}, body)


def _each(its: Things) -> Call:
    """Of a version that nobody can have seen, which is told of it and changes nothing."""
    body = {"tasks": [{"id": its.request["id"], "version": 2**40, "status": "in_progress"}]}
    return Call("/api/tasks/bulk/each", {"tenant": its.slug}, body)


def _own_category(its: Things) -> str:
    return f"ONLY_{its.slug.upper()}"


def _category(its: Things) -> Call:
    query = {"tenant": its.slug, "category": _own_category(its)}
    return Call(f"/api/tasks/{its.request['id']}/category", query)


def _recategorise(its: Things) -> Call:
    """Not to the town's own category, whose requests are counted."""
    known = its.document["categories"]
    parents = {one.get("parent") for one in known}
    kept = {*parents, _own_category(its), its.document["unsorted_category"]}
    other = next(one["code"] for one in known if one["code"] not in kept)
    return _task("/category", json={"category": other})(its)


def _view(path: str, json: Any, good: tuple[int, ...]) -> Example:
    return lambda its: Call(f"/api/tasks/views/{path}", {"tenant": its.slug}, json, good=good)


def _page(path: str, **query: Any) -> Example:
    return lambda its: Call(
        path.format(id=its.request["id"]),
        {"tenant": its.slug}
        | {name: told.format(id=its.request["id"]) for name, told in query.items()},
    )


def _request(path: str = "", json: Any = None, good: int = 200, secret: bool = False) -> Example:
    return lambda its: Call(
        f"/api/requests/{its.request['tracking_number']}{path}",
        json=json,
        headers={"Sokak-Secret": its.request["secret"]} if secret else {},
        good=(good,),
    )


def _own_page(act: str, good: tuple[int, ...] = (403,)) -> Example:
    return lambda its: Call(f"/requests/{its.request['tracking_number']}/{act}", good=good)


def _tenant(path: str = "", good: tuple[int, ...] = (200,)) -> Example:
    return lambda its: Call(f"/api/tenants/{its.slug}{path}", good=good)


def _of_tenant(path: str) -> Example:
    return lambda its: Call(path, {"tenant": its.slug})


def _draft(path: str, sent: Any, good: tuple[int, ...]) -> Example:
    return lambda its: Call(
        f"/api/tenants/{its.slug}{path}", json=sent, headers={"If-Match": "*"}, good=good
    )


def _admin(path: str, good: tuple[int, ...] = (200,)) -> Example:
    return lambda its: Call(f"/admin/{its.slug}{path}", good=good)


def _report(path: str, **query: Any) -> Example:
    return lambda its: Call(f"/api/reports{path}", {"tenant": its.slug, **query})


def _fixed(path: str, good: tuple[int, ...] = (200,)) -> Example:
    return lambda its: Call(path, good=good)


def _row(its: Things) -> Json:
    row = {"source_number": "1", "opened_at": "2026-01-02T03:04:05Z", "text": "Eski"}
    return {"source": "old", "rows": [row | {"point": its.point}]}


def _open311(path: str, good: int = 200) -> Example:
    return lambda its: Call(
        f"/open311/v2{path}".format(number=its.request["tracking_number"]),
        {"jurisdiction_id": its.slug},
        good=(good,),
    )


def _integrator(act: str, json: Any = None) -> Example:
    """One that nobody has let in: those who may are told so."""
    return lambda its: Call(
        f"/api/integrators/{its.slug}-app{act}", {"tenant": its.slug}, json, good=(404,)
    )


def _new_integrator(its: Things) -> Call:
    name = f"app-{uuid.uuid4().hex[:12]}"
    return Call("/api/integrators", {"tenant": its.slug}, {"name": name}, good=(201,))


def _webhook(path: str, **query: str) -> Example:
    """The planted one for strangers, else one that is not there: who may is told so."""
    nobodys = "00000000-0000-7000-8000-000000000000"
    return lambda its: Call(
        path.format(id=its.hook or nobodys), {"tenant": its.slug, **query}, good=(404,)
    )


def _new_webhook(its: Things) -> Call:
    """To a name that nobody has."""
    body = {"url": f"https://{uuid.uuid4().hex}.invalid/hook"}
    return Call("/api/webhooks", {"tenant": its.slug}, body, good=(201,))


CALLS: dict[Route, Example] = {
    ("intake", "GET", "/"): _fixed("/"),
    **{
        ("intake", "GET", path): _fixed(path)
        for path in (
            *("/requests", "/report", "/mine", "/search", "/help", "/privacy", "/accessibility"),
            *("/offline", "/manifest.webmanifest"),
        )
    },
    **{
        ("intake", "GET", path): lambda its, path=path: Call(path, {"tenant": its.slug})
        for path in ("/requests/feed.rss", "/requests/feed.geojson")
    },
    ("intake", "GET", "/near"): lambda its: Call("/near", its.point),
    ("intake", "GET", "/report/place"): lambda its: Call("/report/place", its.point),
    ("intake", "GET", "/report/neighbourhoods"): lambda its: Call(
        "/report/neighbourhoods", {"q": "tepe", "tenant": its.slug}
    ),
    ("intake", "GET", "/report/about"): lambda its: Call("/report/about", {"tenant": its.slug}),
    ("intake", "GET", "/report/done"): lambda its: Call(
        "/report/done", {"number": its.request["tracking_number"]}, good=(303,)
    ),
    ("intake", "GET", "/icon/{kind}-{hash}.png"): _fixed("/icon/touch-0.png"),
    ("intake", "GET", "/icon/{slug}/{kind}-{hash}.png"): lambda its: Call(
        f"/icon/{its.slug}/192-0.png"
    ),
    ("intake", "POST", "/report/start"): _fixed("/report/start"),
    ("intake", "POST", "/report/danger"): lambda its: Call(
        "/report/danger", json={"tenant": its.slug, "text": "Gaz kokusu var"}
    ),
    ("intake", "POST", "/report/same"): lambda its: Call(
        "/report/same", json={"point": its.point, "text": "Çukur"}
    ),
    ("intake", "GET", "/requests/{number}"): lambda its: Call(
        f"/requests/{its.request['tracking_number']}"
    ),
    # A form that no page of ours has sent, or somebody without the secret: refused.
    ("intake", "POST", "/report"): _fixed("/report", (403,)),
    ("intake", "POST", "/requests/look-up"): _fixed("/requests/look-up", (403, 404)),
    **{
        ("intake", "POST", f"/requests/{{number}}/{act}"): _own_page(act)
        for act in ("amend", "answer", "feedback", "reopen", "withdraw", "claim", "erase")
    },
    ("intake", "POST", "/requests/{number}/support"): lambda its: Call(
        f"/requests/{its.another['tracking_number']}/support", good=(303, 403)
    ),
    ("intake", "POST", "/requests/{number}/attachments"): lambda its: Call(
        f"/requests/{its.request['tracking_number']}/attachments",
        files={"photo": ("a.jpg", b"no photo")},
        good=(403,),
    ),
    ("intake", "POST", "/api/requests/near"): lambda its: Call(
        "/api/requests/near", json={"point": its.point, "text": "Çukur"}
    ),
    ("intake", "POST", "/api/requests/{number}/support"): lambda its: Call(
        f"/api/requests/{its.another['tracking_number']}/support", good=(200, 403)
    ),
    ("intake", "POST", "/api/requests/{number}/feedback"): _request(
        "/feedback", json={"rating": 1}, good=403
    ),
    ("intake", "POST", "/api/requests/{number}/reopen"): _request("/reopen", json={}, good=403),
    ("intake", "POST", "/api/requests/{number}/answer"): _request(
        "/answer", json={"text": "Evet"}, good=403
    ),
    ("intake", "POST", "/api/requests/{number}/claim"): _request("/claim", good=403),
    ("intake", "GET", "/api/requests/{number}/stream"): _request("/stream", good=403),
    ("intake", "POST", "/api/requests/{number}/attachments"): lambda its: Call(
        f"/api/requests/{its.request['tracking_number']}/attachments",
        files={"photo": ("a.jpg", b"no photo")},
        good=(403,),
    ),
    ("intake", "GET", "/attachments/{name}"): _fixed(f"/attachments/{'a' * 32}", (404,)),
    ("intake", "POST", "/api/requests"): lambda its: Call(
        "/api/requests", json={"text": "Bir başvuru", "point": its.point}, good=(201,)
    ),
    ("intake", "POST", "/api/requests/import"): lambda its: Call(
        "/api/requests/import", json=_row(its)
    ),
    ("intake", "POST", "/api/requests/by-phone"): lambda its: Call(
        "/api/requests/by-phone", {"tenant": its.slug}, {"phone": "0312 444 06 00"}
    ),
    ("intake", "GET", "/api/requests/mine"): _fixed("/api/requests/mine", (200, 401)),
    ("intake", "GET", "/api/requests/{number}"): _request(),
    # Whoever comes without the secret is refused, whatever his rights are.
    ("intake", "PATCH", "/api/requests/{number}"): _request(json={"text": "Başka"}, good=403),
    ("intake", "POST", "/api/requests/{number}/withdraw"): _request(
        "/withdraw", json={"reason": "solved"}, good=403
    ),
    # An administrator may for a citizen; anybody else needs the secret.
    ("intake", "POST", "/api/requests/{number}/erase"): lambda its: Call(
        f"/api/requests/{its.request['tracking_number']}/erase", good=(200, 403)
    ),
    ("intake", "GET", "/api/integrators"): lambda its: Call(
        "/api/integrators", {"tenant": its.slug}
    ),
    ("intake", "GET", "/api/integrators/offered"): lambda its: Call(
        "/api/integrators/offered", {"tenant": its.slug}
    ),
    ("intake", "POST", "/api/integrators"): _new_integrator,
    ("intake", "POST", "/api/integrators/{name}/rotate"): _integrator("/rotate"),
    ("intake", "PATCH", "/api/integrators/{name}"): _integrator("", {"scopes": ["submit"]}),
    ("intake", "DELETE", "/api/integrators/{name}"): _integrator(""),
    ("intake", "GET", "/open311/v2/requests.csv"): _open311("/requests.csv"),
    **{
        ("intake", method, f"/open311/v2{path}.{format}"): _open311(f"{called}.{format}", good)
        for format in ("xml", "json")
        for method, path, called, good in (
            ("GET", "/discovery", "/discovery", 200),
            ("GET", "/services", "/services", 200),
            ("GET", "/services/{service_code}", "/services/POTHOLE", 200),
            ("GET", "/tokens/{token}", "/tokens/none", 404),
            ("GET", "/requests", "/requests", 200),
            ("GET", "/requests/{number}", "/requests/{number}", 200),
            ("GET", "/servicerequestupdates", "/servicerequestupdates", 200),
            ("POST", "/requests", "/requests", 403),
            ("POST", "/servicerequestupdates", "/servicerequestupdates", 403),
        )
    },
    ("routing", "GET", "/api/tenants"): _fixed("/api/tenants"),
    ("routing", "GET", "/api/tenants/{slug}"): _tenant(),
    ("routing", "GET", "/api/tenants/{slug}/document"): _tenant("/document"),
    ("routing", "PUT", "/api/tenants/{slug}"): lambda its: Call(
        f"/api/tenants/{its.slug}", json=its.document
    ),
    ("routing", "DELETE", "/api/tenants/{slug}"): _tenant("", (409,)),
    **{
        ("routing", "GET", f"/api/tenants/{{slug}}/data/{what}"): _tenant(f"/data/{what}")
        for what in ("versions", "draft", "decisions")
    },
    **{
        (service, "GET", f"{path}/data/{what}"): _of_tenant(f"{path}/data/{what}")
        for service, path, files in (
            ("intake", "/api/requests", ("requests", "photos", "integrators")),
            ("crm", "/api/tasks", ("tasks", "people")),
            ("reporting", "/api/reports", ("published", "facts", "webhooks")),
        )
        for what in files
    },
    ("routing", "GET", "/api/tenants/{slug}/versions"): _tenant("/versions"),
    ("routing", "GET", "/api/tenants/{slug}/versions/{number}"): _tenant("/versions/1"),
    **{
        ("routing", method, f"/api/tenants/{{slug}}{path}"): _draft(path, sent, good)
        for method, path, sent, good in (
            ("GET", "/draft", None, (200, 404)),
            ("GET", "/draft/check", None, (200, 404)),
            ("POST", "/draft", {}, (201, 409)),
            ("PATCH", "/draft", {}, (200, 409)),
            ("PUT", "/draft", {"colour": "red"}, (422,)),
            ("DELETE", "/draft", None, (200, 409)),
            ("POST", "/draft/rebase", None, (200, 404)),
            ("POST", "/draft/publish", None, (200, 404)),
        )
    },
    ("routing", "POST", "/api/tenants/{slug}/versions/{number}/restore"): _draft(
        "/versions/1/restore", None, (200,)
    ),
    ("routing", "GET", "/admin"): lambda its: Call("/admin", {"tenant": its.slug}, good=(200, 303)),
    ("routing", "POST", "/admin"): _fixed("/admin", (422,)),
    ("routing", "GET", "/admin/{slug}"): _admin(""),
    ("routing", "GET", "/admin/{slug}/steps/{step}"): _admin("/steps/organisation"),
    ("routing", "GET", "/admin/{slug}/check"): _admin("/check"),
    ("routing", "GET", "/admin/{slug}/look.css"): _admin("/look.css"),
    ("routing", "GET", "/admin/{slug}/rules/bench"): _admin("/rules/bench", (303,)),
    ("routing", "POST", "/admin/{slug}/rules/bench"): _admin("/rules/bench", (422,)),
    # Forms without the fields that a page of ours would send: what they carry back lacks.
    ("routing", "POST", "/admin/{slug}/steps/{step}"): _admin("/steps/organisation", (409, 422)),
    ("routing", "POST", "/admin/{slug}/publish"): _admin("/publish", (409,)),
    ("routing", "POST", "/admin/{slug}/discard"): _admin("/discard", (409,)),
    ("routing", "POST", "/admin/{slug}/rebase"): _admin("/rebase", (409,)),
    ("routing", "POST", "/admin/{slug}/boundary/preview"): _admin("/boundary/preview", (422,)),
    ("routing", "POST", "/admin/{slug}/neighbourhoods/preview"): _admin(
        "/neighbourhoods/preview", (422,)
    ),
    ("routing", "GET", "/admin/{slug}/file"): _admin("/file"),
    ("routing", "GET", "/admin/{slug}/file/{which}"): _admin("/file/published.zip"),
    ("routing", "POST", "/admin/{slug}/file"): _admin("/file", (422,)),
    ("routing", "GET", "/admin/{slug}/versions"): _admin("/versions"),
    ("routing", "GET", "/admin/{slug}/versions/{number}"): _admin("/versions/1"),
    ("routing", "POST", "/admin/{slug}/versions/{number}/restore"): _admin(
        "/versions/1/restore", (303,)
    ),
    ("routing", "GET", "/admin/{slug}/state"): _admin("/state"),
    ("routing", "POST", "/admin/{slug}/state"): _admin("/state", (422,)),
    ("routing", "POST", "/admin/{slug}/remove"): _admin("/remove", (422,)),
    ("routing", "PUT", "/api/tenants/{slug}/state"): _draft("/state", {"state": "active"}, (200,)),
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
    ("crm", "GET", "/api/tasks/stream"): _page("/api/tasks/stream"),
    ("crm", "GET", "/api/tasks/near"): lambda its: Call(
        "/api/tasks/near", {"tenant": its.slug, **its.point}
    ),
    ("crm", "GET", "/console/call"): _page("/console/call"),
    ("crm", "POST", "/api/tasks/bulk"): _many,
    ("crm", "POST", "/api/tasks/bulk/each"): _each,
    ("crm", "GET", "/api/tasks/{id}/category"): _category,
    ("crm", "POST", "/api/tasks/{id}/category"): _recategorise,
    ("crm", "POST", "/api/tasks/{id}/merge"): _merge,
    ("crm", "POST", "/api/tasks/{id}/words"): _task("/words", json={"text": "", "photos": []}),
    ("crm", "GET", "/console/tasks/{id}/words"): _page("/console/tasks/{id}/words"),
    # A form without its fields was made from no version of the task.
    ("crm", "POST", "/console/tasks/{id}/words"): lambda its: Call(
        f"/console/tasks/{its.request['id']}/words", {"tenant": its.slug}, good=(303, 422)
    ),
    ("crm", "POST", "/api/tasks/{id}/visibility"): _task("/visibility", json={"public": False}),
    # Nobody has asked for it, so that even those who may decline are told so.
    ("crm", "POST", "/api/tasks/{id}/decline-reopening"): _task(
        "/decline-reopening", json={"message": "Söz"}, good=(409,)
    ),
    ("crm", "GET", "/api/tasks/views"): _page("/api/tasks/views"),
    **{
        ("crm", method, f"/api/tasks/views/{shelf}{{id}}"): _view(f"{shelf}none", json, good)
        for shelf in ("", "shared/")
        for method, json, good in (
            ("PUT", {"name": "Yeni", "query": "status=new"}, (200,)),
            ("DELETE", None, (200, 404)),
        )
    },
    ("crm", "GET", "/api/tasks/keys"): _page("/api/tasks/keys"),
    ("crm", "PUT", "/api/tasks/keys"): lambda its: Call(
        "/api/tasks/keys", {"tenant": its.slug}, {"keys": {"status": "d"}}
    ),
    ("crm", "GET", "/console/views"): _page("/console/views"),
    ("crm", "GET", "/console"): _page("/console", task="{id}"),
    ("crm", "GET", "/console/ids"): _page("/console/ids"),
    ("crm", "GET", "/console/changed"): _page("/console/changed", shown="{id}"),
    ("crm", "GET", "/console/tasks/{id}"): _page("/console/tasks/{id}"),
    ("crm", "GET", "/console/tasks/{id}/near"): _page("/console/tasks/{id}/near"),
    ("reporting", "GET", "/api/reports/summary"): _report("/summary"),
    ("reporting", "GET", "/api/reports/series"): _report("/series"),
    ("reporting", "GET", "/api/reports/breakdown"): _report("/breakdown", by="category"),
    ("reporting", "GET", "/api/reports/places"): _report("/places"),
    ("reporting", "GET", "/api/reports/topics"): _report("/topics"),
    ("reporting", "GET", "/api/reports/stream"): _report("/stream"),
    ("reporting", "GET", "/developers"): _fixed("/developers"),
    ("reporting", "GET", "/developers/asyncapi.json"): _fixed("/developers/asyncapi.json"),
    ("reporting", "GET", "/developers/schemas/{type}/{shape}.json"): _fixed(
        "/developers/schemas/service_request.changed.v1/1.json"
    ),
    ("reporting", "GET", "/open-data"): _fixed("/open-data"),
    **{
        ("reporting", "GET", f"/open-data/{{tenant}}/{file}"): lambda its, file=file: Call(
            f"/open-data/{its.slug}/{file}"
        )
        for file in ("requests.csv", "requests.geojson", "requests.rss")
    },
    ("reporting", "GET", "/reports"): _page("/reports"),
    ("reporting", "GET", "/reports/tenants"): _page("/reports/tenants"),
    ("reporting", "GET", "/reports/topics"): _page("/reports/topics"),
    ("reporting", "GET", "/reports/by/{by}"): _page("/reports/by/category"),
    ("reporting", "GET", "/reports/csv/{what}"): _page("/reports/csv/words"),
    ("reporting", "GET", "/public/{tenant}/events"): lambda its: Call(f"/public/{its.slug}/events"),
    ("reporting", "GET", "/api/webhooks"): _page("/api/webhooks"),
    ("reporting", "POST", "/api/webhooks"): _new_webhook,
    ("reporting", "GET", "/reports/webhooks"): _page("/reports/webhooks"),
    # Without its fields, so that whoever may send it is told what lacks.
    ("reporting", "POST", "/reports/webhooks"): lambda its: Call(
        "/reports/webhooks", {"tenant": its.slug}, good=(422,)
    ),
    ("reporting", "DELETE", "/api/webhooks/{id}"): _webhook("/api/webhooks/{id}"),
    **{
        ("reporting", method, f"{root}/{{id}}{path}"): _webhook(f"{root}/{{id}}{path}")
        for root in ("/api/webhooks", "/reports/webhooks")
        for method, path in (
            ("GET", ""),
            *(("POST", f"/{act}") for act in ("pause", "resume", "rotate", "test", "redeliver")),
        )
    },
    ("reporting", "GET", "/api/webhooks/{id}/deliveries"): _webhook(
        "/api/webhooks/{id}/deliveries"
    ),
    ("reporting", "POST", "/reports/webhooks/{id}/remove"): _webhook(
        "/reports/webhooks/{id}/remove"
    ),
    **{
        ("reporting", "POST", f"{root}/{{id}}/deliveries/{{{name}}}/redeliver"): _webhook(
            f"{root}/{{id}}/deliveries/{{id}}/redeliver"
        )
        for root, name in (("/api/webhooks", "request"), ("/reports/webhooks", "request_id"))
    },
}


def _letter(service: str, path: str, json: Any) -> Example:
    return lambda its: Call(f"/ops/{service}/dead/{its.letter(service)}{path}", json=json)


def _letters(service: str) -> Example:
    return lambda its: Call(
        f"/ops/{service}/dead/discard", json={"ids": [its.letter(service)], "reason": "Sınama"}
    )


SHARED: tuple[tuple[str, str, Example], ...] = (
    ("GET", "/static/{name}", _fixed("/static/none.js", (404,))),
    ("GET", "/sw.js", _fixed("/sw.js")),
    ("GET", "/theme/{slug}-{hash}.css", lambda its: Call(f"/theme/{its.slug}-0.css")),
    ("GET", "/logo/{slug}-{hash}.png", _fixed("/logo/altindag-0.png", (200, 404))),
    ("GET", "/outline/{slug}-{hash}.json", lambda its: Call(f"/outline/{its.slug}-0.json")),
    ("GET", "/outline/all.{hash}.json", _fixed("/outline/all.0.json")),
    ("GET", "/sign-in", _fixed("/sign-in")),
    ("GET", "/sign-in/back", _fixed("/sign-in/back", (303,))),
    ("GET", "/sign-in/{provider}", _fixed("/sign-in/none", (404,))),
    ("POST", "/sign-out", _fixed("/sign-out", (403,))),
    ("GET", "/session", _fixed("/session")),
    ("POST", "/session", _fixed("/session", (403,))),
    ("GET", "/ops", _fixed("/ops")),
)
"""What every service has of `libs/web`."""


def _acted(service: str, act: str) -> Example:
    """A page's form sent without its fields: whoever may send it is told what lacks."""
    good = (422,) if act else (200,)
    return lambda its: Call(f"/ops/{service}/letters/{its.letter(service)}{act}", good=good)


def _tried(service: str) -> Example:
    """A trial; somebody else's call may have given the record up before."""
    return lambda its: Call(f"/ops/{service}/letters/{its.letter(service)}/trial", good=(200, 409))


for _service in ("intake", "routing", "crm", "reporting"):
    for _method, _path, _shared in SHARED:
        CALLS[_service, _method, _path] = _shared
    _dead = f"/ops/{_service}/dead"
    CALLS[_service, "GET", _dead] = _fixed(_dead)
    CALLS[_service, "POST", f"{_dead}/discard"] = _letters(_service)
    CALLS[_service, "GET", f"{_dead}/{{place}}"] = _letter(_service, "", None)
    CALLS[_service, "GET", f"/ops/{_service}"] = _fixed(f"/ops/{_service}")
    CALLS[_service, "GET", f"/ops/{_service}/letters/{{place}}"] = _acted(_service, "")
    CALLS[_service, "GET", f"/ops/{_service}/state"] = _fixed(f"/ops/{_service}/state")
    CALLS[_service, "POST", f"/ops/{_service}/letters/{{place}}/trial"] = _tried(_service)
    for _act in ("replay", "discard"):
        _group = f"/ops/{_service}/groups/{_act}"
        CALLS[_service, "POST", _group] = _fixed(_group, (422,))
    for _act in ("unmask", "replay", "repair", "discard"):
        CALLS[_service, "POST", f"/ops/{_service}/letters/{{place}}/{_act}"] = _acted(
            _service, f"/{_act}"
        )
    for _path, _json in (
        ("/repair", {"data": {"text": "x"}}),
        ("/replay", {}),
        ("/discard", {"reason": "Sınama"}),
    ):
        CALLS[_service, "POST", f"{_dead}/{{place}}{_path}"] = _letter(_service, _path, _json)
    for _path in ("/live", "/ready", "/stuck", "/metrics"):
        CALLS[_service, "GET", f"/{_service}{_path}"] = _fixed(f"/{_service}{_path}", (200, 503))
