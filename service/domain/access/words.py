"""The words of access: roles, scopes, permissions, and how far somebody sees."""

from dataclasses import dataclass
from enum import StrEnum

from service.domain.accountabilities import CareService


class Role(StrEnum):
    """What a person (or a partner's system) is at the front door. Given by the issuer's claims."""

    mash_worker = "mash_worker"
    mash_manager = "mash_manager"
    emergency_duty_worker = "emergency_duty_worker"
    early_help_spoc_manager = "early_help_spoc_manager"
    early_help_worker = "early_help_worker"
    assessment_team_manager = "assessment_team_manager"
    assessment_team_worker = "assessment_team_worker"
    partner_system = "partner_system"
    head_of_service = "head_of_service"
    director = "director"
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
    end_contact = "end_contact"
    match_child = "match_child"
    triage_contact = "triage_contact"
    rate_danger_down = "rate_danger_down"
    assign_contact = "assign_contact"
    acknowledge_referrer = "acknowledge_referrer"
    ask_agency = "ask_agency"
    answer_information_request = "answer_information_request"
    read_information_requests = "read_information_requests"
    decide = "decide"
    sign_off = "sign_off"
    act_out_of_hours = "act_out_of_hours"
    read_emergency_acts = "read_emergency_acts"
    sign_off_emergency_act = "sign_off_emergency_act"
    read_whole = "read_whole"
    withdraw_decision = "withdraw_decision"
    read_decisions = "read_decisions"
    read_referrals = "read_referrals"
    allocate_referral = "allocate_referral"
    close_referral = "close_referral"
    read_early_help_episodes = "read_early_help_episodes"
    allocate_early_help_episode = "allocate_early_help_episode"
    close_early_help_episode = "close_early_help_episode"
    record_early_help_agreement = "record_early_help_agreement"
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
    record_strategy_discussion = "record_strategy_discussion"
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
    propose_no_conference = "propose_no_conference"
    sign_off_no_conference = "sign_off_no_conference"
    read_assessments = "read_assessments"
    assess = "assess"
    authorise_assessment = "authorise_assessment"
    submit_police_notification = "submit_police_notification"
    withdraw_police_notification = "withdraw_police_notification"
    read_police_updates = "read_police_updates"
    read_police_imports = "read_police_imports"
    read_daily_meetings = "read_daily_meetings"
    carry_over_item = "carry_over_item"
    tell_schools = "tell_schools"
    record_without_discussion = "record_without_discussion"
    conclude_daily_meeting = "conclude_daily_meeting"
    read_missing_episodes = "read_missing_episodes"
    record_missing_episode = "record_missing_episode"
    record_return_interview = "record_return_interview"
    read_passed_concerns = "read_passed_concerns"
    answer_passed_concern = "answer_passed_concern"
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
