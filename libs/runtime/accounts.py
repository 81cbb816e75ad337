"""Accounts on the broker: users who prove who they are by SCRAM, and what ACLs allow them.

The one module that imports confluent-kafka: aiokafka makes no users. Its calls block, and run on a
thread.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

MECHANISM = "SCRAM-SHA-512"
ITERATIONS = 4096
"""What RFC 7677 and Kafka ask for at least: a password of 256 random bits needs no more."""

TIMEOUT_S = 5.0
"""For each of the two calls that an account takes."""


class NoAccount(Exception):
    """The broker did not do it, or did not say so; the text is its reason. Ask again."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user who reads one topic, in consumer groups whose names begin with `group_prefix`."""

    user: str
    topic: str
    group_prefix: str

    @property
    def rights(self) -> list[AclBinding]:
        """All that it may do."""
        exactly, beginning = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED
        return [
            AclBinding(
                *(kind, name, pattern, f"User:{self.user}"),
                *("*", operation, AclPermissionType.ALLOW),
            )
            for kind, name, pattern, operation in (
                (ResourceType.TOPIC, self.topic, exactly, AclOperation.READ),
                (ResourceType.TOPIC, self.topic, exactly, AclOperation.DESCRIBE),
                (ResourceType.GROUP, self.group_prefix, beginning, AclOperation.READ),
            )
        ]

    @property
    def any_right(self) -> AclBindingFilter:
        """Whatever it may do, this or something else."""
        return AclBindingFilter(
            ResourceType.ANY,
            None,  # type: ignore[arg-type]  # any, which its hints do not know
            ResourcePatternType.ANY,
            f"User:{self.user}",
            None,  # type: ignore[arg-type]
            AclOperation.ANY,
            AclPermissionType.ANY,
        )


def new_password() -> str:
    """256 random bits, in letters that every configuration file takes."""
    return secrets.token_urlsafe(32)


class Accounts:
    """Makes and deletes accounts. What is asked for twice is as if it were asked for once."""

    def __init__(self, servers: str) -> None:
        self._servers = servers

    async def open(self, account: Account, password: str) -> None:
        """Let the account in with this password and no other. Raises NoAccount.

        What it may do is written before it can come in.
        """
        await asyncio.to_thread(self._carry_out, lambda admin: _open(admin, account, password))

    async def close(self, account: Account) -> None:
        """Shut the account out, and those who are in already. Raises NoAccount.

        Its rights go first: a living connection is refused its next fetch.
        """
        await asyncio.to_thread(self._carry_out, lambda admin: _close(admin, account))

    def _carry_out(self, act: Callable[[AdminClient], None]) -> None:
        try:
            act(AdminClient({"bootstrap.servers": self._servers, "log_level": 0}))
        except KafkaException as error:
            raise NoAccount(error.args[0].name()) from None


def _open(admin: AdminClient, account: Account, password: str) -> None:
    _done(admin.create_acls(account.rights, request_timeout=TIMEOUT_S))
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    _alter(admin, UserScramCredentialUpsertion(account.user, how, password.encode()))


def _close(admin: AdminClient, account: Account) -> None:
    _done(admin.delete_acls([account.any_right], request_timeout=TIMEOUT_S))
    try:
        _alter(admin, UserScramCredentialDeletion(account.user, ScramMechanism.SCRAM_SHA_512))
    except KafkaException as error:
        if error.args[0].code() != KafkaError.RESOURCE_NOT_FOUND:
            raise


def _alter(admin: AdminClient, user: UserScramCredentialAlteration) -> None:
    _done(admin.alter_user_scram_credentials([user], request_timeout=TIMEOUT_S))


def _done(asked: dict[Any, Future[Any]]) -> None:
    """Wait for every answer; raises KafkaException for one that is none."""
    for answer in asked.values():
        answer.result()
