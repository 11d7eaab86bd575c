"""What was committed is on file, whatever way it went there."""

from datetime import UTC, datetime
from pathlib import Path

from service.domain.access import Role
from service.domain.contacts import Channel
from service.domain.new_contacts import NewChild, NewContact
from service.persistence.repositories import contacts
from service.usecases.contacts import log_contact
from tests.support.clocks import FixedClock
from tests.support.houses import caller, open_house


async def test_a_use_case_that_only_adds_rows_is_on_file_when_it_returns(
    database_url: str, tmp_path: Path
) -> None:
    """Logging about children without numbers reads nothing first: it adds, and no more."""
    clock = FixedClock(datetime(2026, 3, 5, 9, tzinfo=UTC))
    new = NewContact(
        concern="A bruise, and a story that does not fit it.",
        source_code="2A",
        channel=Channel.telephone,
        referrer_role="Teacher",
        children=[NewChild(given_name="Ada")],
    )
    async with open_house(database_url, clock, tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        logged = await house.perform(lambda work: log_contact(work, worker, new))
    async with open_house(database_url, clock, tmp_path) as house:
        found = await house.ask(lambda ask: contacts.get(ask, worker.sight, logged.contact.id))
        assert found == logged.contact
