"""Kinds of contact over HTTP: steps on the path of one, its end, and of which kind it is."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Version, Who, change
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.contact_kinds import ContactEndingIn, ContactKindIn, ContactStepIn
from api.schemas.contacts import Contact, ContactId
from service.domain.access import Permission
from service.domain.contact_kind_rules import (
    CannotReclassify,
    EndingIncomplete,
    KindUnchanged,
    ManagerEnds,
    StepNotPossible,
)
from service.domain.contact_minimums import MinimumMissing
from service.domain.contacts import ContactDecided
from service.domain.decisions import OwnWordsNeeded
from service.domain.possible_matches import PossibleMatchUnresolved
from service.domain.states import WrongState
from service.domain.whole_contacts import WholeContact
from service.usecases import contact_kinds

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=FrontDoorRoute)


def _reply(whole: WholeContact) -> Response:
    return reply(Contact.of(whole), version=whole.contact.version)


@router.post(
    "/{contact_id}/steps",
    response_model=Contact,
    responses=problems(OwnWordsNeeded, StepNotPossible, WrongState),
)
@needs(Permission.end_contact)
async def record_contact_step(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: ContactStepIn
) -> Response:
    """Record a step on the path of a contact that is no concern: the designated officer told, say.

    Each kind has its steps in the policy (`GET /v1/codes`). A step stops the clock of its name;
    where it is to be taken again, as a visit is, the next clock starts when it was taken.
    """
    return _reply(
        await change(
            request,
            lambda work: contact_kinds.record_contact_step(
                work, who, contact_id, version, body.told()
            ),
        )
    )


@router.post(
    "/{contact_id}/ending",
    response_model=Contact,
    responses=problems(EndingIncomplete, ManagerEnds, PossibleMatchUnresolved, WrongState),
)
@needs(Permission.end_contact)
async def end_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: ContactEndingIn
) -> Response:
    """End a contact that is no concern, with the answers that its kind asks for.

    Its clocks stop, and no child on it is decided. What is urgent, and the kinds for which the
    policy says so, are ended by a manager who did not log them. If it turns out to be a concern
    after all, `/kind` says so at any time, and the clocks run from receipt.
    """
    return _reply(
        await change(
            request,
            lambda work: contact_kinds.end_contact(work, who, contact_id, version, body.told()),
        )
    )


@router.post(
    "/{contact_id}/kind",
    response_model=Contact,
    responses=problems(
        CannotReclassify, ContactDecided, KindUnchanged, MinimumMissing, OwnWordsNeeded, WrongState
    ),
)
@needs(Permission.end_contact)
async def reclassify_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: ContactKindIn
) -> Response:
    """Say that a contact is of another kind, with the reason: a check that turns into a concern.

    The clocks of the new kind run from receipt: what is late by them is late. One that ended is
    back on the desk. Where children would no longer be decided, a manager says it.
    """
    return _reply(
        await change(
            request,
            lambda work: contact_kinds.reclassify_contact(
                work, who, contact_id, version, body.kind, body.because
            ),
        )
    )
