"""The outer listener with TLS, set up as `deploy/kafka/README.md` says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from libs.events import public_topic
from libs.runtime.accounts import Account, Accounts
from libs.stack import NativeKafka
from tests.integration.accounts.outsider import Outsider, make

TOPIC = public_topic("kecioren")


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A PEM file with a key and its certificate for this machine, and one with that alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    both, alone = folder / f"{name}.pem", folder / f"{name}.crt"
    both.write_bytes(private + public)
    alone.write_bytes(public)
    return both, alone


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NativeKafka, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    both, alone = certificate(folder, "kafka")
    server = NativeKafka(folder / "kafka", certificate=both)
    server.start()
    make(server.address, [TOPIC], [("one", b"{}")])
    yield server, alone
    server.stop(timeout_s=5.0)


async def test_an_account_reads_by_tls_and_nobody_without_it(
    broker: tuple[NativeKafka, Path], tmp_path: Path
) -> None:
    kafka, authority = broker
    account = Account("kecioren.app", TOPIC.name, "kecioren.app.")
    await Accounts(kafka.address).open(account, "gizli")
    told = Outsider(kafka.outer_address, account.user, "gizli", authority)
    async with asyncio.timeout(20):
        while await asyncio.to_thread(told.reads, TOPIC.name) != "ok":
            pass
    _, stranger = certificate(tmp_path, "stranger")
    misled = Outsider(told.servers, told.user, told.password, stranger)
    assert await asyncio.to_thread(misled.reads, TOPIC.name) == "_SSL"
    plain = Outsider(told.servers, told.user, told.password)
    assert await asyncio.to_thread(plain.reads, TOPIC.name) == "_ALL_BROKERS_DOWN"


async def test_a_renewed_certificate_is_taken_without_a_restart(
    broker: tuple[NativeKafka, Path], tmp_path: Path
) -> None:
    kafka, authority = broker
    account = Account("kecioren.renewed", TOPIC.name, "kecioren.renewed.")
    await Accounts(kafka.address).open(account, "gizli")
    both, renewed = certificate(tmp_path, "kafka")
    place = authority.with_suffix(".pem")
    place.write_bytes(both.read_bytes())
    name = "listener.name.outer.ssl.keystore.location"
    set_it = AlterConfigOpType.SET
    change = ConfigEntry(name, str(place), incremental_operation=set_it)
    admin = AdminClient({"bootstrap.servers": kafka.address})
    asked = admin.incremental_alter_configs(
        [ConfigResource(ResourceType.BROKER, "1", incremental_configs=[change])]
    )
    for answer in asked.values():
        await asyncio.to_thread(answer.result, 20)
    told = Outsider(kafka.outer_address, account.user, "gizli", renewed)
    async with asyncio.timeout(20):
        while await asyncio.to_thread(told.reads, TOPIC.name) != "ok":
            pass
