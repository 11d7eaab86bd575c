"""Possible matches: read, with what was answered of whom, counted, and ended."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select, union_all, update

from service.domain.contacts import Child
from service.domain.possible_matches import MatchAnswer, PossibleMatch, StandingMatches
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, any_of, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.on_file import Look
from service.persistence.units_of_work import Work

MATCH = table_of(PossibleMatch)
CHILD = table_of(Child)


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


async def standing(
    ask: Asking | Work, contact_id: UUID, children: Sequence[Child]
) -> StandingMatches:
    """What stands of the matches of a contact, and of the people its children are taken for."""
    people = sorted({child.person_id for child in children})
    rows = await ask.all(_standing(), contact=contact_id, people=people)
    found = [read(PossibleMatch, row) for row in rows]
    said = [one for one in found if one.answer is not None]
    return StandingMatches(
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
    await mark(work, child_id, len(rows))


async def mark(work: Work, child_id: UUID, unanswered: int) -> None:
    """Marks on a child of a contact how many on file may be the child without an answer."""
    await work.execute(
        update(CHILD).where(CHILD.c.id == child_id).values(unanswered_matches=unanswered)
    )


async def supersede(work: Work, matches: Sequence[PossibleMatch]) -> None:
    """Ends matches: others took their place, or they are none any more."""
    if matches:
        await work.execute(
            update(MATCH)
            .where(MATCH.c.id.in_([one.id for one in matches]))
            .values(superseded_at=work.now)
        )
