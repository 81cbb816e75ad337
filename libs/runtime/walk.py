"""All documents of a collection whose ids are UUIDs, in their order, a page at a time.

A page is asked for between two ids that lie so near that there is about one page between them: not
every store stops at a limit before it has found all that matches.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from .mongo import Collection, Document

PAGE = 500
_DIGITS = 12
_END = 16**_DIGITS


async def pages(
    collection: Collection,
    *,
    prefix: str = "",
    after: str = "",
    page: int = PAGE,
    without: tuple[str, ...] = (),
    where: Document | None = None,
) -> AsyncIterator[list[Document]]:
    """Pages of documents whose ids are `prefix` and a UUID, after the one with the id `after`.

    Only those that match `where`, if that is given. Fields named in `without` are left out. What
    is written meanwhile may be there or not.
    """
    place = _number(after[len(prefix) :]) if after else 0
    last, step = after or prefix, 1
    fields = dict.fromkeys(without, 0) or None
    while place < _END:
        end = min(place + step, _END)
        between = {"_id": {"$gt": last, "$lt": prefix + _bound(end)}, **(where or {})}
        found = await collection.find(between, fields).sort("_id", 1).limit(page).to_list(page)
        if len(found) == page:
            last = found[-1]["_id"]
            place, step = _number(last[len(prefix) :]), max(1, step // 4)
        else:
            last, place = prefix + _bound(end), end
            step *= 2 if 4 * len(found) < page else 1
        if found:
            yield found


def _number(id: str) -> int:
    """The first digits of a UUID, which of the seventh version are its time in milliseconds."""
    return int(id.replace("-", "")[:_DIGITS], 16)


def _bound(number: int) -> str:
    """What every UUID that begins with this number, or with a greater one, comes after."""
    return f"{number >> 16:08x}-{number & 0xFFFF:04x}" if number < _END else "g"
