"""What everybody may read of a request's words and see of its photos."""

from __future__ import annotations

from libs.tenants import Tenant
from libs.text import shown_parts

from .request import Request, WordsShown


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
    return shown if allowed and current and request.public else None
