"""Section 47 enquiries: the child seen, the outcome, and the conference (rules 13 and 14)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.calendar import london_date
from service.domain.conferences import (
    NoConference,
    faults_in_conference,
    faults_in_no_conference,
)
from service.domain.events import EventType
from service.domain.own_words import own_words_faults, rationale_faults
from service.domain.section_47_enquiries import (
    CONFERENCE_CLOCK,
    NO_PROPOSAL,
    ChildNeverSeen,
    ConferenceOutcome,
    DatedEnquiry,
    EnquiryAction,
    EnquiryFilters,
    EnquiryOutcome,
    OwnProposal,
    Section47Enquiry,
    Visit,
    VisitOutcome,
    WholeEnquiry,
    action_of,
    faults_in_visit,
    incomplete,
)
from service.domain_services.section_47_enquiries import (
    hold_enquiry,
    move_enquiry,
    record_enquiry_event,
)
from service.persistence.asking import Asking
from service.persistence.clocks import stop_clocks
from service.persistence.keysets import Place
from service.persistence.repositories import contacts, decisions, section_47_enquiries
from service.persistence.units_of_work import Work

# Refusals from below that routes name in the contract.
EnquiryNotFound = section_47_enquiries.EnquiryNotFound


async def record_child_seen(
    work: Work, who: Caller, enquiry_id: UUID, version: int, visit: Visit
) -> Section47Enquiry:
    """Records that the child was seen, when, by whom and whether alone; or why not (rule 14).

    The first time that the child was seen stops the clock at that time and stays; not seen, it
    runs on. Every later visit is kept as a step, and one alone makes up for one not alone. A visit
    counts from when the front door was told of the concern behind the enquiry: the police or a
    joint visit may have seen the child on the morning before the meeting that began it. Raises
    EnquiryIncomplete naming every gap; ChildUnborn.
    """
    who.require(Permission.record_child_seen)
    action = EnquiryAction.record_child_seen
    enquiry = await hold_enquiry(work, who, enquiry_id, version, action)
    told_at = await _concern_told_at(work, enquiry)
    problems = faults_in_visit(visit, now=work.now, received_at=told_at)
    problems += own_words_faults(
        work.policy.rationale,
        ("/not_alone_because", visit.not_alone_because),
        ("/not_seen_because", visit.not_seen_because),
    )
    if problems:
        raise incomplete(problems)
    sight = visit.sight
    if visit.seen_at is not None:
        await stop_clocks(
            work,
            enquiry.contact_id,
            enquiry.id,
            ["child_seen"],
            "seen",
            happened_at=visit.seen_at,
        )
    moved = await move_enquiry(
        work,
        who,
        enquiry,
        action,
        visit.seen_at or work.now,
        code=sight,
        words=visit.not_alone_because or visit.not_seen_because,
        visited_by=visit.seen_by,
        **_what_is_known(enquiry, visit),
    )
    record_enquiry_event(
        work,
        who,
        EventType.section_47_enquiry_child_not_seen
        if sight is VisitOutcome.not_seen
        else EventType.section_47_enquiry_child_seen,
        moved,
        visit.seen_at,
        seen_at=visit.seen_at,
        alone=visit.alone,
    )
    return moved


async def _concern_told_at(work: Work, enquiry: Section47Enquiry) -> datetime:
    """When the front door was told of the concern that led to an enquiry.

    A referral may have been open for long before it.
    """
    contact = await contacts.held_for_answer(work, enquiry.contact_id)
    told = [
        one.told_at
        for one in await decisions.concerns_behind(work, enquiry.referral_id)
        if one.told_at <= enquiry.began_at
    ]
    return max([contact.received_at, *told])


def _what_is_known(enquiry: Section47Enquiry, visit: Visit) -> dict[str, Any]:
    """What a visit adds to what an enquiry says of the child's being seen."""
    if not visit.seen:
        return {} if enquiry.seen_at else {"not_seen_because": visit.not_seen_because}
    known: dict[str, Any] = {"not_seen_because": None}
    if enquiry.seen_at is None:
        known |= {"seen_at": visit.seen_at, "seen_by": visit.seen_by}
    if not enquiry.seen_alone:
        known |= {"seen_alone": visit.alone, "not_alone_because": visit.not_alone_because}
    return known


