"""A producer that keeps to no rule: any bytes as a header's name, any batch as bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.util import calc_crc32c

_CRC, _ATTRIBUTES, _CONTENT = 17, 21, 61


class RawName(str):
    """A header's name that is these bytes on the wire."""

    raw: bytes

    def __new__(cls, raw: bytes) -> RawName:
        made = super().__new__(cls, raw.decode(errors="surrogateescape"))
        made.raw = raw
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.raw


@dataclass(frozen=True)
class Raw:
    """One record; names of headers are bytes here."""

    key: bytes | None = b"key"
    headers: Sequence[tuple[bytes, bytes | None]] = ()
    value: bytes | None = b"value"
    timestamp: int = 1_790_000_000_000


def batch(records: Iterable[Raw], *, codec: int = 0) -> bytearray:
    """The bytes of a batch as a client would send it."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, False, -1, -1, -1, 2**30)
    for offset, record in enumerate(records):
        headers: list[Any] = [(RawName(name), text) for name, text in record.headers]
        builder.append(offset, record.timestamp, record.key, record.value, headers)
    return bytearray(builder.build())


def altered(raw: bytearray, change: Callable[[bytearray], None]) -> bytearray:
    """A batch with bytes of its content changed, and length and checksum made right again."""
    content = raw[_CONTENT:]
    change(content)
    made = raw[:_CONTENT] + content
    struct.pack_into(">i", made, 8, len(made) - 12)
    struct.pack_into(">I", made, _CRC, calc_crc32c(bytes(made[_ATTRIBUTES:])))
    return made


def with_codec(raw: bytearray, codec: int) -> bytearray:
    """A batch that says that it is packed in another way than it is."""
    made = bytearray(raw)
    (attributes,) = struct.unpack_from(">h", made, _ATTRIBUTES)
    struct.pack_into(">h", made, _ATTRIBUTES, attributes & ~7 | codec)
    return altered(made, lambda _: None)


async def send(servers: str, topic: str, partition: int, *batches: bytes | bytearray) -> list[int]:
    """Put batches into a partition as they are; the offset of each. Raises what Kafka says."""
    return await send_all(servers, [(topic, partition, one) for one in batches])


async def send_all(
    servers: str, batches: Iterable[tuple[str, int, bytes | bytearray]]
) -> list[int]:
    """Put batches into topics and partitions as they are; the offset of each."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, max_request_size=2**30)
    await producer.start()
    try:
        offsets = []
        for topic, partition, raw in batches:
            made = producer.create_batch()
            made.close()
            made._relative_offset = 1
            made._buffer = raw
            done = await (await producer.send_batch(made, topic, partition=partition))
            offsets.append(done.offset)
        return offsets
    finally:
        await producer.stop()
