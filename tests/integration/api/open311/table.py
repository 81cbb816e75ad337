"""The table of conformance in `docs/open311.md`, made of what a run of the tests found.

A test's number is its line. The conftest beside this file records how each of them ended, and the
formats in which it was made.

python -m tests.integration.api.open311.table   runs them, and writes the table anew
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[3] / "docs" / "open311.md"
FILES = sorted(FOLDER.glob("test_conformance_*.py"))
BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"
BOTH = frozenset(("xml", "json"))

LINES = {
    1: "All seven resources in both formats; XML put through Spark says what JSON says",
    2: "Content types with charset, XML declaration, hard text whole and escaped",
    3: "Ids are strings, types as in the schemas, empty is `null`, one item is still an array",
    4: "The service list has what the tenant offers; definitions have every question in order",
    5: "A list of ids overrides all filters; comma lists; an empty parameter is an absent one",
    6: "Jurisdiction missing 400, unknown 404; unknown service, token, request 404",
    7: "Key missing or wrong 403; one town's key cannot post to another; no key needed to read",
    8: "Every error of every route is an array in the format asked for",
    9: "More than 90 days 400; 1,001 requests give 1,000; usual window and status",
    10: "Each way to say where passes alone; none, half, impossible, elsewhere 400",
    11: "Attributes: required, unknown, several values; 4,000 characters pass, 4,001 do not",
    12: "`realtime` gives the id only, `batch` a token that resolves later, `blackbox` neither",
    13: "A posted request is read back at once and becomes exactly one task",
    14: "Every status is told as open or closed; a closed one was last changed when it was closed",
    15: "Times have seconds and a zone and no fraction; offsets are taken",
    16: "Discovery: all fields, a changeset that moves, endpoints that answer",
    17: "Nothing personal in any public answer; what is hidden is in no list and 404",
    18: "Extensions change nothing unless asked for; `client_request_id` gives one request",
    19: "FixMyStreet's updates: window, stable ids, once however often sent, statuses",
    20: "The clients georeport and civicbot make a full round",
}
NUMBERED = re.compile(r"test_(\d\d)_")


@dataclass
class Outcome:
    """How a test ended, all of its parameters together, and the formats it was made in."""

    formats: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    """Which of them, as far as they were not made once more and passed."""

    @property
    def passed(self) -> bool:
        """Whether all of them did."""
        return not self.failed


Found = Mapping[str, Outcome]
"""Outcomes by the names of the tests."""

FOUND: dict[str, Outcome] = {}
"""Of this run."""

SPOKEN: set[str] = set()
"""The formats of the answers that the test that runs now has heard."""


def record(name: str, report: pytest.TestReport, formats: set[str]) -> None:
    """One part of a test, its beginning and its end among them, has come to something."""
    if NUMBERED.match(name):
        outcome = FOUND.setdefault(name, Outcome())
        if report.when == "setup":
            outcome.failed.discard(report.nodeid)
        if not report.passed or hasattr(report, "wasxfail"):
            outcome.failed.add(report.nodeid)
        outcome.formats |= formats


def written() -> set[str]:
    """The names of all tests that have a line."""
    return {
        part.name
        for file in FILES
        for part in ast.parse(file.read_text("utf-8")).body
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and NUMBERED.match(part.name)
    }


def table(found: Found) -> str:
    """As it stands in the page."""
    rows = ["| | what | conforms | tests | in both formats |", "|---|---|---|---|---|"]
    for number, what in LINES.items():
        tests = [one for name, one in found.items() if name.startswith(f"test_{number:02}_")]
        conforms = bool(tests) and all(one.passed for one in tests)
        both = sum(one.passed and one.formats == BOTH for one in tests)
        told = "all" if tests and both == len(tests) else f"{both} of {len(tests)}"
        rows.append(
            f"| {number} | {what} | {'yes' if conforms else 'no'} | {len(tests)} | {told} |"
        )
    return "\n".join(rows)


def page(text: str, found: Found) -> str:
    """The page with the table of what was found."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(found)}\n\n{END}{after}"


def main() -> int:
    """Run all of them, and write what was found."""
    from tests.integration.api.open311 import table as told  # the one that the tests know

    ended = pytest.main([str(FOLDER), "-q", "--ignore", str(FOLDER / "test_table.py")])
    PAGE.write_text(told.page(PAGE.read_text("utf-8"), told.FOUND), "utf-8")
    return int(ended)


if __name__ == "__main__":
    sys.exit(main())
