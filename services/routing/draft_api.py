"""HTTP: a tenant's draft is begun, changed, checked, published and given up."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from libs.events import Names
from libs.runtime.rule import Refused
from libs.web.etag import IfMatch, tag, version_of
from libs.web.openapi import responses

from .answers import Published
from .difference import Difference
from .drafts import Drafts, Seen
from .rights import Admin, Reader
from .steps import states, step_of

MOST_TOLD = 500

Document = Annotated[dict[str, Any], Body()]


class Begun(BaseModel):
    """What a new municipality's draft begins with; none of it for one that is published."""

    model_config = ConfigDict(extra="forbid")

    names: Names | None = None
    kind: Literal["district", "metropolitan", "other"] | None = None
    parent: str | None = Field(default=None, max_length=64)


class EditOut(BaseModel):
    """One change of a draft: when, by whom, which parts."""

    revision: int
    at: datetime
    by: str
    fields: tuple[str, ...]


class DraftOut(BaseModel):
    """A draft, whole. `based_on` is the published version it was begun from, 0 for none."""

    slug: str
    revision: int
    based_on: int
    begun_at: datetime | None
    begun_by: str
    document: dict[str, Any]
    edits: tuple[EditOut, ...]


class Changed(BaseModel):
    """The draft's revision after a change."""

    slug: str
    revision: int


class FaultOut(BaseModel):
    """What keeps the draft from being published, and the step where it is corrected."""

    place: str
    type: str
    message: str
    step: str | None


class DifferenceOut(BaseModel):
    """One place in which the draft differs from what is published; areas are not repeated."""

    place: tuple[str, ...]
    kind: Literal["added", "removed", "changed", "moved"]
    before: Any = None
    after: Any = None


class Verdict(BaseModel):
    """How far a draft has come: each step's state, every fault, every difference."""

    revision: int
    ready: bool
    behind: bool = Field(description="Another version was published since the draft was begun.")
    steps: dict[str, str | None]
    faults: list[FaultOut]
    differences: list[DifferenceOut]


