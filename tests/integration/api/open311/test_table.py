"""The table of conformance in the documentation is what the tests have just found. The file's name
brings it after all of them.
"""

from __future__ import annotations

import pytest

from tests.integration.api.open311 import table
from tests.integration.api.open311.table import Outcome


def test_the_table_that_is_committed_is_what_this_run_found() -> None:
    if table.FOUND.keys() != table.written():
        pytest.skip("only a part of the tests of conformance was run")
    told = table.PAGE.read_text("utf-8")
    assert told == table.page(told, table.FOUND), "python -m tests.integration.api.open311.table"


def test_what_fails_or_is_skipped_does_not_conform() -> None:
    both = set(table.BOTH)
    found = {
        "test_01_a": Outcome(both),
        "test_01_b": Outcome(formats={"json"}),
        "test_02_a": Outcome(both),
        "test_02_b": Outcome(both, failed={"test_02_b"}),
        "test_04_a": Outcome(both),
    }
    rows = [row.split(" | ")[2:] for row in table.table(found).splitlines()[2:6]]
    assert rows == [
        ["yes", "2", "1 of 2 |"],
        ["no", "2", "1 of 2 |"],
        ["no", "0", "0 of 0 |"],
        ["yes", "1", "all |"],
    ]
