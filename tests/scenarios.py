"""States reached by behaviour: what citizens and operators do, through the APIs.

Every call that changes something has a key of its own, so that no answer means to ask again.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import shapely
from PIL import Image, PngImagePlugin

TENANTS = Path(__file__).parents[1] / "deploy" / "tenants"
ROUTED_WITHIN = 300.0
MULTIPART = {"Content-Type": "multipart/form-data; boundary=sokak"}

Json = dict[str, Any]
Place = dict[str, float]


class Answer(Protocol):
    """An HTTP answer."""

    @property
    def status_code(self) -> int:
        """The status."""

    @property
    def text(self) -> str:
        """The body as text."""

    def json(self) -> Any:
        """The body as JSON."""


class Running(Protocol):
    """A running Sokak, which asks again where nobody answers."""

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call a service."""

    async def staff(self, tenant: str, role: str = "operator") -> str:
        """A token of somebody who works for a tenant."""

    async def citizen(self, name: str) -> str:
        """A token of a citizen."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A request that was accepted, with what its citizen keeps."""

    id: str
    number: str
    secret: str
    tenant: str


def place_in(tenant: str, dice: random.Random | None = None) -> Place:
    """A point of a tenant's jurisdiction, well inside: the middle, or anywhere by `dice`."""
    area = _inner(tenant)
    point = area.representative_point()
    west, south, east, north = area.bounds
    while dice is not None:
        point = shapely.Point(dice.uniform(west, east), dice.uniform(south, north))
        if area.contains(point):
            break
    return {"lat": point.y, "lon": point.x}


@lru_cache
def _inner(tenant: str) -> shapely.Geometry:
    collection = json.loads((TENANTS / f"{tenant}.geojson").read_text())
    whole = shapely.union_all(
        [shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]]
    )
    return whole.buffer(-0.002)  # some 200 m


def words(**fields: Any) -> Json:
    """A request's body; in Keçiören where no point is given."""
    whole: Json = {
        "type": "complaint",
        "text": "Sokağımızdaki çukur haftalardır kapatılmadı.",
        "point": place_in("kecioren"),
    }
    return whole | fields


async def a_request(sokak: Running, token: str | None = None, **fields: Any) -> Submitted:
    """A citizen hands in a request, and insists until it is answered."""
    answer = await sokak.call(
        "intake", "POST", "/api/requests", body=words(**fields), token=token, headers=_key()
    )
    told = _good(answer, 201)
    return Submitted(told["id"], told["tracking_number"], told["secret"], told["tenant"]["slug"])


async def as_citizen(sokak: Running, request: Submitted) -> Json:
    """What the citizen reads of the request."""
    path = f"/api/requests/{request.number}"
    return _good(await sokak.call("intake", "GET", path, headers=_secret(request)))


async def amended(sokak: Running, request: Submitted, **fields: Any) -> Json:
    """The citizen corrects the request."""
    path = f"/api/requests/{request.number}"
    answer = await sokak.call("intake", "PATCH", path, body=fields, headers=_secret(request))
    return _good(answer)


async def withdrawn(sokak: Running, request: Submitted, reason: str = "solved") -> Json:
    """The citizen no longer wants it; that it is withdrawn already is good as well."""
    path = f"/api/requests/{request.number}/withdraw"
    body = {"reason": reason}
    answer = await sokak.call("intake", "POST", path, body=body, headers=_secret(request))
    if answer.status_code == 409:
        found = await as_citizen(sokak, request)
        assert found["status"] == "withdrawn", answer.text
        return found
    return _good(answer)


async def erased(sokak: Running, request: Submitted) -> Json:
    """The citizen's words are forgotten; an open request is withdrawn with them."""
    path = f"/api/requests/{request.number}/erase"
    return _good(await sokak.call("intake", "POST", path, headers=_secret(request)))


async def supported(sokak: Running, request: Submitted, name: str) -> Json:
    """Somebody else wants it too."""
    path, token = f"/api/requests/{request.number}/support", await sokak.citizen(name)
    return _good(await sokak.call("intake", "POST", path, token=token))


async def judged(sokak: Running, request: Submitted, rating: int) -> Json:
    """The citizen, who has read that it is closed, says how content he is."""
    await _read(sokak, request, "resolved")
    return await _said(sokak, request, "feedback", {"rating": rating})


async def asked_again(sokak: Running, request: Submitted) -> Json:
    """The citizen, who has read that it is closed, says that it is not solved."""
    await _read(sokak, request, "resolved")
    return await _said(sokak, request, "reopen", {"reason": "not_solved"})


async def answered(sokak: Running, request: Submitted, text: str) -> Json:
    """The citizen answers what the municipality asked; that it was answered is good as well."""
    await _read(sokak, request, "awaiting_citizen")
    path = f"/api/requests/{request.number}/answer"
    body, headers = {"text": text}, _secret(request)
    answer = await sokak.call("intake", "POST", path, body=body, headers=headers)
    found = answer.json() if answer.status_code != 409 else await as_citizen(sokak, request)
    told = [one["message"] for one in found["updates"] if one["kind"] == "answered"]
    assert told == [text], answer.text
    return dict(found)


