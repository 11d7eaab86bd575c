"""Challenges: read, found by what is open of a child, overdue, and listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import literal_column, select

from service.domain.challenges import Challenge, ChallengeOutcome, ChallengeStep
from service.domain.deadlines import Deadline
from service.domain.errors import NotFound
from service.domain.flags import SubjectKind
from service.persistence.asking import Asking
from service.persistence.keysets import soonest_first
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Steps, Things
from service.persistence.statements import all_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import challenges_visible_to

CHALLENGE_TABLE = table_of(Challenge)
DEADLINE = table_of(Deadline)


class ChallengeNotFound(NotFound):
    """No such challenge, or not one that the caller may know of."""

    code = "challenge_not_found"
    title = "No such challenge"


CHALLENGES = Things(Challenge, "challenge", challenges_visible_to, ChallengeNotFound)
STEPS = Steps(ChallengeStep, "challenge_id")
get = CHALLENGES.get
steps_of = STEPS.all


async def held(work: Work, challenge_id: UUID) -> Challenge:
    """One challenge as it is now that its contact and its child are held."""
    return await CHALLENGES.found_before(work, challenge_id)


async def open_of_decision(ask: Asking | Work, decision_id: UUID) -> Challenge | None:
    """The challenge of a decision that has not ended: there is at most one."""
    row = await ask.first(
        select(*columns_of(Challenge)).where(
            CHALLENGE_TABLE.c.decision_id == decision_id, CHALLENGE_TABLE.c.ended_at.is_(None)
        )
    )
    return None if row is None else read(Challenge, row)


async def answered_finally(ask: Asking | Work, decision_id: UUID, last_stage: int) -> bool:
    """Whether a challenge of a decision was answered at the last stage, and the decision stood."""
    row = await ask.first(
        select(CHALLENGE_TABLE.c.id)
        .where(
            CHALLENGE_TABLE.c.decision_id == decision_id,
            CHALLENGE_TABLE.c.outcome.in_([ChallengeOutcome.upheld, ChallengeOutcome.agreed]),
            CHALLENGE_TABLE.c.stage >= last_stage,
        )
        .limit(1)
    )
    return row is not None


async def raised_by(
    ask: Asking | Work, organisation_id: str, contact_ids: Sequence[UUID]
) -> list[Challenge]:
    """What a partner agency raised about several contacts, in order."""
    if not contact_ids:
        return []
    rows = await ask.all(
        select(*columns_of(Challenge))
        .where(
            CHALLENGE_TABLE.c.contact_id.in_(contact_ids),
            CHALLENGE_TABLE.c.raised_by_organisation_id == organisation_id,
        )
        .order_by(CHALLENGE_TABLE.c.id)
    )
    return [read(Challenge, row) for row in rows]


LISTED = Listed(Challenge, "raised_at", challenges_visible_to)


@dataclass(frozen=True, slots=True)
class Overdue:
    """A clock of a challenge that has run out, and which challenge it is."""

    deadline_id: UUID
    due_at: datetime
    challenge_id: UUID


async def overdue(
    ask: Asking | Work,
    now: datetime,
    kinds: Sequence[str],
    *,
    limit: int,
    after: Overdue | None = None,
    only: UUID | None = None,
) -> list[Overdue]:
    """The clocks of these kinds that run and are over, soonest limit first, from a place on.

    They are found in an index of the running clocks of challenges alone.
    """
    statement = select(DEADLINE.c.id, DEADLINE.c.due_at, DEADLINE.c.subject_id).where(
        DEADLINE.c.stopped_at.is_(None),
        # Word for word as the index has it: a bound value would pass it by.
        DEADLINE.c.subject_kind == literal_column(f"'{SubjectKind.challenge.value}'"),
        DEADLINE.c.due_at <= now,
        DEADLINE.c.kind.in_(kinds),
    )
    if only is not None:
        statement = statement.where(DEADLINE.c.subject_id == only)
    place = None if after is None else (after.due_at, after.deadline_id)
    by_limit = soonest_first(DEADLINE.c.due_at, DEADLINE.c.id)
    return [Overdue(*row) for row in await ask.all(by_limit.page(statement, limit, place))]


async def open_of_person(ask: Asking | Work, person_id: UUID) -> list[Challenge]:
    """The challenges about a child that have not ended."""
    rows = await ask.all(
        select(*columns_of(Challenge))
        .where(CHALLENGE_TABLE.c.person_id == person_id, CHALLENGE_TABLE.c.ended_at.is_(None))
        .order_by(CHALLENGE_TABLE.c.id)
    )
    return [read(Challenge, row) for row in rows]


async def of_transfer(ask: Asking | Work, transfer_id: UUID) -> list[Challenge]:
    """The challenges of a transfer's refusals, in order."""
    rows = await ask.all(all_of(Challenge, "transfer_id", "id"), of=transfer_id)
    return [read(Challenge, row) for row in rows]
