"""What a tenant is, whose a point is, and how its working time is counted. Pure.

Reading a tenant from files is in `libs.tenants.file`, which is not imported here.
"""

from __future__ import annotations

from .calendar import Holiday, WeeklyHours
from .checks import OWN
from .geometry import Geometry
from .jurisdictions import Jurisdictions, Located, Outside
from .logo import Logo
from .publication import Publication
from .tenant import (
    AssignmentCondition,
    AssignmentRule,
    Look,
    Option,
    Question,
    Tenant,
    TenantBody,
    TenantCategory,
    TenantDepartment,
    TenantNeighbourhood,
    TenantTeam,
    TierCondition,
    TierRule,
)
from .texts import Texts
from .working_time import WorkingTime

__all__ = [
    "OWN",
    "AssignmentCondition",
    "AssignmentRule",
    "Geometry",
    "Holiday",
    "Jurisdictions",
    "Located",
    "Logo",
    "Look",
    "Option",
    "Outside",
    "Publication",
    "Question",
    "Tenant",
    "TenantBody",
    "TenantCategory",
    "TenantDepartment",
    "TenantNeighbourhood",
    "TenantTeam",
    "Texts",
    "TierCondition",
    "TierRule",
    "WeeklyHours",
    "WorkingTime",
]
