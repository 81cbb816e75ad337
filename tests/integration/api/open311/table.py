"""The table of conformance in `docs/open311.md`, made of the tests: a test's number is its line.

python -m tests.integration.api.open311.table   writes it anew
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "open311.md"
FILES = (
    *sorted(Path(__file__).parent.glob("test_conformance_*.py")),
    ROOT / "tests" / "unit" / "intake" / "test_open311.py",
)
BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"

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
    14: "Every status is open or closed; a closed one was last changed when it was closed",
    15: "Times have seconds and a zone and no fraction; offsets are taken",
    16: "Discovery: all fields, a changeset that moves, endpoints that answer",
    17: "Nothing personal in any public answer; what is hidden is in no list and 404",
    18: "Extensions change nothing unless asked for; `client_request_id` gives one request",
    19: "FixMyStreet's updates: window, stable ids, once however often sent, statuses",
    20: "The clients georeport and civicbot make a full round",
}
_NUMBERED = re.compile(r"test_(\d\d)_")
_BY_FORMAT = frozenset(("format", "caller", "anybody"))


@dataclass(frozen=True)
class Line:
    """The tests of one line, and whether some of them are made once for each format."""

    tests: int
    by_format: bool


def lines() -> dict[int, Line]:
    """By number, as the tests are written now."""
    found: dict[int, list[bool]] = defaultdict(list)
    for file in FILES:
        for part in ast.parse(file.read_text("utf-8")).body:
            if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            names = {argument.arg for argument in part.args.args}
            if number := _NUMBERED.match(part.name):
                found[int(number[1])].append(bool(names & _BY_FORMAT))
    return {number: Line(len(each), any(each)) for number, each in sorted(found.items())}


def table() -> str:
    """As it stands in the page."""
    rows = ["| | what | conforms | tests | in both formats |", "|---|---|---|---|---|"]
    found = lines()
    for number, what in LINES.items():
        line = found.get(number)
        each = "yes" if line and line.by_format else "–"
        rows.append(
            f"| {number} | {what} | {'yes' if line else 'no'} | {line.tests if line else 0} "
            f"| {each} |"
        )
    return "\n".join(rows)


def page(text: str) -> str:
    """The page with the table of now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
