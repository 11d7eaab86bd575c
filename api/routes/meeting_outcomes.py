"""A daily meeting's outcomes in one act over HTTP: many incidents decided, or recorded."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Key, Who, create, rendered
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.daily_meetings import MeetingDate
from api.schemas.meeting_outcomes import (
    MeetingOutcomes,
    MeetingOutcomesCreate,
    Recording,
    RecordingCreate,
)
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.answers import Answer
from service.domain.decisions import OwnWordsNeeded
from service.domain.meeting_outcomes import IncidentsMovedOn, MeetingSettled, OutcomesNotPossible
from service.domain.recorded_notifications import NotToBeRecorded, Recorded
from service.usecases import meeting_outcomes, recorded_notifications

router = APIRouter(prefix="/v1/daily-meetings", tags=["daily-meetings"], route_class=FrontDoorRoute)


def _agenda_of(day: MeetingDate) -> str:
    return f"/v1/daily-meetings/{day.isoformat()}"


def _settled(location: str, settled: MeetingSettled) -> Answer:
    return rendered(MeetingOutcomes.of(settled), 201, location=location)


@router.post(
    "/{date}/outcomes",
    status_code=201,
    response_model=MeetingOutcomes,
    responses=problems(IncidentsMovedOn, OutcomesNotPossible),
)
@needs(Permission.decide)
async def record_meeting_outcomes(
    request: Request, who: Who, key: Key, date: MeetingDate, body: MeetingOutcomesCreate
) -> Response:
    """Record the outcomes for many children on an agenda in one act, incident by incident.

    What is said of an incident is said once, and of each of its children what differs; each child
    has a decision of its own, as if drafted alone, which waits for somebody else's sign-off. All
    is done or nothing, and every fault of every item is named at once: with `those_that_can`, the
    incidents without a fault are done, and `refused` names the others. An incident whose contact
    changed since the agenda was read is named so.
    """

    async def drafted(work: Work) -> MeetingSettled:
        return await meeting_outcomes.record_meeting_outcomes(
            work,
            who,
            date,
            [one.told() for one in body.incidents],
            those_that_can=body.those_that_can,
        )

    return await create(request, who, key, body, drafted, partial(_settled, _agenda_of(date)))


def _recorded(location: str, recorded: Recorded) -> Answer:
    return rendered(Recording.of(recorded), 201, location=location)


@router.post(
    "/{date}/recording",
    status_code=201,
    response_model=Recording,
    responses=problems(NotToBeRecorded, OwnWordsNeeded),
)
@needs(Permission.record_without_discussion)
async def record_without_discussion(
    request: Request, who: Who, key: Key, date: MeetingDate, body: RecordingCreate
) -> Response:
    """Record notifications without a discussion: a manager's one act over a list that they read.

    What may be recorded so is the policy's: the agenda says it of each item, and why others not.
    Each child has a signed decision, without further action, that says under which edition of the
    policy. Whatever does not qualify or changed since is named with why, and nothing is done; with
    `those_that_can`, the rest is recorded and `refused` names what is left for the meeting.
    """

    async def recorded(work: Work) -> Recorded:
        return await recorded_notifications.record_without_discussion(
            work,
            who,
            date,
            [one.told() for one in body.items],
            body.words,
            those_that_can=body.those_that_can,
        )

    return await create(request, who, key, body, recorded, partial(_recorded, _agenda_of(date)))
