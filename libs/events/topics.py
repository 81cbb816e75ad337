"""The topics: how they are made. Partition counts never change on a living installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DAY_MS = 24 * 60 * 60 * 1000
FOR_EVER_MS = 100 * 365 * DAY_MS


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the bus. `compacted` ones keep the newest record of each key, and a tombstone
    for `tombstones_ms`. `compression` is what the broker stores it in, whatever it was sent in.
    """

    name: str
    partitions: int
    compacted: bool = False
    max_record_bytes: int = 1024 * 1024
    compression: Literal["producer", "gzip"] = "producer"
    tombstones_ms: int = DAY_MS

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings for it."""
        common = {
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_record_bytes),
            "compression.type": self.compression,
        }
        if self.compacted:
            return common | {
                "cleanup.policy": "compact",
                "min.cleanable.dirty.ratio": "0.1",
                "max.compaction.lag.ms": str(DAY_MS // 2),
                "delete.retention.ms": str(self.tombstones_ms),
            }
        return common | {"cleanup.policy": "delete", "retention.ms": "-1"}


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("requests", 12),
        Topic("request_texts", 12, compacted=True),
        Topic("routing", 12),
        Topic("tasks", 12),
        Topic(
            "tenants",
            1,
            compacted=True,
            max_record_bytes=8 * 1024 * 1024,
            tombstones_ms=FOR_EVER_MS,  # a service that was away for years must hear who is gone
        ),
    )
}
"""Those that every installation has."""

PUBLIC = "public.<tenant>.requests"
"""What a tenant's public topic is called, with its slug in the place of `<tenant>`."""

_HEAD, _, _TAIL = PUBLIC.partition("<tenant>")


def public_topic(tenant: str) -> Topic:
    """The topic that outsiders read of a tenant: one partition, so in one order, and in gzip, the
    one compression that every client knows.
    """
    return Topic(f"{_HEAD}{tenant}{_TAIL}", 1, compacted=True, compression="gzip")


def named(topic: str) -> Topic | None:
    """The topic of that name, a tenant's public one too; None where it is none of ours."""
    if topic.startswith(_HEAD) and topic.endswith(_TAIL) and len(topic) > len(_HEAD + _TAIL):
        return public_topic(topic[len(_HEAD) : -len(_TAIL)])
    return TOPICS.get(topic)


def travels_on(declared: str, topic: str) -> bool:
    """Whether an event whose class declares a topic may be in the one of this name."""
    if declared == PUBLIC:
        return topic not in TOPICS and named(topic) is not None
    return declared == topic
