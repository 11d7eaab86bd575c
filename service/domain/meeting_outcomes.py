"""What a daily meeting decides of many children in one act: incident by incident, all or named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.contacts import Contact
from service.domain.daily_meetings import MeetingItem
from service.domain.decisions import Decision
from service.domain.drafts import NewDecision, SaidOfChild, SaidOfDecision, together
from service.domain.errors import Conflict, FrontDoorError, Invalid, NotFound, Problem, Stale
from service.domain.possible_matches import MatchSaid

REFUSED = (Conflict, Invalid, NotFound, Stale)
"""What is told of one incident beside what is told of the others."""


@dataclass(frozen=True, slots=True)
class ItemSaid:
    """What is said of one child on the agenda: which item, what differs, who the child is."""

    item_id: UUID
    said: SaidOfDecision
    matches: Sequence[MatchSaid] = ()


@dataclass(frozen=True, slots=True)
class IncidentSaid:
    """What a meeting says of one incident, once, and of each of its children where it differs.

    `contact_version` is the version of the contact that the meeting had before it.
    """

    contact_id: UUID
    contact_version: int
    said: SaidOfDecision
    items: Sequence[ItemSaid]


@dataclass(frozen=True, slots=True)
class IncidentSettled:
    """An incident as it is once its children were dealt with: the contact, and each decision."""

    contact: Contact
    decisions: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class IncidentRefused:
    """An incident with which nothing was done, and everything that is wrong with it."""

    place: int
    contact_id: UUID
    refusal: FrontDoorError
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class MeetingSettled:
    """What came of many incidents in one act: those dealt with, and those that were refused."""

    done: Sequence[IncidentSettled]
    refused: Sequence[IncidentRefused]


class OutcomesNotPossible(Invalid):
    """Many children are dealt with in one act: what is wrong for any, all of it named."""

    code = "meeting_outcomes_not_possible"
    title = "Not every incident can be dealt with so"


class IncidentsMovedOn(Conflict):
    """Nothing is wrong with what was said of the incidents, but some stand otherwise by now."""

    code = "meeting_items_moved_on"
    title = "Not every incident stands as it was read"


def problems_of(refusal: FrontDoorError, at: str) -> Sequence[Problem]:
    """What a refusal of one incident names, at its place in what was sent."""
    if isinstance(refusal, Stale):
        return [
            Problem(
                f"{at}/contact_version",
                "This contact was changed since the agenda was read. Read the item again, and "
                "decide on what it says now.",
                refusal.code,
            )
        ]
    return refusal.problems or [Problem(at, refusal.detail, refusal.code)]


def faults_of_naming(incidents: Sequence[IncidentSaid]) -> Sequence[Problem]:
    """Contacts and items that are named twice."""
    contacts: set[UUID] = set()
    items: set[UUID] = set()
    problems: list[Problem] = []
    for place, incident in enumerate(incidents):
        at = f"/incidents/{place}"
        if incident.contact_id in contacts:
            told = "Name each contact once, with all of its children."
            problems.append(Problem(f"{at}/contact_id", told, "contact_named_twice"))
        contacts.add(incident.contact_id)
        for number, one in enumerate(incident.items):
            if one.item_id in items:
                pointer = f"{at}/items/{number}/item_id"
                problems.append(Problem(pointer, "Name each item once.", "item_named_twice"))
            items.add(one.item_id)
    return problems


def refuse_unless_asked(refused: Sequence[IncidentRefused], the_rest: bool) -> None:
    """Raises everything that stands in the way or is wrong, unless the rest is to be done.

    OutcomesNotPossible where anything is wrong with what was said, else IncidentsMovedOn.
    """
    if refused and not the_rest:
        wrong = any(isinstance(one.refusal, Invalid) for one in refused)
        raise (OutcomesNotPossible if wrong else IncidentsMovedOn)(
            "Nothing was done. Put right or leave out what `errors` names, or send "
            "`those_that_can` to have the rest done.",
            problems=[problem for one in refused for problem in one.problems],
        )


def drafts_of(
    incident: IncidentSaid, items: Mapping[UUID, MeetingItem], at: str
) -> list[NewDecision]:
    """The drafts for the children of one incident. Raises DraftsIncomplete naming every gap."""
    return together(
        incident.said,
        [
            SaidOfChild(items[one.item_id].child_id, one.said, matches=one.matches)
            for one in incident.items
        ],
        within=at,
        under="items",
    )
