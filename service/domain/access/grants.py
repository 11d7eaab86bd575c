"""The one table of permissions: a scope and the roles for each thing that can be done."""

from collections.abc import Mapping
from types import MappingProxyType

from service.domain.access.beside_cases import BESIDE_CASES
from service.domain.access.circles import (
    ABOVE,
    ASSESSMENT,
    CASE_READERS,
    CASEWORK,
    EARLY_HELP,
    MANAGERS,
    MASH,
    OVER_THE_DESK,
    PROTECTION_MANAGERS,
    PROTECTION_READERS,
    grant,
)
from service.domain.access.words import Grant, Permission, Role, Scope

GRANTS: Mapping[Permission, Grant] = MappingProxyType(
    {
        Permission.log_contact: grant(
            Scope.contacts_write, MASH, "Log a contact that reached the front door."
        ),
        Permission.read_contacts: grant(
            Scope.contacts_read, CASE_READERS, "Read contacts, as far as one's reach goes."
        ),
        Permission.amend_contact: grant(
            Scope.contacts_write, MASH, "Amend a contact before it is decided, with a reason."
        ),
        Permission.withdraw_contact: grant(
            Scope.contacts_write,
            MASH,
            "Withdraw or attach a contact that another one keeps, and put any back on the desk.",
        ),
        Permission.turn_contact_away: grant(
            Scope.contacts_write,
            (Role.mash_manager,),
            "Withdraw a contact that is another authority's or an error, logged by somebody else.",
        ),
        Permission.end_contact: grant(
            Scope.contacts_write, MASH, "End a contact that is no concern; say of which kind."
        ),
        Permission.match_child: grant(
            Scope.contacts_write,
            MASH,
            "Say whether a child of a contact is the one on file, and take a link back.",
        ),
        Permission.triage_contact: grant(
            Scope.contacts_write, MASH, "Rate a contact red, amber or green."
        ),
        Permission.rate_danger_down: grant(
            Scope.contacts_write,
            (Role.mash_manager,),
            "Rate a contact of which danger was told amber or green, saying why.",
        ),
        Permission.assign_contact: grant(
            Scope.contacts_write, MASH, "Take a contact, give it to a colleague or hand it back."
        ),
        Permission.acknowledge_referrer: grant(
            Scope.contacts_write, MASH, "Record that the referrer was told of the receipt."
        ),
        Permission.ask_agency: grant(
            Scope.contacts_write, MASH, "Ask an agency what it knows, for a stated purpose."
        ),
        Permission.answer_information_request: grant(
            Scope.information_answer,
            (*MASH, Role.partner_system),
            "Answer an information request; a partner, only one put to its own organisation.",
        ),
        Permission.read_information_requests: grant(
            Scope.information_read,
            (
                *MASH,
                Role.early_help_spoc_manager,
                *ABOVE,
                Role.qa_auditor,
                Role.partner_system,
            ),
            "Read information requests; a partner, only those put to its own organisation.",
        ),
        Permission.decide: grant(
            Scope.decisions_write, MASH, "Draft the threshold decision for one child."
        ),
        Permission.sign_off: grant(
            Scope.decisions_sign,
            (Role.mash_manager,),
            "Agree another person's decision, or send it back with words.",
        ),
        Permission.act_out_of_hours: grant(
            Scope.decisions_sign, (Role.emergency_duty_worker,), "Act at once, alone, out of hours."
        ),
        Permission.read_emergency_acts: grant(
            Scope.decisions_read, CASE_READERS, "List and read what was done alone out of hours."
        ),
        Permission.sign_off_emergency_act: grant(
            Scope.decisions_sign, OVER_THE_DESK, "Sign off, or send back, what was done alone."
        ),
        Permission.read_whole: grant(
            Scope.decisions_sign,
            OVER_THE_DESK,
            "Record having read the whole of what is on file of a child told of again and again.",
        ),
        Permission.withdraw_decision: grant(
            Scope.decisions_write,
            MASH,
            "Withdraw a draft that waits for sign-off: one's own; a manager, anybody's.",
        ),
        Permission.read_decisions: grant(
            Scope.decisions_read,
            CASE_READERS,
            "Read decisions and their earlier versions, as far as one's reach goes.",
        ),
        Permission.read_referrals: grant(
            Scope.cases_read, CASE_READERS, "List and read referrals, as far as one's reach goes."
        ),
        Permission.allocate_referral: grant(
            Scope.cases_write,
            (Role.assessment_team_manager,),
            "Allocate a referral to a worker of the assessment team.",
        ),
        Permission.close_referral: grant(
            Scope.cases_write, (Role.assessment_team_manager,), "Close a referral with a code."
        ),
        Permission.read_early_help_episodes: grant(
            Scope.cases_read,
            CASE_READERS,
            "List and read early help episodes, as far as one's reach goes.",
        ),
        Permission.allocate_early_help_episode: grant(
            Scope.cases_write,
            (Role.early_help_spoc_manager,),
            "Allocate an early help episode to a worker.",
        ),
        Permission.record_early_help_agreement: grant(
            Scope.cases_write, EARLY_HELP, "Record whether the family agrees to early help."
        ),
        Permission.close_early_help_episode: grant(
            Scope.cases_write,
            (Role.early_help_spoc_manager,),
            "Close an early help episode with a coded reason.",
        ),
        Permission.read_accountability: grant(
            Scope.cases_read,
            (*MANAGERS, Role.director, Role.qa_auditor),
            "See for every open child the one accountable team, and the worker.",
        ),
        Permission.read_transfers: grant(
            Scope.transfers_read,
            CASE_READERS,
            "List and read step-ups and step-downs with their history.",
        ),
        Permission.export_transfers: grant(
            Scope.transfers_read,
            (*MANAGERS, Role.qa_auditor),
            "Take a list of step-ups and step-downs out as CSV: no names.",
        ),
        Permission.request_step_up: grant(
            Scope.transfers_write, EARLY_HELP, "Ask for a step-up of an early help case."
        ),
        Permission.open_step_up: grant(
            Scope.transfers_write, MASH, "Open a step-up: seen, and not yet answered."
        ),
        Permission.answer_step_up: grant(
            Scope.transfers_write, (Role.mash_manager,), "Accept or refuse a step-up."
        ),
        Permission.agree_to_refused_step_up: grant(
            Scope.transfers_write,
            (Role.early_help_spoc_manager,),
            "Agree to the refusal of a step-up, or challenge it.",
        ),
        Permission.ask_for_early_help_case: grant(
            Scope.transfers_write,
            (Role.mash_manager,),
            "Ask early help for a case; agree to its refusal, or challenge it.",
        ),
        Permission.give_up_early_help_case: grant(
            Scope.transfers_write,
            (Role.early_help_spoc_manager,),
            "Open, accept or refuse social care's asking for an early help case.",
        ),
        Permission.request_step_down: grant(
            Scope.transfers_write, ASSESSMENT, "Ask for a step-down of a referral, with a plan."
        ),
        Permission.answer_step_down: grant(
            Scope.transfers_write, (Role.early_help_spoc_manager,), "Open or answer a step-down."
        ),
        Permission.agree_to_refused_step_down: grant(
            Scope.transfers_write,
            (Role.assessment_team_manager,),
            "Agree to the refusal of a step-down, or challenge it.",
        ),
        Permission.ask_for_referral: grant(
            Scope.transfers_write,
            (Role.early_help_spoc_manager,),
            "Ask social care for a case; agree to its refusal, or challenge it.",
        ),
        Permission.give_up_referral: grant(
            Scope.transfers_write,
            (Role.assessment_team_manager,),
            "Open, accept or refuse early help's asking for a referral.",
        ),
        Permission.record_family_agreement: grant(
            Scope.transfers_write,
            (*EARLY_HELP, *ASSESSMENT),
            "Record whether the family agrees to a step-down.",
        ),
        Permission.record_first_visit: grant(
            Scope.transfers_write, EARLY_HELP, "Record early help's first visit in a step-down."
        ),
        Permission.complete_step_down: grant(
            Scope.transfers_write,
            (Role.assessment_team_manager,),
            "Complete a step-down, which closes the referral; decide on one that came back.",
        ),
        Permission.record_strategy_discussion: grant(
            Scope.transfers_write, (Role.mash_manager,), "Record what disclosed harm owes a child."
        ),
        Permission.read_challenges: grant(
            Scope.challenges_read, CASE_READERS, "List and read challenges with every answer."
        ),
        Permission.challenge_decision: grant(
            Scope.challenges_write, (*EARLY_HELP, *ASSESSMENT), "Challenge a signed decision."
        ),
        Permission.pursue_challenge: grant(
            Scope.challenges_write,
            (Role.mash_manager, *EARLY_HELP, *ASSESSMENT),
            "Escalate a challenge of one's own side, accept its answer, or withdraw it.",
        ),
        Permission.answer_challenge: grant(
            Scope.challenges_write,
            MANAGERS,
            "Answer a challenge at the stage that is put to one's role.",
        ),
        Permission.chase_agency: grant(
            Scope.contacts_write, MASH, "Chase an agency that has not answered."
        ),
        Permission.withdraw_information_request: grant(
            Scope.contacts_write, MASH, "Withdraw an information request, with the reason."
        ),
        Permission.read_late_answer: grant(
            Scope.contacts_write,
            MASH,
            "Record that an answer after the decision was read, and what follows from it.",
        ),
        Permission.read_strategy_meetings: grant(
            Scope.strategy_meetings_read,
            PROTECTION_READERS,
            "List and read strategy meetings, their invitations, conclusions and minutes.",
        ),
        Permission.call_strategy_meeting: grant(
            Scope.strategy_meetings_write,
            PROTECTION_MANAGERS,
            "Call a strategy meeting, move it to another time, or cancel it with the reason.",
        ),
        Permission.invite_to_strategy_meeting: grant(
            Scope.strategy_meetings_write,
            (*MASH, *ASSESSMENT),
            "Invite agencies to a strategy meeting, and say why one is not invited.",
        ),
        Permission.record_strategy_meeting: grant(
            Scope.strategy_meetings_write,
            (*MASH, *ASSESSMENT),
            "Record who came to a strategy meeting and who sent what.",
        ),
        Permission.conclude_strategy_meeting: grant(
            Scope.strategy_meetings_write,
            PROTECTION_MANAGERS,
            "Conclude a strategy meeting: section 47, medical examination, actions, the child.",
        ),
        Permission.circulate_strategy_minutes: grant(
            Scope.strategy_meetings_write,
            (*MASH, *ASSESSMENT),
            "Record that the minutes of a strategy meeting were circulated.",
        ),
        Permission.read_section_47_enquiries: grant(
            Scope.section_47_enquiries_read,
            PROTECTION_READERS,
            "List and read section 47 enquiries and their conferences.",
        ),
        Permission.record_child_seen: grant(
            Scope.section_47_enquiries_write,
            ASSESSMENT,
            "Record whether the child was seen and spoken to alone, and when.",
        ),
        Permission.conclude_section_47_enquiry: grant(
            Scope.section_47_enquiries_write,
            (Role.assessment_team_manager,),
            "Record the outcome of a section 47 enquiry.",
        ),
        Permission.record_conference: grant(
            Scope.section_47_enquiries_write,
            ASSESSMENT,
            "Record the initial child protection conference and what it decided.",
        ),
        Permission.propose_no_conference: grant(
            Scope.section_47_enquiries_write,
            ASSESSMENT,
            "Propose that no child protection conference is needed, with the coded reason.",
        ),
        Permission.sign_off_no_conference: grant(
            Scope.section_47_enquiries_write,
            (Role.assessment_team_manager, Role.head_of_service),
            "Agree another person's proposal that no conference is needed, or return it.",
        ),
        Permission.read_assessments: grant(
            Scope.assessments_read, PROTECTION_READERS, "List and read single assessments."
        ),
        Permission.assess: grant(
            Scope.assessments_write, ASSESSMENT, "Begin a single assessment, and complete it."
        ),
        Permission.authorise_assessment: grant(
            Scope.assessments_write,
            (Role.assessment_team_manager,),
            "Authorise another person's assessment in own words, or send it back.",
        ),
        Permission.submit_police_notification: grant(
            Scope.police_notifications_submit,
            (*MASH, Role.partner_system),
            "Send police notifications, singly or as a file; a partner, only if it is the police.",
        ),
        Permission.withdraw_police_notification: grant(
            Scope.police_notifications_submit,
            (Role.mash_manager, Role.partner_system),
            "Take back a police notification that was sent in error; a partner, its own.",
        ),
        Permission.read_police_updates: grant(
            Scope.contacts_write,
            MASH,
            "Record that what the police sent later was read, and what follows from it.",
        ),
        Permission.read_police_imports: grant(
            Scope.police_notifications_submit,
            (*MASH, Role.partner_system),
            "Follow a file of police notifications: its progress, and its faults by row.",
        ),
        Permission.read_daily_meetings: grant(
            Scope.daily_meetings_read,
            (*MASH, Role.early_help_spoc_manager, *ABOVE, Role.qa_auditor),
            "Read the agenda of a daily meeting, and what came of each item.",
        ),
        Permission.carry_over_item: grant(
            Scope.daily_meetings_write,
            MASH,
            "Carry an item over to the next daily meeting, with the reason.",
        ),
        Permission.tell_schools: grant(
            Scope.contacts_write,
            MASH,
            "Record which schools were told of a domestic abuse incident, or why not.",
        ),
        Permission.record_without_discussion: grant(
            Scope.daily_meetings_write,
            (Role.mash_manager,),
            "Record notifications that the policy lets pass without a discussion, as read.",
        ),
        Permission.conclude_daily_meeting: grant(
            Scope.daily_meetings_write,
            (Role.mash_manager,),
            "Conclude a daily meeting at which every item was decided or carried over.",
        ),
        Permission.read_missing_episodes: grant(
            Scope.missing_episodes_read,
            CASE_READERS,
            "List and read missing episodes, as far as one's reach goes.",
        ),
        Permission.record_missing_episode: grant(
            Scope.missing_episodes_write,
            (*MASH, *ASSESSMENT),
            "Record that a child is missing, and that a child has returned.",
        ),
        Permission.record_return_interview: grant(
            Scope.missing_episodes_write,
            CASEWORK,
            "Record that a return home interview was offered, accepted, declined or held.",
        ),
        Permission.read_passed_concerns: grant(
            Scope.cases_read, CASE_READERS, "List and read what was passed to case holders."
        ),
        Permission.answer_passed_concern: grant(
            Scope.cases_write,
            (*EARLY_HELP, *ASSESSMENT),
            "Say what one does about such a concern.",
        ),
        Permission.record_birth: grant(
            Scope.cases_write,
            (*MASH, *EARLY_HELP, *ASSESSMENT),
            "Record a birth, another expected date of delivery, or the end of a pregnancy.",
        ),
        Permission.read_queue_strategy: grant(
            Scope.strategy_meetings_read,
            (*MASH, *ASSESSMENT, Role.head_of_service),
            "Work from the children who may be at risk: meetings, enquiries, conferences.",
        ),
        Permission.read_pregnancy: grant(
            Scope.cases_read,
            CASE_READERS,
            "Read of an unborn child: weeks, alerts and history, as far as one's reach goes.",
        ),
        Permission.read_queue_pre_birth: grant(
            Scope.cases_read,
            (*CASEWORK, Role.head_of_service),
            "Work from the unborn children who are open, by week of pregnancy.",
        ),
        Permission.read_queue_contacts: grant(
            Scope.contacts_read,
            (*MASH, Role.early_help_spoc_manager),
            "Work from the desk: open contacts, soonest deadline first.",
        ),
        Permission.read_queue_sign_off: grant(
            Scope.decisions_read, (Role.mash_manager,), "Work from the decisions awaiting sign-off."
        ),
        Permission.read_queue_allocation: grant(
            Scope.cases_read,
            (Role.assessment_team_manager, Role.early_help_spoc_manager),
            "Work from the cases that nobody holds yet.",
        ),
        Permission.read_queue_information_requests: grant(
            Scope.information_read, MASH, "Work from the information requests not yet answered."
        ),
        Permission.read_queue_step_up: grant(
            Scope.transfers_read,
            (*MASH, Role.early_help_spoc_manager, Role.head_of_service),
            "Work from the step-ups under way.",
        ),
        Permission.read_queue_step_down: grant(
            Scope.transfers_read, MANAGERS, "Work from the step-downs under way."
        ),
        Permission.read_queue_challenges: grant(
            Scope.challenges_read, MANAGERS, "Work from the challenges that are not settled."
        ),
        Permission.read_queue_mine: grant(
            Scope.contacts_read, CASEWORK, "Work from what one holds oneself."
        ),
        Permission.read_flags: grant(
            Scope.flags_read, CASE_READERS, "See breaches and warnings, and why each is raised."
        ),
        Permission.acknowledge_flag: grant(
            Scope.flags_write, (*CASEWORK, *ABOVE), "Acknowledge a flag and say what one will do."
        ),
        **BESIDE_CASES,
    }
)
