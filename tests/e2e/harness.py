"""A whole Sokak of its own: Kafka, a database, and every service as processes, two copies each."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from libs.stack import NativeKafka, NativeMongo
from libs.stack.leash import leash
from libs.stack.ports import free_port
from libs.web.identity.client import fetch_token
from tests import scenarios
from tests.e2e import bus

ROOT = Path(__file__).parents[2]
SERVICES = ("intake", "routing", "crm", "reporting")
COPIES = 2
CONSUMED = {
    "intake": ("routing", "tasks"),
    "routing": ("requests", "request_texts"),
    "crm": ("requests", "request_texts", "routing"),
    "reporting": ("requests", "routing", "tasks"),
}
READY_WITHIN = 120.0
ANSWERED_WITHIN = 120.0
SETTLED_WITHIN = 240.0
RENEW_TOKEN_AFTER = 300.0
TOO_OLD = 5.0
"""Seconds after which `/stuck` turns red here; it is thirty and more in real life."""

UNLIMITED = {f"SOKAK_RATE_{of}": "1e9" for of in ("ANONYMOUS", "SIGNED_IN", "STAFF")}
"""All citizens of a test call from one address."""

RECEIVERS_HERE = {
    "SOKAK_WEBHOOK_HTTP": "true",
    "SOKAK_WEBHOOK_PORTS": "[]",
    "SOKAK_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
    "SOKAK_WEBHOOK_RETRY_SECONDS": "0.5",
}
"""A test's own receivers of webhooks may be called, and are soon called again."""

T = TypeVar("T")


@dataclass
class Copy:
    """One process of a service."""

    service: str
    number: int
    port: int
    log: Path
    environment: Mapping[str, str]
    program: Sequence[str] = ("services.cli",)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def name(self) -> str:
        """What it is called in logs and schedules."""
        return f"{self.service}-{self.number}"

    def start(self, **more: str) -> None:
        """Start it, on the port that it had; `more` is for its environment this time."""
        assert self.process is None
        serve = ("serve", self.service, "--port", str(self.port))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command(*serve, program=self.program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**self.environment, **more},
                start_new_session=True,
            )
        leash(self.process.pid)

    def freeze(self) -> None:
        """Stop it where it is; it knows nothing of that."""
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        self._running.send_signal(signal.SIGCONT)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, f"{self.name} does not run"
        return self.process

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL, 10.0)

    def stop(self, within: float = 30.0) -> None:
        """End it in good order, by force where that takes too long."""
        self._end(signal.SIGTERM, within)

    def _end(self, number: signal.Signals, within: float) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10.0)


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


