"""Tables as CSV: for programs (`,`) and for a Turkish Excel (`;` and a byte order mark)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Literal

from libs.web.cells import no_formula

Separator = Literal[",", ";"]
Cell = str | int | float | None


def as_csv(
    head: Sequence[str], rows: Iterable[Sequence[Cell]], separator: Separator = ","
) -> bytes:
    """The table. Text that a spreadsheet would take for a formula gets a quote before it.

    Decimals have a comma where `;` stands between cells, as that is for Excel in Turkish.
    """
    made = io.StringIO()
    writer = csv.writer(made, delimiter=separator, lineterminator="\r\n")
    writer.writerow([_cell(name, separator) for name in head])
    writer.writerows([_cell(value, separator) for value in row] for row in rows)
    mark = "\ufeff" if separator == ";" else ""
    return (mark + made.getvalue()).encode()


def _cell(value: Cell, separator: Separator) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return no_formula(value)
    told = str(value)
    return told.replace(".", ",") if separator == ";" else told
