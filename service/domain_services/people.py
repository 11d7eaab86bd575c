"""People on file learn what a contact tells of them, and the clocks of the unborn follow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.access import Caller
from service.domain.people import Person
from service.domain.pregnancies import what_was_learnt
from service.domain_services.pre_birth import follow_what_was_learnt
from service.persistence.repositories import accountabilities, contacts, people, pre_birth
from service.persistence.units_of_work import Work


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a contact tells of a person: as read, and what the file learns of it."""

    before: Person
    learning: Callable[[Person], Person]

    @property
    def after(self) -> Person:
        """The person with what was told."""
        return self.learning(self.before)


async def change_people(
    work: Work, who: Caller, contact_id: UUID, learnt: Sequence[Learnt]
) -> None:
    """Writes what a contact tells of several people; the clocks of the unborn among them follow.

    In one order for everybody: two contacts about the same siblings wait and do not block.
    """
    told = [(one, one.after) for one in sorted(learnt, key=lambda one: one.before.id)]
    moving = {
        one.before.id for one, after in told if what_was_learnt(one.before, after) is not None
    }
    open_on = {one.contact_id for one in await pre_birth.open_referrals(work, sorted(moving))}
    for other in sorted(open_on - {contact_id}):
        await contacts.renew(work, other)
    for one, after in told:
        if one.before.id not in moving:
            await people.change(work, one.before, after)
            continue
        await accountabilities.held(work, one.before.id)
        # As it is now: somebody else may have recorded the birth meanwhile.
        held = (await people.find(work, [one.before.id]))[one.before.id]
        changed = await people.change(work, held, one.learning(held))
        await follow_what_was_learnt(work, who, held, changed, contact_id)
