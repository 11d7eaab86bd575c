"""PI1 by hand-made cases: month ends, the change of the clocks, the past, changed minds."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from service.bootstrap import House
from service.domain.access import Caller, Role
from service.domain.contacts import Channel, Child
from service.domain.decisions import (
    Decision,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.drafts import NewDecision
from service.domain.errors import NotAllowed
from service.domain.measure_cases import MeasureCases
from service.domain.measures import (
    Breakdown,
    MeasureNotFound,
    MeasurePoint,
    MeasureReading,
    Part,
    PeriodNotPossible,
)
from service.domain.new_contacts import NewChild, NewContact
from service.domain.whole_contacts import ContactFilters, WholeContact
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.contacts import list_contacts, log_contact
from service.usecases.decisions import decide
from service.usecases.measures import read_measure, read_measures
from service.usecases.sign_offs import sign_off
from tests.support.clocks import FixedClock
from tests.support.houses import caller, open_house
from tests.support.situations import NOBODY_ASKED, WORDS

LONDON = ZoneInfo("Europe/London")
LONG_AFTER = datetime(2019, 6, 1, 12, tzinfo=UTC)
REFERRAL, NOTHING = Outcome.referral, Outcome.no_further_action


def london(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON).astimezone(UTC)


@dataclass
class Office:
    """A house with a worker and a manager in it, who do what the test says at the time it says."""

    house: House
    clock: FixedClock
    worker: Caller
    manager: Caller
    prompts: Sequence[PromptAnswer]

    async def contact(
        self, received_at: datetime, *, children: int = 1, source_code: str = "2A"
    ) -> WholeContact:
        self.clock.set(received_at)
        new = NewContact(
            concern="A bruise, and a story that does not fit it.",
            source_code=source_code,
            channel=Channel.telephone,
            received_at=received_at,
            referrer_role="Teacher",
            children=[NewChild(given_name=f"Child {number}") for number in range(children)],
        )
        return await self.house.perform(lambda work: log_contact(work, self.worker, new))

    async def decided(
        self,
        child: Child,
        at: datetime,
        outcome: Outcome,
        *,
        superseding: Decision | None = None,
        agreed: bool = True,
    ) -> Decision:
        """Drafts a decision an hour before `at`, which is when the manager answers."""
        statutory = outcome is REFERRAL
        new = NewDecision(
            child_id=child.id,
            level_of_need=LevelOfNeed.statutory if statutory else LevelOfNeed.additional,
            outcome=outcome,
            statutory_basis=StatutoryBasis.section_17 if statutory else None,
            primary_need_code="N1" if statutory else None,
            rationale="The injury, its place and the account given of it were weighed together.",
            history_considered="One earlier contact, for the same family.",
            last_closed_because="The school gave the support that was wanted.",
            agencies=NOBODY_ASKED,
            prompts=self.prompts,
            supersedes_id=None if superseding is None else superseding.id,
            supersedes_because=None if superseding is None else "The hospital's report arrived.",
        )
        self.clock.set(at - timedelta(hours=1))
        draft = await self.house.perform(
            lambda work: decide(work, self.worker, child.contact_id, new)
        )
        self.clock.set(at)
        return await self.house.perform(
            lambda work: sign_off(
                work,
                self.manager,
                draft.id,
                draft.version,
                agreed=agreed,
                words=WORDS,
            )
        )

    async def received_and_decided(
        self, received_at: datetime, hours: float, outcome: Outcome = REFERRAL, **given: str
    ) -> UUID:
        """A contact about one child, decided so many hours after it was received."""
        file = await self.contact(received_at, **given)
        await self.decided(file.children[0], received_at + timedelta(hours=hours), outcome)
        return file.contact.id

    async def read(
        self,
        *,
        as_at: datetime | None = None,
        from_on: date = date(2018, 1, 1),
        to_on: date = date(2019, 1, 1),
        by: Breakdown | None = None,
    ) -> MeasureReading:
        return await self.house.ask_at_length(
            lambda ask: read_measure(
                ask,
                self.manager,
                "PI1",
                now=LONG_AFTER,
                as_at=as_at,
                from_on=from_on,
                to_on=to_on,
                by=by,
            )
        )

    async def listed(self, point: MeasurePoint, part: Part, as_at: datetime) -> list[UUID]:
        """The contacts that the filter of a figure lists."""
        filters = ContactFilters(
            received_from=point.begins_at,
            received_to=point.ends_at,
            source_codes=() if point.group is None else (point.group,),
            behind=MeasureCases("PI1", part, as_at),
        )
        found = await self.house.ask_at_length(
            lambda ask: list_contacts(ask, self.manager, filters, limit=1000)
        )
        return [one.id for one in found]


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(datetime(2018, 1, 1, 9, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        yield Office(
            house,
            clock,
            await caller(house, Role.mash_worker),
            await caller(house, Role.mash_manager),
            [
                PromptAnswer(prompt.key, "Asked and answered.", None)
                for prompt in house.policy.decision_prompts
            ],
        )


def counts(reading: MeasureReading) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of every month that has cases."""
    return {
        point.period: (point.numerator, point.denominator)
        for point in reading.points
        if point.denominator
    }


