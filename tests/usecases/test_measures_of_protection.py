"""Measures of children who may be at risk: the published year, hand-made cases, the past."""

import csv
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, select

from service.bootstrap import House
from service.domain.access import Role
from service.domain.assessments import Assessment
from service.domain.calendar import london_date
from service.domain.deadlines import Deadline
from service.domain.decisions import StatutoryBasis
from service.domain.flags import SubjectKind
from service.domain.measure_cases import MeasureCases
from service.domain.measure_definitions import MEASURES
from service.domain.measures import (
    NO_TEAM,
    Breakdown,
    BreakdownNotPossible,
    Counted,
    MeasureCode,
    MeasurePoint,
    MeasureReading,
    Part,
    Unit,
    periods,
)
from service.domain.missing_episodes import Interview, InterviewStep, MissingAction, Return
from service.domain.new_contacts import NewChild
from service.domain.people import BirthKnowledge
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    ConferenceOutcome,
    EnquiryOutcome,
    Section47Enquiry,
)
from service.domain.strategy_meetings import (
    Agency,
    EnquiryDecision,
    Harm,
    Invitation,
    InvitedBecause,
    MedicalDecision,
    MeetingAction,
    MeetingChild,
    MeetingState,
    MeetingStep,
)
from service.persistence.ids import new_id
from service.persistence.repositories import measures
from service.persistence.repositories.measures_of_protection import (
    ASSESSMENT,
    ENQUIRY,
    EPISODE,
    MEETING,
    REFERRAL,
)
from service.usecases.assessments import authorise_assessment, complete_assessment
from service.usecases.measures import read_measure
from service.usecases.missing_episodes import (
    NewMissingEpisode,
    record_missing_episode,
    record_return,
    record_return_interview,
)
from service.usecases.section_47_enquiries import (
    record_child_seen,
    record_conference,
    record_enquiry_outcome,
)
from tests.support.cases import decide_for, log
from tests.support.clocks import FixedClock
from tests.support.generated import CONFERENCE, Case, Generator, generator_in, smallest_share
from tests.support.houses import caller, open_house
from tests.support.meetings import Office, medical, office_in
from tests.support.protection import FINDING, completion, seen

LONG_AFTER = datetime(2019, 6, 1, 12, tzinfo=UTC)
BEFORE = datetime(2017, 6, 1, 12, tzinfo=UTC)
HAIR, DAY = timedelta(microseconds=1), timedelta(days=1)
SCHOOL_CHILD = NewChild(
    given_name="Amara",
    family_name="Okafor",
    birth_knowledge=BirthKnowledge.known,
    date_of_birth=date(2017, 4, 9),
)
YEAR = periods(date(2018, 1, 1), date(2019, 1, 1))

# The series of 2018 as they were published, month by month.
_PUBLISHED = """\
PI3,85.8,88.9,67.9,92.3,83.1,80.6,67.6,71.7,59.6,75.7,86.1,82.1
PI4,86.8,93.2,86.9,86.2,80.3,86.7,89.6,84.5,72.0,71.9,84.5,85.9
PI5,46,45,61,17,12,7,38,8,13,26,25,17
PI9,42.4,39.1,54.2,92.3,71.0,57.9,51.9,71.4,50.0,76.2,91.3,60.6
"""
PUBLISHED = {code: values for code, *values in csv.reader(_PUBLISHED.splitlines())}

TABLES: dict[Counted, Table] = {
    Counted.referrals: REFERRAL,
    Counted.strategy_meetings: MEETING,
    Counted.section_47_enquiries: ENQUIRY,
    Counted.assessments: ASSESSMENT,
    Counted.missing_episodes: EPISODE,
}


