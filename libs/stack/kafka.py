"""Kafka as a process of this machine: one KRaft node with an inner and an outer listener."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import threading
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from .build import build_kafka, java, kafka_classes, kafka_jars
from .ports import free_port
from .process import Process, StackError

JVM = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a broker that lives for minutes beside all its clients on few cores: the optimising compiler
and a concurrent collector would take as much time again as the work itself.
"""

_LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


LIVES_ON_S = 300
"""For how long a connection of the outer listener lives without saying its password again: so
long may somebody read on whose password was changed.
"""


def properties(
    data_dir: Path,
    inner: int,
    outer: int,
    controller: int,
    doors: Mapping[int, int] | None = None,
    lives_on_s: int = LIVES_ON_S,
    certificate: Path | None = None,
) -> dict[str, str]:
    """The broker's settings: `inner` for our own services, `outer` for everyone else.

    Who comes in on the inner listener, which only this machine reaches, is User:ANONYMOUS and
    may do everything; on the outer one nobody may do anything that no ACL allows. `doors` are
    further inner ones: the port that clients are told, a proxy's, to the port behind it. With a
    `certificate`, a PEM file with its key, the outer listener speaks TLS.
    """
    doors = doors or {}
    inner_and_outer = f"INNER://127.0.0.1:{inner},OUTER://127.0.0.1:{outer}"
    listeners = "".join(f",DOOR{told}://127.0.0.1:{own}" for told, own in doors.items())
    advertised = "".join(f",DOOR{told}://127.0.0.1:{told}" for told in doors)
    protocols = "".join(f",DOOR{told}:PLAINTEXT" for told in doors)
    outer_protocol = "SASL_SSL" if certificate else "SASL_PLAINTEXT"
    tls = {"type": "PEM", "location": str(certificate)} if certificate else {}
    return {
        **{f"listener.name.outer.ssl.keystore.{name}": value for name, value in tls.items()},
        **{f"listener.name.door{told}.num.network.threads": "1" for told in doors},
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"{inner_and_outer}{listeners},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"{inner_and_outer}{advertised}",
        "listener.security.protocol.map": (
            f"INNER:PLAINTEXT,OUTER:{outer_protocol},CONTROLLER:PLAINTEXT{protocols}"
        ),
        "inter.broker.listener.name": "INNER",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.outer.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "listener.name.outer.scram-sha-512.connections.max.reauth.ms": str(lives_on_s * 1000),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": "false",
        "log.dirs": str(data_dir / "data"),
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(9 * 1024 * 1024),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "6",
        # Compacted soon, so there is little to load at a start. With a hundred thousand records
        # to load after a kill, Kafka 4.4 may lose its groups until it is started once more.
        "offsets.topic.segment.bytes": str(1024 * 1024),
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "6",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "broker.session.timeout.ms": "2000",  # back 5 s after a kill, not 15
        "broker.heartbeat.interval.ms": "500",
        "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
        "num.network.threads": "2",
        "num.io.threads": "4",
    }


class NativeKafka(Process):
    """A broker of our own. It keeps its ports over restarts, so that clients find it again.

    `users` (name to password) are known on the outer listener from the first start on. `doors`
    are ports of proxies before it: who comes in by one is told of that one only. After
    `lives_on_s` a connection of the outer listener must say its password again; with a
    `certificate` it speaks TLS.
    """

    name = "kafka"

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        users: Mapping[str, str] | None = None,
        doors: Sequence[int] = (),
        lives_on_s: int = LIVES_ON_S,
        certificate: Path | None = None,
    ) -> None:
        super().__init__(data_dir.absolute())
        self._lives_on_s, self._certificate = lives_on_s, certificate
        self._users = users or {}
        self.doors = {told: free_port() for told in doors}
        """The port of each proxy, to the port that it is to lead to."""
        self._ports_file = self.data_dir / "ports.json"
        wanted: list[int | None] = [None] * 3 if port is None else [port, port + 1, port + 2]
        if self._ports_file.exists():
            wanted = json.loads(self._ports_file.read_text())
        held = self.pid is not None
        self.port, self.outer_port, self.controller_port = (
            one if held and one else free_port(one) for one in wanted
        )

    @property
    def address(self) -> str:
        """Bootstrap address of the inner listener."""
        return f"127.0.0.1:{self.port}"

    @property
    def outer_address(self) -> str:
        """Bootstrap address of the listener that asks who one is (SCRAM-SHA-512)."""
        return f"127.0.0.1:{self.outer_port}"

    @property
    def version(self) -> str:
        """What a person calls it."""
        return f"Apache Kafka {kafka_jars().parent.name.removeprefix('kafka-')} (native)"

    def tool(self, main: str, *arguments: str) -> Sequence[str]:
        """The command line of a class of Kafka's jars."""
        logging = f"-Dlog4j2.configurationFile={self.data_dir / 'log4j2.properties'}"
        classes = f"-XX:SharedArchiveFile={kafka_classes()}"  # the JVM goes on where it is not
        return [java(), *JVM, classes, logging, "-cp", f"{kafka_jars()}/*", main, *arguments]

    def command(self) -> Sequence[str]:
        """The broker's command line."""
        return self.tool("kafka.Kafka", str(self._config))

    @property
    def _config(self) -> Path:
        return self.data_dir / "server.properties"

    def prepare(self) -> None:
        """Fetch what lacks, write the settings, and format the log directory once."""
        build_kafka()
        ports = (self.port, self.outer_port, self.controller_port)
        settings = properties(
            self.data_dir, *ports, self.doors, self._lives_on_s, self._certificate
        )
        self._config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        (self.data_dir / "log4j2.properties").write_text(_LOGGING)
        self._ports_file.write_text(json.dumps(ports))
        if (self.data_dir / "data" / "meta.properties").exists():
            return
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        users = [
            f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]"
            for name, password in self._users.items()
        ]
        config = str(self._config)
        self._run("kafka.tools.StorageTool", "format", "-t", cluster, "-c", config, *users)

    def _run(self, main: str, *arguments: str) -> str:
        done = subprocess.run(self.tool(main, *arguments), capture_output=True, text=True)
        if done.returncode:
            raise StackError(f"{main} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def answers(self) -> bool:
        """Whether a client is told of a broker, which it is only once the broker is unfenced."""
        return kafka_answers(self.address)


def kafka_answers(address: str, timeout_s: float = 3.0) -> bool:
    """Whether a Kafka cluster answers at the bootstrap address; may be called from anywhere."""
    answer: list[bool] = []
    if not _accepts(address):  # spares a line in the log for each attempt
        return False

    def ask() -> None:
        answer.append(asyncio.run(_has_broker(address, timeout_s)))

    asker = threading.Thread(target=ask)  # the caller may be inside a running loop
    asker.start()
    asker.join()
    return bool(answer and answer[0])


def _accepts(addresses: str) -> bool:
    for address in addresses.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=2.0):
                return True
        except (OSError, ValueError):
            continue
    return False


async def _has_broker(address: str, timeout_s: float) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=2000)
    try:
        async with asyncio.timeout(timeout_s):
            await admin.start()
            cluster = await admin.describe_cluster()
            return bool(cluster["brokers"])
    except (KafkaError, TimeoutError, OSError):
        return False
    finally:
        await admin.close()
