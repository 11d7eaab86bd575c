"""Passed concerns: listed, read, and answered by who holds the child's case (rule 25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.access import MANAGER_OF, Caller, Permission
from service.domain.accountabilities import CareService
from service.domain.deadlines import Deadline
from service.domain.events import EventType
from service.domain.own_words import require_own_words
from service.domain.passed_concerns import (
    PASSED_CONCERN,
    NotTheCaseHolder,
    PassedConcern,
    PassedConcernAction,
    PassedConcernFilters,
    SayWhatYouWillDo,
)
from service.domain_services.passed_concerns import PASSED_CONCERNS
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import deadlines, passed_concerns
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.persistence.units_of_work import Work

# A refusal from below that routes name in the contract.
PassedConcernNotFound = passed_concerns.PassedConcernNotFound


@dataclass(frozen=True, slots=True)
class WholePassedConcern:
    """A passed concern with the clock of reading it."""

    concern: PassedConcern
    deadlines: Sequence[Deadline]


async def whole_passed_concern(ask: Asking | Work, concern: PassedConcern) -> WholePassedConcern:
    """All that hangs on a passed concern that the caller may see."""
    return WholePassedConcern(
        concern, await deadlines.of_subject(ask, concern.contact_id, concern.id)
    )


async def list_passed_concerns(
    ask: Asking,
    who: Caller,
    filters: PassedConcernFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[PassedConcern]:
    """Concerns that the caller may see, newest first; those behind a figure when one is named."""
    who.require(Permission.read_passed_concerns)
    return await passed_concerns.LISTED.newest_first(
        ask, who.sight, filters, limit=limit, after=after
    )


async def read_passed_concern(ask: Asking, who: Caller, concern_id: UUID) -> WholePassedConcern:
    """One passed concern with its clock. Raises PassedConcernNotFound."""
    who.require(Permission.read_passed_concerns)
    found = await passed_concerns.PASSED_CONCERNS.get(ask, who.sight, concern_id)
    return await whole_passed_concern(ask, found)


async def answer_passed_concern(
    work: Work, who: Caller, concern_id: UUID, version: int, words: str
) -> PassedConcern:
    """Records that who holds the child's case has read a new concern, and what they will do.

    The manager of that side may, where the holder is away or there is none. Raises
    PassedConcernNotFound, WrongState, NotTheCaseHolder, SayWhatYouWillDo, Stale.
    """
    who.require(Permission.answer_passed_concern)

    async def can(concern: PassedConcern) -> None:
        PASSED_CONCERN.after(concern.state, PassedConcernAction.answer)
        await _require_holder(work, who, concern)

    held = await PASSED_CONCERNS.hold(work, who, concern_id, version, can)
    require_own_words(
        work.policy.rationale,
        "/words",
        words,
        SayWhatYouWillDo,
        "A stock phrase does not say what becomes of the child. Say what you will do.",
    )
    answered = await PASSED_CONCERNS.moves.move(
        work,
        who,
        held.thing,
        PassedConcernAction.answer,
        answered_at=work.now,
        answered_by=who.account_id,
        words=words,
    )
    PASSED_CONCERNS.record(work, who, EventType.passed_concern_answered, answered)
    return answered


async def _require_holder(work: Work, who: Caller, concern: PassedConcern) -> None:
    if MANAGER_OF[concern.service] in who.roles:
        return
    cases: Any = REFERRALS if concern.service is CareService.social_care else EPISODES
    case_id = concern.referral_id or concern.early_help_episode_id
    if case_id is not None:
        case = await cases.found_before(work, case_id)
        if case.worker_id == who.account_id:
            return
    raise NotTheCaseHolder(
        "Who holds the child's case reads this and says what they will do; where there is nobody, "
        "the manager of that team. Tell them what you know."
    )
