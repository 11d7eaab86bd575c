"""What each role is there for, how far it sees, and for which sides it acts."""

from collections.abc import Mapping
from types import MappingProxyType

from service.domain.access.words import Duty, Reach, Role
from service.domain.accountabilities import CareService

EVERY_SIDE = frozenset(CareService)

MANAGER_OF: Mapping[CareService, Role] = MappingProxyType(
    {
        CareService.front_door: Role.mash_manager,
        CareService.early_help: Role.early_help_spoc_manager,
        CareService.social_care: Role.assessment_team_manager,
    }
)
"""Whoever answers for the work of a side."""

DUTIES: Mapping[Role, Duty] = MappingProxyType(
    {
        Role.mash_worker: Duty(
            "MASH worker",
            "logs contacts, gathers information, drafts threshold decisions",
            Reach.ALL,
            EVERY_SIDE,
        ),
        Role.mash_manager: Duty(
            "MASH manager",
            "signs decisions off and answers for the desk",
            Reach.ALL,
            EVERY_SIDE,
        ),
        Role.emergency_duty_worker: Duty(
            "emergency duty worker",
            "answers for every child out of hours, alone, and may act before anybody signs it off",
            Reach.ALL,
            EVERY_SIDE,
        ),
        Role.early_help_spoc_manager: Duty(
            "early help SPOC manager",
            "is the single point of contact of early help: takes in its cases and gives them out",
            Reach.ALL,
            frozenset({CareService.early_help}),
        ),
        Role.early_help_worker: Duty(
            "early help worker",
            "holds early help cases after the decision",
            Reach.EARLY_HELP,
            frozenset({CareService.early_help}),
        ),
        Role.assessment_team_manager: Duty(
            "assessment team manager",
            "takes in referrals to social care and gives them to workers",
            Reach.SOCIAL_CARE,
            frozenset({CareService.social_care}),
        ),
        Role.assessment_team_worker: Duty(
            "assessment team worker",
            "holds social care cases after the decision",
            Reach.SOCIAL_CARE,
            frozenset({CareService.social_care}),
        ),
        Role.partner_system: Duty(
            "partner agency system",
            "sends its own organisation's referrals, follows them, answers what it is asked",
            Reach.OWN_ORGANISATION,
        ),
        Role.head_of_service: Duty(
            "head of service",
            "answers what managers could not settle between them, and watches that nothing waits",
            Reach.ALL,
            EVERY_SIDE,
        ),
        Role.director: Duty(
            "director of children's services",
            "hears what nobody below took on, and changes nothing on a case",
            Reach.ALL,
        ),
        Role.qa_auditor: Duty(
            "QA auditor",
            "reads practice in order to judge it, and changes nothing",
            Reach.ALL,
        ),
        Role.performance_analyst: Duty(
            "performance analyst",
            "reads figures, no names",
            None,
        ),
        Role.information_governance_officer: Duty(
            "information governance officer",
            "looks after who may come in and who looked at what, no case content",
            None,
        ),
        Role.system_administrator: Duty(
            "system administrator",
            "keeps the service running, no case content",
            None,
        ),
    }
)
