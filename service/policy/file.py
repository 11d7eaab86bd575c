"""The policy file as a whole: its tables, and what they say against one another."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, ClassVar

from service.domain.authority import TeamWork
from service.domain.calendar import CalendarFaulty
from service.domain.deadlines import Rating
from service.domain.limits import WorkingDaysLimit
from service.domain.texts import counted
from service.policy.contact_kinds import ContactKindTable, faults_of_kinds
from service.policy.hearers import Hearers, faults_of_common_chain
from service.policy.tables import (
    NEEDED_PROMPTS,
    About,
    AssessmentsTable,
    CalendarTable,
    ChallengesTable,
    DailyMeetingsTable,
    DecisionsTable,
    FamilyHelpTable,
    InformationRequestsTable,
    NamedById,
    OrganisationTable,
    PartnersTable,
    RationaleTable,
    ReceiptTable,
    RecordedNotificationsTable,
    RemovedTeamTable,
    RepeatConcernTable,
    ReReferralTable,
    SightTable,
    StrategyMeetingsTable,
    SweepTable,
    TeamTable,
    TransfersTable,
)
from service.policy.timescales import NEEDED_KINDS, EscalationTable, TimescaleTable
from service.policy.values import Key, Words, list_of_tables, unknown
from service.policy.written import Fault, Wanted, Written


class PolicyFile(Written):
    """The whole file. Read whole, or as far as it can be with every fault in it."""

    lists: ClassVar[frozenset[str]] = frozenset(
        {"timescale", "contact_kind", "organisation", "team", "removed_team"}
    )

    policy: About
    calendar: CalendarTable
    escalation: EscalationTable
    timescale: Annotated[tuple[TimescaleTable, ...], list_of_tables(1), Wanted("at least 1")]
    sweep: SweepTable
    rationale: RationaleTable
    re_referral: ReReferralTable
    decision_prompts: dict[Key, Words]
    decisions: DecisionsTable
    family_help: FamilyHelpTable
    transfers: TransfersTable
    challenges: ChallengesTable
    strategy_meetings: StrategyMeetingsTable
    assessments: AssessmentsTable
    daily_meetings: DailyMeetingsTable
    recorded_notifications: RecordedNotificationsTable
    repeat_concern: RepeatConcernTable
    sight: SightTable
    partners: PartnersTable
    information_requests: InformationRequestsTable
    receipt: ReceiptTable
    contact_kind: Annotated[tuple[ContactKindTable, ...], list_of_tables(1), Wanted("at least 1")]
    organisation: Annotated[tuple[OrganisationTable, ...], list_of_tables()] = ()
    team: Annotated[tuple[TeamTable, ...], list_of_tables(1), Wanted("at least 1")]
    removed_team: Annotated[tuple[RemovedTeamTable, ...], list_of_tables()] = ()

    @property
    def applies_from(self) -> date | None:
        """The first day that it has rules for, where that could be read."""
        known = self.reads("policy") and self.policy.reads("applies_from")
        return self.policy.applies_from if known else None

    def own_faults(self) -> Iterator[Fault]:
        """What no table can know by itself."""
        yield from self._faults_of_calendar()
        if self.reads("timescale"):
            yield from self._faults_of_timescales(self.timescale)
        elif not self._written.get("timescale"):
            yield from _missing_kinds(())
        yield from self._missing_prompts()
        if self.reads("contact_kind"):
            yield from faults_of_kinds(self.contact_kind)
        for name in ("organisation", "team", "removed_team"):
            yield from _repeated(name, getattr(self, name) if self.reads(name) else ())
        if self.reads("team"):
            yield from self._faults_of_teams(self.team)

    def _faults_of_calendar(self) -> Iterator[Fault]:
        if not (self.reads("calendar") and self.calendar.reads("first_year", "last_year")):
            return
        begins = self.applies_from
        if begins is not None and begins.year < self.calendar.first_year:
            told = f"is after {begins.isoformat()}, where the policy begins."
            yield Fault(told, "calendar first_year")
        try:
            _ = self.calendar.working
        except CalendarFaulty as error:
            yield Fault(str(error), "calendar")

    def _faults_of_timescales(self, timescales: Sequence[TimescaleTable]) -> Iterator[Fault]:
        yield from _same_rules(timescales)
        yield from _missing_kinds(timescales)
        if self.applies_from is not None:
            yield from _late_beginnings(timescales, self.applies_from)
        if self.reads("escalation") and not any(self.escalation.all_faults()):
            common = [
                Hearers(one.kind, one.events, one.owner)
                for one in timescales
                if one.reads("kind", "owner") and not one.says("escalation")
            ]
            for fault in faults_of_common_chain(self.escalation.chain, common):
                yield Fault(fault.message, f"escalation {fault.key}")
        if self.reads("calendar") and self.calendar.reads("holidays_alarm_days"):
            yield from _short_horizon(timescales, self.calendar.holidays_alarm_days)

    def _missing_prompts(self) -> Iterator[Fault]:
        written = self._written.get("decision_prompts")
        if not isinstance(written, dict):
            return
        for key in NEEDED_PROMPTS:
            if key not in written:
                told = "is missing; add the question that a decision must answer."
                yield Fault(told, f"decision_prompts {key}")
        if self.reads("decisions") and self.decisions.reads("light_prompts"):
            for key in self.decisions.light_prompts:
                if reason := unknown(key, written):
                    yield Fault(reason, "decisions light_prompts")

    def _faults_of_teams(self, teams: Sequence[TeamTable]) -> Iterator[Fault]:
        if all(one.reads("accepts") for one in teams):
            taken = {work for one in teams for work in one.accepts}
            for work in TeamWork:
                if work not in taken:
                    told = f'no team accepts "{work.value}"; somebody has to be accountable for it.'
                    yield Fault(told, "team")
        known = [one.id for one in teams if one.reads("id")]
        for number, one in enumerate(self.removed_team if self.reads("removed_team") else (), 1):
            at = f"removed_team number {number}" + (f" ({one.known_as})" if one.known_as else "")
            if one.reads("id") and one.id in known:
                yield Fault("is a team of this policy still: remove one of the two.", f"{at} id")
            for taker in one.taken_over_by if one.reads("taken_over_by") else ():
                if known and (reason := unknown(taker, known)):
                    yield Fault(reason, f"{at} taken_over_by")


def _repeated(what: str, entries: Sequence[NamedById]) -> Iterator[Fault]:
    seen: set[str] = set()
    for one in entries:
        if one.reads("id"):
            if one.id in seen:
                told = f'the id "{one.id}" is given twice; ids name one {what} each.'
                yield Fault(told, what)
            seen.add(one.id)


def _same_rules(timescales: Sequence[TimescaleTable]) -> Iterator[Fault]:
    places: dict[object, str] = {}
    for number, one in enumerate(timescales, start=1):
        if not one.reads("kind", "rating", "applies_from"):
            continue
        at = f"timescale number {number} ({one.known_as})"
        rule = (one.kind, one.rating, one.applies_from)
        if rule in places:
            other = places[rule].replace("timescale", "[[timescale]]", 1)
            told = f"is the same kind, rating and applies_from as {other}; "
            yield Fault(told + "remove one, or give it another applies_from.", at)
        places.setdefault(rule, at)


def _by_kind(timescales: Sequence[TimescaleTable]) -> dict[str, list[TimescaleTable]]:
    found: defaultdict[str, list[TimescaleTable]] = defaultdict(list)
    for one in timescales:
        if one.reads("kind"):
            found[one.kind].append(one)
    return found


def _missing_kinds(timescales: Sequence[TimescaleTable]) -> Iterator[Fault]:
    by_kind = _by_kind(timescales)
    unread = any(not one.reads("kind") and not one.peek("kind") for one in timescales)
    for kind, rated in NEEDED_KINDS.items():
        if kind not in by_kind:
            # One of those whose kind cannot be read at all may be the one.
            if not unread:
                told = f"{kind} is missing; the service cannot run without it."
                yield Fault(told, "timescale")
        elif rated != all(one.says("rating") for one in by_kind[kind]):
            must = "one entry for each rating" if rated else "no rating"
            yield Fault(f"must have {must}.", f"timescale {kind}")
    for kind, rules in by_kind.items():
        with_rating = [one for one in rules if one.says("rating")]
        if not with_rating:
            continue
        if len(with_rating) < len(rules):
            told = "has entries with and without a rating; decide for one."
            yield Fault(told, f"timescale {kind}")
        elif all(one.reads("rating") for one in rules):
            given = {one.rating for one in rules}
            missing = [rating.value for rating in Rating if rating not in given]
            if missing:
                told = f"has no entry for {' and '.join(missing)}."
                yield Fault(told, f"timescale {kind}")


def _late_beginnings(timescales: Sequence[TimescaleTable], begins: date) -> Iterator[Fault]:
    first: dict[tuple[str, Rating | None], date] = {}
    for one in timescales:
        if one.reads("kind", "rating", "applies_from"):
            rule = (one.kind, one.rating)
            first[rule] = min(first.get(rule, date.max), one.applies_from or begins)
    for (kind, rating), begins_on in first.items():
        if begins_on > begins:
            named = kind if rating is None else f"{kind} {rating.value}"
            told = (
                f"its first rule applies from {begins_on.isoformat()}, but the policy begins on "
                f"{begins.isoformat()}; add the rule in force until then."
            )
            yield Fault(told, f"timescale {named}")


def _short_horizon(timescales: Sequence[TimescaleTable], alarm_days: int) -> Iterator[Fault]:
    limits = (one.limit for one in timescales if one.reads("limit"))
    most = max((one.working_days for one in limits if isinstance(one, WorkingDaysLimit)), default=0)
    # Weekends, and two weeks for holidays: the alarm has to come before a deadline fails.
    needed = min(366, most * 7 // 5 + 14)
    if alarm_days < needed:
        told = (
            f"must be at least {needed}, since the longest limit is "
            f"{counted(most, 'working day')} and has to be countable until somebody acts on the "
            "alarm."
        )
        yield Fault(told, "calendar holidays_alarm_days")
