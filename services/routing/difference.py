"""How one document of a tenant differs from another, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from libs.tenants.unfinished import FIELDS, with_defaults

WHOLE = frozenset({"geometry", "jurisdiction", "logo"})
"""Areas and pictures are compared as a whole: nobody reads their points."""

KEYS = ("code", "date")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs. Items of lists stand under their code or date in `place`."""

    place: tuple[str, ...]
    kind: Literal["added", "removed", "changed", "moved"]
    before: Any = None
    after: Any = None

    @property
    def field(self) -> str:
        """The part of the document that it is in."""
        return self.place[0]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Every difference, part by part in the order of the model."""
    one, other = with_defaults(before), with_defaults(after)
    return tuple(
        difference
        for name in FIELDS
        for difference in _compared((name,), one.get(name), other.get(name))
    )


def _compared(place: tuple[str, ...], before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if before in (None, [], ()):
        yield Difference(place, "added", None, after)
    elif after in (None, [], ()):
        yield Difference(place, "removed", before, None)
    elif place[-1] in WHOLE:
        yield Difference(place, "changed", before, after)
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            yield from _compared((*place, name), before.get(name), after.get(name))
    elif (one := _keyed(before)) is not None and (other := _keyed(after)) is not None:
        yield from _listed(place, one, other)
    else:
        yield Difference(place, "changed", before, after)


def _listed(
    place: tuple[str, ...], before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *after]):
        yield from _compared((*place, key), before.get(key), after.get(key))
    kept = [key for key in before if key in after]
    order = [key for key in after if key in before]
    if kept != order:
        yield Difference(place, "moved", kept, order)


def _keyed(value: Any) -> dict[str, Any] | None:
    """A list's items by what tells them apart; None where nothing does."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return None
    for key in KEYS:
        names = [item.get(key) for item in value]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return dict(zip(names, value, strict=True))
    return None
