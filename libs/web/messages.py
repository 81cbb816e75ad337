"""`python -m libs.web.messages`: bring the Turkish catalogues up to what the pages say.

Without arguments it writes them: new messages without a translation, those that nobody says any
more left out. With `--check` it writes nothing and fails where a translation lacks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from libs.web.pages import EXTENSIONS

ROOT = Path(__file__).parents[2]
PARTS = ("libs/web", "services/intake", "services/routing", "services/crm", "services/reporting")
BESIDE = {"libs/web": ("libs/runtime", "libs/text")}
"""Parts without a catalogue of their own, and whose has their messages."""

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {
    "templates/**.html": {
        "extensions": ",".join(EXTENSIONS),
        "newstyle_gettext": "true",
        "silent": "false",
        "trimmed": "true",
    }
}
"""Not silent: a template that cannot be read is a fault, not one without words."""
KEYWORDS = {**DEFAULT_KEYWORDS, "Refused": (2,), "said": (1,), "text": (1,)}
"""`Refused("slug", "Title.")` is read by people; `said("…")` marks what a page says
later, and `text("…")` is a language's."""


def catalogue(part: str) -> Path:
    """Where a part's translations are."""
    return ROOT / part / "locale" / "tr" / "LC_MESSAGES" / f"{part.rpartition('/')[2]}.po"


def wanted(part: str) -> Catalog:
    """Every message that a part says, with its translation where there is one."""
    file = catalogue(part)
    known = Catalog(locale="tr")
    if file.exists():
        with file.open("rb") as source:
            known = read_po(source, locale="tr")
    made = Catalog(locale="tr", project="Sokak", charset="utf-8")
    found = chain.from_iterable(
        extract_from_dir(ROOT / one, METHODS, OPTIONS, KEYWORDS, directory_filter=lambda _: True)
        for one in (part, *BESIDE.get(part, ()))
    )
    for name, _, message, _, _ in found:
        if "node_modules" in name:
            continue
        id = message if isinstance(message, str) else message[0]
        before = known.get(id)
        made.add(message, before.string if before and not before.fuzzy else "")
    return made


def lacking(made: Catalog) -> Iterator[str]:
    """Messages without a translation."""
    for message in made:
        told = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and not all(told):
            yield str(message.id)


def write(part: str, made: Catalog) -> None:
    """Keep a catalogue, the messages in the order of the alphabet so that changes are few."""
    file = catalogue(part)
    if not len(made):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        write_po(out, made, sort_output=True, omit_header=True, width=0, no_location=True)


def main(check: bool) -> int:
    """Write, or tell what lacks; 1 where something does."""
    missing = 0
    for part in PARTS:
        made = wanted(part)
        if not check:
            write(part, made)
        for message in lacking(made):
            missing += 1
            print(f"{part}: no Turkish for: {message}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
