"""What the measures of children who may be at risk count, as at any instant.

By clocks, which are never changed once they are stopped, and by timestamps that are set once: so a
figure of the past stays what it was when the case goes on. In time goes by when a thing happened;
a figure knows of it from when it was recorded.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)

from service.domain.assessments import Assessment, AssessmentState
from service.domain.deadlines import Deadline
from service.domain.decisions import StatutoryBasis
from service.domain.emergency_acts import EMERGENCY_CLOCK, EmergencyAct
from service.domain.missing_episodes import (
    RETURN_CLOCK,
    MissingAction,
    MissingEpisode,
    MissingEpisodeStep,
)
from service.domain.passed_concerns import CLOCKS, PassedConcern
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import CONFERENCE_CLOCK, Section47Enquiry
from service.domain.strategy_meetings import (
    TAKES_A_MEDICAL_DECISION,
    Invitation,
    InvitedBecause,
    MeetingAction,
    MeetingChild,
    MeetingStep,
    StrategyMeeting,
)
from service.persistence.records import table_of
from service.persistence.repositories.measures_of_steps import Predicate

REFERRAL = table_of(Referral)
MEETING = table_of(StrategyMeeting)
MEETING_CHILD = table_of(MeetingChild)
INVITATION = table_of(Invitation)
MEETING_STEP = table_of(MeetingStep)
EPISODE = table_of(MissingEpisode)
EPISODE_STEP = table_of(MissingEpisodeStep)
ENQUIRY = table_of(Section47Enquiry)
ASSESSMENT = table_of(Assessment)
DEADLINE = table_of(Deadline)
PASSED = table_of(PassedConcern)
ACT = table_of(EmergencyAct)

_HAPPENED_AT = func.coalesce(DEADLINE.c.happened_at, DEADLINE.c.stopped_at)


# ---- Clocks -------------------------------------------------------------------------------------


def _of(table: Table, kind: str, subject: str = "id") -> ColumnElement[bool]:
    """The clocks of a kind that run on a case, or on what one of its columns names."""
    return and_(
        DEADLINE.c.contact_id == table.c.contact_id,
        DEADLINE.c.subject_id == table.c[subject],
        DEADLINE.c.kind == kind,
    )


def _some(clock: ColumnElement[bool], such: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is a clock like that.

    By a value rather than EXISTS: PostgreSQL would answer that by a hash of every clock on file.
    """
    found = select(func.max(case((such, 1), else_=0))).where(clock).scalar_subquery()
    return func.coalesce(found, 0) == 1


def _stopped(because: Sequence[str], as_at: datetime) -> ColumnElement[bool]:
    """Stopped by what the clock waits for, on the record by an instant."""
    return and_(DEADLINE.c.stopped_because.in_(because), DEADLINE.c.stopped_at <= as_at)


def _kept() -> ColumnElement[bool]:
    """What stopped the clock happened at or before the limit."""
    return DEADLINE.c.due_at >= _HAPPENED_AT


def _late(as_at: datetime) -> ColumnElement[bool]:
    """Ran past its limit by an instant, as far as was on the record then, however it ended."""
    return and_(
        DEADLINE.c.due_at < as_at,
        or_(
            DEADLINE.c.stopped_at.is_(None),
            DEADLINE.c.stopped_at > as_at,
            DEADLINE.c.due_at < _HAPPENED_AT,
        ),
    )


def _answered_or_late(clock: ColumnElement[bool], because: Sequence[str]) -> Predicate:
    """Stopped by what a clock waits for, or past its limit.

    What something else stopped within the limit counts for nothing.
    """
    return lambda as_at: _some(clock, or_(_stopped(because, as_at), _late(as_at)))


def _never_late(clock: ColumnElement[bool]) -> Predicate:
    return lambda as_at: not_(_some(clock, _late(as_at)))


# ---- Enquiries, conferences and assessments -----------------------------------------------------

_CONFERENCE_CLOCKS = _of(ENQUIRY, CONFERENCE_CLOCK)
_CONFERENCE = and_(_CONFERENCE_CLOCKS, DEADLINE.c.stopped_because == "conference_held")
_CHILD_SEEN = _of(ENQUIRY, "child_seen")


def conference_held(as_at: datetime) -> ColumnElement[bool]:
    """The conference was held, and on the record by an instant."""
    return and_(
        ENQUIRY.c.conference_held_at.is_not(None),
        _some(_CONFERENCE, DEADLINE.c.stopped_at <= as_at),
    )


def conference_in_time(_: datetime) -> ColumnElement[bool]:
    """The conference was held within its limit, from the meeting that initiated the enquiry.

    A later meeting could begin an enquiry anew until 0.4.0, and it started another clock: it is the
    limit of the first that counts, whichever of them the conference stopped.
    """
    first = select(func.min(DEADLINE.c.due_at)).where(_CONFERENCE_CLOCKS).scalar_subquery()
    return func.coalesce(first >= ENQUIRY.c.conference_held_at, false())


