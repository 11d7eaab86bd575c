"""Early help episodes over HTTP: list, read, give to a worker, close."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Version, Who, ask, change
from api.listings import Listing, Paging
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.cases import (
    EpisodeAllocationIn,
)
from api.schemas.early_help_episodes import (
    EarlyHelpAgreementIn,
    EarlyHelpEpisode,
    EarlyHelpEpisodeClosureIn,
    EarlyHelpEpisodeId,
    EarlyHelpEpisodeSummary,
)
from api.schemas.fields import Page
from api.schemas.filters import CaseQuery
from service.bootstrap import Work
from service.domain import early_help_episodes, holders
from service.domain.access import Permission
from service.domain.challenges import ChallengeOpen
from service.domain.early_help_episodes import AgreementNotPossible, EpisodeEnded
from service.domain.states import WrongState
from service.domain.transfers import StepDownUnfinished
from service.domain.whole_contacts import CaseFilters, WholeCase
from service.usecases import cases, early_help_agreements

router = APIRouter(
    prefix="/v1/early-help-episodes", tags=["early-help-episodes"], route_class=FrontDoorRoute
)

_LISTED = Listing(
    "early-help-episodes",
    lambda one: (one.case.accepted_at, one.case.id),
    EarlyHelpEpisodeSummary.of,
    CaseFilters,
)


def _reply(whole: WholeCase[early_help_episodes.EarlyHelpEpisode]) -> Response:
    return reply(EarlyHelpEpisode.of(whole), version=whole.case.version)


@router.get("", response_model=Page[EarlyHelpEpisodeSummary])
async def list_early_help_episodes(
    request: Request,
    who: Who,
    asked: Annotated[CaseQuery, Query()],
    paging: Paging,
) -> Response:
    """List early help episodes, newest first, each with the limit that runs on it."""
    return await _LISTED.page(request, who, paging, cases.list_early_help_episodes, asked)


@router.get(
    "/{early_help_episode_id}",
    response_model=EarlyHelpEpisode,
    responses=problems(cases.EpisodeNotFound),
)
async def read_early_help_episode(
    request: Request, who: Who, early_help_episode_id: EarlyHelpEpisodeId
) -> Response:
    """Read an early help episode: who is accountable, and its clocks with their sums."""
    return _reply(
        await ask(
            request,
            lambda asking: cases.read_early_help_episode(asking, who, early_help_episode_id),
        )
    )


@router.post(
    "/{early_help_episode_id}/allocation",
    response_model=EarlyHelpEpisode,
    responses=problems(
        ChallengeOpen,
        WrongState,
        cases.AlreadyAllocated,
        cases.EpisodeNotFound,
        cases.TeamCannotReceive,
        *holders.REFUSALS,
    ),
)
@needs(Permission.allocate_early_help_episode)
async def allocate_early_help_episode(
    request: Request,
    who: Who,
    early_help_episode_id: EarlyHelpEpisodeId,
    version: Version,
    body: EpisodeAllocationIn,
) -> Response:
    """Give an early help episode to a worker, and to another team when one is named.

    The first allocation stops its clock. Given again, it goes from one worker to the other.
    """

    async def allocated(work: Work) -> WholeCase[early_help_episodes.EarlyHelpEpisode]:
        case = await cases.allocate_early_help_episode(
            work, who, early_help_episode_id, version, body.worker_id, body.team_id
        )
        return await cases.whole_case(work, case)

    return _reply(await change(request, allocated))


@router.post(
    "/{early_help_episode_id}/family-agreement",
    response_model=EarlyHelpEpisode,
    responses=problems(
        AgreementNotPossible,
        EpisodeEnded,
        cases.EpisodeNotFound,
    ),
)
@needs(Permission.record_early_help_agreement)
async def record_early_help_agreement(
    request: Request,
    who: Who,
    early_help_episode_id: EarlyHelpEpisodeId,
    version: Version,
    body: EarlyHelpAgreementIn,
) -> Response:
    """Record whether the family agrees to early help, which needs its agreement.

    Given, the clock of asking stops. Refused or withdrawn, another one runs until the family agrees
    after all, or the child goes on: the episode closes, or a step-up is accepted. Nothing here
    delays a step-up of a child at risk.
    """

    async def recorded(work: Work) -> WholeCase[early_help_episodes.EarlyHelpEpisode]:
        case = await early_help_agreements.record_early_help_agreement(
            work, who, early_help_episode_id, version, body.agreement, body.words
        )
        return await cases.whole_case(work, case)

    return _reply(await change(request, recorded))


@router.post(
    "/{early_help_episode_id}/closure",
    response_model=EarlyHelpEpisode,
    responses=problems(
        ChallengeOpen,
        StepDownUnfinished,
        WrongState,
        cases.ClosureFaulty,
        cases.EpisodeNotFound,
    ),
)
@needs(Permission.close_early_help_episode)
async def close_early_help_episode(
    request: Request,
    who: Who,
    early_help_episode_id: EarlyHelpEpisodeId,
    version: Version,
    body: EarlyHelpEpisodeClosureIn,
) -> Response:
    """Close an allocated early help episode, with a code and words; its open transfers end with it.

    Moving to social care is a step-up, never a closure. Not while a challenge is open, or the
    step-down that it came of is not complete.
    """

    async def closed(work: Work) -> WholeCase[early_help_episodes.EarlyHelpEpisode]:
        case = await cases.close_early_help_episode(
            work, who, early_help_episode_id, version, body.closure_code, body.reason
        )
        return await cases.whole_case(work, case)

    return _reply(await change(request, closed))
