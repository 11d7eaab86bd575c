"""Information requests: ask an agency, record what it answers, read and list what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import (
    CONTACT,
    ChildState,
    Contact,
    ContactAction,
    ContactState,
)
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.information_requests import (
    INFORMATION_REQUEST,
    THE_ANSWER,
    THE_READING,
    Chaser,
    ChaserMeans,
    InformationRequest,
    InformationRequestAction,
    InformationRequestState,
    NothingToRead,
    StillInSight,
    WordsNeeded,
)
from service.domain.own_words import require_own_words
from service.domain.questions import NewAnswer, NewInformationRequest, require_answer_complete
from service.domain.whole_contacts import (
    AskedTogether,
    DatedRequest,
    RequestFilters,
    RequestOrder,
    WholeRequest,
    limit_of,
)
from service.domain_services.information_requests import REQUESTS, asked_about, withdraw_request
from service.domain_services.lives import changed_to, refuse_stale
from service.domain_services.questions import ask_agencies
from service.persistence.asking import Asking
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.keysets import Place
from service.persistence.repositories import contacts, deadlines, information_requests
from service.persistence.units_of_work import Work
from service.policy import Policy

# Refusals from below that routes name in the contract.
ContactNotFound = contacts.ContactNotFound
InformationRequestNotFound = information_requests.InformationRequestNotFound


@dataclass(frozen=True, slots=True)
class NewChaser:
    """How an agency was chased."""

    how: ChaserMeans
    spoken_to: str | None = None
    note: str | None = None


async def ask_agency(
    work: Work, who: Caller, contact_id: UUID, new: NewInformationRequest
) -> InformationRequest:
    """Asks an agency what it knows, with purpose and lawful basis; its clock goes by the rating.

    A contact not rated yet is asked about as if amber. With an answer it was asked and answered on
    the telephone. Raises WrongState once every child on it has a decision,
    QuestionFaulty for an unknown agency or child, AlreadyAsked, AnswerIncomplete.
    """
    who.require(Permission.ask_agency)
    [request] = await ask_agencies(work, who, contact_id, [new])
    return request


async def ask_agencies_together(
    work: Work, who: Caller, contact_id: UUID, questions: Sequence[NewInformationRequest]
) -> list[InformationRequest]:
    """Asks several agencies in one act, and writes down what was answered on the telephone.

    All are asked or none. Raises what `ask_agency` raises, naming every fault of every question.
    """
    who.require(Permission.ask_agency)
    return await ask_agencies(work, who, contact_id, questions)


async def answer_information_request(
    work: Work, who: Caller, request_id: UUID, version: int, new: NewAnswer
) -> InformationRequest:
    """Records an agency's answer, by the agency itself or by a worker who was told.

    A late answer is taken and marked. It is taken after the request was withdrawn and after the
    decision, too: what an agency knows is never turned away. After the decision of every child it
    is about, a clock runs until somebody has read it. Who answered at the agency is the caller only
    when that is the agency's own system. Raises InformationRequestNotFound, AnswerIncomplete,
    WrongState, Stale.
    """
    who.require(Permission.answer_information_request)
    found = await information_requests.get(work, who.sight, request_id, _in_sight(work))
    contact = await contacts.held_for_answer(work, found.contact_id)
    request = await information_requests.get(work, who.sight, request_id, _in_sight(work))
    refuse_stale(request, version)
    action = InformationRequestAction.answer
    INFORMATION_REQUEST.after(request.state, action)
    require_answer_complete(new, request.scope)
    by_agency = who.organisation_id == request.organisation_id
    clocks = await deadlines.of_subject(work, contact.id, request.id)
    late = any(work.now > clock.due_at for clock in clocks)
    await stop_clocks(work, contact.id, request.id, [THE_ANSWER], "answered")
    after_decision = await _all_decided(work, request)
    after_withdrawal = request.state is InformationRequestState.withdrawn
    # Nobody turns to a contact any more on which nothing is left to decide.
    unread = after_decision or contact.state in (ContactState.withdrawn, ContactState.ended)
    await REQUESTS.move(
        work,
        who,
        request,
        action,
        answer=new.answer,
        information=new.information,
        answered_at=work.now,
        answered_by=who.account_id,
        answered_by_name=new.answered_by_name or (who.name if by_agency else None),
        late=late,
        after_withdrawal=after_withdrawal,
        after_decision=after_decision,
        unread_since=work.now if unread else None,
    )
    if unread:
        kind = SubjectKind.information_request
        start_clock(work, THE_READING, kind, request.id, contact.id, work.now)
    await _go_on_when_none_is_waited_for(work, contact)
    work.record(
        EventType.information_answered,
        who,
        request.id,
        contact_id=contact.id,
        about=await asked_about(work, request),
        answered_organisation_id=request.organisation_id,
        answer=new.answer,
        late=late,
        after_withdrawal=after_withdrawal,
        after_decision=after_decision,
    )
    return await information_requests.get(work, who.sight, request_id, _in_sight(work))


async def _all_decided(work: Work, request: InformationRequest) -> bool:
    """Whether every child that a request is about was decided."""
    about = set(request.child_ids)
    return all(
        child.state is ChildState.decided
        for child in await contacts.children(work, request.contact_id)
        if child.id in about
    )


async def _go_on_when_none_is_waited_for(work: Work, contact: Contact) -> None:
    """Gives the contact a new version; it leaves awaiting_information with the last that waits."""
    state = contact.state
    if (
        state is ContactState.awaiting_information
        and await information_requests.unanswered(work, contact.id) == 0
    ):
        state = CONTACT.after(state, ContactAction.last_answer_arrives)
    await changed_to(work, contact, state=state)


async def chase_agency(
    work: Work, who: Caller, request_id: UUID, new: NewChaser
) -> InformationRequest:
    """Records that an agency which has not answered was chased; its limit stays as it is.

    Raises InformationRequestNotFound, and WrongState once it has answered or is not asked any more.
    """
    who.require(Permission.chase_agency)
    request = await _held(work, who, request_id)
    chaser = Chaser(
        id=new_id(),
        request_id=request.id,
        chased_at=work.now,
        chased_by=who.account_id,
        how=new.how,
        spoken_to=new.spoken_to,
        note=new.note,
    )
    await REQUESTS.move(work, who, request, InformationRequestAction.chase)
    work.add(chaser)
    work.record(
        EventType.information_request_chased,
        who,
        request.id,
        contact_id=request.contact_id,
        about=await asked_about(work, request),
        chased_organisation_id=request.organisation_id,
        chaser_id=chaser.id,
        how=chaser.how,
    )
    return await information_requests.get(work, who.sight, request.id, _in_sight(work))


async def withdraw_information_request(
    work: Work, who: Caller, request_id: UUID, version: int, because: str
) -> InformationRequest:
    """Withdraws a request that has not been answered: its clock stops, and nobody waits for it.

    It was asked all the same, and a decision has to account for it. An answer that arrives later
    is taken and marked. Raises InformationRequestNotFound, WordsNeeded, WrongState, Stale.
    """
    who.require(Permission.withdraw_information_request)
    request = await _held(work, who, request_id)
    contact = await contacts.get(work, who.sight, request.contact_id)
    INFORMATION_REQUEST.after(request.state, InformationRequestAction.withdraw)
    refuse_stale(request, version)
    _require_own_words(work, because, "/because")
    await withdraw_request(work, who, request, because)
    await _go_on_when_none_is_waited_for(work, contact)
    return await information_requests.get(work, who.sight, request.id, _in_sight(work))


async def read_late_answer(
    work: Work, who: Caller, request_id: UUID, version: int, words: str
) -> InformationRequest:
    """Records that an answer which came after the decision was read, and what follows from it.

    It changes no decision: a changed mind is a new decision. Raises InformationRequestNotFound,
    NothingToRead, WordsNeeded, Stale.
    """
    who.require(Permission.read_late_answer)
    request = await _held(work, who, request_id)
    if request.unread_since is None:
        raise NothingToRead(
            "Only an answer that came when every child it is about was decided waits to be read, "
            "and nobody has read it before.",
            state=request.state,
            allowed=INFORMATION_REQUEST.allowed(request.state),
        )
    refuse_stale(request, version)
    _require_own_words(work, words, "/words")
    await contacts.renew(work, request.contact_id)
    await stop_clocks(work, request.contact_id, request.id, [THE_READING], "read")
    await work.change(
        InformationRequest,
        request.id,
        request.version,
        unread_since=None,
        read_at=work.now,
        read_by=who.account_id,
        reading_words=words,
    )
    work.record(
        EventType.information_request_read,
        who,
        request.id,
        contact_id=request.contact_id,
        about=await asked_about(work, request),
        answered_organisation_id=request.organisation_id,
    )
    return await information_requests.get(work, who.sight, request.id, _in_sight(work))


def _in_sight(work: Work) -> StillInSight:
    return StillInSight.at(work.now, work.policy.partners)


async def _held(work: Work, who: Caller, request_id: UUID) -> InformationRequest:
    """A request whose contact is held until the commit, as it is from then on."""
    found = await information_requests.get(work, who.sight, request_id, _in_sight(work))
    await contacts.held(work, who.sight, found.contact_id)
    return await information_requests.get(work, who.sight, request_id, _in_sight(work))


def _require_own_words(work: Work, words: str, pointer: str) -> None:
    require_own_words(
        work.policy.rationale, pointer, words, WordsNeeded, "Say it in your own words."
    )


async def list_information_requests(
    ask: Asking,
    who: Caller,
    filters: RequestFilters,
    *,
    policy: Policy,
    now: datetime,
    limit: int,
    after: Place | None = None,
) -> list[DatedRequest]:
    """Requests that the caller may see, from after a place on; a partner, those put to it.

    A partner loses sight of one some days after it was answered or withdrawn, by the policy.
    The newest first, or by their limit: then those that wait for an answer, unless states are
    named.
    """
    who.require(Permission.read_information_requests)
    by_limit = filters.sort is RequestOrder.due_at
    if by_limit and not filters.states:
        filters = replace(filters, states=(InformationRequestState.asked,))
    listed = (
        information_requests.list_soonest_first
        if by_limit
        else information_requests.list_newest_first
    )
    found = await listed(
        ask,
        who.sight,
        StillInSight.at(now, policy.partners),
        filters,
        limit=limit,
        after=after,
    )
    clocks = await deadlines.of_subjects(ask, [(one.contact_id, one.id) for one in found])
    chasers = await information_requests.chasers_counted(ask, [one.id for one in found])
    return [DatedRequest(one, limit_of(clocks[one.id]), chasers.get(one.id, 0)) for one in found]


async def read_information_request(
    ask: Asking, who: Caller, request_id: UUID, *, policy: Policy, now: datetime
) -> WholeRequest:
    """One request with the children it is about and its clock.

    Raises InformationRequestNotFound; for its agency also some days after it was answered or
    withdrawn.
    """
    who.require(Permission.read_information_requests)
    in_sight = StillInSight.at(now, policy.partners)
    return await whole_request(
        ask, await information_requests.get(ask, who.sight, request_id, in_sight)
    )


async def whole_request(ask: Asking, request: InformationRequest) -> WholeRequest:
    """What hangs on a request that the caller may see."""
    return WholeRequest(
        request=request,
        children=await information_requests.children_of(ask, request),
        deadlines=await deadlines.of_subject(ask, request.contact_id, request.id),
        chasers=await information_requests.chasers_of(ask, request.id),
    )


async def whole_together(
    ask: Asking, who: Caller, contact_id: UUID, made: Sequence[InformationRequest]
) -> AskedTogether:
    """What hangs on questions that were asked in one act, and the contact as it is then."""
    contact = await contacts.get(ask, who.sight, contact_id)
    return AskedTogether(contact, [await whole_request(ask, one) for one in made])