async def record_enquiry_outcome(
    work: Work,
    who: Caller,
    enquiry_id: UUID,
    version: int,
    *,
    outcome: EnquiryOutcome,
    words: str,
) -> Section47Enquiry:
    """Records what an enquiry found, in one's own words.

    A continuing risk waits for the conference, whose clock runs on; anything else ends the
    enquiry, and no conference is held. Of a child whom nobody saw it takes a manager other than
    who recorded that, and stays counted as missed. Raises ChildNeverSeen, and SightNotRecorded
    while nobody has said that the child was seen or why not; an unborn child is not waited for.
    """
    who.require(Permission.conclude_section_47_enquiry)
    action = action_of(outcome)
    enquiry = await hold_enquiry(work, who, enquiry_id, version, action)
    faults = rationale_faults(work.policy.rationale, "/words", words)
    if faults:
        raise incomplete(faults)
    overtaken: Mapping[str, None] = {}
    if outcome is not EnquiryOutcome.continuing_risk:
        await _require_manager_where_unseen(work, who, enquiry)
        overtaken = NO_PROPOSAL
        await stop_clocks(work, enquiry.contact_id, enquiry.id, [CONFERENCE_CLOCK], "no_conference")
    moved = await move_enquiry(
        work,
        who,
        enquiry,
        action,
        work.now,
        code=outcome,
        words=words,
        outcome=outcome,
        outcome_words=words,
        outcome_at=work.now,
        outcome_by=who.account_id,
        **overtaken,
    )
    record_enquiry_event(
        work, who, EventType.section_47_enquiry_outcome_recorded, moved, outcome=outcome
    )
    return moved


async def _require_manager_where_unseen(work: Work, who: Caller, enquiry: Section47Enquiry) -> None:
    """Raises ChildNeverSeen unless a manager ends it, and not the one who did not see the child."""
    if enquiry.seen_at is not None or enquiry.not_seen_because is None:
        return
    may = (Permission.conclude_section_47_enquiry, Permission.sign_off_no_conference)
    if not any(who.may(one) for one in may):
        raise ChildNeverSeen(
            "Nobody has seen the child in this enquiry. It ends only with a manager's signed "
            "reason: ask one, or see the child first and record it."
        )
    visits = [
        one
        for one in await section_47_enquiries.STEPS.all(work, enquiry.id)
        if one.action is EnquiryAction.record_child_seen
    ]
    if visits[-1].by == who.account_id:
        raise ChildNeverSeen(
            "You recorded that the child was not seen, and nobody has seen the child since. "
            "Another manager ends the enquiry in their own words, or the child is seen first."
        )


async def record_conference(
    work: Work,
    who: Caller,
    enquiry_id: UUID,
    version: int,
    *,
    held_at: datetime,
    outcome: ConferenceOutcome,
    category_of_abuse_code: str | None,
    words: str,
) -> Section47Enquiry:
    """Records the initial child protection conference and what it decided; the enquiry ends.

    In time is judged by `held_at`, which lies on a working day. A child protection plan names its
    category of abuse. Raises ChildNeverSeen, WrongState before an outcome of continuing risk,
    EnquiryIncomplete naming every gap.
    """
    who.require(Permission.record_conference)
    action = EnquiryAction.hold_conference
    enquiry = await hold_enquiry(work, who, enquiry_id, version, action)
    await _require_manager_where_unseen(work, who, enquiry)
    problems = faults_in_conference(
        held_at=held_at,
        outcome=outcome,
        category_of_abuse_code=category_of_abuse_code,
        now=work.now,
        began_at=enquiry.began_at,
        on_a_working_day=work.policy.is_working_day(london_date(held_at)),
        categories=list(work.policy.codes.category_of_abuse),
    )
    problems += rationale_faults(work.policy.rationale, "/words", words)
    if problems:
        raise incomplete(problems)
    contact_id, clocks = enquiry.contact_id, [CONFERENCE_CLOCK]
    await stop_clocks(work, contact_id, enquiry.id, clocks, "conference_held", happened_at=held_at)
    moved = await move_enquiry(
        work,
        who,
        enquiry,
        action,
        held_at,
        code=outcome,
        words=words,
        conference_held_at=held_at,
        conference_outcome=outcome,
        category_of_abuse_code=category_of_abuse_code,
        conference_words=words,
        **NO_PROPOSAL,
    )
    record_enquiry_event(
        work,
        who,
        EventType.section_47_enquiry_conference_held,
        moved,
        held_at,
        held_at=held_at,
        outcome=outcome,
    )
    return moved


