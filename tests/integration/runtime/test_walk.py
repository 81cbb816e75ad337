"""A walk meets every document once, in the order of ids, in pages that are not too large."""

from __future__ import annotations

import uuid

import pytest

from libs.runtime.clock import new_id
from libs.runtime.mongo import connect
from libs.runtime.walk import pages


@pytest.mark.parametrize("page", [1, 7, 500])
@pytest.mark.parametrize("prefix", ["", "kecioren|"])
async def test_all_are_met_once_and_in_order(
    mongo: str, database: str, page: int, prefix: str
) -> None:
    db = connect(mongo, f"{database}walk")
    now = [new_id() for _ in range(60)]
    ids = [*now, *(str(uuid.uuid4()) for _ in range(30)), "0" * 8 + str(uuid.UUID(int=1))[8:]]
    ids.append(str(uuid.UUID(int=2**128 - 1)))
    await db["walked"].insert_many([{"_id": prefix + id, "a": 1, "b": 2} for id in ids])
    await db["walked"].insert_many([{"_id": "kecioren"}, {"_id": "keciorez|" + now[0]}])
    wanted = sorted(prefix + id for id in ids)
    found = [one async for one in pages(db["walked"], prefix=prefix, page=page, without=("b",))]
    assert [row["_id"] for one in found for row in one] == wanted
    assert max(map(len, found)) <= page
    assert found[0][0] == {"_id": wanted[0], "a": 1}
    none = [one async for one in pages(db["walked"], prefix=prefix, page=page, where={"a": 2})]
    assert none == []
    rest = pages(db["walked"], prefix=prefix, page=page, after=wanted[40])
    assert [row["_id"] async for one in rest for row in one] == wanted[41:]
    db.client.close()
