"""Strategy meetings over HTTP: call, invite, record who came, conclude, circulate the minutes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import (
    Key,
    Version,
    Who,
    ask,
    change,
    create,
    rendered,
)
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import MeetingQuery
from api.schemas.strategy_conclusions import ConclusionIn, MinutesIn
from api.schemas.strategy_invitations import AttendanceIn, InvitationsIn
from api.schemas.strategy_meetings import (
    Cancellation,
    MeetingId,
    Rearrangement,
    StrategyMeeting,
    StrategyMeetingCreate,
    StrategyMeetingSummary,
)
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.answers import Answer
from service.domain.emergency_acts import WithinOfficeHours
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.domain.states import WrongState
from service.domain.strategy_meetings import (
    InvitationsUnanswered,
    MeetingFilters,
    MeetingIncomplete,
    MeetingUnderWay,
)
from service.domain.transfers import NotAccountable
from service.usecases import (
    held_strategy_meetings,
    strategy_conclusions,
    strategy_invitations,
    strategy_meetings,
)

router = APIRouter(
    prefix="/v1/strategy-meetings", tags=["strategy-meetings"], route_class=FrontDoorRoute
)

_LISTED = Listing(
    "strategy-meetings",
    lambda one: (one.meeting.called_at, one.meeting.id),
    StrategyMeetingSummary.of,
    MeetingFilters,
)


def _answer(whole: strategy_meetings.WholeMeeting) -> Answer:
    return rendered(
        StrategyMeeting.of(whole),
        201,
        version=whole.meeting.version,
        location=f"/v1/strategy-meetings/{whole.meeting.id}",
    )


def _reply(whole: strategy_meetings.WholeMeeting) -> Response:
    return reply(StrategyMeeting.of(whole), version=whole.meeting.version, always_whole=True)


async def _moved(request: Request, move: strategy_meetings.Move) -> Response:
    async def moved(work: Work) -> strategy_meetings.WholeMeeting:
        return await strategy_meetings.whole_strategy_meeting(work, await move(work))

    return _reply(await change(request, moved))


@router.post(
    "",
    status_code=201,
    response_model=StrategyMeeting,
    responses=problems(
        MeetingIncomplete, MeetingUnderWay, NotAccountable, strategy_meetings.ReferralNotFound
    ),
)
@needs(Permission.call_strategy_meeting)
async def call_strategy_meeting(
    request: Request, who: Who, key: Key, body: StrategyMeetingCreate
) -> Response:
    """Call a strategy meeting about one child or several siblings.

    Each has an open referral that answers for the child, and no other meeting that is not
    concluded. The answer proposes who must be invited; not inviting one of them takes a reason.
    """

    async def called(work: Work) -> strategy_meetings.WholeMeeting:
        meeting = await strategy_meetings.call_strategy_meeting(
            work, who, body.planned_for, body.told()
        )
        return await strategy_meetings.whole_strategy_meeting(work, meeting)

    return await create(request, who, key, body, called, _answer)


@router.get(
    "",
    response_model=Page[StrategyMeetingSummary],
    responses=problems(MeasureCountsOthers, BreakdownNotPossible),
)
async def list_strategy_meetings(
    request: Request,
    who: Who,
    asked: Annotated[MeetingQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List strategy meetings, newest first, each with the limit that runs on it.

    Each figure of a measure of strategy meetings gives the filter that lists its very cases.
    """
    return await _LISTED.page(
        request, who, paging, strategy_meetings.list_strategy_meetings, asked, behind
    )


@router.get(
    "/{meeting_id}",
    response_model=StrategyMeeting,
    responses=problems(strategy_meetings.MeetingNotFound),
)
async def read_strategy_meeting(request: Request, who: Who, meeting_id: MeetingId) -> Response:
    """Read a strategy meeting: what it decided, what it still lacks, and what can be done now.

    `earlier` are the other meetings about these children: together they are one story.
    """
    return _reply(
        await ask(
            request,
            lambda asking: strategy_meetings.read_strategy_meeting(asking, who, meeting_id),
        )
    )


@router.post(
    "/{meeting_id}/invitations",
    response_model=StrategyMeeting,
    responses=problems(MeetingIncomplete, WrongState, strategy_meetings.MeetingNotFound),
)
@needs(Permission.invite_to_strategy_meeting)
async def invite_to_strategy_meeting(
    request: Request, who: Who, meeting_id: MeetingId, version: Version, body: InvitationsIn
) -> Response:
    """Say who of the list is invited, and why somebody is not; add others.

    A part may be said now and the rest later: `missing` names what nobody has answered. After the
    meeting, those who came without being on the list can be added.
    """
    return await _moved(
        request,
        lambda work: strategy_invitations.invite_to_strategy_meeting(
            work, who, meeting_id, version, answers=body.answers(), others=body.added()
        ),
    )


