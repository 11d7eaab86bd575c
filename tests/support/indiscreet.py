"""A service that tells any partner, for the test that asks whether fuzzing would notice."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import select
from starlette.responses import Response

from api.app import contract_app, furnish
from api.deps import Who, ask, house_of
from api.replies import reply, reply_as_shown
from api.routing import FrontDoorRoute
from api.schemas.information_requests import AgencyInformationRequest
from api.schemas.multi_agency_referrals import MultiAgencyReferral
from service.bootstrap import Asking, House
from service.domain.access import Caller
from service.domain.contacts import Contact
from service.domain.information_requests import InformationRequest
from service.domain.multi_agency_referrals import SentReferral
from service.domain.whole_contacts import WholeRequest
from service.persistence.asking import AnyRow
from service.persistence.records import table_of
from service.settings import load_settings
from service.usecases.information_requests import read_information_request
from service.usecases.multi_agency_referrals import read_multi_agency_referral

TELLS = "TEST_READ_TO_ANY_PARTNER"

_referrals = APIRouter(prefix="/v1/multi-agency-referrals", route_class=FrontDoorRoute)
_requests = APIRouter(prefix="/v1/information-requests", route_class=FrontDoorRoute)
FAULTS = {router.prefix: router for router in (_referrals, _requests)}


@_referrals.get("/{referral_id}")
async def read_any_referral(request: Request, who: Who, referral_id: UUID) -> Response:
    """As the service does, but whoever asks passes for the sender."""

    async def read(asking: Asking) -> SentReferral:
        contact = table_of(Contact)
        row = await asking.first(
            select(contact.c.sender_organisation_id).where(contact.c.id == referral_id)
        )
        return await read_multi_agency_referral(asking, _passing_for(who, row), referral_id)

    return reply_as_shown(
        MultiAgencyReferral.of(await ask(request, read), house_of(request).policy.receipt)
    )


@_requests.get("/{information_request_id}")
async def read_any_request(request: Request, who: Who, information_request_id: UUID) -> Response:
    """As the service does, but whoever asks passes for the agency that was asked."""

    async def read(asking: Asking) -> WholeRequest:
        asked = table_of(InformationRequest)
        row = await asking.first(
            select(asked.c.organisation_id).where(asked.c.id == information_request_id)
        )
        house = house_of(request)
        return await read_information_request(
            asking,
            _passing_for(who, row),
            information_request_id,
            policy=house.policy,
            now=house.clock(),
        )

    whole = await ask(request, read)
    return reply(AgencyInformationRequest.of(whole), version=whole.request.version)


def _passing_for(who: Caller, row: AnyRow | None) -> Caller:
    return who if row is None else replace(who, organisation_id=row[0])


def application() -> FastAPI:
    """The application with the fault that the environment names."""
    settings = load_settings().check()
    app = contract_app()
    # Of two routes for the same path, the first is served.
    app.router.routes[:0] = FAULTS[os.environ[TELLS]].routes

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = await House.open(settings)
        furnish(app, house)
        try:
            yield
        finally:
            await house.close()

    app.router.lifespan_context = lifespan
    return app
