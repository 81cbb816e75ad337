"""HTTP for what people set up in the console: saved views, and keys."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from libs.events.common import Code
from libs.runtime.clock import new_id
from libs.runtime.rule import Command, Refused
from libs.runtime.service import Service
from libs.runtime.store import Stored
from libs.text import said
from libs.web.access import Access, Staff
from libs.web.problems import responses

from .filter import canonical
from .preferences import (
    MOST_SHARED,
    USUAL,
    Preferences,
    View,
    document_id,
    keep_view,
    remove_view,
    set_keys,
)
from .store import PREFERENCES

Anybody = Annotated[
    Access, Depends(Staff("operator", "supervisor", "admin", "auditor", reads=True))
]
"""Who reads tasks may set up for himself how he reads them, an auditor too."""

Sharer = Annotated[Access, Depends(Staff("supervisor", "admin"))]


class ToKeep(BaseModel):
    """A list under a name. `query` is that of the list's address; `place` is where among the others
    it goes, from 0: where it is, or the end, if left out.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    query: Annotated[str, Field(max_length=1000, examples=["status=new&overdue=1"])]
    place: Annotated[int | None, Field(ge=0, lt=MOST_SHARED)] = None


class ViewOut(BaseModel):
    """A saved view; `query` as the console's filter writes it."""

    id: str
    name: str
    query: str


class ToType(BaseModel):
    """Keys by what they do, and whether they act; what is not named has its usual key."""

    model_config = ConfigDict(extra="forbid")

    on: StrictBool = True
    keys: dict[Code, Annotated[str, Field(min_length=1, max_length=2)]] = Field(
        default_factory=dict, max_length=len(USUAL), examples=[{"status": "d"}]
    )


class Keys(BaseModel):
    """The single keys in force, by what they do, and whether they act."""

    on: bool
    keys: dict[str, str]


class Views(BaseModel):
    """One's own views and those that everybody in the tenant has, each in its order."""

    own: list[ViewOut]
    shared: list[ViewOut]


def router(service: Service) -> APIRouter:
    """Routes under /api/tasks that must be asked before `/{id}`."""
    routes = APIRouter(prefix="/api/tasks", tags=["views"])
    change = partial(_change, service)

    @routes.get("/views")
    async def views(access: Anybody) -> Views:
        """The saved views that the caller has here."""
        own, shared = await preferences(service, access)
        return Views(own=_told(own), shared=_told(shared))

    @routes.put("/views/{id}", responses=responses(409, 422))
    async def keep(access: Anybody, id: Code, body: ToKeep) -> list[ViewOut]:
        """Save a view of one's own, or change it: at most 50. One's own views as they then are."""
        owner = access.caller.subject
        return _told(await change(access, owner, _keeping(access, owner, id, body)))

    @routes.delete("/views/{id}", responses=responses(404))
    async def remove(access: Anybody, id: Code) -> list[ViewOut]:
        """Remove a view of one's own; those that are left."""
        return _told(await change(access, access.caller.subject, partial(remove_view, id=id)))

    @routes.put("/views/shared/{id}", responses=responses(409, 422))
    async def share(access: Sharer, id: Code, body: ToKeep) -> list[ViewOut]:
        """Save a view for everybody in the tenant, or change it: at most 100. All of these."""
        return _told(await change(access, None, _keeping(access, None, id, body)))

    @routes.delete("/views/shared/{id}", responses=responses(404))
    async def unshare(access: Sharer, id: Code) -> list[ViewOut]:
        """Remove a view that everybody has; those that are left."""
        return _told(await change(access, None, partial(remove_view, id=id)))

    @routes.get("/keys")
    async def keys(access: Anybody) -> Keys:
        """The console's single keys, as the caller has them."""
        own, _ = await preferences(service, access)
        return Keys(on=own.keys_on, keys=own.in_force)

    @routes.put("/keys", responses=responses(422))
    async def set_up(access: Anybody, body: ToType) -> Keys:
        """Other keys for the caller, or the usual ones again; those that are then in force."""
        owner = access.caller.subject
        decide = partial(set_keys, tenant=access.tenant, owner=owner, keys=body.keys, on=body.on)
        own = await change(access, owner, decide)
        return Keys(on=own.keys_on, keys=own.in_force)

    return routes


async def preferences(service: Service, access: Access) -> tuple[Preferences, Preferences]:
    """What the caller has set up in the tenant, and what is everybody's there."""
    tenant, owner = access.tenant, access.caller.subject
    ids = document_id(tenant, owner), document_id(tenant)
    stored = service.scoped(tenant, PREFERENCES.collection)
    found = {
        one["_id"]: PREFERENCES.state_of(one)
        for one in await stored.find({"_id": {"$in": list(ids)}}, limit=2)
    }
    own, shared = (found.get(id) for id in ids)
    return own or Preferences(tenant, owner), shared or Preferences(tenant)


async def _change(
    service: Service, access: Access, owner: str | None, decide: Callable[..., Any]
) -> Preferences:
    command = Command(
        id=new_id(),
        target=document_id(access.tenant, owner),
        tenant=access.tenant,
        decide=decide,
        aggregate=PREFERENCES.collection,
    )
    stored: Stored[Preferences] = await service.change(command)
    assert stored.state is not None
    return stored.state


def _keeping(access: Access, owner: str | None, id: str, body: ToKeep) -> Callable[..., Any]:
    query = canonical(body.query)
    if query is None:
        errors = [{"field": "query", "message": said("The list knows no such filter.")}]
        raise Refused(
            "view-query-unknown", "This is no list that can be saved.", 422, errors=errors
        )
    view = View(id, body.name, query)
    return partial(keep_view, tenant=access.tenant, owner=owner, view=view, place=body.place)


def _told(preferences: Preferences) -> list[ViewOut]:
    return [ViewOut(id=one.id, name=one.name, query=one.query) for one in preferences.views]
