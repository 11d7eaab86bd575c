"""Who may do what: roles, scopes, the one table of permissions, and how far a caller sees."""

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
from service.domain.access.words import Duty, Grant, Permission, Reach, Role, Scope

__all__ = [
    "DUTIES",
    "GRANTS",
    "MANAGER_OF",
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
    "permission_matrix",
    "refuse_gaps",
    "scopes_for",
]
