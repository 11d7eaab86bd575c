"""Challenges over HTTP: raise one, list and read them, answer, escalate, accept, withdraw."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import (
    Key,
    Version,
    Who,
    ask,
    change,
    create,
    house_of,
    rendered,
)
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.challenges import (
    Challenge,
    ChallengeAnswerIn,
    ChallengeEscalationIn,
    ChallengeId,
    ChallengeIn,
    ChallengeSummary,
    ChallengeWordsIn,
)
from api.schemas.decisions import DecisionId
from api.schemas.fields import Page
from api.schemas.filters import ChallengeQuery
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.answers import Answer
from service.domain.challenges import (
    ChallengeFaulty,
    ChallengeFilters,
    ChallengeOfOwnDecision,
    LastStage,
    NothingToChallenge,
    NotYourChallenge,
    NotYoursToAnswer,
    NotYoursToChallenge,
    UnderReview,
)
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.domain.states import WrongState
from service.usecases import challenges
from service.usecases.challenges import WholeChallenge

router = APIRouter(prefix="/v1", tags=["challenges"], route_class=FrontDoorRoute)

_LISTED = Listing(
    "challenges",
    lambda one: (one.challenge.raised_at, one.challenge.id),
    ChallengeSummary.of,
    ChallengeFilters,
)


def _reply(whole: WholeChallenge) -> Response:
    return reply(Challenge.of_whole(whole), version=whole.challenge.version)


@router.post(
    "/decisions/{decision_id}/challenges",
    status_code=201,
    response_model=Challenge,
    responses={
        200: {
            "model": Challenge,
            "description": "A challenge of this decision is open already: this one.",
        },
        **problems(
            ChallengeFaulty,
            ChallengeOfOwnDecision,
            NothingToChallenge,
            NotYoursToChallenge,
            challenges.DecisionNotFound,
            UnderReview,
        ),
    },
)
@needs(Permission.challenge_decision)
async def challenge_decision(
    request: Request, who: Who, key: Key, decision_id: DecisionId, body: ChallengeIn
) -> Response:
    """Challenge a signed decision that stands, in the open and with reasons.

    For the side that received it: early help, or social care. What sent the child to neither is
    challenged by whoever may read it, unless another side holds the child.
    The MASH manager answers first, within a clock. While it is open the case is neither closed nor
    stepped down nor given to another team. Asked again meanwhile, the open challenge comes back.
    """

    async def raised(work: Work) -> tuple[WholeChallenge, bool]:
        found = await challenges.challenge_decision(work, who, decision_id, words=body.words)
        whole = await challenges.whole_challenge(work, work.policy, found.challenge)
        return whole, found.before

    def answer(made: tuple[WholeChallenge, bool]) -> Answer:
        whole, before = made
        return rendered(
            Challenge.of_whole(whole),
            200 if before else 201,
            version=whole.challenge.version,
            location=f"/v1/challenges/{whole.challenge.id}",
        )

    return await create(request, who, key, body, raised, answer)


@router.get(
    "/challenges",
    response_model=Page[ChallengeSummary],
    responses=problems(MeasureCountsOthers, BreakdownNotPossible),
)
async def list_challenges(
    request: Request,
    who: Who,
    asked: Annotated[ChallengeQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List challenges, newest first, each with the limit that runs on it.

    Each figure of a measure of challenges gives the filter that lists its very cases.
    """
    return await _LISTED.page(request, who, paging, challenges.list_challenges, asked, behind)


@router.get(
    "/challenges/{challenge_id}",
    response_model=Challenge,
    responses=problems(challenges.ChallengeNotFound),
)
async def read_challenge(request: Request, who: Who, challenge_id: ChallengeId) -> Response:
    """Read a challenge: every move of it, its clocks with their sums, and what is possible now."""
    policy = house_of(request).policy
    return _reply(
        await ask(
            request, lambda asking: challenges.read_challenge(asking, who, policy, challenge_id)
        )
    )


@router.post(
    "/challenges/{challenge_id}/answer",
    response_model=Challenge,
    responses=problems(ChallengeFaulty, NotYoursToAnswer, WrongState, challenges.ChallengeNotFound),
)
@needs(Permission.answer_challenge)
async def answer_challenge(
    request: Request, who: Who, challenge_id: ChallengeId, version: Version, body: ChallengeAnswerIn
) -> Response:
    """Answer a challenge at the stage that is put to your role; a later stage, somebody new.

    Upheld at the last stage it ends; agreed, it ends when who challenged accepts that. A change is
    never made here: it is a new, superseding decision, or the acceptance of the transfer that had
    been refused.
    """

    async def answered(work: Work) -> WholeChallenge:
        moved = await challenges.answer_challenge(
            work, who, challenge_id, version, answer=body.answer, words=body.words
        )
        return await challenges.whole_challenge(work, work.policy, moved)

    return _reply(await change(request, answered))


@router.post(
    "/challenges/{challenge_id}/escalation",
    response_model=Challenge,
    responses=problems(
        ChallengeFaulty, LastStage, NotYourChallenge, WrongState, challenges.ChallengeNotFound
    ),
)
@needs(Permission.pursue_challenge)
async def escalate_challenge(
    request: Request,
    who: Who,
    challenge_id: ChallengeId,
    version: Version,
    body: ChallengeEscalationIn,
) -> Response:
    """Put a challenge of your side to the next stage: not answered yet, agreed or upheld.

    A stage that nobody answers in time goes there by itself.
    """

    async def escalated(work: Work) -> WholeChallenge:
        moved = await challenges.escalate_challenge(
            work, who, challenge_id, version, words=body.words
        )
        return await challenges.whole_challenge(work, work.policy, moved)

    return _reply(await change(request, escalated))


@router.post(
    "/challenges/{challenge_id}/acceptance",
    response_model=Challenge,
    responses=problems(ChallengeFaulty, NotYourChallenge, WrongState, challenges.ChallengeNotFound),
)
@needs(Permission.pursue_challenge)
async def accept_challenge_answer(
    request: Request, who: Who, challenge_id: ChallengeId, version: Version, body: ChallengeWordsIn
) -> Response:
    """Accept that what your side challenged stands, agreed or upheld: the challenge ends."""

    async def accepted(work: Work) -> WholeChallenge:
        moved = await challenges.accept_challenge_answer(
            work, who, challenge_id, version, words=body.words
        )
        return await challenges.whole_challenge(work, work.policy, moved)

    return _reply(await change(request, accepted))


@router.post(
    "/challenges/{challenge_id}/withdrawal",
    response_model=Challenge,
    responses=problems(ChallengeFaulty, NotYourChallenge, WrongState, challenges.ChallengeNotFound),
)
@needs(Permission.pursue_challenge)
async def withdraw_challenge(
    request: Request, who: Who, challenge_id: ChallengeId, version: Version, body: ChallengeWordsIn
) -> Response:
    """Take a challenge of your side back: the decision or the refusal stands."""

    async def withdrawn(work: Work) -> WholeChallenge:
        moved = await challenges.withdraw_challenge(
            work, who, challenge_id, version, words=body.words
        )
        return await challenges.whole_challenge(work, work.policy, moved)

    return _reply(await change(request, withdrawn))
