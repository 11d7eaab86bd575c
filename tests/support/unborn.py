"""Children for tests of missing episodes and pregnancies: on a contact, referred, in an enquiry."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from service.bootstrap import House
from service.domain.deadlines import Deadline
from service.domain.new_contacts import NewChild
from service.domain.people import BirthKnowledge, Person
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.whole_contacts import WholeContact
from service.persistence.repositories import deadlines, people
from service.persistence.repositories.cases import REFERRALS
from tests.support.cases import decide_for
from tests.support.protection import enquiry_begun
from tests.support.situations import contact_about


def unborn(expected_delivery_on: date | None = None, **told: Any) -> NewChild:
    """An unborn child as a contact tells of one."""
    return NewChild(
        **{
            "family_name": "Okafor",
            "birth_knowledge": BirthKnowledge.unborn,
            "expected_delivery_on": expected_delivery_on,
            **told,
        }
    )


async def told_of(
    house: House, children: Sequence[NewChild], received_at: datetime | None = None
) -> WholeContact:
    """A contact about these children, as a MASH worker logs it."""
    return await contact_about(
        house,
        *children,
        concern="The midwife is worried about what she saw at the home visit.",
        source_code="3A",
        received_at=received_at,
        referrer_role="Community midwife",
    )


async def referred(
    house: House, children: Sequence[NewChild] | None = None, *, expected: date | None = None
) -> Referral:
    """The first of these children, referred by a signed decision; an unborn child by default."""
    file = await told_of(house, children or [unborn(expected)])
    await decide_for(house, file, "referral")
    [referral] = await house.ask(lambda ask: REFERRALS.of_contact(ask, file.contact.id))
    return referral


async def enquiry_about(house: House, referral: Referral) -> Section47Enquiry:
    """A section 47 enquiry that a strategy meeting held now began."""
    return await enquiry_begun(house, referral)


async def clocks(house: House, contact_id: UUID, *, running: bool = True) -> dict[str, Deadline]:
    """The clocks that run on a contact, by kind; or the last of each that stopped."""
    found = await house.ask(lambda ask: deadlines.of_contact(ask, contact_id))
    return {
        one.kind: one
        for one in sorted(found, key=lambda one: one.id)
        if (one.stopped_at is None) is running
    }


async def on_file(house: House, person_id: UUID) -> Person:
    """The child as the file has it."""
    return (await house.ask(lambda ask: people.find(ask, [person_id])))[person_id]
