"""Reads of one tenant."""

from __future__ import annotations

from typing import Any

from libs.runtime.store import Scoped


class Asked:
    """A collection that only notes what it is asked for."""

    def __init__(self) -> None:
        self.filters: list[dict[str, Any]] = []

    async def find_one(self, filter: dict[str, Any], projection: Any) -> None:
        """Nothing is found."""
        self.filters.append(filter)

    def aggregate(self, stages: list[dict[str, Any]]) -> Asked:
        """Nothing is found."""
        self.filters += stages
        return self

    def find(self, filter: dict[str, Any], _: Any, batch_size: int) -> Asked:
        """Nothing is found."""
        self.filters.append({**filter, "so many": batch_size})
        return self

    async def to_list(self, _: None) -> list[Any]:
        """Nothing."""
        return []


async def test_one_document_is_looked_for_by_its_id_and_not_among_all_of_the_tenant() -> None:
    asked = Asked()
    database: Any = {"tasks": asked}
    await Scoped(database, "tasks", "kecioren").find_one({"open": True, "_id": "one"})
    assert asked.filters == [{"_id": "one", "tenant": "kecioren", "open": True}]
    assert next(iter(asked.filters[0])) == "_id"


async def test_a_filter_cannot_widen_the_scope() -> None:
    asked = Asked()
    database: Any = {"tasks": asked}
    await Scoped(database, "tasks", "kecioren").find_one({"tenant": "cankaya", "_id": "one"})
    assert asked.filters == [
        {"$and": [{"tenant": "kecioren"}, {"tenant": "cankaya", "_id": "one"}]}
    ]


async def test_portions_are_of_one_tenant() -> None:
    asked = Asked()
    database: Any = {"cells": asked}
    scoped = Scoped(database, "cells", "kecioren")
    assert [some async for some in scoped.portions({"cube": "day"}, 500)] == []
    assert asked.filters == [{"tenant": "kecioren", "cube": "day", "so many": 500}]


async def test_a_sum_looks_for_what_it_needs_and_not_through_all_of_the_tenant() -> None:
    asked = Asked()
    database: Any = {"cells": asked}
    scoped = Scoped(database, "cells", "kecioren")
    await scoped.aggregate([{"$match": {"cube": "day"}}, {"$group": {"_id": "$day"}}])
    assert asked.filters == [
        {"$match": {"tenant": "kecioren", "cube": "day"}},
        {"$group": {"_id": "$day"}},
    ]
    asked.filters.clear()
    await scoped.aggregate([{"$match": {"tenant": "cankaya"}}])
    await scoped.aggregate([{"$group": {"_id": "$day"}}])
    assert asked.filters == [
        {"$match": {"$and": [{"tenant": "kecioren"}, {"tenant": "cankaya"}]}},
        {"$match": {"tenant": "kecioren"}},
        {"$group": {"_id": "$day"}},
    ]
