"""Possible matches: a person says whether a child is the one on file, decided or not."""

from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import ChildNotOnContact, ChildState, Contact
from service.domain.errors import Invalid, Problem, Stale
from service.domain.own_words import own_words_faults
from service.domain.possible_matches import MatchSaid
from service.domain.whole_contacts import WholeContact
from service.domain_services.child_records import answer_match
from service.domain_services.concerns import start_concern_clock_if_missed
from service.domain_services.possible_matches import refresh_matches
from service.persistence.repositories import contacts
from service.persistence.units_of_work import Work


async def answer_possible_match(
    work: Work, who: Caller, contact_id: UUID, child_id: UUID, version: int, said: MatchSaid
) -> WholeContact:
    """Says whether a child of a contact is the one on file: links the child, or keeps them apart.

    Possible at any time. After a decision everything that hangs on the child goes along, and what
    each record says of earlier referrals is reckoned anew. Raises TwoOpenCases where a case is open
    on both, and CannotMove where something belongs to more than this child.
    """
    who.require(Permission.match_child)
    await contacts.get(work, who.sight, contact_id)
    found = [one for one in await contacts.children(work, contact_id) if one.id == child_id]
    if not found:
        raise ChildNotOnContact("Use the id of a child as GET of this contact gives it.")
    renewed = found[0].state is ChildState.decided
    if renewed:
        # What moves the child stops clocks that are shown with other contacts as well.
        await contacts.renew_with_others(work, contact_id, found[0].person_id, said.person_id)
    contact = await contacts.held(work, who.sight, contact_id)
    if contact.version != version + renewed:
        raise Stale(contact.version - renewed)
    file = await contacts.whole(work, contact)
    child = next(one for one in file.children if one.id == child_id)
    _require_reason(work, said)
    await answer_match(work, who, file, child, said)
    children = await contacts.children(work, contact.id)
    await refresh_matches(work, who.sight, contact, children, file.adults)
    await start_concern_clock_if_missed(work, contact, children)
    await work.change(Contact, contact.id, contact.version)
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


def _require_reason(work: Work, said: MatchSaid) -> None:
    faults = own_words_faults(work.policy.rationale, ("/because", said.because))
    if said.because is None and not said.same_child:
        shown = "Say what shows that this is another child."
        faults = [Problem("/because", shown, "reason_missing")]
    if faults:
        raise Invalid("Say in your own words why.", problems=faults)
