"""The shapes of the events as JSON Schemas, and those that were released.

`libs/events/schemas/<type>/<n>.json` is the registry: shape 1 and every later one of the same
type, oldest first. What is committed is released and never changes again.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from libs.events import Event

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "libs" / "events" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def shape(event: type[Event]) -> Schema:
    """The class's JSON Schema without words, so that a better docstring is not a new shape."""
    schema = event.model_json_schema(mode="validation")
    return {"$schema": DIALECT, **_without_words(schema), "title": event.__name__}


def _without_words(schema: Schema) -> Schema:
    bare = {key: value for key, value in schema.items() if key not in ("description", "title")}
    return inside(bare, _without_words)


def inside(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """The schema with each schema right inside it changed; a field may be called `title`."""
    changed = dict(schema)
    for key, value in schema.items():
        if key in ("properties", "$defs", "patternProperties"):
            changed[key] = {name: change(part) for name, part in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            changed[key] = change(value)
        elif key == "anyOf":
            changed[key] = [change(part) for part in value]
    return changed


def shape_files(type_: str, schemas: Path = SCHEMAS) -> list[Path]:
    """The files of a type's shapes, oldest first."""
    return sorted((schemas / type_).glob("*.json"), key=lambda file: int(file.stem))


def read(file: Path) -> Schema:
    """The schema in a file."""
    schema: Schema = json.loads(file.read_text(encoding="utf-8"))
    return schema


def write(file: Path, schema: Schema) -> None:
    """Put a schema into a file, laid out for people and for `diff`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True)
    file.write_text(text + "\n", encoding="utf-8")


def is_released(file: Path) -> bool:
    """Whether the file is committed. Where there is no git at all, everything is released."""
    found = _git(file.parent, "ls-tree", "--name-only", "HEAD", "--", file.name)
    return found is None or bool(found.split())


def rewritten(schemas: Path = SCHEMAS) -> list[str]:
    """Released files that were changed or taken away, in the history or just now."""
    names: set[str] = set()
    for command in (("log", "--format="), ("diff", "HEAD")):
        options = ("--name-only", "--no-renames", "--diff-filter=DM")
        names.update((_git(schemas, *command, *options, "--", ".") or "").split())
    return sorted(name for name in names if name.endswith(".json"))


def _git(directory: Path, *arguments: str) -> str | None:
    """What git prints, nothing before the first commit, None outside a repository."""
    command = ("git", "-C", str(directory), *arguments)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    if done.returncode == 0:
        return done.stdout
    inside = subprocess.run((*command[:3], "rev-parse", "--git-dir"), capture_output=True)
    return "" if inside.returncode == 0 else None
