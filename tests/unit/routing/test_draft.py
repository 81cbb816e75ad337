"""The rules of a tenant's draft, and how two of them differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.runtime.rule import Change, Context, Refused
from libs.runtime.store import Aggregate
from libs.tenants.unfinished import faults_of
from services.routing import draft
from services.routing.difference import differences
from services.routing.draft import Base, Draft, rebased
from services.routing.steps import STEPS, state_of, states, step_of
from tests.unit.routing.examples import document, names

CONTEXT = Context(id="ornek", now=datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
BASE = Base({"slug": "ornek", "names": names("Örnek")}, 4)


def begun() -> Draft:
    return draft.begin(None, CONTEXT, base=BASE, by="ayse").state


def edited(state: Draft, by: str = "ayse", seen: int | None = None, **fields: Any) -> Draft:
    return draft.edit(state, CONTEXT, fields=fields, by=by, seen=seen).state


def refusal(act: Callable[[], Change[Draft]]) -> Refused:
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.status == 409
    return refused.value


def test_a_draft_begins_from_what_is_published() -> None:
    state = begun()
    assert (state.document, state.based_on, state.revision) == (dict(BASE.document), 4, 1)
    assert refusal(lambda: draft.begin(state, CONTEXT, base=BASE, by="x")).slug == "draft-open"


def test_the_first_change_begins_a_draft() -> None:
    change = draft.edit(None, CONTEXT, fields={"kind": "other"}, by="ayse", seen=0, base=BASE)
    assert change.state.document == {**BASE.document, "kind": "other"}
    assert change.answer == {"slug": "ornek", "revision": 2}
    none = refusal(lambda: draft.edit(None, CONTEXT, fields={}, by="x", seen=0))
    assert none.slug == "draft-none"


def test_two_who_change_the_same_part_meet() -> None:
    state = begun()
    seen = state.revision
    state = edited(state, "ayse", seen, kind="other")
    refused = refusal(lambda: draft.edit(state, CONTEXT, fields={"kind": "x"}, by="b", seen=seen))
    assert refused.slug == "draft-changed-meanwhile"
    assert (refused.more["by"], refused.more["fields"]) == ("ayse", ["kind"])
    assert refused.more["revision"] == state.revision


def test_two_who_change_different_parts_do_not_hinder_each_other() -> None:
    state = begun()
    seen = state.revision
    state = edited(edited(state, "ayse", seen, kind="other"), "bora", seen, domain="a.b")
    assert state.document is not None
    assert (state.document["kind"], state.document["domain"]) == ("other", "a.b")


def test_a_draft_that_ended_meanwhile_takes_no_change() -> None:
    state = begun()
    seen = state.revision
    ended = draft.close(state, CONTEXT, by="ayse", seen=seen).state
    assert ended.document is None
    act = draft.edit
    none = refusal(lambda: act(ended, CONTEXT, fields={}, by="x", seen=seen, base=BASE))
    assert none.slug == "draft-none"
    anew = draft.begin(ended, CONTEXT, base=BASE, by="bora").state
    stale = refusal(lambda: act(anew, CONTEXT, fields={"kind": "x"}, by="x", seen=seen))
    assert stale.slug == "draft-changed-meanwhile"


def test_none_takes_a_part_away() -> None:
    assert "names" not in (edited(begun(), names=None).document or {})


def test_a_draft_changed_while_it_was_published_stays_open() -> None:
    state = begun()
    seen = state.revision
    newer = edited(state, kind="other")
    kept = draft.close(newer, CONTEXT, by="ayse", seen=seen, published=5).state
    assert (kept.document, kept.based_on) == (newer.document, 5)
    gone = draft.close(state, CONTEXT, by="ayse", seen=seen, published=5).state
    assert gone.document is None
    refusal(lambda: draft.close(newer, CONTEXT, by="ayse", seen=seen))


def test_a_whole_document_names_what_it_changed() -> None:
    state = draft.replace_whole(
        begun(), CONTEXT, document={"slug": "ornek", "kind": "other"}, by="x", seen=1
    ).state
    assert state.edits[-1].fields == ("kind", "names")


def test_changes_go_over_a_newer_version_and_both_sides_are_told() -> None:
    base, mine = {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2}
    merged, both = rebased(base, mine, {"a": 1, "b": 3, "c": 1, "d": 1})
    assert merged == {"a": 2, "b": 2, "d": 1}
    assert both == ("b",)


def test_draft_survives_the_store() -> None:
    adapter = Aggregate("tenant_drafts", Draft).adapter
    state = edited(begun(), kind="other")
    assert adapter.validate_python(adapter.dump_python(state)) == state


def test_a_difference_names_items_by_their_codes() -> None:
    before = document()
    after = document(names=names("Yeni"), domain="ornek.bel.tr")
    after["categories"] = [dict(item) for item in reversed(after["categories"])]
    changed = next(item for item in after["categories"] if item["code"] == "POTHOLE")
    changed["sla_minutes"] = 60
    after["departments"] = after["departments"][1:]
    found = {(one.place, one.kind) for one in differences(before, after)}
    assert found == {
        (("names", "tr"), "changed"),
        (("names", "en"), "changed"),
        (("domain",), "added"),
        (("categories",), "moved"),
        (("categories", "POTHOLE", "sla_minutes"), "changed"),
        (("departments", "FEN"), "removed"),
    }
    assert differences(before, document()) == ()


def test_what_is_left_out_is_no_difference() -> None:
    bare = {name: told for name, told in document().items() if name != "bodies"}
    assert differences(bare, {**bare, "bodies": [], "domain": None, "state": "active"}) == ()


def test_every_part_of_a_document_belongs_to_one_step() -> None:
    fields = [name for step in STEPS for name in step.fields]
    assert len(fields) == len(set(fields))
    assert all(step_of(name) for name in document() if name != "version")


def test_states_are_computed() -> None:
    bare = {"slug": "ornek", "names": names("Örnek")}
    found = states(bare, faults_of(bare))
    assert found["organisation"] == "in_progress"
    assert found["boundary"] == "not_started"
    assert found["people"] is None
    whole = {name: told for name, told in document().items() if name != "version"}
    done = states(whole, faults_of(whole))
    assert {state for state in done.values() if state} == {"done", "not_started"}
    wrong = {**whole, "triage_department": "NONE"}
    departments = next(step for step in STEPS if step.code == "departments")
    assert state_of(departments, wrong, faults_of(wrong)) == "attention"