class Records:
    """A house with generated cases in it, and what its measures read."""

    def __init__(self, house: House, generator: Generator) -> None:
        self.house = house
        self.generator = generator

    async def read(
        self,
        code: str,
        *,
        as_at: datetime | None = None,
        now: datetime = LONG_AFTER,
        by: Breakdown | None = None,
        from_on: date = date(2018, 1, 1),
        to_on: date = date(2019, 1, 1),
    ) -> MeasureReading:
        analyst = await caller(self.house, Role.performance_analyst)
        return await self.house.ask_at_length(
            lambda ask: read_measure(
                ask,
                analyst,
                code,
                now=now,
                as_at=as_at,
                from_on=from_on,
                to_on=to_on,
                by=by,
            )
        )

    async def total(self, code: str, *, as_at: datetime | None = None) -> tuple[int, int]:
        """Numerator and denominator of the whole year."""
        total = (await self.read(code, as_at=as_at)).total
        return total.numerator, total.denominator

    async def listed(
        self, code: str, point: MeasurePoint, part: Part, by: Breakdown | None = None
    ) -> list[UUID]:
        """The cases that the filter of a figure lists."""
        measure = MEASURES[MeasureCode(code)]
        table = TABLES[measure.counted]
        began = (None, None) if measure.standing else (point.begins_at, point.ends_at)
        asked = MeasureCases(
            code, part, point.as_at, by if point.group else None, point.group, *began
        )
        behind = measures.cases(asked)
        rows = await self.house.ask(lambda ask: ask.all(select(table.c.id).where(behind)))
        return [row.id for row in rows]


@pytest.fixture
async def records(database_url: str, tmp_path: Path) -> AsyncIterator[Records]:
    async with open_house(database_url, FixedClock(BEFORE), tmp_path) as house:
        yield Records(house, await generator_in(house))


def told(reading: MeasureReading) -> list[str]:
    """What each month reads."""
    return [str(point.value) for point in reading.points]


def counts(reading: MeasureReading) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of every month that has cases."""
    return {
        point.period: (point.numerator, point.denominator)
        for point in reading.points
        if point.denominator
    }


@pytest.mark.parametrize("code", ["PI3", "PI4", "PI9"])
async def test_the_published_year_comes_of_generated_cases(records: Records, code: str) -> None:
    generator = records.generator
    make = {
        "PI3": generator.conference,
        "PI4": generator.assessment,
        "PI9": generator.interview,
    }[code]
    missed: list[set[UUID]] = []
    for month, value in zip(YEAR, PUBLISHED[code], strict=True):
        numerator, denominator = smallest_share(value)
        made: list[Case] = []
        late: set[UUID] = set()
        for number in range(denominator):
            at = generator.within(month.begins_at, month.ends_at)
            id_, case = make(at, in_time=number < numerator)
            made.append(case)
            if number >= numerator:
                late.add(id_)
        await generator.keep(made)
        missed.append(late)
    reading = await records.read(code)
    assert told(reading) == PUBLISHED[code]
    for point, late in zip(reading.points, missed, strict=True):
        assert set(await records.listed(code, point, Part.missed)) == late
        assert len(await records.listed(code, point, Part.numerator)) == point.numerator


async def test_the_published_year_of_children_unallocated_comes_of_generated_cases(
    records: Records,
) -> None:
    """Some wait from one month to the next, and at every month's end some wait no five days yet."""
    generator = records.generator
    chance = generator.chance
    waiting: list[datetime] = []
    made: list[Case] = []
    at_the_end: list[int] = []
    for month, value in zip(YEAR, map(int, PUBLISHED["PI5"]), strict=True):
        stay = min(len(waiting), chance.randint(0, value))
        soon = month.begins_at + timedelta(hours=chance.randint(1, 200))
        made += [generator.waiting(at, soon) for at in waiting[stay:]]
        waiting = waiting[:stay]
        enough = month.ends_at - timedelta(days=14)
        waiting += [generator.within(soon, enough) for _ in range(value - stay)]
        lately = month.ends_at - timedelta(days=chance.randint(1, 5))
        fresh = chance.randint(1, 9)
        at_the_end.append(value + fresh)
        made += [
            generator.waiting(lately, month.ends_at + timedelta(hours=9)) for _ in range(fresh)
        ]
    made += [generator.waiting(at, None) for at in waiting]
    await generator.keep(made)
    reading = await records.read("PI5")
    assert told(reading) == PUBLISHED["PI5"]
    assert [point.denominator for point in reading.points] == at_the_end
    assert str(reading.total.value) == PUBLISHED["PI5"][-1]
    for point in reading.points:
        for part in Part:
            assert len(await records.listed("PI5", point, part)) == getattr(point, part)


# ---- Hand-made cases ----------------------------------------------------------------------------


