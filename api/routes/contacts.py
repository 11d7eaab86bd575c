"""Contacts over HTTP: log, list, read, amend, rate, assign, acknowledge; and a child's history."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import (
    Key,
    Version,
    Who,
    ask,
    change,
    create,
    house_of,
    rendered,
)
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.replies import reply
from api.requests import counts_as, needs
from api.routing import FrontDoorRoute
from api.schemas.amendments import Amendment
from api.schemas.concerns import LoggedContact, RepeatConcern
from api.schemas.contact_acts import (
    AcknowledgementIn,
    AssignmentIn,
    ContactAmend,
    OutcomeToldIn,
    PoliceUpdateReading,
    RemovalIn,
    TriageIn,
)
from api.schemas.contacts import Contact, ContactId, ContactSummary
from api.schemas.fields import Page
from api.schemas.filters import ContactQuery
from api.schemas.histories import ContactHistory
from api.schemas.new_contacts import ContactCreate
from api.schemas.people import ChildId
from api.schemas.possible_matches import MatchIn
from api.schemas.withdrawals import ContactWithdrawalIn, RestorationIn
from service.domain import holders
from service.domain.access import Permission
from service.domain.allowances import Errand
from service.domain.answers import Answer
from service.domain.contact_minimums import ChildOfNothing, MinimumMissing
from service.domain.contacts import (
    ChildNotOnContact,
    ContactDecided,
)
from service.domain.dangers import (
    ChildInDanger,
    DangerRatedDown,
    DangerReasonNeeded,
    RatingUnchanged,
    RationaleNeeded,
)
from service.domain.decisions import OwnWordsNeeded
from service.domain.information_requests import WordsNeeded
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.domain.new_contacts import (
    ChannelNotYours,
    CodeUnknown,
    Contradictory,
    ReceivedInTheFuture,
    ReceivedTooLongAgo,
)
from service.domain.outcome_tellings import NobodyToTell, OutcomeToldTooEarly
from service.domain.police_updates import NoUpdateToRead
from service.domain.possible_matches import (
    CannotMove,
    NothingToAnswer,
    TwoOpenCases,
)
from service.domain.recognition import PersonUnknown
from service.domain.references import ReferenceMistyped
from service.domain.states import WrongState
from service.domain.whole_contacts import ContactFilters, WholeContact
from service.domain.withdrawal_rules import (
    CannotRemove,
    CannotWithdraw,
    NotARepeat,
    OwnContact,
    WithdrawalIncomplete,
)
from service.usecases import (
    amendments,
    contacts,
    police_updates,
    possible_matches,
    removals,
    withdrawals,
)

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=FrontDoorRoute)

_LISTED = Listing(
    "contacts", lambda one: (one.received_at, one.id), ContactSummary.of, ContactFilters
)
_AMENDMENTS = Listing(
    "amendments", lambda one: (one.amendment.amended_at, one.amendment.id), Amendment.of
)


_REFUSALS = (
    MinimumMissing,
    ChannelNotYours,
    CodeUnknown,
    Contradictory,
    ReceivedInTheFuture,
    ReceivedTooLongAgo,
)


def _answer(whole: WholeContact) -> Answer:
    return rendered(
        LoggedContact.of(whole),
        201,
        version=whole.contact.version,
        location=f"/v1/contacts/{whole.contact.id}",
    )


def _reply(whole: WholeContact) -> Response:
    return reply(Contact.of(whole), version=whole.contact.version)


@router.post(
    "",
    status_code=201,
    response_model=LoggedContact,
    responses=problems(*_REFUSALS, *holders.REFUSALS, NobodyToTell, RationaleNeeded),
)
@counts_as(Errand.urgent)
@needs(Permission.log_contact)
async def log_contact(request: Request, who: Who, key: Key, body: ContactCreate) -> Response:
    """Log a contact.

    Its clocks start when the concern was received. What is missing comes back in `warnings`; an
    urgent concern is never refused for a missing postcode. `repeat_concern` says how often the
    children were spoken of before; a second concern within days from somebody else raises a flag.
    With `at_once` it is rated, taken and acknowledged in the same act, or not logged.
    """
    at_once = None if body.at_once is None else body.at_once.told()
    return await create(
        request,
        who,
        key,
        body,
        lambda work: contacts.log_contact(work, who, body.told(), at_once),
        _answer,
    )


@router.get(
    "",
    response_model=Page[ContactSummary],
    responses=problems(ReferenceMistyped, MeasureCountsOthers, BreakdownNotPossible),
)
async def list_contacts(
    request: Request,
    who: Who,
    asked: Annotated[ContactQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List contacts, newest first.

    Each figure of a measure gives the filter that lists its very cases.
    """
    return await _LISTED.page(request, who, paging, contacts.list_contacts, asked, behind)


