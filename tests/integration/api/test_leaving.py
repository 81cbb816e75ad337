"""A municipality takes its data along, leaves, is removed, and comes again."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pymongo
import pytest
import yaml
from typer.testing import CliRunner, Result

from libs.events import public_topic
from services.cli import app
from services.cli.serve import SERVICES
from tests.integration.accounts.outsider import BAD_PASSWORD, Outsider
from tests.scenarios import MULTIPART, a_photo

from .system import Headers, Json, System, point_in, town, until

SLUG, PARENT = "gudul", "beypazari"
TEXT = "Parkın çeşmesi akmıyor, numara {number}"
NOTE = "Depodan parça alınacak, numara {number}"
COUNT = 8


@dataclass
class Leaving:
    """The town that is going to leave, with what was done in it."""

    system: System
    document: Json
    requests: list[Json] = field(default_factory=list)
    key: str = ""
    outsider: Outsider | None = None

    @property
    def admin(self) -> Headers:
        return self.system.staff(SLUG, "admin")

    def command(self, *arguments: str) -> Result:
        token = self.system.platform["Authorization"].removeprefix("Bearer ")
        where = ["--url", self.system.url, "--token", token]
        return CliRunner().invoke(app, ["tenant", *arguments, *where])

    def submits(self) -> Any:
        body = {"text": "Yeni bir çukur", "point": point_in(self.document)}
        return self.system.http.post("/api/requests", json=body)

    def calls(self) -> int:
        """What Open311 answers to a request with the integrator's key."""
        at = point_in(self.document)
        told = {
            "jurisdiction_id": SLUG,
            "service_code": "POTHOLE",
            "lat": at["lat"],
            "long": at["lon"],
            "description": "Çukur",
            "api_key": self.key,
        }
        answer = self.system.http.post("/open311/v2/requests.json", data=told)
        return answer.status_code

    def reads(self) -> str:
        assert self.outsider is not None
        return self.outsider.reads(public_topic(SLUG).name)

    def stored(self, collection: str) -> dict[str, int]:
        """How many documents of the town each service has in a collection of its table."""
        with pymongo.MongoClient[Any](self.system.mongo) as client:
            return {
                name: client[f"api_{name}"][collection].count_documents({"_id": SLUG})
                for name in SERVICES
            }


@pytest.fixture(scope="module")
def leaving(system: System) -> Leaving:
    document = town(SLUG, 34.10)
    west, south, east, north = 34.05, 39.85, 34.20, 40.00
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = {"type": "Polygon", "coordinates": [ring]}
    above = town(PARENT, 34.10, kind="metropolitan", jurisdiction=area, neighbourhoods=[])
    system.admit(document)
    its = Leaving(system, document)
    for number in range(COUNT):
        sent = {
            "text": TEXT.format(number=number),
            "point": point_in(document),
            "contact": {"name": "Ayşe Yılmaz", "phone": "0532 111 22 33"},
            "category": "POTHOLE",
        }
        told = system.submit(sent)
        its.requests.append(told)
        task = system.task(SLUG, told["id"])
        path, who = f"/api/tasks/{told['id']}", system.staff(SLUG)
        note = {"message": NOTE.format(number=number), "public": False}
        assert task["department"]["code"] == "FEN"
        system.call("POST", f"{path}/comments", who, json=note)
    secret = {"Sokak-Secret": its.requests[0]["secret"]}
    attachments = f"/api/requests/{its.requests[0]['tracking_number']}/attachments"
    system.call("POST", attachments, secret | MULTIPART, content=a_photo("a place"))
    moved = {"status": "resolved", "message": "Onarıldı."}
    system.call(
        "POST",
        f"/api/tasks/{its.requests[1]['id']}/status",
        system.staff(SLUG) | {"If-Match": "*"},
        json=moved,
    )
    told = system.call("POST", f"/api/integrators?tenant={SLUG}", its.admin, json={"name": "komsu"})
    its.key = told["api_key"]
    its.outsider = Outsider(system.outer, told["kafka"]["user"], told["kafka"]["password"])
    until(lambda: its.reads() == "ok", "the integrator's account")
    system.admit(above)
    return its


