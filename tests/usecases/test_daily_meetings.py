"""Daily meetings: an agenda with history, a decision for each child, nothing left in silence."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.bootstrap import House
from service.domain.access import Caller, Role
from service.domain.contacts import AgreementState
from service.domain.daily_meetings import (
    Agenda,
    AgendaItem,
    CarryingOverIncomplete,
    DailyMeetingState,
    ItemOfAnotherChild,
    ItemState,
    ItemsWaiting,
    MeetingAhead,
    NoMeetingThatDay,
)
from service.domain.decisions import Decision, Outcome
from service.domain.errors import Stale
from service.domain.new_contacts import NewChild
from service.domain.states import WrongState
from service.persistence.repositories import deadlines
from service.usecases import contacts, daily_meetings
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.daily_meetings import MeetingItemNotFound
from service.usecases.decisions import decide, record_meeting_outcome
from service.usecases.jobs import check_impossible
from service.usecases.police_notifications import TakenNotification
from service.usecases.sign_offs import sign_off
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY_EARLY
from tests.support.houses import caller, open_house
from tests.support.notifications import load_file, nhs_number, notification_file, notify
from tests.support.situations import new_decision, whole_read

# A Friday at 08:30 in London, and the days around it.
TODAY, SATURDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 9)
BECAUSE = "The school is closed until Monday, and only it knows where the child sleeps."
HISTORY = {
    "history_considered": "Earlier police notifications about the same household this year.",
    "last_closed_because": "The last one ended in advice, and nothing is open.",
}


class Office:
    """A front door with somebody of each role that a daily meeting needs."""

    def __init__(self, house: House, clock: FixedClock, worker: Caller, manager: Caller) -> None:
        self.house = house
        self.clock = clock
        self.worker = worker
        self.manager = manager

    async def agenda(self, day: date = TODAY, limit: int = 100, after: Any = None) -> Agenda:
        return await self.house.ask(
            lambda ask: daily_meetings.read_daily_meeting(
                ask,
                self.worker,
                day,
                now=self.clock(),
                policy=self.house.policy,
                limit=limit,
                after=after,
            )
        )

    async def item(self, day: date = TODAY) -> AgendaItem:
        [one] = (await self.agenda(day)).items
        return one

    async def decided(self, one: AgendaItem, day: date = TODAY, **changes: Any) -> Decision:
        outcome = changes.pop("outcome", Outcome.information_and_advice)
        new = new_decision(self.house, one.child.id, outcome, **{**HISTORY, **changes})
        return await self.house.perform(
            lambda work: record_meeting_outcome(work, self.worker, day, one.item.id, new)
        )

    async def answered(self, decision: Decision, *, agreed: bool = True) -> Decision:
        words = "I have read the file and the history; this is right as it stands."
        return await self.house.perform(
            lambda work: sign_off(
                work,
                self.manager,
                decision.id,
                decision.version,
                agreed=agreed,
                words=words,
                whole_read=whole_read(decision) if agreed else None,
            )
        )

    async def carried(
        self, one: AgendaItem, day: date = TODAY, because: str = BECAUSE, version: int | None = None
    ) -> Any:
        return await self.house.perform(
            lambda work: daily_meetings.carry_item_over(
                work,
                self.worker,
                day,
                one.item.id,
                one.item.version if version is None else version,
                because,
            )
        )

    async def concluded(self, day: date = TODAY) -> Any:
        return await self.house.perform(
            lambda work: daily_meetings.conclude_daily_meeting(work, self.manager, day)
        )

    async def clock_runs(self, contact_id: UUID) -> bool:
        found = await self.house.ask(lambda ask: deadlines.of_contact(ask, contact_id))
        return any(one.kind == "daily_meeting" and one.stopped_at is None for one in found)


@pytest.fixture()
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(FRIDAY_EARLY)
    async with open_house(database_url, clock, tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        manager = await caller(house, Role.mash_manager)
        yield Office(house, clock, worker, manager)
        await house.ask(lambda ask: check_impossible(ask, house.policy))


async def test_the_agenda_shows_each_child_with_age_agreement_risk_and_siblings(
    office: Office,
) -> None:
    taken = await notify(
        office.house, "RVB-1", children=2, date_of_birth=date(2018, 3, 7), school="Mill Lane"
    )
    agenda = await office.agenda()
    assert (agenda.waiting, agenda.decided, agenda.carried_over) == (2, 0, 0)
    assert agenda.is_working_day
    first, second = agenda.items
    assert first.child.id == taken.children[0].id
    assert [one.id for one in first.others] == [second.child.id]
    assert first.contact.agreement is AgreementState.not_sought
    assert first.notification.risk == "high"
    assert (first.short.contacts, first.open_case, first.overdue_from) == (0, None, None)


async def test_history_is_counted_in_days_and_months_with_outcomes_and_why_they_closed(
    office: Office,
) -> None:
    number = nhs_number(1)
    before: list[TakenNotification] = []
    for days, name in ((400, "a"), (200, "b"), (20, "c"), (3, "d")):
        received = FRIDAY_EARLY - timedelta(days=days)
        before.append(
            await notify(office.house, f"RVB-{name}", nhs_number=number, received_at=received)
        )
    referred = next(
        one for one in (await office.agenda()).items if one.contact.id == before[2].contact.id
    )
    await office.answered(await office.decided(referred, outcome=Outcome.referral))
    await notify(office.house, "RVB-now", nhs_number=number)
    now = next(
        one
        for one in (await office.agenda()).items
        if one.notification.incident_number == "RVB-now"
    )
    counts = [(one.contacts, one.notifications) for one in (now.short, now.long, now.months)]
    assert counts == [(1, 1), (2, 2), (3, 3)]
    assert [one.contact_id for one in now.earlier] == [one.contact.id for one in before[:0:-1]]
    assert [one.outcome for one in now.earlier] == [None, "referral", None]
    assert now.open_case is not None
    assert (now.open_case.team_id, now.open_case.worker_id) == ("assessment-north", None)
    assert now.agencies == ["riverbourne-police"]


async def test_an_agenda_and_the_strip_count_the_same_months(office: Office) -> None:
    # A year before by the clock on the wall; by the clock in UTC it would be an hour less.
    received = datetime(2026, 10, 25, 12, 0, tzinfo=UTC)
    office.clock.set(received)
    number = nhs_number(1)
    for name, at in (("in", "2025-10-25T11:30:00"), ("out", "2025-10-25T11:00:00")):
        earlier = datetime.fromisoformat(at).replace(tzinfo=UTC)
        await notify(office.house, f"RVB-{name}", nhs_number=number, received_at=earlier)
    taken = await notify(office.house, "RVB-now", nhs_number=number, received_at=received)
    strip = await office.house.ask(
        lambda ask: contacts.read_repeat_concern(
            ask, office.worker, taken.contact.id, policy=office.house.policy, now=received
        )
    )
    agenda = await office.agenda(date(2026, 10, 26))
    [item] = [one for one in agenda.items if one.notification.incident_number == "RVB-now"]
    assert item.months.contacts == strip.children[0].counts.child.in_months == 1


async def test_a_decision_settles_the_item_and_the_last_one_stops_the_clock(office: Office) -> None:
    taken = await notify(office.house, "RVB-1", children=2)
    first, second = (await office.agenda()).items
    decision = await office.decided(first)
    assert await office.clock_runs(taken.contact.id)
    # One drafted outside the meeting settles it as well: there is no second door.
    new = new_decision(office.house, second.child.id, Outcome.information_and_advice)
    await office.house.perform(lambda work: decide(work, office.worker, taken.contact.id, new))
    assert not await office.clock_runs(taken.contact.id)
    agenda = await office.agenda()
    assert [one.item.state for one in agenda.items] == [ItemState.decided] * 2
    assert agenda.items[0].item.decision_id == decision.id
    assert (agenda.waiting, agenda.decided) == (0, 2)
    with pytest.raises(WrongState) as refused:
        await office.decided(first)
    assert refused.value.state == "decided"


async def test_a_returned_decision_does_not_bring_the_item_back(office: Office) -> None:
    await notify(office.house, "RVB-1")
    one = await office.item()
    await office.answered(await office.decided(one), agreed=False)
    again = await office.item()
    assert again.item.state is ItemState.decided
    assert (await office.concluded()).state is DailyMeetingState.concluded


async def test_an_outcome_for_another_child_is_refused(office: Office) -> None:
    await notify(office.house, "RVB-1", children=2)
    first, second = (await office.agenda()).items
    new = new_decision(office.house, second.child.id, Outcome.information_and_advice, **HISTORY)
    with pytest.raises(ItemOfAnotherChild):
        await office.house.perform(
            lambda work: record_meeting_outcome(work, office.worker, TODAY, first.item.id, new)
        )
    assert {one.item.state for one in (await office.agenda()).items} == {ItemState.waiting}


async def test_carried_over_a_child_is_on_the_next_agenda_with_the_reason_and_how_often(
    office: Office,
) -> None:
    taken = await notify(office.house, "RVB-1")
    one = await office.item()
    await office.carried(one)
    left = await office.item()
    assert left.item.state is ItemState.carried_over
    assert left.carried_to is not None
    assert left.carried_to.meeting_on == MONDAY
    assert await office.clock_runs(taken.contact.id)
    office.clock.now += timedelta(days=3)
    again = await office.item(MONDAY)
    assert again.item.id == left.carried_to.item_id
    assert again.carried_from is not None
    assert (again.carried_from.because, again.carried_from.meeting_on) == (BECAUSE, TODAY)
    await office.carried(again, MONDAY)
    third = await office.item(date(2026, 3, 10))
    assert third.item.times_carried == 2
    with pytest.raises(WrongState):
        await office.decided(again, MONDAY)


async def test_nothing_is_carried_over_in_silence_twice_or_ahead(office: Office) -> None:
    await notify(office.house, "RVB-1")
    one = await office.item()
    with pytest.raises(CarryingOverIncomplete) as refused:
        await office.carried(one, because="As above.")
    assert [fault.pointer for fault in refused.value.problems] == ["/because"]
    with pytest.raises(Stale):
        await office.carried(one, version=9)
    await office.carried(one)
    with pytest.raises(WrongState):
        await office.carried(one)
    with pytest.raises(MeetingAhead):
        await office.carried(await office.item(MONDAY), MONDAY)


async def test_two_who_carry_over_at_once_carry_over_once(office: Office) -> None:
    await notify(office.house, "RVB-1")
    one = await office.item()
    found = await asyncio.gather(office.carried(one), office.carried(one), return_exceptions=True)
    assert sum(isinstance(each, WrongState) for each in found) == 1
    assert (await office.agenda(MONDAY)).waiting == 1


async def test_a_meeting_is_not_concluded_while_a_child_waits(office: Office) -> None:
    await notify(office.house, "RVB-1", children=3)
    first, second, third = (await office.agenda()).items
    await office.decided(first)
    with pytest.raises(ItemsWaiting) as refused:
        await office.concluded()
    assert refused.value.detail.startswith("2 children wait")
    await office.decided(second)
    await office.carried(third)
    meeting = await office.concluded()
    assert (meeting.state, meeting.concluded_by) == (
        DailyMeetingState.concluded,
        office.manager.account_id,
    )
    with pytest.raises(WrongState):
        await office.concluded()


async def test_after_the_conclusion_what_arrives_is_heard_at_the_next_meeting(
    office: Office,
) -> None:
    await office.concluded()
    taken = await notify(office.house, "RVB-1")
    assert taken.notification.meeting_on == MONDAY
    await load_file(office.house, notification_file(2))
    assert (await office.agenda(MONDAY)).waiting == 3


async def test_what_arrives_while_a_meeting_is_concluded_is_on_an_open_one(office: Office) -> None:
    found = await asyncio.gather(
        office.concluded(),
        *(notify(office.house, f"RVB-{number}") for number in range(5)),
        return_exceptions=True,
    )
    concluded = (await office.agenda()).meeting
    assert concluded is not None
    if concluded.state is DailyMeetingState.concluded:
        assert (await office.agenda()).waiting == 0
    else:
        assert isinstance(found[0], ItemsWaiting)


async def test_no_meeting_is_concluded_before_its_day_or_where_nobody_meets(office: Office) -> None:
    with pytest.raises(MeetingAhead):
        await office.concluded(MONDAY)
    office.clock.now += timedelta(days=2)
    with pytest.raises(NoMeetingThatDay):
        await office.concluded(SATURDAY)
    agenda = await office.agenda(SATURDAY)
    assert (agenda.is_working_day, agenda.items) == (False, [])


async def test_what_was_left_waiting_is_on_the_later_agendas_and_marked(office: Office) -> None:
    await notify(office.house, "RVB-1")
    assert (await office.agenda(MONDAY)).items == []
    office.clock.now += timedelta(days=3)
    left = await office.item(MONDAY)
    assert (left.item.meeting_on, left.overdue_from) == (TODAY, TODAY)
    with pytest.raises(ItemsWaiting):
        await office.concluded(MONDAY)
    await office.carried(left, MONDAY)
    [again] = (await office.agenda(date(2026, 3, 10))).items
    assert again.item.times_carried == 1
    assert (await office.concluded(MONDAY)).state is DailyMeetingState.concluded
    with pytest.raises(MeetingItemNotFound):
        await office.carried(again, MONDAY)


async def test_an_agenda_is_read_page_by_page(office: Office) -> None:
    await load_file(office.house, notification_file(25))
    seen: list[UUID] = []
    after = None
    while True:
        page = await office.agenda(limit=10, after=after)
        seen += [one.item.id for one in page.items]
        if not page.more:
            break
        after = page.items[-1].place
    assert len(seen) == len(set(seen)) == 25


async def test_a_child_who_is_added_to_a_notification_is_on_the_agenda_as_well(
    office: Office,
) -> None:
    taken = await notify(office.house, "RVB-1")
    changes = ContactChanges(
        reason="The mother told the school of another child.",
        new_children=[NewChild(given_name="Chidi")],
    )
    await office.house.perform(
        lambda work: amend_contact(
            work, office.worker, taken.contact.id, taken.contact.version, changes
        )
    )
    agenda = await office.agenda()
    assert [one.child.given_name for one in agenda.items] == ["Amara", "Chidi"]


async def test_amending_when_it_was_received_starts_the_clock_of_the_meeting_anew(
    office: Office,
) -> None:
    taken = await notify(office.house, "RVB-1")
    changes = ContactChanges(
        reason="The force sent it the day before.",
        fields={"received_at": FRIDAY_EARLY - timedelta(days=1)},
    )
    await office.house.perform(
        lambda work: amend_contact(
            work, office.worker, taken.contact.id, taken.contact.version, changes
        )
    )
    found = await office.house.ask(lambda ask: deadlines.of_contact(ask, taken.contact.id))
    of_meeting = [one for one in found if one.kind == "daily_meeting"]
    assert sorted(one.started_at for one in of_meeting if one.stopped_at is None) == [
        FRIDAY_EARLY - timedelta(days=1)
    ]
