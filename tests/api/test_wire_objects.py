"""What goes out unchecked is what would have passed the check: the same bytes either way."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from api.schemas.concerns import LoggedContact, RepeatConcern
from api.schemas.contacts import Contact
from api.schemas.daily_meetings import ChildOnAgenda, DailyMeetingAgenda, DailyMeetingItem
from api.schemas.new_contacts import ContactCreate
from service.domain.access import Role
from service.domain.new_contacts import NewChild
from service.usecases.contacts import log_contact, read_repeat_concern
from service.usecases.daily_meetings import read_daily_meeting
from tests.benchmarks.examples import contacts
from tests.benchmarks.fill import fill
from tests.benchmarks.fill_protection import AGENDA_ON
from tests.support.clocks import FixedClock
from tests.support.houses import caller, open_house

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)


async def test_a_contact_goes_out_as_if_it_had_been_checked(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        who = await caller(house, Role.mash_worker)
        told = ContactCreate.model_validate_json(contacts()[0]).told()
        whole = await house.perform(lambda work: log_contact(work, who, told))
    shown = Contact.of(whole)
    checked = Contact.model_validate_json(shown.model_dump_json())
    assert checked.model_dump_json() == shown.model_dump_json()
    assert set(shown.model_dump()) == set(Contact.model_fields)
    assert len(checked.deadlines) == 4
    assert len(checked.children) == 2


async def test_a_contact_as_it_was_logged_goes_out_as_if_it_had_been_checked(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        who = await caller(house, Role.mash_worker)
        told = ContactCreate.model_validate_json(contacts()[0]).told()
        for _ in range(2):
            whole = await house.perform(lambda work: log_contact(work, who, told))
    shown = LoggedContact.of(whole)
    checked = LoggedContact.model_validate_json(shown.model_dump_json())
    assert checked.model_dump_json() == shown.model_dump_json()
    assert set(shown.model_dump()) == set(LoggedContact.model_fields)
    assert checked.repeat_concern is not None
    # The second is from the same home.
    assert checked.repeat_concern.children[0].counts.address.in_months == 1


async def test_a_strip_goes_out_as_if_it_had_been_checked(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        who = await caller(house, Role.mash_worker)
        told = ContactCreate.model_validate_json(contacts()[0]).told()
        first = await house.perform(lambda work: log_contact(work, who, told))
        again = replace(
            told,
            children=[NewChild(person_id=first.children[0].person_id)],
            referrer_name="Jo Mensah",
        )
        second = await house.perform(lambda work: log_contact(work, who, again))
        strip = await house.ask(
            lambda ask: read_repeat_concern(
                ask, who, second.contact.id, policy=house.policy, now=NOW
            )
        )
    shown = RepeatConcern.of(strip)
    checked = RepeatConcern.model_validate_json(shown.model_dump_json())
    assert checked.model_dump_json() == shown.model_dump_json()
    assert len(checked.raised_by) == len(checked.children[0].earlier) == 1


async def test_an_agenda_goes_out_as_if_it_had_been_checked(
    database_url: str, tmp_path: Path
) -> None:
    await asyncio.to_thread(fill, database_url, 800, lambda _: None)
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        who = await caller(house, Role.mash_manager)
        agenda = await house.ask(
            lambda ask: read_daily_meeting(
                ask, who, AGENDA_ON, now=NOW, policy=house.policy, limit=100
            )
        )
    shown = DailyMeetingAgenda.of(agenda, None)
    checked = DailyMeetingAgenda.model_validate_json(shown.model_dump_json())
    assert checked.model_dump_json() == shown.model_dump_json()
    assert set(shown.items[0].model_dump()) == set(DailyMeetingItem.model_fields)
    assert set(shown.items[0].child.model_dump()) == set(ChildOnAgenda.model_fields)
    assert len(checked.items) == 100
    assert any(one.earlier_contacts for one in checked.items)
