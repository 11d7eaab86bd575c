"""Information requests: ask an agency, and record what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from service.persistence.repositories import contacts, deadlines, information_requests
from service.persistence.units_of_work import Work, new_id


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


async def ask_agency(
    work: Work, who: Caller, contact_id: UUID, new: NewInformationRequest
) -> InformationRequest:
    """Asks an agency what it knows, with purpose and lawful basis; its clock goes by the rating.

    A contact not rated yet is asked about as if amber. Raises WrongState once the contact is
    decided, Invalid for an unknown agency or child.
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
    if problems:
        raise Invalid("Put right what is named and send it again.", problems=problems)
    request = InformationRequest(
        id=new_id(),
        contact_id=contact.id,
        organisation_id=new.organisation_id,
        scope=new.scope,
        child_ids=[str(child_id) for child_id in (new.child_ids or there)],
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


def _check_answer(request: InformationRequest, new: NewAnswer) -> None:
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
    is never turned away.
    """
    who.require(Permission.answer_information_request)
    found = await information_requests.get(work, who, request_id)
    contact = await contacts.held_for_answer(work, found.contact_id)
    request = await information_requests.get(work, who, request_id)
    if request.version != version:
        raise Stale(request.version)
    state = INFORMATION_REQUEST.after(request.state, InformationRequestAction.answer)
    _check_answer(request, new)
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
        answered_by_name=new.answered_by_name or who.name,
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
