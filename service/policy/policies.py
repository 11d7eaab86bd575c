"""What a policy is once it is loaded: frozen, typed, and asked by name."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar

from service.domain.access import SightRules
from service.domain.authority import (
    AssessmentRules,
    ChallengeRules,
    DailyMeetingRules,
    DecisionPrompt,
    Organisation,
    PartnerRules,
    ReceiptWords,
    RepeatConcernRules,
    StrategyMeetingRules,
    SweepRules,
    Team,
    TeamWork,
    TransferRules,
)
from service.domain.calendar import (
    CalendarUnknown,
    OpenEndedCalendar,
    WorkingCalendar,
    london_date,
    london_midnight,
    london_time,
)
from service.domain.contact_kinds import CONCERN, ContactKind, KindRules
from service.domain.deadlines import (
    ClockEvents,
    DueTimes,
    EscalationStep,
    Rating,
    Timescale,
    due_times,
)
from service.domain.decision_rules import DecisionRules
from service.domain.errors import Invalid, NotFound
from service.domain.events import EventType
from service.domain.own_words import RationaleRules
from service.domain.questions import QuestionRules
from service.domain.recorded_notifications import RecordingRules
from service.domain.removed_teams import RemovedTeam
from service.policy.code_lists import CodeLists


@lru_cache(maxsize=8)
def _open_ended(calendar: WorkingCalendar) -> OpenEndedCalendar:
    """The calendar with weekends alone outside its years, made once: each line of a queue asks."""
    return OpenEndedCalendar(calendar)


class TimescaleUnknown(LookupError):
    """Code asked for a timescale that the policy does not have: a fault of ours, not a caller's."""


class NoRuleInForce(Invalid):
    """The clock would start before the first day that the policy has rules for."""

    code: ClassVar[str] = "no_rule_in_force"
    title: ClassVar[str] = "No rule was in force then"


class OrganisationUnknown(NotFound):
    """The policy names no such organisation."""

    code: ClassVar[str] = "organisation_unknown"
    title: ClassVar[str] = "No such organisation"


class TeamUnknown(NotFound):
    """The policy names no such team."""

    code: ClassVar[str] = "team_unknown"
    title: ClassVar[str] = "No such team"


