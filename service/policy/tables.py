"""The tables of the policy file: which keys each has, and how its values are written."""

from collections.abc import Iterator
from datetime import date, time
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from service.domain.access import GRANTS, Permission, Role, Sharing
from service.domain.authority import AgencyKind, TeamService, TeamWork
from service.domain.calendar import OfficeHours, WorkingCalendar
from service.domain.contacts import LawfulBasis
from service.domain.decisions import Outcome
from service.domain.police_notifications import Risk
from service.domain.strategy_meetings import Agency
from service.policy.code_lists import england
from service.policy.hearers import faults_of_stages
from service.policy.values import (
    NUMBER,
    TEXT,
    TEXTS,
    Hours,
    Identifier,
    Key,
    Name,
    Words,
    YesOrNo,
    chosen,
    list_of_tables,
    one_of,
    several,
    some_of,
    texts,
    time_of_day,
    unknown,
    words,
)
from service.policy.written import Fault, Wanted, Written

NEEDED_PROMPTS = (
    "child_voice",
    "father_and_significant_adults",
    "culture_disability_language",
    "domestic_abuse",
    "neglect_and_tool",
)
"""What no policy may leave out (domain rules: what decisions keep missing)."""

_NOON = time(12, 0)
_QUORUM_AGENCIES = tuple(one for one in Agency if one is not Agency.other)
# High risk is for the meeting to decide, whatever an authority would like.
_RISKS_WITHOUT_DISCUSSION = tuple(one for one in Risk if one is not Risk.high)
_ANSWERING_ROLES = tuple(
    role.value for role in Role if role in GRANTS[Permission.answer_challenge].roles
)

Answering: TypeAlias = Annotated[str, one_of(lambda: _ANSWERING_ROLES), TEXT]
Factors: TypeAlias = Annotated[tuple[str, ...], some_of(lambda: england().assessment_factor), TEXTS]
Texts: TypeAlias = Annotated[tuple[str, ...], texts(), TEXTS]
Coded: TypeAlias = Annotated[
    dict[Key, Annotated[str, words(200)]],
    Field(min_length=1),
    AfterValidator(MappingProxyType),
    Wanted("a table of codes, each with its words"),
]
Day: TypeAlias = Annotated[date, Wanted("a date")]
Year: TypeAlias = Annotated[int, Field(ge=1978, le=2100), NUMBER]


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class OfficeHoursTable(Written):
    """[calendar.office_hours]: when the office is open; a day that is left out, it is closed."""

    monday: Hours | None = None
    tuesday: Hours | None = None
    wednesday: Hours | None = None
    thursday: Hours | None = None
    friday: Hours | None = None
    saturday: Hours | None = None
    sunday: Hours | None = None

    def own_faults(self) -> Iterator[Fault]:
        """An office that never opens from Monday to Friday would leave no next working day."""
        if not any(self.says(day) for day in WEEKDAYS[:5]):
            yield Fault("names no day from Monday to Friday; say when the office is open.")

    @property
    def hours(self) -> OfficeHours:
        """The hours that could be read, by the day of the week."""
        found = {
            number: getattr(self, day) if self.reads(day) else None
            for number, day in enumerate(WEEKDAYS)
        }
        return MappingProxyType({day: hours for day, hours in found.items() if hours is not None})


class About(Written):
    """[policy]: what the file is."""

    version: Annotated[str, words(40), TEXT]
    authority: Name
    applies_from: Day


class DatedTable(Written):
    """A day, and why it is or is not a working day."""

    date: Day
    reason: Name


Dated: TypeAlias = Annotated[tuple[DatedTable, ...], list_of_tables()]
_DATED = ("closure_days", "extra_bank_holidays", "withdrawn_bank_holidays")


