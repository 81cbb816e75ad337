"""The page that imports old requests: the browser reads the file and asks intake, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.text import said

from .frame import View
from .people import Shown

COLUMNS: dict[str, tuple[str, bool]] = {
    "source_number": (said("Number in the old system"), True),
    "opened_at": (said("Opened"), True),
    "lat": (said("Latitude"), True),
    "lon": (said("Longitude"), True),
    "text": (said("Text"), True),
    "closed_at": (said("Closed"), False),
    "category": (said("Category"), False),
    "department": (said("Department"), False),
    "address": (said("Address"), False),
}
"""What a column of the file may be, and whether a row cannot do without."""

REASONS: dict[str, str] = {
    "outside-every-jurisdiction": said("the place is in no municipality that is with us"),
    "tenant-not-yours": said("the place is another municipality’s"),
    "category-unknown": said("there is no such category"),
    "department-unknown": said("there is no such department"),
    "status-not-of-times": said("closed needs a time of closing, open has none"),
    "empty": said("“{column}” is empty"),
    "no_time": said("“{value}” is no time"),
    "no_number": said("“{value}” is no number"),
    "no_degrees": said("latitude and longitude are not degrees"),
    "too_long": said("“{column}” is too long"),
    "order": said("it was closed before it was opened"),
    "invalid": said("it cannot be read: {why}"),
}
"""Why a row cannot be taken: by intake's words, and by those of the page's own reading."""

TEXTS: dict[str, str] = {
    "rows": said("{count} rows in {name}"),
    "none": said("Nothing"),
    "guess": said("Leave to the classifier"),
    "usual": said("The category’s own"),
    "unreadable": said("The file has no line of column names with rows below it."),
    "lacking": said("Choose a column for: {names}"),
    "twice": said("A column can stand for one thing only: {name}"),
    "source": said("The old system needs a name: letters, digits, dots and dashes."),
    "checking": said("Looking over {done} of {total}"),
    "sending": said("Sent {done} of {total}"),
    "checked": said("{good} rows can be taken, {already} are there already, {bad} cannot."),
    "done": said("{good} rows were taken, {already} were there already, {bad} were not taken."),
    "stopped": said("Stopped after {done} of {total}. Go on whenever you like."),
    "waiting": said("The service does not answer; trying again."),
    "refused": said("This was refused: {why}"),
    "more": said("And {count} more in the file of errors."),
    "line": said("Line {line}: {reason}"),
    "file": said("errors.csv"),
    "too_many": said(
        "“{column}” has {count} different values: too many to map; they count as codes."
    ),
}


class History(Shown):
    """Old requests from a table: columns mapped, looked over, then sent part by part."""

    code = "history"

    async def more(self, view: View) -> Mapping[str, Any]:
        """What columns and values may be mapped to, by what is published: intake knows that."""
        text = view.language.text
        published = view.seen.published or {}
        categories = published.get("categories") or ()
        parents = {one.get("parent") for one in categories}
        unsorted = published.get("unsorted_category")
        return {
            "columns": {code: (text(word), needed) for code, (word, needed) in COLUMNS.items()},
            "reasons": {slug: text(word) for slug, word in REASONS.items()},
            "history_texts": {code: text(word) for code, word in TEXTS.items()},
            "offered": {
                "category": [
                    (one["code"], view.called(one["names"]))
                    for one in categories
                    if one["code"] not in parents and one["code"] != unsorted
                ],
                "department": [
                    (one["code"], view.called(one["names"]))
                    for one in published.get("departments") or ()
                ],
            },
        }