class Sokak:
    """Everything that runs, and how to call it."""

    def __init__(
        self,
        kafka: NativeKafka,
        mongo: NativeMongo,
        directory: Path,
        copies: int = COPIES,
        own: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.kafka = kafka
        self.mongo = mongo
        self.directory = directory
        self._own = own or {}
        self.issuer_port = free_port()
        self.identity = self._copy("identity", 1, self.issuer_port)
        self.copies = {
            name: [self._copy(name, number + 1, free_port()) for number in range(copies)]
            for name in SERVICES
        }
        self.http = httpx.AsyncClient(timeout=30.0, limits=httpx.Limits(max_connections=200))
        self._turns = itertools.count()
        self._tokens: dict[tuple[str, ...], tuple[str, float]] = {}
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            mongo.url, tz_aware=True, serverSelectionTimeoutMS=3000
        )

    def _copy(self, service: str, number: int, port: int) -> Copy:
        name = f"{service}-{number}"
        environment = self.environment(str(number)) | dict(self._own.get(name, {}))
        return Copy(service, number, port, self.directory / f"{name}.log", environment)

    def another(self, service: str, **settings: str) -> Copy:
        """One more copy of a service, which nobody has started or asks yet."""
        copy = self._copy(service, len(self.copies[service]) + 1, free_port())
        copy.environment = {**copy.environment, **settings}
        return copy

    @property
    def issuer(self) -> str:
        """The development identity provider."""
        return f"http://127.0.0.1:{self.issuer_port}/identity"

    def environment(self, instance: str = "command") -> dict[str, str]:
        """What a process of this system must know, and nothing of another system."""
        inherited = {name: text for name, text in os.environ.items() if "SOKAK_" not in name}
        return inherited | {
            "SOKAK_KAFKA": self.kafka.address,
            "SOKAK_KAFKA_OUTER": self.kafka.outer_address,
            "SOKAK_MONGO": self.mongo.url,
            "SOKAK_ISSUER": self.issuer,
            "SOKAK_IDENTITY_KEY_FILE": str(self.directory / "identity.json"),
            "SOKAK_LOCAL": str(self.directory / "local"),
            "SOKAK_INSTANCE": instance,
            "SOKAK_SECRET": "the same for every copy",
            "SOKAK_OUTBOX_TOO_OLD": str(TOO_OLD),
            **UNLIMITED,
            **RECEIVERS_HERE,
        }

    # -- processes

    @property
    def all_copies(self) -> list[Copy]:
        """Every process of ours, the identity provider included."""
        return [self.identity, *(copy for copies in self.copies.values() for copy in copies)]

    async def start(self) -> None:
        """Start every service, and return when all of them can answer."""
        for copy in self.all_copies:
            copy.start()
        discovery = f"{self.issuer}/.well-known/openid-configuration"
        await self._answers(self.identity, discovery)
        for name in SERVICES:
            for copy in self.copies[name]:
                await self.ready(copy)

    async def ready(self, copy: Copy) -> None:
        """Return when a copy can answer."""
        await self._answers(copy, f"{copy.url}/{copy.service}/ready")

    async def _answers(self, copy: Copy, url: str) -> None:
        async def answers() -> None:
            assert copy.process is not None, f"{copy.name} was not started"
            assert copy.process.poll() is None, f"it ended by itself:\n{tail(copy.log)}"
            answer = await self.http.get(url)
            assert answer.status_code == 200, answer.text

        await eventually(answers, READY_WITHIN)

    async def restart(self, copy: Copy) -> None:
        """Kill a copy and start it again a moment later."""
        copy.kill()
        await asyncio.sleep(1.0)
        copy.start()
        await self.ready(copy)

    async def stop(self) -> None:
        """End every process of ours."""
        for copy in self.all_copies:
            if copy.process is not None:
                copy.process.terminate()
        for copy in self.all_copies:
            copy.stop()
        await self.http.aclose()
        await self._client.close()

    # -- calls

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        within: float = ANSWERED_WITHIN,
    ) -> httpx.Response:
        """Ask the copies in turn. No answer, or 503, means to ask again: so give a key."""
        known = dict(headers or {})
        if token is not None:
            known["Authorization"] = f"Bearer {token}"
        deadline = time.monotonic() + within
        while True:
            copies = self.copies[service]
            copy = copies[next(self._turns) % len(copies)]
            try:
                url = copy.url + path
                sent = {"content": body} if isinstance(body, bytes) else {"json": body}
                answer = await self.http.request(method, url, headers=known, **sent)
            except httpx.TransportError as error:
                fault = repr(error)
            else:
                if answer.status_code != 503:
                    return answer
                fault = answer.text
            assert time.monotonic() < deadline, f"{method} {service}{path}: {fault}"
            await asyncio.sleep(0.05)

    async def get(self, service: str, path: str, token: str | None = None) -> Any:
        """The JSON of an answer that must be a good one."""
        answer = await self.call(service, "GET", path, token=token)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def staff(self, tenant: str, role: str = "operator") -> str:
        """A token of somebody who works for a tenant."""
        return await self._token((tenant, role), tenant=tenant, role=role)

    async def citizen(self, name: str) -> str:
        """A token of a citizen."""
        return await self._token(("citizen", name), citizen=name)

    async def platform(self) -> str:
        """A token of those who run the platform."""
        return await self._token(("platform",), platform=True)

    async def _token(self, whose: tuple[str, ...], **asked: Any) -> str:
        known = self._tokens.get(whose)
        if known is None or time.monotonic() - known[1] > RENEW_TOKEN_AFTER:
            token = await fetch_token(self.issuer, http=self.http, **asked)
            known = self._tokens[whose] = (token, time.monotonic())
        return known[0]

    async def sokak(self, *arguments: str, within: float = 600.0) -> Done:
        """Run the command line, with a token of the platform."""
        environment = self.environment() | {"SOKAK_TOKEN": await self.platform()}
        process = await asyncio.create_subprocess_exec(
            *command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.directory,
            env=environment | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        )
        try:
            async with asyncio.timeout(within):
                out, err = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode())

    async def apply(self, tenants: Sequence[str]) -> None:
        """Publish tenants, and return when whoever is asked knows them."""
        files = [str(scenarios.TENANTS / f"{slug}.yaml") for slug in tenants]
        url = self.copies["routing"][0].url

        async def applied() -> None:
            done = await self.sokak("tenant", "apply", *files, "--url", url)
            assert done.code == 0, done

        await eventually(applied, SETTLED_WITHIN)
        for copy in self.copies["intake"]:
            for slug in tenants:
                await eventually(partial(self._knows, copy, slug))

    async def _knows(self, copy: Copy, tenant: str) -> None:
        """A category that nobody has is unknown; until then it is the place that is."""
        place = scenarios.place_in(tenant)
        body = scenarios.words(point=place, category="NO_SUCH_CATEGORY")
        answer = await self.http.post(f"{copy.url}/api/requests", json=body)
        assert answer.json()["type"].endswith("/category-unknown"), answer.text

    # -- looking inside

    def collection(self, service: str, name: str) -> AsyncCollection[dict[str, Any]]:
        """A collection of a service, for looking only: what must agree in the end."""
        return self._client[f"sokak_{service}"][name]

    async def records(self, topic: str) -> list[bus.Seen]:
        """Everything in a topic."""
        return await bus.records(self.kafka.address, topic)

    async def settled(self, within: float = SETTLED_WITHIN) -> None:
        """Return when every event was sent and is behind every consumer: nothing moves."""

        async def nothing_moves() -> None:
            for _ in range(3):  # what one consumed may be what another has to consume
                for service in SERVICES:
                    waiting = await self.collection(service, "outbox").count_documents({})
                    assert waiting == 0, f"{service} has {waiting} commits to send"
                groups = {await self.group(name): topics for name, topics in CONSUMED.items()}
                for group, left in (await bus.left(self.kafka.address, groups)).items():
                    assert left == 0, f"{group} has {left} records to consume"

        await eventually(nothing_moves, within, 0.5)

    async def group(self, service: str) -> str:
        """The name of a service's consumer group."""
        if service != "reporting":
            return service
        shown = await self.collection("reporting", "generation").find_one({"_id": "shown"})
        return f"reporting-{shown['number'] if shown else 1}"

    def tails(self) -> str:
        """The ends of all logs."""
        logs = [copy.log for copy in self.all_copies]
        return "\n".join(tail(log) for log in (*logs, self.kafka.log_file, self.mongo.log_file))


