"""Section 47 enquiries: begun by a strategy meeting, and what they keep from closing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_

from service.domain.access import Caller
from service.domain.errors import NotFound, Stale
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.references import ReferenceKind, new_reference
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    CLOCKS,
    SECTION_47_ENQUIRY,
    DatedEnquiry,
    EnquiryAction,
    EnquiryFilters,
    EnquiryState,
    EnquiryStep,
    MeetingBehind,
    Section47Enquiry,
    WholeEnquiry,
    after,
)
from service.domain.strategy_meetings import (
    EnquiryDecision,
    MeetingChild,
    ProtectionUnderWay,
    StrategyMeeting,
)
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import (
    accountabilities,
    assessments,
    contacts,
    deadlines,
    measures,
    strategy_meetings,
    unborn,
)
from service.persistence.units_of_work import Work, new_id
from service.persistence.visibility import protection_visible_to

ENQUIRY = table_of(Section47Enquiry)
STEP = table_of(EnquiryStep)
MEETING = table_of(StrategyMeeting)
MEETING_CHILD = table_of(MeetingChild)

_CONFERENCE = "initial_child_protection_conference"


class EnquiryNotFound(NotFound):
    """No such enquiry, or not one that the caller may know of."""

    code = "section_47_enquiry_not_found"
    title = "No such section 47 enquiry"


async def open_of_person(ask: Asking | Work, person_id: UUID) -> Section47Enquiry | None:
    """The enquiry about a child that has not ended: there is at most one."""
    row = await ask.first(
        select(*columns_of(Section47Enquiry)).where(
            ENQUIRY.c.person_id == person_id, ENQUIRY.c.ended_at.is_(None)
        )
    )
    return None if row is None else read(Section47Enquiry, row)


async def begin(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    held_at: datetime,
    referral: Referral,
    kind: EnquiryDecision,
) -> Section47Enquiry:
    """Begins the enquiry that a strategy meeting decided on, or begins the open one anew.

    The conference is reckoned from the last meeting that began the enquiry (Working Together); the
    child is to be seen within the limit from the first. The caller holds the child and has added
    the meeting.
    """
    found = await open_of_person(work, referral.person_id)
    if found is not None:
        return await _begin_again(work, who, found, meeting_id, held_at, kind)
    assessment = await assessments.begin(work, who, referral)
    enquiry = Section47Enquiry(
        id=new_id(),
        reference=new_reference(ReferenceKind.section_47_enquiry),
        meeting_id=meeting_id,
        referral_id=referral.id,
        assessment_id=assessment.id,
        contact_id=referral.contact_id,
        child_id=referral.child_id,
        person_id=referral.person_id,
        kind=kind,
        state=SECTION_47_ENQUIRY.start,
        opened_at=work.now,
        began_at=held_at,
        seen_at=None,
        seen_by=None,
        seen_alone=None,
        not_alone_because=None,
        not_seen_because=None,
        outcome=None,
        outcome_words=None,
        outcome_at=None,
        outcome_by=None,
        conference_held_at=None,
        conference_outcome=None,
        category_of_abuse_code=None,
        conference_words=None,
        ended_at=None,
        version=1,
    )
    work.add(enquiry)
    keep_step(work, who, enquiry, EnquiryAction.begin, held_at, meeting_id=meeting_id, code=kind)
    if not await unborn.is_unborn(work, referral.person_id):
        _start(work, enquiry, "child_seen")
    _start(work, enquiry, _CONFERENCE)
    return enquiry


async def start_to_see(work: Work, person_id: UUID, born_at: datetime) -> None:
    """Starts the clock by which a new-born child is to be seen, when an enquiry is open.

    From the birth, and not before the meeting that began the enquiry.
    """
    found = await open_of_person(work, person_id)
    if (
        found is not None
        and found.seen_at is None
        and not await deadlines.is_running(work, found.contact_id, found.id, "child_seen")
    ):
        _start(work, found, "child_seen", max(born_at, found.began_at))


async def _begin_again(
    work: Work,
    who: Caller,
    enquiry: Section47Enquiry,
    meeting_id: UUID,
    held_at: datetime,
    kind: EnquiryDecision,
) -> Section47Enquiry:
    state = SECTION_47_ENQUIRY.after(enquiry.state, EnquiryAction.begin_again)
    changed: dict[str, Any] = {
        "state": state,
        "meeting_id": meeting_id,
        "began_at": held_at,
        "kind": kind,
        "outcome": None,
        "outcome_words": None,
        "outcome_at": None,
        "outcome_by": None,
    }
    version = await work.change(Section47Enquiry, enquiry.id, enquiry.version, **changed)
    again = replace(enquiry, version=version, **changed)
    keep_step(
        work, who, again, EnquiryAction.begin_again, held_at, meeting_id=meeting_id, code=kind
    )
    await deadlines.stop(work, enquiry.contact_id, enquiry.id, [_CONFERENCE], "begun_again")
    _start(work, again, _CONFERENCE)
    return again


def _start(
    work: Work, enquiry: Section47Enquiry, kind: str, started_at: datetime | None = None
) -> None:
    deadlines.start(
        work,
        kind,
        SubjectKind.section_47_enquiry,
        enquiry.id,
        enquiry.contact_id,
        started_at or enquiry.began_at,
    )


def keep_step(
    work: Work,
    who: Caller,
    enquiry: Section47Enquiry,
    action: EnquiryAction,
    happened_at: datetime,
    *,
    seen_by: str | None = None,
    meeting_id: UUID | None = None,
    code: str | None = None,
    words: str | None = None,
) -> None:
    """Keeps a line of the history of an enquiry, in the state that it is in now."""
    work.add(
        EnquiryStep(
            id=new_id(),
            enquiry_id=enquiry.id,
            action=action,
            state=enquiry.state,
            at=work.now,
            by=who.account_id,
            happened_at=happened_at,
            seen_by=seen_by,
            meeting_id=meeting_id,
            code=code,
            words=words,
        )
    )


async def get(ask: Asking | Work, who: Caller, enquiry_id: UUID) -> Section47Enquiry:
    """One enquiry. Raises EnquiryNotFound for what is not there and what may not be seen."""
    row = await ask.first(
        select(*columns_of(Section47Enquiry)).where(
            ENQUIRY.c.id == enquiry_id, protection_visible_to(who)
        )
    )
    if row is None:
        raise EnquiryNotFound(
            "There is no section 47 enquiry with this id that you may see. Check the id."
        )
    return read(Section47Enquiry, row)


async def hold(
    work: Work, who: Caller, enquiry_id: UUID, version: int, action: EnquiryAction
) -> Section47Enquiry:
    """An enquiry on which somebody is about to act, with its contact and its child held.

    Raises EnquiryNotFound; WrongState, ChildUnborn or SightNotRecorded with what is possible; and
    only then Stale: who comes second is told why.
    """
    found = await get(work, who, enquiry_id)
    await contacts.renew(work, found.contact_id)
    await accountabilities.held(work, found.person_id)
    enquiry = await get(work, who, enquiry_id)
    not_born = await unborn.is_unborn(work, enquiry.person_id)
    after(enquiry, action, unborn=not_born)
    if enquiry.version != version:
        raise Stale(enquiry.version)
    return enquiry


async def move(
    work: Work,
    who: Caller,
    enquiry: Section47Enquiry,
    action: EnquiryAction,
    happened_at: datetime,
    *,
    code: str | None = None,
    words: str | None = None,
    visited_by: str | None = None,
    **changed: Any,
) -> Section47Enquiry:
    """Takes an enquiry one step on, with its line of history; its clocks stop when it ends.

    `visited_by` is who saw the child at this very visit. A child who was not seen by the end is
    waited for no more.
    """
    state = SECTION_47_ENQUIRY.after(enquiry.state, action)
    if state is EnquiryState.ended:
        changed["ended_at"] = work.now
        await deadlines.stop(work, enquiry.contact_id, enquiry.id, CLOCKS, "enquiry_ended")
    version = await work.change(
        Section47Enquiry, enquiry.id, enquiry.version, state=state, **changed
    )
    moved = replace(enquiry, state=state, version=version, **changed)
    keep_step(work, who, moved, action, happened_at, seen_by=visited_by, code=code, words=words)
    return moved


def record(
    work: Work,
    who: Caller,
    type_: EventType,
    enquiry: Section47Enquiry,
    happened_at: datetime | None = None,
    **data: Any,
) -> None:
    """Keeps the one event of a move of an enquiry."""
    work.record(
        type_,
        who,
        enquiry.id,
        contact_id=enquiry.contact_id,
        person_id=enquiry.person_id,
        happened_at=happened_at,
        state=enquiry.state,
        **data,
    )


async def whole(ask: Asking | Work, enquiry: Section47Enquiry) -> WholeEnquiry:
    """What hangs on an enquiry that the caller may see."""
    steps = await ask.all(
        select(*columns_of(EnquiryStep)).where(STEP.c.enquiry_id == enquiry.id).order_by(STEP.c.id)
    )
    meetings = await ask.all(
        select(MEETING.c.id, MEETING.c.reference, STEP.c.happened_at, STEP.c.code)
        .join(STEP, STEP.c.meeting_id == MEETING.c.id)
        .where(STEP.c.enquiry_id == enquiry.id)
        .order_by(STEP.c.id)
    )
    return WholeEnquiry(
        enquiry=enquiry,
        unborn=await unborn.is_unborn(ask, enquiry.person_id),
        meetings=[
            MeetingBehind(id_, reference, held_at, EnquiryDecision(kind))
            for id_, reference, held_at, kind in meetings
        ],
        steps=[read(EnquiryStep, row) for row in steps],
        deadlines=await deadlines.of_subject(ask, enquiry.contact_id, enquiry.id),
    )


async def list_newest_first(
    ask: Asking,
    who: Caller,
    filters: EnquiryFilters,
    *,
    limit: int,
    after_place: tuple[datetime, UUID] | None = None,
) -> list[DatedEnquiry]:
    """Enquiries by when they were opened, newest first, from after a place on."""
    statement = (
        select(*columns_of(Section47Enquiry))
        .where(protection_visible_to(who), *_conditions(filters))
        .order_by(ENQUIRY.c.opened_at.desc(), ENQUIRY.c.id.desc())
        .limit(limit)
    )
    if after_place is not None:
        opened_at, enquiry_id = after_place
        statement = statement.where(
            tuple_(ENQUIRY.c.opened_at, ENQUIRY.c.id)
            < tuple_(
                literal(opened_at, ENQUIRY.c.opened_at.type),
                literal(enquiry_id, ENQUIRY.c.id.type),
            )
        )
    found = [read(Section47Enquiry, row) for row in await ask.all(statement)]
    due = await deadlines.soonest(ask, [(one.contact_id, one.id) for one in found])
    return [DatedEnquiry(one, due[one.id]) for one in found]


def _conditions(filters: EnquiryFilters) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.states:
        found.append(ENQUIRY.c.state.in_(filters.states))
    for name in ("person_id", "referral_id", "contact_id"):
        value = getattr(filters, name)
        if value is not None:
            found.append(ENQUIRY.c[name] == value)
    if filters.behind is not None:
        found.append(measures.cases(filters.behind))
    return found


async def refuse_while_owed_or_under_way(work: Work, referral: Referral) -> None:
    """Raises ProtectionUnderWay also while a strategy meeting is owed that nobody has held.

    Who receives a case where significant harm may be suspected does not let it go because they
    think otherwise: the meeting says so, or a new decision supersedes the one behind it (rule 8).
    """
    await refuse_while_under_way(work, referral.person_id)
    if await deadlines.is_running(work, referral.contact_id, referral.id, "strategy_meeting"):
        raise ProtectionUnderWay(
            "A strategy meeting about the child is owed and was not held. Call and hold it, and "
            "conclude that there is no enquiry where that is so; or change the decision behind "
            "the referral by a new one that supersedes it.",
            state=referral.state,
            allowed=("call_strategy_meeting", "supersede"),
        )


async def refuse_while_under_way(ask: Asking | Work, person_id: UUID) -> None:
    """Raises ProtectionUnderWay while a strategy meeting or enquiry about the child is unfinished.

    What may be significant harm is looked into to its end before the child leaves social care.
    """
    meeting = await strategy_meetings.under_way(ask, person_id)
    if meeting is not None:
        reference, state = meeting
        raise ProtectionUnderWay(
            f"Strategy meeting {reference} about the child is not concluded. Hold and conclude "
            "it, or cancel it with the reason, before the child leaves social care.",
            state=state,
            allowed=("conclude", "cancel"),
        )
    enquiry = await open_of_person(ask, person_id)
    if enquiry is not None:
        raise ProtectionUnderWay(
            f"Section 47 enquiry {enquiry.reference} about the child has not ended. Record its "
            "outcome, and the conference where there is to be one, before the child leaves social "
            "care.",
            state=enquiry.state,
            allowed=SECTION_47_ENQUIRY.allowed(enquiry.state),
        )
