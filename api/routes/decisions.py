"""Threshold decisions over HTTP: drafted and signed, one or a family's; read, withdrawn."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Key, Version, Who, ask, change, create, rendered
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.contacts import ContactId
from api.schemas.decisions import (
    Decision,
    DecisionId,
    DecisionWithdrawalIn,
    SignOffIn,
    SignOffOutcome,
    WholeReadingIn,
)
from api.schemas.decisions_together import (
    DecisionsTogether,
    DecisionsTogetherCreate,
    SignOffTogetherIn,
)
from api.schemas.new_decisions import DecisionCreate
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.accountabilities import ChildMovedOn, OpenToSocialCare
from service.domain.answers import Answer
from service.domain.challenges import ChallengeOpen
from service.domain.contacts import ChildNotOnContact
from service.domain.cumulative_concerns import NotToldSoOften, WholeNotRead
from service.domain.decisions import (
    CannotSupersede,
    ChildAlreadyDecided,
    DecisionIncomplete,
    DecisionWaiting,
    NotYourDraft,
    OwnDecision,
    OwnWordsNeeded,
)
from service.domain.drafts import DraftsIncomplete
from service.domain.passed_concerns import NobodyHoldsTheChild
from service.domain.possible_matches import PossibleMatchUnresolved, TwoOpenCases
from service.domain.recognition import PersonUnknown
from service.domain.sign_offs import SaidOfAll, SignOffUnclear
from service.domain.states import WrongState
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.whole_contacts import DecidedTogether, WholeDecision
from service.usecases import decisions, sign_offs, whole_readings, withdrawals

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=FrontDoorRoute)

_REFUSED = (
    CannotSupersede,
    ChallengeOpen,
    ChildAlreadyDecided,
    ChildMovedOn,
    DecisionIncomplete,
    DecisionWaiting,
    OpenToSocialCare,
    WrongState,
    ChildNotOnContact,
    PersonUnknown,
    PossibleMatchUnresolved,
    TwoOpenCases,
    decisions.ContactNotFound,
)
_UNSIGNED = (
    ChallengeOpen,
    ChildMovedOn,
    NobodyHoldsTheChild,
    OpenToSocialCare,
    OwnDecision,
    OwnWordsNeeded,
    ProtectionUnderWay,
    WholeNotRead,
    WrongState,
)


def _answer(whole: WholeDecision) -> Answer:
    return rendered(
        Decision.of(whole),
        201,
        version=whole.decision.version,
        location=f"/v1/decisions/{whole.decision.id}",
    )


def _answer_together(decided: DecidedTogether) -> Answer:
    return rendered(
        DecisionsTogether.of(decided),
        201,
        version=decided.contact.version,
        location=f"/v1/contacts/{decided.contact.id}",
    )


def _reply(whole: WholeDecision) -> Response:
    return reply(Decision.of(whole), version=whole.decision.version)


@router.post(
    "/contacts/{contact_id}/decisions",
    status_code=201,
    response_model=Decision,
    responses=problems(*_REFUSED),
)
@needs(Permission.decide)
async def decide(
    request: Request, who: Who, key: Key, contact_id: ContactId, body: DecisionCreate
) -> Response:
    """Draft the threshold decision for one child; it then waits for somebody else's sign-off.

    Every gap is named at once. Decisions are never edited: a changed mind is a new decision that
    says which one it `supersedes`, and why.
    """

    async def drafted(work: Work) -> WholeDecision:
        decision = await decisions.decide(work, who, contact_id, body.told())
        return await decisions.whole_decision(work, decision)

    return await create(request, who, key, body, drafted, _answer)


@router.post(
    "/contacts/{contact_id}/decisions/together",
    status_code=201,
    response_model=DecisionsTogether,
    responses=problems(*_REFUSED, DraftsIncomplete),
)
@needs(Permission.decide)
async def decide_together(
    request: Request, who: Who, key: Key, contact_id: ContactId, body: DecisionsTogetherCreate
) -> Response:
    """Draft the decisions for a family in one act: what is said of all once, what differs by child.

    All are drafted or none: whatever is wrong for any child is named at once, at its place. Each
    child has a decision of its own, as if drafted alone; `POST /v1/contacts/{contact_id}/sign-off`
    answers all of them.
    """

    async def drafted(work: Work) -> DecidedTogether:
        children = [child.told() for child in body.children]
        made = await decisions.decide_together(work, who, contact_id, body.said(), children)
        return await decisions.whole_together(work, who, contact_id, made)

    return await create(request, who, key, body, drafted, _answer_together)


@router.post(
    "/contacts/{contact_id}/sign-off",
    response_model=DecisionsTogether,
    responses=problems(*_UNSIGNED, DraftsIncomplete, SignOffUnclear, decisions.ContactNotFound),
)
@needs(Permission.sign_off)
async def sign_off_together(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: SignOffTogetherIn
) -> Response:
    """Answer every decision that waits on a contact in one act: agree all, or return all.

    Those in `otherwise` are answered as is said there, each in words of its own. `If-Match` with
    the version of the contact that showed them: what came since is not signed unread. All of it
    happens or nothing.
    """
    agreed = body.outcome is SignOffOutcome.agreed

    async def answered(work: Work) -> DecidedTogether:
        made = await sign_offs.sign_off_together(
            work,
            who,
            contact_id,
            version,
            of_all=SaidOfAll(agreed, body.words, body.whole_read),
            otherwise=body.told(),
        )
        return await decisions.whole_together(work, who, contact_id, made)

    done = await change(request, answered)
    return reply(DecisionsTogether.of(done), version=done.contact.version)


@router.get(
    "/decisions/{decision_id}",
    response_model=Decision,
    responses=problems(decisions.DecisionNotFound),
)
async def read_decision(request: Request, who: Who, decision_id: DecisionId) -> Response:
    """Read a decision, what a manager made of it, and what it led to."""
    return _reply(
        await ask(request, lambda asking: decisions.read_decision(asking, who, decision_id))
    )


@router.post(
    "/decisions/{decision_id}/sign-off",
    response_model=Decision,
    responses=problems(*_UNSIGNED, decisions.DecisionNotFound),
)
@needs(Permission.sign_off)
async def sign_off(
    request: Request, who: Who, decision_id: DecisionId, version: Version, body: SignOffIn
) -> Response:
    """Agree a decision or return it, in one's own words; never one's own decision.

    Agreed, what it decides exists at once: a referral, an early help episode, or the end of the
    matter for this child. A child who is open already is not opened twice: the decision joins the
    open case, and social care takes over from early help. Returned, the child waits for another
    draft, and both versions stay. Of a child who is told of again and again (`cumulative_concern`)
    a manager reads the whole first, and says so here in `whole_read` or before.
    """
    agreed = body.outcome is SignOffOutcome.agreed

    async def answered(work: Work) -> WholeDecision:
        decision = await sign_offs.sign_off(
            work,
            who,
            decision_id,
            version,
            agreed=agreed,
            words=body.words,
            whole_read=body.whole_read,
        )
        return await decisions.whole_decision(work, decision)

    return _reply(await change(request, answered))


@router.post(
    "/decisions/{decision_id}/whole-reading",
    response_model=Decision,
    responses=problems(
        NotToldSoOften, OwnDecision, WholeNotRead, WrongState, decisions.DecisionNotFound
    ),
)
@needs(Permission.read_whole)
async def read_whole(
    request: Request, who: Who, decision_id: DecisionId, version: Version, body: WholeReadingIn
) -> Response:
    """Record having read the whole of what is on file of a child who is told of again and again.

    By a manager who did not draft the decision; another one may sign it then.
    """

    async def read(work: Work) -> WholeDecision:
        decision = await whole_readings.read_whole(work, who, decision_id, version, body.words)
        return await decisions.whole_decision(work, decision)

    return _reply(await change(request, read))


@router.post(
    "/decisions/{decision_id}/withdrawal",
    response_model=Decision,
    responses=problems(NotYourDraft, OwnWordsNeeded, WrongState, decisions.DecisionNotFound),
)
@needs(Permission.withdraw_decision)
async def withdraw_decision(
    request: Request,
    who: Who,
    decision_id: DecisionId,
    version: Version,
    body: DecisionWithdrawalIn,
) -> Response:
    """Withdraw a draft that waits for sign-off, with the reason: one's own; a manager, anybody's.

    The child is undecided again, or stays as an earlier signed decision has it. The draft is kept
    with the reason. What was signed is not withdrawn: a changed mind is a new decision.
    """

    async def withdrawn(work: Work) -> WholeDecision:
        decision = await withdrawals.withdraw_decision(
            work, who, decision_id, version, body.because
        )
        return await decisions.whole_decision(work, decision)

    return _reply(await change(request, withdrawn))