async def photographed(sokak: Running, request: Submitted, inside: str = "") -> Json:
    """The citizen adds a photo, with words of the camera's inside."""
    path = f"/api/requests/{request.number}/attachments"
    headers = {**_secret(request), **MULTIPART}
    answer = await sokak.call("intake", "POST", path, body=a_photo(inside), headers=headers)
    return _good(answer, 201)


@lru_cache
def a_photo(inside: str) -> bytes:
    """The body of a form with a small photo, `MULTIPART`; `inside` are the camera's words."""
    picture, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_text("Comment", inside)
    Image.new("RGB", (8, 8), "teal").save(picture, "PNG", pnginfo=told)
    head = 'Content-Disposition: form-data; name="photo"; filename="a.png"'
    lines = (b"--sokak", head.encode(), b"Content-Type: image/png", b"", picture.getvalue())
    return b"\r\n".join((*lines, b"--sokak--", b""))


async def _read(sokak: Running, request: Submitted, status: str) -> Json:
    """The citizen reads that status, once intake has heard of it."""

    async def there() -> Json | None:
        found = await as_citizen(sokak, request)
        return found if found["status"] == status else None

    return await _awaited(there, f"{status} for {request.number}")


async def _said(sokak: Running, request: Submitted, what: str, body: Json) -> Json:
    path = f"/api/requests/{request.number}/{what}"
    return _good(await sokak.call("intake", "POST", path, body=body, headers=_secret(request)))


async def task_of(sokak: Running, request: Submitted) -> Json:
    """The task of a request, once it is there; it has the request's id."""

    async def there() -> Json | None:
        return await _task(sokak, request)

    return await _awaited(there, f"a task for {request.id}")


async def an_assigned_task(sokak: Running, request: Submitted) -> Json:
    """The task of a request, once routing has given it to a department."""

    async def there() -> Json | None:
        task = await _task(sokak, request)
        return task if task and task["reasons"] else None

    return await _awaited(there, f"a routed task for {request.id}")


async def handed_to(sokak: Running, request: Submitted, **fields: Any) -> Json:
    """An operator assigns the task, whatever else happened to it meanwhile."""
    return await _worked(sokak, request, "assign", fields)


async def moved_to(sokak: Running, request: Submitted, status: str, **fields: Any) -> Json:
    """An operator brings the task to another status, whatever else happened to it meanwhile."""
    return await _worked(sokak, request, "status", {"status": status, **fields})


async def corrected(sokak: Running, request: Submitted, what: str, **fields: Any) -> Json:
    """An operator corrects its category, who may see it, or joins it to another."""
    return await _worked(sokak, request, what, fields)


async def commented(
    sokak: Running, request: Submitted, message: str, *, public: bool = True
) -> Json:
    """An operator writes to the citizen, or a note for colleagues."""
    return await _worked(sokak, request, "comments", {"message": message, "public": public})


async def commented_together(sokak: Running, requests: Sequence[Submitted], message: str) -> None:
    """An operator writes the same to the citizens of several requests of a tenant, at once."""
    token = await sokak.staff(requests[0].tenant)
    body = {"ids": [one.id for one in requests], "comment": {"message": message, "public": True}}
    path, headers = "/api/tasks/bulk", _key()
    told = _good(await sokak.call("crm", "POST", path, body=body, token=token, headers=headers))
    assert told["refused"] == 0, told


async def _worked(sokak: Running, request: Submitted, what: str, body: Json) -> Json:
    """Do it to the version seen; after somebody else's change, look and do it again."""
    token = await sokak.staff(request.tenant)
    path = f"/api/tasks/{request.id}/{what}"
    while True:
        headers = _key()
        if what != "comments":
            headers["If-Match"] = f'"{(await task_of(sokak, request))["version"]}"'
        answer = await sokak.call("crm", "POST", path, body=body, token=token, headers=headers)
        if not (answer.status_code == 409 and answer.json()["type"].endswith("/conflict")):
            return _good(answer)


async def _task(sokak: Running, request: Submitted) -> Json | None:
    token = await sokak.staff(request.tenant)
    answer = await sokak.call("crm", "GET", f"/api/tasks/{request.id}", token=token)
    return None if answer.status_code == 404 else _good(answer)


async def _awaited(there: Any, what: str) -> Json:
    deadline = time.monotonic() + ROUTED_WITHIN
    pause = 0.2
    while (found := await there()) is None:
        assert time.monotonic() < deadline, f"no {what}"
        await asyncio.sleep(pause)
        pause = min(2.0, pause * 1.3)
    result: Json = found
    return result


def _good(answer: Answer, status: int = 200) -> Json:
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    body: Json = answer.json()
    return body


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def _secret(request: Submitted) -> dict[str, str]:
    return {"Sokak-Secret": request.secret}
