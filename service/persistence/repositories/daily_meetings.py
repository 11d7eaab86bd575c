"""Daily meetings: their days, what waits for each, and the agenda with what is known beside it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    delete,
    func,
    select,
    update,
)

from service.domain.access import Sight
from service.domain.contacts import Contact
from service.domain.daily_meetings import (
    DAILY_MEETING,
    CarriedBefore,
    CarriedTo,
    DailyMeeting,
    DailyMeetingState,
    ItemState,
    MeetingItem,
)
from service.domain.errors import NotFound
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.prepared import Makeable, any_of, made_once, made_once_for_sight
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import contacts
from service.persistence.units_of_work import Work
from service.persistence.visibility import child_visible_to

MEETING = table_of(DailyMeeting)
AGENDA_ITEM = table_of(MeetingItem)
CONTACT = table_of(Contact)


class MeetingItemNotFound(NotFound):
    """No such item on the agenda of that day."""

    code = "daily_meeting_item_not_found"
    title = "No such item on this agenda"


async def concluded_days(ask: Asking, since: date) -> frozenset[date]:
    """The days from one on whose meeting has been concluded already."""
    rows = await ask.all(
        select(MEETING.c.meeting_on).where(
            MEETING.c.meeting_on >= since, MEETING.c.state == DailyMeetingState.concluded
        )
    )
    return frozenset(day for (day,) in rows)


async def hold_open(work: Work, day: date) -> bool:
    """Whether the meeting of a day can still take items; none concludes it before the commit."""
    row = await work.first(
        select(MEETING.c.state).where(MEETING.c.meeting_on == day).with_for_update(read=True)
    )
    if row is not None:
        return bool(row[0] == DailyMeetingState.open)
    work.add(DailyMeeting(new_id(), day, DAILY_MEETING.start, None, None, 1))
    return True


async def last_day_of(ask: Asking | Work, contact_id: UUID) -> date | None:
    """The day of the last meeting on whose agenda children of a contact are or were."""
    row = await ask.first(
        select(func.max(AGENDA_ITEM.c.meeting_on)).where(AGENDA_ITEM.c.contact_id == contact_id)
    )
    return None if row is None else row[0]


async def was_carried_over(ask: Asking | Work, child_id: UUID) -> bool:
    """Whether a meeting has dealt with a child already, other than to wait for the next."""
    row = await ask.first(
        select(AGENDA_ITEM.c.id)
        .where(AGENDA_ITEM.c.child_id == child_id, AGENDA_ITEM.c.state != ItemState.waiting)
        .limit(1)
    )
    return row is not None


async def take_off(work: Work, child_id: UUID) -> None:
    """Takes a child who is taken off a contact off the agenda as well."""
    await work.execute(delete(AGENDA_ITEM).where(AGENDA_ITEM.c.child_id == child_id))


async def take_contact_off(work: Work, contact_id: UUID) -> None:
    """Takes the children of a contact who wait for a meeting off its agenda."""
    await work.execute(
        delete(AGENDA_ITEM).where(
            AGENDA_ITEM.c.contact_id == contact_id, AGENDA_ITEM.c.state == ItemState.waiting
        )
    )


async def change_waiting(work: Work, child_id: UUID, **changed: Any) -> bool:
    """Changes the item of a child who waits for a meeting; False when the child waits for none."""
    rows = await work.rows_changed(
        update(AGENDA_ITEM)
        .where(AGENDA_ITEM.c.child_id == child_id, AGENDA_ITEM.c.state == ItemState.waiting)
        .values(version=AGENDA_ITEM.c.version + 1, **changed)
    )
    return bool(rows)


async def some_wait(ask: Asking | Work, contact_id: UUID) -> bool:
    """Whether any child of a contact waits for a meeting."""
    row = await ask.first(
        select(AGENDA_ITEM.c.id)
        .where(AGENDA_ITEM.c.contact_id == contact_id, AGENDA_ITEM.c.state == ItemState.waiting)
        .limit(1)
    )
    return row is not None


async def waits_for(ask: Asking, contact_id: UUID) -> date | None:
    """The day of the meeting that children of a contact wait for; None when none waits."""
    row = await ask.first(
        select(func.min(AGENDA_ITEM.c.meeting_on)).where(
            AGENDA_ITEM.c.contact_id == contact_id, AGENDA_ITEM.c.state == ItemState.waiting
        )
    )
    return None if row is None else row[0]


async def item(ask: Asking, sight: Sight, day: date, item_id: UUID) -> MeetingItem:
    """One item of a day's agenda. Raises MeetingItemNotFound.

    One that an earlier day left waiting is on the later agendas, and is found there afterwards.
    """
    row = await ask.first(
        select(*columns_of(MeetingItem))
        .join(CONTACT, CONTACT.c.id == AGENDA_ITEM.c.contact_id)
        .where(AGENDA_ITEM.c.id == item_id, child_visible_to(sight, AGENDA_ITEM))
    )
    found = None if row is None else read(MeetingItem, row)
    if found is None or found.meeting_on > day:
        raise item_missing()
    return found


def item_missing() -> MeetingItemNotFound:
    """That an item is not on an agenda."""
    return MeetingItemNotFound(
        "There is no item with this id on the agenda of that day. Read the agenda again."
    )


@made_once_for_sight
def _several(sight: Sight) -> Makeable:
    return select(*columns_of(MeetingItem)).where(
        any_of(AGENDA_ITEM.c.id, "ids"), child_visible_to(sight, AGENDA_ITEM)
    )


async def several(
    ask: Asking, sight: Sight, day: date, item_ids: Sequence[UUID]
) -> dict[UUID, MeetingItem]:
    """Those of some items that are on the agenda of a day, as `item` finds one; by their ids."""
    found = [read(MeetingItem, row) for row in await ask.all(_several(sight), ids=list(item_ids))]
    return {one.id: one for one in found if one.meeting_on <= day}


async def item_held(work: Work, sight: Sight, day: date, item_id: UUID) -> MeetingItem:
    """One item of a day's agenda, its contact held so that nobody else settles it meanwhile."""
    found = await item(work, sight, day, item_id)
    await contacts.held(work, sight, found.contact_id)
    row = await work.first(select(*columns_of(MeetingItem)).where(AGENDA_ITEM.c.id == item_id))
    return found if row is None else read(MeetingItem, row)