async def test_a_conference_is_reckoned_from_the_meeting_that_initiated_the_enquiry(
    records: Records,
) -> None:
    """Late from the first meeting, in time from a later one that had begun the enquiry anew."""
    generator = records.generator
    held_at = datetime(2018, 5, 17, 14, tzinfo=UTC)
    _, case = generator.conference(held_at, in_time=True)
    *others, enquiry = [one for one in case.records if not isinstance(one, Deadline)]
    clocks = [
        generator.clock(
            CONFERENCE,
            SubjectKind.section_47_enquiry,
            enquiry.id,
            enquiry.contact_id,
            started_at,
            **stopped,
        )
        for started_at, stopped in (
            (
                held_at - timedelta(days=60),
                {"stopped_at": enquiry.began_at, "stopped_because": "begun_again"},
            ),
            (enquiry.began_at, {"stopped_at": held_at, "stopped_because": "conference_held"}),
        )
    ]
    await generator.keep([Case(case.referral, (*others, enquiry, *clocks))])
    assert await records.total("PI3") == (0, 1)


async def test_a_conference_is_known_from_when_it_was_recorded_and_in_time_by_when_it_was_held(
    records: Records,
) -> None:
    generator = records.generator
    made: list[tuple[datetime, bool]] = []
    for number in range(40):
        in_time = number % 3 > 0
        held_at = datetime(2018, 3, 1, 10, tzinfo=UTC) + timedelta(hours=11 * number)
        _, case = generator.conference(held_at, in_time=in_time)
        clock = next(
            one
            for one in case.records
            if isinstance(one, Deadline) and one.stopped_because == "conference_held"
        )
        assert clock.stopped_at is not None
        made.append((clock.stopped_at, in_time))
        await generator.keep([case])
    assert len({recorded_at for recorded_at, _ in made}) == 40
    for as_at in (
        instant for recorded_at, _ in made for instant in (recorded_at - HAIR, recorded_at)
    ):
        known = [in_time for recorded_at, in_time in made if recorded_at <= as_at]
        assert await records.total("PI3", as_at=as_at) == (sum(known), len(known))


async def test_each_assessment_of_a_referral_goes_by_the_clock_that_it_stopped(
    records: Records,
) -> None:
    generator = records.generator
    first_at = datetime(2018, 4, 3, 12, tzinfo=UTC)
    _, late = generator.assessment(first_at, in_time=False)
    second_at = first_at + timedelta(days=30)
    id_, again = generator.assessment(second_at, in_time=True)
    [assessment] = [one for one in again.records if isinstance(one, Assessment)]
    [clock] = [one for one in again.records if isinstance(one, Deadline)]
    of_late = {
        name: getattr(late.referral, name) for name in ("contact_id", "child_id", "person_id")
    }
    second = replace(assessment, referral_id=late.referral.id, **of_late)
    clock = replace(clock, subject_id=late.referral.id, contact_id=late.referral.contact_id)
    await generator.keep([Case(late.referral, (*late.records, second, clock))])
    reading = await records.read("PI4")
    assert counts(reading) == {"2018-04": (0, 1), "2018-05": (1, 1)}
    assert await records.listed("PI4", reading.total, Part.numerator) == [id_]
    assert await records.total("PI4", as_at=second_at - HAIR) == (0, 1)


async def test_a_child_is_unallocated_too_long_from_the_end_of_the_fifth_working_day(
    records: Records,
) -> None:
    """Accepted on Maundy Thursday 2018: the fifth working day after is Monday 9 April."""
    generator = records.generator
    accepted_at = datetime(2018, 3, 29, 15, tzinfo=UTC)
    due_at = datetime(2018, 4, 9, 22, 59, 59, tzinfo=UTC)
    allocated_at = datetime(2018, 4, 12, 9, tzinfo=UTC)
    await generator.keep([generator.waiting(accepted_at, allocated_at)])
    seen = {
        as_at: await records.total("PI5", as_at=as_at)
        for as_at in (accepted_at - HAIR, accepted_at, due_at, due_at + HAIR, allocated_at - HAIR)
    }
    assert list(seen.values()) == [(0, 0), (0, 1), (0, 1), (1, 1), (1, 1)]
    assert await records.total("PI5", as_at=allocated_at) == (0, 0)
    total = (await records.read("PI5", as_at=due_at + HAIR)).total
    assert (total.unit, total.value) == (Unit.number, 1)
    assert total.longest_minutes == (due_at + HAIR - accepted_at) // timedelta(minutes=1)
    nobody = (await records.read("PI5", as_at=accepted_at - HAIR)).total
    assert (nobody.value, nobody.longest_minutes) == (0, None)


