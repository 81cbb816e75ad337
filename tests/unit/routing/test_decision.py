"""The rules of a routing decision."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import (
    Event,
    History,
    Point,
    RequestAmended,
    RequestRouted,
    RequestText,
    RequestTextErased,
    RequestUnroutable,
    RequestWithdrawn,
)
from libs.runtime.store import Aggregate
from libs.tenants import Tenant
from services.routing.decision import Decision
from tests.unit.routing.examples import NOW, TENANT, document, lived, named, said, submitted


def routed(*events: Event, tenant: Tenant | None = TENANT) -> RequestRouted:
    """The last thing told, which is a routing."""
    _, told = lived(*events, tenant=tenant)
    assert isinstance(told[-1], RequestRouted)
    return told[-1]


def timeless(event: RequestRouted) -> RequestRouted:
    return event.model_copy(update={"occurred_at": NOW})


HISTORY = History(
    source="eski",
    source_number="42",
    opened_at=datetime(2020, 5, 1, tzinfo=UTC),
    closed_at=datetime(2020, 5, 3, tzinfo=UTC),
    status="resolved",
)


def test_nothing_is_decided_before_both_have_come() -> None:
    assert lived(submitted())[1] == []
    assert lived(said("Sokakta çukur var"))[1] == []


def test_both_orders_end_in_the_same_decision() -> None:
    ask, words = submitted(neighbourhood="2"), said("Sokakta çukur var", "Gül Sokak 3")
    one, other = lived(ask, words), lived(words, ask)
    assert len(one[1]) == len(other[1]) == 1
    assert timeless(one[1][0]) == timeless(other[1][0])  # type: ignore[arg-type]
    assert one[0].tenant == other[0].tenant == "ornek"


def test_words_are_gone_once_they_are_decided() -> None:
    marker = "Zümrüdüanka"
    state, _ = lived(submitted(), said(f"{marker} çukur var", f"{marker} Caddesi"))
    stored = str(Aggregate("decisions", Decision).adapter.dump_python(state))
    assert marker not in stored
    assert "çukur" in stored


def test_terms_and_reasons_hold_the_tenants_words_only() -> None:
    event = routed(submitted(), said("Ayşe Yılmaz: evimizin önünde çukur var, asfalt yok"))
    assert event.terms == ("asfalt", "çukur")
    assert "Ayşe" not in event.model_dump_json()


def test_state_survives_the_store() -> None:
    adapter = Aggregate("decisions", Decision).adapter
    for events in ([submitted()], [said("çukur")], [submitted(), said("çukur"), said("parkta")]):
        state, _ = lived(*events)
        assert adapter.validate_python(adapter.dump_python(state)) == state


def test_citizens_category_wins_over_the_words() -> None:
    event = routed(submitted(category="PARK"), said("Sokakta çukur var"))
    assert (event.category.code, event.category_source) == ("PARK", "citizen")
    assert event.confidence is None
    assert event.department.code == "PRK"


def test_words_find_the_category() -> None:
    event = routed(submitted(), said("Sokağımızdaki çukuru kapatın"))
    assert (event.category.code, event.category_source) == ("POTHOLE", "classifier")
    assert event.confidence is not None
    assert event.confidence >= TENANT.classifier_threshold
    assert event.sla_minutes == 1440
    assert "çukur" in event.reasons[0].tr
    assert "çukur" in event.reasons[0].en


@pytest.mark.parametrize("text", ["Merhaba", "Çukur durağa kadar uzanıyor"])
def test_doubt_is_left_to_a_person(text: str) -> None:
    """No keyword at all, and two categories that fit equally well."""
    event = routed(submitted(), said(text))
    assert (event.category.code, event.category_source) == ("UNSORTED", "unsorted")
    assert event.department.code == "BYH"


@pytest.mark.parametrize("code", ["ROADS", "GONE"])
def test_a_group_or_an_unknown_category_is_no_choice(code: str) -> None:
    event = routed(submitted(category=code), said("Sokakta çukur var"))
    assert (event.category.code, event.category_source) == ("POTHOLE", "classifier")


def test_department_is_inherited_from_the_group() -> None:
    assert routed(submitted(category="POTHOLE"), said("x")).department.code == "FEN"


def test_category_without_department_goes_to_triage() -> None:
    assert routed(submitted(category="ORPHAN"), said("x")).department.code == "BYH"


def test_what_is_nobodys_of_ours_goes_to_the_forwarding_desk() -> None:
    event = routed(submitted(category="WATER"), said("x"))
    assert (event.authority.kind, event.authority.body) == ("external", "aski")
    assert event.authority.contact == "185"
    assert event.department.code == "YON"


def test_what_is_another_tenants_goes_to_the_forwarding_desk() -> None:
    event = routed(submitted(category="BUS"), said("x"))
    assert (event.authority.kind, event.authority.tenant) == ("tenant", "buyuksehir")
    assert event.department.code == "YON"


def test_body_that_is_the_tenant_itself_is_its_own() -> None:
    tenant = Tenant.checked(document(slug="buyuksehir"))
    event = routed(submitted(category="BUS", tenant="buyuksehir"), said("x"), tenant=tenant)
    assert (event.authority.kind, event.department.code) == ("own", "BYH")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("Gül Sokak 3", "own"),
        ("ATATÜRK BULVARI 12", "tenant"),
        ("Ahi caddesi no 1", "tenant"),
        (None, "own"),
    ],
)
def test_address_decides_between_the_tiers(address: str | None, kind: str) -> None:
    event = routed(submitted(category="POTHOLE"), said("Yol bozuk", address))
    assert event.authority.kind == kind
    assert ("Ana yollar büyükşehrindir." in [why.tr for why in event.reasons]) == (kind == "tenant")


def test_street_class_counts_in_the_address_only() -> None:
    event = routed(submitted(category="POTHOLE"), said("Caddesi bozuk", "Gül Sokak 3"))
    assert event.authority.kind == "own"


def test_first_true_rule_assigns() -> None:
    event = routed(submitted(category="POTHOLE", neighbourhood="2"), said("x"))
    assert (event.department.code, event.team, event.priority) == ("FEN", "YOL", "high")
    assert event.reasons[-1].tr == "Bağlar yollarına özel ekip bakar."
    thanks = routed(
        submitted(category="POTHOLE", neighbourhood="2", request_type="thanks"), said("x")
    )
    assert (thanks.department.code, thanks.team, thanks.priority) == ("BYH", None, "low")


def test_text_rules_are_kept_through_an_amendment_without_words() -> None:
    rule = {"code": "gas", "when": {"text_contains": ["gaz koku"]}, "priority": "urgent"}
    tenant = Tenant.checked(document(assignment_rules=[rule]))
    events = [submitted(category="POTHOLE"), said("Çukurdan GAZ KOKUSU geliyor")]
    assert routed(*events, tenant=tenant).priority == "urgent"
    amended = RequestAmended(occurred_at=NOW, category=named("PARK"))
    event = routed(*events, amended, tenant=tenant)
    assert (event.category.code, event.priority) == ("PARK", "urgent")


def test_historys_department_wins() -> None:
    past = HISTORY.model_copy(update={"department": "PRK"})
    event = routed(submitted(category="WATER", history=past), said("x"))
    assert (event.department.code, event.authority.kind) == ("PRK", "own")
    assert event.category_source == "history"
    assert event.occurred_at == HISTORY.opened_at


@pytest.mark.parametrize("department", [None, "GONE"])
def test_history_without_a_known_department_is_routed_as_usual(department: str | None) -> None:
    past = HISTORY.model_copy(update={"department": department})
    assert routed(submitted(history=past), said("çukur")).department.code == "FEN"


def test_amendment_that_changes_the_outcome_is_told() -> None:
    _, told = lived(
        submitted(), said("çukur var"), RequestAmended(occurred_at=NOW, category=named("PARK"))
    )
    assert [event.category.code for event in told] == ["POTHOLE", "PARK"]  # type: ignore[attr-defined]


def test_a_new_point_brings_its_neighbourhood_or_none() -> None:
    """The rule for Bağlar counts as long as the point is there."""
    events = [submitted(category="POTHOLE", neighbourhood="2"), said("x")]
    assert routed(*events, RequestAmended(occurred_at=NOW, text_changed=True)).team == "YOL"
    moved = RequestAmended(occurred_at=NOW, point=Point(lat=39.95, lon=32.85))
    assert routed(*events, moved).team is None


def test_amendment_that_changes_nothing_is_silent() -> None:
    events = [submitted(), said("çukur var"), RequestAmended(occurred_at=NOW), said("çukur var")]
    assert len(lived(*events)[1]) == 1


def test_newer_words_decide_again() -> None:
    _, told = lived(submitted(), said("çukur var"), said("parkta bank kırık"))
    assert [event.category.code for event in told] == ["POTHOLE", "PARK"]  # type: ignore[attr-defined]


def test_newer_words_before_the_first_decision_replace_the_older() -> None:
    assert routed(said("çukur var"), said("parkta bank kırık"), submitted()).category.code == "PARK"


def test_nothing_is_decided_about_a_withdrawn_request() -> None:
    withdrawn = RequestWithdrawn(occurred_at=NOW)
    state, told = lived(submitted(), withdrawn, said("çukur var"))
    assert told == []
    assert state.words is None
    assert lived(said("çukur"), withdrawn)[0].words is None
    _, told = lived(submitted(), said("çukur"), withdrawn, said("parkta bank kırık"))
    assert len(told) == 1


def test_erased_words_leave_a_decision_standing() -> None:
    state, told = lived(submitted(), said("çukur var"), RequestTextErased())
    assert len(told) == 1
    assert state.routed is not None


@pytest.mark.parametrize("before", [[], [said("Zümrüdüanka çukur")]])
def test_words_erased_unread_still_end_in_a_department(before: list[RequestText]) -> None:
    state, told = lived(*before, RequestTextErased(), submitted())
    assert [type(event) for event in told] == [RequestRouted]
    assert "Zümrüdüanka" not in str(state)
    assert told[0].department.code == "BYH"  # type: ignore[attr-defined]


def test_tenant_that_has_left_makes_it_unroutable() -> None:
    left = Tenant.checked(document(state="left"))
    state, told = lived(submitted(), said("çukur"), said("çukur var"), tenant=left)
    assert [getattr(event, "reason", None) for event in told] == ["tenant_left"]
    assert state.words is None


@pytest.mark.parametrize("tenant", [None, Tenant.checked(document(slug="baska"))])
def test_unknown_tenant_makes_it_unroutable(tenant: Tenant | None) -> None:
    _, told = lived(submitted(), said("çukur"), tenant=tenant)
    assert [getattr(event, "reason", None) for event in told] == ["tenant_unknown"]


def test_tenant_that_is_back_routes_again() -> None:
    left = Tenant.checked(document(state="left"))
    state, _ = lived(submitted(), said("çukur var"), tenant=left)
    _, told = lived(RequestAmended(occurred_at=NOW), said("çukur var"), state=state)
    assert [type(event) for event in told] == [RequestRouted, RequestRouted]
    assert told[1].category.code == "POTHOLE"  # type: ignore[attr-defined]


def test_suspended_tenant_still_gets_what_it_received() -> None:
    suspended = Tenant.checked(document(state="suspended"))
    assert routed(submitted(), said("çukur"), tenant=suspended).department.code == "FEN"


def test_names_and_keywords_as_long_as_they_may_be_are_no_obstacle() -> None:
    long = {"tr": "ğ" * 200, "en": "x" * 200}
    fields = document(names=long)
    for part in (*fields["categories"], *fields["departments"], *fields["bodies"]):
        part["names"] = long
    for number, category in enumerate(fields["categories"]):
        category["keywords"] = [f"{stem}{number}{'ç' * 300}" for stem in "abcdefghijkl"]
    tenant = Tenant.checked(fields)
    words = " ".join(tenant.categories[1].keywords)
    for code in (None, "WATER", "BUS", "POTHOLE"):
        event = routed(submitted(category=code), said(words[:4000]), tenant=tenant)
        assert event.terms


EVENTS: list[Event] = [
    submitted(),
    submitted(category="WATER", history=HISTORY),
    said("Sokakta çukur var", "Ahi Caddesi"),
    said("parkta bank kırık"),
    RequestTextErased(),
    RequestAmended(occurred_at=NOW, category=named("PARK"), text_changed=True),
    RequestWithdrawn(occurred_at=NOW),
]


@pytest.mark.parametrize("tenant", [TENANT, None])
def test_every_state_meets_every_event(tenant: Tenant | None) -> None:
    for events in itertools.product(EVENTS, repeat=3):
        state, told = lived(*events, tenant=tenant)
        assert all(isinstance(event, RequestRouted | RequestUnroutable) for event in told)
        if state.withdrawn or told:
            assert state.words is None


@given(text=st.text(min_size=1, max_size=4000), address=st.none() | st.text(max_size=500))
def test_any_words_end_in_a_known_department(text: str, address: str | None) -> None:
    event = routed(submitted(), RequestText(text=text, address=address))
    assert TENANT.department(event.department.code) is not None
    assert event.reasons
