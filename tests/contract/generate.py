"""Write the shapes of new and changed event classes; refuse what would break a reader. Then the
AsyncAPI document of those that are public.

`python -m tests.contract.generate`, or `make contract`. A shape that is not committed yet is
written anew; after that a compatible change gets the next number, and any other is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from libs.events import EVENTS, Event

from . import asyncapi
from .gate import breaks, unjudged
from .shapes import SCHEMAS, is_released, read, shape, shape_files, write


class Breaking(Exception):
    """A change that needs a new version of the event's type."""


def generate(events: Mapping[str, type[Event]], schemas: Path = SCHEMAS) -> list[Path]:
    """Write what lacks and return it; raises Breaking before anything of a type is written."""
    written = []
    for type_, event in events.items():
        new, files = shape(event), shape_files(type_, schemas)
        if files and read(files[-1]) == new:
            continue
        if unknown := unjudged(new):
            raise Breaking(f"{type_}: the gate cannot judge {', '.join(sorted(unknown))}")
        released = [file for file in files if is_released(file)]
        for file in released:
            if reasons := breaks(read(file), new):
                raise Breaking(
                    f"{type_} would break those who know shape {file.stem} ({'; '.join(reasons)}). "
                    f"Make a class for the next version beside it, and leave this one as it was."
                )
        target = schemas / type_ / f"{len(released) + 1}.json"
        write(target, new)
        written.append(target)
    return written


def main() -> int:
    """Write, tell, and fail if a change was refused."""
    try:
        written = generate(EVENTS)
    except Breaking as refused:
        print(refused, file=sys.stderr)
        return 1
    if asyncapi.write():
        written.append(asyncapi.FILE)
    for file in written:
        print(f"wrote {file.relative_to(SCHEMAS.parents[2])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