async def test_a_child_whose_referral_closed_is_unallocated_no_more(records: Records) -> None:
    generator = records.generator
    accepted_at = datetime(2018, 3, 29, 15, tzinfo=UTC)
    due_at = datetime(2018, 4, 9, 22, 59, 59, tzinfo=UTC)
    closed_at = datetime(2018, 4, 12, 9, tzinfo=UTC)
    await generator.keep([generator.closed_unallocated(accepted_at, closed_at)])
    assert await records.total("PI5", as_at=due_at + HAIR) == (1, 1)
    assert await records.total("PI5", as_at=closed_at - HAIR) == (1, 1)
    assert await records.total("PI5", as_at=closed_at) == (0, 0)
    assert await records.total("PI5", as_at=LONG_AFTER) == (0, 0)


def strategy_clocks(
    generator: Generator, *days: tuple[datetime, datetime | None, str | None]
) -> Case:
    """A referral with a clock of a strategy meeting for each: started, stopped, because."""
    case = generator.case(days[0][0], StatutoryBasis.section_47)
    clocks = [
        generator.clock(
            "strategy_meeting",
            SubjectKind.referral,
            case.referral.id,
            case.referral.contact_id,
            started_at,
            stopped_at=stopped_at,
            stopped_because=because,
        )
        for started_at, stopped_at, because in days
    ]
    return Case(case.referral, (*case.records, *clocks))


async def test_a_strategy_meeting_is_on_the_day_of_the_decision_or_it_is_not(
    records: Records,
) -> None:
    morning = datetime(2018, 6, 29, 9, tzinfo=UTC)
    same_day, next_day = morning + timedelta(hours=5), morning + timedelta(hours=20)
    july = datetime(2018, 7, 20, 9, tzinfo=UTC)
    generator = records.generator
    made = [
        strategy_clocks(generator, (morning, same_day, "held")),
        strategy_clocks(generator, (morning, next_day, "held")),
        strategy_clocks(generator, (morning, None, None)),
        strategy_clocks(generator, (morning, same_day, "closed")),
        strategy_clocks(generator, (morning, next_day, "closed")),
        # A later concern on the same referral: on the day too, or not.
        strategy_clocks(generator, (morning, same_day, "held"), (july, july + DAY / 3, "held")),
        strategy_clocks(generator, (morning, same_day, "held"), (july, july + DAY, "held")),
        strategy_clocks(generator, (july, july, "held")),
    ]
    await generator.keep(made)
    reading = await records.read("strategy_meetings_same_day")
    assert counts(reading) == {"2018-06": (2, 6), "2018-07": (1, 1)}
    missed = await records.listed("strategy_meetings_same_day", reading.points[5], Part.missed)
    assert set(missed) == {made[place].referral.id for place in (1, 2, 4, 6)}
    by_then = {
        as_at: await records.total("strategy_meetings_same_day", as_at=as_at)
        for as_at in (morning, same_day, next_day - HAIR, july + DAY / 2, july + DAY)
    }
    assert list(by_then.values()) == [(0, 0), (3, 3), (3, 6), (4, 7), (3, 7)]


def meeting(
    generator: Generator,
    held_at: datetime,
    *,
    invitations: Sequence[tuple[InvitedBecause, bool]] = (),
    alleged: Sequence[tuple[Harm, bool]] = (),
    minutes: dict[str, Any] | None = None,
    recorded_at: datetime | None = None,
    **changes: Any,
) -> Case:
    """A meeting held then: who had to be invited and was, what was alleged and decided about."""
    case = generator.case(held_at, StatutoryBasis.section_47)
    made = replace(generator.meeting(case, held_at), **changes)
    records: list[Any] = [*case.records, made]
    for place, (because, asked) in enumerate(invitations):
        records.append(
            Invitation(
                id=new_id(),
                meeting_id=made.id,
                position=place,
                agency=Agency.early_help
                if because is InvitedBecause.early_help_open
                else Agency.school,
                because=because,
                organisation_id=None,
                name=None,
                role="Practitioner",
                invited_at=held_at if asked else None,
                not_invited_because=None if asked else "The parents work there, and would hear.",
                attendance=None,
                information=None,
            )
        )
    for place, (harm, decided) in enumerate(alleged):
        sibling = case if place == 0 else generator.case(held_at, StatutoryBasis.section_47)
        if sibling is not case:
            records += sibling.records
        records.append(
            MeetingChild(
                id=new_id(),
                meeting_id=made.id,
                position=place,
                referral_id=sibling.referral.id,
                contact_id=sibling.referral.contact_id,
                child_id=sibling.referral.child_id,
                person_id=sibling.referral.person_id,
                in_hospital=False,
                alleged=[Harm.domestic_abuse, harm],
                enquiry=EnquiryDecision.none,
                enquiry_reason="What was seen has another cause.",
                medical=MedicalDecision.will_not_take_place if decided else None,
                medical_reason=None,
                told=None,
                enquiry_id=None,
            )
        )
    if minutes is not None:
        clock = generator.clock(
            "strategy_minutes",
            SubjectKind.strategy_meeting,
            made.id,
            made.contact_id,
            held_at,
            **minutes,
        )
        records.append(clock)
        records.append(
            MeetingStep(
                id=new_id(),
                meeting_id=made.id,
                action=MeetingAction.record_attendance,
                state=MeetingState.held,
                at=recorded_at or held_at,
                by=made.called_by,
                happened_at=held_at,
                planned_for=None,
                words=None,
            )
        )
    return Case(case.referral, tuple(records))


