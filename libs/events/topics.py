"""The topics: how they are made. Partition counts never change on a living installation."""

from __future__ import annotations

from dataclasses import dataclass

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the bus. `compacted` ones keep the newest record of each key."""

    name: str
    partitions: int
    compacted: bool = False
    max_record_bytes: int = 1024 * 1024

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings for it."""
        common = {
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_record_bytes),
        }
        if self.compacted:
            return common | {
                "cleanup.policy": "compact",
                "min.cleanable.dirty.ratio": "0.1",
                "max.compaction.lag.ms": str(DAY_MS // 2),
                "delete.retention.ms": str(DAY_MS),
            }
        return common | {"cleanup.policy": "delete", "retention.ms": "-1"}


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("requests", 12),
        Topic("request_texts", 12, compacted=True),
        Topic("routing", 12),
        Topic("tasks", 12),
        Topic("tenants", 1, compacted=True, max_record_bytes=8 * 1024 * 1024),
    )
}
