"""What is shown with each line of a queue: its clocks, children, flags, and what comes next."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import (
    case,
    exists,
    false,
    func,
    select,
    true,
)

from service.domain.access import Sight
from service.domain.contacts import Child
from service.domain.deadlines import Deadline
from service.domain.flags import Flag, SubjectKind
from service.domain.people import BirthKnowledge, Person
from service.domain.queue_lines import (
    ChildInLine,
    EnquiryInLine,
    MeetingInLine,
    ShownWithLines,
    line_of,
)
from service.domain.queues import (
    Queue,
    QueueItem,
    RunningClock,
    UnbornChild,
    Waiting,
    child_in_a_line,
)
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import EnquiryState, Section47Enquiry
from service.domain.strategy_meetings import (
    Invitation,
    MeetingState,
    StrategyMeeting,
)
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, any_of, made_once
from service.persistence.records import table_of
from service.persistence.repositories import (
    information_requests,
    strategy_meetings,
    transfer_lists,
)

CHILD = table_of(Child)
REFERRAL = table_of(Referral)
DEADLINE = table_of(Deadline)
MEETING = table_of(StrategyMeeting)
INVITATION = table_of(Invitation)
ENQUIRY = table_of(Section47Enquiry)
FLAG = table_of(Flag)
PERSON = table_of(Person)

_TOLD_UNBORN = CHILD.c.birth_knowledge == BirthKnowledge.unborn.value


@made_once
def _unborn() -> Makeable:
    return (
        select(CHILD.c.id, PERSON.c.id, PERSON.c.expected_delivery_on)
        .join(PERSON, PERSON.c.id == CHILD.c.person_id)
        .where(any_of(CHILD.c.id, "children"))
    )


async def unborn_children(ask: Asking, child_ids: Sequence[UUID]) -> dict[UUID, UnbornChild]:
    """By child on a contact. One of these may be born since the lines were read."""
    if not child_ids:
        return {}
    rows = await ask.all(_unborn(), children=child_ids)
    return {
        child_id: UnbornChild(person_id, expected_on) for child_id, person_id, expected_on in rows
    }


async def with_hidden_clocks(
    ask: Asking, sight: Sight, person_ids: Sequence[UUID]
) -> frozenset[UUID]:
    """Which of these children are open to social care too, whose clocks the caller does not see."""
    if sight.sees_social_care or not person_ids:
        return frozenset()
    rows = await ask.all(
        select(REFERRAL.c.open_person_id).where(REFERRAL.c.open_person_id.in_(person_ids))
    )
    return frozenset(person_id for (person_id,) in rows)


@made_once
def _running_clocks() -> Makeable:
    """Not the whole rows: the sums that explain them are long, and a line does not show them."""
    return (
        select(DEADLINE.c.subject_id, DEADLINE.c.kind, DEADLINE.c.due_at)
        .where(any_of(DEADLINE.c.contact_id, "contacts"), DEADLINE.c.stopped_at.is_(None))
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    )


@made_once
def _children_in_lines() -> Makeable:
    """Told as unborn, a child is named as the file has it by now."""
    return (
        select(
            CHILD.c.id,
            CHILD.c.contact_id,
            case((_TOLD_UNBORN, PERSON.c.given_name), else_=CHILD.c.given_name),
            case((_TOLD_UNBORN, PERSON.c.family_name), else_=CHILD.c.family_name),
            case((_TOLD_UNBORN, PERSON.c.birth_knowledge), else_=CHILD.c.birth_knowledge),
            CHILD.c.unanswered_matches,
            CHILD.c.nth_contact,
        )
        .join(PERSON, PERSON.c.id == CHILD.c.person_id)
        .where(any_of(CHILD.c.contact_id, "contacts"))
        .order_by(CHILD.c.contact_id, CHILD.c.position)
    )


@made_once
def _flags_counted() -> Makeable:
    return (
        select(FLAG.c.subject_id, FLAG.c.kind, func.count())
        .where(any_of(FLAG.c.contact_id, "contacts"), FLAG.c.cleared_at.is_(None))
        .group_by(FLAG.c.subject_id, FLAG.c.kind)
    )


async def with_clocks(ask: Asking, waiting: Sequence[Waiting], queue: Queue) -> list[QueueItem]:
    """The lines of a page with their clocks, children and flags, and what comes next for each."""
    if not waiting:
        return []
    shown = await _shown(ask, waiting)
    return [line_of(one, shown, queue) for one in waiting]


async def _shown(ask: Asking, waiting: Sequence[Waiting]) -> ShownWithLines:
    meetings = await _meetings_of(ask, _of(waiting, SubjectKind.strategy_meeting))
    enquiries = await _enquiries_of(ask, _of(waiting, SubjectKind.section_47_enquiry))
    contact_ids = {one.contact_id for one in waiting}
    contact_ids |= {child.contact_id for one in meetings.values() for child in one.children}
    clocks_found, children_found, flags_found = await ask.together(
        _running_clocks(), _children_in_lines(), _flags_counted(), contacts=contact_ids
    )
    running: dict[UUID, list[RunningClock]] = {}
    for subject_id, kind, due_at in clocks_found:
        running.setdefault(subject_id, []).append(RunningClock(kind, due_at))
    children: dict[UUID, list[ChildInLine]] = {}
    for child_id, contact_id, given_name, family_name, birth, *found in children_found:
        unborn = birth == BirthKnowledge.unborn
        children.setdefault(contact_id, []).append(
            ChildInLine(child_id, child_in_a_line(given_name, family_name, unborn), *found)
        )
    flags: dict[UUID, dict[str, int]] = {}
    for subject_id, kind, count in flags_found:
        flags.setdefault(subject_id, {})[kind] = count
    asked = _of(waiting, SubjectKind.information_request)
    return ShownWithLines(
        meetings=meetings,
        enquiries=enquiries,
        running=running,
        children=children,
        flags=flags,
        transfers=await transfer_lists.of_ids(ask, _of(waiting, SubjectKind.transfer)),
        challenges=await transfer_lists.challenges_in_short(
            ask, _of(waiting, SubjectKind.challenge)
        ),
        asked=frozenset(asked),
        chasers=await information_requests.chasers_counted(ask, asked),
    )


@made_once
def _meetings_in_lines() -> Makeable:
    open_ = exists().where(
        INVITATION.c.meeting_id == MEETING.c.id,
        INVITATION.c.invited_at.is_(None),
        INVITATION.c.not_invited_because.is_(None),
    )
    return select(MEETING.c.id, MEETING.c.state, case((open_, true()), else_=false())).where(
        any_of(MEETING.c.id, "ids")
    )


async def _meetings_of(ask: Asking, meeting_ids: Sequence[UUID]) -> Mapping[UUID, MeetingInLine]:
    if not meeting_ids:
        return {}
    children = await strategy_meetings.children_of(ask, meeting_ids)
    return {
        meeting_id: MeetingInLine(MeetingState(state), bool(unanswered), children[meeting_id])
        for meeting_id, state, unanswered in await ask.all(_meetings_in_lines(), ids=meeting_ids)
    }


@made_once
def _enquiries_in_lines() -> Makeable:
    return select(ENQUIRY.c.id, ENQUIRY.c.state, ENQUIRY.c.no_conference_proposed_at).where(
        any_of(ENQUIRY.c.id, "ids")
    )


async def _enquiries_of(ask: Asking, enquiry_ids: Sequence[UUID]) -> Mapping[UUID, EnquiryInLine]:
    if not enquiry_ids:
        return {}
    rows = await ask.all(_enquiries_in_lines(), ids=enquiry_ids)
    return {
        id_: EnquiryInLine(EnquiryState(state), proposed_at is not None)
        for id_, state, proposed_at in rows
    }


def _of(waiting: Sequence[Waiting], kind: SubjectKind) -> list[UUID]:
    return [one.subject_id for one in waiting if one.subject_kind is kind]
