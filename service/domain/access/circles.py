"""Circles of roles who may do much the same, and what makes a grant of one."""

from collections.abc import Iterable

from service.domain.access.words import Grant, Role, Scope

MASH = (Role.mash_worker, Role.mash_manager, Role.emergency_duty_worker)
EARLY_HELP = (Role.early_help_spoc_manager, Role.early_help_worker)
ASSESSMENT = (Role.assessment_team_manager, Role.assessment_team_worker)
OVER_THE_DESK = (Role.mash_manager, Role.head_of_service)
ABOVE = (Role.head_of_service, Role.director)
MANAGERS = (*OVER_THE_DESK, Role.early_help_spoc_manager, Role.assessment_team_manager)
CASEWORK = (*MASH, *EARLY_HELP, *ASSESSMENT)
CASE_READERS = (*CASEWORK, *ABOVE, Role.qa_auditor)
NIGHT = (Role.emergency_duty_worker,)
PROTECTION_MANAGERS = (Role.mash_manager, Role.assessment_team_manager, *NIGHT)
PROTECTION_READERS = tuple(one for one in CASE_READERS if one is not Role.early_help_worker)
STAFF = tuple(role for role in Role if role is not Role.partner_system)


def grant(scope: Scope, roles: Iterable[Role], sentence: str) -> Grant:
    """A grant of a scope to roles, and what it lets them do in a sentence."""
    return Grant(scope, frozenset(roles), sentence)
