"""Who may do what: roles, scopes, the one table of permissions, how much somebody sees."""

from service.domain.access.callers import (
    AccessSuspended,
    Caller,
    RoleMissing,
    ScopeMissing,
    permission_matrix,
    refuse_gaps,
    scopes_for,
)
from service.domain.access.duties import DUTIES, MANAGER_OF
from service.domain.access.grants import GRANTS
from service.domain.access.sights import AS_SHIPPED, THE_RECORD, Sharing, Sight, SightRules
from service.domain.access.words import Duty, Grant, Permission, Reach, Role, Scope

__all__ = [
    "AS_SHIPPED",
    "DUTIES",
    "GRANTS",
    "MANAGER_OF",
    "THE_RECORD",
    "AccessSuspended",
    "Caller",
    "Duty",
    "Grant",
    "Permission",
    "Reach",
    "Role",
    "RoleMissing",
    "Scope",
    "ScopeMissing",
    "Sharing",
    "Sight",
    "SightRules",
    "permission_matrix",
    "refuse_gaps",
    "scopes_for",
]
