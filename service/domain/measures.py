"""Measures: figures counted from the raw record, by London month, as at any instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from service.domain.calendar import LONDON, day_months_later, london_date
from service.domain.errors import Invalid, NotFound, Problem

MOST_MONTHS = 60
"""How many months one reading covers at most: it keeps the work of a reading bounded."""

MONTHS_UNASKED = 12
"""How many months a reading covers when no beginning is named."""


class MeasureCode(StrEnum):
    """The measures that can be read, by the codes under which they are published."""

    pi1 = "PI1"
    step_ups_accepted = "step_ups_accepted"
    step_ups_refused = "step_ups_refused"
    step_up_refusals_agreed = "step_up_refusals_agreed"
    step_up_refusals_challenged = "step_up_refusals_challenged"
    step_up_refusals_upheld = "step_up_refusals_upheld"
    step_up_time_to_open = "step_up_time_to_open"
    step_up_time_to_answer = "step_up_time_to_answer"
    step_downs_waiting = "step_downs_waiting"
    step_downs_returned = "step_downs_returned"
    challenges_ended = "challenges_ended"
    challenges_agreed = "challenges_agreed"
    challenges_upheld = "challenges_upheld"
    challenges_changed = "challenges_changed"
    pi3 = "PI3"
    pi4 = "PI4"
    pi5 = "PI5"
    pi9 = "PI9"
    strategy_meetings_same_day = "strategy_meetings_same_day"
    strategy_meetings_quorate = "strategy_meetings_quorate"
    strategy_early_help_invited = "strategy_early_help_invited"
    strategy_school_invited = "strategy_school_invited"
    strategy_medical_decided = "strategy_medical_decided"
    strategy_minutes_in_time = "strategy_minutes_in_time"
    child_seen_in_time = "child_seen_in_time"
    re_referrals = "re_referrals"
    conversion_rate = "conversion_rate"
    no_further_action_rate = "no_further_action_rate"
    contacts_withdrawn = "contacts_withdrawn"


class Counted(StrEnum):
    """What a measure counts: its cases."""

    contacts = "contacts"
    transfers = "transfers"
    challenges = "challenges"
    referrals = "referrals"
    strategy_meetings = "strategy_meetings"
    section_47_enquiries = "section_47_enquiries"
    assessments = "assessments"
    missing_episodes = "missing_episodes"


class Unit(StrEnum):
    """What a measure's value is counted in: the share that met it, or how many did."""

    per_cent = "per_cent"
    number = "number"


class Part(StrEnum):
    """Which cases of a figure: those counted against, those that met it, those that did not."""

    denominator = "denominator"
    numerator = "numerator"
    missed = "missed"


class Breakdown(StrEnum):
    """What a measure can be broken down by."""

    source = "source"
    sending_team = "sending_team"
    reason = "reason"
    refusal_reason = "refusal_reason"
    waits_for = "waits_for"
    stage = "stage"
    result = "result"
    last_known_team = "last_known_team"
    withdrawal_reason = "withdrawal_reason"


