"""What Kafka has brought, whatever is in it: no batch of records can keep those behind it.

aiokafka's parser refuses a whole batch, for ever, where one header's name is not UTF-8. Here such
a batch is read again by a slower parser; what even that one refuses is one record of its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import MemoryRecords

log = structlog.get_logger()

_BEFORE_LENGTH, _BEFORE_BATCH = 8, 12


def read_everything() -> None:
    """Make every consumer of this process read so."""
    fetcher.MemoryRecords = _Fetched


class _Fetched:
    """The batches of one answer, each with its bytes at hand."""

    def __init__(self, raw: bytes) -> None:
        self._raw = memoryview(raw)
        self._at = 0
        self._batches = MemoryRecords(raw)
        self.has_next = self._batches.has_next
        self.size_in_bytes = self._batches.size_in_bytes

    def next_batch(self) -> Any:
        batch = self._batches.next_batch()
        length = self._raw[self._at + _BEFORE_LENGTH : self._at + _BEFORE_BATCH]
        end = self._at + _BEFORE_BATCH + int.from_bytes(length)
        raw, self._at = self._raw[self._at : end], end
        return batch if batch.is_control_batch else _Batch(batch, raw)


class _Batch:
    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except MemoryError:
            raise
        except Exception:
            return iter(self._read_again())

    def _read_again(self) -> list[Any]:
        batch = _DefaultRecordBatchPy(self._raw)
        try:
            batch._maybe_uncompress()
            batch._buffer = _AnyText(batch._buffer)
            return list(batch)
        except MemoryError:
            raise
        except Exception as error:
            log.error("batch_unreadable", offset=batch.base_offset, error=type(error).__name__)
            times = (batch.max_timestamp, batch.timestamp_type)
            return [_DefaultRecordPy(batch.base_offset, *times, None, bytes(self._raw), [])]


class _AnyText(bytearray):
    """Bytes whose parts become text without a loss; `encode` with surrogateescape undoes it."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _AnyText(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, errors)
