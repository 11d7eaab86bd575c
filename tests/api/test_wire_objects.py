"""What goes out unchecked is what would have passed the check: the same bytes either way."""

from datetime import UTC, datetime
from pathlib import Path

from api.schemas.contacts import Contact, ContactCreate
from service.domain.access import Role
from service.usecases.contacts import log_contact
from tests.benchmarks.examples import contacts
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
    assert len(checked.deadlines) == 3
    assert len(checked.children) == 2