_SEEN_OR_LATE = _answered_or_late(_CHILD_SEEN, ["seen", "enquiry_ended"])


def child_seen_in_time(as_at: datetime) -> ColumnElement[bool]:
    """The child was seen within the limit: an enquiry that ends unseen is missed, however soon."""
    missed = or_(_late(as_at), _stopped(["enquiry_ended"], as_at))
    return not_(_some(_CHILD_SEEN, missed))


def child_to_be_seen(as_at: datetime) -> ColumnElement[bool]:
    """The child was seen by an instant, or should have been, in an enquiry on the record then."""
    return and_(ENQUIRY.c.opened_at <= as_at, _SEEN_OR_LATE(as_at))


def authorised(as_at: datetime) -> ColumnElement[bool]:
    """The assessment was authorised by an instant; nothing follows on that."""
    return and_(
        ASSESSMENT.c.state == AssessmentState.authorised,
        func.coalesce(ASSESSMENT.c.ended_at <= as_at, False),
    )


def authorised_in_time(_: datetime) -> ColumnElement[bool]:
    """The clock that the authorisation stopped kept its limit.

    A referral that was assessed more than once had a clock for each.
    """
    clock = and_(
        _of(ASSESSMENT, "single_assessment", "referral_id"),
        DEADLINE.c.stopped_at == ASSESSMENT.c.ended_at,
    )
    return _some(clock, _kept())


# ---- Referrals ----------------------------------------------------------------------------------

_ALLOCATION = _of(REFERRAL, "allocation")
_STRATEGY_MEETING = _of(REFERRAL, "strategy_meeting")


def accepted(as_at: datetime) -> ColumnElement[bool]:
    """Accepted by an instant."""
    return REFERRAL.c.accepted_at <= as_at


def re_referred(_: datetime) -> ColumnElement[bool]:
    """Within the policy's months of the referral before."""
    return REFERRAL.c.re_referral


def unallocated(as_at: datetime) -> ColumnElement[bool]:
    """Accepted, given to no worker yet and not closed at an instant."""
    return and_(
        REFERRAL.c.accepted_at <= as_at,
        or_(REFERRAL.c.allocated_at.is_(None), REFERRAL.c.allocated_at > as_at),
        or_(REFERRAL.c.closed_at.is_(None), REFERRAL.c.closed_at > as_at),
    )


def unallocated_too_long(as_at: datetime) -> ColumnElement[bool]:
    """The clock of the allocation ran at an instant and had passed its limit."""
    runs = or_(DEADLINE.c.stopped_at.is_(None), DEADLINE.c.stopped_at > as_at)
    return _some(_ALLOCATION, and_(DEADLINE.c.due_at < as_at, runs))


def threshold_first_met_at() -> ColumnElement[Any]:
    """When it was first decided on a referral that the section 47 threshold may be met."""
    return select(func.min(DEADLINE.c.started_at)).where(_STRATEGY_MEETING).scalar_subquery()


_MEETING_HELD_OR_LATE = _answered_or_late(_STRATEGY_MEETING, ["held"])


def meeting_due(as_at: datetime) -> ColumnElement[bool]:
    """A strategy meeting of the referral was held by an instant, or its day had passed."""
    # No referral goes back from section 47, so those of it are all that can have such a clock.
    return and_(
        REFERRAL.c.statutory_basis == StatutoryBasis.section_47, _MEETING_HELD_OR_LATE(as_at)
    )


meetings_on_the_day = _never_late(_STRATEGY_MEETING)


# ---- Missing children ---------------------------------------------------------------------------

_INTERVIEW = _of(EPISODE, RETURN_CLOCK)

_INTERVIEW_OR_LATE = _answered_or_late(_INTERVIEW, ["held", "declined"])


def _on_record(as_at: datetime, *actions: MissingAction) -> ColumnElement[bool]:
    """One of these was done in an episode, and on the record by an instant."""
    return exists().where(
        EPISODE_STEP.c.episode_id == EPISODE.c.id,
        EPISODE_STEP.c.action.in_(actions),
        EPISODE_STEP.c.at <= as_at,
    )


def interview_due(as_at: datetime) -> ColumnElement[bool]:
    """The interview was held or declined by an instant, or its limit had passed.

    Of a return that was on the record then: one told of days later was not known to be owed.
    """
    return and_(_on_record(as_at, MissingAction.record_return), _INTERVIEW_OR_LATE(as_at))


