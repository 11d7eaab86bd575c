"""The demonstration's workers say whether a child who may be on file is the same child."""

from contextlib import suppress
from uuid import UUID

from frontdoor.demonstration.families import FamilyChild
from service.domain.access import Caller
from service.domain.contacts import Child, Contact
from service.domain.possible_matches import MatchSaid, TwoOpenCases
from service.domain_services.child_records import answer_match
from service.domain_services.possible_matches import refresh_matches
from service.persistence.repositories import contacts
from service.persistence.units_of_work import Work

_OTHERS = "Asked the family and the school: this is another child, who shares the name alone."


async def say_whose(work: Work, worker: Caller, member: FamilyChild, child: Child) -> Child:
    """Answers for each record that may be the child's whether it is; returns the child then.

    Before a decision, as a worker would who has read what the contact says of the home. Of two that
    are open both nothing is said: a link would not join them.
    """
    contact = await contacts.held(work, worker.sight, child.contact_id)
    file = await contacts.whole(work, contact)
    found = await refresh_matches(work, worker.sight, contact, file.children, file.adults)
    asked = [
        one.person.id
        for one in found
        if one.match.child_id == child.id and one.match.answer is None
    ]
    now = next(one for one in file.children if one.id == child.id)
    for person_id in asked:
        with suppress(TwoOpenCases):
            now = await answer_match(work, worker, file, now, _said(member, person_id))
    if asked:
        children = await contacts.children(work, contact.id)
        await refresh_matches(work, worker.sight, contact, children, file.adults)
        await work.change(Contact, contact.id, contact.version)
    return now


def _said(member: FamilyChild, person_id: UUID) -> MatchSaid:
    same = person_id in member.known_as
    return MatchSaid(person_id, same, None if same else _OTHERS)
