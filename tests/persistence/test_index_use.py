"""The questions asked all day are answered from the small indexes made for them."""

import re
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, literal_column, select

from service.domain.accountabilities import Accountability
from service.domain.assessments import Assessment, AssessmentStep
from service.domain.challenges import Challenge, ChallengeStep
from service.domain.contacts import ANONYMOUS, Adult, Child, Contact
from service.domain.daily_meetings import MeetingItem
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.emergency_acts import EmergencyAct
from service.domain.flags import Flag
from service.domain.information_requests import Chaser, InformationRequest
from service.domain.missing_episodes import MissingEpisode
from service.domain.passed_concerns import PassedConcern
from service.domain.people import Person
from service.domain.police_notifications import NotificationImport, PoliceNotification
from service.domain.possible_matches import PossibleMatch
from service.domain.pregnancies import PregnancyStep
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import EnquiryStep, Section47Enquiry
from service.domain.strategy_meetings import (
    Invitation,
    MeetingChild,
    MeetingStep,
    StrategyMeeting,
)
from service.domain.transfers import Transfer, TransferStep
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.records import table_of
from service.persistence.repositories.accountabilities import is_open
from service.persistence.repositories.missing_clocks import WITHOUT_CLOCKS
from service.persistence.repositories.unborn import UNBORN
from tests.persistence.conftest import NOW, Bench
from tests.support.years import counted, fill

(
    CONTACT,
    DEADLINE,
    FLAG,
    DECISION,
    REFERRAL,
    EPISODE,
    REQUEST,
    CHILD,
    TRANSFER,
    TRANSFER_STEP,
    CHALLENGE,
    CHALLENGE_STEP,
    ACCOUNTABILITY,
    ADULT,
    CHASER,
    MEETING,
    MEETING_CHILD,
    INVITATION,
    MEETING_STEP,
    ENQUIRY,
    ENQUIRY_STEP,
    ASSESSMENT,
    ASSESSMENT_STEP,
    PERSON,
    MISSING,
    PREGNANCY_STEP,
    NOTIFICATION,
    IMPORT,
    ITEM,
    MATCH,
    PASSED,
    ACT,
) = (
    table_of(kind)
    for kind in (
        Contact,
        Deadline,
        Flag,
        Decision,
        Referral,
        EarlyHelpEpisode,
        InformationRequest,
        Child,
        Transfer,
        TransferStep,
        Challenge,
        ChallengeStep,
        Accountability,
        Adult,
        Chaser,
        StrategyMeeting,
        MeetingChild,
        Invitation,
        MeetingStep,
        Section47Enquiry,
        EnquiryStep,
        Assessment,
        AssessmentStep,
        Person,
        MissingEpisode,
        PregnancyStep,
        PoliceNotification,
        NotificationImport,
        MeetingItem,
        PossibleMatch,
        PassedConcern,
        EmergencyAct,
    )
)
TABLES = (
    CONTACT,
    DEADLINE,
    FLAG,
    DECISION,
    REFERRAL,
    EPISODE,
    REQUEST,
    TRANSFER,
    CHALLENGE,
    MEETING,
    ENQUIRY,
    ASSESSMENT,
    PERSON,
    MISSING,
    ADULT,
    CHASER,
    IMPORT,
    ITEM,
    MATCH,
    PASSED,
    ACT,
)


