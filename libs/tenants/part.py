"""The base class of everything that a tenant is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Frozen. Fields that a reader does not know are ignored, so that a service takes a tenant
    which a newer one published; a file or a call is read with `Tenant.checked`, which refuses
    them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