NO_TEAM = "none"
"""The group of those who were known to no team before, in a breakdown by last known team."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a measure counts. `definition` is the whole of it in words; `source` who asks for it.

    `timed`: its figures tell the median and the longest time too. `standing`: it counts what stands
    at an instant, at the end of each month, and not what began in the month.
    """

    code: MeasureCode
    title: str
    definition: str
    unit: Unit
    source: str
    counted: Counted
    breakdowns: tuple[Breakdown, ...]
    timed: bool = False
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """One London month or the part of it that was asked for: from, up to, not with."""

    label: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class MeasurePoint:
    """One figure of a measure. `value` is None where there is nothing to count against.

    `period` is the London month, "2018-03"; for a whole reading its London days, from/up to. Its
    cases began from `begins_at` up to and not with `ends_at`, as the measure says what begins one;
    those of a standing measure stand at `as_at`, whenever they began. `group` is set in a
    breakdown. The times are in whole minutes, of a timed measure with something to count alone.
    """

    period: str
    begins_at: datetime
    ends_at: datetime
    as_at: datetime
    numerator: int
    denominator: int
    group: str | None = None
    median_minutes: int | None = None
    longest_minutes: int | None = None
    unit: Unit = Unit.per_cent

    @property
    def missed(self) -> int:
        """How many were counted against and did not meet it."""
        return self.denominator - self.numerator

    @property
    def value(self) -> Decimal | None:
        """The figure: per cent to one decimal, or how many met it where that is what counts."""
        if self.unit is Unit.number:
            return Decimal(self.numerator)
        return per_cent(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class MeasureCases:
    """The cases behind a part of a measure's figures, or of one group of them, as at an instant.

    `begins_at` and `ends_at` narrow them to those that began from the one up to and not with the
    other.
    """

    code: str
    part: Part
    as_at: datetime
    by: Breakdown | None = None
    group: str | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises MeasureNotFound, BreakdownNotPossible."""
        require_breakdown(measure_of(self.code), self.by)


@dataclass(frozen=True, slots=True)
class MeasureReading:
    """A measure read over London days, `from_on` up to and not with `to_on`, as at an instant."""

    measure: Measure
    as_at: datetime
    from_on: date
    to_on: date
    by: Breakdown | None
    points: Sequence[MeasurePoint]
    total: MeasurePoint


class MeasureNotFound(NotFound):
    """No such measure."""

    code: ClassVar[str] = "measure_not_found"
    title: ClassVar[str] = "No such measure"

    def __init__(self) -> None:
        super().__init__(
            f"There is no measure of this code. There are: {', '.join(MEASURES)}; "
            "GET /v1/measures says what each counts."
        )


class PeriodNotPossible(Invalid):
    """The days or the instant that were asked for make no period that can be counted."""

    code: ClassVar[str] = "period_not_possible"
    title: ClassVar[str] = "No such period"


class BreakdownNotPossible(Invalid):
    """The measure is not broken down by this."""

    code: ClassVar[str] = "breakdown_not_possible"
    title: ClassVar[str] = "No such breakdown"


class MeasureCountsOthers(Invalid):
    """The measure counts other cases than those that are listed here."""

    code: ClassVar[str] = "measure_counts_others"
    title: ClassVar[str] = "Not counted by this measure"


_STEP_UPS = (
    "Step-ups accepted, refused, challenged, time to answer: measures of the front door; Ofsted "
    "monitoring visit letter of 21 February 2019: refused without any clear explanations around "
    "thresholds"
)
_STEP_DOWNS = (
    "Step-downs waiting, median and longest: measures of the front door; Ofsted monitoring visit "
    "letter of 21 February 2019: cases not being progressed for several weeks"
)
_CHALLENGES = (
    "Challenges by stage and result: measures of the front door; Ofsted monitoring visit letter of "
    "21 February 2019: referrals are then closed inappropriately or changed"
)
_STRATEGY = (
    "Strategy meetings on the day, quorate, with early help and school invited, minutes on time: "
    "measures of the front door; Ofsted monitoring visit letter of 21 February 2019: strategy "
    "meetings"
)
_ASKED = (Breakdown.sending_team, Breakdown.reason)
_REFUSED = (*_ASKED, Breakdown.refusal_reason)
_DISAGREED = (Breakdown.stage, Breakdown.result)


def _step_ups(code: MeasureCode, title: str, definition: str, *, timed: bool = False) -> Measure:
    refused = code.startswith("step_up_refusals")
    return Measure(
        code,
        title,
        definition,
        Unit.per_cent,
        _STEP_UPS,
        Counted.transfers,
        _REFUSED if refused else _ASKED,
        timed=timed,
    )


def _challenges(code: MeasureCode, title: str, definition: str) -> Measure:
    return Measure(
        code, title, definition, Unit.per_cent, _CHALLENGES, Counted.challenges, _DISAGREED
    )


def _published(
    code: MeasureCode, title: str, definition: str, counted: Counted, *, standing: bool = False
) -> Measure:
    """A measure of the published series; of what stands it is a number, and tells how long."""
    return Measure(
        code,
        title,
        definition,
        Unit.number if standing else Unit.per_cent,
        f"Performance measure {code}, published monthly since 2018",
        counted,
        (),
        timed=standing,
        standing=standing,
    )


def _strategy(
    code: MeasureCode,
    title: str,
    definition: str,
    counted: Counted = Counted.strategy_meetings,
) -> Measure:
    return Measure(code, title, definition, Unit.per_cent, _STRATEGY, counted, ())


def _of_contacts(code: MeasureCode, title: str, definition: str) -> Measure:
    return Measure(
        code,
        title,
        definition,
        Unit.per_cent,
        "Contacts by source and outcome: measures of the front door; Quarter 3 2018-19 performance "
        "and audit report",
        Counted.contacts,
        (Breakdown.source,),
    )


MEASURES: Mapping[MeasureCode, Measure] = MappingProxyType(
    {
        measure.code: measure
        for measure in (
            Measure(
                MeasureCode.pi1,
                "Contacts accepted as a referral within 24 hours",
                "Of the contacts received in the month that, at the instant of the reading, had "
                "every child on them decided and signed off and a signed referral standing for at "
                "least one child: the share accepted as a referral, with every child signed off, "
                "at or before 24 hours after they were received. Contacts not yet decided, and "
                "contacts that led to no referral, are not counted.",
                Unit.per_cent,
                "Performance measure PI1, published monthly since 2018",
                Counted.contacts,
                (Breakdown.source,),
            ),
            _step_ups(
                MeasureCode.step_ups_accepted,
                "Step-ups accepted",
                "Of the step-ups requested in the month, whichever side asked: the share accepted "
                "by the instant of the reading, after a challenge or without one. What waits, was "
                "refused, withdrawn or superseded counts as not accepted.",
            ),
            _step_ups(
                MeasureCode.step_ups_refused,
                "Step-ups refused",
                "Of the step-ups requested in the month: the share that was refused by the instant "
                "of the reading, whether or not the refusal was agreed or overturned since.",
            ),
            _step_ups(
                MeasureCode.step_up_refusals_agreed,
                "Refusals of step-ups agreed",
                "Of the step-ups requested in the month that were refused: the share whose refusal "
                "the manager of who asked had agreed to by the instant of the reading.",
            ),
            _step_ups(
                MeasureCode.step_up_refusals_challenged,
                "Refusals of step-ups challenged",
                "Of the step-ups requested in the month that were refused: the share whose refusal "
                "had been challenged by the instant of the reading.",
            ),
            _step_ups(
                MeasureCode.step_up_refusals_upheld,
                "Challenged refusals of step-ups upheld",
                "Of the step-ups requested in the month whose refusal was challenged: the share "
                "whose refusal stood at the end of the challenge, by the instant of the reading.",
            ),
            _step_ups(
                MeasureCode.step_up_time_to_open,
                "Time to open a step-up",
                "Of the step-ups requested in the month that, at the instant of the reading, were "
                "opened or had passed the limit unopened: the share opened within the limit. "
                "Median and longest are of the time from the request until it was opened, or for "
                "one not opened until it ended or the instant of the reading.",
                timed=True,
            ),
            _step_ups(
                MeasureCode.step_up_time_to_answer,
                "Time to answer a step-up",
                "Of the step-ups requested in the month that, at the instant of the reading, were "
                "accepted or refused for good, or had passed the limit for that: the share "
                "answered within the limit. A refusal is an answer once it is agreed, or stands at "
                "the end of a challenge. Median and longest are of the time from the request until "
                "the answer, or for one not answered until it ended or the instant of the reading.",
                timed=True,
            ),
            Measure(
                MeasureCode.step_downs_waiting,
                "Step-downs waiting, and the share that is stuck",
                "Of the step-downs that were requested and had not ended at the end of the month, "
                "or at the instant of the reading where that comes first: the share that was stuck "
                "then, with a running clock past its limit. Median and longest are of the time "
                "since the request. The figure of the whole is that of its last instant, and not a "
                "sum of the months.",
                Unit.per_cent,
                _STEP_DOWNS,
                Counted.transfers,
                (Breakdown.waits_for, *_ASKED),
                timed=True,
                standing=True,
            ),
            Measure(
                MeasureCode.step_downs_returned,
                "Step-downs returned to the sender",
                "Of the step-downs requested in the month: the share that went back to the sender "
                "by the instant of the reading, because the family refused or withdrew its "
                "agreement.",
                Unit.per_cent,
                _STEP_DOWNS,
                Counted.transfers,
                _ASKED,
            ),
            _challenges(
                MeasureCode.challenges_ended,
                "Challenges ended",
                "Of the challenges raised in the month: the share that had ended by the instant of "
                "the reading. A breakdown by stage goes by the highest stage reached, one by "
                "result by the outcome, open where there is none yet.",
            ),
            _challenges(
                MeasureCode.challenges_agreed,
                "Challenges that ended in agreement",
                "Of the challenges raised in the month that had ended by the instant of the "
                "reading: the share that ended in agreement, with nothing changed.",
            ),
            _challenges(
                MeasureCode.challenges_upheld,
                "Challenges that ended with the decision upheld",
                "Of the challenges raised in the month that had ended by the instant of the "
                "reading: the share that ended with the decision or refusal upheld.",
            ),
            _challenges(
                MeasureCode.challenges_changed,
                "Challenges that changed the decision",
                "Of the challenges raised in the month that had ended by the instant of the "
                "reading: the share that ended in a new decision, or in an acceptance.",
            ),
            _published(
                MeasureCode.pi3,
                "Initial child protection conferences within 15 working days",
                "Of the initial child protection conferences that were held in the month and on "
                "the record at the instant of the reading: the share held by the end of the 15th "
                "working day after the strategy meeting that began the enquiry, the last one where "
                "the enquiry was begun anew. It goes by when the conference was held and not by "
                "when that was recorded. Enquiries without a conference are not counted.",
                Counted.section_47_enquiries,
            ),
            _published(
                MeasureCode.pi4,
                "Single assessments within 45 working days",
                "Of the single assessments authorised in the month, by the instant of the reading: "
                "the share authorised by the end of the 45th working day after the referral was "
                "accepted; of a further assessment in the same referral, after it was begun. "
                "Assessments that ended unfinished with their referral are not counted.",
                Counted.assessments,
            ),
            _published(
                MeasureCode.pi5,
                "Children unallocated over 5 working days",
                "Of the children referred to social care who were not allocated to a worker, with "
                "the referral not closed, at the end of the month, or at the instant of the "
                "reading where that comes first: the number whose 5 working days for the "
                "allocation had passed. The value is that number. Median and longest are of the "
                "time since the referral of all who were not allocated. The figure of the whole is "
                "that of its last instant, and not a sum of the months.",
                Counted.referrals,
                standing=True,
            ),
            _published(
                MeasureCode.pi9,
                "Return home interviews within 72 hours",
                "Of the times that a missing child returned in the month for which, at the instant "
                "of the reading, the return home interview had been held or declined, or its limit "
                "had passed: the share with the interview held or declined within 72 hours of the "
                "return. It goes by when that was and not by when it was recorded.",
                Counted.missing_episodes,
            ),
            _strategy(
                MeasureCode.strategy_meetings_same_day,
                "Strategy meetings held on the day",
                "Of the referrals for which it was first decided in the month that the section 47 "
                "threshold may be met, and for which at the instant of the reading a strategy "
                "meeting had been held or the day had passed: the share with the meeting held on "
                "the day of that decision. A referral with several such decisions, on later "
                "concerns, meets it only when none of its meetings came later than the day. Where "
                "the referral closed within the day without a meeting, nothing is counted.",
                Counted.referrals,
            ),
            _strategy(
                MeasureCode.strategy_meetings_quorate,
                "Strategy meetings with a quorum",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading: the share to which all agencies came whom the policy asks for.",
            ),
            _strategy(
                MeasureCode.strategy_early_help_invited,
                "Strategy meetings with early help invited",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading, about a child to whom early help was open: the share to which the early "
                "help practitioner was invited; for several such children, each of them.",
            ),
            _strategy(
                MeasureCode.strategy_school_invited,
                "Strategy meetings with the school invited",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading, about a child of school age: the share to which the school was invited; "
                "for several such children, each school.",
            ),
            _strategy(
                MeasureCode.strategy_medical_decided,
                "Strategy meetings with the medical examination decided",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading, at which injury or sexual abuse of a child was alleged: the share that "
                "decided, for every such child, whether a medical examination takes place.",
            ),
            _strategy(
                MeasureCode.strategy_minutes_in_time,
                "Strategy meeting minutes circulated in time",
                "Of the strategy meetings held in the month whose minutes had been circulated, or "
                "should have been, at the instant of the reading: the share with the minutes "
                "circulated within the policy's limit after the meeting.",
            ),
            Measure(
                MeasureCode.child_seen_in_time,
                "Child seen in time in a section 47 enquiry",
                "Of the section 47 enquiries opened in the month whose child had been seen, or "
                "should have been, at the instant of the reading: the share with the child seen "
                "within the policy's limit after the strategy meeting that first began the "
                "enquiry. It goes by when the child was seen and not by when that was recorded. An "
                "unborn child is not counted.",
                Unit.per_cent,
                "Quarter 3 2018-19 performance and audit report: whether the child was seen and "
                "spoken to alone",
                Counted.section_47_enquiries,
                (),
            ),
            Measure(
                MeasureCode.re_referrals,
                "Re-referrals within 12 months",
                "Of the referrals accepted in the month, by the instant of the reading: the share "
                "of children whose previous referral was accepted less than the policy's months, "
                "twelve as it stands, before the front door was told again. A breakdown by last "
                "known team goes by the team that held the child last before, none where there was "
                "none.",
                Unit.per_cent,
                "Re-referrals within 12 months, by last known team: measures of the front door; "
                "scrutiny report of 18 March 2019",
                Counted.referrals,
                (Breakdown.last_known_team,),
            ),
            _of_contacts(
                MeasureCode.conversion_rate,
                "Contacts that led to a referral",
                "Of the contacts received in the month that, at the instant of the reading, had "
                "every child on them decided and signed off: the share with a signed referral "
                "standing for at least one child. Contacts that were withdrawn are not counted.",
            ),
            _of_contacts(
                MeasureCode.no_further_action_rate,
                "Contacts with no further action",
                "Of the contacts received in the month that, at the instant of the reading, had "
                "every child on them decided and signed off: the share where the signed decision "
                "that stands for every child is no further action. Contacts that were withdrawn "
                "are not counted.",
            ),
            Measure(
                MeasureCode.contacts_withdrawn,
                "Contacts withdrawn without a decision",
                "Of the contacts received in the month: how many were withdrawn by the instant of "
                "the reading and not restored since, because they repeat another contact, are "
                "another authority's, or were an error. None of them counts as decided.",
                Unit.number,
                "Contacts by source and outcome: measures of the front door",
                Counted.contacts,
                (Breakdown.source, Breakdown.withdrawal_reason),
            ),
        )
    }
)


_NOT_YET = Problem("query:as_at", "Name an instant that has come, or leave it out.", "not_yet")


def measure_of(code: str) -> Measure:
    """The measure of that code. Raises MeasureNotFound."""
    try:
        return MEASURES[MeasureCode(code)]
    except ValueError:
        raise MeasureNotFound from None


def require_counted(code: str, counted: Counted) -> None:
    """Raises MeasureCountsOthers for a measure of other cases, and MeasureNotFound."""
    measure = measure_of(code)
    if measure.counted is not counted:
        raise MeasureCountsOthers(
            "Put right the measure and ask again.",
            problems=[
                Problem(
                    "query:measure",
                    f"This measure counts {measure.counted}: ask for its cases where they are "
                    "listed, by the path that the figure gives.",
                    "measure_counts_others",
                )
            ],
        )


def require_breakdown(measure: Measure, by: Breakdown | None) -> None:
    """Raises BreakdownNotPossible for what the measure is not broken down by."""
    if by is not None and by not in measure.breakdowns:
        listed = ", ".join(measure.breakdowns)
        raise BreakdownNotPossible(
            "Put right the breakdown and ask again.",
            problems=[
                Problem(
                    "query:by",
                    f"This measure is broken down by: {listed}."
                    if listed
                    else "This measure is not broken down: leave `by` out.",
                    "breakdown_not_possible",
                )
            ],
        )


def median_minutes(waits: Sequence[timedelta]) -> int | None:
    """The median of several times in whole minutes; None of nothing.

    Of an even number it is the mean of the two in the middle. Small numbers are shown as they are:
    managers act on the very cases.
    """
    if not waits:
        return None
    ordered = sorted(waits)
    return whole_minutes((ordered[(len(waits) - 1) // 2] + ordered[len(waits) // 2]) / 2)


def whole_minutes(wait: timedelta) -> int:
    """A time in whole minutes, the last one ended."""
    return wait // timedelta(minutes=1)


def per_cent(numerator: int, denominator: int) -> Decimal | None:
    """A share in per cent to one decimal, half up; None of nothing.

    Worked out in whole numbers, so that no binary fraction decides a half. The published series
    are rounded to the nearest decimal, not cut off (8 of 9 stands as 88.9, 11 of 19 as 57.9).
    """
    if denominator == 0:
        return None
    tenths = (2000 * numerator + denominator) // (2 * denominator)
    return Decimal(tenths).scaleb(-1)


def month_begins(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def london_midnight(day: date) -> datetime:
    """The instant, in UTC, at which a London day begins."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def period_asked_for(
    now: datetime, as_at: datetime | None, from_on: date | None, to_on: date | None
) -> tuple[datetime, date, date]:
    """The instant and the London days of a reading, with what was left out filled in.

    Left out, `as_at` is now, `to_on` the end of the month of `as_at`, and `from_on` twelve months
    before. Raises PeriodNotPossible naming every fault: what was on the record at an instant that
    has not come cannot be known.
    """
    at = now if as_at is None else as_at
    end = day_months_later(month_begins(london_date(at)), 1) if to_on is None else to_on
    start = from_on
    if start is None:
        before = MONTHS_UNASKED if end == month_begins(end) else MONTHS_UNASKED - 1
        start = day_months_later(month_begins(end), -before)
    problems: list[Problem] = []
    if at > now:
        problems.append(_NOT_YET)
    if start >= end:
        problems.append(
            Problem(
                "query:to",
                "Name a day after `from`: the period goes up to `to` and not with it.",
                "ends_before_it_begins",
            )
        )
    elif day_months_later(month_begins(start), MOST_MONTHS) < end:
        problems.append(
            Problem("query:from", f"Ask for at most {MOST_MONTHS} months at once.", "too_long")
        )
    if problems:
        raise PeriodNotPossible("Put right the period and ask again.", problems=problems)
    return at, start, end


def require_come(now: datetime, as_at: datetime) -> None:
    """Raises PeriodNotPossible for an instant that has not come."""
    if as_at > now:
        raise PeriodNotPossible("Put right the instant and ask again.", problems=[_NOT_YET])


def periods(from_on: date, to_on: date) -> tuple[Period, ...]:
    """The London months of a period of London days; the first and the last may be parts of one."""
    found: list[Period] = []
    begins = from_on
    while begins < to_on:
        ends = min(day_months_later(month_begins(begins), 1), to_on)
        found.append(
            Period(begins.strftime("%Y-%m"), london_midnight(begins), london_midnight(ends))
        )
        begins = ends
    return tuple(found)
