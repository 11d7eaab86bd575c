"""Deadlines: when a timescale falls due, why, and how long is left, to the minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, ClassVar, Final
from uuid import UUID

from service.domain.calendar import (
    SkipKind,
    SkippedDay,
    WorkingCalendar,
    london_date,
    london_day_ends,
    london_instant,
    london_time,
)
from service.domain.errors import Invalid
from service.domain.events import EventType
from service.domain.fields import Id, plain
from service.domain.flags import SubjectKind
from service.domain.limits import SameDayLimit, WeeksLimit, WorkingDaysLimit
from service.domain.texts import counted

# In words of our own: strftime speaks the language of the machine, and takes its time.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
TERM_IN_WEEKS = 40
"""The week of pregnancy that is complete on the expected date of delivery."""

_MANY_SKIPPED = 7
_NOON = time(12)


class DeadlineUnknown(Invalid):
    """No due time can be given for a clock that starts at that instant."""

    code: ClassVar[str] = "deadline_unknown"
    title: ClassVar[str] = "No deadline for that time"


class Rating(StrEnum):
    """How urgent a contact was judged at triage; some timescales differ by it."""

    red = "red"
    amber = "amber"
    green = "green"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One running instance of a timescale: the one way in which lateness is known.

    `stopped_at` is when what stopped it was recorded; `happened_at` when it happened, where it was
    recorded later than it happened.
    """

    id: Id
    kind: Annotated[str, plain("The timescale, by its name in the policy.")]
    variant: Annotated[
        str | None, plain("The rating it was started with, where the limit depends on it.")
    ]
    subject_kind: Annotated[SubjectKind, plain("What it runs on.")]
    subject_id: Annotated[UUID, plain("Which one.")]
    contact_id: Annotated[UUID, plain("The contact behind it.")]
    owner_role: Annotated[str, plain("The role that must act.")]
    started_at: Annotated[datetime, plain("When the clock started.")]
    due_at: Annotated[datetime, plain("The limit.")]
    warn_at: Annotated[datetime | None, plain("When a warning is raised.")]
    warned_at: Annotated[datetime | None, plain("When the warning was raised.")]
    breached_at: Annotated[datetime | None, plain("When the breach was raised.")]
    stopped_at: Annotated[datetime | None, plain("When the clock stopped.")]
    stopped_because: Annotated[str | None, plain("What stopped it.")]
    happened_at: Annotated[
        datetime | None, plain("When that happened, where it was recorded later than it happened.")
    ]
    policy_version: Annotated[str, plain("Version of the policy it was computed by.")]
    explanation: Annotated[dict[str, object], plain("The sum: rule, days skipped, due.")]


@dataclass(frozen=True, slots=True)
class ElapsedLimit:
    """Real time that runs day and night, through weekends and the change of the clocks."""

    duration: timedelta

    @property
    def words(self) -> str:
        """The limit as people say it: "24 hours"."""
        return duration_words(self.duration)


@dataclass(frozen=True, slots=True)
class NextWorkingDayLimit:
    """To a time of the working day that begins next: of this one, before its office has opened."""

    at: time

    @property
    def words(self) -> str:
        """The limit as people say it: "noon of the next working day"."""
        at = "noon" if self.at == _NOON else f"{self.at:%H:%M}"
        return f"{at} of the next working day"


@dataclass(frozen=True, slots=True)
class PregnancyLimit:
    """To the end of the day on which so many weeks of pregnancy are complete.

    Weeks are counted as midwives count them: forty are complete on the expected date of delivery.
    Whoever is told late in a pregnancy has `at_least` working days all the same.
    """

    weeks: int
    at_least: WorkingDaysLimit | None = None

    @property
    def words(self) -> str:
        """The limit as people say it: "20 weeks of pregnancy"."""
        words = f"{counted(self.weeks, 'week')} of pregnancy"
        if self.at_least is None:
            return words
        return f"{words}, and {self.at_least.words} at least"

    def day(self, expected_delivery_on: date) -> date:
        """The day on which so many weeks are complete."""
        return expected_delivery_on - timedelta(weeks=TERM_IN_WEEKS - self.weeks)


