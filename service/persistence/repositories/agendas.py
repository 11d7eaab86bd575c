"""The agenda of a day: its items with what each is about, and what is known of each child."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from service.domain.access import Sight
from service.domain.accountabilities import Accountability, CareService
from service.domain.accounts import Account
from service.domain.contacts import Child, Contact, WithdrawalReason
from service.domain.daily_meetings import (
    AgendaChild,
    AgendaContact,
    AgendaNotification,
    CaseOnAgenda,
    ContactBefore,
    DailyMeeting,
    ItemState,
    MeetingItem,
)
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.police_notifications import PoliceNotification
from service.domain.police_updates import PoliceUpdate
from service.domain.referrals import Referral
from service.domain.school_notices import SchoolNotice, how_it_stands
from service.persistence.asking import Asking
from service.persistence.keysets import Place, soonest_first
from service.persistence.prepared import Makeable, Rows, any_of, made_once, made_once_for_sight
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import police_tellings, school_notices
from service.persistence.statements import all_of
from service.persistence.visibility import child_visible_to

AGENDA_ITEM = table_of(MeetingItem)
NOTIFICATION = table_of(PoliceNotification)
CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)
ACCOUNT = table_of(Account)

# The state is written into the statement, as the partial index of what waits needs it.
_WAITING = literal_column(f"'{ItemState.waiting.value}'", String())


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
    notification: AgendaNotification
    contact: AgendaContact
    child: AgendaChild


@dataclass(frozen=True, slots=True)
class AgendaPage:
    """Some items of an agenda, how the meeting stands, and how many of its items stand where."""

    items: Sequence[OnAgenda]
    meeting: DailyMeeting | None
    counted: ItemCounts


@dataclass(frozen=True, slots=True)
class KnownBeside:
    """What is known of the children on a page of an agenda, by the ids that each is known by.

    `told_before` are the children, siblings too, of whom anything else was ever told, or whose case
    is open.
    """

    earlier: Mapping[UUID, Sequence[ContactBefore]]
    siblings: Mapping[UUID, Sequence[AgendaChild]]
    cases: Mapping[UUID, CaseOnAgenda]
    updates: Mapping[UUID, Sequence[PoliceUpdate]]
    told_before: frozenset[UUID]
    schools: Mapping[UUID, SchoolNotice]


def _on_agenda(left_over: bool) -> Subquery:
    """The items on the agenda of a day: its own, and perhaps those left from days before.

    Each found by its own index, however many items there were in the years before.
    """
    items = select(*columns_of(MeetingItem))
    day = bindparam("day", type_=AGENDA_ITEM.c.meeting_on.type)
    own = items.where(AGENDA_ITEM.c.meeting_on == day)
    if not left_over:
        return own.subquery("on_agenda")
    left = items.where(AGENDA_ITEM.c.state == _WAITING, AGENDA_ITEM.c.meeting_on < day)
    return union_all(own, left).subquery("on_agenda")


@made_once
def _counting(left_over: bool) -> Makeable:
    on_agenda = _on_agenda(left_over)
    return select(on_agenda.c.state, func.count()).group_by(on_agenda.c.state)


def _counts_in(rows: Rows) -> ItemCounts:
    numbers = {state: int(number) for state, number in rows}
    return ItemCounts(**{state.value: numbers.get(state, 0) for state in ItemState})


async def counted(ask: Asking, day: date, today: date) -> ItemCounts:
    """How many items on the agenda of a day wait, were decided, or carried over."""
    return _counts_in(await ask.all(_counting(day <= today), day=day))


# What a line of an agenda is made of, in this order.
_PARTS: tuple[tuple[type[Any], Any], ...] = (
    (MeetingItem, AGENDA_ITEM),
    (AgendaNotification, NOTIFICATION),
    (AgendaContact, CONTACT),
    (AgendaChild, CHILD),
)


def _columns(kind: type[Any], table: Any) -> list[ColumnElement[Any]]:
    """The columns of a table that bear the names of the fields, in their order."""
    return [table.c[field.name] for field in fields(kind)]


@made_once_for_sight
def _lines(sight: Sight, left_over: bool, continued: bool, named: bool) -> Makeable:
    on_agenda = _on_agenda(left_over)
    item_on = on_agenda.c
    shown = [one for kind, table in _PARTS[1:] for one in _columns(kind, table)]
    statement = (
        select(*_columns(MeetingItem, on_agenda), *shown)
        .select_from(
            on_agenda.join(NOTIFICATION, NOTIFICATION.c.id == item_on.notification_id)
            .join(CONTACT, CONTACT.c.id == item_on.contact_id)
            .join(CHILD, CHILD.c.id == item_on.child_id)
        )
        .where(child_visible_to(sight, CHILD))
    )
    if named:
        statement = statement.where(any_of(item_on.id, "only"))
    # As `AgendaItem.place` has it.
    rank = case((CONTACT.c.danger.is_not(None), 0), else_=1)
    in_order = soonest_first(rank, item_on.meeting_on, item_on.contact_id, item_on.id)
    last = [
        bindparam("after_rank", type_=Integer()),
        *(
            bindparam(f"after_{column.name}", type_=column.type)
            for column in (item_on.meeting_on, item_on.contact_id, item_on.id)
        ),
    ]
    lines: Any = bindparam("lines", type_=Integer())
    return in_order.page(statement, lines, tuple(last) if continued else None)


def _lines_in(rows: Rows) -> list[OnAgenda]:
    found: list[OnAgenda] = []
    widths = [(kind, len(fields(kind))) for kind, _ in _PARTS]
    for row in rows:
        parts: list[Any] = []
        start = 0
        for kind, width in widths:
            parts.append(read(kind, row[start : start + width]))
            start += width
        found.append(OnAgenda(*parts))
    return found


async def page_of(
    ask: Asking, sight: Sight, day: date, today: date, *, limit: int, after: Place | None = None
) -> AgendaPage:
    """Items on the agenda of a day with what each is about, from after a place on.

    Danger first, then those left from earlier days, the children of a notification together.
    """
    left_over = day <= today
    rank, meeting_on, contact_id, item_id = after or (None, None, None, None)
    lines, meetings, numbers = await ask.together(
        _lines(sight, left_over, after is not None, False),
        all_of(DailyMeeting, "meeting_on"),
        _counting(left_over),
        day=day,
        of=day,
        lines=limit,
        after_rank=rank,
        after_meeting_on=meeting_on,
        after_contact_id=contact_id,
        after_id=item_id,
    )
    return AgendaPage(
        _lines_in(lines),
        read(DailyMeeting, meetings[0]) if meetings else None,
        _counts_in(numbers),
    )


async def only(
    ask: Asking, sight: Sight, day: date, today: date, item_ids: Sequence[UUID]
) -> list[OnAgenda]:
    """Those of some items that are on the agenda of a day, each with what it is about."""
    line = _lines(sight, day <= today, False, True)
    return _lines_in(await ask.all(line, day=day, only=list(item_ids), lines=len(item_ids)))


@made_once
def _siblings() -> Makeable:
    return (
        select(*_columns(AgendaChild, CHILD))
        .where(any_of(CHILD.c.contact_id, "contacts"))
        .order_by(CHILD.c.contact_id, CHILD.c.position)
    )


@made_once
def _told_before() -> Makeable:
    other, told_on = CHILD.alias("told_elsewhere"), CONTACT.alias("told_on")
    elsewhere = exists().where(
        other.c.person_id == CHILD.c.person_id,
        other.c.contact_id != CHILD.c.contact_id,
        told_on.c.id == other.c.contact_id,
        or_(
            told_on.c.withdrawn_as.is_(None),
            told_on.c.withdrawn_as == literal_column(f"'{WithdrawalReason.not_ours.value}'"),
        ),
    )
    is_open = exists().where(ACCOUNTABILITY.c.person_id == CHILD.c.person_id)
    return select(CHILD.c.id).where(any_of(CHILD.c.contact_id, "contacts"), or_(elsewhere, is_open))


@made_once_for_sight
def _earlier(sight: Sight) -> Makeable:
    closed = {
        name: case((REFERRAL.c.id.is_not(None), REFERRAL.c[name]), else_=EPISODE.c[name])
        for name in ("closed_at", "closure_code", "closure_reason")
    }
    return (
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
        .select_from(
            CHILD.join(CONTACT, CONTACT.c.id == CHILD.c.contact_id)
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
        )
        .where(
            any_of(CHILD.c.person_id, "people"),
            CONTACT.c.received_at >= bindparam("since", type_=CONTACT.c.received_at.type),
            child_visible_to(sight, CHILD),
        )
        .order_by(CONTACT.c.received_at.desc(), CONTACT.c.id.desc())
    )


_CASES = {
    CareService.social_care: (REFERRAL, "referral_id"),
    CareService.early_help: (EPISODE, "early_help_episode_id"),
}


@made_once
def _open_cases(service: CareService) -> Makeable:
    table, key = _CASES[service]
    return (
        select(
            ACCOUNTABILITY.c.person_id,
            table.c.id,
            table.c.reference,
            table.c.team_id,
            table.c.worker_id,
            ACCOUNT.c.name,
            ACCOUNTABILITY.c.since,
        )
        .select_from(
            ACCOUNTABILITY.join(table, table.c.id == ACCOUNTABILITY.c[key]).outerjoin(
                ACCOUNT, ACCOUNT.c.id == table.c.worker_id
            )
        )
        .where(any_of(ACCOUNTABILITY.c.person_id, "people"))
    )


async def known_beside(
    ask: Asking, sight: Sight, page: Sequence[OnAgenda], since: datetime
) -> KnownBeside:
    """What is known of the children on a page: asked for all of them at once.

    Their contacts since an instant, newest first, and what came of each; the other children on
    theirs; the case that answers for each; and what the police told later.
    """
    earlier, siblings, social_care, early_help, updates, told, notices = await ask.together(
        _earlier(sight),
        _siblings(),
        _open_cases(CareService.social_care),
        _open_cases(CareService.early_help),
        police_tellings.updates_in_order(),
        _told_before(),
        school_notices.in_order(),
        people=sorted({one.child.person_id for one in page}),
        since=since,
        contacts=sorted({one.contact.id for one in page}),
        notifications=sorted({one.notification.id for one in page}),
    )
    before: defaultdict[UUID, list[ContactBefore]] = defaultdict(list)
    for row in earlier:
        one = read(ContactBefore, row)
        before[one.person_id].append(one)
    cases = {
        person_id: CaseOnAgenda(service, *rest)
        for service, rows in zip(_CASES, (social_care, early_help), strict=True)
        for person_id, *rest in rows
    }
    together: defaultdict[UUID, list[AgendaChild]] = defaultdict(list)
    for row in siblings:
        child = read(AgendaChild, row)
        together[child.contact_id].append(child)
    return KnownBeside(
        before,
        together,
        cases,
        police_tellings.by_notification(updates),
        frozenset(child_id for (child_id,) in told),
        how_it_stands([read(SchoolNotice, row) for row in notices]),
    )
