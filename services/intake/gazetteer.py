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

    def rank(one: Named) -> tuple[bool, bool, str]:
        name = fold(one.place.name)
        return name != wanted, not name.startswith(wanted), name

    found = (Named(one, place) for one in tenants for place in one.neighbourhoods)
    return sorted((one for one in found if wanted in fold(one.place.name)), key=rank)