QUESTIONS: dict[str, tuple[Select[Any], str]] = {
    "the sweep: passed deadlines": (
        select(DEADLINE.c.id)
        .where(
            DEADLINE.c.stopped_at.is_(None),
            DEADLINE.c.breached_at.is_(None),
            DEADLINE.c.due_at <= NOW,
        )
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
        .limit(100),
        "ix_deadline_to_breach",
    ),
    "the sweep: coming deadlines": (
        select(DEADLINE.c.id)
        .where(
            DEADLINE.c.stopped_at.is_(None),
            DEADLINE.c.warned_at.is_(None),
            DEADLINE.c.warn_at.is_not(None),
            DEADLINE.c.warn_at <= NOW,
        )
        .order_by(DEADLINE.c.warn_at, DEADLINE.c.id)
        .limit(100),
        "ix_deadline_to_warn",
    ),
    "the sweep: flags that nobody took on": (
        select(FLAG.c.id)
        .where(
            FLAG.c.cleared_at.is_(None),
            FLAG.c.acknowledged_at.is_(None),
            FLAG.c.escalate_at.is_not(None),
            FLAG.c.escalate_at <= NOW,
        )
        .order_by(FLAG.c.escalate_at, FLAG.c.id)
        .limit(100),
        "ix_flag_to_escalate",
    ),
    "open flags, soonest first": (
        select(FLAG.c.id)
        .where(FLAG.c.cleared_at.is_(None))
        .order_by(FLAG.c.due_at, FLAG.c.id)
        .limit(50),
        "ix_flag_open",
    ),
    "open contacts": (
        select(CONTACT.c.id).where(CONTACT.c.decided_at.is_(None)).limit(50),
        "ix_contact_open",
    ),
    "decided contacts whose referrer was told nothing": (
        select(CONTACT.c.id)
        .where(
            CONTACT.c.decided_at.is_not(None),
            CONTACT.c.acknowledged_at.is_(None),
            CONTACT.c.source_code != literal_column(f"'{ANONYMOUS}'"),
        )
        .limit(50),
        "ix_contact_unacknowledged",
    ),
    "open contacts of a worker": (
        select(CONTACT.c.id).where(
            CONTACT.c.decided_at.is_(None), CONTACT.c.assignee_id == new_id()
        ),
        "ix_contact_open_assignee",
    ),
    "open contacts of a rating": (
        select(CONTACT.c.id).where(CONTACT.c.decided_at.is_(None), CONTACT.c.rating == "red"),
        "ix_contact_open_narrowed",
    ),
    "the contacts whose clocks run out first": (
        select(DEADLINE.c.subject_id)
        .where(DEADLINE.c.stopped_at.is_(None), DEADLINE.c.subject_kind == "contact")
        .order_by(DEADLINE.c.due_at, DEADLINE.c.subject_id)
        .limit(50),
        "ix_deadline_soonest",
    ),
    "the referrals for which a strategy meeting is to be held": (
        select(DEADLINE.c.subject_id).where(
            DEADLINE.c.stopped_at.is_(None), DEADLINE.c.kind == "strategy_meeting"
        ),
        "ix_deadline_of_strategy_meeting",
    ),
    "the decisions returned to who drafted them": (
        select(DECISION.c.contact_id).where(
            DECISION.c.drafted_by == new_id(), DECISION.c.state == "returned"
        ),
        "ix_decision_returned",
    ),
    "open contacts with the same content": (
        select(CONTACT.c.id).where(
            CONTACT.c.decided_at.is_(None), CONTACT.c.content_digest == "digest"
        ),
        "ix_contact_open_digest",
    ),
    "contacts, newest first": (
        select(CONTACT.c.id).order_by(CONTACT.c.received_at.desc(), CONTACT.c.id.desc()).limit(50),
        "ix_contact_received",
    ),
    "contacts of a sender, newest first": (
        select(CONTACT.c.id)
        .where(CONTACT.c.sender_organisation_id == "riverbourne-police")
        .order_by(CONTACT.c.received_at.desc(), CONTACT.c.id.desc())
        .limit(50),
        "ix_contact_sender",
    ),
    "what a sender sent under a reference of its own": (
        select(CONTACT.c.id).where(
            CONTACT.c.sender_organisation_id == "riverbourne-police",
            CONTACT.c.sender_reference == "INC-1",
        ),
        "ix_contact_sender_reference",
    ),
    "decisions that wait for sign-off": (
        select(DECISION.c.id).where(
            DECISION.c.answered_at.is_(None), DECISION.c.superseded_at.is_(None)
        ),
        "ix_decision_waiting|ux_decision_waiting_child",
    ),
    "referrals that nobody holds": (
        select(REFERRAL.c.id).where(
            REFERRAL.c.allocated_at.is_(None), REFERRAL.c.closed_at.is_(None)
        ),
        "ix_referral_unallocated",
    ),
    "referrals of a worker": (
        select(REFERRAL.c.id).where(
            REFERRAL.c.worker_id == new_id(), REFERRAL.c.closed_at.is_(None)
        ),
        "ix_referral_open_worker",
    ),
    "early help episodes that nobody holds": (
        select(EPISODE.c.id).where(EPISODE.c.allocated_at.is_(None), EPISODE.c.closed_at.is_(None)),
        "ix_early_help_episode_unallocated",
    ),
    "early help episodes of a worker": (
        select(EPISODE.c.id).where(EPISODE.c.worker_id == new_id(), EPISODE.c.closed_at.is_(None)),
        "ix_early_help_episode_open_worker",
    ),
    "requests that an agency has not answered": (
        select(REQUEST.c.id)
        .where(
            REQUEST.c.answered_at.is_(None),
            REQUEST.c.withdrawn_at.is_(None),
            REQUEST.c.organisation_id == "a-school",
        )
        .order_by(REQUEST.c.asked_at, REQUEST.c.id),
        "ix_information_request_open",
    ),
    "answers after the decision that nobody has read": (
        select(REQUEST.c.id).where(REQUEST.c.unread_since.is_not(None)),
        "ix_information_request_unread",
    ),
    "the chasers of a request": (
        select(CHASER.c.id).where(CHASER.c.request_id == new_id()),
        "ix_information_request_chaser_request",
    ),
    "contacts from one address": (
        select(CONTACT.c.id)
        .where(CONTACT.c.address_key == "an address", CONTACT.c.received_at <= NOW)
        .order_by(CONTACT.c.received_at.desc())
        .limit(100),
        "ix_contact_address_key",
    ),
    "where one adult stands": (
        select(ADULT.c.id).where(ADULT.c.identity_key == "an adult"),
        "ix_contact_adult_identity_key",
    ),
    "who may be the same child, by name and year": (
        select(PERSON.c.id).where(PERSON.c.name_key.in_(["a child 2018", "a child 2019"])),
        "ix_person_name_key",
    ),
    "who may be the same child, by another of the names": (
        select(PERSON.c.id).where(PERSON.c.other_name_key.in_(["a child 2018", "a child 2019"])),
        "ix_person_other_name_key",
    ),
    "who may be the same child, by the family's name and the day": (
        select(PERSON.c.id).where(
            PERSON.c.date_of_birth.in_([date(2018, 4, 9), date(2018, 9, 4)]),
            PERSON.c.family_key.in_(["okafor"]),
        ),
        "ix_person_birth",
    ),
    "the possible matches of a contact": (
        select(MATCH.c.id).where(MATCH.c.contact_id == new_id()),
        "ix_possible_match_contact",
    ),
    "what was said of two records": (
        select(MATCH.c.id).where(MATCH.c.own_person_id == new_id()),
        "ix_possible_match_own_person",
    ),
    "what was said of two records, the other way round": (
        select(MATCH.c.id).where(MATCH.c.person_id == new_id()),
        "ix_possible_match_person",
    ),
    "possible matches that nobody has answered": (
        select(MATCH.c.id)
        .where(MATCH.c.answered_at.is_(None), MATCH.c.superseded_at.is_(None))
        .order_by(MATCH.c.found_at, MATCH.c.id)
        .limit(50),
        "ix_possible_match_open",
    ),
    "the contacts of a child": (
        select(CHILD.c.id).where(CHILD.c.person_id == new_id()),
        "ix_contact_child_person",
    ),
    "children who wait for a daily meeting": (
        select(ITEM.c.id)
        .where(ITEM.c.state == "waiting", ITEM.c.meeting_on <= date(2026, 3, 6))
        .order_by(ITEM.c.meeting_on, ITEM.c.contact_id, ITEM.c.id)
        .limit(50),
        "ix_daily_meeting_item_waiting|ux_daily_meeting_item_waiting",
    ),
    "the agenda of a daily meeting": (
        select(ITEM.c.id).where(ITEM.c.meeting_on == date(2026, 1, 5)),
        "ix_daily_meeting_item_day",
    ),
    "the item that a child waits on": (
        select(ITEM.c.id).where(ITEM.c.state == "waiting", ITEM.c.child_id == new_id()),
        "ux_daily_meeting_item_waiting|ix_daily_meeting_item_child",
    ),
    "where an item was carried over to": (
        select(ITEM.c.id).where(ITEM.c.carried_from_id.in_([new_id()])),
        "ux_daily_meeting_item_carried",
    ),
    "files of notifications that nobody has finished": (
        select(IMPORT.c.id)
        .where(IMPORT.c.finished_at.is_(None), IMPORT.c.state == "received")
        .order_by(IMPORT.c.id)
        .limit(1),
        "ix_police_notification_import_unfinished",
    ),
    "what a file of notifications brought": (
        select(NOTIFICATION.c.id).where(NOTIFICATION.c.import_id == new_id()),
        "ix_police_notification_import",
    ),
    "children of a contact": (
        select(CHILD.c.id).where(CHILD.c.contact_id == new_id()),
        "ix_contact_child_contact",
    ),
    "the step-ups under way": (
        select(TRANSFER.c.id).where(
            TRANSFER.c.direction == "step_up", TRANSFER.c.ended_at.is_(None)
        ),
        "ux_transfer_open|ix_transfer_open_referral|ix_transfer_open_early_help_episode",
    ),
    "the open transfers of a child": (
        select(TRANSFER.c.id).where(
            TRANSFER.c.person_id == new_id(), TRANSFER.c.ended_at.is_(None)
        ),
        "ux_transfer_open",
    ),
    "the strategy meetings that are owed to a child who disclosed harm": (
        select(TRANSFER.c.id).where(
            TRANSFER.c.person_id == new_id(),
            TRANSFER.c.meeting_owed_since.is_not(None),
            TRANSFER.c.meeting_settled_at.is_(None),
        ),
        "ix_transfer_owing_meeting",
    ),
    "the open transfers of a referral": (
        select(TRANSFER.c.id).where(
            TRANSFER.c.referral_id == new_id(), TRANSFER.c.ended_at.is_(None)
        ),
        "ix_transfer_open_referral",
    ),
    "the open transfers of an early help episode": (
        select(TRANSFER.c.id).where(
            TRANSFER.c.early_help_episode_id == new_id(), TRANSFER.c.ended_at.is_(None)
        ),
        "ix_transfer_open_early_help_episode",
    ),
    "transfers, newest first": (
        select(TRANSFER.c.id)
        .order_by(TRANSFER.c.requested_at.desc(), TRANSFER.c.id.desc())
        .limit(50),
        "ix_transfer_requested",
    ),
    "the history of a transfer": (
        select(TRANSFER_STEP.c.id).where(TRANSFER_STEP.c.transfer_id == new_id()),
        "ix_transfer_step_transfer",
    ),
    "the challenges under way": (
        select(CHALLENGE.c.id).where(CHALLENGE.c.ended_at.is_(None)),
        "ix_challenge_open_person|ux_challenge_open_transfer",
    ),
    "the open challenges about a child": (
        select(CHALLENGE.c.id).where(
            CHALLENGE.c.person_id == new_id(), CHALLENGE.c.ended_at.is_(None)
        ),
        "ix_challenge_open_person",
    ),
    "the challenges of a transfer": (
        select(CHALLENGE.c.id).where(CHALLENGE.c.transfer_id == new_id()),
        "ix_challenge_transfer",
    ),
    "the history of a challenge": (
        select(CHALLENGE_STEP.c.id).where(CHALLENGE_STEP.c.challenge_id == new_id()),
        "ix_challenge_step_challenge",
    ),
    "the challenges whose clock has run out": (
        select(DEADLINE.c.subject_id)
        .where(
            DEADLINE.c.stopped_at.is_(None),
            DEADLINE.c.subject_kind == "challenge",
            DEADLINE.c.due_at <= NOW,
        )
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
        .limit(100),
        "ix_deadline_of_challenge",
    ),
    "the open section 47 enquiry about a child": (
        select(ENQUIRY.c.id).where(ENQUIRY.c.person_id == new_id(), ENQUIRY.c.ended_at.is_(None)),
        "ux_section_47_enquiry_open",
    ),
    "the section 47 enquiries under way": (
        select(ENQUIRY.c.id).where(ENQUIRY.c.ended_at.is_(None)),
        "ux_section_47_enquiry_open",
    ),
    "section 47 enquiries, newest first": (
        select(ENQUIRY.c.id).order_by(ENQUIRY.c.opened_at.desc(), ENQUIRY.c.id.desc()).limit(50),
        "ix_section_47_enquiry_opened",
    ),
    "section 47 enquiries of a referral": (
        select(ENQUIRY.c.id).where(ENQUIRY.c.referral_id == new_id()),
        "ix_section_47_enquiry_referral",
    ),
    "conferences of a month": (
        select(ENQUIRY.c.id).where(
            ENQUIRY.c.conference_held_at >= NOW - timedelta(minutes=30),
            ENQUIRY.c.conference_held_at < NOW,
        ),
        "ix_section_47_enquiry_conference",
    ),
    "the history of a section 47 enquiry": (
        select(ENQUIRY_STEP.c.id).where(ENQUIRY_STEP.c.enquiry_id == new_id()),
        "ix_section_47_enquiry_step_enquiry",
    ),
    "the open assessment of a referral": (
        select(ASSESSMENT.c.id).where(
            ASSESSMENT.c.referral_id == new_id(), ASSESSMENT.c.ended_at.is_(None)
        ),
        "ux_assessment_open",
    ),
    "the assessments under way": (
        select(ASSESSMENT.c.id).where(ASSESSMENT.c.ended_at.is_(None)),
        "ux_assessment_open",
    ),
    "the assessments of a referral": (
        select(ASSESSMENT.c.id).where(ASSESSMENT.c.referral_id == new_id()),
        "ix_assessment_referral",
    ),
    "assessments, newest first": (
        select(ASSESSMENT.c.id)
        .order_by(ASSESSMENT.c.begun_at.desc(), ASSESSMENT.c.id.desc())
        .limit(50),
        "ix_assessment_begun",
    ),
    "the history of an assessment": (
        select(ASSESSMENT_STEP.c.id).where(ASSESSMENT_STEP.c.assessment_id == new_id()),
        "ix_assessment_step_assessment",
    ),
    "open referrals without a clock of their assessment": (
        WITHOUT_CLOCKS.limit(50),
        "ux_referral_open_person",
    ),
    "the contacts that were withdrawn as repetitions of one": (
        select(CONTACT.c.id).where(CONTACT.c.repeats_id == new_id()),
        "ix_contact_repeats",
    ),
    "the decisions that joined a case": (
        select(DECISION.c.id).where(DECISION.c.joined_case_id == new_id()),
        "ix_decision_joined",
    ),
    "the open referrals": (
        select(REFERRAL.c.id).where(is_open(REFERRAL)),
        "ux_referral_open_person",
    ),
    "the open early help episodes": (
        select(EPISODE.c.id).where(is_open(EPISODE)),
        "ux_early_help_episode_open_person",
    ),
    "the strategy meetings that are not finished": (
        select(MEETING.c.id).where(
            MEETING.c.minutes_circulated_at.is_(None), MEETING.c.cancelled_at.is_(None)
        ),
        "ix_strategy_meeting_unfinished",
    ),
    "strategy meetings, newest first": (
        select(MEETING.c.id).order_by(MEETING.c.called_at.desc(), MEETING.c.id.desc()).limit(50),
        "ix_strategy_meeting_called",
    ),
    "the strategy meetings about a child": (
        select(MEETING_CHILD.c.meeting_id).where(MEETING_CHILD.c.person_id == new_id()),
        "ix_strategy_meeting_child_person",
    ),
    "the strategy meetings about a referral's child": (
        select(MEETING_CHILD.c.meeting_id).where(MEETING_CHILD.c.referral_id == new_id()),
        "ix_strategy_meeting_child_referral",
    ),
    "the children of a strategy meeting": (
        select(MEETING_CHILD.c.id).where(MEETING_CHILD.c.meeting_id == new_id()),
        "ux_strategy_meeting_child",
    ),
    "the list of a strategy meeting": (
        select(INVITATION.c.id).where(INVITATION.c.meeting_id == new_id()),
        "ix_strategy_meeting_invitation_meeting",
    ),
    "the history of a strategy meeting": (
        select(MEETING_STEP.c.id).where(MEETING_STEP.c.meeting_id == new_id()),
        "ix_strategy_meeting_step_meeting",
    ),
    "the unborn children, for the tracker": (
        select(PERSON.c.id, PERSON.c.expected_delivery_on).where(*UNBORN),
        "ix_person_unborn",
    ),
    "the unborn children in social care": (
        select(REFERRAL.c.id).join(PERSON, PERSON.c.id == REFERRAL.c.open_person_id).where(*UNBORN),
        "ix_person_unborn",
    ),
    "what was learnt of an unborn child": (
        select(PREGNANCY_STEP.c.id).where(PREGNANCY_STEP.c.person_id == new_id()),
        "ix_pregnancy_step_person",
    ),
    "the episode of a child who is missing": (
        select(MISSING.c.id).where(
            MISSING.c.person_id == new_id(), MISSING.c.returned_at.is_(None)
        ),
        "ux_missing_episode_missing",
    ),
    "the missing episodes of a child on a contact": (
        select(MISSING.c.id).where(MISSING.c.child_id == new_id()),
        "ix_missing_episode_child",
    ),
    "the interviews that are owed": (
        select(MISSING.c.id).where(
            MISSING.c.state.in_(["returned", "interview_offered", "interview_accepted"])
        ),
        "ix_missing_episode_owed",
    ),
    "missing episodes, newest first": (
        select(MISSING.c.id).order_by(MISSING.c.missing_from.desc(), MISSING.c.id.desc()).limit(50),
        "ix_missing_episode_missing_from",
    ),
    "what was passed to who holds a child's case, and waits": (
        select(PASSED.c.id).where(PASSED.c.person_id == new_id(), PASSED.c.state == "waiting"),
        "ix_passed_concern_waiting|ix_passed_concern_person",
    ),
    "passed concerns, newest first": (
        select(PASSED.c.id).order_by(PASSED.c.passed_at.desc(), PASSED.c.id.desc()).limit(50),
        "ix_passed_concern_passed",
    ),
    "what was done out of hours and waits for a manager": (
        select(ACT.c.id)
        .where(ACT.c.signed_off_at.is_(None), ACT.c.settled_at.is_(None))
        .order_by(ACT.c.acted_at),
        "ix_emergency_act_unsigned|ix_emergency_act_acted",
    ),
    "what was done out of hours, newest first": (
        select(ACT.c.id).order_by(ACT.c.acted_at.desc(), ACT.c.id.desc()).limit(50),
        "ix_emergency_act_acted",
    ),
    "clocks of a contact": (
        select(DEADLINE.c.id).where(DEADLINE.c.contact_id == new_id()),
        "ix_deadline_contact|ux_deadline_running",
    ),
}