class State(BaseModel):
    """In which state a tenant is to be."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["active", "suspended", "left"]


def _revision(if_match: IfMatch = None) -> int | None:
    """The revision that the caller saw; None for any."""
    if if_match is None:
        raise Refused("version-missing", "Say in If-Match which version you have seen.", 428)
    return version_of(if_match)


Match = Annotated[int | None, Depends(_revision)]


def router(drafts: Drafts) -> APIRouter:
    """The routes below `/api/tenants/{slug}` that are about its draft and its older versions."""
    routes = APIRouter(prefix="/api/tenants/{slug}", tags=["drafts"])

    def changed(response: Response, slug: str, revision: int) -> Changed:
        tag(response, revision)
        return Changed(slug=slug, revision=revision)

    @routes.get("/draft", responses=responses(404))
    async def draft(access: Reader, response: Response) -> DraftOut:
        """The draft, whole; what is published is not looked at."""
        seen = await _open(drafts, access.tenant)
        assert seen.draft is not None
        tag(response, seen.revision)
        return DraftOut(
            slug=seen.slug,
            revision=seen.revision,
            based_on=seen.draft.based_on,
            begun_at=seen.draft.begun_at,
            begun_by=seen.draft.begun_by,
            document=dict(seen.document),
            edits=tuple(
                EditOut(revision=one.revision, at=one.at, by=one.by, fields=one.fields)
                for one in seen.draft.edits
            ),
        )

    @routes.post("/draft", status_code=201, responses=responses(404, 409))
    async def begin(access: Admin, response: Response, begun: Begun) -> Changed:
        """Begin a draft: of what is published (with `{}`), or, for the platform, a new tenant's."""
        told = begun.model_dump(mode="json", exclude_none=True)
        revision = await drafts.begin(access, told or None)
        return changed(response, access.tenant, revision)

    @routes.patch("/draft", responses=responses(404, 409, 428))
    async def change(access: Admin, response: Response, seen: Match, fields: Document) -> Changed:
        """Put some parts of the document into the draft; null takes one away.

        Each part must be sound in itself (422); whether all fit together is told by `check`.
        409 where somebody has changed one of these parts since the revision in If-Match.
        """
        return changed(response, access.tenant, await drafts.save(access, fields, seen))

    @routes.put("/draft", responses=responses(404, 409, 428))
    async def put(access: Admin, response: Response, seen: Match, document: Document) -> Changed:
        """Put a whole document in the place of the draft's; one is begun where none is open."""
        return changed(response, access.tenant, await drafts.put(access, document, seen))

    @routes.delete("/draft", responses=responses(404, 409, 428))
    async def discard(access: Admin, response: Response, seen: Match) -> Changed:
        """Give the draft up; what is published stays."""
        return changed(response, access.tenant, await drafts.discard(access, seen))

    @routes.get("/draft/check", responses=responses(404))
    async def check(access: Reader) -> Verdict:
        """How far the draft has come, what keeps it from being published, what it changes."""
        seen = await _open(drafts, access.tenant)
        faults = await drafts.faults(seen.document)
        return Verdict(
            revision=seen.revision,
            ready=not faults and not seen.behind,
            behind=seen.behind,
            steps=dict(states(seen.document, faults)),
            faults=[
                FaultOut(
                    place=".".join(map(str, fault.place)),
                    type=fault.slug,
                    message=fault.message,
                    step=step.code if (step := step_of(fault.field)) else None,
                )
                for fault in faults[:MOST_TOLD]
            ],
            differences=[_out(one) for one in seen.differences()[:MOST_TOLD]],
        )

    @routes.post("/draft/rebase", responses=responses(404, 409, 428))
    async def rebase(access: Admin, response: Response, seen: Match) -> Changed:
        """Put the draft's changes over what was published since it was begun."""
        revision = seen or (await _open(drafts, access.tenant)).revision
        await drafts.rebase(access, revision)
        return changed(response, access.tenant, revision + 1)

    @routes.post("/draft/publish", responses=responses(404, 409, 428))
    async def publish(access: Admin, seen: Match) -> Published:
        """Publish the draft as the next version; 422 with every fault where it is not ready."""
        revision = seen or (await _open(drafts, access.tenant)).revision
        return Published(**await drafts.publish(access, revision))

    @routes.post("/versions/{number}/restore", responses=responses(404, 409))
    async def restore(access: Admin, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Published:
        """Publish what an older version held as a new version."""
        return Published(**await drafts.restore(access, number))

    @routes.put("/state", responses=responses(404, 409))
    async def turn(access: Admin, asked: State) -> Published:
        """Suspend a tenant, take it back (`active`), or let it leave; for the platform alone.

        A suspended one and one that has left receive nothing; what is published stays readable.
        """
        return Published(**await drafts.turn(access, asked.state))

    @routes.delete("", responses=responses(404, 409))
    async def remove(access: Admin) -> Published:
        """Take a tenant that has left (409 otherwise) out of every service; for the platform alone.

        Its versions can still be read here, and its requests stay where they are. Once more does
        nothing.
        """
        return Published(**await drafts.remove(access))

    return routes


async def _open(drafts: Drafts, slug: str) -> Seen:
    seen = await drafts.seen(slug)
    if seen.draft is None:
        raise Refused("draft-none", "There is no draft of this tenant.", 404)
    return seen


def _out(one: Difference) -> DifferenceOut:
    before, after = (_short(value) for value in (one.before, one.after))
    return DifferenceOut(place=one.place, kind=one.kind, before=before, after=after)


def _short(value: Any) -> Any:
    """A value without the points of its areas."""
    if isinstance(value, Mapping):
        if "coordinates" in value:
            return {"type": value.get("type")}
        return {name: _short(each) for name, each in value.items()}
    return [_short(each) for each in value] if isinstance(value, list) else value
