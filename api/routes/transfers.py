"""Step-ups and step-downs over HTTP: ask, open, answer, and see through to completion."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Key, Version, Who, ask, change, create, rendered
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.transfer_acts import (
    FamilyAgreementIn,
    FirstVisitIn,
    RefusalAgreement,
    ReturnDecision,
    ReturnDecisionIn,
    StrategyDiscussionIn,
    TransferAcceptance,
    TransferCompletion,
    TransferCreate,
    TransferRefusal,
    TransferWithdrawal,
)
from api.schemas.transfers import Transfer, TransferId
from service.bootstrap import Work
from service.domain import holders
from service.domain.access import Permission
from service.domain.answers import Answer
from service.domain.challenges import ChallengeOpen
from service.domain.states import WrongState
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.transfers import (
    FirstVisitRecorded,
    NotAccountable,
    NotForThisDirection,
    OwnTransfer,
    StepDownNotReady,
    TransferIncomplete,
    TransferUnderWay,
    permissions_to,
)
from service.usecases import step_downs, transfer_answers, transfers

router = APIRouter(prefix="/v1/transfers", tags=["transfers"], route_class=FrontDoorRoute)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, whole, and whether it had been asked for before."""

    whole: transfers.WholeTransfer
    before: bool


def _answer(asked: _Asked) -> Answer:
    transfer = asked.whole.transfer
    return rendered(
        Transfer.of(asked.whole),
        200 if asked.before else 201,
        version=transfer.version,
        location=f"/v1/transfers/{transfer.id}",
    )


def _reply(whole: transfers.WholeTransfer) -> Response:
    return reply(Transfer.of(whole), version=whole.transfer.version)


async def _moved(request: Request, move: transfers.Move) -> Response:
    async def moved(work: Work) -> transfers.WholeTransfer:
        return await transfers.whole_transfer(work, await move(work))

    return _reply(await change(request, moved))


@router.post(
    "",
    status_code=201,
    response_model=Transfer,
    responses={
        200: {
            "model": Transfer,
            "description": "It was asked for before and is open still: this is the open one.",
        },
        **problems(
            NotAccountable,
            ProtectionUnderWay,
            TransferIncomplete,
            TransferUnderWay,
            WrongState,
            transfers.EpisodeNotFound,
            transfers.ReferralNotFound,
            *holders.REFUSALS,
        ),
    },
)
@needs(*permissions_to("request"))
async def request_transfer(request: Request, who: Who, key: Key, body: TransferCreate) -> Response:
    """Ask for a step-up or a step-down of one child.

    Until it is accepted nothing moves: the sender is accountable. The sender asks with a case that
    it holds; a receiver asks for one that the sender holds. Asked for again while it is open, the
    open one comes back with 200.
    """

    async def asked(work: Work) -> _Asked:
        found = await transfers.request_transfer(work, who, body.told())
        return _Asked(await transfers.whole_transfer(work, found.transfer), found.before)

    return await create(request, who, key, body, asked, _answer)


@router.get(
    "/{transfer_id}", response_model=Transfer, responses=problems(transfers.TransferNotFound)
)
async def read_transfer(request: Request, who: Who, transfer_id: TransferId) -> Response:
    """Read a transfer: what it waits for, what can be done now, every move and every clock."""
    return _reply(
        await ask(request, lambda asking: transfers.read_transfer(asking, who, transfer_id))
    )


@router.post(
    "/{transfer_id}/open",
    response_model=Transfer,
    responses=problems(WrongState, transfers.TransferNotFound),
)
async def open_transfer(
    request: Request, who: Who, transfer_id: TransferId, version: Version
) -> Response:
    """Open a transfer: it has been seen, which is not the same as answered."""
    return await _moved(
        request, lambda work: transfers.open_transfer(work, who, transfer_id, version)
    )


@router.post(
    "/{transfer_id}/accept",
    response_model=Transfer,
    responses=problems(
        ChallengeOpen,
        NotAccountable,
        OwnTransfer,
        ProtectionUnderWay,
        TransferIncomplete,
        WrongState,
        transfers.TransferNotFound,
        *holders.REFUSALS,
    ),
)
@needs(*permissions_to("answer"))
async def accept_transfer(
    request: Request,
    who: Who,
    transfer_id: TransferId,
    version: Version,
    body: TransferAcceptance,
) -> Response:
    """Accept a transfer: from this instant the receiving team is accountable.

    A step-up is complete with it: the early help episode closes and a referral opens. After a
    step-down the referral stays open until the step-down is complete.
    """
    return await _moved(
        request,
        lambda work: transfer_answers.accept_transfer(work, who, transfer_id, version, body.told()),
    )


@router.post(
    "/{transfer_id}/refuse",
    response_model=Transfer,
    responses=problems(OwnTransfer, TransferIncomplete, WrongState, transfers.TransferNotFound),
)
@needs(*permissions_to("answer"))
async def refuse_transfer(
    request: Request, who: Who, transfer_id: TransferId, version: Version, body: TransferRefusal
) -> Response:
    """Refuse a transfer with a coded reason and a threshold explanation.

    It is final only when the manager of who asked agrees; the sender stays accountable.
    """
    return await _moved(
        request,
        lambda work: transfer_answers.refuse_transfer(
            work,
            who,
            transfer_id,
            version,
            reason_code=body.reason_code,
            explanation=body.explanation,
        ),
    )