async def test_meetings_count_once_they_are_concluded(records: Records) -> None:
    generator = records.generator
    held_at = datetime(2018, 9, 3, 10, tzinfo=UTC)
    later = held_at + timedelta(days=2)
    help_, school = InvitedBecause.early_help_open, InvitedBecause.school_age
    always = InvitedBecause.always
    await generator.keep(
        [
            meeting(generator, held_at, invitations=[(help_, True), (school, True)]),
            meeting(generator, held_at, invitations=[(help_, True), (help_, False)]),
            meeting(generator, held_at, invitations=[(always, True)], quorate=False),
            meeting(generator, held_at, invitations=[(school, False)], concluded_at=later),
            meeting(generator, held_at, invitations=[(help_, True)], concluded_at=None),
            meeting(generator, held_at, alleged=[(Harm.injury, True), (Harm.sexual_abuse, True)]),
            meeting(generator, held_at, alleged=[(Harm.neglect, False), (Harm.injury, False)]),
            meeting(generator, held_at, alleged=[(Harm.neglect, False), (Harm.injury, True)]),
            meeting(generator, held_at, alleged=[(Harm.physical_abuse, False)]),
        ]
    )
    seen = {
        code: [await records.total(code, as_at=as_at) for as_at in (held_at, later, None)]
        for code in (
            "strategy_meetings_quorate",
            "strategy_early_help_invited",
            "strategy_school_invited",
            "strategy_medical_decided",
        )
    }
    assert seen == {
        "strategy_meetings_quorate": [(6, 7), (7, 8), (7, 8)],
        "strategy_early_help_invited": [(1, 2), (1, 2), (1, 2)],
        "strategy_school_invited": [(1, 1), (1, 2), (1, 2)],
        "strategy_medical_decided": [(2, 3), (2, 3), (2, 3)],
    }


async def test_minutes_are_in_time_late_or_still_to_come(records: Records) -> None:
    generator = records.generator
    friday = datetime(2018, 9, 7, 15, tzinfo=UTC)
    monday, tuesday = friday + timedelta(days=3), friday + timedelta(days=4)
    made = [
        meeting(generator, friday, minutes=stopped)
        for stopped in (
            {"stopped_at": monday, "stopped_because": "circulated"},
            {"stopped_at": tuesday, "stopped_because": "circulated"},
            {"stopped_at": tuesday, "stopped_because": "circulated", "happened_at": monday},
            {},
        )
    ]
    await generator.keep(made)
    seen = [
        await records.total("strategy_minutes_in_time", as_at=as_at)
        for as_at in (friday, monday, tuesday - HAIR, tuesday, None)
    ]
    assert seen == [(0, 0), (1, 1), (1, 4), (2, 4), (2, 4)]


async def test_minutes_of_a_meeting_that_was_told_of_later_were_not_known_to_be_late(
    records: Records,
) -> None:
    friday = datetime(2018, 9, 7, 15, tzinfo=UTC)
    told_at = friday + 6 * DAY
    await records.generator.keep(
        [meeting(records.generator, friday, minutes={}, recorded_at=told_at)]
    )
    code = "strategy_minutes_in_time"
    found = [await records.total(code, as_at=as_at) for as_at in (told_at - HAIR, told_at)]
    assert found == [(0, 0), (0, 1)]


