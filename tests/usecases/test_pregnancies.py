"""Unborn children: one child before and after birth, by clocks that follow the expected date."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from service.bootstrap import House, Work
from service.domain.access import Caller, Role, RoleMissing
from service.domain.errors import NotFound, Stale
from service.domain.new_contacts import NewChild
from service.domain.people import BirthKnowledge, Person, Sex
from service.domain.pregnancies import (
    Birth,
    ChildNotOpen,
    NotUnborn,
    PregnancyAction,
    PregnancyIncomplete,
    PregnancyState,
)
from service.domain.queues import NEVER, NextAction, Queue, QueueFilters, QueueItem
from service.domain.referrals import Referral
from service.domain_services.assessments import ensure_assessment
from service.persistence.repositories import assessments, contacts
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.persistence.repositories.people import PersonNotFound
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.cases import allocate_referral, close_referral
from service.usecases.flags import sweep
from service.usecases.jobs import ImpossibleFound, check_impossible
from service.usecases.pregnancies import (
    WholePregnancy,
    change_expected_delivery,
    end_pregnancy,
    read_pregnancy,
    record_birth,
)
from service.usecases.queues import read_queue
from tests.support.cases import decide_for
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import caller, open_house
from tests.support.standing_flags import each_flag
from tests.support.unborn import clocks, enquiry_about, on_file, referred, told_of, unborn

EXPECTED = date(2026, 9, 11)
SCAN = "The dating scan of last Tuesday puts the pregnancy further on."
ENDED = "The midwife rang: the pregnancy ended on Wednesday, and the mother is in hospital."
BEGUN, DONE, ASKING = (
    "pre_birth_assessment_begun",
    "pre_birth_assessment_done",
    "expected_delivery_known",
)
PRE_BIRTH = {BEGUN, DONE, ASKING}


@dataclass
class Office:
    """A house, its clock, and a worker of it."""

    house: House
    clock: FixedClock
    worker: Caller

    async def read(self, person_id: UUID, who: Caller | None = None) -> WholePregnancy:
        """The unborn child as it is read."""
        return await self.house.ask(
            lambda ask: read_pregnancy(
                ask, who or self.worker, person_id, policy=self.house.policy, now=self.clock.now
            )
        )

    async def expect(
        self, person_id: UUID, on: date, because: str | None = None, *, version: int = 1
    ) -> Person:
        """An expected date as it is recorded."""
        return await self.house.perform(
            lambda work: change_expected_delivery(
                work,
                self.worker,
                person_id,
                version,
                expected_delivery_on=on,
                because=because,
            )
        )

    async def born(
        self, person_id: UUID, on: date | None = None, *, version: int = 1, **told: Any
    ) -> Person:
        """A birth as it is recorded; today, a girl."""
        birth = Birth(
            **{
                "born_on": on or self.clock.now.date(),
                "given_name": "Adaeze",
                "family_name": "Okafor",
                "sex": "F",
                "nhs_number": None,
                **told,
            }
        )
        return await self.house.perform(
            lambda work: record_birth(work, self.worker, person_id, version, birth)
        )

    async def ended(self, person_id: UUID, on: date | None = None, *, version: int = 1) -> Person:
        """The end of a pregnancy as it is recorded; today."""
        return await self.house.perform(
            lambda work: end_pregnancy(
                work,
                self.worker,
                person_id,
                version,
                ended_on=on or self.clock.now.date(),
                because=ENDED,
            )
        )

    async def pre_birth(self, referral: Referral) -> set[str]:
        """The pre-birth clocks that run."""
        return PRE_BIRTH & set(await clocks(self.house, referral.contact_id))

    async def queue(self, who: Caller | None = None, **page: Any) -> list[QueueItem]:
        """The lines of the tracker."""
        return await self.house.ask(
            lambda ask: read_queue(
                ask,
                who or self.worker,
                Queue.pre_birth,
                QueueFilters(),
                **{"limit": 50, **page},
            )
        )

    async def begin_assessment(self, referral: Referral) -> None:
        """The assessment, begun."""

        async def begin(work: Work) -> None:
            await contacts.renew(work, referral.contact_id)
            await ensure_assessment(work, self.worker, referral)

        await self.house.perform(begin)

    async def close(self, referral: Referral) -> None:
        """The referral, closed."""
        manager = await caller(self.house, Role.assessment_team_manager)
        held = await self.house.perform(
            lambda work: allocate_referral(
                work, manager, referral.id, referral.version, manager.account_id, None
            )
        )
        await self.house.perform(
            lambda work: close_referral(
                work,
                manager,
                referral.id,
                held.version,
                "RC8",
                "The assessment found that the family has all the help it needs.",
            )
        )

    async def possible(self) -> None:
        """Nothing on file should be impossible."""
        await self.house.ask(lambda ask: check_impossible(ask, self.house.policy))


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        yield Office(house, clock, await caller(house, Role.mash_worker))


def codes(refusal: PregnancyIncomplete) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refusal.problems]


# ---- The expected date --------------------------------------------------------------------------


async def test_a_first_date_stops_the_asking_and_starts_the_clocks_from_the_referral(
    office: Office,
) -> None:
    referral = await referred(office.house)
    assert await office.pre_birth(referral) == {ASKING}
    await office.possible()
    office.clock.forward(hours=3)
    await office.expect(referral.person_id, EXPECTED)
    running = await clocks(office.house, referral.contact_id)
    assert PRE_BIRTH & set(running) == {BEGUN, DONE}
    # Twenty and thirty-two weeks of a pregnancy that is expected on Friday 11 September 2026.
    assert running[BEGUN].due_at == datetime(2026, 4, 24, 22, 59, 59, tzinfo=UTC)
    assert running[DONE].due_at == datetime(2026, 7, 17, 22, 59, 59, tzinfo=UTC)
    assert {running[BEGUN].started_at, running[DONE].started_at} == {referral.accepted_at}
    asked = (await clocks(office.house, referral.contact_id, running=False))[ASKING]
    assert asked.stopped_because == "expected_delivery_known"
    found = await office.read(referral.person_id)
    assert (found.version, found.state) == (2, PregnancyState.unborn)
    [step] = found.steps
    assert (step.expected_before_on, step.expected_after_on) == (None, EXPECTED)
    assert [one.weeks for one in found.alerts] == [20, 32]
    await office.possible()


async def test_another_date_says_why_and_the_clocks_go_by_it_from_the_same_start(
    office: Office,
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    office.clock.forward(days=7)
    with pytest.raises(PregnancyIncomplete) as refused:
        await office.expect(referral.person_id, EXPECTED + timedelta(days=14))
    assert codes(refused.value) == [("/because", "missing")]
    await office.expect(referral.person_id, EXPECTED + timedelta(days=14), SCAN)
    running = await clocks(office.house, referral.contact_id)
    assert running[BEGUN].due_at == datetime(2026, 5, 8, 22, 59, 59, tzinfo=UTC)
    assert running[BEGUN].started_at == referral.accepted_at
    stopped = (await clocks(office.house, referral.contact_id, running=False))[BEGUN]
    assert stopped.stopped_because == "expected_delivery_changed"
    [step] = (await office.read(referral.person_id)).steps
    assert (step.words, step.by) == (SCAN, office.worker.account_id)


async def test_told_late_in_a_pregnancy_there_are_working_days_all_the_same(office: Office) -> None:
    # 38 weeks: both weeks have passed. Friday 6 March and five, and twenty, working days.
    referral = await referred(office.house, expected=date(2026, 3, 20))
    running = await clocks(office.house, referral.contact_id)
    assert running[BEGUN].due_at == datetime(2026, 3, 13, 23, 59, 59, tzinfo=UTC)
    assert running[DONE].due_at == datetime(2026, 4, 7, 22, 59, 59, tzinfo=UTC)
    assert running[BEGUN].warn_at == referral.accepted_at


@pytest.mark.parametrize(
    ("kind", "days"), [(BEGUN, 20 * 7), (DONE, 32 * 7)], ids=["20 weeks", "32 weeks"]
)
async def test_a_warning_comes_a_fortnight_before_the_week_and_a_breach_after_it(
    office: Office, kind: str, days: int
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    week_on = EXPECTED - timedelta(days=280 - days)
    manager = await caller(office.house, Role.assessment_team_manager)

    async def flags() -> set[str]:
        await sweep(office.house)
        found = await each_flag(office.house, manager)
        return {one.severity.value for one in found if one.kind == kind}

    end = datetime(week_on.year, week_on.month, week_on.day, 22, 59, 59, tzinfo=UTC)
    office.clock.set(end - timedelta(days=14, seconds=1))
    assert await flags() == set()
    office.clock.set(end - timedelta(days=14))
    assert await flags() == {"warning"}
    office.clock.set(end + timedelta(seconds=1))
    assert "breach" in await flags()
    assert referral.person_id


async def test_what_was_met_is_not_asked_for_again_by_another_date(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await office.begin_assessment(referral)
    assert await office.pre_birth(referral) == {DONE}
    await office.expect(referral.person_id, EXPECTED + timedelta(days=7), SCAN)
    assert await office.pre_birth(referral) == {DONE}
    await office.possible()


async def test_an_assessment_begun_while_no_date_was_known_is_begun(office: Office) -> None:
    referral = await referred(office.house)
    await office.begin_assessment(referral)
    await office.expect(referral.person_id, EXPECTED)
    assert await office.pre_birth(referral) == {DONE}


DATES: dict[str, tuple[date, str]] = {
    "the same": (EXPECTED, "no_change"),
    "43 weeks ahead": (FRIDAY.date() + timedelta(days=42 * 7 + 1), "too_far_ahead"),
    "long past": (FRIDAY.date() - timedelta(days=29), "too_long_ago"),
}


@pytest.mark.parametrize("name", list(DATES))
async def test_a_date_that_cannot_be_is_refused(office: Office, name: str) -> None:
    on, code = DATES[name]
    referral = await referred(office.house, expected=EXPECTED)
    with pytest.raises(PregnancyIncomplete) as refused:
        await office.expect(referral.person_id, on, SCAN)
    assert codes(refused.value) == [("/expected_delivery_on", code)]
    assert (await office.read(referral.person_id)).steps == []


@pytest.mark.parametrize("days", [42 * 7, -28], ids=["42 weeks ahead", "four weeks past"])
async def test_a_date_at_the_edge_is_taken(office: Office, days: int) -> None:
    referral = await referred(office.house)
    on = FRIDAY.date() + timedelta(days=days)
    assert (await office.expect(referral.person_id, on)).expected_delivery_on == on


async def test_a_stock_phrase_is_no_reason(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    with pytest.raises(PregnancyIncomplete) as refused:
        await office.expect(referral.person_id, EXPECTED + timedelta(days=7), "n/a")
    assert codes(refused.value) == [("/because", "boiler_plate")]


# ---- The birth ----------------------------------------------------------------------------------


async def test_one_child_before_and_after_the_birth(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await office.begin_assessment(referral)
    office.clock.set(datetime(2026, 9, 9, 10, tzinfo=UTC))
    person = await office.born(referral.person_id, date(2026, 9, 8), nhs_number="9434765919")
    assert person == await on_file(office.house, referral.person_id)
    assert (person.id, person.date_of_birth) == (referral.person_id, date(2026, 9, 8))
    assert (person.birth_knowledge, person.expected_delivery_on) == (BirthKnowledge.known, None)
    assert (person.given_name, person.sex, person.nhs_number) == (
        "Adaeze",
        Sex.female,
        "9434765919",
    )
    assert await office.pre_birth(referral) == set()
    stopped = (await clocks(office.house, referral.contact_id, running=False))[DONE]
    assert (stopped.stopped_because, stopped.stopped_at) == ("born", office.clock.now)
    assert stopped.happened_at == datetime(2026, 9, 8, 22, 59, 59, tzinfo=UTC)
    # The case, its assessment and its other clocks go on; the contact tells what was told.
    still = await office.house.ask(lambda ask: REFERRALS.get(ask, office.worker.sight, referral.id))
    assert still.closed_at is None
    assert "single_assessment" in await clocks(office.house, referral.contact_id)
    assert await office.house.ask(lambda ask: assessments.open_of_referral(ask, referral.id))
    [told] = await office.house.ask(lambda ask: contacts.children(ask, referral.contact_id))
    assert told.birth_knowledge is BirthKnowledge.unborn
    found = await office.read(referral.person_id)
    assert (found.state, found.version) == (PregnancyState.born, 2)
    [step] = found.steps
    assert (step.action, step.happened_on) == (PregnancyAction.record_birth, date(2026, 9, 8))
    assert (step.expected_before_on, step.expected_after_on) == (EXPECTED, None)
    await office.possible()


async def test_names_that_are_not_told_stay_as_they_are_on_file(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    person = await office.born(
        referral.person_id, given_name=None, family_name=None, sex="U", on=FRIDAY.date()
    )
    assert (person.given_name, person.family_name, person.sex) == (None, "Okafor", Sex.unknown)


async def test_the_next_contact_knows_the_child_by_the_number_that_came_with_the_birth(
    office: Office,
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await office.born(referral.person_id, nhs_number="9434765919")
    file = await told_of(office.house, [NewChild(nhs_number="9434765919")])
    assert file.children[0].person_id == referral.person_id


@pytest.mark.parametrize(
    ("recorded", "starts"),
    [
        (datetime(2026, 9, 8, 16, tzinfo=UTC), datetime(2026, 9, 8, 16, tzinfo=UTC)),
        (datetime(2026, 9, 10, 9, tzinfo=UTC), datetime(2026, 9, 8, 22, 59, 59, tzinfo=UTC)),
    ],
    ids=["on the day", "two days later"],
)
async def test_an_open_enquiry_has_to_see_the_new_born_child(
    office: Office, recorded: datetime, starts: datetime
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    enquiry = await enquiry_about(office.house, referral)
    assert "child_seen" not in await clocks(office.house, referral.contact_id)
    office.clock.set(recorded)
    await office.born(referral.person_id, date(2026, 9, 8))
    seen = (await clocks(office.house, referral.contact_id))["child_seen"]
    assert (seen.subject_id, seen.started_at) == (enquiry.id, starts)
    assert seen.due_at == starts + timedelta(hours=24)


async def test_a_birth_before_the_meeting_counts_from_the_meeting(office: Office) -> None:
    referral = await referred(office.house, expected=date(2026, 3, 10))
    office.clock.forward(days=2)
    await enquiry_about(office.house, referral)
    met_at = office.clock.now
    office.clock.forward(hours=1)
    await office.born(referral.person_id, FRIDAY.date())
    assert (await clocks(office.house, referral.contact_id))["child_seen"].started_at == met_at


async def test_without_an_enquiry_no_clock_waits_for_the_child_to_be_seen(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await office.born(referral.person_id)
    assert "child_seen" not in await clocks(office.house, referral.contact_id)


async def test_a_birth_after_closure_is_to_be_logged_as_a_contact(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await office.close(referral)
    for doing in (
        lambda: office.born(referral.person_id),
        lambda: office.ended(referral.person_id),
        lambda: office.expect(referral.person_id, EXPECTED + timedelta(days=7), SCAN),
    ):
        with pytest.raises(ChildNotOpen, match="as a contact") as refused:
            await doing()
        assert refused.value.allowed == ("log_contact",)
    # And so it is: the contact that tells of it opens the same child again.
    file = await told_of(
        office.house, [NewChild(given_name="Adaeze", person_id=referral.person_id)]
    )
    await office.born(referral.person_id)
    assert file.children[0].person_id == referral.person_id


async def test_a_birth_while_the_contact_waits_for_its_decision(office: Office) -> None:
    file = await told_of(office.house, [unborn(EXPECTED)])
    person_id = file.children[0].person_id
    await office.born(person_id)
    await decide_for(office.house, file, "referral")
    [referral] = await office.house.ask(lambda ask: REFERRALS.of_contact(ask, file.contact.id))
    assert await office.pre_birth(referral) == set()
    await office.possible()


async def test_who_is_born_is_not_born_again_and_expected_no_more(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await office.born(referral.person_id)
    for doing in (
        lambda: office.born(referral.person_id, version=2),
        lambda: office.ended(referral.person_id, version=2),
        lambda: office.expect(referral.person_id, EXPECTED, SCAN, version=2),
    ):
        with pytest.raises(NotUnborn) as refused:
            await doing()
        # A twin may have been born.
        assert (refused.value.state, refused.value.allowed) == ("born", ("record_another_birth",))


async def test_a_child_who_never_was_unborn_here_has_no_pregnancy(office: Office) -> None:
    file = await told_of(office.house, [NewChild(given_name="Ada", date_of_birth=date(2018, 4, 9))])
    person_id = file.children[0].person_id
    with pytest.raises(PersonNotFound):
        await office.read(person_id)
    with pytest.raises(PersonNotFound):
        await office.born(person_id)
    with pytest.raises(PersonNotFound):
        await office.read(uuid4())


BIRTHS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "in the future": ({"on": FRIDAY.date() + timedelta(days=1)}, ("/born_on", "in_the_future")),
    "before the pregnancy": (
        {"on": EXPECTED - timedelta(days=281)},
        ("/born_on", "before_the_pregnancy"),
    ),
    "another's number": (
        {"nhs_number": "9434765919"},
        ("/nhs_number", "number_of_another_child"),
    ),
}


@pytest.mark.parametrize("name", list(BIRTHS))
async def test_a_birth_that_cannot_be_is_refused_and_nothing_is_stored(
    office: Office, name: str
) -> None:
    told, fault = BIRTHS[name]
    await told_of(office.house, [NewChild(given_name="Ada", nhs_number="9434765919")])
    referral = await referred(office.house, expected=EXPECTED)
    before = await on_file(office.house, referral.person_id)
    with pytest.raises(PregnancyIncomplete) as refused:
        await office.born(referral.person_id, **told)
    assert codes(refused.value) == [fault]
    assert await on_file(office.house, referral.person_id) == before
    assert await office.pre_birth(referral) == {BEGUN, DONE}


async def test_of_many_who_record_the_birth_at_once_one_wins_and_the_others_are_told(
    office: Office,
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await enquiry_about(office.house, referral)
    outcomes = await asyncio.gather(
        *(office.born(referral.person_id, given_name=f"Name {n}") for n in range(8)),
        return_exceptions=True,
    )
    won = [one for one in outcomes if isinstance(one, Person)]
    assert len(won) == 1, outcomes
    assert sum(isinstance(one, NotUnborn) for one in outcomes) == 7, outcomes
    assert await on_file(office.house, referral.person_id) == won[0]
    assert len((await office.read(referral.person_id)).steps) == 1
    await office.possible()


async def test_of_two_dates_at_once_one_is_stale(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    outcomes = await asyncio.gather(
        *(
            office.expect(referral.person_id, EXPECTED + timedelta(days=days), SCAN)
            for days in (7, 14)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Person) for one in outcomes) == 1, outcomes
    assert sum(isinstance(one, Stale) for one in outcomes) == 1, outcomes


# ---- The end without a birth --------------------------------------------------------------------


async def test_a_pregnancy_that_ends_stops_the_clocks_quietly_and_leaves_the_case_to_people(
    office: Office,
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await enquiry_about(office.house, referral)
    office.clock.set(datetime(2026, 5, 1, 9, tzinfo=UTC))
    await sweep(office.house)
    person = await office.ended(referral.person_id, date(2026, 4, 29))
    assert (person.pregnancy_ended_on, person.birth_knowledge) == (
        date(2026, 4, 29),
        BirthKnowledge.unborn,
    )
    assert await office.pre_birth(referral) == set()
    stopped = (await clocks(office.house, referral.contact_id, running=False))[DONE]
    assert stopped.stopped_because == "pregnancy_ended"
    assert "child_seen" not in await clocks(office.house, referral.contact_id)
    manager = await caller(office.house, Role.assessment_team_manager)
    flags = await each_flag(office.house, manager)
    assert PRE_BIRTH & {one.kind for one in flags} == set()
    still = await office.house.ask(lambda ask: REFERRALS.get(ask, office.worker.sight, referral.id))
    assert still.closed_at is None
    found = await office.read(referral.person_id)
    assert (found.state, found.steps[0].words) == (PregnancyState.ended, ENDED)
    assert await office.queue() == []
    with pytest.raises(NotUnborn):
        await office.born(referral.person_id, version=2)
    await office.possible()


async def test_what_a_contact_tells_later_does_not_bring_an_ended_pregnancy_back(
    office: Office,
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    ended = await office.ended(referral.person_id)
    await told_of(
        office.house, [NewChild(person_id=referral.person_id, date_of_birth=FRIDAY.date())]
    )
    assert (await on_file(office.house, referral.person_id)).date_of_birth is None
    assert (await on_file(office.house, referral.person_id)).pregnancy_ended_on == (
        ended.pregnancy_ended_on
    )


# ---- What contacts tell -------------------------------------------------------------------------


async def test_a_contact_that_tells_the_expected_date_moves_the_clocks(office: Office) -> None:
    referral = await referred(office.house)
    version = (
        await office.house.ask(
            lambda ask: contacts.get(ask, office.worker.sight, referral.contact_id)
        )
    ).version
    office.clock.forward(hours=2)
    file = await told_of(office.house, [unborn(EXPECTED, person_id=referral.person_id)])
    running = await clocks(office.house, referral.contact_id)
    assert PRE_BIRTH & set(running) == {BEGUN, DONE}
    assert running[BEGUN].started_at == referral.accepted_at
    found = await office.read(referral.person_id)
    assert (found.person.expected_delivery_on, found.steps[0].contact_id) == (
        EXPECTED,
        file.contact.id,
    )
    renewed = await office.house.ask(
        lambda ask: contacts.get(ask, office.worker.sight, referral.contact_id)
    )
    assert renewed.version == version + 1
    await office.possible()


async def test_a_contact_that_tells_of_the_birth_stops_the_clocks_and_starts_the_seeing(
    office: Office,
) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await enquiry_about(office.house, referral)
    office.clock.set(datetime(2026, 9, 9, 10, tzinfo=UTC))
    await told_of(
        office.house,
        [
            NewChild(
                given_name="Adaeze", date_of_birth=date(2026, 9, 8), person_id=referral.person_id
            )
        ],
    )
    assert await office.pre_birth(referral) == set()
    seen = (await clocks(office.house, referral.contact_id))["child_seen"]
    assert seen.started_at == datetime(2026, 9, 8, 22, 59, 59, tzinfo=UTC)
    found = await office.read(referral.person_id)
    assert (found.state, found.steps[0].action) == (
        PregnancyState.born,
        PregnancyAction.record_birth,
    )
    with pytest.raises(NotUnborn):
        await office.born(referral.person_id, version=2)


async def amended(office: Office, contact_id: UUID, **facts: Any) -> None:
    """One fact of the only child on a contact, put right."""
    contact = await office.house.ask(lambda ask: contacts.get(ask, office.worker.sight, contact_id))
    [child] = await office.house.ask(lambda ask: contacts.children(ask, contact_id))
    changes = ContactChanges(reason="The midwife rang back.", children={child.id: facts})
    await office.house.perform(
        lambda work: amend_contact(work, office.worker, contact_id, contact.version, changes)
    )


async def test_an_amended_contact_moves_the_clocks_of_the_case_that_is_open(office: Office) -> None:
    referral = await referred(office.house)
    file = await told_of(office.house, [unborn(EXPECTED, person_id=referral.person_id)])
    # The file follows the correction of what this contact had told.
    await amended(office, file.contact.id, expected_delivery_on=EXPECTED + timedelta(days=14))
    running = await clocks(office.house, referral.contact_id)
    assert running[BEGUN].due_at == datetime(2026, 5, 8, 22, 59, 59, tzinfo=UTC)
    await amended(office, file.contact.id, expected_delivery_on=None)
    assert await office.pre_birth(referral) == {ASKING}
    await amended(office, file.contact.id, expected_delivery_on=EXPECTED)
    assert await office.pre_birth(referral) == {BEGUN, DONE}
    await amended(
        office,
        file.contact.id,
        birth_knowledge=BirthKnowledge.not_known,
        expected_delivery_on=None,
    )
    assert await office.pre_birth(referral) == set()
    await amended(
        office,
        file.contact.id,
        birth_knowledge=BirthKnowledge.unborn,
        expected_delivery_on=EXPECTED,
    )
    assert await office.pre_birth(referral) == {BEGUN, DONE}
    assert [one.action for one in (await office.read(referral.person_id)).steps] == [
        PregnancyAction.change_expected_delivery,
        PregnancyAction.change_expected_delivery,
        PregnancyAction.change_expected_delivery,
        PregnancyAction.change_expected_delivery,
        PregnancyAction.correct,
        PregnancyAction.correct,
    ]
    await office.possible()


async def test_a_contact_that_adds_nothing_leaves_everything_as_it_is(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    before = await clocks(office.house, referral.contact_id)
    await told_of(office.house, [unborn(EXPECTED, person_id=referral.person_id)])
    assert await clocks(office.house, referral.contact_id) == before
    assert (await office.read(referral.person_id)).version == 1


async def test_a_birth_and_a_contact_that_tells_of_it_at_once_are_one_birth(office: Office) -> None:
    referral = await referred(office.house)
    outcomes = await asyncio.gather(
        office.born(referral.person_id),
        *(
            told_of(office.house, [unborn(EXPECTED, person_id=referral.person_id)])
            for _ in range(4)
        ),
        return_exceptions=True,
    )
    person = await on_file(office.house, referral.person_id)
    if isinstance(outcomes[0], Person):
        assert (person.date_of_birth, person.expected_delivery_on) == (FRIDAY.date(), None)
        assert await office.pre_birth(referral) == set()
    else:
        # The date came first: whoever records the birth reads it before.
        assert isinstance(outcomes[0], Stale), outcomes
        assert person.expected_delivery_on == EXPECTED
        assert await office.pre_birth(referral) == {BEGUN, DONE}
    assert [one for one in outcomes[1:] if isinstance(one, BaseException)] == []


# ---- Who may -----------------------------------------------------------------------------------


async def test_a_child_is_seen_by_who_sees_a_contact_or_a_case_of_it(office: Office) -> None:
    assessor = await caller(office.house, Role.assessment_team_worker)
    helper = await caller(office.house, Role.early_help_worker)
    file = await told_of(office.house, [unborn(EXPECTED)])
    person_id = file.children[0].person_id
    for who in (assessor, helper):
        with pytest.raises(PersonNotFound):
            await office.read(person_id, who)
    await decide_for(office.house, file, "referral")
    assert (await office.read(person_id, assessor)).state is PregnancyState.unborn
    with pytest.raises(PersonNotFound):
        await office.read(person_id, helper)
    helped = await told_of(office.house, [unborn(EXPECTED)])
    await decide_for(office.house, helped, "early_help_episode")
    assert (await office.read(helped.children[0].person_id, helper)).deadlines == []
    with pytest.raises(PersonNotFound):
        await office.read(helped.children[0].person_id, assessor)


async def test_who_may_not_see_the_child_may_not_record_its_birth_either(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    helper = await caller(office.house, Role.early_help_worker)
    other = Office(office.house, office.clock, helper)
    with pytest.raises(NotFound):
        await other.born(referral.person_id)
    auditor = await caller(office.house, Role.qa_auditor)
    with pytest.raises(RoleMissing):
        await Office(office.house, office.clock, auditor).born(referral.person_id)
    assert (await office.read(referral.person_id, auditor)).state is PregnancyState.unborn


# ---- The tracker --------------------------------------------------------------------------------


async def test_the_tracker_has_those_without_a_date_first_and_then_the_soonest_clock(
    office: Office,
) -> None:
    late = await referred(office.house, expected=date(2026, 3, 20))
    early = await referred(office.house, expected=EXPECTED)
    asked = await told_of(office.house, [unborn()])
    undated = await referred(office.house)
    born = await referred(office.house, expected=EXPECTED)
    await office.born(born.person_id)
    await told_of(office.house, [NewChild(given_name="Ada")])
    found = await office.queue()
    assert {one.waiting.child_id for one in found[:2]} == {asked.children[0].id, undated.child_id}
    rest = [(one.waiting.subject_id, one.next_action_on(FRIDAY.date())) for one in found[2:]]
    assert {one for one, _ in rest} == {late.id, early.id}
    assert {action for _, action in rest} == {NextAction.begin_assessment}
    dues = [one.waiting.due_at for one in found[2:]]
    assert dues == sorted(dues)
    assert all(one < NEVER for one in dues)
    for one in found[:2]:
        assert one.next_action_on(FRIDAY.date()) is NextAction.ask_expected_delivery


async def test_the_next_action_goes_with_the_pregnancy(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)

    async def action() -> NextAction:
        [line] = await office.queue()
        return line.next_action_on(office.clock.now.date())

    assert await action() is NextAction.begin_assessment
    await office.begin_assessment(referral)
    assert await action() is NextAction.authorise_assessment
    office.clock.set(datetime(2026, 9, 11, 12, tzinfo=UTC))
    assert await action() is NextAction.authorise_assessment
    office.clock.forward(days=1)
    assert await action() is NextAction.ask_whether_born
    await office.born(referral.person_id)
    assert await office.queue() == []


async def test_twins_are_two_lines_on_pages_of_one(office: Office) -> None:
    file = await told_of(office.house, [unborn(EXPECTED), unborn(EXPECTED), unborn()])
    seen: list[UUID | None] = []
    after: Any = None
    while page := await office.queue(limit=1, after=after):
        [line] = page
        seen.append(line.waiting.child_id)
        after = line.place
    assert seen[0] == file.children[2].id
    assert set(seen) == {child.id for child in file.children}
    assert len(seen) == 3


async def test_a_child_is_one_line_whatever_is_open_about_it(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await told_of(office.house, [unborn(EXPECTED, person_id=referral.person_id)])
    [line] = await office.queue()
    assert (line.waiting.subject_id, line.waiting.team_id) == (referral.id, referral.team_id)
    first = await told_of(office.house, [unborn(EXPECTED)])
    await told_of(office.house, [unborn(EXPECTED, person_id=first.children[0].person_id)])
    lines = await office.queue()
    assert [one.waiting.subject_id for one in lines] == [first.contact.id, referral.id] or [
        one.waiting.subject_id for one in lines
    ] == [referral.id, first.contact.id]


async def test_each_side_sees_the_unborn_children_that_it_may(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    helped = await told_of(office.house, [unborn(EXPECTED)])
    await decide_for(office.house, helped, "early_help_episode")
    [episode] = await office.house.ask(lambda ask: EPISODES.of_contact(ask, helped.contact.id))
    waiting = await told_of(office.house, [unborn(EXPECTED)])
    for role, ids in (
        (Role.assessment_team_worker, {referral.id}),
        (Role.early_help_worker, {episode.id}),
        (Role.mash_worker, {referral.id, episode.id, waiting.contact.id}),
    ):
        who = await caller(office.house, role)
        assert {one.waiting.subject_id for one in await office.queue(who)} == ids, role


async def test_a_line_of_any_queue_names_the_child_as_it_is_since_the_birth(office: Office) -> None:
    referral = await referred(
        office.house, [unborn(EXPECTED, family_name=None, description="Bump")]
    )

    async def named() -> list[str]:
        manager = await caller(office.house, Role.assessment_team_manager)
        [line] = await office.house.ask(
            lambda ask: read_queue(ask, manager, Queue.allocation, QueueFilters(), limit=5)
        )
        return list(line.children)

    assert await named() == ["Unborn child"]
    await office.born(referral.person_id)
    assert await named() == ["Adaeze Okafor"]


# ---- What should be impossible ------------------------------------------------------------------


async def test_an_unborn_child_in_social_care_without_a_clock_is_found(office: Office) -> None:
    referral = await referred(office.house, expected=EXPECTED)
    await office.possible()
    async with office.house.database.writing() as connection:
        await connection.execute(text("DELETE FROM deadline WHERE kind LIKE '%birth%'"))
        await connection.commit()
    with pytest.raises(ImpossibleFound, match="unborn_child_in_social_care"):
        await office.possible()
    assert referral.person_id
