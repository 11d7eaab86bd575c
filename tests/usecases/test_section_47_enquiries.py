"""Section 47 enquiries: the child seen, the outcome, the conference from the right meeting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from service.bootstrap import House
from service.domain.access import Caller, Role, RoleMissing
from service.domain.calendar import london_date
from service.domain.conferences import NoConference
from service.domain.errors import Invalid, NotFound, Stale
from service.domain.events import Event
from service.domain.instants import CLOCK_TOLERANCE
from service.domain.people import BirthKnowledge, Person
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    ChildNeverSeen,
    ChildUnborn,
    ConferenceOutcome,
    EnquiryAction,
    EnquiryFilters,
    EnquiryIncomplete,
    EnquiryOutcome,
    EnquiryState,
    NoConferenceBecause,
    OwnProposal,
    Section47Enquiry,
    SightNotRecorded,
    Visit,
    WholeEnquiry,
    allowed,
)
from service.domain.states import WrongState
from service.domain.strategy_meetings import EnquiryDecision, ProtectionUnderWay
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.cases import REFERRALS
from service.usecases.assessments import read_assessment
from service.usecases.cases import allocate_referral, close_referral
from service.usecases.section_47_enquiries import (
    list_section_47_enquiries,
    propose_no_conference,
    read_section_47_enquiry,
    record_child_seen,
    record_conference,
    record_enquiry_outcome,
    sign_off_no_conference,
)
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import caller, open_house
from tests.support.protection import (
    FINDING,
    NOT_SEEN,
    clock_of,
    enquiry_begun,
    referred,
    seen,
)

CONFERENCE = "initial_child_protection_conference"
PLAN = ConferenceOutcome.child_protection_plan


@dataclass
class Office:
    """A house, its clock, and the two who work on enquiries."""

    house: House
    clock: FixedClock
    manager: Caller
    worker: Caller
    # Another manager of the assessment teams.
    colleague: Caller

    async def enquiry(self, **changes: Any) -> Section47Enquiry:
        return await enquiry_begun(self.house, await referred(self.house, **changes))

    async def visit(self, enquiry: Section47Enquiry, visit: Visit) -> Section47Enquiry:
        return await self.house.perform(
            lambda work: record_child_seen(work, self.worker, enquiry.id, enquiry.version, visit)
        )

    async def find(
        self,
        enquiry: Section47Enquiry,
        outcome: EnquiryOutcome = EnquiryOutcome.continuing_risk,
        words: str = FINDING,
    ) -> Section47Enquiry:
        return await self.house.perform(
            lambda work: record_enquiry_outcome(
                work, self.manager, enquiry.id, enquiry.version, outcome=outcome, words=words
            )
        )

    async def confer(
        self,
        enquiry: Section47Enquiry,
        held_at: datetime | None = None,
        outcome: ConferenceOutcome = PLAN,
        code: str | None = "PHY",
        words: str = FINDING,
    ) -> Section47Enquiry:
        return await self.house.perform(
            lambda work: record_conference(
                work,
                self.worker,
                enquiry.id,
                enquiry.version,
                held_at=held_at or work.now,
                outcome=outcome,
                category_of_abuse_code=code,
                words=words,
            )
        )

    async def propose(self, enquiry: Section47Enquiry, told: NoConference) -> Section47Enquiry:
        return await self.house.perform(
            lambda work: propose_no_conference(
                work, self.colleague, enquiry.id, enquiry.version, told
            )
        )

    async def answer(
        self,
        enquiry: Section47Enquiry,
        *,
        agreed: bool = True,
        words: str = FINDING,
        by: Caller | None = None,
    ) -> Section47Enquiry:
        who = by or self.manager
        return await self.house.perform(
            lambda work: sign_off_no_conference(
                work, who, enquiry.id, enquiry.version, agreed=agreed, words=words
            )
        )

    async def whole(self, enquiry: Section47Enquiry) -> WholeEnquiry:
        return await self.house.ask(
            lambda ask: read_section_47_enquiry(ask, self.manager, enquiry.id)
        )

    async def clock_on(self, enquiry: Section47Enquiry, kind: str) -> Any:
        return await clock_of(self.house, enquiry.contact_id, enquiry.id, kind)

    async def events(self, subject_id: UUID) -> list[Event]:
        table = table_of(Event)
        rows = await self.house.ask(
            lambda ask: ask.all(
                select(*columns_of(Event))
                .where(table.c.subject_id == subject_id)
                .order_by(table.c.id)
            )
        )
        return [read(Event, row) for row in rows]


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        yield Office(
            house,
            clock,
            await caller(house, Role.assessment_team_manager, name="assessment manager"),
            await caller(house, Role.assessment_team_worker, name="social worker"),
            await caller(house, Role.assessment_team_manager, name="another manager"),
        )


def faults(refused: pytest.ExceptionInfo[Any]) -> list[tuple[str, str]]:
    found = refused.value
    assert isinstance(found, Invalid)
    return [(one.pointer, one.code) for one in found.problems]


# ---- The child seen -----------------------------------------------------------------------------


async def test_from_the_meeting_to_the_conference_with_every_clock_and_every_step(
    office: Office,
) -> None:
    enquiry = await office.enquiry()
    assert (await office.clock_on(enquiry, "child_seen")).due_at == FRIDAY + timedelta(hours=24)
    office.clock.forward(hours=3)
    enquiry = await office.visit(enquiry, seen(FRIDAY + timedelta(hours=2)))
    stopped = await office.clock_on(enquiry, "child_seen")
    assert (stopped.stopped_because, stopped.happened_at) == ("seen", FRIDAY + timedelta(hours=2))
    assert stopped.stopped_at == office.clock.now
    office.clock.forward(days=5)
    enquiry = await office.find(enquiry)
    assert enquiry.state is EnquiryState.awaiting_conference
    assert (await office.clock_on(enquiry, CONFERENCE)).stopped_at is None
    office.clock.forward(days=7)
    held_at = office.clock.now - timedelta(days=1)
    enquiry = await office.confer(enquiry, held_at)
    assert (enquiry.state, enquiry.ended_at) == (EnquiryState.ended, office.clock.now)
    assert (enquiry.conference_outcome, enquiry.category_of_abuse_code) == (PLAN, "PHY")
    held = await office.clock_on(enquiry, CONFERENCE)
    assert (held.stopped_because, held.happened_at) == ("conference_held", held_at)
    whole = await office.whole(enquiry)
    assert [(step.action, step.code, step.happened_at) for step in whole.steps] == [
        ("begin", "joint", FRIDAY),
        ("record_child_seen", "seen_alone", FRIDAY + timedelta(hours=2)),
        ("find_continuing_risk", "continuing_risk", FRIDAY + timedelta(hours=3, days=5)),
        ("hold_conference", "child_protection_plan", held_at),
    ]
    assert [one.meeting_id for one in whole.meetings] == [enquiry.meeting_id]
    assert allowed(enquiry, unborn=False) == ()
    found = await office.events(enquiry.id)
    assert [one.type for one in found] == [
        "section_47_enquiry.child_seen",
        "section_47_enquiry.outcome_recorded",
        "section_47_enquiry.conference_held",
    ]
    assert not [one for one in found if "Tom Baker" in str(one.data) or FINDING in str(one.data)]


async def test_every_enquiry_has_the_single_assessment_of_its_referral(office: Office) -> None:
    enquiry = await office.enquiry()
    whole = await office.house.ask(
        lambda ask: read_assessment(ask, office.manager, enquiry.assessment_id)
    )
    assert whole.assessment.referral_id == enquiry.referral_id
    assert [one.kind for one in whole.deadlines if one.stopped_at is None] == ["single_assessment"]


async def test_a_child_who_was_not_seen_keeps_the_clock_running(office: Office) -> None:
    enquiry = await office.visit(await office.enquiry(), NOT_SEEN)
    assert (enquiry.seen_at, enquiry.not_seen_because) == (None, NOT_SEEN.not_seen_because)
    assert (await office.clock_on(enquiry, "child_seen")).stopped_at is None
    assert [one.type for one in await office.events(enquiry.id)] == [
        "section_47_enquiry.child_not_seen"
    ]
    enquiry = await office.visit(enquiry, seen(FRIDAY))
    assert (enquiry.seen_at, enquiry.not_seen_because) == (FRIDAY, None)
    assert (await office.clock_on(enquiry, "child_seen")).happened_at == FRIDAY
    assert [step.code for step in (await office.whole(enquiry)).steps] == [
        "joint",
        "not_seen",
        "seen_alone",
    ]


@pytest.mark.parametrize("outcome", list(EnquiryOutcome))
async def test_an_enquiry_whose_child_nobody_saw_is_ended_by_a_manager_who_did_not_fail_to_see_it(
    office: Office, outcome: EnquiryOutcome
) -> None:
    """By whichever door it ends, and the clock says that the child was not seen."""
    conference = outcome is EnquiryOutcome.continuing_risk
    visitor = replace(office, worker=office.manager)
    enquiry = await visitor.visit(await office.enquiry(), NOT_SEEN)
    if conference:
        enquiry = await office.find(enquiry, outcome)
        for who in (office, visitor):
            with pytest.raises(ChildNeverSeen):
                await who.confer(enquiry)
        ended = await replace(office, worker=office.colleague).confer(enquiry)
    else:
        with pytest.raises(ChildNeverSeen):
            await office.find(enquiry, outcome)
        ended = await replace(office, manager=office.colleague).find(enquiry, outcome)
    assert (ended.state, ended.seen_at) == (EnquiryState.ended, None)
    assert (await office.clock_on(enquiry, "child_seen")).stopped_because == "enquiry_ended"


async def test_that_no_conference_is_needed_for_a_child_nobody_saw_is_agreed_by_another_manager(
    office: Office,
) -> None:
    visitor = replace(office, worker=office.manager)
    enquiry = await visitor.visit(await office.enquiry(), NOT_SEEN)
    gone = NoConference(NoConferenceBecause.moved_away, london_date(FRIDAY), FINDING)
    proposed = await office.propose(enquiry, gone)
    with pytest.raises(ChildNeverSeen):
        await office.answer(proposed)
    head = await caller(office.house, Role.head_of_service, name="head of service")
    assert (await office.answer(proposed, by=head)).state is EnquiryState.ended


async def test_the_first_visit_stays_and_a_later_one_alone_makes_up_for_one_not_alone(
    office: Office,
) -> None:
    enquiry = await office.visit(await office.enquiry(), seen(FRIDAY, alone=False))
    assert enquiry.seen_alone is False
    assert enquiry.not_alone_because
    office.clock.forward(days=1)
    later = seen(office.clock.now, seen_by="Mia Cole, social worker")
    enquiry = await office.visit(enquiry, later)
    assert (enquiry.seen_at, enquiry.seen_by) == (FRIDAY, "Tom Baker, social worker")
    assert (enquiry.seen_alone, enquiry.not_alone_because) == (True, None)
    for visit in (seen(office.clock.now, alone=False), NOT_SEEN):
        enquiry = await office.visit(enquiry, visit)
        assert (enquiry.seen_at, enquiry.seen_alone) == (FRIDAY, True)
        assert (enquiry.not_alone_because, enquiry.not_seen_because) == (None, None)
    steps = (await office.whole(enquiry)).steps
    assert [(step.code, step.seen_by) for step in steps[1:]] == [
        ("seen_not_alone", "Tom Baker, social worker"),
        ("seen_alone", "Mia Cole, social worker"),
        ("seen_not_alone", "Tom Baker, social worker"),
        ("not_seen", None),
    ]
    assert steps[1].words == "She would not let go of her grandmother."


async def test_a_visit_on_the_morning_before_the_meeting_counts_and_one_before_the_contact_not(
    office: Office,
) -> None:
    morning = FRIDAY - timedelta(hours=7)
    enquiry = await office.enquiry(received_at=morning)
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.visit(enquiry, seen(morning - timedelta(seconds=1)))
    assert faults(refused) == [("/seen_at", "time_not_possible")]
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.visit(enquiry, seen(FRIDAY + timedelta(seconds=1)))
    assert faults(refused) == [("/seen_at", "time_not_possible")]
    enquiry = await office.visit(enquiry, seen(morning))
    assert enquiry.seen_at == morning


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (
            Visit(seen=True),
            [("/seen_at", "missing"), ("/seen_by", "missing"), ("/alone", "missing")],
        ),
        (seen(FRIDAY, alone=False, not_alone_because=None), [("/not_alone_because", "missing")]),
        (seen(FRIDAY, not_alone_because="She asked so."), [("/not_alone_because", "surplus")]),
        (seen(FRIDAY, not_seen_because="Nobody there."), [("/not_seen_because", "surplus")]),
        (
            seen(FRIDAY, alone=False, not_alone_because="n/a"),
            [("/not_alone_because", "boiler_plate")],
        ),
        (Visit(seen=False), [("/not_seen_because", "missing")]),
        (Visit(seen=False, not_seen_because="N/A."), [("/not_seen_because", "boiler_plate")]),
        (
            seen(FRIDAY, seen=False),
            [
                ("/seen_at", "surplus"),
                ("/seen_by", "surplus"),
                ("/alone", "surplus"),
                ("/not_seen_because", "missing"),
            ],
        ),
    ],
    ids=[
        "nothing said",
        "not alone, why not said",
        "alone, and why not",
        "seen, and why not",
        "not alone for a stock phrase",
        "not seen, why not said",
        "not seen for a stock phrase",
        "not seen, and when",
    ],
)
async def test_every_gap_of_a_visit_is_named_and_nothing_is_kept(
    office: Office, visit: Visit, expected: list[tuple[str, str]]
) -> None:
    enquiry = await office.enquiry()
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.visit(enquiry, visit)
    assert faults(refused) == expected
    assert (await office.whole(enquiry)).enquiry == enquiry
    assert await office.events(enquiry.id) == []


async def test_an_unborn_child_is_not_seen_and_not_waited_for(office: Office) -> None:
    enquiry = await office.enquiry(unborn=True, expected_delivery_on=date(2026, 8, 20))
    assert await office.clock_on(enquiry, "child_seen") is None
    whole = await office.whole(enquiry)
    assert whole.unborn
    assert EnquiryAction.record_child_seen not in allowed(enquiry, unborn=True)
    with pytest.raises(ChildUnborn, match="unborn child cannot be seen") as refused:
        await office.visit(enquiry, seen(FRIDAY))
    assert refused.value.allowed == (
        "find_continuing_risk",
        "find_no_continuing_risk",
        "propose_no_conference",
    )
    assert (await office.find(enquiry)).state is EnquiryState.awaiting_conference


async def test_once_born_the_child_is_to_be_seen(office: Office) -> None:
    enquiry = await office.enquiry(unborn=True, expected_delivery_on=date(2026, 8, 20))
    person = table_of(Person)

    async def born(work: Any) -> None:
        await work.execute(
            person.update()
            .where(person.c.id == enquiry.person_id)
            .values(birth_knowledge=BirthKnowledge.known, date_of_birth=date(2026, 3, 6))
        )

    await office.house.perform(born)
    with pytest.raises(SightNotRecorded):
        await office.find(enquiry)
    assert (await office.visit(enquiry, seen(FRIDAY))).seen_at == FRIDAY


# ---- The outcome --------------------------------------------------------------------------------


async def test_no_outcome_before_it_is_recorded_that_the_child_was_seen_or_why_not(
    office: Office,
) -> None:
    enquiry = await office.enquiry()
    for outcome in EnquiryOutcome:
        with pytest.raises(SightNotRecorded, match="or why not") as refused:
            await office.find(enquiry, outcome)
        assert refused.value.state == "under_way"
        assert refused.value.allowed == ("record_child_seen",)
    enquiry = await office.visit(enquiry, NOT_SEEN)
    assert (await office.find(enquiry)).state is EnquiryState.awaiting_conference


@pytest.mark.parametrize(
    "outcome", [EnquiryOutcome.no_continuing_risk, EnquiryOutcome.not_substantiated]
)
async def test_without_a_continuing_risk_no_conference_is_held_and_the_enquiry_ends(
    office: Office, outcome: EnquiryOutcome
) -> None:
    enquiry = await office.find(await office.visit(await office.enquiry(), NOT_SEEN), outcome)
    assert (enquiry.state, enquiry.ended_at) == (EnquiryState.ended, FRIDAY)
    assert (await office.clock_on(enquiry, CONFERENCE)).stopped_because == "no_conference"
    # A child who was not seen by then is waited for no more.
    assert (await office.clock_on(enquiry, "child_seen")).stopped_because == "enquiry_ended"
    for doing in (
        office.visit(enquiry, seen(FRIDAY)),
        office.find(enquiry),
        office.confer(enquiry),
    ):
        with pytest.raises(WrongState, match="nothing more") as refused:
            await doing
        assert refused.value.allowed == ()


@pytest.mark.parametrize(
    ("words", "code"),
    [("No further action.", "boiler_plate"), ("He hit her.", "too_short")],
    ids=["stock phrase", "too short"],
)
async def test_the_outcome_is_in_ones_own_words(office: Office, words: str, code: str) -> None:
    enquiry = await office.visit(await office.enquiry(), NOT_SEEN)
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.find(enquiry, words=words)
    assert faults(refused) == [("/words", code)]
    assert (await office.whole(enquiry)).enquiry.outcome is None


async def test_the_child_can_be_seen_while_the_conference_is_awaited(office: Office) -> None:
    enquiry = await office.find(await office.visit(await office.enquiry(), NOT_SEEN))
    enquiry = await office.visit(enquiry, seen(FRIDAY))
    assert (enquiry.state, enquiry.seen_at) == (EnquiryState.awaiting_conference, FRIDAY)
    assert (await office.clock_on(enquiry, "child_seen")).stopped_because == "seen"


# ---- The conference -----------------------------------------------------------------------------


async def test_a_conference_before_an_outcome_is_refused_with_the_reason(office: Office) -> None:
    enquiry = await office.visit(await office.enquiry(), seen(FRIDAY))
    with pytest.raises(WrongState, match="follows an outcome of continuing risk") as refused:
        await office.confer(enquiry)
    assert refused.value.allowed == (
        "record_child_seen",
        "find_continuing_risk",
        "find_no_continuing_risk",
        "propose_no_conference",
    )


async def test_a_conference_lies_between_the_meeting_and_now(office: Office) -> None:
    enquiry = await office.find(await office.visit(await office.enquiry(), seen(FRIDAY)))
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.confer(enquiry, FRIDAY - timedelta(minutes=1))
    assert faults(refused) == [("/held_at", "before_the_meeting")]
    with pytest.raises(EnquiryIncomplete) as refused:
        late = FRIDAY + CLOCK_TOLERANCE + timedelta(seconds=1)
        await office.confer(enquiry, late, code=None, words="Agreed.")
    assert faults(refused) == [
        ("/held_at", "time_not_possible"),
        ("/category_of_abuse_code", "missing"),
        ("/words", "boiler_plate"),
    ]
    assert (await office.confer(enquiry, FRIDAY)).state is EnquiryState.ended


@pytest.mark.parametrize(
    ("outcome", "code", "expected"),
    [
        (PLAN, None, "missing"),
        (PLAN, "XXX", "code_unknown"),
        (ConferenceOutcome.child_in_need_plan, "NEG", "surplus"),
        (ConferenceOutcome.no_plan, "NEG", "surplus"),
    ],
)
async def test_a_child_protection_plan_alone_has_a_category(
    office: Office, outcome: ConferenceOutcome, code: str | None, expected: str
) -> None:
    enquiry = await office.find(await office.visit(await office.enquiry(), seen(FRIDAY)))
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.confer(enquiry, outcome=outcome, code=code)
    assert faults(refused) == [("/category_of_abuse_code", expected)]
    right = "NEG" if outcome is PLAN else None
    held = await office.confer(enquiry, outcome=outcome, code=right)
    assert (held.conference_outcome, held.category_of_abuse_code) == (outcome, right)


@pytest.mark.parametrize(
    ("held_at", "due_on"),
    [
        (datetime(2025, 12, 19, 11, 0, tzinfo=UTC), date(2026, 1, 14)),
        (datetime(2026, 4, 2, 11, 0, tzinfo=UTC), date(2026, 4, 27)),
        # After midnight in London it is the next day, though not yet in UTC.
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), date(2026, 11, 13)),
        (datetime(2024, 2, 28, 11, 0, tzinfo=UTC), date(2024, 3, 20)),
    ],
    ids=["over Christmas", "over Easter", "the clocks change", "leap day"],
)
async def test_the_conference_is_due_fifteen_working_days_after_the_meeting(
    office: Office, held_at: datetime, due_on: date
) -> None:
    office.clock.set(held_at - timedelta(hours=2))
    referral = await referred(office.house)
    # Recorded three days after it was held: the clock starts when the meeting was held.
    office.clock.set(held_at + timedelta(days=3))
    enquiry = await enquiry_begun(office.house, referral, held_at)
    clock = await office.clock_on(enquiry, CONFERENCE)
    assert (clock.started_at, london_date(clock.due_at)) == (held_at, due_on)
    assert (await office.clock_on(enquiry, "child_seen")).due_at == held_at + timedelta(hours=24)


async def test_the_meeting_that_initiated_the_enquiry_sets_the_conference_date_and_no_later_one(
    office: Office,
) -> None:
    office.clock.set(datetime(2025, 12, 12, 11, 0, tzinfo=UTC))
    referral = await referred(office.house)
    first = await enquiry_begun(office.house, referral, kind=EnquiryDecision.single_agency)
    first = await office.find(await office.visit(first, seen(office.clock.now)))
    office.clock.set(datetime(2025, 12, 19, 11, 0, tzinfo=UTC))
    again = await enquiry_begun(office.house, referral)
    assert (again.id, again.kind) == (first.id, EnquiryDecision.joint)
    assert (again.state, again.outcome) == (first.state, EnquiryOutcome.continuing_risk)
    assert (again.began_at, again.meeting_id) == (first.began_at, first.meeting_id)
    whole = await office.whole(again)
    assert [one.kind for one in whole.meetings] == ["single_agency", "joint"]
    assert [one.action for one in whole.steps][-1] == "become_joint"
    [clock] = [one for one in whole.deadlines if one.kind == CONFERENCE]
    assert (clock.stopped_at, london_date(clock.due_at)) == (None, date(2026, 1, 7))
    # Between the two meetings the conference may have been held.
    held = await office.confer(again, datetime(2025, 12, 18, 11, 0, tzinfo=UTC))
    assert held.state is EnquiryState.ended


async def test_a_later_meeting_that_decides_as_the_first_changes_nothing(
    office: Office,
) -> None:
    referral = await referred(office.house)
    first = await enquiry_begun(office.house, referral)
    first = await office.find(await office.visit(first, seen(office.clock.now)))
    office.clock.forward(days=3)
    before = await office.whole(first)
    await enquiry_begun(office.house, referral)
    assert await office.whole(first) == before


@pytest.mark.parametrize(
    "held_at",
    [
        datetime(2026, 4, 5, 11, 0, tzinfo=UTC),
        datetime(2026, 4, 3, 11, 0, tzinfo=UTC),
        datetime(2026, 3, 28, 11, 0, tzinfo=UTC),
        # After midnight in London it is Sunday, though not yet in UTC.
        datetime(2026, 3, 29, 23, 30, tzinfo=UTC) - timedelta(days=1, minutes=-40),
    ],
    ids=["Easter Sunday", "Good Friday", "a Saturday", "the night to Sunday"],
)
async def test_a_conference_is_held_on_a_working_day(office: Office, held_at: datetime) -> None:
    enquiry = await office.find(await office.visit(await office.enquiry(), seen(FRIDAY)))
    office.clock.set(datetime(2026, 4, 7, 9, 0, tzinfo=UTC))
    with pytest.raises(EnquiryIncomplete, match="Put right") as refused:
        await office.confer(enquiry, held_at)
    assert faults(refused) == [("/held_at", "not_a_working_day")]
    tuesday = datetime(2026, 4, 7, 8, 0, tzinfo=UTC)
    assert (await office.confer(enquiry, tuesday)).conference_held_at == tuesday


# ---- No conference needed -----------------------------------------------------------------------


DIED = NoConference(NoConferenceBecause.died, FRIDAY.date(), FINDING)
IN_CARE = NoConference(NoConferenceBecause.looked_after, FRIDAY.date(), FINDING)


async def at_risk(office: Office) -> Section47Enquiry:
    return await office.find(await office.visit(await office.enquiry(), seen(FRIDAY)))


async def test_no_conference_is_needed_once_another_manager_agrees_and_the_referral_can_close(
    office: Office,
) -> None:
    enquiry = await at_risk(office)
    office.clock.forward(days=3)
    proposed = await office.propose(enquiry, IN_CARE)
    assert proposed.state is EnquiryState.awaiting_conference
    assert proposed.waits_for_agreement
    assert (await office.clock_on(enquiry, CONFERENCE)).stopped_at is None
    possible = allowed(proposed, unborn=False)
    assert {EnquiryAction.agree_no_conference, EnquiryAction.return_no_conference} <= set(possible)
    assert EnquiryAction.propose_no_conference not in possible
    with pytest.raises(WrongState, match="proposed already"):
        await office.propose(proposed, IN_CARE)
    with pytest.raises(OwnProposal, match="another manager"):
        await office.answer(proposed, by=office.colleague)
    ended = await office.answer(proposed)
    assert (ended.state, ended.ended_at) == (EnquiryState.ended, office.clock.now)
    assert not ended.waits_for_agreement
    assert ended.no_conference_because is NoConferenceBecause.looked_after
    assert ended.no_conference_agreed_by == office.manager.account_id
    assert ended.outcome is EnquiryOutcome.continuing_risk
    clock = await office.clock_on(enquiry, CONFERENCE)
    assert clock.stopped_because == "no_conference_needed"
    assert [(one.action, one.code) for one in (await office.whole(ended)).steps][-2:] == [
        ("propose_no_conference", "looked_after"),
        ("agree_no_conference", "looked_after"),
    ]
    found = await office.events(enquiry.id)
    assert [one.type for one in found][-2:] == [
        "section_47_enquiry.no_conference_proposed",
        "section_47_enquiry.no_conference_agreed",
    ]
    assert not [one for one in found if FINDING in str(one.data)]


async def test_returned_the_conference_is_owed_as_before_and_may_be_proposed_again_or_held(
    office: Office,
) -> None:
    enquiry = await office.propose(await at_risk(office), IN_CARE)
    returned = await office.answer(enquiry, agreed=False)
    assert (returned.state, returned.no_conference_because) == (
        EnquiryState.awaiting_conference,
        None,
    )
    with pytest.raises(WrongState, match="propose first"):
        await office.answer(returned)
    assert (await office.clock_on(enquiry, CONFERENCE)).stopped_at is None
    again = await office.propose(returned, IN_CARE)
    held = await office.confer(again)
    assert (held.state, held.no_conference_because) == (EnquiryState.ended, None)
    assert (await office.clock_on(enquiry, CONFERENCE)).stopped_because == "conference_held"


async def test_a_child_who_died_before_the_outcome_is_waited_for_no_more(office: Office) -> None:
    enquiry = await office.enquiry()
    with pytest.raises(SightNotRecorded):
        await office.propose(enquiry, DIED)
    enquiry = await office.visit(enquiry, NOT_SEEN)
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.propose(enquiry, IN_CARE)
    assert faults(refused) == [("/because", "outcome_first")]
    ended = await office.answer(await office.propose(enquiry, DIED))
    assert (ended.state, ended.outcome) == (EnquiryState.ended, None)
    [case] = await office.house.ask(lambda ask: REFERRALS.of_contact(ask, enquiry.contact_id))
    case = await office.house.perform(
        lambda work: allocate_referral(
            work, office.manager, case.id, case.version, office.worker.account_id, None
        )
    )
    closed = await office.house.perform(
        lambda work: close_referral(work, office.manager, case.id, case.version, "RC2", FINDING)
    )
    assert closed.closure_code == "RC2"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (NoConference(NoConferenceBecause.died, None, FINDING), [("/since_on", "missing")]),
        (
            NoConference(NoConferenceBecause.died, date(2026, 3, 7), FINDING),
            [("/since_on", "in_the_future")],
        ),
        (
            NoConference(NoConferenceBecause.moved_away, date(2026, 3, 5), "As above."),
            [("/since_on", "before_the_meeting"), ("/words", "boiler_plate")],
        ),
        (
            NoConference(NoConferenceBecause.manager_decided, date(2026, 3, 6), "Fine."),
            [("/since_on", "surplus"), ("/words", "too_short")],
        ),
    ],
    ids=["no day", "a day to come", "gone before, for a stock phrase", "a day for nothing"],
)
async def test_every_gap_of_a_proposal_is_named_and_nothing_is_kept(
    office: Office, told: NoConference, expected: list[tuple[str, str]]
) -> None:
    enquiry = await at_risk(office)
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.propose(enquiry, told)
    assert faults(refused) == expected
    assert (await office.whole(enquiry)).enquiry == enquiry


async def test_a_manager_agrees_in_words_that_say_something(office: Office) -> None:
    enquiry = await office.propose(await at_risk(office), IN_CARE)
    with pytest.raises(EnquiryIncomplete) as refused:
        await office.answer(enquiry, words="Agreed.")
    assert faults(refused) == [("/words", "boiler_plate")]
    with pytest.raises(RoleMissing):
        await office.answer(enquiry, by=office.worker)


# ---- Who, at once, and what closes --------------------------------------------------------------


async def test_of_two_who_record_the_outcome_at_once_one_wins_and_one_is_told(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(open_house(database_url, clock, tmp_path / name))
            for name in ("one", "other")
        ]
        manager = await caller(houses[0], Role.assessment_team_manager)
        office = Office(houses[0], clock, manager, manager, manager)
        enquiry = await office.visit(await office.enquiry(), NOT_SEEN)

        async def find(house: House, outcome: EnquiryOutcome) -> Section47Enquiry:
            return await house.perform(
                lambda work: record_enquiry_outcome(
                    work, manager, enquiry.id, enquiry.version, outcome=outcome, words=FINDING
                )
            )

        results = await asyncio.gather(
            find(houses[0], EnquiryOutcome.continuing_risk),
            find(houses[1], EnquiryOutcome.no_continuing_risk),
            return_exceptions=True,
        )
        won = [one for one in results if isinstance(one, Section47Enquiry)]
        [lost] = [one for one in results if isinstance(one, BaseException)]
        assert isinstance(lost, WrongState)
        assert lost.state == won[0].state
        whole = await office.whole(enquiry)
        assert whole.enquiry == won[0]
        assert len([one for one in whole.steps if one.code == won[0].outcome]) == 1
        assert len(whole.steps) == 3


async def test_who_read_an_older_version_is_told_so(office: Office) -> None:
    enquiry = await office.enquiry()
    await office.visit(enquiry, NOT_SEEN)
    with pytest.raises(Stale) as refused:
        await office.visit(enquiry, seen(FRIDAY))
    assert refused.value.version == enquiry.version + 1


async def test_the_contact_shows_anew_when_a_clock_stops(office: Office) -> None:
    enquiry = await office.enquiry()
    contact = "SELECT version FROM contact"
    before = (await office.house.ask(lambda ask: ask.first(text(contact))))[0]
    await office.visit(enquiry, seen(FRIDAY))
    after = (await office.house.ask(lambda ask: ask.first(text(contact))))[0]
    assert after == before + 1


@pytest.mark.parametrize(
    "role", [Role.mash_worker, Role.mash_manager, Role.early_help_spoc_manager, Role.qa_auditor]
)
async def test_those_who_read_enquiries_do_not_act_on_them(office: Office, role: Role) -> None:
    enquiry = await office.enquiry()
    reader = await caller(office.house, role)
    whole = await office.house.ask(lambda ask: read_section_47_enquiry(ask, reader, enquiry.id))
    assert whole.enquiry == enquiry
    acting = Office(office.house, office.clock, reader, reader, reader)
    for doing in (acting.visit(enquiry, NOT_SEEN), acting.find(enquiry), acting.confer(enquiry)):
        with pytest.raises(RoleMissing):
            await doing


async def test_a_worker_does_not_conclude_and_early_help_does_not_see(office: Office) -> None:
    enquiry = await office.visit(await office.enquiry(), NOT_SEEN)
    acting = Office(office.house, office.clock, office.worker, office.worker, office.worker)
    with pytest.raises(RoleMissing):
        await acting.find(enquiry)
    early_help = await caller(office.house, Role.early_help_worker)
    with pytest.raises(RoleMissing):
        await office.house.ask(lambda ask: read_section_47_enquiry(ask, early_help, enquiry.id))


async def test_an_enquiry_of_nothing_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        await office.house.ask(lambda ask: read_section_47_enquiry(ask, office.manager, uuid4()))
    with pytest.raises(NotFound):
        await office.house.perform(
            lambda work: record_child_seen(work, office.worker, uuid4(), 1, NOT_SEEN)
        )


async def test_the_list_is_newest_first_with_the_next_limit_and_narrowed(office: Office) -> None:
    first = await office.visit(await office.enquiry(), NOT_SEEN)
    ended = await office.find(first, EnquiryOutcome.not_substantiated)
    office.clock.forward(hours=1)
    second = await office.enquiry()

    async def listed(**filters: Any) -> list[UUID]:
        found = await office.house.ask(
            lambda ask: list_section_47_enquiries(
                ask, office.worker, EnquiryFilters(**filters), limit=10
            )
        )
        return [one.enquiry.id for one in found]

    assert await listed() == [second.id, first.id]
    assert await listed(states=[EnquiryState.ended]) == [ended.id]
    assert await listed(person_id=second.person_id) == [second.id]
    assert await listed(referral_id=first.referral_id) == [first.id]
    assert await listed(contact_id=uuid4()) == []
    found = await office.house.ask(
        lambda ask: list_section_47_enquiries(ask, office.worker, EnquiryFilters(), limit=10)
    )
    assert [one.due_at for one in found] == [second.began_at + timedelta(hours=24), None]
    after = (second.opened_at, second.id)
    rest = await office.house.ask(
        lambda ask: list_section_47_enquiries(
            ask, office.worker, EnquiryFilters(), limit=10, after=after
        )
    )
    assert [one.enquiry.id for one in rest] == [first.id]


async def test_a_referral_does_not_close_before_its_enquiry_has_ended(office: Office) -> None:
    enquiry = await office.enquiry()

    async def close() -> Referral:
        return await office.house.perform(
            lambda work: close_referral(
                work, office.manager, enquiry.referral_id, 2, "RC8", "All is well by now, as seen."
            )
        )

    referral = await office.house.ask(
        lambda ask: REFERRALS.get(ask, office.manager.sight, enquiry.referral_id)
    )
    await office.house.perform(
        lambda work: allocate_referral(
            work, office.manager, referral.id, referral.version, office.worker.account_id, None
        )
    )
    with pytest.raises(ProtectionUnderWay):
        await close()
    enquiry = await office.visit(enquiry, seen(FRIDAY))
    await office.find(enquiry, EnquiryOutcome.not_substantiated)
    assert (await close()).closed_at == FRIDAY