@dataclass(frozen=True, slots=True)
class Policy:
    """One authority's policy, whole and checked. Made by `load_policy` alone.

    `version` is what the author calls it, `digest` the SHA-256 of the very file; `stamp` is both,
    for the record. `applies_from` is the first London day that it has rules for.
    """

    version: str
    digest: str
    text: str = field(repr=False)
    authority: str
    applies_from: date
    calendar: WorkingCalendar
    holidays_alarm_days: int
    timescales: tuple[Timescale, ...]
    escalation: tuple[EscalationStep, ...]
    sweep: SweepRules
    rationale: RationaleRules
    re_referral_within_months: int
    decision_prompts: tuple[DecisionPrompt, ...]
    decisions: DecisionRules
    one_family_help_service: bool
    transfers: TransferRules
    challenges: ChallengeRules
    strategy_meetings: StrategyMeetingRules
    assessments: AssessmentRules
    daily_meetings: DailyMeetingRules
    recorded_notifications: RecordingRules
    repeat_concern: RepeatConcernRules
    sight: SightRules
    partners: PartnerRules
    questions: QuestionRules
    receipt: ReceiptWords
    organisations: tuple[Organisation, ...]
    teams: tuple[Team, ...]
    removed_teams: tuple[RemovedTeam, ...]
    contact_kinds: Mapping[ContactKind, KindRules]
    codes: CodeLists
    _rules: Mapping[tuple[str, str | None], tuple[Timescale, ...]] = field(
        init=False, repr=False, compare=False
    )
    _own_clocks: Mapping[str, ClockEvents] = field(init=False, repr=False, compare=False)
    _organisations: Mapping[str, Organisation] = field(init=False, repr=False, compare=False)
    _teams: Mapping[str, Team] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rules: dict[tuple[str, str | None], tuple[Timescale, ...]] = {}
        for timescale in sorted(self.timescales, key=lambda rule: rule.applies_from, reverse=True):
            key = (timescale.kind, timescale.rating)
            rules[key] = (*rules.get(key, ()), timescale)
        own = {
            timescale.kind: timescale.events
            for timescale in self.timescales
            if timescale.events is not None
        }
        object.__setattr__(self, "contact_kinds", MappingProxyType(dict(self.contact_kinds)))
        object.__setattr__(self, "_own_clocks", MappingProxyType(own))
        by_id = {organisation.id: organisation for organisation in self.organisations}
        object.__setattr__(self, "_rules", MappingProxyType(rules))
        object.__setattr__(self, "_organisations", MappingProxyType(by_id))
        object.__setattr__(self, "_teams", MappingProxyType({team.id: team for team in self.teams}))

    @property
    def stamp(self) -> str:
        """The version with the beginning of the digest: an edit without a new version shows."""
        return f"{self.version}+{self.digest[:12]}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of timescale, in the order of the file."""
        return tuple(dict.fromkeys(timescale.kind for timescale in self.timescales))

    def timescale(
        self, kind: str, rating: Rating | str | None = None, *, at: datetime
    ) -> Timescale:
        """The rule of this kind (and rating) in force for a clock that starts at `at`.

        Raises TimescaleUnknown when there is no such kind or it is not told apart by that rating,
        NoRuleInForce when `at` is before its first rule.
        """
        rules = self._rules.get((kind, None if rating is None else str(rating)))
        if rules is None:
            raise TimescaleUnknown(f"The policy has no timescale {kind} with rating {rating}.")
        try:
            started_on = london_date(at)
        except OverflowError:
            started_on = at.date()
        for rule in rules:
            if rule.applies_from <= started_on:
                return rule
        raise NoRuleInForce(
            f"No timescale is known here for anything before {rules[-1].applies_from.isoformat()}. "
            "Check the date."
        )

    def why_no_rule(self, kinds: Iterable[str], *, at: datetime) -> str | None:
        """A sentence when no rule is in force for one of these kinds at `at`, else None.

        For kinds that are not told apart by rating. Raises TimescaleUnknown.
        """
        try:
            for kind in kinds:
                self.timescale(kind, at=at)
        except NoRuleInForce as refusal:
            return refusal.detail
        return None

    def started_by(self, event: EventType, *, at: datetime) -> tuple[Timescale, ...]:
        """The authority's own timescales whose clocks this event starts, at `at`."""
        return tuple(
            self.timescale(kind, at=at)
            for kind, events in self._own_clocks.items()
            if events.started_by is event
        )

    def hangs_a_clock_on(self, event: EventType) -> bool:
        """Whether a clock of the authority's own starts or stops by this event."""
        return any(
            event is events.started_by or event in events.stopped_by
            for events in self._own_clocks.values()
        )

    def stopped_by(self, event: EventType) -> tuple[str, ...]:
        """The kinds of the authority's own clocks that this event stops."""
        return tuple(
            kind for kind, events in self._own_clocks.items() if event in events.stopped_by
        )

    def due_times(
        self,
        kind: str,
        started_at: datetime,
        rating: Rating | str | None = None,
        *,
        expected_delivery_on: date | None = None,
    ) -> DueTimes:
        """When a clock of this kind that starts at `started_at` runs out, and why."""
        rule = self.timescale(kind, rating, at=started_at)
        return self.due_times_by(rule, started_at, expected_delivery_on=expected_delivery_on)

    def due_times_by(
        self, rule: Timescale, started_at: datetime, *, expected_delivery_on: date | None = None
    ) -> DueTimes:
        """When a clock by this rule that starts at `started_at` runs out, and why.

        Nothing is refused because the bank holidays of the next years are not on file yet: past
        the known years weekends alone are left out, so that the limit may come early and never
        late, and the sum says so. The holidays alarm is the operator's.
        """
        try:
            return due_times(
                rule,
                started_at,
                self.calendar,
                self.stamp,
                expected_delivery_on=expected_delivery_on,
            )
        except CalendarUnknown:
            found = due_times(
                rule,
                started_at,
                _open_ended(self.calendar),
                self.stamp,
                expected_delivery_on=expected_delivery_on,
            )
        known = (
            f"bank holidays are known here from {self.calendar.holidays_known_from.isoformat()} to "
            f"{self.calendar.holidays_known_until.isoformat()} only, outside them weekends alone "
            "were skipped: the limit may be early and is never late"
        )
        told = replace(found.explanation, sum=f"{found.explanation.sum}; {known}")
        return replace(found, explanation=told)

    def kind(self, kind: ContactKind) -> KindRules:
        """The path of a kind of contact; a concern has none, its children are decided."""
        return self.contact_kinds.get(kind, CONCERN)

    def organisation(self, organisation_id: str) -> Organisation:
        """The organisation of that id. Raises OrganisationUnknown."""
        found = self._organisations.get(organisation_id)
        if found is None:
            raise OrganisationUnknown(
                "No organisation of that id is in the policy. Look it up in the list of "
                "organisations, or ask the administrator to add it to the policy file."
            )
        return found

    def find_organisation(self, organisation_id: str) -> Organisation | None:
        """The organisation of that id, or None."""
        return self._organisations.get(organisation_id)

    def team(self, team_id: str) -> Team:
        """The team of that id. Raises TeamUnknown."""
        found = self._teams.get(team_id)
        if found is None:
            raise TeamUnknown(
                "No team of that id is in the policy. Look it up in the list of teams, or ask the "
                "administrator to add it to the policy file."
            )
        return found

    def find_team(self, team_id: str) -> Team | None:
        """The team of that id, or None."""
        return self._teams.get(team_id)

    def taker_of(self, team_id: str, work: TeamWork) -> str | None:
        """The team that takes over such work of a removed team; None when nobody does."""
        for removed in self.removed_teams:
            if removed.id == team_id:
                takers = (self._teams[one] for one in removed.taken_over_by)
                return next((team.id for team in takers if work in team.accepts), None)
        return None

    def teams_for(self, work: TeamWork) -> tuple[Team, ...]:
        """The teams that take this work, in the order of the file; there is always one.

        The first is the one that is accountable until somebody says otherwise.
        """
        return tuple(team for team in self.teams if work in team.accepts)

    def daily_meeting_day(self, received_at: datetime) -> date:
        """The London day of the daily meeting that hears what was received at an instant.

        Up to the cut-off of a working day that day's, else the next working day's.
        """
        at = london_time(received_at)
        calendar = _open_ended(self.calendar)
        in_time = at.time() <= self.daily_meetings.cut_off
        if in_time and calendar.is_working_day(at.date()):
            return at.date()
        return calendar.add_working_days(at.date(), 1)

    def first_daily_meeting(
        self, received_at: datetime, now: datetime, concluded: Container[date] = ()
    ) -> date:
        """The London day of the first meeting that can hear what was received, and is told of now.

        What is told of when the meeting of its day lies behind, or is concluded, goes to the next.
        """
        day = self.daily_meeting_day(received_at)
        if day < london_date(now):
            day = self.daily_meeting_day(now)
        while day in concluded:
            day = self.next_working_day(day)
        return day

    def is_working_day(self, day: date) -> bool:
        """Whether people are at work that day, as far as is known."""
        return _open_ended(self.calendar).is_working_day(day)

    def next_working_day(self, day: date) -> date:
        """The first working day after a day, as far as is known."""
        return _open_ended(self.calendar).add_working_days(day, 1)

    def office_closes(self, at: datetime) -> datetime | None:
        """When the office that is open at an instant closes; None: that is out of hours."""
        return _open_ended(self.calendar).office_closes(at)

    def working_days_old(self, since: datetime, now: datetime) -> int:
        """How many working days lie after the London day of `since`, up to and with that of `now`.

        Outside the known years weekends alone are left out.
        """
        calendar = _open_ended(self.calendar)
        return calendar.working_days_between(london_date(since), london_date(now))

    def older_than(self, working_days: int, now: datetime) -> datetime:
        """The instant before which something began that is more than so many working days old."""
        calendar = _open_ended(self.calendar)
        day = calendar.day_over_working_days_ago(london_date(now), working_days)
        return london_midnight(day + timedelta(days=1))

    def holidays_alarm(self, today: date) -> str | None:
        """A sentence for the operator when the known bank holidays are about to end, else None."""
        return self.calendar.alarm(today, within_days=self.holidays_alarm_days)