class CalendarTable(Written):
    """[calendar]: the years that are known, and the days that are the authority's own."""

    first_year: Year
    last_year: Year
    holidays_alarm_days: Annotated[int, Field(ge=1, le=366), NUMBER]
    working_day_ends: Annotated[time, time_of_day(_NOON), TEXT]
    office_hours: Annotated[OfficeHoursTable, Wanted("a table [calendar.office_hours]")]
    closure_days: Dated = ()
    extra_bank_holidays: Dated = ()
    withdrawn_bank_holidays: Dated = ()

    def own_faults(self) -> Iterator[Fault]:
        """Days that stand there twice, or outside the years."""
        for key in _DATED:
            if not self.reads(key):
                continue
            days: set[date] = set()
            for number, one in enumerate(getattr(self, key), start=1):
                if not one.is_whole:
                    continue
                at, day = f"{key} number {number} date", one.date
                if day in days:
                    yield Fault(f"{day.isoformat()} stands there twice; keep one.", at)
                elif not self._knows(day):
                    yield Fault(f"{day.isoformat()} is outside first_year to last_year.", at)
                days.add(day)

    def _knows(self, day: date) -> bool:
        years = self.reads("first_year", "last_year")
        return not years or self.first_year <= day.year <= self.last_year

    @cached_property
    def working(self) -> WorkingCalendar:
        """The working calendar, worked out once. Raises CalendarFaulty."""
        closures, extra, withdrawn = (
            {
                one.date: one.reason
                for one in (getattr(self, key) if self.reads(key) else ())
                if one.is_whole and self._knows(one.date)
            }
            for key in _DATED
        )
        return WorkingCalendar(
            first_year=self.first_year,
            last_year=self.last_year,
            closure_days=closures,
            extra_holidays=extra,
            withdrawn_holidays=frozenset(withdrawn),
            day_ends=self.working_day_ends if self.reads("working_day_ends") else _NOON,
            office_hours=self.office_hours.hours if self.reads("office_hours") else {},
        )


class SweepTable(Written):
    """[sweep]: how often the sweep looks."""

    every_seconds: Annotated[int, Field(ge=1, le=3600), NUMBER]
    late_after_seconds: Annotated[int, Field(ge=2, le=86_400), NUMBER]

    def own_faults(self) -> Iterator[Fault]:
        """It is not late before it is due."""
        known = self.reads("every_seconds", "late_after_seconds")
        if known and self.late_after_seconds <= self.every_seconds:
            yield Fault("must be longer than every_seconds.", "late_after_seconds")


def _not_comparable(phrase: str) -> str | None:
    if any(letter.isalnum() for letter in phrase):
        return None
    return f'"{phrase}" has neither letters nor digits; remove it.'


BeginningsOfWords: TypeAlias = Annotated[tuple[str, ...], texts(_not_comparable), TEXTS]


class RationaleTable(Written):
    """[rationale]: which rationale is refused."""

    minimum_characters: Annotated[int, Field(ge=1, le=2000), NUMBER]
    refused_phrases: Annotated[tuple[str, ...], texts(_not_comparable), TEXTS]


class ReReferralTable(Written):
    """[re_referral]: within how many months a referral is one."""

    within_months: Annotated[int, Field(ge=1, le=120), NUMBER]


class FamilyHelpTable(Written):
    """[family_help]: whether early help and section 17 are one service."""

    one_service: YesOrNo


class TransfersTable(Written):
    """[transfers]: why steps are asked for and refused."""

    step_up_source_code: Annotated[str, one_of(lambda: england().referral_source), TEXT]
    step_up_reasons: Coded
    harm_reasons: Annotated[Texts, AfterValidator(frozenset)]
    step_down_reasons: Coded
    step_up_refusals: Coded
    step_down_refusals: Coded

    def own_faults(self) -> Iterator[Fault]:
        """Reasons of harm that are no reasons of a step-up."""
        for one in self.harm_reasons if self.reads("step_up_reasons", "harm_reasons") else ():
            if reason := unknown(one, self.step_up_reasons):
                yield Fault(reason, "harm_reasons")


class ChallengesTable(Written):
    """[challenges]: who answers a challenge at each stage."""

    stage_2_answered_by: Answering
    stage_3_answered_by: Answering

    def own_faults(self) -> Iterator[Fault]:
        """Stages that are put to a role that does not see every challenge."""
        stages = {name: getattr(self, name) for name in type(self).model_fields if self.reads(name)}
        return faults_of_stages(stages)


class StrategyMeetingsTable(Written):
    """[strategy_meetings]: who makes a meeting quorate, and which ages go to school."""

    quorum: Annotated[tuple[Agency, ...], several(Agency, _QUORUM_AGENCIES), TEXTS]
    school_age_from: Annotated[int, Field(ge=0, le=18), NUMBER]
    school_age_to: Annotated[int, Field(ge=0, le=18), NUMBER]

    def own_faults(self) -> Iterator[Fault]:
        """School does not end before it begins."""
        known = self.reads("school_age_from", "school_age_to")
        if known and self.school_age_to < self.school_age_from:
            yield Fault("is before school_age_from.", "school_age_to")


