"""What everybody but its citizen may know of a request, by its municipality's rules."""

from __future__ import annotations

import dataclasses

from libs.events import Category, Point
from libs.runtime.rule import replace
from libs.tenants import Tenant
from libs.text import shown_parts

from .place import coarse
from .request import Request, WordsShown


def category_of(request: Request) -> Category | None:
    """What it is about, as far as is known by now."""
    return request.progress.category or request.category


def is_told(request: Request, tenant: Tenant | None) -> bool:
    """Whether the rules let outsiders know of it, if it is public; of a tenant's that is gone they
    let nobody.
    """
    category = category_of(request)
    return tenant is not None and tenant.tells_of(category.code if category else None)


def for_outsiders(request: Request, tenant: Tenant | None) -> Request:
    """The request without what its municipality keeps back; the place is `place_told`'s."""
    if tenant is None or not (kept_back := tenant.publication.kept_back):
        return request
    updates = request.updates
    if "department" in kept_back:
        updates = tuple(dataclasses.replace(one, department=None) for one in updates)
    return replace(request, progress=replace(request.progress, **kept_back), updates=updates)


def place_told(request: Request, tenant: Tenant | None) -> Point:
    """Where outsiders are told that it is."""
    return tenant.publication.near(request.point) if tenant else coarse(request.point)


def shown_words(request: Request, tenant: Tenant | None) -> str | None:
    """The words that the municipality shows; None where it shows none."""
    shown = _shown(request, tenant)
    if shown is None or not shown.parts:
        return None
    return shown_parts(request.text, [(part.start, part.end) for part in shown.parts])


def shown_photos(request: Request, tenant: Tenant | None) -> tuple[str, ...]:
    """The photos that it shows, by their ids."""
    shown = _shown(request, tenant)
    kept = {one.id for one in request.attachments}
    return tuple(id for id in shown.photos if id in kept) if shown else ()


def _shown(request: Request, tenant: Tenant | None) -> WordsShown | None:
    """By the rules of now, of what is public now, if its citizen was told of it and has not
    changed the text since.
    """
    shown = request.progress.shown
    allowed = tenant is not None and tenant.publication.words and request.showable
    current = shown is not None and shown.edition == request.edition
    public = request.public and is_told(request, tenant)
    return shown if allowed and current and public else None
