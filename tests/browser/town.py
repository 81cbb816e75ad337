"""All services in one process on a port of their own, with municipalities: what browsers visit."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from libs.stack import NativeKafka, NativeMongo
from libs.stack.leash import leash
from libs.stack.ports import free_port
from libs.web.identity.client import CLIENT_ID, CLIENT_SECRET

ROOT = Path(__file__).parents[2]
TENANTS = ROOT / "deploy" / "tenants"
SERVICES = ("intake", "routing", "crm", "reporting")
WITHIN_S = 90.0


@dataclass
class Town:
    """What runs, and how a test acts beside the browser."""

    url: str
    http: httpx.Client
    log: Path
    kafka: str = ""
    mongo: str = ""

    def token(self, *groups: str, citizen: str | None = None) -> dict[str, str]:
        """The header of somebody with these groups, or of a citizen."""
        told = {"grant_type": "client_credentials", "scope": " ".join(groups)}
        if citizen:
            told |= {"scope": "citizen", "subject": citizen}
        answer = self.http.post("/identity/token", data=told, auth=(CLIENT_ID, CLIENT_SECRET))
        answer.raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def submit(self, text: str, lat: float = 39.98, lon: float = 32.86, **more: Any) -> Any:
        """A request that a guest hands in over the API; its answer."""
        body = {"text": text, "point": {"lat": lat, "lon": lon}, **more}
        answer = self.http.post("/api/requests", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def task(self, id: str, tenant: str = "kecioren", within: float = 30.0) -> Any:
        """A request's task, once it has been routed."""
        headers = self.token(f"{tenant}/operator")
        return self.until(lambda: _routed(self.http, id, headers), f"a routed task {id}", within)

    def until(self, found: Any, what: str, within: float = 30.0) -> Any:
        """What `found()` gives once it gives something."""
        deadline = time.monotonic() + within
        while not (one := found()):
            assert time.monotonic() < deadline, f"no {what} within {within} s"
            time.sleep(0.1)
        return one


def _routed(http: httpx.Client, id: str, headers: dict[str, str]) -> Any:
    answer = http.get(f"/api/tasks/{id}", headers=headers)
    told = answer.json() if answer.is_success else {}
    return told if told.get("department") else None


@contextmanager
def a_town(
    kafka: NativeKafka, mongo: NativeMongo, directory: Path, slugs: tuple[str, ...], **settings: str
) -> Iterator[Town]:
    """Everything started with these municipalities published; stopped at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = directory / "services.log"
    environment = {name: told for name, told in os.environ.items() if "SOKAK_" not in name}
    environment |= {
        "SOKAK_KAFKA": kafka.address,
        "SOKAK_KAFKA_OUTER": kafka.outer_address,
        "SOKAK_MONGO": mongo.url,
        "SOKAK_ISSUER": f"{url}/identity",
        "SOKAK_IDENTITY_KEY_FILE": str(directory / "identity.json"),
        "SOKAK_RATE_ANONYMOUS": "0",
        "SOKAK_WEBHOOK_HTTP": "true",
        "SOKAK_WEBHOOK_PORTS": "[]",
        "SOKAK_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        "SOKAK_WEBHOOK_RETRY_SECONDS": "0.5",
        **settings,
    }
    with log.open("wb") as out:
        served = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=out,
        )
    leash(served.pid)
    try:
        with httpx.Client(base_url=url, timeout=20.0) as http:
            town = Town(url, http, log, kafka.address, mongo.url)
            town.until(lambda: served.poll() is None and _ready(http), "services", WITHIN_S)
            _publish(town, environment, slugs)
            yield town
    finally:
        served.terminate()
        with suppress(subprocess.TimeoutExpired):
            served.wait(20)
        served.kill()
        served.wait()


def _ready(http: httpx.Client) -> bool:
    try:
        return all(http.get(f"/{name}/ready").is_success for name in SERVICES)
    except httpx.TransportError:
        return False


def _publish(town: Town, environment: dict[str, str], slugs: tuple[str, ...]) -> None:
    files = [str(TENANTS / f"{slug}.yaml") for slug in slugs]
    command = [sys.executable, "-m", "services.cli", "tenant", "apply", *files, "--url", town.url]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    probe = {"text": "Deneme başvurusu", "point": {"lat": 39.98, "lon": 32.86}}

    def known() -> bool:  # intake and crm hear of them over Kafka
        return town.http.post("/api/requests", json=probe).status_code == 201

    town.until(known, "published municipalities", WITHIN_S)