@router.post(
    "/{transfer_id}/refusal-agreement",
    response_model=Transfer,
    responses=problems(OwnTransfer, TransferIncomplete, WrongState, transfers.TransferNotFound),
)
@needs(*permissions_to("agree_to_refusal"))
async def answer_refusal(
    request: Request, who: Who, transfer_id: TransferId, version: Version, body: RefusalAgreement
) -> Response:
    """Agree to a refusal in one's own words, or challenge it.

    Agreed, the transfer ends and the sender keeps the child. Not agreed, a challenge is raised and
    the transfer waits for its outcome.
    """
    return await _moved(
        request,
        lambda work: transfer_answers.answer_refusal(
            work, who, transfer_id, version, agreed=body.agreed, words=body.words
        ),
    )


@router.post(
    "/{transfer_id}/family-agreement",
    response_model=Transfer,
    responses=problems(
        NotForThisDirection, TransferIncomplete, WrongState, transfers.TransferNotFound
    ),
)
@needs(Permission.record_family_agreement)
async def record_family_agreement(
    request: Request, who: Who, transfer_id: TransferId, version: Version, body: FamilyAgreementIn
) -> Response:
    """Record whether the family agrees to early help.

    Refused or withdrawn, the step-down goes back to the sender for a decision with a clock of its
    own, and so does the responsibility when early help had accepted.
    """
    return await _moved(
        request,
        lambda work: step_downs.record_family_agreement(
            work, who, transfer_id, version, agreement=body.agreement, words=body.words
        ),
    )


@router.post(
    "/{transfer_id}/first-visit",
    response_model=Transfer,
    responses=problems(
        NotForThisDirection,
        TransferIncomplete,
        WrongState,
        FirstVisitRecorded,
        transfers.TransferNotFound,
    ),
)
@needs(Permission.record_first_visit)
async def record_first_visit(
    request: Request, who: Who, transfer_id: TransferId, version: Version, body: FirstVisitIn
) -> Response:
    """Record early help's first visit to the child, after a step-down was accepted."""
    return await _moved(
        request,
        lambda work: step_downs.record_first_visit(
            work, who, transfer_id, version, visited_at=body.visited_at, words=body.words
        ),
    )


@router.post(
    "/{transfer_id}/strategy-discussion",
    response_model=Transfer,
    responses=problems(OwnTransfer, TransferIncomplete, WrongState, transfers.TransferNotFound),
)
@needs(Permission.record_strategy_discussion)
async def record_strategy_discussion(
    request: Request,
    who: Who,
    transfer_id: TransferId,
    version: Version,
    body: StrategyDiscussionIn,
) -> Response:
    """Record the strategy discussion that a step-up for disclosed harm owes, or why none is held.

    It can be recorded before the answer and after any refusal. Nothing else stops its clock, but
    the referral that the child comes to, which then owes the meeting since the same time.
    """
    return await _moved(
        request,
        lambda work: transfer_answers.record_strategy_discussion(
            work, who, transfer_id, version, body.told()
        ),
    )


@router.post(
    "/{transfer_id}/withdraw",
    response_model=Transfer,
    responses=problems(TransferIncomplete, WrongState, transfers.TransferNotFound),
)
@needs(*permissions_to("request"))
async def withdraw_transfer(
    request: Request, who: Who, transfer_id: TransferId, version: Version, body: TransferWithdrawal
) -> Response:
    """Take a transfer back before it is answered; the sender keeps the child."""
    return await _moved(
        request,
        lambda work: transfers.withdraw_transfer(work, who, transfer_id, version, words=body.words),
    )


@router.post(
    "/{transfer_id}/return-decision",
    response_model=Transfer,
    responses=problems(TransferIncomplete, WrongState, transfers.TransferNotFound),
)
@needs(Permission.complete_step_down)
async def decide_returned_transfer(
    request: Request, who: Who, transfer_id: TransferId, version: Version, body: ReturnDecisionIn
) -> Response:
    """Decide on a step-down that came back to the sender: ask again, or keep the child.

    Asked again, every clock begins anew. Kept, the transfer ends as withdrawn.
    """
    return await _moved(
        request,
        lambda work: step_downs.decide_returned_transfer(
            work,
            who,
            transfer_id,
            version,
            ask_again=body.decision is not ReturnDecision.keep,
            words=body.words,
        ),
    )


@router.post(
    "/{transfer_id}/completion",
    response_model=Transfer,
    responses=problems(
        ChallengeOpen,
        NotForThisDirection,
        StepDownNotReady,
        TransferIncomplete,
        WrongState,
        transfers.TransferNotFound,
    ),
)
@needs(Permission.complete_step_down)
async def complete_transfer(
    request: Request, who: Who, transfer_id: TransferId, version: Version, body: TransferCompletion
) -> Response:
    """Complete a step-down: social care's referral closes.

    Not before the family has agreed and early help has made its first visit.
    """
    return await _moved(
        request,
        lambda work: step_downs.complete_transfer(
            work, who, transfer_id, version, closure_code=body.closure_code, words=body.words
        ),
    )
