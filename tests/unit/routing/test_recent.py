"""The trial on the last requests says what would be decided, and never guesses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from libs.events import Event
from libs.tenants import Tenant
from services.routing.decision import Decision
from services.routing.outcome import decide, read
from services.routing.recent import (
    IN_FORCE_AFTER,
    NOTHING_SOUGHT,
    Tally,
    Vocabulary,
    arrived,
    first_since,
    goal_of,
    sought_since,
    tried_on,
    vocabulary,
)
from tests.unit.routing.examples import NOW, document, lived, said, submitted

CAME = NOW + timedelta(hours=1)
PHRASES = ("çukur", "okul", "köprü", "bulvarı", "acil")


def id_of(moment: datetime, number: int = 0) -> str:
    return str(UUID(int=(round(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number))


def tenant(*rules: dict[str, Any], **changes: Any) -> Tenant:
    return Tenant.checked(document(assignment_rules=list(rules), **changes))


def rule(code: str, department: str, **when: Any) -> dict[str, Any]:
    return {"code": code, "when": when, "department": department}


def trial(draft: Tenant, then: Tenant, *events: Event) -> Tally:
    """A request that was decided by the tenant of then, tried by the draft."""
    state, _ = lived(*events, tenant=then)
    sought = [(NOW, vocabulary(then.model_dump(mode="json")))]
    return tried_on(draft, [(id_of(CAME), state)], sought, NOW)


def test_an_id_tells_when_it_was_made() -> None:
    assert arrived(id_of(CAME)) == CAME
    assert id_of(CAME - timedelta(milliseconds=1)) < first_since(CAME) < id_of(CAME)
    example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"  # RFC 9562, appendix A.6
    assert arrived(example) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_what_the_same_rules_decide_is_the_same() -> None:
    then = tenant(rule("r", "PRK", text_contains=["okul"]))
    found = trial(then, then, submitted(), said("Okul önünde çukur var"))
    assert (found.looked_at, found.same, found.moved) == (1, 1, ())


def test_a_rule_by_area_sends_it_elsewhere_and_says_why() -> None:
    draft = tenant(rule("r", "PRK", neighbourhoods=["2"], types=["request"]))
    found = trial(draft, tenant(), submitted(neighbourhood="2"), said("Yolda çukur var"))
    [one] = found.moved
    assert (one.before.department.code, one.after.department.code) == ("FEN", "PRK")
    assert (one.at, one.neighbourhood, one.request_type) == (CAME, "2", "request")
    assert one.rule == 1
    assert "Park ve Bahçeler" in one.after.reasons[-1].tr
    elsewhere = trial(draft, tenant(), submitted(neighbourhood="1"), said("Yolda çukur var"))
    assert elsewhere.same == 1


def test_a_phrase_that_was_looked_for_is_known() -> None:
    then = tenant(rule("r", "PRK", text_contains=["okul"]))
    draft = tenant(rule("r", "BYH", text_contains=["okul"]))
    with_it = trial(draft, then, submitted(), said("Okul önünde çukur var"))
    assert [one.after.department.code for one in with_it.moved] == ["BYH"]
    assert trial(draft, then, submitted(), said("Yolda çukur var")).same == 1


def test_a_phrase_that_nobody_looked_for_is_a_doubt() -> None:
    draft = tenant(rule("r", "PRK", text_contains=["okul"]))
    found = trial(draft, tenant(), submitted(), said("Okul önünde çukur var"))
    assert (found.doubts["phrases"], found.moved) == (1, ())


def test_a_new_phrase_that_changes_nothing_is_no_doubt() -> None:
    draft = tenant(
        rule("r", "FEN", text_contains=["okul"]),
        rule("s", "PRK", neighbourhoods=["1"], text_contains=["köprü"]),
    )
    found = trial(draft, tenant(), submitted(neighbourhood="2"), said("Yolda çukur var"))
    assert found.same == 1


def test_new_keywords_are_a_doubt_unless_the_citizen_chose() -> None:
    categories = [
        one | {"keywords": ["çukur", "göçük"]} if one["code"] == "POTHOLE" else one
        for one in document()["categories"]
    ]
    draft = tenant(rule("r", "PRK", categories=["POTHOLE"]), categories=categories)
    read_by_us = trial(draft, tenant(), submitted(), said("Yolda çukur var"))
    assert (read_by_us.doubts["keywords"], read_by_us.moved) == (1, ())
    chosen = trial(draft, tenant(), submitted(category="POTHOLE"), said("Yol bozuk"))
    assert [one.after.department.code for one in chosen.moved] == ["PRK"]


def test_a_request_that_is_not_decided_is_not_counted() -> None:
    assert tried_on(tenant(), [(id_of(CAME), Decision())], [], NOW).looked_at == 0


def seeking(*phrases: str, keywords: str = "k") -> Vocabulary:
    return Vocabulary(frozenset(phrases), frozenset(), frozenset({(keywords,)}))


def test_known_is_what_every_version_since_has_looked_for() -> None:
    day = timedelta(days=1)
    editions = [
        (NOW + 2 * day, seeking("a", "b", "c")),
        (NOW + day, seeking("a", "b")),
        (NOW, seeking("b", "c", keywords="other")),
    ]
    new = NOW + 2 * day + IN_FORCE_AFTER
    assert sought_since(editions, new) == editions[0][1]
    assert sought_since(editions, new - timedelta(seconds=1)).said == {"a", "b"}
    oldest = sought_since(editions, NOW + IN_FORCE_AFTER)
    assert (oldest.said, oldest.keywords) == ({"b"}, None)
    assert sought_since(editions, NOW) == NOTHING_SOUGHT


words = st.lists(st.sampled_from((*PHRASES, "yolda", "var")), max_size=4).map(" ".join)
lists = st.lists(st.sampled_from(PHRASES), max_size=2, unique=True)
some_rules = st.lists(
    st.tuples(
        st.sampled_from(("FEN", "PRK", "BYH")),
        lists,
        st.sampled_from(([], ["POTHOLE"])),
        st.sampled_from(([], ["1"])),
    ),
    max_size=3,
)
tiers = st.tuples(lists, lists)


def made(rules: Sequence[tuple[str, list[str], list[str], list[str]]], tier: Any) -> Tenant:
    when = {"address_contains": tier[0], "text_contains": tier[1]}
    road = {"code": "road_class", "body": "abb", "reason": {"tr": "Ana yol", "en": "Main road"}}
    return tenant(
        *(
            rule(f"r{n}", to, text_contains=words, categories=categories, neighbourhoods=places)
            for n, (to, words, categories, places) in enumerate(rules)
            if words or categories or places
        ),
        tier_rules=[road | {"when": when if any(tier) else None}],
    )


@given(some_rules, tiers, some_rules, tiers, words, words, st.sampled_from((None, "1")))
def test_what_is_said_is_what_the_words_would_have_told(
    before: Any, tier: Any, after: Any, other: Any, text: str, address: str, place: str | None
) -> None:
    then, draft = made(before, tier), made(after, other)
    ask = submitted(category="POTHOLE", neighbourhood=place)
    found = trial(draft, then, ask, said(text or "yok", address or None))
    state, _ = lived(ask, said(text or "yok", address or None), tenant=then)
    assert state.submission is not None
    assert state.routed is not None
    truth = decide(draft, state.submission, read(draft, text or "yok", address or None), NOW)
    if not sum(found.doubts.values()):
        assert bool(found.moved) == (goal_of(truth) != goal_of(state.routed))
        assert all(goal_of(one.after) == goal_of(truth) for one in found.moved)
