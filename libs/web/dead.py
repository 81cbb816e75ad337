"""HTTP for dead letters: look, repair, replay, discard. For those who run the platform."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from datetime import datetime
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from libs.runtime.mongo import Document
from libs.runtime.record import unpacked
from libs.runtime.service import Service

from .access import Platform
from .caller import Caller
from .openapi import responses

log = structlog.get_logger()

Runs = Annotated[Caller, Depends(Platform())]
LISTED_BYTES = 64 * 1024
"""So much of a value is shown in a list; a record may be larger than all memory holds of many."""

Place = Annotated[str, Path(description="topic:partition:offset", max_length=200)]


class Bytes(BaseModel):
    """Bytes as text where they are UTF-8, else in base 16."""

    encoding: Literal["utf-8", "hex"]
    text: str

    @classmethod
    def of(cls, raw: bytes) -> "Bytes":
        """Show bytes without losing one."""
        try:
            return cls(encoding="utf-8", text=raw.decode())
        except UnicodeDecodeError:
            return cls(encoding="hex", text=raw.hex())


class Header(BaseModel):
    """A header of a record; a null value is allowed by Kafka and not by us."""

    name: str
    name_encoding: Literal["utf-8", "hex"] = "utf-8"
    value: Bytes | None

    @classmethod
    def of(cls, name: str | bytes, value: bytes | None) -> "Header":
        """Show a header; its name is bytes where it is no text."""
        shown = None if value is None else Bytes.of(bytes(value))
        if isinstance(name, str):
            return cls(name=name, value=shown)
        return cls(name=name.hex(), name_encoding="hex", value=shown)


class DeadLetter(BaseModel):
    """A record that was put aside, whole."""

    id: str
    key: str
    status: Literal["parked", "applied", "discarded"]
    reason: str
    at: datetime
    headers: list[Header]
    value: Bytes | None
    cut: bool = Field(default=False, description="Whether this is but the beginning of the value.")
    repaired: bool
    resolved_by: str | None = None
    resolved_at: datetime | None = None


HeaderName = Annotated[str, Field(min_length=1, max_length=200)]
HeaderText = Annotated[str, Field(max_length=4096)]


class Repair(BaseModel):
    """A corrected form: `data` becomes the value, `headers` replace those of the same names."""

    model_config = ConfigDict(extra="forbid")

    headers: dict[HeaderName, HeaderText] = Field(default_factory=dict, max_length=50)
    data: Any = None


class Replay(BaseModel):
    """`accept_gap` gives up waiting for an event that will never come."""

    model_config = ConfigDict(extra="forbid")

    accept_gap: bool = False


class Discard(BaseModel):
    """Why a record is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=500)


class DiscardMany(Discard):
    """Many records, given up for one reason."""

    ids: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        min_length=1, max_length=500
    )


class Discarded(BaseModel):
    """How many were given up, and how many behind them were applied."""

    discarded: int
    applied: int


class Went(BaseModel):
    """How many parked records were applied."""

    applied: int


def dead_router(service: Service) -> APIRouter:
    """The routes of `/ops/<service>/dead`."""
    routes = APIRouter(prefix=f"/ops/{service.name}/dead", tags=["operations"])

    def shown(caller: Caller, rows: list[Document], most: int | None = None) -> list[DeadLetter]:
        """Their bytes may be a citizen's words, so the log has who was shown which."""
        if rows:
            places = [row["_id"] for row in rows]
            log.info("dead_letters_shown", service=service.name, places=places, by=caller.subject)
        return [_shown(row, most) for row in rows]

    @routes.get("", responses=responses(404))
    async def parked(
        caller: Runs,
        after: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[DeadLetter]:
        """What is parked, the oldest first; go on with `after` = the last one's id."""
        rows = await service.dead.list(limit=limit, after=after)
        return shown(caller, rows, LISTED_BYTES)

    @routes.post("/discard")
    async def discard_many(caller: Runs, asked: DiscardMany) -> Discarded:
        """Give many up at once; one that is dealt with already is passed by."""
        done = await service.dead.discard_many(set(asked.ids), caller.subject, asked.reason)
        return Discarded(discarded=done[0], applied=done[1])

    @routes.get("/{place}", responses=responses(404))
    async def one(caller: Runs, place: Place) -> DeadLetter:
        """One of them, whatever became of it."""
        return shown(caller, [await service.dead.get(place)])[0]

    @routes.post("/{place}/repair", responses=responses(404, 409))
    async def repair(caller: Runs, place: Place, asked: Repair) -> DeadLetter:
        """Keep a corrected form beside the original; a replay uses it."""
        await service.dead.repair(place, asked.headers, asked.data, caller.subject)
        return shown(caller, [await service.dead.get(place)])[0]

    @routes.post("/{place}/replay", responses=responses(404, 409))
    async def replay(caller: Runs, place: Place, asked: Replay) -> Went:
        """Send all that is parked under its key through the ordinary path, in order."""
        went = await service.dead.replay(place, caller.subject, accept_gap=asked.accept_gap)
        return Went(applied=went)

    @routes.post("/{place}/discard", responses=responses(404, 409))
    async def discard(caller: Runs, place: Place, asked: Discard) -> Went:
        """Give it up; those behind it go on."""
        return Went(applied=await service.dead.discard(place, caller.subject, asked.reason))

    return routes


def _shown(row: Document, most: int | None = None) -> DeadLetter:
    record = unpacked(row)["record"]
    value = record["value"]
    return DeadLetter(
        id=row["_id"],
        key=row["key"],
        status=row["status"],
        reason=row["reason"],
        at=row["at"],
        headers=[Header.of(name, text) for name, text in record["headers"]],
        value=None if value is None else Bytes.of(bytes(value[:most])),
        cut=most is not None and len(value or b"") > most,
        repaired="repaired" in row,
        resolved_by=row.get("resolved_by"),
        resolved_at=row.get("resolved_at"),
    )