async def test_a_child_is_seen_in_time_or_late_and_never_left_out_once_it_is_late(
    records: Records,
) -> None:
    generator = records.generator
    opened_at = datetime(2018, 10, 27, 12, tzinfo=UTC)  # the clocks go back in the night
    limit = opened_at + timedelta(hours=24)
    for stopped in (
        {"stopped_at": limit, "stopped_because": "seen"},
        {"stopped_at": limit + HAIR, "stopped_because": "seen"},
        {"stopped_at": limit + DAY, "stopped_because": "seen", "happened_at": limit},
        {"stopped_at": limit, "stopped_because": "ended"},
        {"stopped_at": limit - DAY / 2, "stopped_because": "enquiry_ended"},
        {},
    ):
        _, case = generator.conference(opened_at + 5 * DAY, in_time=True)
        [enquiry] = [one for one in case.records if isinstance(one, Section47Enquiry)]
        begun = replace(enquiry, opened_at=opened_at)
        seen = generator.clock(
            "child_seen",
            SubjectKind.section_47_enquiry,
            begun.id,
            begun.contact_id,
            opened_at,
            **stopped,
        )
        kept = [begun if one is enquiry else one for one in case.records]
        await generator.keep([Case(case.referral, (*kept, seen))])
    found = [
        await records.total("child_seen_in_time", as_at=as_at)
        for as_at in (limit - HAIR, limit, limit + HAIR, limit + DAY, None)
    ]
    assert found == [(0, 1), (1, 2), (1, 5), (2, 5), (2, 5)]


async def test_an_interview_is_in_time_late_or_still_to_come(records: Records) -> None:
    """By when it was held; one recorded late was late until it was recorded."""
    generator = records.generator
    returned_at = datetime(2018, 3, 24, 12, tzinfo=UTC)  # the clocks go forward in the night
    limit = returned_at + timedelta(hours=72)
    for held_at, told_at in (
        (limit, limit),
        (limit + HAIR, limit + HAIR),
        (limit, limit + DAY),
        (None, None),
    ):
        _, case = generator.interview(returned_at, in_time=True)
        *others, episode, offered, accepted, held, back, clock = case.records
        episode = replace(episode, interview_held_at=held_at)
        steps = [offered, accepted, back]
        stopped = {"stopped_at": told_at, "happened_at": held_at, "stopped_because": None}
        if told_at is not None:
            steps.append(replace(held, at=told_at, happened_at=held_at))
            stopped["stopped_because"] = "held"
        await generator.keep(
            [Case(case.referral, (*others, episode, *steps, replace(clock, **stopped)))]
        )
    found = [
        await records.total("PI9", as_at=as_at)
        for as_at in (limit - HAIR, limit, limit + HAIR, limit + DAY, None)
    ]
    assert found == [(0, 0), (1, 1), (1, 4), (2, 4), (2, 4)]


async def test_three_children_who_declined_are_no_interviews_and_none_of_those_accepted(
    records: Records,
) -> None:
    """A refusal within the limit stops the clock; it makes nobody heard."""
    generator = records.generator
    returned_at = datetime(2018, 3, 5, 12, tzinfo=UTC)
    limit = returned_at + timedelta(hours=72)
    for offered_at in (returned_at, limit, limit + HAIR):
        _, case = generator.interview(returned_at, in_time=True)
        *others, episode, offered, accepted, _, back, clock = case.records
        answered = {"action": MissingAction.decline_interview, "at": offered_at}
        await generator.keep(
            [
                Case(
                    case.referral,
                    (
                        *others,
                        replace(episode, interview_offered_at=offered_at, interview_held_at=None),
                        replace(offered, at=offered_at),
                        replace(accepted, **answered),
                        back,
                        replace(clock, stopped_at=offered_at, stopped_because="declined"),
                    ),
                )
            ]
        )
    assert await records.total("PI9") == (0, 0)
    found = {
        code: await records.total(f"return_interviews_{code}")
        for code in ("offered", "accepted", "held", "in_time")
    }
    assert found == {"offered": (2, 3), "accepted": (0, 3), "held": (0, 3), "in_time": (0, 3)}


