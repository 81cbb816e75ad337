from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.cube import (
    BY_MONTH,
    CUBES,
    FIELDS,
    INSIDE,
    NAMES,
    PARTED,
    PARTS,
    PLACES,
    TOLD,
    WORDS,
    delta,
    part_of,
)
from services.reporting.fact import Fact
from tests.unit.reporting.history import Cells, Told, add, fact_of, follow, grown
from tests.unit.reporting.test_fact import shuffled, stories


def computed(facts: list[Fact]) -> Cells:
    """The cubes from nothing but the facts as they are at the end."""
    found: Cells = {}
    for fact in facts:
        add(found, delta(None, fact, 3))
    return found


def total(found: Cells, collection: str, amount: str) -> int:
    """How often something is counted in the cells of a kind, on whatever day and of whatever."""
    return sum(
        count
        for (kind, _), amounts in found.items()
        for name, count in amounts.items()
        if kind == collection and name.split("|")[-1] == amount
    )


@settings(max_examples=60)
@given(st.data())
def test_cubes_that_grew_event_by_event_equal_those_computed_from_the_facts(
    data: st.DataObject,
) -> None:
    told = data.draw(st.lists(stories(), min_size=1, max_size=4))
    lived: Cells = {}
    facts = [grown(one.id, data.draw(shuffled(one)), lived) for one in told]
    assert lived == computed([fact for fact in facts if fact])
    assert lived == computed([fact_of(one) for one in told])


@given(stories())
def test_no_cell_is_ever_negative(told: Told) -> None:
    lived: Cells = {}
    for upto in range(len(told.events)):
        lived = {}
        grown(told.id, told.events[: upto + 1], lived)
        assert all(amount > 0 for cell in lived.values() for amount in cell.values())


@given(stories())
def test_every_cube_counts_every_request_once(told: Told) -> None:
    lived: Cells = {}
    fact = grown(told.id, told.events, lived)
    assert fact is not None
    assert fact.counted is not None
    for cube in CUBES:
        assert total(lived, cube.flow, "opened") == 1
        assert total(lived, cube.open, "open") == int(fact.counted.open)


@given(stories())
def test_places_and_words_count_submissions_only(told: Told) -> None:
    lived: Cells = {}
    fact = grown(told.id, told.events, lived)
    assert fact is not None
    assert fact.counted is not None
    cell, words = {fact.counted.cell}, set(fact.counted.terms)
    for kind, things in ((PLACES, cell), (BY_MONTH[PLACES], cell), (WORDS, words)):
        found = [amounts for (cube, _), amounts in lived.items() if cube == kind]
        assert found == ([dict.fromkeys(things, 1)] if things else [])


@given(stories())
def test_each_part_of_a_day_and_of_a_month_is_what_its_cubes_say(told: Told) -> None:
    lived: Cells = {}
    grown(told.id, told.events, lived)
    packed: dict[str, Counter[tuple[str, ...]]] = {PARTS: Counter(), BY_MONTH[PARTS]: Counter()}
    for (kind, id), amounts in lived.items():
        if kind in packed:
            for name, amount in amounts.items():
                packed[kind][id.split("|")[3], *part_of(name)] += amount
    for cube in CUBES[1:]:
        days: Counter[tuple[str, ...]] = Counter()
        months: Counter[tuple[str, ...]] = Counter()
        for (kind, id), amounts in lived.items():
            if kind != cube.flow:
                continue
            month, key = id.split("|")[3:]
            for name, amount in amounts.items():
                day, inside, what = name.split("|")
                for by, code in ((cube.key, key), (cube.inside, inside)):
                    if what in TOLD and by in PARTED:
                        days[f"{month}-{day}", by, code, what] += amount
                        months[month, by, code, what] += amount
        for kind, told_by_cube in ((PARTS, days), (BY_MONTH[PARTS], months)):
            known = {cube.key, cube.inside}
            assert {one: n for one, n in packed[kind].items() if one[1] in known} == told_by_cube


def test_what_is_asked_together_is_in_a_cube_for_either() -> None:
    assert {cube for cubes in INSIDE.values() for cube in cubes} == set(CUBES)
    for one in CUBES[2:]:
        assert any((cube.key, cube.inside) == (one.inside, one.key) for cube in CUBES)


def test_a_request_without_the_request_itself_is_in_no_cell() -> None:
    fact = fact_of(Told().routed(1).created().assigned(2))
    assert delta(None, fact, 0) == ()


def test_a_change_that_no_figure_shows_touches_no_cell() -> None:
    told = Told().submitted().routed(1)
    before = fact_of(told)
    after = follow(told.id, Told().routed(50).events, before)
    assert after is not None
    assert delta(before, after, 0) == ()


def test_a_correction_touches_only_the_cells_that_it_moves() -> None:
    told = Told().submitted().created().assigned(5, to="FEN", about="pothole")
    before = fact_of(told)
    after = fact_of(told.assigned(60, to="PARK", about="pothole"))
    touched = {change.labels["cube"] for change in delta(before, after, 0)}
    work = {"month_department", "month_work", "open_work"}
    assert touched == {*work, PARTS, BY_MONTH[PARTS], NAMES}


def test_partitions_never_share_a_cell() -> None:
    fact = fact_of(Told().submitted().created().assigned(5).moved(50, "resolved"))
    ids = [{(one.collection, one.id) for one in delta(None, fact, number)} for number in (1, 11)]
    assert ids[0].isdisjoint(ids[1])


def test_tenants_never_share_a_cell() -> None:
    ids = [
        {one.id for one in delta(None, fact_of(Told(tenant=slug).submitted("tree")), 0)}
        for slug in ("mamak", "cankaya")
    ]
    assert ids[0].isdisjoint(ids[1])


def test_codes_cannot_be_made_to_share_a_cell() -> None:
    one = fact_of(Told().submitted(chosen="a:b", place="c"))
    other = fact_of(Told().submitted(chosen="a", place="b:c"))
    area = [
        {
            change.id
            for change in delta(None, fact, 0)
            if str(change.labels["cube"]).endswith("area")
        }
        for fact in (one, other)
    ]
    assert area[0].isdisjoint(area[1])


def test_a_cell_carries_what_it_is_found_by() -> None:
    fact = fact_of(Told().submitted(chosen="tree").created().assigned(5, about="tree"))
    for change in delta(None, fact, 7):
        fields = FIELDS[str(change.labels["cube"])]
        assert {*fields, "tenant", "cube", "partition"} == set(change.labels)
        assert change.labels["tenant"] == "kecioren"
        assert change.labels["partition"] == 7
        assert not any(name.startswith("$") for name in change.amounts)
    work = next(one for one in delta(None, fact, 7) if one.labels["cube"] == "open_work")
    assert work.labels["day"] == "2026-11-03"
    assert work.labels["status"] == "assigned"


def test_resolution_counts_on_the_day_of_closing_and_opening_on_its_own() -> None:
    lived: Cells = {}
    told = Told().submitted().created().assigned(5).moved(3 * 24 * 60, "resolved")
    grown(told.id, told.events, lived)
    ((id, amounts),) = [(id, told) for (kind, id), told in lived.items() if kind == "month_days"]
    assert id == "kecioren|3|month_days|2026-11|"
    by_day: dict[str, set[str]] = {}
    for name in amounts:
        day, _, what = name.split("|")
        by_day.setdefault(day, set()).add(what)
    assert set(by_day) == {"03", "06"}
    assert "opened" in by_day["03"]
    assert {"closed:resolved", "late"} < by_day["06"]
