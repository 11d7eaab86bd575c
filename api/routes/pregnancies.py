"""Unborn children over HTTP: the expected date, the birth, and what was learnt on the way."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Version, Who, ask, change, house_of
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.pregnancies import BirthIn, ExpectedDeliveryIn, Pregnancy, PregnancyEndIn
from api.schemas.words import EXAMPLE_ID
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.accountabilities import AnotherSidesChild
from service.domain.people import Person
from service.domain.pregnancies import ChildNotOpen, NotUnborn, PregnancyIncomplete
from service.usecases import pregnancies

router = APIRouter(prefix="/v1/people", tags=["pregnancies"], route_class=FrontDoorRoute)

PersonId = Annotated[
    UUID,
    Path(
        description="The child, across contacts: `person_id` of a child on a contact or a case.",
        examples=[EXAMPLE_ID],
    ),
]
_REFUSALS = problems(
    AnotherSidesChild,
    ChildNotOpen,
    NotUnborn,
    PregnancyIncomplete,
    pregnancies.PersonNotFound,
)


def _reply(found: pregnancies.WholePregnancy) -> Response:
    return reply(Pregnancy.whole(found), version=found.version, always_whole=True)


async def _learnt(
    request: Request, who: Who, person_id: UUID, learn: Callable[[Work], Awaitable[Person]]
) -> Response:
    async def learnt(work: Work) -> pregnancies.WholePregnancy:
        await learn(work)
        return await pregnancies.whole_pregnancy(work, who, person_id)

    return _reply(await change(request, learnt))


@router.get(
    "/{person_id}/pregnancy",
    response_model=Pregnancy,
    responses=problems(pregnancies.PersonNotFound),
)
async def read_pregnancy(request: Request, who: Who, person_id: PersonId) -> Response:
    """Read an unborn child: week of pregnancy, alerts, clocks, and everything learnt.

    One child before and after the birth: once born, the same record with what was before.
    """
    house = house_of(request)
    policy, now = house.policy, house.clock()
    return _reply(
        await ask(
            request,
            lambda asking: pregnancies.read_pregnancy(
                asking, who, person_id, policy=policy, now=now
            ),
        )
    )


@router.post("/{person_id}/expected-delivery", response_model=Pregnancy, responses=_REFUSALS)
@needs(Permission.record_birth)
async def change_expected_delivery(
    request: Request, who: Who, person_id: PersonId, version: Version, body: ExpectedDeliveryIn
) -> Response:
    """Record the expected date of delivery, or another one with the reason.

    The pre-birth clocks go by the new date from the same start. Who is told late in a pregnancy has
    the policy's working days all the same.
    """
    return await _learnt(
        request,
        who,
        person_id,
        lambda work: pregnancies.change_expected_delivery(
            work,
            who,
            person_id,
            version,
            expected_delivery_on=body.expected_delivery_on,
            because=body.because,
        ),
    )


@router.post("/{person_id}/birth", response_model=Pregnancy, responses=_REFUSALS)
@needs(Permission.record_birth)
async def record_birth(
    request: Request, who: Who, person_id: PersonId, version: Version, body: BirthIn
) -> Response:
    """Record that an unborn child is born. It is the same child: cases and assessment go on.

    The pre-birth clocks stop. While a section 47 enquiry is open, the clock by which the child is
    to be seen starts. Refused when nothing is open about the child: log a contact then.
    """
    return await _learnt(
        request,
        who,
        person_id,
        lambda work: pregnancies.record_birth(work, who, person_id, version, body.told()),
    )


@router.post("/{person_id}/pregnancy-end", response_model=Pregnancy, responses=_REFUSALS)
@needs(Permission.record_birth)
async def end_pregnancy(
    request: Request, who: Who, person_id: PersonId, version: Version, body: PregnancyEndIn
) -> Response:
    """Record that a pregnancy ended without a birth: the pre-birth clocks stop, quietly.

    What is open about the child stays open, for people to close.
    """
    return await _learnt(
        request,
        who,
        person_id,
        lambda work: pregnancies.end_pregnancy(
            work, who, person_id, version, ended_on=body.ended_on, because=body.because
        ),
    )
