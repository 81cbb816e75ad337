"""How the console shows a task: clocks, headings, people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import services.crm
from libs.events import Names
from libs.runtime.store import Held
from libs.tenants.tenant import Option, Question
from libs.web.language import languages
from services.crm.detail import detail
from services.crm.shown import Shown, letters
from services.crm.status import CLOSED, OPEN
from services.crm.store import AGGREGATE
from services.crm.task import Answer, Task
from tests.unit.crm.scenarios import MONDAY, TENANT, a_task_in, an_assigned_task

FOLDER = Path(services.crm.__file__).parent
LANGUAGES = languages(FOLDER)


def shown(now: datetime = MONDAY, code: Any = "tr") -> Shown:
    return Shown(LANGUAGES[code], "Europe/Istanbul", now, {"ayse": "Ayşe Demir"})


def stored(task: Task) -> dict[str, Any]:
    return Held(AGGREGATE, "id", version=1, state=task).document()


@pytest.mark.parametrize(
    ("left", "state", "tr", "en"),
    [
        (timedelta(hours=-28), "late", "1 g 4 sa gecikti", "1 d 4 h late"),
        (timedelta(minutes=-5), "late", "5 dk gecikti", "5 min late"),
        (timedelta(hours=2, minutes=58), "soon", "2 sa 58 dk", "2 h 58 min"),
        (timedelta(days=3, hours=2), "ok", "3 g 2 sa", "3 d 2 h"),
        (timedelta(days=41, hours=5), "ok", "41 g", "41 d"),
    ],
)
def test_a_clock_says_what_is_left(left: timedelta, state: str, tr: str, en: str) -> None:
    task = stored(replace(an_assigned_task(), due_at=MONDAY + left))
    for code, words in (("tr", tr), ("en", en)):
        clock = shown(code=code).clock(task)
        assert (clock.state, clock.words) == (state, words)


def test_a_clock_that_stands_says_so_however_late_it_is() -> None:
    task = replace(a_task_in("awaiting_citizen"), due_at=MONDAY - timedelta(days=9))
    assert shown().clock(stored(task)).state == "paused"


@pytest.mark.parametrize(
    ("hours", "heading"),
    [(-1, "Gecikti"), (5, "Bugün doluyor"), (48, "Bu hafta"), (24 * 9, "Daha sonra")],
)
def test_rows_stand_under_when_they_are_due(hours: int, heading: str) -> None:
    task = stored(replace(an_assigned_task(), due_at=MONDAY + timedelta(hours=hours)))
    seen = shown()
    assert [name for name, _ in seen.grouped([seen.row(task)])] == [heading]


@pytest.mark.parametrize("hours", [-90, 5, 24 * 9])
def test_rows_whose_clock_stands_are_told_apart(hours: int) -> None:
    task = replace(a_task_in("with_external"), due_at=MONDAY + timedelta(hours=hours))
    seen = shown()
    assert [name for name, _ in seen.grouped([seen.row(stored(task))])] == ["Süresi durdu"]


def test_what_is_past_due_comes_before_what_stands() -> None:
    standing = replace(a_task_in("with_external"), due_at=MONDAY - timedelta(days=9))
    late = replace(an_assigned_task(), due_at=MONDAY - timedelta(days=1))
    seen = shown()
    rows = [seen.row(stored(task)) for task in (standing, late)]
    assert [name for name, _ in seen.grouped(rows)] == ["Gecikti", "Süresi durdu"]


def test_each_of_several_answers_is_said_in_words() -> None:
    options = [
        Option(code=code, names=Names(tr=tr, en=tr))
        for code, tr in (("left", "Sol"), ("right", "Sağ"))
    ]
    sides = Question(
        code="sides",
        names=Names(tr="Hangi yan", en="Which side"),
        kind="choice",
        multiple=True,
        options=tuple(options),
    )
    danger = Question(code="danger", names=Names(tr="Tehlikeli mi", en="Danger"), kind="boolean")
    task = an_assigned_task()
    assert task.category
    categories = [
        one.model_copy(update={"questions": (sides, danger)})
        if one.code == task.category.code
        else one
        for one in TENANT.categories
    ]
    tenant = TENANT.model_copy(update={"categories": tuple(categories)})
    answers = (Answer("sides", "left,right"), Answer("danger", "yes"), Answer("gone", "a,b"))
    told = detail(shown(), stored(replace(task, answers=answers)), tenant).answers
    assert [one["answer"] for one in told] == ["Sol, Sağ", "Evet", "a,b"]


@pytest.mark.parametrize("status", sorted(OPEN | CLOSED))
def test_every_status_has_a_word_and_a_silhouette(status: str) -> None:
    for code in ("tr", "en"):
        assert shown(code=code).status(status)
    row = shown().row(stored(an_assigned_task()) | {"status": status})
    assert row.st in ("new", "assigned", "progress", "waiting", "resolved", "rejected")


@pytest.mark.parametrize(
    ("name", "two"),
    [
        ("Ayşe Demir", "AD"),
        ("inci", "İ"),
        ("Demo Operator (Keçiören)", "DK"),
        ("", "?"),
        ("42", "?"),
    ],
)
def test_a_person_is_two_letters(name: str, two: str) -> None:
    assert letters(name) == two