async def plan(database: Database, question: Select[Any]) -> str:
    statement = question.compile(
        dialect=database.engine.dialect, compile_kwargs={"literal_binds": True}
    )
    word = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    async with database.reading() as connection:
        rows = (await connection.exec_driver_sql(f"{word} {statement}")).all()
    return "\n".join(" ".join(map(str, row)) for row in rows)


# Release 0.3.0 looks people up by it, and may live beside this one on the same database.
FOR_THE_RELEASE_BEFORE = {"ix_person_identity_key"}


async def test_each_question_is_answered_from_its_index(bench: Bench) -> None:
    await fill(bench.database, bench.policy, range(3000), open_every=100)
    await counted(bench.database)
    wrong = []
    for name, (question, index) in QUESTIONS.items():
        found = await plan(bench.database, question)
        if not re.search(rf"\b({index})\b", found):
            wrong.append(f"{name}: wanted {index}\n{found}")
    assert not wrong, "\n\n".join(wrong)
    unasked = {
        index.name
        for table in TABLES
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is not None and not index.unique
    } - set("|".join(index for _, index in QUESTIONS.values()).split("|"))
    assert unasked == FOR_THE_RELEASE_BEFORE, (
        "a partial index that no question here is answered from"
    )


async def test_a_question_without_an_index_would_be_seen(bench: Bench) -> None:
    found = await plan(bench.database, select(CONTACT.c.id).where(CONTACT.c.town == "x"))
    assert re.search(r"SCAN contact|Seq Scan", found), found
    assert "ix_contact_open" not in found
