"""Attachments over HTTP: a contact is attached to the open one of an incident, or detached."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Version, Who, change
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.attachments import ContactAttachmentIn, DetachmentIn
from api.schemas.contacts import Contact, ContactId
from service.domain.access import Permission
from service.domain.attachments import CannotDetach, NotAttachable
from service.domain.decisions import OwnWordsNeeded
from service.domain.states import WrongState
from service.domain.withdrawal_rules import CannotWithdraw
from service.usecases import attachments

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=FrontDoorRoute)


@router.post(
    "/{contact_id}/attachment",
    response_model=Contact,
    responses=problems(CannotWithdraw, NotAttachable, WrongState),
)
@needs(Permission.withdraw_contact)
async def attach_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: ContactAttachmentIn
) -> Response:
    """Attach a contact to the open one that tells of the same incident: it is decided there.

    Its words stand in `attached` of that one. Its own clocks stop, but that of acknowledging its
    referrer, who is told the outcome when that one is decided. Danger and the more urgent rating go
    over, and count from that one's receipt, which is never the later one.
    """
    whole = await change(
        request,
        lambda work: attachments.attach_contact(work, who, contact_id, version, body.told()),
    )
    return reply(Contact.of(whole), version=whole.contact.version)


@router.post(
    "/{contact_id}/attachment/reversal",
    response_model=Contact,
    responses=problems(CannotDetach, OwnWordsNeeded, WrongState),
)
@needs(Permission.withdraw_contact)
async def detach_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: DetachmentIn
) -> Response:
    """Put an attached contact back on the desk, until the one that keeps it is decided.

    Its clocks go on as if they had never stopped. Danger, a rating and children that went over stay
    there.
    """
    whole = await change(
        request,
        lambda work: attachments.detach_contact(work, who, contact_id, version, body.because),
    )
    return reply(Contact.of(whole), version=whole.contact.version)
