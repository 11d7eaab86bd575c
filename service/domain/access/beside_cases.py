"""What partners may do, and what is read and run beside the cases: grants of their own."""

from collections.abc import Mapping
from types import MappingProxyType

from service.domain.access.circles import ABOVE, CASEWORK, STAFF, grant
from service.domain.access.words import Grant, Permission, Role, Scope

BESIDE_CASES: Mapping[Permission, Grant] = MappingProxyType(
    {
        Permission.submit_multi_agency_referral: grant(
            Scope.multi_agency_referrals_submit,
            (Role.partner_system,),
            "Send a multi-agency referral from one's own organisation.",
        ),
        Permission.validate_multi_agency_referral: grant(
            Scope.multi_agency_referrals_submit,
            (Role.partner_system,),
            "Have a multi-agency referral checked without sending it.",
        ),
        Permission.read_own_multi_agency_referrals: grant(
            Scope.multi_agency_referrals_follow,
            (Role.partner_system,),
            "Follow the referrals that one's own organisation sent.",
        ),
        Permission.disagree_with_outcome: grant(
            Scope.multi_agency_referrals_submit,
            (Role.partner_system,),
            "Disagree with the outcome of a referral that one's own organisation sent.",
        ),
        Permission.read_measures: grant(
            Scope.measures_read,
            (
                *ABOVE,
                Role.mash_manager,
                Role.early_help_spoc_manager,
                Role.assessment_team_manager,
                Role.qa_auditor,
                Role.performance_analyst,
            ),
            "Read the measures: figures, no names.",
        ),
        Permission.read_workers: grant(
            Scope.reference_read,
            (
                *CASEWORK,
                *ABOVE,
                Role.qa_auditor,
                Role.information_governance_officer,
                Role.system_administrator,
            ),
            "See who works here and in which team.",
        ),
        Permission.read_teams_and_codes: grant(
            Scope.reference_read, Role, "Read the teams and the code lists."
        ),
        Permission.read_policy: grant(
            Scope.reference_read, STAFF, "Read the authority's policy: its limits and rules."
        ),
        Permission.suspend_access: grant(
            Scope.administration,
            (Role.system_administrator, Role.information_governance_officer),
            "Suspend the access of a person, a client or an organisation, and restore it.",
        ),
        Permission.read_access_suspensions: grant(
            Scope.administration,
            (Role.system_administrator, Role.information_governance_officer),
            "See whose access is suspended, since when and why.",
        ),
    }
)