async def test_a_return_told_of_days_later_was_not_known_to_be_owed_an_interview(
    records: Records,
) -> None:
    generator = records.generator
    returned_at = datetime(2018, 3, 5, 12, tzinfo=UTC)
    told_at = returned_at + 5 * DAY
    _, case = generator.interview(returned_at, in_time=True)
    *others, step, clock = case.records
    running = replace(clock, stopped_at=None, stopped_because=None, happened_at=None)
    await generator.keep([Case(case.referral, (*others, replace(step, at=told_at), running))])
    code = "return_interviews_accepted"
    found = [await records.total(code, as_at=as_at) for as_at in (told_at - HAIR, told_at)]
    assert found == [(0, 0), (1, 1)]


async def test_re_referrals_are_told_by_the_team_that_last_knew_the_child(
    records: Records,
) -> None:
    generator = records.generator
    at = datetime(2018, 2, 5, 9, tzinfo=UTC)
    await generator.keep(
        [
            generator.case(
                at, StatutoryBasis.section_17, re_referral=again, last_known_team_id=team
            )
            for again, team in (
                (True, "assessment-north"),
                (False, "assessment-north"),
                (True, "family-centres"),
                (False, None),
            )
        ]
    )
    reading = await records.read("re_referrals", by=Breakdown.last_known_team)
    assert {point.group: (point.numerator, point.denominator) for point in reading.points} == {
        "assessment-north": (1, 2),
        "family-centres": (1, 1),
        NO_TEAM: (0, 1),
    }
    for point in reading.points:
        for part in Part:
            found = await records.listed("re_referrals", point, part, Breakdown.last_known_team)
            assert len(found) == getattr(point, part)
    assert await records.total("re_referrals", as_at=at - HAIR) == (0, 0)


