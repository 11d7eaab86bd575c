"""Daily meetings: children put on the agenda, settled by a decision, carried over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from service.domain.access import Caller
from service.domain.contacts import Child, Contact
from service.domain.daily_meetings import (
    DAILY_MEETING,
    ITEM,
    MEETING_CLOCK,
    DailyMeeting,
    DailyMeetingAction,
    ItemAction,
    ItemOfAnotherChild,
    ItemState,
    MeetingItem,
)
from service.domain.errors import Problem
from service.domain.police_notifications import PoliceNotification
from service.domain_services.lives import Moves
from service.persistence.clocks import stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import daily_meetings, police_tellings
from service.persistence.units_of_work import Work


async def next_open_meeting(work: Work, day: date) -> date:
    """That day, or the next working day after it whose meeting can still take items; held."""
    while not await daily_meetings.hold_open(work, day):
        day = work.policy.next_working_day(day)
    return day


def put_on_agenda(work: Work, notification: PoliceNotification, child_id: UUID, day: date) -> None:
    """Puts one child of a notification on the agenda of a day that is held open."""
    work.add(
        MeetingItem(
            id=new_id(),
            notification_id=notification.id,
            contact_id=notification.contact_id,
            child_id=child_id,
            meeting_on=day,
            state=ITEM.start,
            decision_id=None,
            settled_at=None,
            settled_by=None,
            carried_over_because=None,
            carried_from_id=None,
            times_carried=0,
            version=1,
        )
    )


async def put_added_on_agenda(work: Work, contact: Contact, children: Sequence[Child]) -> None:
    """Puts children who were added to a contact on the agenda that its other children wait for.

    Where none waits, as after a withdrawal, on that of the notification, or the next that is open.
    For a contact that is held; nothing happens for one that is no police notification.
    """
    if not children:
        return
    notification = await police_tellings.notification_of(work, contact.id)
    if notification is None:
        return
    # Before any decision, as only then children are added, the others of the contact all wait.
    known = await daily_meetings.last_day_of(work, contact.id)
    wanted = notification.meeting_on if known is None else known
    day = await next_open_meeting(work, wanted)
    for child in children:
        put_on_agenda(work, notification, child.id, day)


ITEMS: Moves[MeetingItem] = Moves(ITEM)
MEETINGS: Moves[DailyMeeting] = Moves(DAILY_MEETING)


async def settle_item(
    work: Work, who: Caller, contact_id: UUID, child_id: UUID, decision_id: UUID
) -> None:
    """Settles the item of a child who has just been decided, if one waits; the contact is held.

    The clock stops when no child of the contact waits any more.
    """
    settled = await daily_meetings.change_waiting(
        work,
        child_id,
        state=ITEM.after(ItemState.waiting, ItemAction.decide),
        decision_id=decision_id,
        settled_at=work.now,
        settled_by=who.account_id,
    )
    if settled and not await daily_meetings.some_wait(work, contact_id):
        await stop_clocks(work, contact_id, contact_id, [MEETING_CLOCK], "decided")


async def carry_over_item(
    work: Work, who: Caller, found: MeetingItem, because: str, after: date
) -> MeetingItem:
    """Carries an item that is held over to the first open meeting after a day; returns the new."""
    day = await next_open_meeting(work, work.policy.next_working_day(after))
    await ITEMS.move(
        work,
        who,
        found,
        ItemAction.carry_over,
        carried_over_because=because,
        settled_at=work.now,
        settled_by=who.account_id,
    )
    again = replace(
        found,
        id=new_id(),
        meeting_on=day,
        state=ITEM.start,
        carried_from_id=found.id,
        times_carried=found.times_carried + 1,
        version=1,
    )
    work.add(again)
    return again


async def conclude_meeting(work: Work, who: Caller, meeting: DailyMeeting) -> DailyMeeting:
    """Concludes a meeting that is held. Raises WrongState when it was concluded before."""
    return await MEETINGS.move(
        work,
        who,
        meeting,
        DailyMeetingAction.conclude,
        concluded_at=work.now,
        concluded_by=who.account_id,
    )


async def hold_item_to_decide(
    work: Work, who: Caller, day: date, item_id: UUID, child_id: UUID
) -> MeetingItem:
    """The item of a child for whom a decision is about to be drafted; its contact is held.

    The decision itself settles the item, whichever way it is drafted. Raises MeetingItemNotFound,
    ItemOfAnotherChild, and WrongState when the item is settled already.
    """
    item = await daily_meetings.item_held(work, who.sight, day, item_id)
    if item.child_id != child_id:
        raise ItemOfAnotherChild(
            "This item of the agenda is about another child.",
            problems=[
                Problem(
                    "/child_id",
                    "Send the child_id of this item, as the agenda gives it.",
                    "another_child",
                )
            ],
        )
    ITEM.after(item.state, ItemAction.decide)
    return item