async def test_a_referral_accepted_on_the_stroke_of_24_hours_is_in_time(office: Office) -> None:
    await office.received_and_decided(london(2018, 3, 5, 9), 24)
    await office.received_and_decided(london(2018, 3, 5, 10), 24 + 1 / 3600)
    reading = await office.read()
    assert counts(reading) == {"2018-03": (1, 2)}
    assert reading.points[2].value == Decimal("50.0")
    assert len(reading.points) == 12
    assert reading.points[0].value is None


async def test_a_contact_that_led_to_no_referral_is_not_counted(office: Office) -> None:
    await office.received_and_decided(london(2018, 3, 5, 9), 5, NOTHING)
    assert counts(await office.read()) == {}


async def test_a_month_begins_and_ends_at_midnight_in_london(office: Office) -> None:
    """On 1 April and on 1 July London's midnight is 23:00 of the day before in UTC."""
    await office.received_and_decided(london(2018, 3, 31, 23, 59, 59), 5)
    await office.received_and_decided(london(2018, 4, 1, 0, 0, 0), 5)
    await office.received_and_decided(london(2018, 4, 1, 0, 30), 30)
    await office.received_and_decided(london(2018, 6, 30, 23, 59), 5)
    await office.received_and_decided(london(2018, 10, 31, 23, 59), 5)
    await office.received_and_decided(london(2018, 11, 1), 5)
    assert counts(await office.read()) == {
        "2018-03": (1, 1),
        "2018-04": (1, 2),
        "2018-06": (1, 1),
        "2018-10": (1, 1),
        "2018-11": (1, 1),
    }


async def test_24_hours_are_24_hours_when_the_clocks_change(office: Office) -> None:
    """25 March 2018 had 23 hours in London and 28 October 25."""
    spring = london(2018, 3, 24, 12)
    autumn = london(2018, 10, 27, 12)
    assert london(2018, 3, 25, 13) - spring == timedelta(hours=24)
    assert london(2018, 10, 28, 11) - autumn == timedelta(hours=24)
    for received_at in (spring, autumn):
        await office.received_and_decided(received_at, 24)
        await office.received_and_decided(received_at + timedelta(minutes=1), 24.01)
    assert counts(await office.read()) == {"2018-03": (1, 2), "2018-10": (1, 2)}


async def test_the_past_reads_as_it_was(office: Office) -> None:
    first = london(2018, 5, 10, 9)
    await office.received_and_decided(first, 20)
    await office.received_and_decided(first + timedelta(hours=1), 30)
    seen = {
        hours: counts(await office.read(as_at=first + timedelta(hours=hours)))
        for hours in (19.99, 20, 30.99, 31)
    }
    assert seen == {
        19.99: {},
        20: {"2018-05": (1, 1)},
        30.99: {"2018-05": (1, 1)},
        31: {"2018-05": (1, 2)},
    }