class AssessmentsTable(Written):
    """[assessments]: which tools an assessment uses."""

    tools: Coded
    scored_tools: Annotated[Texts, AfterValidator(frozenset)]
    neglect_factors: Factors
    neglect_tools: Texts
    domestic_abuse_factors: Factors
    domestic_abuse_tools: Texts

    def own_faults(self) -> Iterator[Fault]:
        """Tools that are named and are none."""
        for key in ("scored_tools", "neglect_tools", "domestic_abuse_tools"):
            for one in getattr(self, key) if self.reads("tools", key) else ():
                if reason := unknown(one, self.tools):
                    yield Fault(reason, key)


class DailyMeetingsTable(Written):
    """[daily_meetings]: when the meeting is closed to what comes in."""

    cut_off: Annotated[time, time_of_day(time(0, 0)), TEXT]


class RecordedNotificationsTable(Written):
    """[recorded_notifications]: what is recorded without being discussed at the daily meeting."""

    allowed: YesOrNo
    risks: Annotated[tuple[Risk, ...], several(Risk, _RISKS_WITHOUT_DISCUSSION), TEXTS]
    youngest_age: Annotated[int, Field(ge=0, le=18), NUMBER]
    level_of_need: Annotated[int, Field(ge=1, le=2), NUMBER]
    nobody_hurt_phrases: BeginningsOfWords
    source: Words


class RepeatConcernTable(Written):
    """[repeat_concern]: in which windows of time concerns are counted."""

    short_days: Annotated[int, Field(ge=1, le=31), NUMBER]
    long_days: Annotated[int, Field(ge=1, le=366), NUMBER]
    months: Annotated[int, Field(ge=1, le=120), NUMBER]
    flag_within_days: Annotated[int, Field(ge=1, le=31), NUMBER]
    read_whole_from: Annotated[int, Field(ge=2, le=20), NUMBER]
    read_whole_months: Annotated[int, Field(ge=1, le=120), NUMBER]


class SightTable(Written):
    """[sight]: what each side reads of the other's cases about a child whom it holds."""

    early_help_reads_of_social_care: Annotated[Sharing, chosen(Sharing), TEXT]
    social_care_reads_of_early_help: Annotated[Sharing, chosen(Sharing), TEXT]


class PartnersTable(Written):
    """[partners]: what partners may do, and for how long they see it."""

    answered_in_sight_days: Annotated[int, Field(ge=1, le=366), NUMBER]
    withdrawn_in_sight_days: Annotated[int, Field(ge=1, le=366), NUMBER]
    validations_an_hour: Annotated[int, Field(ge=1, le=100_000), NUMBER]
    source: Words


class DecisionsTable(Written):
    """[decisions]: what is asked of a decision, by outcome and by worry."""

    light_outcomes: Annotated[tuple[Outcome, ...], several(Outcome), TEXTS]
    light_up_to_level: Annotated[int, Field(ge=1, le=4), NUMBER]
    light_prompts: Texts
    accounted_for: Annotated[tuple[AgencyKind, ...], several(AgencyKind), TEXTS]
    injury_words: BeginningsOfWords
    sexual_harm_words: BeginningsOfWords
    domestic_abuse_words: BeginningsOfWords
    exploitation_words: BeginningsOfWords


class InformationRequestsTable(Written):
    """[information_requests]: why agencies are asked, and on which basis, unless said otherwise."""

    purpose: Words
    lawful_basis: Annotated[LawfulBasis, chosen(LawfulBasis), TEXT]


class ReceiptTable(Written):
    """[receipt]: the words that a partner reads on a receipt."""

    immediate_danger: Words
    questions: Words
    disagreement: Words


class NamedById(Written):
    """An entry of a list that is known by its id."""

    id: Identifier

    @property
    def known_as(self) -> str:
        """Its id."""
        return self.peek("id")


class OrganisationTable(NamedById):
    """[[organisation]]: a partner agency."""

    name: Name
    kind: Annotated[AgencyKind, chosen(AgencyKind), TEXT]
    source_codes: Annotated[frozenset[str], some_of(lambda: england().referral_source), TEXTS]
    contact: Words


class TeamTable(NamedById):
    """[[team]]: a team of the authority, with what it takes."""

    name: Name
    service: Annotated[TeamService, chosen(TeamService), TEXT]
    accepts: Annotated[frozenset[TeamWork], several(TeamWork), AfterValidator(frozenset), TEXTS]


class RemovedTeamTable(NamedById):
    """[[removed_team]]: a team that was taken away, with who takes over what it had."""

    taken_over_by: Texts
