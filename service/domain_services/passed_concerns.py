"""Passed concerns: passed to who holds the child's case, and following the child from there."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.deadlines import Rating
from service.domain.decisions import Decision
from service.domain.flags import SubjectKind
from service.domain.passed_concerns import (
    CLOCKS,
    PASSED_CONCERN,
    ConcernWaits,
    PassedConcern,
    PassedConcernAction,
)
from service.domain_services.lives import Ending, Life, Moves
from service.persistence.clocks import start_clock
from service.persistence.ids import new_id
from service.persistence.repositories import accountabilities, passed_concerns
from service.persistence.units_of_work import Work

_STOPS: Mapping[PassedConcernAction, str] = {
    PassedConcernAction.answer: "read",
    PassedConcernAction.go_along: "passed_on",
    PassedConcernAction.settle: "settled",
}

PASSED_CONCERNS = Life(
    passed_concerns.PASSED_CONCERNS,
    Moves(PASSED_CONCERN, ending=Ending(CLOCKS, lambda action, state: _STOPS[action])),
    SubjectKind.passed_concern,
    says=("decision_id", "service", "referral_id", "early_help_episode_id"),
)


def pass_concern(
    work: Work,
    who: Caller,
    decision: Decision,
    rating: Rating | None,
    answers: Accountability,
    since: datetime | None = None,
) -> PassedConcern:
    """Passes what was decided about an open child to who holds the case that answers for it.

    `since` is when an earlier decision for this child on this contact passed it, and nobody had
    read that: its clock goes on.
    """
    passed = PassedConcern(
        id=new_id(),
        decision_id=decision.id,
        contact_id=decision.contact_id,
        child_id=decision.child_id,
        person_id=decision.person_id,
        service=answers.service,
        referral_id=answers.referral_id,
        early_help_episode_id=answers.early_help_episode_id,
        rating=rating or Rating.amber,
        state=PASSED_CONCERN.start,
        passed_at=since or work.now,
        passed_by=who.account_id,
        answered_at=None,
        answered_by=None,
        words=None,
        settled_at=None,
        version=1,
    )
    work.add(passed)
    _start_clock(work, passed)
    return passed


def _start_clock(work: Work, passed: PassedConcern) -> None:
    start_clock(
        work,
        passed.clock,
        SubjectKind.passed_concern,
        passed.id,
        passed.contact_id,
        passed.passed_at,
        passed.rating,
    )


async def follow_child(work: Work, person_id: UUID) -> None:
    """Lets the concerns that wait follow a child who has come to another case, or to none.

    Whoever moves a child asks for this once it is done; the child is held.
    """
    waiting = await passed_concerns.waiting_of_person(work, person_id)
    if not waiting:
        return
    answers = await accountabilities.of_person(work, person_id)
    for one in waiting:
        if answers is None:
            await _settle(work, one)
        elif answers.case_id not in (one.referral_id, one.early_help_episode_id):
            await _take_along(work, one, answers)


async def _take_along(work: Work, passed: PassedConcern, answers: Accountability) -> None:
    moved = await PASSED_CONCERNS.moves.move(
        work,
        None,
        passed,
        PassedConcernAction.go_along,
        service=answers.service,
        referral_id=answers.referral_id,
        early_help_episode_id=answers.early_help_episode_id,
    )
    _start_clock(work, moved)


async def _settle(work: Work, passed: PassedConcern) -> None:
    await PASSED_CONCERNS.moves.move(
        work, None, passed, PassedConcernAction.settle, settled_at=work.now
    )


async def settle_superseded(work: Work, decision: Decision) -> datetime | None:
    """Settles what a decision passed that is superseded; since when nobody had read it."""
    waiting = await passed_concerns.waiting_of_person(work, decision.person_id)
    for one in waiting:
        if one.decision_id == decision.id:
            await _settle(work, one)
            return one.passed_at
    return None


async def refuse_while_concern_waits(work: Work, person_id: UUID) -> None:
    """Raises ConcernWaits while a new concern about a child is unread: its case stays open."""
    if await passed_concerns.waiting_of_person(work, person_id):
        raise ConcernWaits(
            "A new concern about the child was passed to who holds the case, and nobody has read "
            "it: GET /v1/passed-concerns lists it. Read it, say what you will do, and close then.",
            state=PASSED_CONCERN.start,
            allowed=(PassedConcernAction.answer,),
        )
