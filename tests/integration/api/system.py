"""All of Sokak in one process of its own, and how to call it as anybody."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, TypeVar

import httpx
from aiokafka import AIOKafkaProducer

from libs.stack import NativeKafka
from libs.stack.leash import leash
from libs.stack.ports import free_port
from libs.web.identity.signer import Signer, key_from
from services.cli.serve import SERVICES

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0

T = TypeVar("T")
Headers = dict[str, str]
Json = dict[str, Any]


@dataclass(frozen=True)
class System:
    """A running Sokak; `platform` are the headers of those who run it."""

    url: str
    kafka: str
    mongo: str
    outer: str
    signer: Signer
    http: httpx.Client

    @property
    def platform(self) -> Headers:
        return self.signer.platform()

    def staff(self, tenant: str, role: str = "operator") -> Headers:
        return self.signer.staff(tenant, role)

    def call(self, method: str, path: str, who: Headers | None = None, **sent: Any) -> Any:
        """The JSON of an answer that must be a good one."""
        headers = {**(who or {}), **sent.pop("headers", {})}
        answer = self.http.request(method, path, headers=headers, **sent)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def admit(self, *documents: Json) -> None:
        """Publish tenants and wait until intake receives requests for each."""
        for document in documents:
            self.call("PUT", f"/api/tenants/{document['slug']}", self.platform, json=document)
        for document in documents:
            until(partial(self._received, document), f"{document['slug']} to be known")

    def _received(self, document: Json) -> bool:
        body = {"text": "Sınama", "point": point_in(document), "simulated": True}
        key = {"Idempotency-Key": f"admit-{document['slug']}-{uuid.uuid4()}"}
        answer = self.http.post("/api/requests", json=body, headers=self.platform | key)
        assert answer.status_code in (201, 422, 503), answer.text
        return answer.status_code == 201

    def submit(self, body: Json, who: Headers | None = None, **headers: str) -> Json:
        """What intake answers to a request that it accepts."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.post("/api/requests", json=body, headers={**(who or {}), **sent})
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    def task(self, tenant: str, id: str) -> Json:
        """The request's task, once a department has it."""

        def given() -> Json | None:
            answer = self.http.get(f"/api/tasks/{id}", headers=self.staff(tenant))
            task: Json | None = answer.json() if answer.status_code == 200 else None
            return task if task and task["department"] else None

        return until(given, f"task {id} of {tenant}")

    def poison(self, topic: str, records: dict[str, bytes]) -> None:
        """Put records on the bus that nobody can read, by key."""

        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
            await producer.start()
            try:
                for key, value in records.items():
                    await producer.send_and_wait(topic, value, key=key.encode())
            finally:
                await producer.stop()

        with ThreadPoolExecutor(1) as one:
            one.submit(lambda: asyncio.run(send())).result()


def until(ask: Callable[[], T | None], what: str) -> T:
    """The first answer that is true; fails where none comes."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.03)
    raise AssertionError(f"waited in vain for {what}")


@contextmanager
def served(directory: Path, kafka: NativeKafka, mongo: str) -> Iterator[System]:
    """`sokak serve` on a free port, ended by its own process id. Calls are nobody's browser:
    what one caller has sent must not be the next one's by a cookie.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    key_file = directory / "identity.json"
    signer = Signer(key_from(key_file), f"{url}/identity", "sokak")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("SOKAK_")}
    environment = inherited | {
        "PYTHONPATH": str(ROOT),
        "SOKAK_KAFKA": kafka.address,
        "SOKAK_KAFKA_OUTER": kafka.outer_address,
        "SOKAK_MONGO": mongo,
        "SOKAK_DATABASE": "api",
        "SOKAK_IDENTITY_KEY_FILE": str(key_file),
        "SOKAK_LOG_LEVEL": "WARNING",
        **{f"SOKAK_RATE_{of}": "1e9" for of in ("ANONYMOUS", "SIGNED_IN", "STAFF")},
    }
    log_file = directory / "sokak.log"
    command = [sys.executable, "-m", "services.cli", "serve", "--port", str(port)]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    leash(process.pid)
    try:
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        with httpx.Client(base_url=url, timeout=30.0, cookies=no_cookies) as http:
            until(lambda: _ready(http, process, log_file), "all services to be ready")
            yield System(url, kafka.address, mongo, kafka.outer_address, signer, http)
    finally:
        process.terminate()
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10.0)


def _ready(http: httpx.Client, process: subprocess.Popen[bytes], log_file: Path) -> bool:
    assert process.poll() is None, log_file.read_text(errors="replace")[-4000:]
    try:
        return all(http.get(f"/{name}/ready").status_code == 200 for name in SERVICES)
    except httpx.TransportError:
        return False


def names(text: str) -> Json:
    return {"tr": text, "en": f"{text} (en)"}


def town(slug: str, west: float, **changes: Any) -> Json:
    """A small municipality as data: a square of 0.05 degrees, 100 m of it a neighbourhood."""
    east, south, north = west + 0.05, 39.90, 39.95
    square = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    strip = [[west, south], [east, south], [east, south + 0.02], [west, south + 0.02], square[0]]
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return {
        "slug": slug,
        "names": names(slug.capitalize()),
        "kind": "district",
        "time_zone": "Europe/Istanbul",
        "jurisdiction": {"type": "Polygon", "coordinates": [square]},
        "neighbourhoods": [
            {
                "code": "south",
                "name": "Güney",
                "geometry": {"type": "Polygon", "coordinates": [strip]},
            }
        ],
        "working_hours": {day: [["00:00", "24:00"]] for day in week},
        "departments": [
            {"code": "FEN", "names": names("Fen İşleri")},
            {"code": "BYH", "names": names("Halkla İlişkiler")},
        ],
        "triage_department": "BYH",
        "forwarding_department": "BYH",
        "categories": [
            {"code": "ROADS", "names": names("Yol"), "department": "FEN"},
            {
                "code": "POTHOLE",
                "names": names("Çukur"),
                "parent": "ROADS",
                "sla_minutes": 1440,
                "keywords": ["çukur"],
                "questions": [
                    {
                        "code": "size",
                        "names": names("Ne kadar?"),
                        "kind": "choice",
                        "options": [{"code": "plate", "names": names("Tabak kadar")}],
                    }
                ],
            },
            {"code": f"ONLY_{slug.upper()}", "names": names("Buraya özgü"), "department": "FEN"},
            {"code": "UNSORTED", "names": names("Ayrılacak")},
        ],
        "unsorted_category": "UNSORTED",
        "assignment_rules": [
            {
                "code": "own-words",  # nobody else reads them; of a group, so that it never holds
                "when": {"categories": ["ROADS"], "text_contains": [f"{slug}-gizli"]},
                "department": "FEN",
            }
        ],
        **changes,
    }


_steps = itertools.count()


def point_in(document: Json) -> Json:
    """A place in a town's neighbourhood, another one each time."""
    west, south = document["jurisdiction"]["coordinates"][0][0]
    step = next(_steps) % 100
    return {"lat": round(south + 0.002 + step * 0.0001, 6), "lon": round(west + 0.025, 6)}
