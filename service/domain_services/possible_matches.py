"""Possible matches: kept as they are found, answered by a person, and not asked again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Sight
from service.domain.contacts import Adult, Child, Contact
from service.domain.events import EventType
from service.domain.people import Person
from service.domain.possible_matches import (
    Found,
    MatchAnswer,
    MatchOnFile,
    PossibleMatch,
    StandingMatches,
)
from service.domain_services.concerns import who_they_may_be
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.repositories import on_file, possible_matches
from service.persistence.units_of_work import Work


def found_anew(now: datetime, contact_id: UUID, child: Child, found: Found) -> PossibleMatch:
    """A possible match as it is kept, with nothing answered."""
    return PossibleMatch(
        id=new_id(),
        contact_id=contact_id,
        child_id=found.child_id,
        own_person_id=child.person_id,
        person_id=found.on_file.person.id,
        found_at=now,
        reasons=[reason.value for reason in found.reasons],
        contradicts=[fact.value for fact in found.contradicts],
        answer=None,
        because=None,
        answered_at=None,
        answered_by=None,
        superseded_at=None,
    )


async def matches_at_receipt(
    work: Work,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
    fresh: Sequence[Person],
    answered: on_file.Answered,
) -> tuple[list[Child], dict[UUID, list[Found]], list[MatchOnFile]]:
    """Who on file may be the children of a contact that arrives: with what marks it on each child.

    Whoever was said to be another child before is not asked about again.
    """
    possible = who_they_may_be(contact, children, adults, answered)
    if not any(possible.values()):
        return list(children), possible, []
    new = {person.id for person in fresh}
    known = [child.person_id for child in children if child.person_id not in new]
    apart = await possible_matches.answered_pairs(work.look, known) if known else frozenset()
    if apart:
        possible = _without(possible, children, apart)
    matches = [
        MatchOnFile(
            found_anew(work.now, contact.id, child, one),
            one.on_file.person,
            one.on_file.open_case,
        )
        for child in children
        for one in possible[child.id]
    ]
    marked = [
        replace(child, unanswered_matches=len(possible[child.id])) if possible[child.id] else child
        for child in children
    ]
    return marked, possible, matches


def _without(
    possible: Mapping[UUID, Sequence[Found]],
    children: Sequence[Child],
    apart: Collection[frozenset[UUID]],
) -> dict[UUID, list[Found]]:
    return {
        child.id: [
            one
            for one in possible[child.id]
            if frozenset({child.person_id, one.on_file.person.id}) not in apart
        ]
        for child in children
    }


def _sought(
    sight: Sight, at: datetime, contact: Contact, children: Sequence[Child]
) -> on_file.Sought:
    return on_file.Sought(
        contact_id=contact.id,
        children=children,
        since=at,
        until=at,
        people=[child.person_id for child in children],
        address_key=contact.address_key,
        strip=False,
        sight=sight,
    )


async def refresh_matches(
    work: Work, sight: Sight, contact: Contact, children: Sequence[Child], adults: Sequence[Adult]
) -> list[MatchOnFile]:
    """Looks anew who on file may be the children of a contact that is held, and keeps it.

    Returns those that stand now, answered ones too: what is told may have changed since, and others
    may have been put on file.
    """
    answered = await on_file.ask_file(work.look, _sought(sight, work.now, contact, children))
    possible = who_they_may_be(contact, children, adults, answered)
    return await keep_matches(
        work,
        contact.id,
        children,
        possible,
        await possible_matches.standing(work, contact.id, children),
    )


async def matches_as_seen(
    ask: Asking,
    sight: Sight,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> list[MatchOnFile]:
    """Who on file may be the children of a contact now, with what was answered; keeps nothing."""
    look = on_file.asking(ask)
    answered = await on_file.ask_file(look, _sought(sight, now, contact, children))
    possible = who_they_may_be(contact, children, adults, answered)
    if not any(possible.values()):
        return []
    said = await possible_matches.standing(ask, contact.id, children)
    return [
        MatchOnFile(
            said.kept(child, other.person.id) or found_anew(now, contact.id, child, found),
            other.person,
            other.open_case,
        )
        for child in children
        for found in possible[child.id]
        if said.is_asked_of(child, (other := found.on_file).person.id)
    ]


async def keep_matches(
    work: Work,
    contact_id: UUID,
    children: Sequence[Child],
    possible: Mapping[UUID, Sequence[Found]],
    said: StandingMatches,
) -> list[MatchOnFile]:
    """Keeps who on file may be the children of a contact now, beside what was answered before."""
    gone = dict(said.of_contact)
    kept: list[MatchOnFile] = []
    for child in children:
        for found in possible.get(child.id, ()):
            other = found.on_file
            if not said.is_asked_of(child, other.person.id):
                continue
            match = gone.pop((child.id, other.person.id), None)
            if match is None:
                match = found_anew(work.now, contact_id, child, found)
                work.add(match)
            kept.append(MatchOnFile(match, other.person, other.open_case))
    await possible_matches.supersede(work, [one for one in gone.values() if one.answer is None])
    for child in children:
        unanswered = sum(
            one.match.child_id == child.id and one.match.answer is None for one in kept
        )
        if unanswered != child.unanswered_matches:
            await possible_matches.mark(work, child.id, unanswered)
    return kept


async def keep_match_answer(
    work: Work,
    who: Caller,
    child: Child,
    *,
    own: UUID,
    other: UUID,
    answer: MatchAnswer,
    because: str | None,
) -> PossibleMatch:
    """Keeps what somebody said of a child and another record on file; it is not asked again.

    An earlier answer stays on the record, and does not stand any more.
    """
    before = [
        one
        for one in await possible_matches.of_contact(work, child.contact_id)
        if one.child_id == child.id and one.person_id == other
    ]
    await possible_matches.supersede(work, before)
    match = PossibleMatch(
        id=new_id(),
        contact_id=child.contact_id,
        child_id=child.id,
        own_person_id=own,
        person_id=other,
        found_at=before[0].found_at if before else work.now,
        reasons=before[0].reasons if before else [],
        contradicts=before[0].contradicts if before else [],
        answer=answer,
        because=because,
        answered_at=work.now,
        answered_by=who.account_id,
        superseded_at=None,
    )
    work.add(match)
    work.record(
        EventType.contact_match_answered,
        who,
        child.id,
        contact_id=child.contact_id,
        about=[own, other],
        person_id=other,
        own_person_id=own,
        answer=answer,
        was=before[0].answer if before else None,
    )
    return match
