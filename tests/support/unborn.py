"""Children for tests of missing episodes and pregnancies: on a contact, referred, in an enquiry."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from service.bootstrap import House, Work
from service.domain.access import Role
from service.domain.contacts import Channel
from service.domain.deadlines import Deadline
from service.domain.new_contacts import NewChild, NewContact
from service.domain.people import BirthKnowledge, Person
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.strategy_meetings import EnquiryDecision, MeetingState, StrategyMeeting
from service.domain.whole_contacts import WholeContact
from service.domain_services.section_47_enquiries import begin_enquiry
from service.persistence.ids import new_id
from service.persistence.repositories import deadlines, people
from service.persistence.repositories.cases import REFERRALS
from service.usecases.contacts import log_contact
from tests.support.cases import decide_for
from tests.support.houses import caller


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
    worker = await caller(house, Role.mash_worker)
    new = NewContact(
        concern="The midwife is worried about what she saw at the home visit.",
        source_code="3A",
        channel=Channel.telephone,
        received_at=received_at,
        children=children,
        referrer_role="Community midwife",
    )
    return await house.perform(lambda work: log_contact(work, worker, new))


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
    manager = await caller(house, Role.mash_manager)

    async def begin(work: Work) -> Section47Enquiry:
        meeting = StrategyMeeting(
            id=new_id(),
            reference=str(new_id()),
            contact_id=referral.contact_id,
            state=MeetingState.minuted,
            called_at=work.now,
            called_by=manager.account_id,
            planned_for=work.now,
            held_at=work.now,
            quorate=True,
            not_quorate_because=None,
            actions=[],
            concluded_at=work.now,
            concluded_by=manager.account_id,
            minutes="Minuted.",
            minutes_circulated_at=work.now,
            minutes_circulated_by=manager.account_id,
            cancelled_at=None,
            cancelled_by=None,
            cancelled_because=None,
            version=1,
        )
        work.add(meeting)
        return await begin_enquiry(
            work, manager, meeting.id, work.now, referral, EnquiryDecision.joint
        )

    return await house.perform(begin)


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
