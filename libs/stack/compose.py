"""Kafka and MongoDB by Docker Compose."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .build import Say, silent
from .process import StackError

FILE = Path(__file__).parents[2] / "deploy" / "compose.yaml"

Server = Literal["kafka", "mongo"]


def docker_answers() -> bool:
    """Whether a Docker daemon answers and has Compose."""
    if shutil.which("docker") is None:
        return False
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            if subprocess.run(command, capture_output=True, timeout=10).returncode:
                return False
        except subprocess.TimeoutExpired:
            return False
    return True


@dataclass(frozen=True)
class Compose:
    """The containers of one checkout, under a project name of their own."""

    data: Path
    kafka_port: int = 9092
    outer_port: int = 9093
    mongo_port: int = 27017

    @property
    def project(self) -> str:
        """The name that keeps two checkouts on one machine apart."""
        return f"sokak-{hashlib.sha256(str(self.data.absolute()).encode()).hexdigest()[:8]}"

    def up(self, servers: list[Server], say: Say = silent) -> None:
        """Start these servers and wait until they are healthy."""
        say(f"starting {' and '.join(servers)} in Docker ...")
        self._run("up", "--detach", "--wait", "--wait-timeout", "180", *servers)

    def stop(self, servers: list[Server]) -> None:
        """Stop and remove the containers of these servers; their volumes stay."""
        self._run("rm", "--stop", "--force", *servers)

    def running(self) -> set[str]:
        """The servers that run now."""
        return set(self._run("ps", "--services", "--status", "running").split())

    def remove(self) -> None:
        """Remove containers and volumes."""
        self._run("down", "--volumes")

    def logs(self, server: Server) -> list[str]:
        """The command that follows a server's log."""
        return [*self._compose(), "logs", "--follow", "--tail", "100", server]

    def _compose(self) -> list[str]:
        return ["docker", "compose", "--file", str(FILE), "--project-name", self.project]

    def _run(self, *arguments: str) -> str:
        ports = {
            "SOKAK_KAFKA_PORT": str(self.kafka_port),
            "SOKAK_KAFKA_OUTER_PORT": str(self.outer_port),
            "SOKAK_MONGO_PORT": str(self.mongo_port),
        }
        done = subprocess.run(
            [*self._compose(), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=os.environ | ports,
        )
        if done.returncode:
            last = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise StackError(f"docker compose {arguments[0]} failed:\n{last}")
        return done.stdout