@router.get("/{contact_id}", response_model=Contact)
async def read_contact(request: Request, who: Who, contact_id: ContactId) -> Response:
    """Read a contact with all that hangs on it."""
    return _reply(await ask(request, lambda asking: contacts.read_contact(asking, who, contact_id)))


@router.get("/{contact_id}/history", response_model=ContactHistory)
async def read_contact_history(request: Request, who: Who, contact_id: ContactId) -> Response:
    """Read what is on file for each child: earlier contacts, referrals, early help.

    Also others on file who may be the same child, with what was said of them.
    """
    now = house_of(request).clock()
    found = await ask(
        request,
        lambda asking: contacts.read_contact_history(asking, who, contact_id, now=now),
    )
    return reply(ContactHistory.of(contact_id, found))


@router.get("/{contact_id}/amendments", response_model=Page[Amendment])
async def list_amendments(
    request: Request,
    who: Who,
    contact_id: ContactId,
    paging: Paging,
) -> Response:
    """List what was amended of a contact, newest first: who, when, why, the old and the new words.

    Whoever reads the contact reads them, child by child: what is of a child of another side, or of
    one who was taken off, is named in `not_shown`.
    """
    return await _AMENDMENTS.page(
        request,
        who,
        paging,
        partial(contacts.list_amendments, contact_id=contact_id),
        about={"contact_id": str(contact_id)},
    )


@router.get("/{contact_id}/repeat-concern", response_model=RepeatConcern)
async def read_repeat_concern(request: Request, who: Who, contact_id: ContactId) -> Response:
    """Read repeat and cumulative concern: what was told before of each child, and what came of it.

    Other contacts of the last days, weeks and months about the child, others who may be the same
    child, siblings, the household and the address, as of now and as far as the caller may see.
    """
    house = house_of(request)
    now = house.clock()
    found = await ask(
        request,
        lambda asking: contacts.read_repeat_concern(
            asking, who, contact_id, policy=house.policy, now=now
        ),
    )
    return reply(RepeatConcern.of(found))


@router.patch(
    "/{contact_id}",
    response_model=Contact,
    responses=problems(ChildOfNothing, ContactDecided, PersonUnknown, *_REFUSALS),
)
@needs(Permission.amend_contact)
async def amend_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: ContactAmend
) -> Response:
    """Amend a contact, before any decision, with the reason. Old and new words are kept."""
    return _reply(
        await change(
            request,
            lambda work: amendments.amend_contact(work, who, contact_id, version, body.told()),
        )
    )


@router.post(
    "/{contact_id}/children/{child_id}/match",
    response_model=Contact,
    responses=problems(CannotMove, ChildNotOnContact, NothingToAnswer, PersonUnknown, TwoOpenCases),
)
@needs(Permission.match_child)
async def answer_possible_match(
    request: Request,
    who: Who,
    contact_id: ContactId,
    child_id: ChildId,
    version: Version,
    body: MatchIn,
) -> Response:
    """Say whether a child of a contact is the one on file, before a decision or after.

    The same child: linked, with all that hangs on the child here. Another one: kept on the record
    and not asked again; said of the record to which the child was linked, it takes the link back.
    """
    return _reply(
        await change(
            request,
            lambda work: possible_matches.answer_possible_match(
                work, who, contact_id, child_id, version, body.told()
            ),
        )
    )


@router.post(
    "/{contact_id}/children/{child_id}/removal",
    response_model=Contact,
    responses=problems(
        CannotRemove, ChildInDanger, ChildNotOnContact, ContactDecided, MinimumMissing
    ),
)
@needs(Permission.amend_contact)
async def remove_child(
    request: Request,
    who: Who,
    contact_id: ContactId,
    child_id: ChildId,
    version: Version,
    body: RemovalIn,
) -> Response:
    """Take a child off a contact to which the child does not belong, with the reason.

    What was told of the child is kept with the amendments. In danger, a manager does it.
    """
    return _reply(
        await change(
            request,
            lambda work: removals.remove_child(
                work, who, contact_id, child_id, version, body.because
            ),
        )
    )


