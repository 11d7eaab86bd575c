"""Questions: agencies asked about the children of a contact, and what they say on the telephone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.calendar import london_date
from service.domain.contacts import (
    CONTACT,
    Child,
    ChildState,
    Contact,
    ContactAction,
    state_after,
)
from service.domain.deadlines import Rating
from service.domain.drafts import Refusals
from service.domain.errors import Problem
from service.domain.events import EventType, of_each
from service.domain.flags import SubjectKind
from service.domain.information_requests import (
    INFORMATION_REQUEST,
    THE_ANSWER,
    InformationRequest,
    InformationRequestAction,
)
from service.domain.questions import (
    AlreadyAsked,
    NewAnswer,
    NewInformationRequest,
    QuestionFaulty,
    asked_twice,
    require_answer_complete,
)
from service.domain_services.lives import changed_to
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import contacts, information_requests
from service.persistence.units_of_work import Work


async def ask_agencies(
    work: Work, who: Caller, contact_id: UUID, questions: Sequence[NewInformationRequest]
) -> list[InformationRequest]:
    """Asks agencies about children on a contact, all of them or none; each on its own clock.

    What is answered at once, on the telephone, is written down with the question. Whatever is
    refused of any question is told at once, at its place.
    """
    if any(one.answer is not None for one in questions):
        who.require(Permission.answer_information_request)
    contact = await contacts.held(work, who.sight, contact_id)
    state = state_after(contact, ContactAction.ask_agency)
    children = await contacts.children(work, contact.id)
    refusals = Refusals([one.where for one in questions])
    twice = asked_twice(questions)
    requests: list[InformationRequest] = []
    for one in questions:
        with refusals.of(one.where):
            told_twice = [problem for where, problem in twice if where is one.where]
            requests.append(await _request(work, who, contact, children, one, told_twice))
    refusals.refuse()
    waited_for = any(one.answer is None for one in questions)
    if not waited_for and await information_requests.unanswered(work, contact.id) == 0:
        state = CONTACT.after(state, ContactAction.last_answer_arrives)
    await changed_to(work, contact, state=state)
    for request in requests:
        work.add(request)
        kind, rating = SubjectKind.information_request, contact.rating or Rating.amber
        start_clock(work, THE_ANSWER, kind, request.id, contact.id, request.asked_at, rating)
        if request.answered_at is not None:
            await stop_clocks(work, contact.id, request.id, [THE_ANSWER], "answered")
    _record(work, who, contact.id, {one.id: one.person_id for one in children}, requests)
    return requests


async def _request(
    work: Work,
    who: Caller,
    contact: Contact,
    children: Sequence[Child],
    new: NewInformationRequest,
    problems: Sequence[Problem],
) -> InformationRequest:
    """One question as it goes on file. Raises QuestionFaulty, AlreadyAsked, AnswerIncomplete."""
    there = [child.id for child in children]
    faults = [*problems, *_faults(work, new, there)]
    if faults:
        raise QuestionFaulty("Put right what is named and send it again.", problems=faults)
    wanted = set(new.child_ids or there)
    await _not_asked_already(work, contact, new.organisation_id, wanted)
    about = [child_id for child_id in there if child_id in wanted]
    request = _new_request(work, who, contact, new, about)
    if new.answer is None:
        return request
    require_answer_complete(new.answer, new.scope)
    decided = {child.id for child in children if child.state is ChildState.decided}
    return _answered(work, who, request, new.answer, after_decision=set(about) <= decided)


def _faults(work: Work, new: NewInformationRequest, there: Sequence[UUID]) -> list[Problem]:
    problems: list[Problem] = []
    if work.policy.find_organisation(new.organisation_id) is None:
        problems.append(
            Problem(
                "/organisation_id",
                "Use an organisation of the policy: GET /v1/organisations lists them.",
                "organisation_unknown",
            )
        )
    problems += [
        Problem(
            f"/child_ids/{position}", "This child is not on this contact.", "not_on_this_contact"
        )
        for position, child_id in enumerate(new.child_ids)
        if child_id not in there
    ]
    return problems


def _answered(
    work: Work, who: Caller, request: InformationRequest, new: NewAnswer, *, after_decision: bool
) -> InformationRequest:
    """A question that was answered as it was asked: whoever asked has heard what was said."""
    return replace(
        request,
        state=INFORMATION_REQUEST.after(request.state, InformationRequestAction.answer),
        answer=new.answer,
        information=new.information,
        answered_at=work.now,
        answered_by=who.account_id,
        answered_by_name=new.answered_by_name,
        late=False,
        after_withdrawal=False,
        after_decision=after_decision,
    )


def _record(
    work: Work,
    who: Caller,
    contact_id: UUID,
    people: Mapping[UUID, UUID],
    requests: Sequence[InformationRequest],
) -> None:
    """Keeps what was asked, and what was answered: of the request, or of the contact if several."""
    answered = [one for one in requests if one.answered_at is not None]
    lines: Mapping[EventType, Sequence[Mapping[str, object]]] = {
        EventType.information_requested: [
            {"request_id": one.id, "asked_organisation_id": one.organisation_id, "scope": one.scope}
            for one in requests
        ],
        EventType.information_answered: [
            {
                "request_id": one.id,
                "answered_organisation_id": one.organisation_id,
                "answer": one.answer,
                "late": one.late,
                "after_withdrawal": one.after_withdrawal,
                "after_decision": one.after_decision,
            }
            for one in answered
        ],
    }
    for kind, of_kind in (
        (EventType.information_requested, requests),
        (EventType.information_answered, answered),
    ):
        if of_kind:
            work.record(
                kind,
                who,
                of_kind[0].id if len(of_kind) == 1 else contact_id,
                contact_id=contact_id,
                about=[people[child_id] for one in of_kind for child_id in one.child_ids],
                **of_each("requests", lines[kind]),
            )


def _new_request(
    work: Work,
    who: Caller,
    contact: Contact,
    new: NewInformationRequest,
    about: Sequence[UUID],
) -> InformationRequest:
    """A request as it is when the agency is asked, about some children of the contact.

    What is on record or in the policy need not be said: purpose, and basis.
    """
    rules = work.policy.questions
    return InformationRequest(
        id=new_id(),
        contact_id=contact.id,
        organisation_id=new.organisation_id,
        scope=new.scope,
        child_ids=list(about),
        purpose=new.purpose or rules.purpose,
        lawful_basis=new.lawful_basis or contact.lawful_basis or rules.lawful_basis,
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
        after_withdrawal=None,
        after_decision=None,
        withdrawn_at=None,
        withdrawn_by=None,
        withdrawn_because=None,
        unread_since=None,
        read_at=None,
        read_by=None,
        reading_words=None,
        version=1,
    )


async def _not_asked_already(
    work: Work, contact: Contact, organisation_id: str, wanted: Collection[UUID]
) -> None:
    """Refuses a question that an agency has not answered yet: a decision would wait for both."""
    for one in await information_requests.open_to(work, contact.id, organisation_id):
        if set(wanted) <= set(one.child_ids):
            raise AlreadyAsked(
                f"This agency was asked about the same children on "
                f"{london_date(one.asked_at).isoformat()} and has not answered yet: it is on "
                "the contact, under `information_requests`. Chase it, or withdraw it first and "
                "ask anew.",
                state=one.state,
                allowed=INFORMATION_REQUEST.allowed(one.state),
            )
