"""Information requests: ask an agency, record what it answers, read and list what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import CONTACT, Contact, ContactAction, ContactState, LawfulBasis
from service.domain.deadlines import Rating
from service.domain.errors import Invalid, Problem, Stale
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.information_requests import (
    INFORMATION_REQUEST,
    AnswerIncomplete,
    AnswerKind,
    InformationRequest,
    InformationRequestAction,
    InformationScope,
)
from service.domain.whole_contacts import DatedRequest, RequestFilters, WholeRequest
from service.persistence.asking import Asking
from service.persistence.repositories import contacts, deadlines, information_requests
from service.persistence.units_of_work import Work, new_id

# Refusals from below that routes name in the contract.
ContactNotFound = contacts.ContactNotFound
InformationRequestNotFound = information_requests.InformationRequestNotFound


@dataclass(frozen=True, slots=True)
class NewInformationRequest:
    """A question to one agency about children on a contact; none named means all of them."""

    organisation_id: str
    purpose: str
    lawful_basis: LawfulBasis
    scope: InformationScope = InformationScope.content
    questions: str | None = None
    child_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """What the agency says."""

    answer: AnswerKind
    information: str | None = None
    answered_by_name: str | None = None


class QuestionFaulty(Invalid):
    """A question goes to an agency of the policy, about children on the contact."""

    code = "information_request_not_possible"
    title = "This cannot be asked so"


async def ask_agency(
    work: Work, who: Caller, contact_id: UUID, new: NewInformationRequest
) -> InformationRequest:
    """Asks an agency what it knows, with purpose and lawful basis; its clock goes by the rating.

    A contact not rated yet is asked about as if amber. Raises WrongState once every child on it
    has a decision, QuestionFaulty for an unknown agency or child.
    """
    who.require(Permission.ask_agency)
    contact = await contacts.held(work, who, contact_id)
    state = CONTACT.after(contact.state, ContactAction.ask_agency)
    problems: list[Problem] = []
    if work.policy.find_organisation(new.organisation_id) is None:
        problems.append(
            Problem(
                "/organisation_id",
                "Use an organisation of the policy: GET /v1/organisations lists them.",
                "organisation_unknown",
            )
        )
    there = [child.id for child in await contacts.children(work, contact.id)]
    problems += [
        Problem(
            f"/child_ids/{position}", "This child is not on this contact.", "not_on_this_contact"
        )
        for position, child_id in enumerate(new.child_ids)
        if child_id not in there
    ]
    wanted = set(new.child_ids or there)
    if problems:
        raise QuestionFaulty("Put right what is named and send it again.", problems=problems)
    request = InformationRequest(
        id=new_id(),
        contact_id=contact.id,
        organisation_id=new.organisation_id,
        scope=new.scope,
        child_ids=[str(child_id) for child_id in there if child_id in wanted],
        purpose=new.purpose,
        lawful_basis=new.lawful_basis,
        questions=new.questions,
        state=INFORMATION_REQUEST.start,
        asked_at=work.now,
        asked_by=who.account_id,
        answer=None,
        information=None,
        answered_at=None,
        answered_by=None,
        answered_by_name=None,
        late=None,
        version=1,
    )
    await work.change(Contact, contact.id, contact.version, state=state)
    work.add(request)
    deadlines.start(
        work,
        "agency_information",
        SubjectKind.information_request,
        request.id,
        contact.id,
        request.asked_at,
        contact.rating or Rating.amber,
    )
    work.record(
        EventType.information_requested,
        who,
        request.id,
        contact_id=contact.id,
        asked_organisation_id=request.organisation_id,
        scope=request.scope,
    )
    return request


def _check_answer(new: NewAnswer) -> None:
    problems: list[Problem] = []
    if new.answer is AnswerKind.information and not new.information:
        problems.append(
            Problem("/information", "Write down what the agency knows.", "information_missing")
        )
    if new.answer is AnswerKind.declined and not new.information:
        problems.append(
            Problem("/information", "Write down why the agency declines.", "reason_missing")
        )
    if new.answer is AnswerKind.nothing_known and new.information:
        problems.append(
            Problem(
                "/information",
                "Nothing known has nothing to add: use another kind of answer, or leave this out.",
                "not_expected",
            )
        )
    if problems:
        raise AnswerIncomplete("Put right what is named and send it again.", problems=problems)


async def answer_information_request(
    work: Work, who: Caller, request_id: UUID, version: int, new: NewAnswer
) -> InformationRequest:
    """Records an agency's answer, by the agency itself or by a worker who was told.

    A late answer is taken and marked. It is taken after the decision, too: what an agency knows
    is never turned away. Who answered at the agency is the caller only when that is the agency's
    own system. Raises InformationRequestNotFound, AnswerIncomplete, WrongState, Stale.
    """
    who.require(Permission.answer_information_request)
    found = await information_requests.get(work, who, request_id)
    contact = await contacts.held_for_answer(work, found.contact_id)
    request = await information_requests.get(work, who, request_id)
    if request.version != version:
        raise Stale(request.version)
    state = INFORMATION_REQUEST.after(request.state, InformationRequestAction.answer)
    _check_answer(new)
    by_agency = who.organisation_id == request.organisation_id
    clocks = await deadlines.of_subject(work, contact.id, request.id)
    late = any(work.now > clock.due_at for clock in clocks)
    await deadlines.stop(work, contact.id, request.id, ["agency_information"], "answered")
    await work.change(
        InformationRequest,
        request.id,
        request.version,
        state=state,
        answer=new.answer,
        information=new.information,
        answered_at=work.now,
        answered_by=who.account_id,
        answered_by_name=new.answered_by_name or (who.name if by_agency else None),
        late=late,
    )
    contact_state = contact.state
    if (
        contact.state is ContactState.awaiting_information
        and await information_requests.unanswered(work, contact.id) == 0
    ):
        contact_state = CONTACT.after(contact.state, ContactAction.last_answer_arrives)
    await work.change(Contact, contact.id, contact.version, state=contact_state)
    work.record(
        EventType.information_answered,
        who,
        request.id,
        contact_id=contact.id,
        answered_organisation_id=request.organisation_id,
        answer=new.answer,
        late=late,
    )
    return await information_requests.get(work, who, request_id)


async def list_information_requests(
    ask: Asking,
    who: Caller,
    filters: RequestFilters,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[DatedRequest]:
    """Requests that the caller may see, newest first; a partner, those put to it."""
    who.require(Permission.read_information_requests)
    found = await information_requests.list_newest_first(
        ask,
        who,
        states=filters.states,
        organisation_ids=filters.organisation_ids,
        limit=limit,
        after=after,
    )
    clocks = await deadlines.of_subjects(ask, [(one.contact_id, one.id) for one in found])
    return [
        DatedRequest(one, next((clock.due_at for clock in clocks[one.id]), None)) for one in found
    ]


async def read_information_request(ask: Asking, who: Caller, request_id: UUID) -> WholeRequest:
    """One request with the children it is about and its clock. Raises
    InformationRequestNotFound."""
    who.require(Permission.read_information_requests)
    return await whole_request(ask, await information_requests.get(ask, who, request_id))


async def whole_request(ask: Asking, request: InformationRequest) -> WholeRequest:
    """What hangs on a request that the caller may see."""
    return WholeRequest(
        request=request,
        children=await information_requests.children_of(ask, request),
        deadlines=await deadlines.of_subject(ask, request.contact_id, request.id),
    )