async def propose_no_conference(
    work: Work, who: Caller, enquiry_id: UUID, version: int, told: NoConference
) -> Section47Enquiry:
    """Proposes that no conference is needed: the child died, moved, came into care, and so on.

    The enquiry goes on, with its clocks, until another manager agrees. Raises SightNotRecorded
    while nobody has said that the child was seen or why not, EnquiryIncomplete naming every gap.
    """
    who.require(Permission.propose_no_conference)
    action = EnquiryAction.propose_no_conference
    enquiry = await hold_enquiry(work, who, enquiry_id, version, action)
    today, began_on = london_date(work.now), london_date(enquiry.began_at)
    problems = faults_in_no_conference(enquiry, told, today=today, began_on=began_on)
    problems += rationale_faults(work.policy.rationale, "/words", told.words)
    if problems:
        raise incomplete(problems)
    moved = await move_enquiry(
        work,
        who,
        enquiry,
        action,
        work.now,
        code=told.because,
        words=told.words,
        no_conference_because=told.because,
        no_conference_since_on=told.since_on,
        no_conference_words=told.words,
        no_conference_proposed_at=work.now,
        no_conference_proposed_by=who.account_id,
    )
    record_enquiry_event(
        work,
        who,
        EventType.section_47_enquiry_no_conference_proposed,
        moved,
        because=told.because,
    )
    return moved


async def sign_off_no_conference(
    work: Work, who: Caller, enquiry_id: UUID, version: int, *, agreed: bool, words: str
) -> Section47Enquiry:
    """A manager other than who proposed it agrees that no conference is needed, or returns it.

    In their own words. Agreed, the enquiry ends and its clocks stop. Returned, the conference is
    owed as before; what was proposed stays in the history. Raises OwnProposal, ChildNeverSeen.
    """
    who.require(Permission.sign_off_no_conference)
    action = EnquiryAction.agree_no_conference if agreed else EnquiryAction.return_no_conference
    enquiry = await hold_enquiry(work, who, enquiry_id, version, action)
    if enquiry.no_conference_proposed_by == who.account_id:
        raise OwnProposal(
            "You proposed this, so another manager must agree to it or return it. It stays as it "
            "is; ask one."
        )
    faults = rationale_faults(work.policy.rationale, "/words", words)
    if faults:
        raise incomplete(faults)
    changed: dict[str, Any] = dict(NO_PROPOSAL)
    if agreed:
        await _require_manager_where_unseen(work, who, enquiry)
        await stop_clocks(
            work, enquiry.contact_id, enquiry.id, [CONFERENCE_CLOCK], "no_conference_needed"
        )
        changed = {
            "no_conference_agreed_at": work.now,
            "no_conference_agreed_by": who.account_id,
            "no_conference_agreed_words": words,
        }
    because = enquiry.no_conference_because
    moved = await move_enquiry(
        work, who, enquiry, action, work.now, code=because, words=words, **changed
    )
    record_enquiry_event(
        work,
        who,
        EventType.section_47_enquiry_no_conference_agreed
        if agreed
        else EventType.section_47_enquiry_no_conference_returned,
        moved,
        because=because,
    )
    return moved


async def list_section_47_enquiries(
    ask: Asking,
    who: Caller,
    filters: EnquiryFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[DatedEnquiry]:
    """Enquiries that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_section_47_enquiries)
    return await section_47_enquiries.list_newest_first(
        ask, who.sight, filters, limit=limit, after=after
    )


async def read_section_47_enquiry(ask: Asking, who: Caller, enquiry_id: UUID) -> WholeEnquiry:
    """One enquiry with its whole history. Raises EnquiryNotFound."""
    who.require(Permission.read_section_47_enquiries)
    return await whole_enquiry(ask, await section_47_enquiries.get(ask, who.sight, enquiry_id))


async def whole_enquiry(ask: Asking, enquiry: Section47Enquiry) -> WholeEnquiry:
    """What hangs on an enquiry that the caller may see."""
    return await section_47_enquiries.whole(ask, enquiry)
