"""A draft of a tenant: what administrators change before it is published.

One for each tenant. Parts may lack; each change is guarded by the revision that its maker saw,
and refused where somebody has changed the same part since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from libs.runtime.rule import Change, Context, Refused

KEPT_EDITS = 200


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: when, by whom (a token's subject), which parts, and the revision it made."""

    revision: int
    at: datetime
    by: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A tenant's draft. `document` is None where none is open; `revision` only ever grows.

    `based_on` is the published version that it was begun from, 0 for a new municipality;
    `opened` the revision with which it was begun.
    """

    tenant: str
    revision: int
    document: dict[str, Any] | None = None
    based_on: int = 0
    opened: int = 0
    begun_at: datetime | None = None
    begun_by: str = ""
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """What a draft begins from: the published content and its version; nothing and 0."""

    document: Mapping[str, Any]
    version: int


def begin(state: Draft | None, context: Context, *, base: Base, by: str) -> Change[Draft]:
    """Open a draft. Refused where one is open (409)."""
    if state is not None and state.document is not None:
        raise Refused("draft-open", "There is a draft of this tenant already.", 409, **_who(state))
    return _answered(_opened(state, context, base, by))


def edit(
    state: Draft | None,
    context: Context,
    *,
    fields: Mapping[str, Any],
    by: str,
    seen: int | None,
    base: Base | None = None,
) -> Change[Draft]:
    """Put parts into the draft; None takes one away. `seen` is the revision that the caller saw.

    Without an open draft one is begun from `base`, if that is given. Refused: no draft (409); a
    part that somebody has changed since (409, with who, when and which).
    """
    now = state.revision if state else 0
    if state is None or state.document is None:
        if base is None or (seen is not None and seen != now):
            raise Refused("draft-none", "There is no draft of this tenant any more.", 409)
        state = _opened(state, context, base, by)
    elif seen is not None and seen != now:
        _refuse_changed(state, seen, fields)
    assert state.document is not None
    document = {**state.document, **fields}
    kept = {name: value for name, value in document.items() if value is not None}
    return _answered(_edited(state, context, kept, by, tuple(fields)))


def replace_whole(
    state: Draft | None, context: Context, *, document: Mapping[str, Any], by: str, seen: int | None
) -> Change[Draft]:
    """Put a whole document in the place of the draft's, as from a file."""
    if state is None or state.document is None:
        raise Refused("draft-none", "There is no draft of this tenant any more.", 409)
    fields = {*state.document, *document}
    if seen is not None and seen != state.revision:
        _refuse_changed(state, seen, dict.fromkeys(fields))
    changed = sorted(name for name in fields if state.document.get(name) != document.get(name))
    return _answered(_edited(state, context, dict(document), by, tuple(changed)))


def rebase(
    state: Draft | None,
    context: Context,
    *,
    document: Mapping[str, Any],
    version: int,
    by: str,
    seen: int,
) -> Change[Draft]:
    """Put the draft's changes over a newer published version; `document` is both together."""
    if state is None or state.document is None:
        raise Refused("draft-none", "There is no draft of this tenant any more.", 409)
    if seen != state.revision:
        _refuse_changed(state, seen, dict.fromkeys({*state.document, *document}))
    edited = _edited(state, context, dict(document), by, ())
    return _answered(replace(edited, based_on=version))


def close(
    state: Draft | None, context: Context, *, by: str, seen: int | None, published: int = 0
) -> Change[Draft]:
    """End the draft: it was discarded, or `published` under that number.

    A draft that was changed while it was published stays open, on top of what was published.
    """
    if state is None or state.document is None:
        raise Refused("draft-none", "There is no draft of this tenant any more.", 409)
    if seen is not None and seen != state.revision:
        if not published:
            _refuse_changed(state, seen, state.document)
        return _answered(replace(state, based_on=published, revision=state.revision + 1))
    return _answered(Draft(tenant=state.tenant, revision=state.revision + 1))


def rebased(
    base: Mapping[str, Any], mine: Mapping[str, Any], newest: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The draft's changes since `base` put over `newest`; and the parts that both have changed,
    in which the draft's stand.
    """
    names = sorted({*base, *mine, *newest})
    changed = [name for name in names if mine.get(name) != base.get(name)]
    both = tuple(
        name for name in changed if newest.get(name) not in (base.get(name), mine.get(name))
    )
    document = {**newest, **{name: mine.get(name) for name in changed}}
    return {name: value for name, value in document.items() if value is not None}, both


def _opened(state: Draft | None, context: Context, base: Base, by: str) -> Draft:
    revision = (state.revision if state else 0) + 1
    return Draft(
        tenant=context.id,
        revision=revision,
        document=dict(base.document),
        based_on=base.version,
        opened=revision,
        begun_at=context.now,
        begun_by=by,
    )


def _edited(
    state: Draft, context: Context, document: dict[str, Any], by: str, fields: tuple[str, ...]
) -> Draft:
    revision = state.revision + 1
    edits = (*state.edits, Edit(revision, context.now, by, fields))[-KEPT_EDITS:]
    return replace(state, document=document, revision=revision, edits=edits)


def _refuse_changed(state: Draft, seen: int, fields: Mapping[str, Any]) -> None:
    """Unless nobody has touched these parts since that revision of this draft."""
    since = [one for one in state.edits if one.revision > seen]
    known = seen >= state.opened and state.revision - seen == len(since)
    touched = sorted({name for one in since for name in one.fields} & fields.keys())
    if known and not touched:
        return
    raise Refused(
        "draft-changed-meanwhile",
        "Somebody else has changed this meanwhile.",
        409,
        revision=state.revision,
        fields=touched,
        **_who(state),
    )


def _who(state: Draft) -> dict[str, Any]:
    last = state.edits[-1] if state.edits else None
    return {"by": last.by if last else state.begun_by, "at": last.at if last else state.begun_at}


def _answered(state: Draft) -> Change[Draft]:
    return Change(state, answer={"slug": state.tenant, "revision": state.revision})