async def test_siblings_who_part_ways_are_one_contact_accepted_when_the_last_is_signed(
    office: Office,
) -> None:
    received_at = london(2018, 6, 4, 9)
    file = await office.contact(received_at, children=3)
    one, two, three = file.children
    await office.decided(one, received_at + timedelta(hours=4), REFERRAL)
    await office.decided(two, received_at + timedelta(hours=8), NOTHING)
    assert counts(await office.read()) == {}
    await office.decided(three, received_at + timedelta(hours=26), NOTHING)
    assert counts(await office.read()) == {"2018-06": (0, 1)}
    before = received_at + timedelta(hours=25)
    assert counts(await office.read(as_at=before)) == {}


async def test_a_returned_decision_counts_for_nothing(office: Office) -> None:
    received_at = london(2018, 6, 4, 9)
    file = await office.contact(received_at)
    await office.decided(file.children[0], received_at + timedelta(hours=4), REFERRAL, agreed=False)
    await office.decided(file.children[0], received_at + timedelta(hours=9), NOTHING)
    assert counts(await office.read()) == {}


async def test_a_referral_that_was_taken_back_counts_until_it_was(office: Office) -> None:
    received_at = london(2018, 7, 2, 9)
    file = await office.contact(received_at)
    child = file.children[0]
    signed = await office.decided(child, received_at + timedelta(hours=4), REFERRAL)
    await office.decided(child, received_at + timedelta(days=3), NOTHING, superseding=signed)
    assert counts(await office.read()) == {}
    eve = received_at + timedelta(days=3) - timedelta(seconds=1)
    assert counts(await office.read(as_at=eve)) == {"2018-07": (1, 1)}


async def test_a_contact_that_became_a_referral_days_later_was_not_accepted_in_time(
    office: Office,
) -> None:
    received_at = london(2018, 7, 2, 9)
    file = await office.contact(received_at)
    child = file.children[0]
    signed = await office.decided(child, received_at + timedelta(hours=4), NOTHING)
    await office.decided(child, received_at + timedelta(days=3), REFERRAL, superseding=signed)
    assert counts(await office.read()) == {"2018-07": (0, 1)}


async def test_a_referral_on_another_basis_keeps_the_time_of_the_first(office: Office) -> None:
    received_at = london(2018, 7, 2, 9)
    file = await office.contact(received_at)
    child = file.children[0]
    signed = await office.decided(child, received_at + timedelta(hours=4), REFERRAL)
    await office.decided(child, received_at + timedelta(days=3), REFERRAL, superseding=signed)
    assert counts(await office.read()) == {"2018-07": (1, 1)}


async def test_a_time_of_receipt_put_right_moves_the_contact_and_its_clock(office: Office) -> None:
    """The clock from the wrong time was stopped in time, by the amendment: that is no decision."""
    late = london(2018, 9, 1, 10)
    file = await office.contact(late)
    earlier = london(2018, 8, 31, 9)
    await office.house.perform(
        lambda work: amend_contact(
            work,
            office.worker,
            file.contact.id,
            file.contact.version,
            ContactChanges("The school sent it the day before.", {"received_at": earlier}),
        )
    )
    await office.decided(file.children[0], earlier + timedelta(hours=30), REFERRAL)
    assert counts(await office.read()) == {"2018-08": (0, 1)}


async def test_a_breakdown_by_source_adds_up_to_the_whole(office: Office) -> None:
    for day, source_code in enumerate(("2A", "2A", "6", "3E"), start=1):
        await office.received_and_decided(
            london(2018, 2, day, 9), 25 if source_code == "6" else 3, source_code=source_code
        )
    await office.received_and_decided(london(2018, 3, 1, 9), 3, source_code="6")
    reading = await office.read(by=Breakdown.source)
    assert [
        (point.period, point.group, point.numerator, point.denominator) for point in reading.points
    ] == [
        ("2018-02", "2A", 2, 2),
        ("2018-02", "3E", 1, 1),
        ("2018-02", "6", 0, 1),
        ("2018-03", "6", 1, 1),
    ]
    assert (reading.total.numerator, reading.total.denominator) == (4, 5)
    assert reading.total.value == Decimal("80.0")


