"""What should be impossible, counted: each line is a promise of the record, turned round."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, or_, select

from service.domain.accountabilities import Accountability
from service.domain.challenges import Challenge
from service.domain.contact_kinds import DECIDED_KINDS, KIND_CLOCKS
from service.domain.contacts import Child, ChildState, Contact
from service.domain.daily_meetings import (
    MEETING_CLOCK,
    DailyMeeting,
    DailyMeetingState,
    ItemState,
    MeetingItem,
)
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.emergency_acts import EmergencyAct
from service.domain.missing_episodes import RETURN_CLOCK, MissingEpisode, MissingState
from service.domain.passed_concerns import PassedConcern, PassedConcernState
from service.domain.people import Person
from service.domain.police_notifications import PoliceNotification
from service.domain.possible_matches import PossibleMatch
from service.domain.pregnancies import ALL_CLOCKS
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    CONFERENCE_CLOCK,
    EnquiryOutcome,
    Section47Enquiry,
)
from service.domain.transfers import STRATEGY_CLOCK, Direction, Transfer, TransferState
from service.persistence.asking import Asking
from service.persistence.records import table_of
from service.persistence.repositories.accountabilities import is_open
from service.persistence.repositories.events import EVENT, PLACE, SEALING
from service.persistence.repositories.unborn import UNBORN

CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
DEADLINE = table_of(Deadline)
ACCOUNTABILITY = table_of(Accountability)
TRANSFER = table_of(Transfer)
CHALLENGE = table_of(Challenge)
PERSON = table_of(Person)
REFERRAL = table_of(Referral)
MISSING = table_of(MissingEpisode)
ENQUIRY = table_of(Section47Enquiry)
CASES = {"referral": table_of(Referral), "early_help_episode": table_of(EarlyHelpEpisode)}
MEETING = table_of(DailyMeeting)
MEETING_ITEM = table_of(MeetingItem)
NOTIFICATION = table_of(PoliceNotification)
MATCH = table_of(PossibleMatch)
PASSED = table_of(PassedConcern)
ACT = table_of(EmergencyAct)


async def count(
    ask: Asking, *, clocks_until_decided: Sequence[str], teams: Collection[str]
) -> dict[str, int]:
    """How many there are of each thing that should be impossible; kinds with none are left out.

    `clocks_until_decided` are the kinds that stop when a contact is decided, `teams` those that
    the policy knows.
    """
    found: dict[str, int] = {}
    for name, statement in _questions(clocks_until_decided, teams).items():
        row = await ask.first(statement)
        if row is not None and row[0]:
            found[name] = int(row[0])
    return found


def _questions(
    clocks_until_decided: Sequence[str], teams: Collection[str]
) -> Mapping[str, Select[int]]:
    questions: dict[str, Select[int]] = {}
    for name, case in CASES.items():
        signed: ColumnElement[bool] = exists().where(
            DECISION.c.id == case.c.decision_id,
            DECISION.c.state.in_([DecisionState.signed, DecisionState.superseded]),
        )
        questions[f"{name}_without_a_signed_decision"] = (
            select(func.count()).select_from(case).where(~signed)
        )
        questions[f"open_{name}_with_an_unknown_team"] = (
            select(func.count())
            .select_from(case)
            .where(is_open(case), case.c.team_id.not_in(teams))
        )
    decided: ColumnElement[bool] = exists().where(
        CONTACT.c.id == CHILD.c.contact_id,
        CONTACT.c.decided_at.is_not(None),
        CONTACT.c.withdrawn_at.is_(None),
        CONTACT.c.ended_as.is_(None),
    )
    questions["undecided_child_on_a_decided_contact"] = (
        select(func.count()).select_from(CHILD).where(CHILD.c.state != ChildState.decided, decided)
    )
    questions["clock_running_on_a_decided_contact"] = _running_on_contacts(
        clocks_until_decided, CONTACT.c.decided_at.is_not(None)
    )
    questions["open_contact_with_an_unknown_team"] = (
        select(func.count())
        .select_from(CONTACT)
        .where(CONTACT.c.decided_at.is_(None), CONTACT.c.team_id.not_in(teams))
    )
    return {
        **questions,
        "settled_event_without_a_position": _unseen(),
        **_of_accountability(),
        **_of_transfers(teams),
        **_of_clocks(),
        **_of_kinds(),
        **_of_concerns(),
        **_of_acts_alone(),
        **_of_risk(),
        **_of_enquiries(),
        **_of_daily_meetings(),
    }


def _running_on_contacts(kinds: Collection[str], which: ColumnElement[bool]) -> Select[int]:
    """How many clocks of these kinds run on contacts themselves that are so."""
    return (
        select(func.count())
        .select_from(DEADLINE)
        .join(CONTACT, CONTACT.c.id == DEADLINE.c.contact_id)
        .where(
            DEADLINE.c.stopped_at.is_(None),
            DEADLINE.c.subject_id == DEADLINE.c.contact_id,
            DEADLINE.c.kind.in_(kinds),
            which,
        )
    )


def _of_kinds() -> dict[str, Select[int]]:
    """What is no concern ends with its clocks, and no child on it is decided (rule 29)."""
    questions: dict[str, Select[int]] = {}
    questions["clock_running_on_an_ended_contact"] = _running_on_contacts(
        KIND_CLOCKS, CONTACT.c.ended_as.is_not(None)
    )
    questions["decision_on_a_contact_that_is_not_decided"] = (
        select(func.count())
        .select_from(DECISION)
        .join(CONTACT, CONTACT.c.id == DECISION.c.contact_id)
        .where(
            CONTACT.c.kind.not_in(DECIDED_KINDS),
            DECISION.c.state.in_([DecisionState.awaiting_sign_off, DecisionState.signed]),
        )
    )
    return questions


def _of_accountability() -> dict[str, Select[int]]:
    """For every open child exactly one case answers (rule 9); the database refuses all of these."""
    questions: dict[str, Select[int]] = {}
    answering: FromClause = ACCOUNTABILITY
    for name, case in CASES.items():
        questions[f"open_{name}_without_accountability"] = (
            select(func.count())
            .select_from(case)
            .where(
                is_open(case),
                ~exists().where(ACCOUNTABILITY.c.person_id == case.c.open_person_id),
            )
        )
        # Joined, and not asked row by row: what is open is few, what has closed is very many.
        answering = answering.outerjoin(
            case,
            and_(
                case.c.id == ACCOUNTABILITY.c[f"{name}_id"],
                case.c.open_person_id == ACCOUNTABILITY.c.person_id,
            ),
        )
    questions["accountability_without_an_open_case_of_the_child"] = (
        select(func.count())
        .select_from(answering)
        .where(*(case.c.id.is_(None) for case in CASES.values()))
    )
    twice = (
        select(ACCOUNTABILITY.c.person_id)
        .group_by(ACCOUNTABILITY.c.person_id)
        .having(
            func.count(ACCOUNTABILITY.c.referral_id)
            + func.count(ACCOUNTABILITY.c.early_help_episode_id)
            > 1
        )
        .subquery()
    )
    questions["child_with_two_accountable_cases"] = select(func.count()).select_from(twice)
    questions["two_open_cases_of_who_may_be_one_child"] = _open_twice()
    return questions


def _open_twice() -> Select[int]:
    """Two children of one name and birth, both open, of whom nobody has said that they are two.

    The database holds one case for a record (rule 9); that two records are one child, people say.
    """
    one, other = PERSON.alias("one"), PERSON.alias("other")
    open_one, open_other = ACCOUNTABILITY.alias("open_one"), ACCOUNTABILITY.alias("open_other")
    said = exists().where(
        MATCH.c.answered_at.is_not(None),
        MATCH.c.superseded_at.is_(None),
        or_(
            (MATCH.c.own_person_id == one.c.id) & (MATCH.c.person_id == other.c.id),
            (MATCH.c.own_person_id == other.c.id) & (MATCH.c.person_id == one.c.id),
        ),
    )
    return (
        select(func.count())
        .select_from(open_one)
        .join(one, one.c.id == open_one.c.person_id)
        .join(
            other,
            and_(
                other.c.date_of_birth == one.c.date_of_birth,
                other.c.given_key == one.c.given_key,
                other.c.family_key == one.c.family_key,
                other.c.id > one.c.id,
            ),
        )
        .join(open_other, open_other.c.person_id == other.c.id)
        .where(~said)
    )


def _of_transfers(teams: Collection[str]) -> dict[str, Select[int]]:
    """Of the open transfers: between two sides, of the case that answers, and of no closed one."""
    own = TRANSFER.c
    accepted = own.state == TransferState.accepted
    up, down = (own.direction == one for one in (Direction.step_up, Direction.step_down))
    no_sender = or_(up & own.early_help_episode_id.is_(None), down & own.referral_id.is_(None))
    no_receiver = or_(
        own.receiver_team_id.not_in(teams),
        accepted & or_(own.early_help_episode_id.is_(None), own.referral_id.is_(None)),
    )
    # Early help's case answers while a step-up waits, and after a step-down was accepted.
    with_early_help = or_(up, accepted)
    answering = or_(
        with_early_help & (ACCOUNTABILITY.c.early_help_episode_id == own.early_help_episode_id),
        ~with_early_help & (ACCOUNTABILITY.c.referral_id == own.referral_id),
    )
    of_the_child = exists().where(ACCOUNTABILITY.c.person_id == own.person_id, answering)
    wrong = {
        "open_transfer_without_a_sender": no_sender,
        "open_transfer_without_a_receiver": no_receiver,
        "open_transfer_of_a_case_that_does_not_answer": ~of_the_child,
    }
    questions = {
        name: select(func.count()).select_from(TRANSFER).where(own.ended_at.is_(None), condition)
        for name, condition in wrong.items()
    }
    between: FromClause = TRANSFER
    for name, case in CASES.items():
        between = between.outerjoin(case, case.c.id == own[f"{name}_id"])
    questions["closed_case_with_an_open_transfer"] = (
        select(func.count())
        .select_from(between)
        .where(own.ended_at.is_(None), or_(*(c.c.closed_at.is_not(None) for c in CASES.values())))
    )
    questions["ended_transfer_with_an_open_challenge"] = (
        select(func.count())
        .select_from(CHALLENGE)
        .join(TRANSFER, own.id == CHALLENGE.c.transfer_id)
        .where(CHALLENGE.c.ended_at.is_(None), own.ended_at.is_not(None))
    )
    return questions


def _of_clocks() -> dict[str, Select[int]]:
    """A clock runs on every transfer and every challenge that is open, and on no other."""
    questions: dict[str, Select[int]] = {}
    for name, table in (("transfer", TRANSFER), ("challenge", CHALLENGE)):
        running = exists().where(
            DEADLINE.c.contact_id == table.c.contact_id,
            DEADLINE.c.subject_id == table.c.id,
            DEADLINE.c.stopped_at.is_(None),
        )
        questions[f"open_{name}_with_no_running_clock"] = (
            select(func.count()).select_from(table).where(table.c.ended_at.is_(None), ~running)
        )
        questions[f"clock_running_on_an_ended_{name}"] = (
            select(func.count())
            .select_from(DEADLINE)
            .join(table, table.c.id == DEADLINE.c.subject_id)
            .where(
                DEADLINE.c.stopped_at.is_(None),
                table.c.ended_at.is_not(None),
                # The meeting that disclosed harm owes outlives the step-up.
                DEADLINE.c.kind != STRATEGY_CLOCK,
            )
        )
    owes = exists().where(
        DEADLINE.c.contact_id == TRANSFER.c.contact_id,
        DEADLINE.c.subject_id == TRANSFER.c.id,
        DEADLINE.c.kind == STRATEGY_CLOCK,
        DEADLINE.c.stopped_at.is_(None),
    )
    owed = TRANSFER.c.meeting_owed_since.is_not(None) & TRANSFER.c.meeting_settled_at.is_(None)
    questions["meeting_owed_without_its_clock"] = (
        select(func.count()).select_from(TRANSFER).where(owed != owes)
    )
    return questions


def _of_concerns() -> dict[str, Select[int]]:
    """A new concern waits on a clock, and for who holds the case that answers for the child."""
    waiting = PASSED.c.state == PassedConcernState.waiting
    running = exists().where(
        DEADLINE.c.contact_id == PASSED.c.contact_id,
        DEADLINE.c.subject_id == PASSED.c.id,
        DEADLINE.c.stopped_at.is_(None),
    )
    answering = exists().where(
        ACCOUNTABILITY.c.person_id == PASSED.c.person_id,
        or_(
            ACCOUNTABILITY.c.referral_id == PASSED.c.referral_id,
            ACCOUNTABILITY.c.early_help_episode_id == PASSED.c.early_help_episode_id,
        ),
    )
    wrong = {
        "passed_concern_waiting_with_no_running_clock": ~running,
        "passed_concern_waiting_for_nobody": ~answering,
    }
    return {
        name: select(func.count()).select_from(PASSED).where(waiting, condition)
        for name, condition in wrong.items()
    }


def _of_acts_alone() -> dict[str, Select[int]]:
    """Nobody signs their own decision; what has effect out of hours waits for a manager."""
    running = exists().where(
        DEADLINE.c.contact_id == ACT.c.contact_id,
        DEADLINE.c.subject_id == ACT.c.id,
        DEADLINE.c.stopped_at.is_(None),
    )
    waiting = and_(ACT.c.signed_off_at.is_(None), ACT.c.settled_at.is_(None))
    alone = and_(
        DECISION.c.state.in_([DecisionState.signed, DecisionState.superseded]),
        DECISION.c.answered_by == DECISION.c.drafted_by,
        DECISION.c.emergency_act_id.is_(None),
        # What the policy lets pass is recorded by a manager alone, over a list that they saw.
        DECISION.c.recorded_under.is_(None),
    )
    return {
        "emergency_act_unsigned_with_no_running_clock": (
            select(func.count()).select_from(ACT).where(waiting, ~running)
        ),
        "emergency_act_signed_off_by_who_did_it": (
            select(func.count()).select_from(ACT).where(ACT.c.signed_off_by == ACT.c.acted_by)
        ),
        "decision_signed_by_who_drafted_it": (
            select(func.count()).select_from(DECISION).where(alone)
        ),
    }


def _unseen() -> Select[int]:
    """Events that readers of events would never be given: nobody looks for them any more."""
    placed = exists().where(PLACE.c.sequence == EVENT.c.sequence)
    settled = select(SEALING.c.settled).scalar_subquery()
    return select(func.count()).select_from(EVENT).where(EVENT.c.sequence <= settled, ~placed)


def _of_risk() -> dict[str, Select[int]]:
    """The clocks of unborn children in social care, and of interviews owed to who came back."""
    pre_birth_clock = exists().where(
        DEADLINE.c.contact_id == REFERRAL.c.contact_id,
        DEADLINE.c.subject_id == REFERRAL.c.id,
        DEADLINE.c.kind.in_(ALL_CLOCKS),
    )
    owed = MISSING.c.state.in_(
        [MissingState.returned, MissingState.interview_offered, MissingState.interview_accepted]
    )
    running = exists().where(
        DEADLINE.c.contact_id == MISSING.c.contact_id,
        DEADLINE.c.subject_id == MISSING.c.id,
        DEADLINE.c.kind == RETURN_CLOCK,
        DEADLINE.c.stopped_at.is_(None),
    )
    return {
        "unborn_child_in_social_care_without_a_pre_birth_clock": (
            select(func.count())
            .select_from(PERSON)
            .join(REFERRAL, REFERRAL.c.open_person_id == PERSON.c.id)
            .where(*UNBORN, ~pre_birth_clock)
        ),
        "return_interview_owed_without_a_running_clock": (
            select(func.count()).select_from(MISSING).where(owed, ~running)
        ),
    }


def _of_enquiries() -> dict[str, Select[int]]:
    """What section 47 enquiries owe: a conference, from the meeting that initiated them."""
    unsigned = or_(
        ENQUIRY.c.no_conference_agreed_by.is_(None),
        ENQUIRY.c.no_conference_agreed_by == ENQUIRY.c.no_conference_proposed_by,
    )
    return {
        "enquiry_ended_without_the_conference_it_owed": (
            select(func.count())
            .select_from(ENQUIRY)
            .where(
                ENQUIRY.c.ended_at.is_not(None),
                ENQUIRY.c.outcome == EnquiryOutcome.continuing_risk,
                ENQUIRY.c.conference_held_at.is_(None),
                unsigned,
            )
        ),
        "conference_reckoned_from_another_meeting": (
            select(func.count())
            .select_from(DEADLINE)
            .join(ENQUIRY, ENQUIRY.c.id == DEADLINE.c.subject_id)
            .where(
                DEADLINE.c.stopped_at.is_(None),
                DEADLINE.c.kind == CONFERENCE_CLOCK,
                DEADLINE.c.started_at != ENQUIRY.c.began_at,
            )
        ),
    }


def _of_daily_meetings() -> dict[str, Select[int]]:
    """Nothing is left on an agenda undecided, and no child of a notification is on none."""
    waiting = MEETING_ITEM.c.state == ItemState.waiting
    of_child = exists().where(
        MEETING_ITEM.c.child_id == CHILD.c.id, MEETING_ITEM.c.state != ItemState.carried_over
    )
    waits = exists().where(MEETING_ITEM.c.contact_id == DEADLINE.c.contact_id, waiting)
    return {
        "child_waiting_on_a_concluded_daily_meeting": (
            select(func.count())
            .select_from(MEETING_ITEM)
            .join(MEETING, MEETING.c.meeting_on == MEETING_ITEM.c.meeting_on)
            .where(waiting, MEETING.c.state == DailyMeetingState.concluded)
        ),
        "undecided_child_of_a_police_notification_on_no_agenda": (
            select(func.count())
            .select_from(NOTIFICATION)
            .join(CONTACT, CONTACT.c.id == NOTIFICATION.c.contact_id)
            .join(CHILD, CHILD.c.contact_id == CONTACT.c.id)
            .where(CONTACT.c.decided_at.is_(None), CHILD.c.state == ChildState.undecided, ~of_child)
        ),
        "clock_of_a_daily_meeting_that_no_child_waits_for": (
            select(func.count())
            .select_from(DEADLINE)
            .where(
                DEADLINE.c.stopped_at.is_(None),
                DEADLINE.c.kind == MEETING_CLOCK,
                ~waits,
            )
        ),
    }
