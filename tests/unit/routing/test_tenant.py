"""The rule that publishes a tenant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.events import TenantPublished, TenantRemoved
from libs.runtime.rule import Change, Context, Refused
from libs.runtime.store import Aggregate
from libs.tenants import Tenant
from services.routing.tenant import TenantRecord, content_of, digest_of, publish, remove
from tests.unit.routing.examples import document

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONTEXT = Context(id="ornek", now=NOW)


def published(
    state: TenantRecord | None = None, /, *, platform: bool = True, **changes: Any
) -> Change[TenantRecord]:
    tenant = Tenant.checked(document(**{"version": 0, **changes}))
    return publish(state, CONTEXT, tenant=tenant, by="somebody", platform=platform)


def names(text: str) -> dict[str, str]:
    return {"tr": text, "en": text}


def test_first_publication_is_version_one() -> None:
    change = published()
    (event,) = change.events
    assert isinstance(event, TenantPublished)
    assert (event.slug, event.version, event.tenant["version"]) == ("ornek", 1, 1)
    assert change.answer == {"slug": "ornek", "version": 1, "changed": True}
    assert (change.state.tenant, change.state.editions[0].by) == ("ornek", "somebody")
    assert Tenant.checked(event.tenant).version == 1


def test_the_same_again_does_nothing() -> None:
    first = published().state
    again = published(first)
    assert again.state is first
    assert again.events == ()
    assert again.answer == {"slug": "ornek", "version": 1, "changed": False}


def test_what_was_published_does_nothing_when_it_comes_back() -> None:
    first = published().state
    back = publish(first, CONTEXT, tenant=Tenant.checked(first.document), by="x", platform=False)
    assert back.events == ()


def test_a_change_is_a_new_version_and_the_history_grows() -> None:
    state = published().state
    change = published(state, names=names("Yeni"))
    assert change.answer["version"] == 2
    assert [edition.number for edition in change.state.editions] == [1, 2]
    assert change.state.editions[0].digest != change.state.digest
    back = published(change.state)
    assert back.answer == {"slug": "ornek", "version": 3, "changed": True}


def test_leaving_is_a_version_of_its_own() -> None:
    change = published(published().state, state="left")
    assert change.events[0].state == "left"  # type: ignore[attr-defined]


def test_another_slug_than_the_addressed_one_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        published(slug="baska")
    assert (refused.value.slug, refused.value.status) == ("tenant-slug-differs", 422)


@pytest.mark.parametrize(("version", "fits"), [(0, True), (1, True), (2, False), (7, False)])
def test_document_made_from_another_version_is_refused(version: int, fits: bool) -> None:
    state = published().state
    if fits:
        assert published(state, version=version, names=names("Yeni")).answer["version"] == 2
        return
    with pytest.raises(Refused) as refused:
        published(state, version=version, names=names("Yeni"))
    assert (refused.value.status, refused.value.more["version"]) == (409, 1)


def test_an_administrator_changes_what_is_the_tenants_own() -> None:
    change = published(published().state, platform=False, names=names("Yeni"))
    assert change.answer["changed"]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "other"},
        {"parent": "ankara"},
        {"state": "suspended"},
        {"domain": "baska.bel.tr"},
        {
            "jurisdiction": {
                "type": "Polygon",
                "coordinates": [
                    [[32.7, 39.9], [32.9, 39.9], [32.9, 40.0], [32.7, 40.0], [32.7, 39.9]]
                ],
            }
        },
    ],
)
def test_an_administrator_cannot_change_whose_requests_the_tenant_receives(
    changes: dict[str, Any],
) -> None:
    state = published().state
    with pytest.raises(Refused) as refused:
        published(state, platform=False, **changes)
    assert refused.value.status == 403
    assert refused.value.more["fields"] == list(changes)
    assert published(state, **changes).answer["changed"]


def test_an_administrator_cannot_found_a_tenant() -> None:
    with pytest.raises(Refused) as refused:
        published(platform=False)
    assert refused.value.status == 403


def test_record_survives_the_store() -> None:
    adapter = Aggregate("tenant_versions", TenantRecord).adapter
    state = published(published().state, names=names("Yeni")).state
    stored = adapter.dump_python(state)
    assert adapter.validate_python(stored) == state
    assert published(adapter.validate_python(stored), names=names("Yeni")).events == ()


def test_digest_does_not_hang_on_the_order_of_keys() -> None:
    content = content_of(Tenant.checked(document()))
    assert digest_of(content) == digest_of(dict(reversed(content.items())))
    assert "version" not in content


def gone(state: TenantRecord | None, *, platform: bool = True) -> Change[TenantRecord]:
    return remove(state, CONTEXT, by="somebody", platform=platform)


def test_a_removal_is_a_version_without_content_and_its_tombstone() -> None:
    left = published(published().state, state="left").state
    change = gone(left)
    assert [type(event) for event in change.events] == [TenantRemoved]
    assert change.answer == {"slug": "ornek", "version": 3, "changed": True}
    assert (change.state.state, change.state.document) == ("removed", {})
    assert [one.number for one in change.state.editions] == [1, 2, 3]
    again = gone(change.state)
    assert (again.events, again.answer["changed"]) == ((), False)


@pytest.mark.parametrize(
    ("state", "slug", "status"),
    [
        (None, "tenant-unknown", 404),
        (published().state, "tenant-has-not-left", 409),
        (published(published().state, state="suspended").state, "tenant-has-not-left", 409),
    ],
    ids=["unknown", "active", "suspended"],
)
def test_only_one_that_has_left_is_removed(
    state: TenantRecord | None, slug: str, status: int
) -> None:
    with pytest.raises(Refused) as refused:
        gone(state)
    assert (refused.value.slug, refused.value.status) == (slug, status)


def test_its_own_administrators_neither_remove_it_nor_bring_it_back() -> None:
    left = published(published().state, state="left").state
    with pytest.raises(Refused, match="tenant-change-needs-platform"):
        gone(left, platform=False)
    with pytest.raises(Refused, match="tenant-unknown"):
        published(gone(left).state, platform=False)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_one_that_comes_again_takes_the_next_number(version: int) -> None:
    """With what it had as well: nothing of that is published any more."""
    left = published(published().state, state="left").state
    back = published(gone(left).state, version=version, state="left")
    assert back.answer == {"slug": "ornek", "version": 4, "changed": True}
    assert back.state.document["version"] == 4