async def test_a_period_within_a_month_counts_what_lies_in_it(office: Office) -> None:
    for day in (9, 10, 19, 20):
        await office.received_and_decided(london(2018, 8, day), 3)
    reading = await office.read(from_on=date(2018, 8, 10), to_on=date(2018, 8, 20))
    assert counts(reading) == {"2018-08": (2, 2)}
    assert reading.total.period == "2018-08-10/2018-08-20"


async def test_each_figure_lists_its_very_cases(office: Office) -> None:
    made: dict[str, list[UUID]] = {"in time": [], "late": []}
    for day in (1, 2, 3):
        made["in time"].append(await office.received_and_decided(london(2018, 11, day, 9), 12))
    for day in (4, 5):
        made["late"].append(await office.received_and_decided(london(2018, 11, day, 9), 36))
    await office.received_and_decided(london(2018, 11, 6, 9), 12, NOTHING)
    await office.received_and_decided(london(2018, 12, 1, 0, 0, 0), 12, source_code="6")
    await office.contact(london(2018, 11, 8, 9))
    for as_at in (LONG_AFTER, london(2018, 11, 5, 12)):
        for by in (None, Breakdown.source):
            for point in (await office.read(as_at=as_at, by=by)).points:
                listed = {part: await office.listed(point, part, as_at) for part in Part}
                assert len(listed[Part.denominator]) == point.denominator
                assert len(listed[Part.numerator]) == point.numerator
                assert len(listed[Part.missed]) == point.missed
                assert {*listed[Part.numerator], *listed[Part.missed]} == {
                    *listed[Part.denominator]
                }
    november = (await office.read()).points[10]
    assert set(await office.listed(november, Part.numerator, LONG_AFTER)) == set(made["in time"])
    assert set(await office.listed(november, Part.missed, LONG_AFTER)) == set(made["late"])


async def test_who_may_not_read_measures_is_told_so(office: Office) -> None:
    with pytest.raises(NotAllowed):
        await office.house.ask(lambda ask: read_measures(ask, office.worker))
    with pytest.raises(NotAllowed):
        await office.house.ask(lambda ask: read_measure(ask, office.worker, "PI1", now=LONG_AFTER))


async def test_an_analyst_who_may_open_no_contact_reads_the_figures_of_all(office: Office) -> None:
    await office.received_and_decided(london(2018, 3, 5, 9), 3)
    analyst = await caller(office.house, Role.performance_analyst)
    reading = await office.house.ask(
        lambda ask: read_measure(
            ask, analyst, "PI1", now=london(2018, 3, 31, 12), from_on=None, to_on=None
        )
    )
    assert (reading.total.numerator, reading.total.denominator) == (1, 1)
    assert (reading.from_on, reading.to_on) == (date(2017, 4, 1), date(2018, 4, 1))


async def test_what_makes_no_period_is_refused_by_name(office: Office) -> None:
    for given, pointer in (
        ({"as_at": LONG_AFTER + timedelta(seconds=1)}, "query:as_at"),
        ({"from_on": date(2018, 3, 1), "to_on": date(2018, 3, 1)}, "query:to"),
        ({"from_on": date(2013, 12, 31)}, "query:from"),
    ):
        with pytest.raises(PeriodNotPossible) as refused:
            await office.read(**given)
        assert [problem.pointer for problem in refused.value.problems] == [pointer]


async def test_a_measure_that_is_not_there_is_not_found(office: Office) -> None:
    with pytest.raises(MeasureNotFound):
        await office.house.ask(lambda ask: read_measure(ask, office.manager, "PI0", now=LONG_AFTER))
    with pytest.raises(MeasureNotFound):
        MeasureCases("PI0", Part.missed, LONG_AFTER)
    assert [
        one.code for one in await office.house.ask(lambda ask: read_measures(ask, office.manager))
    ]
