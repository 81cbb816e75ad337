import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.web.caller import Caller, caller_of


def test_groups_become_roles_and_departments_by_tenant():
    groups = [
        "kecioren/operator",
        "kecioren/supervisor",
        "kecioren/department/FEN",
        "ankara/auditor",
    ]
    caller = caller_of({"sub": "a", "groups": groups})
    assert caller == Caller(
        "a",
        {"kecioren": frozenset({"operator", "supervisor"}), "ankara": frozenset({"auditor"})},
        {"kecioren": frozenset({"FEN"})},
    )
    assert caller.roles("cankaya") == frozenset()


def test_platform_is_the_word_alone():
    assert caller_of({"sub": "a", "groups": ["platform"]}).platform
    assert not caller_of({"sub": "a", "groups": ["platform/", "kecioren/platform"]}).platform


def test_administrators_are_those_of_a_tenant_and_the_platforms_people_of_all():
    caller = caller_of({"sub": "a", "groups": ["kecioren/admin", "ankara/operator"]})
    assert caller.administered == {"kecioren"}
    assert caller.administers("kecioren")
    assert not caller.administers("ankara")
    platform = caller_of({"sub": "a", "groups": ["platform"]})
    assert platform.administered == frozenset()
    assert platform.administers("ankara")


def test_full_paths_of_groups_are_understood():
    caller = caller_of({"sub": "a", "groups": ["/kecioren/operator", "/platform"]})
    assert caller.roles("kecioren") == {"operator"}
    assert caller.platform


@pytest.mark.parametrize(
    "groups",
    [
        "platform",
        {"platform": True},
        None,
        7,
        [["platform"]],
        [None, 1, True, {"a": 1}],
        ["kecioren/owner", "kecioren/", "/operator", "operator", ""],
        ["kecioren/operator/FEN", "kecioren//operator", "//kecioren/operator"],
        ["KECIOREN/operator", "keçiören/operator", "kecioren /operator", "*/operator"],
        ["kecioren/Operator", "kecioren/operator ", "kecioren/operator\n", "kecioren/operator\0"],
        ["kecioren\n/operator", "../operator", "kecioren/department", "kecioren/department/"],
        ["kecioren/department/FEN İŞLERİ", "$ne/operator", "a" * 65 + "/operator"],
        ["Platform", " platform", "platform\n", "//platform"],
    ],
)
def test_hostile_groups_give_no_right(groups):
    assert caller_of({"sub": "a", "groups": groups}) == Caller("a")


def test_a_citizens_groups_count_for_nothing():
    claims = {"sub": "a", "citizen": True, "groups": ["platform", "kecioren/admin"]}
    assert caller_of(claims) == Caller("a", citizen=True)


def test_citizen_is_only_the_claim_true():
    for value in ("true", 1, [True], None):
        assert not caller_of({"sub": "a", "citizen": value}).citizen


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_any_groups_claim_is_read_without_an_error(groups):
    caller = caller_of({"sub": "a", "groups": groups})
    given = groups if isinstance(groups, list) else []
    assert caller.platform == ("platform" in given or "/platform" in given)
