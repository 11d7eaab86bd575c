"""Measures: which cases a figure counts, said once, for the figure and for the list alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)

from service.domain.challenges import ChallengeOutcome
from service.domain.contact_kinds import ContactKind
from service.domain.contacts import Contact
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision, Outcome
from service.domain.measure_cases import MeasureCases
from service.domain.measure_definitions import measure_of
from service.domain.measures import (
    NO_TEAM,
    Breakdown,
    Measure,
    MeasureCode,
    MeasurePoint,
    Part,
    Period,
    median_minutes,
    whole_minutes,
)
from service.domain.strategy_meetings import InvitedBecause
from service.domain.transfers import Direction, TransferAction, TransferState
from service.persistence.asking import Asking
from service.persistence.records import table_of
from service.persistence.repositories import (
    measures_of_flags,
    measures_of_protection,
    measures_of_ratings,
    measures_of_steps,
)
from service.persistence.repositories.measures_of_protection import (
    ASSESSMENT,
    ENQUIRY,
    MEETING,
    REFERRAL,
)
from service.persistence.repositories.measures_of_steps import (
    CHALLENGE,
    TRANSFER,
    Grouping,
    Predicate,
    asked_for,
    both,
    clock_stopped_at,
    done,
    ended_as,
    stopped_in_time,
    stopped_or_late,
)

CONTACT = table_of(Contact)
DECISION = table_of(Decision)
DEADLINE = table_of(Deadline)


def _word(text: str) -> ColumnElement[str]:
    """A word written into the statement itself, as a partial index needs it."""
    return literal(text, literal_execute=True)


@dataclass(frozen=True, slots=True)
class _Counting:
    """The cases counted against, what those of them meet that count, and when each began.

    `until`: when the time ended that a timed measure takes; until then it still runs. `on_each`:
    how many are counted on each case, of a measure of that.
    """

    began_at: ColumnElement[datetime]
    against: Predicate
    meets: Predicate
    until: ColumnElement[datetime] | None = None
    on_each: Callable[[datetime], ColumnElement[int]] | None = None


def _signed(as_at: datetime, outcome: ColumnElement[bool]) -> ColumnElement[bool]:
    """A decision for a child on this contact, of an outcome, that was signed by an instant.

    A decision superseded before anybody signed it has no answer; one returned was not signed.
    """
    return and_(
        DECISION.c.contact_id == CONTACT.c.id,
        outcome,
        DECISION.c.state != _word("returned"),
        DECISION.c.answered_at.is_not(None),
        DECISION.c.answered_at <= as_at,
    )


def _signed_referral(as_at: datetime) -> ColumnElement[bool]:
    return _signed(as_at, DECISION.c.outcome == _word("referral"))


def _stands(as_at: datetime) -> ColumnElement[bool]:
    """Not superseded at an instant."""
    return or_(DECISION.c.superseded_at.is_(None), DECISION.c.superseded_at > as_at)


def _decided(as_at: datetime) -> ColumnElement[bool]:
    """Every child signed off by an instant; one that was withdrawn has no decision."""
    return and_(
        func.coalesce(CONTACT.c.decided_at <= as_at, false()), CONTACT.c.withdrawn_at.is_(None)
    )


def _withdrawn(as_at: datetime) -> ColumnElement[bool]:
    """Withdrawn by an instant, and not restored since."""
    return func.coalesce(CONTACT.c.withdrawn_at <= as_at, false())


def _referred(as_at: datetime) -> ColumnElement[bool]:
    """A referral standing for at least one child at an instant."""
    return exists().where(_signed_referral(as_at), _stands(as_at))


def _all_without_action(as_at: datetime) -> ColumnElement[bool]:
    """Nothing but no further action standing for any child at an instant."""
    other = DECISION.c.outcome != _word(Outcome.no_further_action)
    return not_(exists().where(_signed(as_at, other), _stands(as_at)))


def _accepted(as_at: datetime) -> ColumnElement[bool]:
    """Every child signed off, and a referral standing for at least one, as at an instant."""
    return and_(CONTACT.c.decided_at <= as_at, _referred(as_at))


def _within_24_hours(as_at: datetime) -> ColumnElement[bool]:
    """Every child signed off, and one of them as a referral, before the 24 hours were over.

    The clock that the decision stopped is the one that counts: one started from a time of receipt
    that was put right later was stopped by the amendment. A contact that became a referral only
    by a change of mind was not accepted as one when its clock stopped.
    """
    # Values rather than EXISTS: PostgreSQL would answer EXISTS by a hash of every clock on file.
    limit_kept = (
        select(func.max(DEADLINE.c.due_at))
        .where(
            DEADLINE.c.contact_id == CONTACT.c.id,
            DEADLINE.c.subject_id == CONTACT.c.id,
            DEADLINE.c.kind == _word("contact_to_referral"),
            DEADLINE.c.stopped_because == _word("decided"),
            DEADLINE.c.stopped_at <= as_at,
            DEADLINE.c.stopped_at <= DEADLINE.c.due_at,
        )
        .scalar_subquery()
    )
    first_signed = (
        select(func.min(DECISION.c.answered_at)).where(_signed_referral(as_at)).scalar_subquery()
    )
    return func.coalesce(first_signed <= limit_kept, false())


def _is_a_concern(_: datetime) -> ColumnElement[bool]:
    return CONTACT.c.kind == _word(ContactKind.concern)


def _concerns(against: Predicate, meets: Predicate) -> _Counting:
    """Contacts that are concerns: a check or a consultation is counted apart, by kind alone."""
    return _Counting(CONTACT.c.received_at, both(_is_a_concern, against), meets)


def _step_ups(against: Predicate, meets: Predicate) -> _Counting:
    return _Counting(TRANSFER.c.requested_at, both(asked_for(Direction.step_up), against), meets)


def _step_up_times(kind: str, *because: str) -> _Counting:
    counting = _step_ups(stopped_or_late(kind, because), stopped_in_time(kind, because))
    return replace(counting, until=clock_stopped_at(kind))


def _challenges(against: Predicate, meets: Predicate) -> _Counting:
    return _Counting(CHALLENGE.c.raised_at, both(measures_of_steps.raised, against), meets)


def _invited(because: InvitedBecause) -> _Counting:
    return _Counting(
        MEETING.c.held_at,
        both(measures_of_protection.concluded, measures_of_protection.to_be_invited(because)),
        measures_of_protection.invited(because),
    )


def _all(_: datetime) -> ColumnElement[bool]:
    return true()


_ACTION = TransferAction
_REFUSED = done(_ACTION.refuse)
_CHALLENGED = done(_ACTION.challenge_refusal)
_STEP_DOWNS = asked_for(Direction.step_down)
_COUNTING: Mapping[MeasureCode, _Counting] = MappingProxyType(
    {
        MeasureCode.pi1: _concerns(_accepted, _within_24_hours),
        MeasureCode.step_ups_accepted: _step_ups(_all, done(_ACTION.accept)),
        MeasureCode.step_ups_refused: _step_ups(_all, _REFUSED),
        MeasureCode.step_up_refusals_agreed: _step_ups(_REFUSED, done(_ACTION.agree_to_refusal)),
        MeasureCode.step_up_refusals_challenged: _step_ups(_REFUSED, _CHALLENGED),
        MeasureCode.step_up_refusals_upheld: _step_ups(_CHALLENGED, done(_ACTION.uphold_refusal)),
        MeasureCode.step_up_time_to_open: _step_up_times("step_up_opened", "opened"),
        MeasureCode.step_up_time_to_answer: _step_up_times(
            "step_up_answered", "accepted", TransferState.refused
        ),
        MeasureCode.step_downs_waiting: _Counting(
            TRANSFER.c.requested_at,
            both(_STEP_DOWNS, measures_of_steps.waiting),
            measures_of_steps.stuck,
        ),
        MeasureCode.step_downs_returned: _Counting(
            TRANSFER.c.requested_at, _STEP_DOWNS, done(_ACTION.send_back)
        ),
        MeasureCode.challenges_ended: _challenges(_all, measures_of_steps.ended),
        MeasureCode.challenges_agreed: _challenges(
            measures_of_steps.ended, ended_as(ChallengeOutcome.agreed)
        ),
        MeasureCode.challenges_upheld: _challenges(
            measures_of_steps.ended, ended_as(ChallengeOutcome.upheld)
        ),
        MeasureCode.challenges_changed: _challenges(
            measures_of_steps.ended, ended_as(ChallengeOutcome.changed)
        ),
        MeasureCode.conversion_rate: _concerns(_decided, _referred),
        MeasureCode.no_further_action_rate: _concerns(_decided, _all_without_action),
        MeasureCode.contacts_withdrawn: _concerns(_withdrawn, _all),
        MeasureCode.contacts_by_kind: _Counting(
            CONTACT.c.received_at, lambda at: not_(_withdrawn(at)), _all
        ),
        MeasureCode.contacts_rated_in_time: _concerns(
            measures_of_ratings.rated_or_late, measures_of_ratings.rated_in_time
        ),
        MeasureCode.red_decided_in_time: _concerns(
            measures_of_ratings.red_decided_or_late, measures_of_ratings.red_decided_in_time
        ),
        MeasureCode.flags_a_contact: _Counting(
            CONTACT.c.received_at,
            _all,
            measures_of_flags.showed_a_flag,
            on_each=measures_of_flags.flags_shown,
        ),
        MeasureCode.pi3: _Counting(
            ENQUIRY.c.conference_held_at,
            measures_of_protection.conference_held,
            measures_of_protection.conference_in_time,
        ),
        MeasureCode.pi4: _Counting(
            ASSESSMENT.c.ended_at,
            measures_of_protection.authorised,
            measures_of_protection.authorised_in_time,
        ),
        MeasureCode.pi5: _Counting(
            REFERRAL.c.accepted_at,
            measures_of_protection.unallocated,
            measures_of_protection.unallocated_too_long,
        ),
        MeasureCode.pi9: _Counting(
            measures_of_protection.EPISODE.c.returned_at,
            measures_of_protection.accepted_interview_due,
            measures_of_protection.interview_held_in_time,
        ),
        **{
            code: _Counting(
                measures_of_protection.EPISODE.c.returned_at,
                measures_of_protection.interview_due,
                meets,
            )
            for code, meets in (
                (
                    MeasureCode.return_interviews_offered,
                    measures_of_protection.interview_offered_in_time,
                ),
                (MeasureCode.return_interviews_accepted, measures_of_protection.interview_accepted),
                (MeasureCode.return_interviews_held, measures_of_protection.interview_held),
                (
                    MeasureCode.return_interviews_in_time,
                    measures_of_protection.interview_held_in_time,
                ),
            )
        },
        MeasureCode.strategy_meetings_same_day: _Counting(
            measures_of_protection.threshold_first_met_at(),
            measures_of_protection.meeting_due,
            measures_of_protection.meetings_on_the_day,
        ),
        MeasureCode.strategy_meetings_quorate: _Counting(
            MEETING.c.held_at,
            measures_of_protection.concluded,
            measures_of_protection.quorate,
        ),
        MeasureCode.strategy_early_help_invited: _invited(InvitedBecause.early_help_open),
        MeasureCode.strategy_school_invited: _invited(InvitedBecause.school_age),
        MeasureCode.strategy_medical_decided: _Counting(
            MEETING.c.held_at,
            both(
                measures_of_protection.concluded,
                measures_of_protection.medical_to_be_decided,
            ),
            measures_of_protection.medical_decided,
        ),
        MeasureCode.strategy_minutes_in_time: _Counting(
            MEETING.c.held_at,
            measures_of_protection.minutes_due,
            measures_of_protection.minutes_in_time,
        ),
        MeasureCode.child_seen_in_time: _Counting(
            ENQUIRY.c.opened_at,
            measures_of_protection.child_to_be_seen,
            measures_of_protection.child_seen_in_time,
        ),
        MeasureCode.passed_concerns_read_in_time: _Counting(
            measures_of_protection.PASSED.c.passed_at,
            measures_of_protection.concern_read_or_late,
            measures_of_protection.concern_read_in_time,
        ),
        MeasureCode.emergency_acts_signed_off_in_time: _Counting(
            measures_of_protection.ACT.c.acted_at,
            measures_of_protection.act_signed_off_or_late,
            measures_of_protection.act_signed_off_in_time,
        ),
        MeasureCode.re_referrals: _Counting(
            REFERRAL.c.accepted_at,
            measures_of_protection.accepted,
            measures_of_protection.re_referred,
        ),
    }
)
_GROUPING: Mapping[Breakdown, Grouping] = MappingProxyType(
    {
        Breakdown.source: lambda _: CONTACT.c.source_code,
        Breakdown.withdrawal_reason: lambda _: CONTACT.c.withdrawn_as,
        Breakdown.kind: lambda _: CONTACT.c.kind,
        Breakdown.sending_team: lambda _: TRANSFER.c.sender_team_id,
        Breakdown.reason: lambda _: TRANSFER.c.reason_code,
        Breakdown.refusal_reason: measures_of_steps.refusal_reason,
        Breakdown.waits_for: measures_of_steps.waits_for,
        Breakdown.stage: lambda as_at: cast(measures_of_steps.stage(as_at), String),
        Breakdown.result: measures_of_steps.result,
        Breakdown.last_known_team: lambda _: func.coalesce(
            REFERRAL.c.last_known_team_id, literal(NO_TEAM)
        ),
    }
)


def cases(asked: MeasureCases) -> ColumnElement[bool]:
    """The cases behind a part of a measure's figures, or of one group of them, as at an instant.

    For `also` of a list of what the measure counts: contacts, transfers or challenges.
    """
    measure = measure_of(asked.code)
    counting = _COUNTING[measure.code]
    behind = counting.against(asked.as_at)
    if asked.part is not Part.denominator:
        meets = counting.meets(asked.as_at)
        behind = and_(behind, meets if asked.part is Part.numerator else not_(meets))
    if asked.by is not None:
        behind = and_(behind, _GROUPING[asked.by](asked.as_at) == asked.group)
    if asked.begins_at is not None:
        behind = and_(behind, counting.began_at >= asked.begins_at)
    if asked.ends_at is not None:
        behind = and_(behind, counting.began_at < asked.ends_at)
    return behind


async def figures(
    ask: Asking,
    measure: Measure,
    as_at: datetime,
    periods: Sequence[Period],
    *,
    by: Breakdown | None = None,
) -> list[MeasurePoint]:
    """Numerator and denominator for each period that has cases, in order.

    `periods` follow on each other without gaps; `by` is a breakdown of this measure.
    """
    points: list[MeasurePoint] = []
    if measure.standing:
        for period in periods:
            if period.begins_at <= as_at:
                then = min(as_at, period.ends_at)
                points += await _timed(ask, measure, then, [period], by, literal(0), true())
    else:
        began_at = _COUNTING[measure.code].began_at
        # By their bounds as instants, worked out in London time: a database that groups by a month
        # of its own puts the first hour of a summer month into the month before.
        place = case(
            *((began_at < period.ends_at, position) for position, period in enumerate(periods)),
            else_=len(periods),
        )
        within = and_(began_at >= periods[0].begins_at, began_at < periods[-1].ends_at)
        count = _timed if measure.timed else _counted
        points = await count(ask, measure, as_at, periods, by, place, within)
    return sorted(points, key=lambda one: (one.begins_at, one.group or ""))


def _grouped(by: Breakdown | None, as_at: datetime) -> list[ColumnElement[Any]]:
    return [] if by is None else [_GROUPING[by](as_at).label("grouped_by")]


async def _counted(
    ask: Asking,
    measure: Measure,
    as_at: datetime,
    periods: Sequence[Period],
    by: Breakdown | None,
    place: ColumnElement[int],
    within: ColumnElement[bool],
) -> list[MeasurePoint]:
    """Figures that the database counts, one for each place among the periods and each group."""
    counting = _COUNTING[measure.code]
    groups = [place.label("place"), *_grouped(by, as_at)]
    in_all: Any = null() if counting.on_each is None else func.sum(counting.on_each(as_at))
    rows = await ask.all(
        select(
            func.count().label("denominator"),
            func.count(case((counting.meets(as_at), 1))).label("numerator"),
            in_all.label("in_all"),
            *groups,
        )
        .where(within, counting.against(as_at))
        .group_by(*groups)
    )
    return [
        MeasurePoint(
            period=periods[row.place].label,
            begins_at=periods[row.place].begins_at,
            ends_at=periods[row.place].ends_at,
            as_at=as_at,
            numerator=row.numerator,
            denominator=row.denominator,
            group=None if by is None else row.grouped_by,
            unit=measure.unit,
            in_all=None if row.in_all is None else int(row.in_all),
        )
        for row in rows
    ]


async def _timed(
    ask: Asking,
    measure: Measure,
    as_at: datetime,
    periods: Sequence[Period],
    by: Breakdown | None,
    place: ColumnElement[int],
    within: ColumnElement[bool],
) -> list[MeasurePoint]:
    """Figures with the times behind them, case by case, because no database's median is both's."""
    counting = _COUNTING[measure.code]
    columns: list[ColumnElement[Any]] = [place.label("place"), counting.began_at.label("began_at")]
    if counting.until is not None:
        columns.append(counting.until.label("until"))
    rows = await ask.all(
        select(
            case((counting.meets(as_at), 1), else_=0).label("met"), *columns, *_grouped(by, as_at)
        ).where(within, counting.against(as_at))
    )
    found: dict[tuple[int, str | None], list[tuple[int, timedelta]]] = {}
    for row in rows:
        until = as_at if counting.until is None or row.until is None else min(row.until, as_at)
        group = None if by is None else row.grouped_by
        found.setdefault((row.place, group), []).append((row.met, until - row.began_at))
    return [
        MeasurePoint(
            period=periods[position].label,
            begins_at=periods[position].begins_at,
            ends_at=periods[position].ends_at,
            as_at=as_at,
            numerator=sum(met for met, _ in lines),
            denominator=len(lines),
            group=group,
            median_minutes=median_minutes([wait for _, wait in lines]),
            longest_minutes=whole_minutes(max(wait for _, wait in lines)),
            unit=measure.unit,
        )
        for (position, group), lines in found.items()
    ]