def lines(folder: Path, name: str) -> list[Json]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def check(folder: Path, leaving: Leaving) -> None:
    """What was taken along is whole: it says what the APIs say."""
    system, ids = leaving.system, {one["id"] for one in leaving.requests}
    requests = {one["id"]: one for one in lines(folder, "requests.jsonl")}
    tasks = {one["id"]: one for one in lines(folder, "tasks.jsonl")}
    listed = system.call("GET", f"/api/tasks?tenant={SLUG}&limit=100", system.platform)["tasks"]
    assert ids <= requests.keys()
    assert tasks.keys() == requests.keys() == {one["id"] for one in listed}
    for number, told in enumerate(leaving.requests):
        request, task = requests[told["id"]], tasks[told["id"]]
        assert request["text"] == task["text"] == TEXT.format(number=number)
        assert request["contact"]["phone"] == "0532 111 22 33"
        assert "citizen" not in request
        shown = system.call("GET", f"/api/tasks/{told['id']}?tenant={SLUG}", system.platform)
        assert [one["kind"] for one in task["history"]] == [one["kind"] for one in shown["history"]]
        assert NOTE.format(number=number) in [one["message"] for one in task["history"]]
        assert task["status"] == shown["status"]
        assert task["department"]["code"] == "FEN"
    assert tasks[leaving.requests[1]["id"]]["status"] == "resolved"
    (photo,) = requests[leaving.requests[0]["id"]]["attachments"]
    kept = folder / "photos" / leaving.requests[0]["id"] / f"{photo['id']}.jpg"
    answer = system.http.get(f"/attachments/{photo['id']}", headers=system.platform)
    assert kept.read_bytes() == answer.content
    assert len(list((folder / "photos").rglob("*.jpg"))) == 1
    assert {one["id"] for one in lines(folder, "decisions.jsonl")} >= ids
    assert {one["id"] for one in lines(folder, "facts.jsonl")} >= ids
    (integrator,) = lines(folder, "integrators.jsonl")
    assert integrator["name"] == "komsu"
    everything = "".join(file.read_text("utf-8") for file in folder.glob("*.jsonl"))
    assert leaving.key.rpartition(".")[2] not in everything
    assert hashlib.sha256(leaving.key.rpartition(".")[2].encode()).hexdigest() not in everything
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["photos"] == 1
    for name, told in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert (len(content), content.count(b"\n")) == (told["bytes"], told["lines"])
        assert hashlib.sha256(content).hexdigest() == told["sha256"]
    readme = (folder / "README.md").read_text("utf-8")
    assert all(f"`{file.name}`" in readme for file in folder.glob("*.json*"))


def published(folder: Path) -> set[str]:
    return {one["id"] for one in lines(folder, "published.jsonl")}


def test_what_is_taken_along_is_whole(leaving: Leaving, tmp_path: Path) -> None:
    open_data = f"/open-data/{SLUG}/requests.geojson"

    def told() -> set[str]:
        features = leaving.system.http.get(open_data).json()["features"]
        return {one["id"] for one in features}

    ids = {one["id"] for one in leaving.requests}
    until(lambda: told() >= ids, "all to be published")
    done = leaving.command("data", SLUG, "--to", str(tmp_path / "data"))
    assert done.exit_code == 0, done.output
    check(tmp_path / "data", leaving)
    assert published(tmp_path / "data") == told()
    file = yaml.safe_load((tmp_path / "data/tenant" / f"{SLUG}.yaml").read_text("utf-8"))
    assert file["slug"] == SLUG

    again = leaving.command("data", SLUG, "--to", str(tmp_path / "data"))
    assert again.exit_code == 1
    assert "already" in again.output
    archive = leaving.command("data", SLUG, "--to", str(tmp_path / "data.zip"))
    assert archive.exit_code == 0, archive.output
    with zipfile.ZipFile(tmp_path / "data.zip") as zipped:
        zipped.extractall(tmp_path / "unzipped")
    check(tmp_path / "unzipped", leaving)
    assert not list(tmp_path.glob("*.part"))