@router.post(
    "/{meeting_id}/rearrangement",
    response_model=StrategyMeeting,
    responses=problems(MeetingIncomplete, WrongState, strategy_meetings.MeetingNotFound),
)
@needs(Permission.call_strategy_meeting)
async def rearrange_strategy_meeting(
    request: Request, who: Who, meeting_id: MeetingId, version: Version, body: Rearrangement
) -> Response:
    """Move a strategy meeting to another time, with the reason; its clock goes on running."""
    return await _moved(
        request,
        lambda work: strategy_meetings.rearrange_strategy_meeting(
            work, who, meeting_id, version, planned_for=body.planned_for, because=body.because
        ),
    )


@router.post(
    "/{meeting_id}/cancellation",
    response_model=StrategyMeeting,
    responses=problems(MeetingIncomplete, WrongState, strategy_meetings.MeetingNotFound),
)
@needs(Permission.call_strategy_meeting)
async def cancel_strategy_meeting(
    request: Request, who: Who, meeting_id: MeetingId, version: Version, body: Cancellation
) -> Response:
    """Cancel a strategy meeting that was not held, with the reason.

    The clock of holding one goes on running: call another, or supersede the decision.
    """
    return await _moved(
        request,
        lambda work: strategy_meetings.cancel_strategy_meeting(
            work, who, meeting_id, version, because=body.because
        ),
    )


@router.post(
    "/{meeting_id}/attendance",
    response_model=StrategyMeeting,
    responses=problems(
        InvitationsUnanswered, MeetingIncomplete, WrongState, strategy_meetings.MeetingNotFound
    ),
)
@needs(Permission.record_strategy_meeting)
async def record_strategy_meeting(
    request: Request, who: Who, meeting_id: MeetingId, version: Version, body: AttendanceIn
) -> Response:
    """Record that a strategy meeting was held, who came and who sent what.

    Not before everybody on the list is invited, or not invited with a reason. The clock of holding
    it stops, and that of the minutes starts, by when it was held. Sent again before the conclusion,
    it corrects who came.
    """
    return await _moved(
        request,
        lambda work: held_strategy_meetings.record_strategy_meeting(
            work,
            who,
            meeting_id,
            version,
            held_at=body.held_at,
            attendance=body.told(),
            not_quorate_because=body.not_quorate_because,
        ),
    )


@router.post(
    "/{meeting_id}/conclusion",
    response_model=StrategyMeeting,
    responses=problems(
        MeetingIncomplete, WithinOfficeHours, WrongState, strategy_meetings.MeetingNotFound
    ),
)
@needs(Permission.conclude_strategy_meeting)
async def conclude_strategy_meeting(
    request: Request, who: Who, meeting_id: MeetingId, version: Version, body: ConclusionIn
) -> Response:
    """Conclude a strategy meeting, for every child that it is about.

    A section 47 enquiry, single or joint, or none, and why; the decision on a medical examination
    when injury or sexual abuse is alleged; what the child will be told; what happens next, by whom
    and by when. What is missing is named, all of it at once. An enquiry that begins starts its
    clocks from when the meeting was held. An emergency duty worker concludes a meeting that was
    held out of hours: of each child an emergency act waits for a manager's sign-off.
    """
    return await _moved(
        request,
        lambda work: strategy_conclusions.conclude_strategy_meeting(
            work, who, meeting_id, version, body.told()
        ),
    )


@router.post(
    "/{meeting_id}/minutes",
    response_model=StrategyMeeting,
    responses=problems(MeetingIncomplete, WrongState, strategy_meetings.MeetingNotFound),
)
@needs(Permission.circulate_strategy_minutes)
async def circulate_strategy_minutes(
    request: Request, who: Who, meeting_id: MeetingId, version: Version, body: MinutesIn
) -> Response:
    """Record the minutes of a concluded strategy meeting, and when they were circulated."""
    return await _moved(
        request,
        lambda work: strategy_conclusions.circulate_strategy_minutes(
            work,
            who,
            meeting_id,
            version,
            minutes=body.minutes,
            circulated_at=body.circulated_at,
        ),
    )
