"""Who may do what: roles, scopes, the one table of permissions, and how far a caller sees."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar
from uuid import UUID

from service.domain.accountabilities import CareService
from service.domain.errors import NotAllowed


class Role(StrEnum):
    """What a person (or a partner's system) is at the front door. Given by the issuer's claims."""

    mash_worker = "mash_worker"
    mash_manager = "mash_manager"
    early_help_spoc_manager = "early_help_spoc_manager"
    early_help_worker = "early_help_worker"
    assessment_team_manager = "assessment_team_manager"
    assessment_team_worker = "assessment_team_worker"
    partner_system = "partner_system"
    head_of_service = "head_of_service"
    qa_auditor = "qa_auditor"
    performance_analyst = "performance_analyst"
    information_governance_officer = "information_governance_officer"
    system_administrator = "system_administrator"


class Scope(StrEnum):
    """What an application was allowed to ask for on somebody's behalf. Given by the issuer."""

    contacts_read = "contacts.read"
    contacts_write = "contacts.write"
    information_read = "information.read"
    information_answer = "information.answer"
    decisions_read = "decisions.read"
    decisions_write = "decisions.write"
    decisions_sign = "decisions.sign"
    cases_read = "cases.read"
    cases_write = "cases.write"
    transfers_read = "transfers.read"
    transfers_write = "transfers.write"
    challenges_read = "challenges.read"
    challenges_write = "challenges.write"
    strategy_meetings_read = "strategy_meetings.read"
    strategy_meetings_write = "strategy_meetings.write"
    section_47_enquiries_read = "section_47_enquiries.read"
    section_47_enquiries_write = "section_47_enquiries.write"
    assessments_read = "assessments.read"
    assessments_write = "assessments.write"
    police_notifications_submit = "police_notifications.submit"
    daily_meetings_read = "daily_meetings.read"
    daily_meetings_write = "daily_meetings.write"
    missing_episodes_read = "missing_episodes.read"
    missing_episodes_write = "missing_episodes.write"
    flags_read = "flags.read"
    flags_write = "flags.write"
    multi_agency_referrals_submit = "multi_agency_referrals.submit"
    multi_agency_referrals_follow = "multi_agency_referrals.follow"
    measures_read = "measures.read"
    reference_read = "reference.read"
    administration = "administration"


class Permission(StrEnum):
    """One thing that can be done. Each has exactly one row in `GRANTS`, or nothing starts."""

    log_contact = "log_contact"
    read_contacts = "read_contacts"
    amend_contact = "amend_contact"
    withdraw_contact = "withdraw_contact"
    turn_contact_away = "turn_contact_away"
    match_child = "match_child"
    triage_contact = "triage_contact"
    assign_contact = "assign_contact"
    acknowledge_referrer = "acknowledge_referrer"
    ask_agency = "ask_agency"
    answer_information_request = "answer_information_request"
    read_information_requests = "read_information_requests"
    decide = "decide"
    sign_off = "sign_off"
    withdraw_decision = "withdraw_decision"
    read_decisions = "read_decisions"
    read_referrals = "read_referrals"
    allocate_referral = "allocate_referral"
    close_referral = "close_referral"
    read_early_help_episodes = "read_early_help_episodes"
    allocate_early_help_episode = "allocate_early_help_episode"
    close_early_help_episode = "close_early_help_episode"
    read_accountability = "read_accountability"
    read_transfers = "read_transfers"
    export_transfers = "export_transfers"
    request_step_up = "request_step_up"
    open_step_up = "open_step_up"
    answer_step_up = "answer_step_up"
    agree_to_refused_step_up = "agree_to_refused_step_up"
    ask_for_early_help_case = "ask_for_early_help_case"
    give_up_early_help_case = "give_up_early_help_case"
    request_step_down = "request_step_down"
    answer_step_down = "answer_step_down"
    agree_to_refused_step_down = "agree_to_refused_step_down"
    ask_for_referral = "ask_for_referral"
    give_up_referral = "give_up_referral"
    record_family_agreement = "record_family_agreement"
    record_first_visit = "record_first_visit"
    complete_step_down = "complete_step_down"
    read_challenges = "read_challenges"
    challenge_decision = "challenge_decision"
    pursue_challenge = "pursue_challenge"
    answer_challenge = "answer_challenge"
    chase_agency = "chase_agency"
    withdraw_information_request = "withdraw_information_request"
    read_late_answer = "read_late_answer"
    read_strategy_meetings = "read_strategy_meetings"
    call_strategy_meeting = "call_strategy_meeting"
    invite_to_strategy_meeting = "invite_to_strategy_meeting"
    record_strategy_meeting = "record_strategy_meeting"
    conclude_strategy_meeting = "conclude_strategy_meeting"
    circulate_strategy_minutes = "circulate_strategy_minutes"
    read_section_47_enquiries = "read_section_47_enquiries"
    record_child_seen = "record_child_seen"
    conclude_section_47_enquiry = "conclude_section_47_enquiry"
    record_conference = "record_conference"
    read_assessments = "read_assessments"
    assess = "assess"
    authorise_assessment = "authorise_assessment"
    submit_police_notification = "submit_police_notification"
    withdraw_police_notification = "withdraw_police_notification"
    read_police_updates = "read_police_updates"
    read_police_imports = "read_police_imports"
    read_daily_meetings = "read_daily_meetings"
    carry_over_item = "carry_over_item"
    conclude_daily_meeting = "conclude_daily_meeting"
    read_missing_episodes = "read_missing_episodes"
    record_missing_episode = "record_missing_episode"
    record_return_interview = "record_return_interview"
    record_birth = "record_birth"
    read_queue_strategy = "read_queue_strategy"
    read_queue_pre_birth = "read_queue_pre_birth"
    read_pregnancy = "read_pregnancy"
    read_queue_contacts = "read_queue_contacts"
    read_queue_sign_off = "read_queue_sign_off"
    read_queue_allocation = "read_queue_allocation"
    read_queue_information_requests = "read_queue_information_requests"
    read_queue_step_up = "read_queue_step_up"
    read_queue_step_down = "read_queue_step_down"
    read_queue_challenges = "read_queue_challenges"
    read_queue_mine = "read_queue_mine"
    read_flags = "read_flags"
    acknowledge_flag = "acknowledge_flag"
    submit_multi_agency_referral = "submit_multi_agency_referral"
    validate_multi_agency_referral = "validate_multi_agency_referral"
    read_own_multi_agency_referrals = "read_own_multi_agency_referrals"
    disagree_with_outcome = "disagree_with_outcome"
    read_measures = "read_measures"
    read_workers = "read_workers"
    read_teams_and_codes = "read_teams_and_codes"
    read_policy = "read_policy"
    suspend_access = "suspend_access"
    read_access_suspensions = "read_access_suspensions"


class Reach(StrEnum):
    """Which children, with the contacts that tell of them, a caller may see.

    Repositories turn each member into a predicate and join them with *or*; an empty set of
    reaches is a predicate that is never true.
    """

    ALL = "all"
    EARLY_HELP = "early_help"
    SOCIAL_CARE = "social_care"
    OWN_ORGANISATION = "own_organisation"


@dataclass(frozen=True, slots=True)
class Duty:
    """What a role is called, what it is there for, and how far it sees (`None`: no case at all).

    `acts_for` are the sides on which it acts: what is done to a child, or about a decision, is done
    by who is on that child's side. The front door is on every child's.
    """

    title: str
    sentence: str
    reach: Reach | None
    acts_for: frozenset[CareService] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """A row of the permission table: one scope and at least one role, and what they allow."""

    scope: Scope
    roles: frozenset[Role]
    sentence: str


class RoleMissing(NotAllowed):
    """The caller's roles do not allow this."""

    code: ClassVar[str] = "role_missing"
    title: ClassVar[str] = "Your role does not allow this"


class ScopeMissing(NotAllowed):
    """The caller's role would allow this, but the application in use was not given the scope."""

    code: ClassVar[str] = "scope_missing"
    title: ClassVar[str] = "This application may not ask for this"


class AccessSuspended(NotAllowed):
    """The person, client or organisation was suspended here, though the token is still valid."""

    code: ClassVar[str] = "account_disabled"
    title: ClassVar[str] = "Access is suspended"

    def __init__(self) -> None:
        super().__init__(
            "Your access to the front door is suspended. Nothing was done. Ask your authority's "
            "system administrator or information governance officer to lift the suspension."
        )


_EVERY_SIDE = frozenset(CareService)

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
            _EVERY_SIDE,
        ),
        Role.mash_manager: Duty(
            "MASH manager",
            "signs decisions off and answers for the desk",
            Reach.ALL,
            _EVERY_SIDE,
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
            _EVERY_SIDE,
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

_MASH = (Role.mash_worker, Role.mash_manager)
_EARLY_HELP = (Role.early_help_spoc_manager, Role.early_help_worker)
_ASSESSMENT = (Role.assessment_team_manager, Role.assessment_team_worker)
_MANAGERS = (
    Role.mash_manager,
    Role.early_help_spoc_manager,
    Role.assessment_team_manager,
    Role.head_of_service,
)
_CASEWORK = (*_MASH, *_EARLY_HELP, *_ASSESSMENT)
_PROTECTION_MANAGERS = (Role.mash_manager, Role.assessment_team_manager)
_PROTECTION_READERS = (
    *_MASH,
    Role.early_help_spoc_manager,
    *_ASSESSMENT,
    Role.head_of_service,
    Role.qa_auditor,
)
_STAFF = tuple(role for role in Role if role is not Role.partner_system)


def _grant(scope: Scope, roles: Iterable[Role], sentence: str) -> Grant:
    return Grant(scope, frozenset(roles), sentence)


GRANTS: Mapping[Permission, Grant] = MappingProxyType(
    {
        Permission.log_contact: _grant(
            Scope.contacts_write, _MASH, "Log a contact that reached the front door."
        ),
        Permission.read_contacts: _grant(
            Scope.contacts_read,
            (*_CASEWORK, Role.head_of_service, Role.qa_auditor),
            "List and read contacts, as far as one's reach goes.",
        ),
        Permission.amend_contact: _grant(
            Scope.contacts_write, _MASH, "Amend a contact before it is decided, with a reason."
        ),
        Permission.withdraw_contact: _grant(
            Scope.contacts_write,
            _MASH,
            "Withdraw a contact that repeats another one, and restore any that was withdrawn.",
        ),
        Permission.turn_contact_away: _grant(
            Scope.contacts_write,
            (Role.mash_manager,),
            "Withdraw a contact that is another authority's or an error, logged by somebody else.",
        ),
        Permission.match_child: _grant(
            Scope.contacts_write,
            _MASH,
            "Say whether a child of a contact is the one on file, and take a link back.",
        ),
        Permission.triage_contact: _grant(
            Scope.contacts_write, _MASH, "Rate a contact red, amber or green."
        ),
        Permission.assign_contact: _grant(
            Scope.contacts_write, _MASH, "Take a contact, give it to a colleague or hand it back."
        ),
        Permission.acknowledge_referrer: _grant(
            Scope.contacts_write, _MASH, "Record that the referrer was told of the receipt."
        ),
        Permission.ask_agency: _grant(
            Scope.contacts_write, _MASH, "Ask an agency what it knows, for a stated purpose."
        ),
        Permission.answer_information_request: _grant(
            Scope.information_answer,
            (*_MASH, Role.partner_system),
            "Answer an information request; a partner, only one put to its own organisation.",
        ),
        Permission.read_information_requests: _grant(
            Scope.information_read,
            (
                *_MASH,
                Role.early_help_spoc_manager,
                Role.head_of_service,
                Role.qa_auditor,
                Role.partner_system,
            ),
            "Read information requests; a partner, only those put to its own organisation.",
        ),
        Permission.decide: _grant(
            Scope.decisions_write, _MASH, "Draft the threshold decision for one child."
        ),
        Permission.sign_off: _grant(
            Scope.decisions_sign,
            (Role.mash_manager,),
            "Agree another person's decision, or send it back with words.",
        ),
        Permission.withdraw_decision: _grant(
            Scope.decisions_write,
            _MASH,
            "Withdraw a draft that waits for sign-off: one's own; a manager, anybody's.",
        ),
        Permission.read_decisions: _grant(
            Scope.decisions_read,
            (*_CASEWORK, Role.head_of_service, Role.qa_auditor),
            "Read decisions and their earlier versions, as far as one's reach goes.",
        ),
        Permission.read_referrals: _grant(
            Scope.cases_read,
            (
                *_MASH,
                Role.early_help_spoc_manager,
                *_ASSESSMENT,
                Role.head_of_service,
                Role.qa_auditor,
            ),
            "List and read referrals to children's social care.",
        ),
        Permission.allocate_referral: _grant(
            Scope.cases_write,
            (Role.assessment_team_manager,),
            "Allocate a referral to a worker of the assessment team.",
        ),
        Permission.close_referral: _grant(
            Scope.cases_write,
            (Role.assessment_team_manager,),
            "Close a referral with a coded reason.",
        ),
        Permission.read_early_help_episodes: _grant(
            Scope.cases_read,
            (*_MASH, *_EARLY_HELP, Role.head_of_service, Role.qa_auditor),
            "List and read early help episodes.",
        ),
        Permission.allocate_early_help_episode: _grant(
            Scope.cases_write,
            (Role.early_help_spoc_manager,),
            "Allocate an early help episode to a worker.",
        ),
        Permission.close_early_help_episode: _grant(
            Scope.cases_write,
            (Role.early_help_spoc_manager,),
            "Close an early help episode with a coded reason.",
        ),
        Permission.read_accountability: _grant(
            Scope.cases_read,
            (*_MANAGERS, Role.qa_auditor),
            "See for every open child the one accountable team, and the worker.",
        ),
        Permission.read_transfers: _grant(
            Scope.transfers_read,
            (*_CASEWORK, Role.head_of_service, Role.qa_auditor),
            "List and read step-ups and step-downs with their history.",
        ),
        Permission.export_transfers: _grant(
            Scope.transfers_read,
            (*_MANAGERS, Role.qa_auditor),
            "Take a list of step-ups and step-downs out as CSV: no names.",
        ),
        Permission.request_step_up: _grant(
            Scope.transfers_write, _EARLY_HELP, "Ask for a step-up of an early help case."
        ),
        Permission.open_step_up: _grant(
            Scope.transfers_write, _MASH, "Open a step-up: seen, and not yet answered."
        ),
        Permission.answer_step_up: _grant(
            Scope.transfers_write, (Role.mash_manager,), "Accept or refuse a step-up."
        ),
        Permission.agree_to_refused_step_up: _grant(
            Scope.transfers_write,
            (Role.early_help_spoc_manager,),
            "Agree to the refusal of a step-up, or challenge it.",
        ),
        Permission.ask_for_early_help_case: _grant(
            Scope.transfers_write,
            (Role.mash_manager,),
            "Ask early help for a case; agree to its refusal, or challenge it.",
        ),
        Permission.give_up_early_help_case: _grant(
            Scope.transfers_write,
            (Role.early_help_spoc_manager,),
            "Open, accept or refuse social care's asking for an early help case.",
        ),
        Permission.request_step_down: _grant(
            Scope.transfers_write, _ASSESSMENT, "Ask for a step-down of a referral, with a plan."
        ),
        Permission.answer_step_down: _grant(
            Scope.transfers_write,
            (Role.early_help_spoc_manager,),
            "Open, accept or refuse a step-down.",
        ),
        Permission.agree_to_refused_step_down: _grant(
            Scope.transfers_write,
            (Role.assessment_team_manager,),
            "Agree to the refusal of a step-down, or challenge it.",
        ),
        Permission.ask_for_referral: _grant(
            Scope.transfers_write,
            (Role.early_help_spoc_manager,),
            "Ask social care for a case; agree to its refusal, or challenge it.",
        ),
        Permission.give_up_referral: _grant(
            Scope.transfers_write,
            (Role.assessment_team_manager,),
            "Open, accept or refuse early help's asking for a referral.",
        ),
        Permission.record_family_agreement: _grant(
            Scope.transfers_write,
            (*_EARLY_HELP, *_ASSESSMENT),
            "Record whether the family agrees to a step-down.",
        ),
        Permission.record_first_visit: _grant(
            Scope.transfers_write, _EARLY_HELP, "Record early help's first visit in a step-down."
        ),
        Permission.complete_step_down: _grant(
            Scope.transfers_write,
            (Role.assessment_team_manager,),
            "Complete a step-down, which closes the referral; decide on one that came back.",
        ),
        Permission.read_challenges: _grant(
            Scope.challenges_read,
            (*_CASEWORK, Role.head_of_service, Role.qa_auditor),
            "List and read challenges with every answer.",
        ),
        Permission.challenge_decision: _grant(
            Scope.challenges_write,
            (*_EARLY_HELP, *_ASSESSMENT),
            "Challenge a signed decision.",
        ),
        Permission.pursue_challenge: _grant(
            Scope.challenges_write,
            (Role.mash_manager, *_EARLY_HELP, *_ASSESSMENT),
            "Escalate a challenge of one's own side, accept its answer, or withdraw it.",
        ),
        Permission.answer_challenge: _grant(
            Scope.challenges_write,
            _MANAGERS,
            "Answer a challenge at the stage that is put to one's role.",
        ),
        Permission.chase_agency: _grant(
            Scope.contacts_write, _MASH, "Chase an agency that has not answered."
        ),
        Permission.withdraw_information_request: _grant(
            Scope.contacts_write, _MASH, "Withdraw an information request, with the reason."
        ),
        Permission.read_late_answer: _grant(
            Scope.contacts_write,
            _MASH,
            "Record that an answer after the decision was read, and what follows from it.",
        ),
        Permission.read_strategy_meetings: _grant(
            Scope.strategy_meetings_read,
            _PROTECTION_READERS,
            "List and read strategy meetings, their invitations, conclusions and minutes.",
        ),
        Permission.call_strategy_meeting: _grant(
            Scope.strategy_meetings_write,
            _PROTECTION_MANAGERS,
            "Call a strategy meeting, move it to another time, or cancel it with the reason.",
        ),
        Permission.invite_to_strategy_meeting: _grant(
            Scope.strategy_meetings_write,
            (*_MASH, *_ASSESSMENT),
            "Invite agencies to a strategy meeting, and say why one is not invited.",
        ),
        Permission.record_strategy_meeting: _grant(
            Scope.strategy_meetings_write,
            (*_MASH, *_ASSESSMENT),
            "Record who came to a strategy meeting and who sent what.",
        ),
        Permission.conclude_strategy_meeting: _grant(
            Scope.strategy_meetings_write,
            _PROTECTION_MANAGERS,
            "Conclude a strategy meeting: section 47, medical examination, actions, the child.",
        ),
        Permission.circulate_strategy_minutes: _grant(
            Scope.strategy_meetings_write,
            (*_MASH, *_ASSESSMENT),
            "Record that the minutes of a strategy meeting were circulated.",
        ),
        Permission.read_section_47_enquiries: _grant(
            Scope.section_47_enquiries_read,
            _PROTECTION_READERS,
            "List and read section 47 enquiries and their conferences.",
        ),
        Permission.record_child_seen: _grant(
            Scope.section_47_enquiries_write,
            _ASSESSMENT,
            "Record whether the child was seen and spoken to alone, and when.",
        ),
        Permission.conclude_section_47_enquiry: _grant(
            Scope.section_47_enquiries_write,
            (Role.assessment_team_manager,),
            "Record the outcome of a section 47 enquiry.",
        ),
        Permission.record_conference: _grant(
            Scope.section_47_enquiries_write,
            _ASSESSMENT,
            "Record the initial child protection conference and what it decided.",
        ),
        Permission.read_assessments: _grant(
            Scope.assessments_read, _PROTECTION_READERS, "List and read single assessments."
        ),
        Permission.assess: _grant(
            Scope.assessments_write, _ASSESSMENT, "Begin a single assessment, and complete it."
        ),
        Permission.authorise_assessment: _grant(
            Scope.assessments_write,
            (Role.assessment_team_manager,),
            "Authorise another person's assessment in own words, or send it back.",
        ),
        Permission.submit_police_notification: _grant(
            Scope.police_notifications_submit,
            (*_MASH, Role.partner_system),
            "Send police notifications, singly or as a file; a partner, only if it is the police.",
        ),
        Permission.withdraw_police_notification: _grant(
            Scope.police_notifications_submit,
            (Role.mash_manager, Role.partner_system),
            "Take back a police notification that was sent in error; a partner, its own.",
        ),
        Permission.read_police_updates: _grant(
            Scope.contacts_write,
            _MASH,
            "Record that what the police sent later was read, and what follows from it.",
        ),
        Permission.read_police_imports: _grant(
            Scope.police_notifications_submit,
            (*_MASH, Role.partner_system),
            "Follow a file of police notifications: its progress, and its faults by row.",
        ),
        Permission.read_daily_meetings: _grant(
            Scope.daily_meetings_read,
            (*_MASH, Role.early_help_spoc_manager, Role.head_of_service, Role.qa_auditor),
            "Read the agenda of a daily meeting, and what came of each item.",
        ),
        Permission.carry_over_item: _grant(
            Scope.daily_meetings_write,
            _MASH,
            "Carry an item over to the next daily meeting, with the reason.",
        ),
        Permission.conclude_daily_meeting: _grant(
            Scope.daily_meetings_write,
            (Role.mash_manager,),
            "Conclude a daily meeting at which every item was decided or carried over.",
        ),
        Permission.read_missing_episodes: _grant(
            Scope.missing_episodes_read,
            (*_CASEWORK, Role.head_of_service, Role.qa_auditor),
            "List and read missing episodes, as far as one's reach goes.",
        ),
        Permission.record_missing_episode: _grant(
            Scope.missing_episodes_write,
            (*_MASH, *_ASSESSMENT),
            "Record that a child is missing, and that a child has returned.",
        ),
        Permission.record_return_interview: _grant(
            Scope.missing_episodes_write,
            _CASEWORK,
            "Record that a return home interview was offered, accepted, declined or held.",
        ),
        Permission.record_birth: _grant(
            Scope.cases_write,
            (*_MASH, *_EARLY_HELP, *_ASSESSMENT),
            "Record a birth, another expected date of delivery, or the end of a pregnancy.",
        ),
        Permission.read_queue_strategy: _grant(
            Scope.strategy_meetings_read,
            (*_MASH, *_ASSESSMENT, Role.head_of_service),
            "Work from the children who may be at risk: meetings, enquiries, conferences.",
        ),
        Permission.read_pregnancy: _grant(
            Scope.cases_read,
            (*_CASEWORK, Role.head_of_service, Role.qa_auditor),
            "Read of an unborn child: weeks, alerts and history, as far as one's reach goes.",
        ),
        Permission.read_queue_pre_birth: _grant(
            Scope.cases_read,
            (*_CASEWORK, Role.head_of_service),
            "Work from the unborn children who are open, by week of pregnancy.",
        ),
        Permission.read_queue_contacts: _grant(
            Scope.contacts_read,
            (*_MASH, Role.early_help_spoc_manager),
            "Work from the desk: open contacts, soonest deadline first.",
        ),
        Permission.read_queue_sign_off: _grant(
            Scope.decisions_read, (Role.mash_manager,), "Work from the decisions awaiting sign-off."
        ),
        Permission.read_queue_allocation: _grant(
            Scope.cases_read,
            (Role.assessment_team_manager, Role.early_help_spoc_manager),
            "Work from the cases that nobody holds yet.",
        ),
        Permission.read_queue_information_requests: _grant(
            Scope.information_read, _MASH, "Work from the information requests not yet answered."
        ),
        Permission.read_queue_step_up: _grant(
            Scope.transfers_read,
            (*_MASH, Role.early_help_spoc_manager, Role.head_of_service),
            "Work from the step-ups under way.",
        ),
        Permission.read_queue_step_down: _grant(
            Scope.transfers_read,
            _MANAGERS,
            "Work from the step-downs under way.",
        ),
        Permission.read_queue_challenges: _grant(
            Scope.challenges_read, _MANAGERS, "Work from the challenges that are not settled."
        ),
        Permission.read_queue_mine: _grant(
            Scope.contacts_read, _CASEWORK, "Work from what one holds oneself."
        ),
        Permission.read_flags: _grant(
            Scope.flags_read,
            (*_CASEWORK, Role.head_of_service, Role.qa_auditor),
            "See breaches and warnings, and why each is raised.",
        ),
        Permission.acknowledge_flag: _grant(
            Scope.flags_write,
            (*_CASEWORK, Role.head_of_service),
            "Acknowledge a flag and say what one will do.",
        ),
        Permission.submit_multi_agency_referral: _grant(
            Scope.multi_agency_referrals_submit,
            (Role.partner_system,),
            "Send a multi-agency referral from one's own organisation.",
        ),
        Permission.validate_multi_agency_referral: _grant(
            Scope.multi_agency_referrals_submit,
            (Role.partner_system,),
            "Have a multi-agency referral checked without sending it.",
        ),
        Permission.read_own_multi_agency_referrals: _grant(
            Scope.multi_agency_referrals_follow,
            (Role.partner_system,),
            "Follow the referrals that one's own organisation sent.",
        ),
        Permission.disagree_with_outcome: _grant(
            Scope.multi_agency_referrals_submit,
            (Role.partner_system,),
            "Disagree with the outcome of a referral that one's own organisation sent.",
        ),
        Permission.read_measures: _grant(
            Scope.measures_read,
            (
                Role.head_of_service,
                Role.mash_manager,
                Role.early_help_spoc_manager,
                Role.assessment_team_manager,
                Role.qa_auditor,
                Role.performance_analyst,
            ),
            "Read the measures: figures, no names.",
        ),
        Permission.read_workers: _grant(
            Scope.reference_read,
            (
                *_CASEWORK,
                Role.head_of_service,
                Role.qa_auditor,
                Role.information_governance_officer,
                Role.system_administrator,
            ),
            "See who works here and in which team.",
        ),
        Permission.read_teams_and_codes: _grant(
            Scope.reference_read, Role, "Read the teams and the code lists."
        ),
        Permission.read_policy: _grant(
            Scope.reference_read, _STAFF, "Read the authority's policy: its limits and rules."
        ),
        Permission.suspend_access: _grant(
            Scope.administration,
            (Role.system_administrator, Role.information_governance_officer),
            "Suspend the access of a person, a client or an organisation, and restore it.",
        ),
        Permission.read_access_suspensions: _grant(
            Scope.administration,
            (Role.system_administrator, Role.information_governance_officer),
            "See whose access is suspended, since when and why.",
        ),
    }
)


def refuse_gaps(grants: Mapping[Permission, Grant], duties: Mapping[Role, Duty]) -> None:
    """Raise `TypeError` when a permission has no row, a row lets nobody in, or a role no duty.

    Run at import, so that a permission nobody thought about stops the service from starting.
    """
    gaps = [f"permission {one} has no row" for one in Permission if one not in grants]
    gaps += [f"permission {one} lets nobody in" for one, row in grants.items() if not row.roles]
    gaps += [f"role {one} has no duty" for one in Role if one not in duties]
    if gaps:
        raise TypeError("The permission table has gaps: " + "; ".join(gaps))


refuse_gaps(GRANTS, DUTIES)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. Known by (`issuer`, `subject`), never by a name or an e-mail address.

    `account_id` is our own id for that pair. `organisation_id` is the partner organisation or the
    authority that the issuer vouches for, `team_id` the caller's team; both as the issuer names
    them. `client_id` is the application in use, where the issuer says.
    """

    account_id: UUID
    issuer: str
    subject: str
    name: str
    client_id: str | None
    organisation_id: str | None
    team_id: str | None
    roles: frozenset[Role]
    scopes: frozenset[Scope]

    def may(self, permission: Permission) -> bool:
        """Whether both the role gate and the scope gate are open. Rows are `reach`'s matter."""
        grant = GRANTS[permission]
        return grant.scope in self.scopes and not grant.roles.isdisjoint(self.roles)

    def has_role_for(self, permission: Permission) -> bool:
        """Whether the role gate is open: for what is shown within something else that is read."""
        return not GRANTS[permission].roles.isdisjoint(self.roles)

    def require(self, permission: Permission) -> None:
        """Raise `RoleMissing` or `ScopeMissing`, saying in words what is missing."""
        grant = GRANTS[permission]
        has_scope = grant.scope in self.scopes
        if grant.roles.isdisjoint(self.roles):
            raise RoleMissing(_role_words(grant) + ("" if has_scope else " " + _scope_words(grant)))
        if not has_scope:
            raise ScopeMissing(_scope_words(grant))

    def require_one_of(self, permissions: Collection[Permission]) -> None:
        """Raise as `require` does when not one of several permissions is held.

        For what takes one permission or another by the sort of the thing: who holds none of them
        is told so before the thing is looked for.
        """
        if any(self.may(one) for one in permissions):
            return
        grants = [GRANTS[one] for one in permissions]
        raising = [one for one in grants if not one.roles.isdisjoint(self.roles)]
        if raising:
            raise ScopeMissing(_scope_words(raising[0]))
        roles = frozenset(role for one in grants for role in one.roles)
        wanted = Grant(grants[0].scope, roles, "")
        has_scope = wanted.scope in self.scopes
        raise RoleMissing(_role_words(wanted) + ("" if has_scope else " " + _scope_words(wanted)))

    @property
    def reach(self) -> frozenset[Reach]:
        """How far the caller sees: the union over the roles. Empty means no case at all.

        A caller of no known organisation has no organisation's rows to see.
        """
        reaches = {DUTIES[role].reach for role in self.roles}
        return frozenset(
            reach
            for reach in reaches
            if reach is not None
            and (reach is not Reach.OWN_ORGANISATION or self.organisation_id is not None)
        )

    @property
    def acts_for(self) -> frozenset[CareService]:
        """The sides on which the caller acts: the union over the roles."""
        return frozenset().union(*(DUTIES[role].acts_for for role in self.roles))


def _role_words(grant: Grant) -> str:
    titles = [DUTIES[role].title for role in Role if role in grant.roles]
    if len(titles) == 1:
        need = f"This needs the role {titles[0]}."
    else:
        need = f"This needs one of these roles: {', '.join(titles[:-1])} or {titles[-1]}."
    return need + " Ask a colleague who has it, or whoever looks after your account to give it."


def _scope_words(grant: Grant) -> str:
    return (
        f"The application you use needs the scope {grant.scope}. "
        "Sign in again asking for it, or have the application registered for it."
    )


def scopes_for(role: Role) -> frozenset[Scope]:
    """Every scope that the role can make use of: what an application made for it asks for."""
    return frozenset(grant.scope for grant in GRANTS.values() if role in grant.roles)


_REACH_WORDS: Mapping[Reach | None, str] = {
    Reach.ALL: "every contact",
    Reach.EARLY_HELP: "children who came to early help, and the contacts that tell of them",
    Reach.SOCIAL_CARE: "children who came to social care, and the contacts that tell of them",
    Reach.OWN_ORGANISATION: "what its own organisation sent or was asked",
    None: "no case",
}


def _sides_in_words(sides: frozenset[CareService]) -> str:
    if sides == _EVERY_SIDE:
        return "every child"
    return (
        ", ".join(f"children of {side.replace('_', ' ')}" for side in sorted(sides)) or "no child"
    )


def permission_matrix() -> str:
    """The whole policy of access as Markdown: roles and their reach, then permission by role."""
    lines = ["| role | title | what for | sees | acts for |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{role}` | {duty.title} | {duty.sentence} | {_REACH_WORDS[duty.reach]} "
        f"| {_sides_in_words(duty.acts_for)} |"
        for role, duty in ((role, DUTIES[role]) for role in Role)
    ]
    titles = " | ".join(DUTIES[role].title for role in Role)
    lines += [
        "",
        f"| permission | what it allows | scope | {titles} |",
        "| --- | --- | --- |" + " :-: |" * len(Role),
    ]
    for permission in Permission:
        grant = GRANTS[permission]
        marks = " | ".join("yes" if role in grant.roles else "" for role in Role)
        lines.append(f"| `{permission}` | {grant.sentence} | `{grant.scope}` | {marks} |")
    return "\n".join(lines) + "\n"
