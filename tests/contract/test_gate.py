"""The gate lets an optional field through, and nothing that would break a reader."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import AwareDatetime, Field, RootModel, create_model

from libs.events import Code, Event, Slug, Value

from .gate import breaks, unjudged
from .generate import Breaking, generate
from .shapes import read, rewritten, shape, shape_files


class Place(Value):
    code: Code
    name: str = Field(max_length=20)


class LampFixed(Event):
    """An event that exists only here."""

    type: ClassVar[str] = "lamp.fixed.v1"
    topic: ClassVar[str] = "lamps"

    kind: Literal["bulb", "cable"]
    tenant: Slug
    at: AwareDatetime
    place: Place
    minutes: int = Field(ge=1, le=90)
    note: str | None = Field(default=None, max_length=100)
    loud: bool = False
    parts: tuple[str, ...] = ()
    answers: dict[Code, str] = Field(default_factory=dict, max_length=5)


def changed(**fields: Any) -> type[Event]:
    """`LampFixed` with other fields; None drops one."""
    kept = {
        name: (field.annotation, field)
        for name, field in LampFixed.model_fields.items()
        if name not in fields
    }
    new = {name: field for name, field in fields.items() if field is not None}
    return create_model("LampFixed", __base__=Event, **(kept | new))


class BoundPlace(Value):
    code: Code
    name: str = Field(max_length=20)
    floor: int | None = None


class FullerPlace(Value):
    code: Code
    name: str = Field(max_length=20)
    floor: int


class BarePlace(Value):
    code: Code


HARMLESS = {
    "an optional field comes": {"colour": (str | None, None)},
    "a field with a default comes": {"colour": (Literal["red", "blue"], "red")},
    "an optional field comes in a part": {"place": (BoundPlace, ...)},
}

AT_MOST_5: Any = Field({}, max_length=5)
AT_MOST_6: Any = Field({}, max_length=6)

BREAKING = {
    "a required field comes": ({"colour": (str, ...)}, "colour"),
    "a required field goes": ({"minutes": None}, "minutes"),
    "an enum is widened": ({"kind": (Literal["bulb", "cable", "pole"], ...)}, "kind"),
    "an enum is narrowed": ({"kind": (Literal["bulb"], ...)}, "kind"),
    "a type changes": ({"minutes": (str, ...)}, "minutes"),
    "an integer becomes a number": ({"minutes": (float, Field(ge=1, le=90))}, "minutes"),
    "a bound is raised": ({"minutes": (int, Field(ge=1, le=91))}, "minutes"),
    "a bound is lowered": ({"minutes": (int, Field(ge=1, le=89))}, "minutes"),
    "a text may be longer": ({"note": (str | None, Field(None, max_length=101))}, "note"),
    "a text must be shorter": ({"note": (str | None, Field(None, max_length=99))}, "note"),
    "a pattern changes": ({"tenant": (Code, ...)}, "tenant"),
    "a pattern goes": ({"tenant": (str, ...)}, "tenant"),
    "a format goes": ({"at": (str, ...)}, "at"),
    "a field becomes optional": ({"at": (AwareDatetime | None, None)}, "at"),
    "an optional field is required": ({"note": (str, Field(max_length=100))}, "note"),
    "a list gets a bound": ({"parts": (tuple[str, ...], Field((), max_length=3))}, "parts"),
    "a list holds something else": ({"parts": (tuple[int, ...], ())}, "parts"),
    "a dictionary's keys change": ({"answers": (dict[Slug, str], AT_MOST_5)}, "answers"),
    "a dictionary's bound changes": ({"answers": (dict[Code, str], AT_MOST_6)}, "answers"),
    "a required field comes in a part": ({"place": (FullerPlace, ...)}, "place"),
    "a required field goes in a part": ({"place": (BarePlace, ...)}, "place"),
    "a default changes": ({"loud": (bool, True)}, "loud"),
}  # fmt: skip


@pytest.mark.parametrize("fields", HARMLESS.values(), ids=HARMLESS)
def test_the_gate_lets_through_when(fields: dict[str, Any]) -> None:
    assert breaks(shape(LampFixed), shape(changed(**fields))) == []


@pytest.mark.parametrize(("fields", "named"), BREAKING.values(), ids=BREAKING)
def test_the_gate_closes_and_names_the_field_when(fields: dict[str, Any], named: str) -> None:
    reasons = breaks(shape(LampFixed), shape(changed(**fields)))
    assert reasons
    assert all(reason.partition(": ")[2] == named for reason in reasons)


def test_words_are_no_part_of_a_shape() -> None:
    other = create_model("LampFixed", __base__=LampFixed, __doc__="Said better.")
    assert shape(other) == shape(LampFixed)


def test_a_word_that_the_gate_would_pass_over_is_named() -> None:
    shut = changed(minutes=(int, Field(gt=0)), parts=(tuple[Annotated[int, Field(lt=9)], ...], ()))
    assert unjudged(shape(shut)) == {"exclusiveMinimum", "exclusiveMaximum"}
    assert unjudged(RootModel[tuple[int, str]].model_json_schema()) == {"prefixItems"}


Commit = Callable[[], None]


@pytest.fixture
def registry(tmp_path: Path) -> tuple[Path, Commit]:
    """An empty registry in a repository of its own, and how to commit it."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        subprocess.run(("git", "-C", str(tmp_path), *who, *arguments), check=True)

    def commit() -> None:
        git("add", "--all")
        git("commit", "--quiet", "--message", "A shape")

    git("init", "--quiet")
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    return schemas, commit


