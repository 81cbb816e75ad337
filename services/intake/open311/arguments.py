"""What a caller sends, read with everything that is wrong in it; empty counts as absent."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from libs.events.common import utc_milliseconds

from .errors import Fault, fault, refused

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?\d{1,17}(?:\.\d{1,30})?", re.ASCII)


class Arguments:
    """Names with their values; readers gather faults, `check` raises all of them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.faults: list[Fault] = []
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value.strip():
                self._values.setdefault(name, []).append(value)

    def check(self) -> None:
        """Raises Refused where anything was wrong."""
        if self.faults:
            raise refused(*self.faults)

    def wrong(self, tr: str, en: str, code: int = 400) -> None:
        """Remember a fault."""
        self.faults.append(fault(code, tr, en))

    def one(self, name: str) -> str | None:
        """One value, the first, without blanks around it."""
        found = self._values.get(name)
        return found[0].strip() if found else None

    def told(self, name: str) -> bool:
        """Whether it says yes."""
        return (self.one(name) or "").lower() == "true"

    def raw(self, name: str) -> list[str]:
        """All values as they came."""
        return self._values.get(name, [])

    def items(self) -> Mapping[str, list[str]]:
        """Everything that is not empty."""
        return self._values

    def listed(self, name: str) -> tuple[str, ...]:
        """Values with commas between, or told several times; each once."""
        parts = (part.strip() for value in self.raw(name) for part in value.split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def moment(self, name: str) -> datetime | None:
        """A time with seconds and a zone; a blank is read as the `+` that was not escaped."""
        text = self.one(name)
        if text is None:
            return None
        text = re.sub(r" (\d\d:?\d\d)$", r"+\1", text)
        try:
            if _MOMENT.fullmatch(text):
                found = utc_milliseconds(datetime.fromisoformat(text))
                if _EARLIEST <= found < _LATEST:
                    return found
        except ValueError:
            pass
        self.wrong(
            f"{name}: 2026-01-31T09:00:00Z gibi, saniyesi ve saat dilimi olan bir zaman olmalı.",
            f"{name}: must be a time with seconds and a zone, such as 2026-01-31T09:00:00Z.",
        )
        return None

    def number(self, name: str, low: float, high: float) -> float | None:
        """A decimal number within bounds."""
        text = self.one(name)
        if text is None:
            return None
        if (found := decimal(text)) is not None and low <= found <= high:
            return found
        self.wrong(
            f"{name}: {low:g} ile {high:g} arasında bir sayı olmalı.",
            f"{name}: must be a number from {low:g} to {high:g}.",
        )
        return None

    def whole(self, name: str, low: int, high: int, usual: int) -> int:
        """A whole number within bounds."""
        text = self.one(name)
        if text is None:
            return usual
        if text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high:
            return int(text)
        self.wrong(
            f"{name}: {low} ile {high} arasında bir tam sayı olmalı.",
            f"{name}: must be a whole number from {low} to {high}.",
        )
        return usual


def decimal(text: str) -> float | None:
    """A number as people and programs write it; no exponents, infinities or blanks."""
    found = float(text) if _NUMBER.fullmatch(text) else math.nan
    return None if math.isnan(found) else found