Limit = (
    ElapsedLimit
    | WorkingDaysLimit
    | SameDayLimit
    | NextWorkingDayLimit
    | WeeksLimit
    | PregnancyLimit
)


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A flag left unacknowledged for `after` (real time since it was raised) goes to `role`."""

    after: timedelta
    role: str


@dataclass(frozen=True, slots=True)
class ClockEvents:
    """What starts a clock of the authority's own, and what stops it: events, by their names.

    `started_by` is None for one that is to run out: what runs is still stopped, nothing starts.
    """

    started_by: EventType | None
    stopped_by: tuple[EventType, ...]


@dataclass(frozen=True, slots=True)
class Timescale:
    """A rule with a limit, as the policy states it. One running instance of it is a deadline.

    `starts` and `stops` say in words what starts and stops the clock. `warn_before` is how long
    before the limit the warning comes (None: no warning); only a working-days limit may be warned
    in working days. `local` marks the authority's own practice, as against law or statutory
    guidance, named in `source`. `owner` is the role that a flag goes to first, `escalation` whom
    it goes to when nobody acknowledges it. `applies_from` is the first London day on which a
    clock that starts then is under this rule. `rating` is set when the rule is for one rating.
    `events` is set for a clock that the authority added in its policy, and for none that the
    service starts and stops by itself. `has_own_escalation` when it does not go the common way.
    """

    kind: str
    title: str
    limit: Limit
    warn_before: Limit | None
    starts: str
    stops: str
    source: str
    local: bool
    owner: str
    escalation: tuple[EscalationStep, ...]
    applies_from: date
    rating: Rating | None = None
    events: ClockEvents | None = None
    has_own_escalation: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a deadline is what it is: all that is needed to do the sum again by hand.

    Instants are RFC 3339 in UTC; `skipped` are (day, kind, reason) of the days not counted;
    `sum` is the whole in one sentence, in London time.
    """

    kind: str
    title: str
    rating: str | None
    source: str
    local: bool
    applies_from: str
    policy_version: str
    calendar_version: str
    starts: str
    stops: str
    started_at: str
    limit: str
    skipped: tuple[SkippedDay, ...]
    due_at: str
    warn_at: str | None
    sum: str

    def as_json(self) -> dict[str, object]:
        """The same, of plain strings, lists and dictionaries, ready for a JSON column."""
        return {
            "kind": self.kind,
            "title": self.title,
            "rating": self.rating,
            "source": self.source,
            "local": self.local,
            "applies_from": self.applies_from,
            "policy_version": self.policy_version,
            "calendar_version": self.calendar_version,
            "starts": self.starts,
            "stops": self.stops,
            "started_at": self.started_at,
            "limit": self.limit,
            "skipped": [
                {"on": day.on.isoformat(), "kind": day.kind.value, "reason": day.reason}
                for day in self.skipped
            ],
            "due_at": self.due_at,
            "warn_at": self.warn_at,
            "sum": self.sum,
        }


