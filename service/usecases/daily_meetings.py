"""Daily meetings: the agenda, an outcome for each child, what is carried over, the conclusion."""

from datetime import date, datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.calendar import london_date
from service.domain.daily_meetings import (
    DAILY_MEETING,
    ITEM,
    Agenda,
    AgendaItem,
    CarryingOverIncomplete,
    DailyMeeting,
    DailyMeetingAction,
    ItemAction,
    ItemsWaiting,
    MeetingAhead,
    MeetingItem,
    NoMeetingThatDay,
)
from service.domain.events import EventType
from service.domain.own_words import require_own_words
from service.domain_services.agendas import with_history
from service.domain_services.daily_meetings import carry_over_item, conclude_meeting
from service.domain_services.lives import refuse_stale
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import (
    agendas,
    daily_meetings,
    event_subjects,
)
from service.persistence.units_of_work import Work
from service.policy import Policy

# Refusals from below that routes name in the contract.
MeetingItemNotFound = daily_meetings.MeetingItemNotFound


async def read_daily_meeting(
    ask: Asking,
    who: Caller,
    day: date,
    *,
    now: datetime,
    policy: Policy,
    limit: int,
    after: Place | None = None,
) -> Agenda:
    """The agenda of a day, with history beside each child, from after a place on.

    For today and the days before, what was left waiting from earlier days is on it as well.
    """
    who.require(Permission.read_daily_meetings)
    today = london_date(now)
    page = await agendas.page_of(ask, who.sight, day, today, limit=limit + 1, after=after)
    return Agenda(
        meeting_on=day,
        is_working_day=policy.is_working_day(day),
        meeting=page.meeting,
        waiting=page.counted.waiting,
        decided=page.counted.decided,
        carried_over=page.counted.carried_over,
        items=await with_history(ask, who, page.items[:limit], day, policy),
        more=len(page.items) > limit,
    )


async def read_meeting_item(
    ask: Asking, who: Caller, day: date, item_id: UUID, *, now: datetime, policy: Policy
) -> AgendaItem:
    """One item of an agenda with its history. Raises MeetingItemNotFound."""
    who.require(Permission.read_daily_meetings)
    return await whole_item(ask, who, day, item_id, now=now, policy=policy)


async def whole_item(
    ask: Asking, who: Caller, day: date, item_id: UUID, *, now: datetime, policy: Policy
) -> AgendaItem:
    """One item with all that is shown beside it. Raises MeetingItemNotFound."""
    found = await daily_meetings.item(ask, who.sight, day, item_id)
    page = await agendas.only(ask, who.sight, found.meeting_on, london_date(now), [item_id])
    [item] = await with_history(ask, who, page, day, policy)
    return item


async def carry_item_over(
    work: Work, who: Caller, day: date, item_id: UUID, version: int, because: str
) -> MeetingItem:
    """Carries a child over to the next daily meeting, with the reason in own words.

    Raises MeetingItemNotFound, WrongState, Stale, MeetingAhead and CarryingOverIncomplete.
    """
    who.require(Permission.carry_over_item)
    item = await daily_meetings.item_held(work, who.sight, day, item_id)
    ITEM.after(item.state, ItemAction.carry_over)
    refuse_stale(item, version)
    today = london_date(work.now)
    if item.meeting_on > today:
        raise MeetingAhead(
            "This child is not heard before that day: there is nothing to carry over yet.",
            state=item.state,
            allowed=(ItemAction.decide,),
        )
    require_own_words(
        work.policy.rationale,
        "/because",
        because,
        CarryingOverIncomplete,
        "Nothing is carried over without a reason in your own words.",
    )
    again = await carry_over_item(work, who, item, because, today)
    work.record(
        EventType.daily_meeting_item_carried_over,
        who,
        item.id,
        contact_id=item.contact_id,
        about=(await event_subjects.people_of_children(work, [item.child_id])).values(),
        child_id=item.child_id,
        meeting_on=item.meeting_on,
        next_item_id=again.id,
        next_meeting_on=again.meeting_on,
        times_carried=again.times_carried,
    )
    return item


async def conclude_daily_meeting(work: Work, who: Caller, day: date) -> DailyMeeting:
    """Concludes the meeting of a day on which every child was decided or carried over.

    What arrives from now on goes to the next meeting. Raises MeetingAhead, NoMeetingThatDay,
    WrongState, and ItemsWaiting with how many wait.
    """
    who.require(Permission.conclude_daily_meeting)
    today = london_date(work.now)
    if day > today:
        raise MeetingAhead(
            "This meeting is still to come: conclude it on its day, or after.",
            state=DAILY_MEETING.start,
            allowed=(),
        )
    found = await daily_meetings.meeting_of(work, day)
    if found is None and not work.policy.is_working_day(day):
        raise NoMeetingThatDay(
            "Nobody meets on that day. Conclude the meeting of a working day.",
            state=DAILY_MEETING.start,
            allowed=(),
        )
    meeting = await daily_meetings.held(work, day)
    DAILY_MEETING.after(meeting.state, DailyMeetingAction.conclude)
    waiting = (await agendas.counted(work, day, today)).waiting
    if waiting:
        raise ItemsWaiting(
            f"{waiting} {'child waits' if waiting == 1 else 'children wait'} on this agenda: "
            "decide for each, or carry it over with the reason.",
            state=meeting.state,
            allowed=(ItemAction.decide, ItemAction.carry_over),
        )
    concluded = await conclude_meeting(work, who, meeting)
    heard = await event_subjects.people_on_agenda(work, [concluded.meeting_on])
    work.record(
        EventType.daily_meeting_concluded,
        who,
        meeting.id,
        about=heard.get(concluded.meeting_on, ()),
        meeting_on=concluded.meeting_on,
    )
    return concluded