async def meeting_of(ask: Asking, day: date) -> DailyMeeting | None:
    """The meeting of a day, when anything was put on it or it was concluded."""
    row = await ask.first(select(*columns_of(DailyMeeting)).where(MEETING.c.meeting_on == day))
    return None if row is None else read(DailyMeeting, row)


async def held(work: Work, day: date) -> DailyMeeting:
    """The meeting of a day, held until the commit: nobody puts anything on it meanwhile."""
    row = await work.first(
        select(*columns_of(DailyMeeting)).where(MEETING.c.meeting_on == day).with_for_update()
    )
    if row is not None:
        return read(DailyMeeting, row)
    made = DailyMeeting(new_id(), day, DAILY_MEETING.start, None, None, 1)
    work.add(made)
    return made


@made_once
def _carried_before() -> Makeable:
    return select(
        AGENDA_ITEM.c.id, AGENDA_ITEM.c.meeting_on, AGENDA_ITEM.c.carried_over_because
    ).where(any_of(AGENDA_ITEM.c.id, "ids"))


async def carried_before(ask: Asking, items: Sequence[MeetingItem]) -> dict[UUID, CarriedBefore]:
    """For items that were carried over to where they are, the item before; by the item's id."""
    before = {one.carried_from_id: one.id for one in items if one.carried_from_id is not None}
    if not before:
        return {}
    rows = await ask.all(_carried_before(), ids=list(before))
    return {before[row[0]]: CarriedBefore(*row) for row in rows}


@made_once
def _carried_to() -> Makeable:
    return select(AGENDA_ITEM.c.carried_from_id, AGENDA_ITEM.c.id, AGENDA_ITEM.c.meeting_on).where(
        any_of(AGENDA_ITEM.c.carried_from_id, "ids")
    )


async def carried_to(ask: Asking, items: Sequence[MeetingItem]) -> dict[UUID, CarriedTo]:
    """For items that were carried over, where to; by the item's id."""
    away = [one.id for one in items if one.state is ItemState.carried_over]
    if not away:
        return {}
    rows = await ask.all(_carried_to(), ids=away)
    return {from_id: CarriedTo(id_, day) for from_id, id_, day in rows}
