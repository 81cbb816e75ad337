"""What was found that must not be."""

from __future__ import annotations

from collections import defaultdict

EXAMPLES = 5


class Findings:
    """Discrepancies by kind: how many, and a few of each in words."""

    def __init__(self) -> None:
        self._count: dict[str, int] = defaultdict(int)
        self._examples: dict[str, list[str]] = defaultdict(list)

    def add(self, kind: str, what: str) -> None:
        """Something is not as it must be."""
        self._count[kind] += 1
        if len(self._examples[kind]) < EXAMPLES:
            self._examples[kind].append(what)

    def equal(self, kind: str, what: str, found: object, wanted: object) -> None:
        """Add it unless the two are the same."""
        if found != wanted:
            self.add(kind, f"{what}: {found!r}, and must be {wanted!r}")

    @property
    def kinds(self) -> set[str]:
        """Which kinds there are."""
        return set(self._count)

    def __bool__(self) -> bool:
        return bool(self._count)

    def __str__(self) -> str:
        lines = []
        for kind, count in sorted(self._count.items()):
            lines += [f"{kind} ({count}):", *(f"  {one}" for one in self._examples[kind])]
        return "\n".join(lines) or "nothing"
