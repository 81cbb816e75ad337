"""A tenant's document that is not finished: parts may lack, what is there is sound in itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from .tenant import Tenant

Place = tuple[str | int, ...]
Document = Mapping[str, Any]

FIELDS = tuple(name for name in Tenant.model_fields if name != "version")
"""What a document may hold; the version is given when it is published."""

REQUIRED = tuple(name for name in FIELDS if Tenant.model_fields[name].is_required())


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a document from being published.

    `slug` tells the kind of fault, `message` says it in English, `words` are what is filled in.
    """

    place: Place
    slug: str
    message: str
    words: Mapping[str, Any]

    @property
    def field(self) -> str:
        """The part of the document that it is in; empty for one of the whole."""
        return str(self.place[0]) if self.place else ""


def read_part(name: str, value: Any) -> Any:
    """A part as it is stored: checked in itself, with what was left out filled in.

    Raises pydantic's ValidationError; what other parts say is not looked at.
    """
    read = _part(name).model_validate({name: value}, extra="forbid")
    return read.model_dump(mode="json")[name]


def read_parts(document: Document) -> tuple[dict[str, Any], list[Fault]]:
    """The sound parts of a document, and every fault of the others. None takes a part away."""
    parts: dict[str, Any] = {}
    found: list[Fault] = []
    for name, value in document.items():
        if name not in FIELDS:
            if name != "version":
                found.append(Fault((name,), "extra_forbidden", "is no field that is known", {}))
        elif value is not None:
            try:
                parts[name] = read_part(name, value)
            except ValidationError as error:
                found += _told(error)
    return parts, found


def faults_of(document: Document) -> list[Fault]:
    """Everything that keeps a document from being published, parts that lack first.

    What lacks hides nothing: what else does not fit together is told as well.
    """
    parts, found = read_parts(document)
    broken = {fault.field for fault in found}
    lacking = [name for name in REQUIRED if name not in parts]
    missing = [Fault((name,), "missing", "is missing", {}) for name in lacking]
    found = [fault for fault in missing if fault.field not in broken] + found
    try:
        Tenant.model_validate({**_stand_ins(parts, lacking), **parts})
    except ValidationError as error:
        found += (one for one in _told(error) if not _owed_to(one, {*lacking, *broken}))
    return found


def with_defaults(document: Document) -> dict[str, Any]:
    """The document with what it leaves out, so that two of them can be compared."""
    return {name: _default(name) for name in FIELDS if name not in REQUIRED} | {
        name: value for name, value in document.items() if name in FIELDS and value is not None
    }


@cache
def _default(name: str) -> Any:
    return _part(name)().model_dump(mode="json")[name]


@cache
def _part(name: str) -> type[BaseModel]:
    """A model of this part alone."""
    field = Tenant.model_fields[name]
    made: dict[str, Any] = {name: (field.annotation, field)}
    return create_model(f"Tenant_{name}", **made)


def _told(error: ValidationError) -> Iterator[Fault]:
    for fault in error.errors(include_url=False, include_input=False):
        words = {name: told for name, told in fault.get("ctx", {}).items() if name != "error"}
        yield Fault(fault["loc"], fault["type"], fault["msg"], words)


def _stand_ins(parts: Document, lacking: Iterable[str]) -> dict[str, Any]:
    """For each part that lacks one that the others can be checked beside."""
    departments = parts.get("departments") or [{"code": "X", "names": {"tr": "–", "en": "–"}}]
    square = [[26, 36], [45, 36], [45, 42], [26, 42], [26, 36]]
    known = {
        "slug": "x",
        "names": {"tr": "–", "en": "–"},
        "kind": "other",
        "time_zone": "Europe/Istanbul",
        "jurisdiction": {"type": "Polygon", "coordinates": [square]},
        "working_hours": {"monday": [["00:00", "24:00"]]},
        "departments": departments,
        "triage_department": departments[0]["code"],
        "forwarding_department": departments[0]["code"],
        "categories": [{"code": "X", "names": {"tr": "–", "en": "–"}}],
        "unsorted_category": "X",
    }
    return {name: known[name] for name in lacking}


_FROM = {
    "outside_the_jurisdiction": "jurisdiction",
    "far_from_the_time_zone": "time_zone",
    "teams of the department": "departments",
}


def _owed_to(fault: Fault, lacking: set[str]) -> bool:
    """Whether the fault is one of a stand-in and no person's."""
    named = str(fault.words.get("field", ""))
    return not lacking.isdisjoint({fault.field, _FROM.get(named, named), _FROM.get(fault.slug, "")})
