"""Information requests that are not waited for any more."""

from uuid import UUID

from service.domain.access import Caller
from service.domain.events import EventType
from service.domain.information_requests import (
    INFORMATION_REQUEST,
    THE_ANSWER,
    InformationRequest,
    InformationRequestAction,
)
from service.domain_services.lives import Moves
from service.persistence.clocks import stop_clocks
from service.persistence.repositories import event_subjects, information_requests
from service.persistence.units_of_work import Work

REQUESTS: Moves[InformationRequest] = Moves(INFORMATION_REQUEST)


async def asked_about(work: Work, request: InformationRequest) -> list[UUID]:
    """The children on file whom an agency was asked about."""
    people = await event_subjects.people_of_children(work, request.child_ids)
    return [people[child_id] for child_id in request.child_ids if child_id in people]


async def withdraw_open_requests(
    work: Work, who: Caller, contact_id: UUID, because: str
) -> list[UUID]:
    """Withdraws every request on a contact that waits for an answer; the contact is held."""
    found = await information_requests.open_on(work, contact_id)
    for request in found:
        await withdraw_request(work, who, request, because)
    return [request.id for request in found]


async def withdraw_request(
    work: Work, who: Caller, request: InformationRequest, because: str
) -> None:
    """Ends the wait for an answer: the clock stops, and what was asked stays on the record."""
    await stop_clocks(work, request.contact_id, request.id, [THE_ANSWER], "withdrawn")
    await REQUESTS.move(
        work,
        who,
        request,
        InformationRequestAction.withdraw,
        withdrawn_at=work.now,
        withdrawn_by=who.account_id,
        withdrawn_because=because,
    )
    work.record(
        EventType.information_request_withdrawn,
        who,
        request.id,
        contact_id=request.contact_id,
        about=await asked_about(work, request),
        withdrawn_organisation_id=request.organisation_id,
    )
