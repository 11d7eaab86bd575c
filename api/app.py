"""The application: manners, routes and documentation around one house."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRouter

from api.contract import contract_text
from api.cursors import Cursors
from api.manners import install_manners
from api.observability import configure_logs
from api.pages.documentation import documentation_router
from api.routes import (
    contacts,
    decisions,
    early_help_episodes,
    flags,
    information_requests,
    measures,
    multi_agency_referrals,
    queues,
    referrals,
)
from service.bootstrap import House
from service.settings import load_settings

ROUTERS: tuple[APIRouter, ...] = (
    contacts.router,
    decisions.router,
    early_help_episodes.router,
    flags.router,
    information_requests.router,
    measures.router,
    multi_agency_referrals.router,
    queues.router,
    referrals.router,
)


def _bare(house: House | None, lifespan: object = None) -> FastAPI:
    app = FastAPI(
        title="Front Door",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,  # type: ignore[arg-type]  # None or a lifespan, as FastAPI takes it
    )
    app.state.manners = install_manners(app)
    for router in ROUTERS:
        app.include_router(router)
    if house is not None:
        furnish(app, house)
    return app


def furnish(app: FastAPI, house: House) -> None:
    """Gives an application its house, once that is open."""
    app.state.house = house
    secret = house.settings.secret_bytes()
    app.state.cursors = Cursors(hmac.digest(secret, b"cursors", "sha256"))
    if house.settings.docs_enabled:
        app.include_router(documentation_router(lambda: contract_text(app)))
    app.state.manners.switchboard.refresh()


def create_app(house: House) -> FastAPI:
    """The application around a house that is open already, as tests and scripts use it."""
    return _bare(house)


def contract_app() -> FastAPI:
    """The routes without a house: what the contract is written from."""
    return _bare(None)


def application() -> FastAPI:
    """The application as uvicorn starts it: opens the house from the environment, closes it."""
    settings = load_settings().check()
    configure_logs(level=settings.log_level.lower())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = await House.open(settings, application="frontdoor-api")
        furnish(app, house)
        try:
            yield
        finally:
            await house.close()

    return _bare(None, lifespan)