def interview_offered_in_time(as_at: datetime) -> ColumnElement[bool]:
    """The interview was offered within the limit."""
    in_time = _some(_INTERVIEW, DEADLINE.c.due_at >= EPISODE.c.interview_offered_at)
    return and_(_on_record(as_at, MissingAction.offer_interview), in_time)


def interview_accepted(as_at: datetime) -> ColumnElement[bool]:
    """The child accepted the interview by an instant; who talks has accepted."""
    return _on_record(as_at, MissingAction.accept_interview, MissingAction.hold_interview)


def interview_held(as_at: datetime) -> ColumnElement[bool]:
    """The interview was held by an instant."""
    return _on_record(as_at, MissingAction.hold_interview)


def interview_held_in_time(as_at: datetime) -> ColumnElement[bool]:
    """The interview was held within the limit; a child who declined has not been heard."""
    in_time = _some(_INTERVIEW, DEADLINE.c.due_at >= EPISODE.c.interview_held_at)
    return and_(interview_held(as_at), in_time)


def accepted_interview_due(as_at: datetime) -> ColumnElement[bool]:
    """The child accepted the interview by an instant, and it was held or its limit had passed."""
    passed = _some(_INTERVIEW, DEADLINE.c.due_at < as_at)
    return and_(
        _on_record(as_at, MissingAction.record_return),
        interview_accepted(as_at),
        or_(interview_held(as_at), passed),
    )


# ---- Concerns passed to case holders -------------------------------------------------------------


def _reading() -> ColumnElement[bool]:
    """The clocks of reading a concern; of one that came to another case, the one there as well."""
    return and_(
        DEADLINE.c.contact_id == PASSED.c.contact_id,
        DEADLINE.c.subject_id == PASSED.c.id,
        DEADLINE.c.kind.in_(CLOCKS),
    )


concern_read_or_late = _answered_or_late(_reading(), ["read"])
concern_read_in_time = _never_late(_reading())


# ---- Acts out of hours ---------------------------------------------------------------------------


def _signing() -> ColumnElement[bool]:
    return and_(
        DEADLINE.c.contact_id == ACT.c.contact_id,
        DEADLINE.c.subject_id == ACT.c.id,
        DEADLINE.c.kind == EMERGENCY_CLOCK,
    )


act_signed_off_or_late = _answered_or_late(_signing(), ["signed_off", "superseded"])
act_signed_off_in_time = _never_late(_signing())


# ---- Strategy meetings --------------------------------------------------------------------------

_MINUTES = _of(MEETING, "strategy_minutes")


def concluded(as_at: datetime) -> ColumnElement[bool]:
    """Concluded by an instant: who was asked and who came changes no more."""
    return func.coalesce(MEETING.c.concluded_at <= as_at, false())


def quorate(_: datetime) -> ColumnElement[bool]:
    """All came whom the policy asks for."""
    return func.coalesce(MEETING.c.quorate, false())


def to_be_invited(because: InvitedBecause) -> Predicate:
    """Somebody had to be invited for this reason."""
    return lambda _: exists().where(
        INVITATION.c.meeting_id == MEETING.c.id, INVITATION.c.because == because
    )


def invited(because: InvitedBecause) -> Predicate:
    """Everybody was invited who had to be for this reason."""
    return lambda _: not_(
        exists().where(
            INVITATION.c.meeting_id == MEETING.c.id,
            INVITATION.c.because == because,
            INVITATION.c.invited_at.is_(None),
        )
    )


def _takes_a_medical_decision() -> ColumnElement[bool]:
    # A list of codes is a document, whose text is the same on both databases in this respect.
    alleged = cast(MEETING_CHILD.c.alleged, String)
    return and_(
        MEETING_CHILD.c.meeting_id == MEETING.c.id,
        or_(*(alleged.contains(f'"{harm}"') for harm in sorted(TAKES_A_MEDICAL_DECISION))),
    )


def medical_to_be_decided(_: datetime) -> ColumnElement[bool]:
    """Injury or sexual abuse of a child at the meeting was alleged."""
    return exists().where(_takes_a_medical_decision())


def medical_decided(_: datetime) -> ColumnElement[bool]:
    """For every child with such an allegation it was decided about a medical examination."""
    return not_(exists().where(_takes_a_medical_decision(), MEETING_CHILD.c.medical.is_(None)))


def minutes_due(as_at: datetime) -> ColumnElement[bool]:
    """The minutes were circulated by an instant, or should have been.

    Of a meeting that was on the record as held then.
    """
    return and_(
        exists().where(
            MEETING_STEP.c.meeting_id == MEETING.c.id,
            MEETING_STEP.c.action == MeetingAction.record_attendance,
            MEETING_STEP.c.at <= as_at,
        ),
        _some(_MINUTES, or_(DEADLINE.c.stopped_at <= as_at, _late(as_at))),
    )


minutes_in_time = _never_late(_MINUTES)
