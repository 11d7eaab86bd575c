"""Strategy meetings: held for a change, and moved with a line of history each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.strategy_meetings import (
    STRATEGY_MEETING,
    Agency,
    Invitation,
    InvitedBecause,
    MeetingAction,
    MeetingChild,
    MeetingUnderWay,
    StrategyMeeting,
    possible_actions,
)
from service.domain_services.lives import Moves, refuse_stale
from service.persistence.ids import new_id
from service.persistence.repositories import accountabilities, contacts, strategy_meetings
from service.persistence.units_of_work import Work


async def refuse_while_meeting_under_way(work: Work, person_id: UUID, pointer: str) -> None:
    """Raises MeetingUnderWay while another meeting about the child is not concluded."""
    found = await strategy_meetings.under_way(work, person_id)
    if found is not None:
        reference, state = found
        raise MeetingUnderWay(
            f"Strategy meeting {reference} about the child at {pointer} is not concluded. "
            "Conclude that one, or cancel it with the reason, before another is called.",
            state=state,
            allowed=STRATEGY_MEETING.allowed(state),
        )


MEETINGS: Moves[StrategyMeeting] = Moves(STRATEGY_MEETING, strategy_meetings.STEPS)
keep_meeting_step = MEETINGS.keep_step


@dataclass(frozen=True, slots=True)
class HeldMeeting:
    """A meeting that is held until the commit, with its children and their contacts held."""

    meeting: StrategyMeeting
    children: Sequence[MeetingChild]
    invitations: Sequence[Invitation]


async def hold_children(
    work: Work, contact_ids: Collection[UUID], person_ids: Collection[UUID]
) -> None:
    """Renews the contacts behind several children and holds the children, each in one order."""
    for contact_id in sorted(set(contact_ids)):
        await contacts.renew(work, contact_id)
    for person_id in sorted(set(person_ids)):
        await accountabilities.held(work, person_id)


async def hold_meeting(
    work: Work, who: Caller, meeting_id: UUID, version: int, action: MeetingAction
) -> HeldMeeting:
    """A meeting on which somebody is about to act, with its contacts and its children held.

    Raises MeetingNotFound; WrongState with the state and what is possible in it; and only then
    Stale: who comes second is told why.
    """
    await strategy_meetings.get(work, who.sight, meeting_id)
    children = (await strategy_meetings.children_of(work, [meeting_id]))[meeting_id]
    await hold_children(
        work, [one.contact_id for one in children], [one.person_id for one in children]
    )
    meeting = await strategy_meetings.get(work, who.sight, meeting_id)
    invitations = await strategy_meetings.invitations_of(work, meeting_id)
    STRATEGY_MEETING.after(meeting.state, action, could=possible_actions(meeting, invitations))
    refuse_stale(meeting, version)
    return HeldMeeting(
        meeting, (await strategy_meetings.children_of(work, [meeting_id]))[meeting_id], invitations
    )


async def move_meeting(
    work: Work,
    who: Caller,
    meeting: StrategyMeeting,
    action: MeetingAction,
    *,
    happened_at: datetime | None = None,
    words: str | None = None,
    **changed: Any,
) -> StrategyMeeting:
    """Takes a meeting one step on, with its line of history.

    `happened_at` is when, where that is told later. Raises WrongState, Stale.
    """
    line = {
        "happened_at": happened_at,
        "planned_for": changed.get("planned_for"),
        "words": words,
    }
    return await MEETINGS.move(work, who, meeting, action, line=line, **changed)


def record_meeting_event(
    work: Work,
    who: Caller,
    type_: EventType,
    meeting: StrategyMeeting,
    children: Sequence[MeetingChild],
    *,
    happened_at: datetime | None = None,
    **data: Any,
) -> None:
    """Keeps the one event of what was done to a meeting: about every child whom it is about."""
    work.record(
        type_,
        who,
        meeting.id,
        contact_id=meeting.contact_id,
        about=[one.person_id for one in children],
        happened_at=happened_at,
        referral_ids=[one.referral_id for one in children],
        state=meeting.state,
        **data,
    )


def new_invitation(
    meeting: StrategyMeeting,
    place: int,
    agency: Agency,
    because: InvitedBecause,
    *,
    organisation_id: str | None,
    name: str | None,
    role: str | None,
    invited_at: datetime | None = None,
) -> Invitation:
    """A line of a meeting's list, at a place, of whom nobody has said whether they come."""
    return Invitation(
        id=new_id(),
        meeting_id=meeting.id,
        position=place,
        agency=agency,
        because=because,
        organisation_id=organisation_id,
        name=name,
        role=role,
        invited_at=invited_at,
        not_invited_because=None,
        attendance=None,
        information=None,
    )


def organisation_fault(work: Work, organisation_id: str | None, pointer: str) -> list[Problem]:
    """The fault of naming an organisation that the policy does not have."""
    if organisation_id is None or work.policy.find_organisation(organisation_id) is not None:
        return []
    return [
        Problem(
            pointer,
            "The policy names no such organisation: GET /v1/organisations lists them.",
            "organisation_unknown",
        )
    ]


async def children_told_of_at(work: Work, children: Sequence[MeetingChild]) -> datetime:
    """When the front door had been told of every child of a meeting."""
    return max(
        [
            (await contacts.held_for_answer(work, contact_id)).received_at
            for contact_id in sorted({one.contact_id for one in children})
        ]
    )
