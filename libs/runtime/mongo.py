"""The one module that imports Motor: connecting, transactions, and what an error means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, TypeVar

import bson
from bson.codec_options import CodecOptions
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

T = TypeVar("T")
Document = dict[str, Any]
Session = AsyncIOMotorClientSession
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

_MAJORITY = WriteConcern(w="majority", j=True)
_SNAPSHOT = ReadConcern("snapshot")
DUPLICATE_KEY = 11000
WRITE_CONFLICT = 112
_AWAY = {6, 7, 43, 64, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11601, 11602, 13435, 13436}
"""Codes of a server that cannot just now: not the primary, shutting down, a lost cursor."""


StoreError = PyMongoError
"""What any operation raises where the store is away, or refuses."""


class Conflict(Exception):
    """Somebody else changed what this transaction was to change: load anew and do it again."""


def connect(url: str, database: str, *, wait_ms: int = 3000) -> Database:
    """A service's database. Does not wait for the server; an operation waits `wait_ms` for it."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        url,
        serverSelectionTimeoutMS=wait_ms,
        connectTimeoutMS=wait_ms,
        socketTimeoutMS=20_000,
        maxPoolSize=32,
        retryWrites=True,
    )
    options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
    return client.get_database(database, codec_options=options, write_concern=_MAJORITY)


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Session]:
    """A durable snapshot transaction. Raises Conflict where it crossed with another one.

    Every operation inside must be given the session. An error inside aborts it all.
    """
    async with await database.client.start_session() as session:
        try:
            async with session.start_transaction(read_concern=_SNAPSHOT, write_concern=_MAJORITY):
                yield session
        except PyMongoError as error:
            if _is_crossed(error):
                raise Conflict from error
            raise


def _is_crossed(error: PyMongoError) -> bool:
    """Whether another transaction was at the same documents."""
    if isinstance(error, BulkWriteError):  # a class of its own, whatever went wrong inside
        codes = {one.get("code") for one in (error.details or {}).get("writeErrors", ())}
        if codes & {DUPLICATE_KEY, WRITE_CONFLICT}:
            return True
    if isinstance(error, DuplicateKeyError):
        return True
    return error.has_error_label("TransientTransactionError") and not _is_away(error)


async def undisturbed(work: Coroutine[Any, Any, T]) -> T:
    """Do work that has transactions, to its end also where the caller is cancelled meanwhile.

    Motor's operations run in threads, which a cancellation does not stop: one that is late
    would find its transaction aborted and write outside of it.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise


def size_of(document: Document) -> int:
    """Its bytes in the store. Raises what the store's driver would, where it cannot be written."""
    return len(bson.encode(document))


def is_infrastructure(error: BaseException) -> bool:
    """Whether the store, and not the data, is the cause: wait and try again."""
    return isinstance(error, PyMongoError) and (
        _is_away(error) or error.has_error_label("UnknownTransactionCommitResult")
    )


def _is_away(error: PyMongoError) -> bool:
    if isinstance(error, ConnectionFailure | WTimeoutError | ExecutionTimeout):
        return True
    return getattr(error, "code", None) in _AWAY


async def ensure_collections(database: Database, names: set[str]) -> None:
    """Make what is missing: a transaction must not be the one that creates a collection."""
    missing = names - set(await database.list_collection_names())
    for name in sorted(missing):
        try:
            await database.create_collection(name)
        except CollectionInvalid:
            continue  # another copy has made it since: seen by the driver
        except PyMongoError as error:
            if getattr(error, "code", None) != 48:  # NamespaceExists: seen by the server
                raise
