"""How the console shows a task's history, and which of it the citizen is told."""

from __future__ import annotations

from libs.events import RequestReopenRequested
from libs.runtime.rule import Context
from services.crm import correction, work
from services.crm.history import Line, lines
from services.crm.task import Task
from tests.unit.crm.scenarios import (
    ID,
    OTHER_ID,
    TENANT,
    a_task_in,
    after,
    an_assigned_task,
    at,
    command,
    routed,
    step,
)
from tests.unit.crm.test_shown import shown


def _lines(task: Task) -> list[Line]:
    return lines(shown(), TENANT, task)[::-1]


def _last(task: Task) -> tuple[str, str, str]:
    line = _lines(task)[-1]
    return line.kind, line.tab, line.inside


def test_what_the_citizen_never_sees_is_internal() -> None:
    task = an_assigned_task()
    assert [(line.kind, line.tab) for line in _lines(task)] == [
        ("created", "public"),
        ("assigned", "public"),
    ]
    hidden = command(correction.show, task, public=False, reason="personal_data").state
    assert _last(hidden) == ("visibility_changed", "internal", "Kişisel veri gösteriyor")
    noted = command(work.comment, task, message="Not", public=False).state
    assert _last(noted) == ("note", "internal", "")
    decided = command(work.hand_to, task, department="PARK").state
    suggested = after(routed(), state=decided)
    assert {line.kind: line.tab for line in _lines(suggested)}["suggested"] == "internal"
    asked = after(RequestReopenRequested(occurred_at=at(30)), state=a_task_in("resolved"))
    assert _last(asked)[:2] == ("reopen_requested", "public")


def test_who_has_it_and_why_it_waits_is_not_for_the_citizen() -> None:
    given = command(work.hand_to, an_assigned_task(), department="PARK", operator="ayse").state
    line = _lines(given)[-1]
    assert (line.tab, line.inside) == ("public", "Ayşe Demir")
    assert "Ayşe" not in line.what
    line = _lines(step(an_assigned_task(), "on_hold"))[-1]
    assert (line.tab, line.inside) == ("public", "Malzeme bekleniyor")
    assert "Malzeme" not in line.what


def test_of_two_that_are_merged_only_the_citizen_of_the_one_that_goes_is_told() -> None:
    context = Context(ID, at(10), TENANT)
    own = {"tenant": "kecioren", "by": "ayse"}
    gone, kept = correction.merge(
        an_assigned_task(), an_assigned_task(), context, into=OTHER_ID, **own
    )
    tabs = [line.tab for line in _lines(gone.state) if line.kind == "merged"]
    assert (tabs, _last(kept.state)[:2]) == (["public"], ("merged", "internal"))
    wish = {"status": "reopened", "reason": "mistake"}
    later = Context(ID, at(20), TENANT)
    back, left = correction.part(gone.state, kept.state, later, **own, **wish)
    assert [line.tab for line in _lines(back.state) if line.kind == "merged"] == ["public"]
    assert left.state
    assert _last(left.state)[:2] == ("parted", "internal")
