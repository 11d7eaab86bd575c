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
from service.domain.access.sights import THE_RECORD, Sight
from service.domain.access.words import Duty, Grant, Permission, Reach, Role, Scope

__all__ = [
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
    "Sight",
    "permission_matrix",
    "refuse_gaps",
    "scopes_for",
]
