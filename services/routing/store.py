"""The collections of routing, and the shelf of earlier versions of tenants.

Everything is read by its `_id`, so there are no further indexes.
"""

from __future__ import annotations

from libs.runtime.store import Aggregate

from .decision import Decision
from .draft import Draft
from .tenant import TenantRecord

DECISIONS = Aggregate("decisions", Decision)
TENANTS = Aggregate("tenant_versions", TenantRecord)
DRAFTS = Aggregate("tenant_drafts", Draft)

TENANT_HISTORY = "tenant_history"
"""Every version of every tenant, whole: `_id` is `slug:number`. Taken as a claim, never changed."""
