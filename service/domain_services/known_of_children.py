"""What is on file of the children of a contact as they are decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.access import Caller
from service.domain.concerns import (
    ConcernCounts,
    CumulativeConcern,
    contacts_about,
    cumulative_concern,
)
from service.domain.possible_matches import MatchOnFile, StandingMatches
from service.domain.whole_contacts import WholeContact
from service.domain_services.concerns import concerns_as_of_now, counts_of_child
from service.domain_services.possible_matches import keep_matches
from service.persistence.repositories import possible_matches
from service.persistence.units_of_work import Work


@dataclass(frozen=True, slots=True)
class KnownOfChildren:
    """What is on file of the children of a contact: who they may be, how often they were told of.

    `cumulative` is the how many-th contact about each child this is, by every record of the child.
    """

    matches: Sequence[MatchOnFile]
    counts: Mapping[UUID, ConcernCounts]
    same: StandingMatches
    cumulative: Mapping[UUID, CumulativeConcern]


async def known_of_children(work: Work, who: Caller, file: WholeContact) -> KnownOfChildren:
    """Asks what is on file of the children of a contact that is held, and keeps who they may be."""
    now = await concerns_as_of_now(
        work.look, work.policy, who.sight, work.now, file.contact, file.children, file.adults
    )
    said = await possible_matches.standing(work, file.contact.id, file.children)
    matches = await keep_matches(work, file.contact.id, file.children, now.possible, said)
    counts = {one.id: counts_of_child(work.policy, now, one.id) for one in file.children}
    rules = work.policy.repeat_concern
    cumulative: dict[UUID, CumulativeConcern] = {}
    for one in file.children:
        records = {one.person_id, *said.same_as(one.person_id)}
        nth = contacts_about(records, now.heard, now.adding_up_since)
        cumulative[one.id] = cumulative_concern(rules, nth)
    return KnownOfChildren(matches, counts, said, cumulative)
