"""Neighbourhoods by their names, of one municipality or of many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from libs.tenants import Tenant, TenantNeighbourhood
from libs.text import fold


class Named(NamedTuple):
    """A neighbourhood, and whose it is."""

    tenant: Tenant
    place: TenantNeighbourhood


def named(words: str, tenants: Iterable[Tenant]) -> list[Named]:
    """Those with these words in their names, with Turkish letters or without. What is called just
    so comes first, then what begins so, then the alphabet decides.
    """
    wanted = fold(words)
    if not wanted:
        return []
    found = [Named(one, place) for one in tenants for place in one.neighbourhoods]
    ranked = [
        (name != wanted, not name.startswith(wanted), name, number)
        for number, one in enumerate(found)
        if wanted in (name := fold(one.place.name))
    ]
    return [found[number] for *_, number in sorted(ranked)]