@dataclass(frozen=True, slots=True)
class DueTimes:
    """When a clock runs out, when to warn (None: never), and why. Instants are UTC."""

    due_at: datetime
    warn_at: datetime | None
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Whole minutes to the deadline, rounded down: below nought exactly when it has passed."""

    minutes: int
    words: str

    @property
    def overdue(self) -> bool:
        """Whether the deadline has passed."""
        return self.minutes < 0


def due_times(
    timescale: Timescale,
    started_at: datetime,
    calendar: WorkingCalendar,
    policy_version: str,
    *,
    expected_delivery_on: date | None = None,
) -> DueTimes:
    """When a clock of this timescale that started at `started_at` falls due, and why.

    Elapsed limits are added in UTC, so 24 hours are 24 hours on the nights the clocks change.
    Working days are counted from the day after the London day of the start; the deadline is the
    end of the last of them. Weeks of pregnancy are counted back from `expected_delivery_on`, which
    such a limit needs. The warning never comes before the start.
    Source: domain rules, section on clocks (the clock starts when the sender says it happened).
    Raises CalendarUnknown or DeadlineUnknown when the answer is outside what is known; ValueError
    when `started_at` has no zone.
    """
    if started_at.tzinfo is None:
        raise ValueError("A clock cannot start at an instant without a zone.")
    try:
        started_at = started_at.astimezone(UTC)
        due_at, skipped = _due(timescale.limit, started_at, calendar, expected_delivery_on)
        warn_at = _warn(timescale, started_at, due_at, calendar)
        explanation = _explain(
            timescale,
            started_at,
            due_at,
            warn_at,
            skipped,
            calendar,
            policy_version,
            expected_delivery_on,
        )
    except OverflowError:
        raise DeadlineUnknown(
            "That time is too far away for a deadline to be counted from it. Check the date."
        ) from None
    return DueTimes(due_at, warn_at, explanation)


def time_left(due_at: datetime, now: datetime) -> TimeLeft:
    """How long is left at `now`, in whole minutes rounded down and in words.

    A minute begun is not a minute left: thirty seconds before the deadline nothing but "less than
    a minute" is left, thirty seconds after it the first minute overdue is running. ValueError
    when an instant has no zone.
    """
    if due_at.tzinfo is None or now.tzinfo is None:
        raise ValueError("Time left needs two instants with a zone.")
    if due_at.tzinfo is UTC and now.tzinfo is UTC:
        left = due_at - now
    else:
        # In UTC: aware subtraction within one zone ignores the change of the clocks.
        left = due_at.astimezone(UTC) - now.astimezone(UTC)
    minutes = left // _MINUTE
    if minutes:
        return _minutes_left(minutes)
    return _UNDER_A_MINUTE if left else _DUE_NOW


_MINUTE: Final = timedelta(minutes=1)
_DUE_NOW: Final = TimeLeft(0, "due now")
_UNDER_A_MINUTE: Final = TimeLeft(0, "less than a minute left")


@lru_cache(maxsize=4096)
def _minutes_left(minutes: int) -> TimeLeft:
    words = duration_words(timedelta(minutes=abs(minutes)), short=True)
    return TimeLeft(minutes, f"{words} overdue" if minutes < 0 else f"{words} left")


@lru_cache(maxsize=4096)
def duration_words(duration: timedelta, *, short: bool = False) -> str:
    """A duration in words, to the minute: "24 hours", or short: "3 days 1 h 5 min"."""
    minutes = duration // timedelta(minutes=1)
    days, hours = (minutes // 1440, minutes % 1440 // 60) if short else (0, minutes // 60)
    minutes %= 60
    parts: list[str] = []
    if days:
        parts.append(counted(days, "day"))
    if hours:
        parts.append(f"{hours} h" if short else counted(hours, "hour"))
    if minutes:
        parts.append(f"{minutes} min" if short else counted(minutes, "minute"))
    return " ".join(parts) or ("0 min" if short else "no time")


def _due(
    limit: Limit,
    started_at: datetime,
    calendar: WorkingCalendar,
    expected_delivery_on: date | None,
) -> tuple[datetime, tuple[SkippedDay, ...]]:
    if isinstance(limit, ElapsedLimit):
        return started_at + limit.duration, ()
    started_on = london_date(started_at)
    if isinstance(limit, SameDayLimit):
        return london_day_ends(started_on), ()
    if isinstance(limit, WeeksLimit):
        return london_day_ends(started_on + timedelta(weeks=limit.weeks)), ()
    if isinstance(limit, NextWorkingDayLimit):
        due_on = calendar.next_to_begin(started_at, limit.at)
        return london_instant(due_on, limit.at), calendar.skipped_between(started_on, due_on)
    if isinstance(limit, PregnancyLimit):
        if expected_delivery_on is None:
            raise ValueError("A limit in weeks of pregnancy needs the expected date of delivery.")
        by_weeks = london_day_ends(limit.day(expected_delivery_on))
        if limit.at_least is None:
            return by_weeks, ()
        least, skipped = _due(limit.at_least, started_at, calendar, None)
        return (by_weeks, ()) if by_weeks >= least else (least, skipped)
    due_on = calendar.add_working_days(started_on, limit.working_days)
    return calendar.end_of(due_on), calendar.skipped_between(started_on, due_on)


def _warn(
    timescale: Timescale, started_at: datetime, due_at: datetime, calendar: WorkingCalendar
) -> datetime | None:
    before = timescale.warn_before
    if before is None:
        return None
    if isinstance(before, ElapsedLimit):
        return max(started_at, due_at - before.duration)
    if not (isinstance(before, WorkingDaysLimit) and isinstance(timescale.limit, WorkingDaysLimit)):
        raise ValueError("Only a limit in working days is warned of in working days.")
    remaining = timescale.limit.working_days - before.working_days
    if remaining < 1:
        return started_at
    return calendar.end_of(calendar.add_working_days(london_date(started_at), remaining))


def _explain(
    timescale: Timescale,
    started_at: datetime,
    due_at: datetime,
    warn_at: datetime | None,
    skipped: tuple[SkippedDay, ...],
    calendar: WorkingCalendar,
    policy_version: str,
    expected_delivery_on: date | None,
) -> Explanation:
    return Explanation(
        kind=timescale.kind,
        title=timescale.title,
        rating=None if timescale.rating is None else timescale.rating.value,
        source=timescale.source,
        local=timescale.local,
        applies_from=timescale.applies_from.isoformat(),
        policy_version=policy_version,
        calendar_version=calendar.version,
        starts=timescale.starts,
        stops=timescale.stops,
        started_at=_rfc3339(started_at),
        limit=timescale.limit.words,
        skipped=skipped,
        due_at=_rfc3339(due_at),
        warn_at=None if warn_at is None else _rfc3339(warn_at),
        sum=_sum(timescale, started_at, due_at, skipped, expected_delivery_on),
    )


def _sum(
    timescale: Timescale,
    started_at: datetime,
    due_at: datetime,
    skipped: Sequence[SkippedDay],
    expected_delivery_on: date | None,
) -> str:
    start, due = london_time(started_at), london_time(due_at)
    zoned = _read_twice(start)
    if isinstance(timescale.limit, ElapsedLimit):
        zoned = zoned or _read_twice(due) or start.utcoffset() != due.utcoffset()
    begun = f"{timescale.starts[:1].upper()}{timescale.starts[1:]} {_in_words(start, zoned=zoned)}"
    words = timescale.limit.words
    if isinstance(timescale.limit, ElapsedLimit):
        return f"{begun}; {words}, day and night; due by {_in_words(due, zoned=zoned)}"
    parts = [begun, words]
    if isinstance(timescale.limit, PregnancyLimit) and expected_delivery_on is not None:
        on = _day_in_words(datetime.combine(expected_delivery_on, time()))
        parts.append(f"{TERM_IN_WEEKS} are complete on {on}")
    if skipped:
        parts.append(f"{_skipped_words(skipped)} skipped")
    if isinstance(timescale.limit, NextWorkingDayLimit):
        parts.append(f"due by {_in_words(due, zoned=zoned)}")
    else:
        parts.append(f"due by the end of {_day_in_words(due)} ({due:%H:%M})")
    return "; ".join(parts)


def _skipped_words(skipped: Sequence[SkippedDay]) -> str:
    if len(skipped) <= _MANY_SKIPPED:
        return _listed([day.reason for day in skipped])
    weekend = sum(day.kind is SkipKind.weekend for day in skipped)
    named = [day.reason for day in skipped if day.kind is not SkipKind.weekend]
    return _listed([f"{weekend} Saturdays and Sundays", *named] if weekend else named)


def _listed(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _in_words(at: datetime, *, zoned: bool) -> str:
    zone = f" {at.tzname()}" if zoned else ""
    return f"{_day_in_words(at)} {at:%H:%M}{zone}"


def _day_in_words(at: datetime) -> str:
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}"


def _read_twice(at: datetime) -> bool:
    return at.utcoffset() != at.replace(fold=1 - at.fold).utcoffset()


def _rfc3339(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat()}Z"