@asynccontextmanager
async def running(
    kafka: NativeKafka,
    mongo: NativeMongo,
    directory: Path,
    copies: int = COPIES,
    own: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[Sokak]:
    """A running Sokak on these servers; `own` is what a copy's environment has besides."""
    system = Sokak(kafka, mongo, directory, copies, own)
    try:
        await system.start()
        yield system
    except BaseException as error:
        error.add_note(system.tails())
        raise
    finally:
        await system.stop()


def command(*arguments: str, program: Sequence[str] = ("services.cli",)) -> list[str]:
    """The command line `sokak`, of this checkout."""
    return [sys.executable, "-m", *program, *arguments]


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log that say more than that all is well."""
    if not log.exists():
        return f"== {log.name}: none"
    kept = [line for line in log.read_text(errors="replace").splitlines() if not _is_news(line)]
    return "\n".join([f"== {log.name}", *(line[:600] for line in kept[-lines:])])


def _is_news(line: str) -> bool:
    try:
        told = json.loads(line)
        return bool(told["level"] == "info" or told["event"] == "event_parked")
    except (ValueError, KeyError, TypeError):
        return False


async def eventually(
    check: Callable[[], Awaitable[T]], within: float = 60.0, pause: float = 0.2
) -> T:
    """What `check` returns once it raises nothing more; its last failure where it goes on."""
    deadline = time.monotonic() + within
    while True:
        try:
            return await check()
        except (AssertionError, httpx.TransportError, OSError):
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(pause)
