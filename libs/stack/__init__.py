"""Kafka and MongoDB: found, started, stopped, their topics made.

`find_or_start` is for people, `private.native_stack` for tests. Services know only addresses.
"""

from __future__ import annotations

from .find import (
    Found,
    Stack,
    addresses,
    find_or_start,
    log_command,
    outer_address,
    remove,
    running,
    stop,
)
from .kafka import NativeKafka, kafka_answers
from .mongo import NativeMongo, mongo_answers
from .process import StackError
from .topics import ensure_topics

__all__ = [
    "Found",
    "NativeKafka",
    "NativeMongo",
    "Stack",
    "StackError",
    "addresses",
    "ensure_topics",
    "find_or_start",
    "kafka_answers",
    "log_command",
    "mongo_answers",
    "outer_address",
    "remove",
    "running",
    "stop",
]
