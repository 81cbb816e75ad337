"""The rules tried on the last requests: what would go elsewhere by the draft."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi.concurrency import run_in_threadpool

from libs.tenants import Tenant

from .. import queries
from ..recent import tried_on
from .frame import View

MOST = 200
WITHIN = timedelta(days=90)
MOST_VERSIONS = 30
"""How far back it is known what was looked for in words; before that it counts as nothing."""


async def trial_of(view: View) -> Mapping[str, Any]:
    """What the page shows of the trial; nothing where it was not asked for."""
    if "recent" not in view.request.query_params:
        return {"recent": None, "recent_unfit": False}
    if await view.drafts.faults(view.document):
        return {"recent": None, "recent_unfit": True}
    tenant = Tenant.checked({**view.document, "version": 0})
    now = view.service.now()
    past = await queries.recent(view.service, view.slug, now - WITHIN, MOST)
    sought = await queries.sought(view.service, view.slug, MOST_VERSIONS)
    found = await run_in_threadpool(tried_on, tenant, past, sought, now)
    departments = view.document.get("departments") or ()
    teams = [team for one in departments for team in one.get("teams") or ()]
    return {
        "recent": found,
        "recent_unfit": False,
        "teams": {one["code"]: view.called(one["names"]) for one in teams},
    }
