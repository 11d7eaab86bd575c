"""Possible matches: kept as they are found, answered by a person, and not asked again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select, union_all, update

from service.domain.access import Caller
from service.domain.contacts import Adult, Child, Contact
from service.domain.events import EventType
from service.domain.people import Person
from service.domain.possible_matches import (
    Found,
    MatchAnswer,
    MatchOnFile,
    PossibleMatch,
)
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, any_of, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import concerns, on_file
from service.persistence.repositories.on_file import Look
from service.persistence.units_of_work import Work, new_id

MATCH = table_of(PossibleMatch)
CHILD = table_of(Child)


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


async def at_receipt(
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
    possible = concerns.possible_of(contact, children, adults, answered)
    if not any(possible.values()):
        return list(children), possible, []
    new = {person.id for person in fresh}
    known = [child.person_id for child in children if child.person_id not in new]
    apart = await answered_pairs(work.look, known) if known else frozenset()
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
    marked = [replace(child, unanswered_matches=len(possible[child.id])) for child in children]
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


async def answered_pairs(look: Look, people: Sequence[UUID]) -> frozenset[frozenset[UUID]]:
    """The pairs of people on file of whom somebody has said whether they are one child."""
    rows = await look(_pairs(), {"people": people})
    return frozenset(frozenset(row) for row in rows)


@made_once
def _pairs() -> Makeable:
    return union_all(
        *(
            select(MATCH.c.own_person_id, MATCH.c.person_id).where(
                any_of(column, "people"),
                MATCH.c.answered_at.is_not(None),
                MATCH.c.superseded_at.is_(None),
            )
            for column in (MATCH.c.own_person_id, MATCH.c.person_id)
        )
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of possible matches: those of one contact, and what was said of its people."""

    of_contact: Mapping[tuple[UUID, UUID], PossibleMatch]
    answered: frozenset[frozenset[UUID]]
    same: frozenset[frozenset[UUID]]

    def kept(self, child: Child, person_id: UUID) -> PossibleMatch | None:
        """The match of a child of the contact with somebody on file."""
        return self.of_contact.get((child.id, person_id))

    def is_asked_of(self, child: Child, person_id: UUID) -> bool:
        """Whether a match is anybody's to answer: not where it was said of these two elsewhere."""
        said = frozenset({child.person_id, person_id}) in self.answered
        return not said or self.kept(child, person_id) is not None

    def same_as(self, person_id: UUID) -> list[UUID]:
        """The other records of whom somebody has said that they are the same child."""
        return sorted(
            {one for pair in self.same if person_id in pair for one in pair - {person_id}}
        )


@made_once
def _standing() -> Makeable:
    about = or_(any_of(MATCH.c.own_person_id, "people"), any_of(MATCH.c.person_id, "people"))
    of_contact = MATCH.c.contact_id == bindparam("contact")
    return (
        select(*columns_of(PossibleMatch))
        .where(
            MATCH.c.superseded_at.is_(None),
            or_(of_contact, and_(MATCH.c.answered_at.is_not(None), about)),
        )
        .order_by(MATCH.c.found_at, MATCH.c.id)
    )


async def standing(ask: Asking | Work, contact_id: UUID, children: Sequence[Child]) -> Standing:
    """What stands of the matches of a contact, and of the people its children are taken for."""
    people = sorted({child.person_id for child in children})
    rows = await ask.all(_standing(), contact=contact_id, people=people)
    found = [read(PossibleMatch, row) for row in rows]
    said = [one for one in found if one.answer is not None]
    return Standing(
        {(one.child_id, one.person_id): one for one in found if one.contact_id == contact_id},
        frozenset(frozenset({one.own_person_id, one.person_id}) for one in said),
        frozenset(
            frozenset({one.own_person_id, one.person_id})
            for one in said
            if one.answer is MatchAnswer.same_child
        ),
    )


async def of_contact(ask: Asking | Work, contact_id: UUID) -> list[PossibleMatch]:
    """The possible matches of the children of a contact, each with the answer that stands."""
    rows = await ask.all(
        select(*columns_of(PossibleMatch))
        .where(MATCH.c.contact_id == contact_id, MATCH.c.superseded_at.is_(None))
        .order_by(MATCH.c.found_at, MATCH.c.id)
    )
    return [read(PossibleMatch, row) for row in rows]


async def count_again(work: Work, child_id: UUID) -> None:
    """Counts anew how many on file may be one child of a contact without an answer."""
    rows = await work.all(
        select(MATCH.c.id).where(
            MATCH.c.child_id == child_id,
            MATCH.c.answered_at.is_(None),
            MATCH.c.superseded_at.is_(None),
        )
    )
    await work.execute(
        update(CHILD).where(CHILD.c.id == child_id).values(unanswered_matches=len(rows))
    )


async def supersede(work: Work, matches: Sequence[PossibleMatch]) -> None:
    """Ends matches: others took their place, or they are none any more."""
    if matches:
        await work.execute(
            update(MATCH)
            .where(MATCH.c.id.in_([one.id for one in matches]))
            .values(superseded_at=work.now)
        )


def _sought(
    who: Caller, at: datetime, contact: Contact, children: Sequence[Child]
) -> on_file.Sought:
    return on_file.Sought(
        contact_id=contact.id,
        children=children,
        since=at,
        until=at,
        people=[child.person_id for child in children],
        address_key=contact.address_key,
        strip=False,
        reach=who.reach,
    )


async def refresh(
    work: Work, who: Caller, contact: Contact, children: Sequence[Child], adults: Sequence[Adult]
) -> list[MatchOnFile]:
    """Looks anew who on file may be the children of a contact that is held, and keeps it.

    Returns those that stand now, answered ones too: what is told may have changed since, and others
    may have been put on file.
    """
    answered = await on_file.ask_file(work.look, _sought(who, work.now, contact, children))
    possible = concerns.possible_of(contact, children, adults, answered)
    return await keep(
        work, contact.id, children, possible, await standing(work, contact.id, children)
    )


async def as_seen(
    ask: Asking,
    who: Caller,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> list[MatchOnFile]:
    """Who on file may be the children of a contact now, with what was answered; keeps nothing."""
    look = on_file.asking(ask)
    answered = await on_file.ask_file(look, _sought(who, now, contact, children))
    possible = concerns.possible_of(contact, children, adults, answered)
    if not any(possible.values()):
        return []
    said = await standing(ask, contact.id, children)
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


async def keep(
    work: Work,
    contact_id: UUID,
    children: Sequence[Child],
    possible: Mapping[UUID, Sequence[Found]],
    said: Standing,
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
    await supersede(work, [one for one in gone.values() if one.answer is None])
    for child in children:
        unanswered = sum(
            one.match.child_id == child.id and one.match.answer is None for one in kept
        )
        if unanswered != child.unanswered_matches:
            await work.execute(
                update(CHILD).where(CHILD.c.id == child.id).values(unanswered_matches=unanswered)
            )
    return kept


async def keep_answer(
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
        for one in await of_contact(work, child.contact_id)
        if one.child_id == child.id and one.person_id == other
    ]
    await supersede(work, before)
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
        person_id=other,
        own_person_id=own,
        answer=answer,
        was=before[0].answer if before else None,
    )
    return match
