"""The list of assignment rules as it is edited, and what the test bench tells of it."""

from __future__ import annotations

from typing import Any

import pytest

from libs.events import Point
from libs.tenants import Tenant
from services.routing import lists
from services.routing.assignment import code_for, goal, goal_of, phrases
from services.routing.bench import Trial, tried
from tests.unit.routing.examples import NOW, document, names

RULES = [{"code": "a"}, {"code": "b"}, {"code": "c"}]
DOCUMENT = {"assignment_rules": RULES}


def changed(fields: dict[str, Any]) -> list[Any]:
    """The rules after a change of these parts of the document."""
    return (DOCUMENT | fields)["assignment_rules"]


def codes(rules: list[Any]) -> str:
    return "".join(one["code"] for one in rules)


def put(rule: dict[str, Any], former: str = "") -> list[Any]:
    return changed(lists.put(DOCUMENT, "assignment_rules", rule, former))


@pytest.mark.parametrize(
    ("code", "by", "order"),
    [("a", 1, "bac"), ("c", -1, "acb"), ("a", -1, "abc"), ("c", 1, "abc"), ("x", 1, "abc")],
)
def test_a_rule_moves_by_one_place_and_not_past_the_ends(code: str, by: int, order: str) -> None:
    assert codes(changed(lists.moved(DOCUMENT, "assignment_rules", code, by))) == order


def test_a_rule_is_put_at_its_place_or_at_the_end() -> None:
    assert codes(put({"code": "d"})) == "abcd"
    assert put({"code": "b", "new": True}, "b")[1] == {"code": "b", "new": True}
    assert codes(put({"code": "b"}, "gone")) == "abcb"
    assert codes(changed(lists.without(DOCUMENT, "assignment_rules", "b"))) == "ac"


def test_what_people_write_becomes_codes_and_phrases() -> None:
    assert phrases(" çukur, yol çök\nçukur;; ") == ["çukur", "yol çök"]
    assert code_for("Ağaç işleri: Bağlar!", []) == "agac_isleri_baglar"
    assert code_for("yol", ["yol", "yol_2"]) == "yol_3"
    assert code_for("…", []) == "rule"
    for pair in ((None, None), ("FEN", None), ("FEN", "YOL"), (None, "YOL")):
        assert goal_of(goal(*pair)) == pair


def tenant(**changes: Any) -> Tenant:
    square = [[32.8, 39.9], [32.85, 39.9], [32.85, 40.0], [32.8, 40.0], [32.8, 39.9]]
    area = {"type": "Polygon", "coordinates": [square]}
    places = [{"code": "1", "name": "Merkez", "geometry": area}, {"code": "2", "name": "Bağlar"}]
    rules = [
        {
            "code": "baglar",
            "when": {"neighbourhoods": ["2"]},
            "department": "PRK",
            "reason": names("Bağlar'a parklar bakar"),
        },
        {"code": "urgent", "when": {"text_contains": ["tehlike"]}, "priority": "urgent"},
    ]
    told = {"neighbourhoods": places, "assignment_rules": rules, "version": 0, **changes}
    return Tenant.checked(document(**told))


def test_the_bench_tells_category_rule_department_and_due_time() -> None:
    found = tried(tenant(), Trial("Yolda büyük bir çukur var"), NOW)
    assert (found.routed.category.code, found.routed.terms) == ("POTHOLE", ("çukur",))
    assert (found.rule, found.place) == (None, 0)
    assert found.routed.department.code == "FEN"
    assert found.due_at > NOW
    assert found.fits[0].confidence == found.routed.confidence


def test_the_bench_takes_a_neighbourhood_or_a_point() -> None:
    named = tried(tenant(), Trial("çukur", neighbourhood="2"), NOW)
    assert named.rule is not None
    assert (named.rule.code, named.place, named.routed.department.code) == ("baglar", 1, "PRK")
    inside = tried(tenant(), Trial("çukur, tehlike", point=Point(lat=39.95, lon=32.82)), NOW)
    assert inside.neighbourhood is not None
    assert (inside.neighbourhood.code, inside.place) == ("1", 2)
    assert inside.routed.priority == "urgent"
    assert not inside.outside
    assert tried(tenant(), Trial("çukur", point=Point(lat=41, lon=29)), NOW).outside
    assert tried(tenant(), Trial("çukur", neighbourhood="gone"), NOW).neighbourhood is None
