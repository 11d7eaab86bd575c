"""Daily meetings over HTTP: the agenda, an outcome for each child, carrying over, conclusion."""

from functools import partial

from fastapi import APIRouter, Request
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
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.daily_meetings import (
    CarryingOverIn,
    DailyMeetingAgenda,
    DailyMeetingConclusion,
    DailyMeetingItem,
    ItemId,
    MeetingDate,
)
from api.schemas.decisions import Decision
from api.schemas.new_decisions import DecisionCreate
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.accountabilities import ChildMovedOn, OpenToSocialCare
from service.domain.answers import Answer
from service.domain.challenges import ChallengeOpen
from service.domain.contacts import ChildNotOnContact
from service.domain.daily_meetings import (
    AgendaItem,
    CarryingOverIncomplete,
    DailyMeeting,
    ItemOfAnotherChild,
    ItemsWaiting,
    MeetingAhead,
    NoMeetingThatDay,
)
from service.domain.decisions import (
    CannotSupersede,
    ChildAlreadyDecided,
    DecisionIncomplete,
    DecisionWaiting,
)
from service.domain.possible_matches import PossibleMatchUnresolved, TwoOpenCases
from service.domain.recognition import PersonUnknown
from service.domain.states import WrongState
from service.domain.whole_contacts import WholeDecision
from service.usecases import daily_meetings, decisions

router = APIRouter(prefix="/v1/daily-meetings", tags=["daily-meetings"], route_class=FrontDoorRoute)

_AGENDA: Listing[AgendaItem] = Listing(
    "daily-meetings:danger-first",
    lambda one: one.place,
    DailyMeetingItem.of,
)


@router.get("/{date}", response_model=DailyMeetingAgenda)
async def read_daily_meeting(
    request: Request,
    who: Who,
    date: MeetingDate,
    paging: Paging,
) -> Response:
    """Read the agenda of a daily meeting: each child, with history and who else is known.

    What is of high risk, or of immediate danger, comes first. For today and the days before, what
    was left waiting from earlier days is on it, and marked.
    """
    bound = {"date": date}
    house = house_of(request)
    found = await ask(
        request,
        partial(
            daily_meetings.read_daily_meeting,
            who=who,
            day=date,
            now=house.clock(),
            policy=house.policy,
            limit=paging.limit,
            after=_AGENDA.after(request, who, paging.cursor, bound),
        ),
    )
    last = found.items[-1] if found.more else None
    following = None if last is None else _AGENDA.next_path(request, who, last, bound)
    return reply(
        DailyMeetingAgenda.of(found, following),
        headers={} if following is None else {"link": f'<{following}>; rel="next"'},
    )


@router.get(
    "/{date}/items/{item_id}",
    response_model=DailyMeetingItem,
    responses=problems(daily_meetings.MeetingItemNotFound),
)
async def read_daily_meeting_item(
    request: Request, who: Who, date: MeetingDate, item_id: ItemId
) -> Response:
    """Read one item of an agenda: the child, history, what can be done now, what came of it."""
    house = house_of(request)
    found = await ask(
        request,
        lambda asking: daily_meetings.read_meeting_item(
            asking, who, date, item_id, now=house.clock(), policy=house.policy
        ),
    )
    return reply(DailyMeetingItem.of(found), version=found.item.version, always_whole=True)


def _decided(whole: WholeDecision) -> Answer:
    return rendered(
        Decision.of(whole),
        201,
        version=whole.decision.version,
        location=f"/v1/decisions/{whole.decision.id}",
    )


@router.post(
    "/{date}/items/{item_id}/outcome",
    status_code=201,
    response_model=Decision,
    responses=problems(
        CannotSupersede,
        ChallengeOpen,
        ChildAlreadyDecided,
        ChildMovedOn,
        DecisionIncomplete,
        DecisionWaiting,
        ItemOfAnotherChild,
        OpenToSocialCare,
        WrongState,
        daily_meetings.MeetingItemNotFound,
        ChildNotOnContact,
        PersonUnknown,
        PossibleMatchUnresolved,
        TwoOpenCases,
    ),
)
@needs(Permission.decide)
async def record_meeting_outcome(
    request: Request, who: Who, key: Key, date: MeetingDate, item_id: ItemId, body: DecisionCreate
) -> Response:
    """Record the outcome for a child: a threshold decision, drafted as any other.

    It waits for somebody else's sign-off. However a decision is drafted, it settles the item of
    its child.
    """

    async def drafted(work: Work) -> WholeDecision:
        told = body.told()
        decision = await decisions.record_meeting_outcome(work, who, date, item_id, told)
        return await decisions.whole_decision(work, decision)

    return await create(request, who, key, body, drafted, _decided)


@router.post(
    "/{date}/items/{item_id}/carrying-over",
    response_model=DailyMeetingItem,
    responses=problems(
        CarryingOverIncomplete, MeetingAhead, WrongState, daily_meetings.MeetingItemNotFound
    ),
)
@needs(Permission.carry_over_item)
async def carry_item_over(
    request: Request,
    who: Who,
    date: MeetingDate,
    item_id: ItemId,
    version: Version,
    body: CarryingOverIn,
) -> Response:
    """Carry a child over to the next daily meeting, with the reason in own words.

    The item stays on this agenda with its mark, and a new one is on the next.
    """

    async def carried(work: Work) -> AgendaItem:
        item = await daily_meetings.carry_item_over(work, who, date, item_id, version, body.because)
        return await daily_meetings.whole_item(
            work, who, item.meeting_on, item.id, now=work.now, policy=work.policy
        )

    found = await change(request, carried)
    return reply(DailyMeetingItem.of(found), version=found.item.version, always_whole=True)


def _concluded(meeting: DailyMeeting) -> Answer:
    return rendered(
        DailyMeetingConclusion.of(meeting),
        201,
        version=meeting.version,
        location=f"/v1/daily-meetings/{meeting.meeting_on.isoformat()}",
    )


@router.post(
    "/{date}/conclusion",
    status_code=201,
    response_model=DailyMeetingConclusion,
    responses=problems(ItemsWaiting, MeetingAhead, NoMeetingThatDay, WrongState),
)
async def conclude_daily_meeting(
    request: Request, who: Who, key: Key, date: MeetingDate
) -> Response:
    """Conclude a daily meeting at which every child was decided or carried over.

    Refused with how many still wait. What arrives afterwards is heard at the next meeting.
    """
    return await create(
        request,
        who,
        key,
        b"",
        lambda work: daily_meetings.conclude_daily_meeting(work, who, date),
        _concluded,
    )
