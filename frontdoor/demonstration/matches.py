"""The demonstration's workers say whether a child who may be on file is the same child."""

from collections.abc import Sequence
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


async def say_whose(
    work: Work,
    worker: Caller,
    contact_id: UUID,
    members: Sequence[FamilyChild],
    children: Sequence[Child],
) -> list[Child]:
    """Answers for each record that may be a child's whether it is; returns the children then.

    Before a decision, as a worker would who has read what the contact says of the home. Of two that
    are open both nothing is said: a link would not join them.
    """
    contact = await contacts.held(work, worker.sight, contact_id)
    file = await contacts.whole(work, contact)
    found = await refresh_matches(work, worker.sight, contact, file.children, file.adults)
    asked = [(one.match.child_id, one.person.id) for one in found if one.match.answer is None]
    now = {one.id: one for one in file.children}
    member_of = {child.id: member for member, child in zip(members, children, strict=True)}
    for child_id, person_id in asked:
        member = member_of[child_id]
        with suppress(TwoOpenCases):
            said = _said(member, person_id)
            now[child_id] = await answer_match(work, worker, file, now[child_id], said)
    if asked:
        children = await contacts.children(work, contact.id)
        await refresh_matches(work, worker.sight, contact, children, file.adults)
        await work.change(Contact, contact.id, contact.version)
    for child in now.values():
        member_of[child.id].person_id = child.person_id
    return [now[child.id] for child in children]


def _said(member: FamilyChild, person_id: UUID) -> MatchSaid:
    same = person_id in member.known_as
    return MatchSaid(person_id, same, None if same else _OTHERS)
