"""A database that speaks MongoDB's protocol, as a process of this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from .build import build_mongo, secantus
from .ports import free_port
from .process import Process

OPTIONS = "directConnection=true&w=majority&journal=true"
"""One node: no discovery of others by the names that it gives itself. Kept on disk before acked."""

TRANSACTION_SECONDS = 15
"""What a killed process had in its transaction stays locked for so long: 60 s by default. Ours
take a second at most."""


class NativeMongo(Process):
    """A database of our own. It keeps its port over restarts, so that clients find it again."""

    name = "mongo"

    def __init__(self, data_dir: Path, port: int | None = None, cache: str = "1G") -> None:
        super().__init__(data_dir.absolute())
        self.cache = cache
        self._port_file = self.data_dir / "port.json"
        wanted = json.loads(self._port_file.read_text()) if self._port_file.exists() else port
        self.port = wanted if self.pid is not None and wanted else free_port(wanted)

    @property
    def url(self) -> str:
        """Connection string with the write concern that the promises need."""
        return f"mongodb://127.0.0.1:{self.port}/?{OPTIONS}"

    @property
    def version(self) -> str:
        """What a person calls it."""
        return f"{secantus().parent.parent.name.replace('-', ' ', 1)} (native)"

    def prepare(self) -> None:
        """Build what lacks, and keep the port."""
        build_mongo()
        self._port_file.write_text(json.dumps(self.port))

    def command(self) -> Sequence[str]:
        """The server's command line; without --sync-on-commit a kill loses acknowledged writes."""
        return [
            str(secantus()),
            "--port",
            str(self.port),
            "--storage-path",
            str(self.data_dir / "data"),
            "--cache-size",
            self.cache,
            "--log-level",
            "WARNING",
            "--sync-on-commit",
        ]

    def answers(self) -> bool:
        """Whether it is a primary that takes writes."""
        return mongo_answers(self.url)

    def wait_ready(self, timeout_s: float | None = None) -> None:
        """Return when it answers; it has no flag for the bound on transactions."""
        super().wait_ready(timeout_s)
        client: MongoClient[dict[str, object]] = MongoClient(self.url)
        client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=TRANSACTION_SECONDS)
        client.close()


def mongo_answers(url: str, timeout_s: float = 2.0) -> bool:
    """Whether a server that can be written to answers at the url."""
    wait_ms = int(timeout_s * 1000)
    client: MongoClient[dict[str, object]]
    try:
        client = MongoClient(
            url,
            serverSelectionTimeoutMS=wait_ms,
            connectTimeoutMS=wait_ms,
            socketTimeoutMS=wait_ms,
        )
    except PyMongoError:
        return False
    try:
        return bool(client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False
    finally:
        client.close()