async def test_contacts_that_led_to_a_referral_and_those_with_no_further_action(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2018, 8, 1, 9, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        for source_code, outcome in (
            ("2A", "no_further_action"),
            ("2A", "no_further_action"),
            ("2A", "referral"),
            ("6", "early_help_episode"),
            ("6", None),
        ):
            file = await log(house, source_code=source_code)
            clock.forward(hours=1)
            if outcome is not None:
                await decide_for(house, file, outcome)
        records = Records(house, await generator_in(house))
        for code, expected in (
            ("conversion_rate", {"2A": (1, 3), "6": (0, 1), "1A": (1, 1)}),
            ("no_further_action_rate", {"2A": (2, 3), "6": (0, 1), "1A": (0, 1)}),
        ):
            reading = await records.read(code, by=Breakdown.source)
            found = {one.group: (one.numerator, one.denominator) for one in reading.points}
            assert found == expected
        before = datetime(2018, 8, 1, 12, tzinfo=UTC) - HAIR
        assert await records.total("conversion_rate", as_at=before) == (0, 2)


async def test_a_measure_without_breakdowns_says_so(records: Records) -> None:
    with pytest.raises(BreakdownNotPossible) as refused:
        await records.read("PI3", by=Breakdown.source)
    assert "not broken down" in str(refused.value.problems[0])


# ---- The past -----------------------------------------------------------------------------------


class Town:
    """Children who may be at risk, each one going through it at a time of its own."""

    def __init__(self, office: Office, chance: random.Random) -> None:
        self.office = office
        self.chance = chance

    def lately(self) -> datetime:
        """When it happened, which is recorded now: at once, or some time after."""
        return self.office.clock.now - timedelta(minutes=self.chance.choice((0, 30, 59)))

    async def life(self) -> AsyncIterator[None]:
        """One child, from the referral to the conference; not every one comes so far."""
        office, chance = self.office, self.chance
        [referral] = await office.referred(SCHOOL_CHILD, allocated=False)
        yield
        harm = chance.choice((Harm.injury, Harm.neglect))
        meeting = await office.call(referral, alleged=[harm])
        yield
        if chance.random() < 0.7:
            await office.allocated(await office.referral(referral.id))
            yield
        meeting = await office.hold(await office.invited(meeting), self.lately())
        yield
        decided = medical() if harm is Harm.injury else {}
        await office.conclude(meeting, **decided)
        yield
        if chance.random() < 0.8:
            await office.minuted(meeting, self.lately())
            yield
        async for _ in self._enquiry(referral, decided):
            yield

    async def _enquiry(self, referral: Referral, decided: dict[str, Any]) -> AsyncIterator[None]:
        office, chance, who = self.office, self.chance, self.office.social_worker
        enquiry = await office.enquiry(referral)
        assert enquiry is not None
        if chance.random() < 0.3:
            await office.met(referral, held_at=self.lately(), **decided)
            enquiry = await office.enquiry(referral)
            yield
        at = enquiry.assessment_id
        done = await office.do(
            lambda work: record_child_seen(
                work, who, enquiry.id, enquiry.version, seen(self.lately())
            )
        )
        yield
        found = await office.do(
            lambda work: record_enquiry_outcome(
                work,
                office.assessment,
                done.id,
                done.version,
                outcome=EnquiryOutcome.continuing_risk,
                words=FINDING,
            )
        )
        yield
        held_at = self.lately()
        while not office.house.policy.is_working_day(london_date(held_at)):
            yield
            held_at = self.lately()
        await office.do(
            lambda work: record_conference(
                work,
                office.assessment,
                found.id,
                found.version,
                held_at=held_at,
                outcome=ConferenceOutcome.child_protection_plan,
                category_of_abuse_code="PHY",
                words=FINDING,
            )
        )
        yield
        made = await office.do(
            lambda work: complete_assessment(work, who, at, 1, completion(work.now))
        )
        yield
        await office.do(
            lambda work: authorise_assessment(
                work, office.assessment, at, made.version, agreed=True, words=FINDING
            )
        )

    async def missing(self) -> AsyncIterator[None]:
        """One child who goes missing, comes back, and is asked about it."""
        office, worker, chance = self.office, self.office.worker, self.chance
        [referral] = await office.referred(SCHOOL_CHILD)
        yield
        new = NewMissingEpisode(
            contact_id=referral.contact_id,
            child_id=referral.child_id,
            missing_from=self.lately(),
            reported_at=office.clock.now,
            circumstances=FINDING,
        )
        episode = await office.do(lambda work: record_missing_episode(work, worker, new))
        yield
        # It may be days before anybody tells the front door that the child is back.
        back_at = episode.reported_at + chance.choice((0.01, 1)) * (
            office.clock.now - episode.reported_at
        )
        episode = await office.do(
            lambda work: record_return(
                work, worker, episode.id, episode.version, Return(back_at, "At home", FINDING)
            )
        )
        yield
        declines = chance.random() < 0.5
        last = (
            {"step": InterviewStep.declined, "because": FINDING}
            if declines
            else {
                "step": InterviewStep.held,
                "interviewer": "An advocate",
                "independent": True,
                "where": "School",
                "words": FINDING,
            }
        )
        for step in ({"step": InterviewStep.offered}, last):
            told = Interview(happened_at=self.lately(), **step)
            episode = await office.do(
                lambda work, told=told, episode=episode: record_return_interview(
                    work, worker, episode.id, episode.version, told
                )
            )
            yield


OF_PROTECTION = [one for one in MEASURES.values() if one.counted in TABLES]


@pytest.mark.parametrize("seed", range(3))
async def test_a_figure_of_the_past_stays_what_it_was_when_the_case_goes_on(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    clock = FixedClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        office = await office_in(house, clock)
        town = Town(office, chance)
        lives = [town.life() if number % 3 else town.missing() for number in range(9)]
        records = Records(house, Generator(house, office.manager.account_id, [None] * 5, seed))

        async def figures(as_at: datetime) -> dict[str, MeasureReading]:
            return {
                measure.code: await records.read(
                    measure.code,
                    as_at=as_at,
                    now=clock.now,
                    from_on=date(2026, 1, 1),
                    to_on=date(2026, 7, 1),
                )
                for measure in OF_PROTECTION
            }

        seen_then: list[dict[str, MeasureReading]] = []
        while lives:
            clock.forward(hours=chance.choice((1, 3, 30, 100)))
            life = chance.choice(lives)
            try:
                await anext(life)
            except StopAsyncIteration:
                lives.remove(life)
            if not lives or chance.random() < 0.2:
                seen_then.append(await figures(clock.now))
        for then in seen_then:
            as_at = then["PI3"].as_at
            assert await figures(as_at) == then
            for code, reading in then.items():
                for part in Part:
                    found = await records.listed(code, reading.total, part)
                    assert len(found) == getattr(reading.total, part), (code, part)
        counted = {code for code, reading in seen_then[-1].items() if reading.total.denominator}
        # Whether anybody accepts an interview is left to chance.
        assert counted >= {one.code for one in OF_PROTECTION} - {
            "PI5",
            "PI9",
            "strategy_early_help_invited",
        }