def released(event: type[Event], registry: tuple[Path, Commit]) -> Path:
    """The registry once the event's shape has been written and committed."""
    schemas, commit = registry
    generate({event.type: event}, schemas)
    commit()
    return schemas


def renamed(**fields: Any) -> dict[str, type[Event]]:
    return {LampFixed.type: changed(**fields)}


def test_a_new_class_gets_its_first_shape_and_then_nothing_more(
    registry: tuple[Path, Commit],
) -> None:
    schemas = registry[0]
    (file,) = generate({LampFixed.type: LampFixed}, schemas)
    assert read(file) == shape(LampFixed)
    assert generate({LampFixed.type: LampFixed}, schemas) == []


def test_a_shape_that_is_not_committed_is_a_draft(registry: tuple[Path, Commit]) -> None:
    schemas = registry[0]
    generate({LampFixed.type: LampFixed}, schemas)
    generate(renamed(minutes=None), schemas)
    (file,) = shape_files(LampFixed.type, schemas)
    assert "minutes" not in read(file)["properties"]


def test_a_compatible_change_becomes_the_next_shape(registry: tuple[Path, Commit]) -> None:
    schemas = released(LampFixed, registry)
    (file,) = generate(renamed(colour=(str | None, None)), schemas)
    assert file.name == "2.json"
    assert read(schemas / LampFixed.type / "1.json") == shape(LampFixed)


def test_a_breaking_change_of_a_released_shape_is_refused(registry: tuple[Path, Commit]) -> None:
    schemas = released(LampFixed, registry)
    with pytest.raises(Breaking, match="backward: colour"):
        generate(renamed(colour=(str, ...)), schemas)
    assert len(shape_files(LampFixed.type, schemas)) == 1


def test_a_change_is_held_against_every_earlier_shape(registry: tuple[Path, Commit]) -> None:
    schemas = released(LampFixed, registry)
    generate(renamed(colour=(str | None, None)), schemas)
    registry[1]()
    # gone and come back as something else: no break against shape 1, but one against shape 2
    with pytest.raises(Breaking, match=r"shape 2 .*colour"):
        generate(renamed(colour=(int | None, None)), schemas)


def test_what_the_gate_cannot_judge_is_refused(registry: tuple[Path, Commit]) -> None:
    with pytest.raises(Breaking, match="exclusiveMinimum"):
        generate(renamed(minutes=(int, Field(gt=0))), registry[0])


def test_outside_a_repository_everything_counts_as_released(tmp_path: Path) -> None:
    generate({LampFixed.type: LampFixed}, tmp_path)
    with pytest.raises(Breaking):
        generate(renamed(minutes=None), tmp_path)


def test_a_released_shape_that_was_edited_or_deleted_is_found(
    registry: tuple[Path, Commit],
) -> None:
    schemas = released(LampFixed, registry)
    assert rewritten(schemas) == []
    file = schemas / LampFixed.type / "1.json"
    file.write_text("{}", encoding="utf-8")
    found = rewritten(schemas)
    assert [Path(name).name for name in found] == ["1.json"]
    registry[1]()
    assert rewritten(schemas) == found, "committing it does not make it right"
