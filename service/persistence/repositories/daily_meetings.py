"""Daily meetings: their days, what waits for each, and the agenda with what is known beside it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Subquery,
    and_,
    case,
    delete,
    func,
    literal,
    select,
    union_all,
    update,
)

from service.domain.access import Sight
from service.domain.accountabilities import Accountability, CareService
from service.domain.accounts import Account
from service.domain.contacts import Child, Contact
from service.domain.daily_meetings import (
    DAILY_MEETING,
    CarriedBefore,
    CarriedTo,
    CaseOnAgenda,
    ContactBefore,
    DailyMeeting,
    DailyMeetingState,
    ItemState,
    MeetingItem,
)
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import NotFound
from service.domain.police_notifications import PoliceNotification
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.keysets import Place, soonest_first
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import contacts
from service.persistence.units_of_work import Work
from service.persistence.visibility import child_visible_to

MEETING = table_of(DailyMeeting)
AGENDA_ITEM = table_of(MeetingItem)
NOTIFICATION = table_of(PoliceNotification)
CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)
ACCOUNT = table_of(Account)


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
        raise MeetingItemNotFound(
            "There is no item with this id on the agenda of that day. Read the agenda again."
        )
    return found


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


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """How many items of a day stand where; `waiting` counts those left from earlier days too."""

    waiting: int
    decided: int
    carried_over: int


@dataclass(frozen=True, slots=True)
class OnAgenda:
    """An item of an agenda with the notification, the contact and the child that it is about."""

    item: MeetingItem
    notification: PoliceNotification
    contact: Contact
    child: Child


def _on_agenda(day: date, today: date) -> Subquery:
    """The items on the agenda of a day: its own, and those left from days before.

    Each found by its own index, however many items there were in the years before; the state is
    written into the statement, as the partial index of what waits needs it.
    """
    items = select(*columns_of(MeetingItem))
    own = items.where(AGENDA_ITEM.c.meeting_on == day)
    if day > today:
        return own.subquery("on_agenda")
    waiting = literal(ItemState.waiting.value, literal_execute=True)
    left = items.where(AGENDA_ITEM.c.state == waiting, AGENDA_ITEM.c.meeting_on < day)
    return union_all(own, left).subquery("on_agenda")


async def counted(ask: Asking, day: date, today: date) -> ItemCounts:
    """How many items on the agenda of a day wait, were decided, or carried over."""
    on_agenda = _on_agenda(day, today)
    rows = await ask.all(select(on_agenda.c.state, func.count()).group_by(on_agenda.c.state))
    numbers = {state: int(number) for state, number in rows}
    return ItemCounts(**{state.value: numbers.get(state, 0) for state in ItemState})


async def page_of(
    ask: Asking,
    sight: Sight,
    day: date,
    today: date,
    *,
    limit: int,
    after: Place | None = None,
    only: UUID | None = None,
) -> list[OnAgenda]:
    """Items on the agenda of a day with what each is about, from after a place on.

    Danger first, then those left from earlier days, the children of a notification together.
    """
    on_agenda = _on_agenda(day, today)
    item_on = on_agenda.c
    kinds: tuple[type[Any], ...] = (MeetingItem, PoliceNotification, Contact, Child)
    columns = [tuple(item_on), *(columns_of(kind) for kind in kinds[1:])]
    statement = (
        select(*(column for kind in columns for column in kind))
        .select_from(on_agenda)
        .join(NOTIFICATION, NOTIFICATION.c.id == item_on.notification_id)
        .join(CONTACT, CONTACT.c.id == item_on.contact_id)
        .join(CHILD, CHILD.c.id == item_on.child_id)
        .where(child_visible_to(sight, CHILD))
    )
    if only is not None:
        statement = statement.where(item_on.id == only)
    # As `AgendaItem.place` has it.
    rank = case((CONTACT.c.danger.is_not(None), 0), else_=1)
    in_order = soonest_first(rank, item_on.meeting_on, item_on.contact_id, item_on.id)
    found: list[OnAgenda] = []
    for row in await ask.all(in_order.page(statement, limit, after)):
        parts: list[Any] = []
        start = 0
        for kind, own in zip(kinds, columns, strict=True):
            parts.append(read(kind, tuple(row)[start : start + len(own)]))
            start += len(own)
        found.append(OnAgenda(*parts))
    return found


async def earlier_contacts(
    ask: Asking, sight: Sight, people: Sequence[UUID], since: datetime
) -> Mapping[UUID, list[ContactBefore]]:
    """The contacts of several children since an instant, newest first, and what came of each."""
    found: dict[UUID, list[ContactBefore]] = defaultdict(list)
    if not people:
        return found
    closed = {
        name: case((REFERRAL.c.id.is_not(None), REFERRAL.c[name]), else_=EPISODE.c[name])
        for name in ("closed_at", "closure_code", "closure_reason")
    }
    rows = await ask.all(
        select(
            CHILD.c.person_id,
            CONTACT.c.id,
            CONTACT.c.reference,
            CONTACT.c.received_at,
            CONTACT.c.source_code,
            CONTACT.c.sender_organisation_id,
            NOTIFICATION.c.risk,
            DECISION.c.outcome,
            DECISION.c.answered_at,
            *closed.values(),
        )
        .select_from(CHILD)
        .join(CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .outerjoin(NOTIFICATION, NOTIFICATION.c.contact_id == CONTACT.c.id)
        .outerjoin(
            DECISION,
            and_(
                DECISION.c.child_id == CHILD.c.id,
                DECISION.c.state == DecisionState.signed,
                DECISION.c.superseded_at.is_(None),
            ),
        )
        # The case that the decision opened, and not one that a transfer brought the child to.
        .outerjoin(
            REFERRAL,
            and_(REFERRAL.c.decision_id == DECISION.c.id, REFERRAL.c.transfer_id.is_(None)),
        )
        .outerjoin(
            EPISODE,
            and_(EPISODE.c.decision_id == DECISION.c.id, EPISODE.c.transfer_id.is_(None)),
        )
        .where(
            CHILD.c.person_id.in_(people),
            CONTACT.c.received_at >= since,
            child_visible_to(sight, CHILD),
        )
        .order_by(CONTACT.c.received_at.desc(), CONTACT.c.id.desc())
    )
    for row in rows:
        one = ContactBefore(*tuple(row))
        found[one.person_id].append(one)
    return found


async def open_cases(ask: Asking, people: Sequence[UUID]) -> Mapping[UUID, CaseOnAgenda]:
    """The case that answers for each of several children, its team and its worker."""
    if not people:
        return {}
    found: dict[UUID, CaseOnAgenda] = {}
    for service, table, key in (
        (CareService.social_care, REFERRAL, "referral_id"),
        (CareService.early_help, EPISODE, "early_help_episode_id"),
    ):
        rows = await ask.all(
            select(
                ACCOUNTABILITY.c.person_id,
                table.c.id,
                table.c.reference,
                table.c.team_id,
                table.c.worker_id,
                ACCOUNT.c.name,
                ACCOUNTABILITY.c.since,
            )
            .select_from(ACCOUNTABILITY)
            .join(table, table.c.id == ACCOUNTABILITY.c[key])
            .outerjoin(ACCOUNT, ACCOUNT.c.id == table.c.worker_id)
            .where(ACCOUNTABILITY.c.person_id.in_(people))
        )
        found |= {person_id: CaseOnAgenda(service, *rest) for person_id, *rest in map(tuple, rows)}
    return found


async def carried_before(ask: Asking, items: Sequence[MeetingItem]) -> dict[UUID, CarriedBefore]:
    """For items that were carried over to where they are, the item before; by the item's id."""
    before = {one.carried_from_id: one.id for one in items if one.carried_from_id is not None}
    if not before:
        return {}
    rows = await ask.all(
        select(
            AGENDA_ITEM.c.id, AGENDA_ITEM.c.meeting_on, AGENDA_ITEM.c.carried_over_because
        ).where(AGENDA_ITEM.c.id.in_(before))
    )
    return {before[row[0]]: CarriedBefore(*tuple(row)) for row in rows}


async def carried_to(ask: Asking, items: Sequence[MeetingItem]) -> dict[UUID, CarriedTo]:
    """For items that were carried over, where to; by the item's id."""
    away = [one.id for one in items if one.state is ItemState.carried_over]
    if not away:
        return {}
    rows = await ask.all(
        select(AGENDA_ITEM.c.carried_from_id, AGENDA_ITEM.c.id, AGENDA_ITEM.c.meeting_on).where(
            AGENDA_ITEM.c.carried_from_id.in_(away)
        )
    )
    return {from_id: CarriedTo(id_, day) for from_id, id_, day in rows}