@router.post(
    "/{contact_id}/withdrawal",
    response_model=Contact,
    responses=problems(CannotWithdraw, NotARepeat, OwnContact, WithdrawalIncomplete, WrongState),
)
@needs(Permission.withdraw_contact)
async def withdraw_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: ContactWithdrawalIn
) -> Response:
    """Withdraw a contact before any decision on it is signed, with the reason.

    What repeats another contact, by any worker of the MASH: the other one keeps the worry, with
    every child. Another authority's, once it was passed on, and an error: by a manager who did not
    log it. Its clocks stop, open information requests are withdrawn, and it counts as withdrawn
    alone. Nothing is deleted, and `/withdrawal/reversal` puts it back.
    """
    return _reply(
        await change(
            request,
            lambda work: withdrawals.withdraw_contact(
                work, who, contact_id, version, body.told_as()
            ),
        )
    )


@router.post(
    "/{contact_id}/withdrawal/reversal",
    response_model=Contact,
    responses=problems(OwnWordsNeeded, WrongState),
)
@needs(Permission.withdraw_contact)
async def restore_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: RestorationIn
) -> Response:
    """Put a withdrawn contact back on the desk, with its clocks as if they had never stopped.

    What became late meanwhile is late. Information requests stay withdrawn: ask anew.
    """
    return _reply(
        await change(
            request,
            lambda work: withdrawals.restore_contact(work, who, contact_id, version, body.because),
        )
    )


@router.post(
    "/{contact_id}/triage",
    response_model=Contact,
    responses=problems(
        DangerRatedDown, DangerReasonNeeded, RatingUnchanged, RationaleNeeded, WrongState
    ),
)
@needs(Permission.triage_contact)
async def triage_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: TriageIn
) -> Response:
    """Rate a contact red, amber or green. A change of rating says why.

    Every rating counts from receipt, so that none gives time back. A contact of which danger was
    told is red by itself; a manager alone rates it down, in words of their own.
    """
    return _reply(
        await change(
            request,
            lambda work: contacts.triage_contact(
                work, who, contact_id, version, body.rating, body.rationale
            ),
        )
    )


@router.post(
    "/{contact_id}/assignment",
    response_model=Contact,
    responses=problems(contacts.AlreadyAssigned, WrongState, *holders.REFUSALS),
)
@needs(Permission.assign_contact)
async def assign_contact(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: AssignmentIn
) -> Response:
    """Take a contact, give it to a worker, or hand it back."""
    return _reply(
        await change(
            request,
            lambda work: contacts.assign_contact(work, who, contact_id, version, body.worker_id),
        )
    )


@router.post(
    "/{contact_id}/outcome-told",
    response_model=Contact,
    responses=problems(NobodyToTell, OutcomeToldTooEarly, WrongState),
)
@needs(Permission.acknowledge_referrer)
async def tell_outcome(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: OutcomeToldIn
) -> Response:
    """Record that the referrer was told the outcome: how, when, and in which words.

    Possible when every child is decided, and again when there is something new to tell. A
    partner's system reads the outcome by itself and need not be told.
    """
    return _reply(
        await change(
            request,
            lambda work: contacts.tell_outcome(
                work,
                who,
                contact_id,
                version,
                told_at=body.told_at,
                how=body.how,
                words=body.words,
            ),
        )
    )


@router.post(
    "/{contact_id}/police-updates-read",
    response_model=Contact,
    responses=problems(NoUpdateToRead, WordsNeeded),
)
@needs(Permission.read_police_updates)
async def read_police_updates(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: PoliceUpdateReading
) -> Response:
    """Record that what the police sent later of this incident was read, and what follows.

    All that waits on the contact is read by it: `If-Match` with the version that showed it. It
    changes nothing else: amend the contact, rate it or decide anew as what was sent asks for.
    """
    return _reply(
        await change(
            request,
            lambda work: police_updates.read_police_updates(
                work, who, contact_id, version, body.words
            ),
        )
    )


@router.post(
    "/{contact_id}/acknowledgement",
    response_model=Contact,
    responses=problems(NobodyToTell, contacts.AlreadyAcknowledged),
)
@needs(Permission.acknowledge_referrer)
async def acknowledge_referrer(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: AcknowledgementIn
) -> Response:
    """Record that the referrer was told that the contact arrived."""
    return _reply(
        await change(
            request,
            lambda work: contacts.acknowledge_referrer(work, who, contact_id, version, body.words),
        )
    )