def test_nobody_else_takes_it(leaving: Leaving, tmp_path: Path) -> None:
    for path in ("/api/requests/data/requests", "/api/tasks/data/tasks", "/api/reports/data/facts"):
        for role in ("operator", "supervisor", "auditor"):
            who = leaving.system.staff(SLUG, role)
            answer = leaving.system.http.get(path, params={"tenant": SLUG}, headers=who)
            assert answer.status_code == 403, (path, role)
    unknown = leaving.command("data", "atlantis", "--to", str(tmp_path / "none"))
    assert unknown.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_it_leaves_is_removed_and_comes_again(leaving: Leaving, tmp_path: Path) -> None:
    system = leaving.system
    assert leaving.submits().json()["tenant"]["slug"] == SLUG
    assert leaving.calls() == 200

    left = leaving.command("remove", SLUG, "--confirm", SLUG)
    assert "has left" in left.output
    until(lambda: leaving.submits().json()["tenant"]["slug"] == PARENT, "the body above to get it")
    assert leaving.calls() == 400
    until(lambda: leaving.reads() == BAD_PASSWORD, "Kafka to refuse the account")
    listed = system.call("GET", f"/api/integrators?tenant={SLUG}", leaving.admin)
    assert listed == []
    refused = system.http.post(
        "/api/integrators", params={"tenant": SLUG}, json={"name": "gec"}, headers=leaving.admin
    )
    assert refused.status_code == 409
    assert system.http.get(f"/open-data/{SLUG}/requests.csv").status_code == 200
    done = leaving.command("data", SLUG, "--to", str(tmp_path / "left"))
    assert done.exit_code == 0, done.output
    check(tmp_path / "left", leaving)

    removed = leaving.command("remove", SLUG, "--confirm", SLUG)
    assert "removed" in removed.output, removed.output
    until(lambda: not any(leaving.stored("tenant_table").values()), "all tables to be empty")
    assert leaving.stored("tenant_table_gone") == dict.fromkeys(SERVICES, 1)
    open_data = f"/open-data/{SLUG}/requests.csv"
    until(lambda: system.http.get(open_data).status_code == 404, "its open data to be gone")
    assert leaving.calls() == 404
    assert system.http.get(f"/api/tenants/{SLUG}").status_code == 404
    assert system.http.get("/console", headers=system.staff(SLUG)).status_code == 404
    number, secret = (leaving.requests[2][name] for name in ("tracking_number", "secret"))
    own = {"Sokak-Secret": secret}
    assert system.call("GET", f"/api/requests/{number}", own)["text"] == TEXT.format(number=2)
    assert system.http.get(f"/requests/{number}").status_code == 200
    system.call("POST", f"/api/requests/{number}/withdraw", own, json={"reason": "solved"})

    def withdrawn() -> bool:
        task = system.http.get(
            f"/api/tasks/{leaving.requests[2]['id']}?tenant={SLUG}", headers=system.platform
        )
        return bool(task.json()["status"] == "withdrawn")

    until(withdrawn, "crm to follow a request of one that is gone")

    def taken_back() -> bool:
        assert leaving.command("data", SLUG, "--to", str(tmp_path / "p.zip")).exit_code == 0
        with zipfile.ZipFile(tmp_path / "p.zip") as zipped:
            told = zipped.read("published.jsonl")
        (tmp_path / "p.zip").unlink()
        return told == b""

    until(taken_back, "what was published to be taken back")
    for name in SERVICES:
        stuck = system.call("GET", f"/{name}/stuck")
        assert stuck["ok"], stuck
    twice = leaving.command("remove", SLUG, "--confirm", SLUG)
    assert twice.exit_code == 1
    assert "no such tenant" in twice.output

    files = tmp_path / "left" / "tenant"
    file = files / f"{SLUG}.yaml"
    file.write_text(file.read_text("utf-8").replace("state: left", "state: active"), "utf-8")
    back = leaving.command("apply", str(file))
    assert back.exit_code == 0, back.output
    until(lambda: leaving.submits().json()["tenant"]["slug"] == SLUG, "it to be back")
    until(lambda: all(leaving.stored("tenant_table").values()), "all tables to have it again")
    assert leaving.stored("tenant_table_gone") == dict.fromkeys(SERVICES, 0)
    versions = system.call("GET", f"/api/tenants/{SLUG}/versions", system.platform)
    assert [one["number"] for one in versions] == [4, 3, 2, 1]
    assert leaving.reads() == BAD_PASSWORD, "who was shut out stays out"
    open_again = partial(system.http.get, f"/open-data/{SLUG}/requests.geojson")
    ids = {one["id"] for one in leaving.requests} - {leaving.requests[2]["id"]}

    def all_told() -> bool:
        answer = open_again()
        if answer.status_code != 200:
            return False
        return {one["id"] for one in answer.json()["features"]} >= ids

    until(all_told, "all to be told anew")
