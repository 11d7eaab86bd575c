"""The application: manners, routes and documentation around one house."""

import asyncio
import gc
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRouter
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from api.connections import CROWD
from api.contract import contract_text
from api.crowds import ConnectionLimits, Crowd, connections_possible
from api.cursors import Cursors
from api.gauges import WorkGauges
from api.manners import install_manners
from api.observability import configure_api_logs
from api.pages.documentation import documentation_router
from api.routes import (
    access_suspensions,
    accountabilities,
    assessments,
    attachments,
    challenges,
    contact_kinds,
    contacts,
    daily_meetings,
    decisions,
    early_help_episodes,
    emergency_acts,
    exports,
    flags,
    health,
    information_requests,
    measures,
    meeting_outcomes,
    missing_episodes,
    multi_agency_referrals,
    passed_concerns,
    police_notifications,
    pregnancies,
    queues,
    reference_data,
    referrals,
    school_notices,
    section_47_enquiries,
    strategy_meetings,
    transfer_lists,
    transfers,
)
from api.turns import Turns
from service.bootstrap import House
from service.own_files import keep_to_ourselves
from service.settings import Settings, load_settings

# SQLite opens its file, its log and the index of that.
_FILES_OF_A_DATABASE_CONNECTION: Final = 3

ROUTERS: tuple[APIRouter, ...] = (
    access_suspensions.router,
    accountabilities.router,
    assessments.router,
    challenges.router,
    contacts.router,
    attachments.router,
    contact_kinds.router,
    daily_meetings.router,
    meeting_outcomes.router,
    school_notices.router,
    decisions.router,
    early_help_episodes.router,
    emergency_acts.router,
    exports.router,
    flags.router,
    health.router,
    information_requests.router,
    measures.router,
    missing_episodes.router,
    multi_agency_referrals.router,
    passed_concerns.router,
    police_notifications.router,
    pregnancies.router,
    queues.router,
    reference_data.router,
    referrals.router,
    strategy_meetings.router,
    section_47_enquiries.router,
    transfer_lists.router,
    transfers.router,
)


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route, included once in a process: FastAPI works out some hundreds of shapes for that.

    A second application of the same process then takes half a second less.
    """
    together = APIRouter()
    for router in ROUTERS:
        together.include_router(router)
    return tuple(together.routes)


def _bare(house: House | None, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    app = FastAPI(
        title="Front Door",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.manners = install_manners(app)
    app.state.gauges = WorkGauges(app.state.manners.metrics.registry)
    app.router.routes.extend(_routes())
    if house is not None:
        furnish(app, house)
    return app


def furnish(app: FastAPI, house: House) -> None:
    """Gives an application its house, once that is open."""
    app.state.house = house
    secret = house.settings.secret_bytes()
    app.state.cursors = Cursors(hmac.digest(secret, b"cursors", "sha256"))
    if house.settings.docs_enabled:
        app.include_router(documentation_router(contract_text))
    metrics = app.state.manners.metrics
    turns = app.state.turns = _turns(house)
    metrics.waiting.set_function(lambda: turns.here)
    metrics.alone.set_function(lambda: house.allowances.alone)
    app.state.manners.switchboard.refresh()


def _turns(house: House) -> Turns:
    """Whose request is worked on next, within what the settings say.

    On PostgreSQL a request holds a connection of the pool while it waits: some are left to urgent
    posts. On SQLite the connections are never the scarce thing.
    """
    settings = house.settings
    pool = settings.database_pool_size
    together = None if house.database.is_sqlite else asyncio.Semaphore(max(1, pool - pool // 5 - 1))
    most = max(settings.requests_at_once, settings.connections // 4)
    return Turns(settings.requests_at_once, together, most)


def _settle() -> None:
    """Sets aside what has been built to stay, so that no collection walks through it again.

    A collection then costs what requests leave behind, not the size of the program: the slowest of
    a hundred posts under load came down from over 100 ms to some 40 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)


def create_app(house: House) -> FastAPI:
    """The application around a house that is open already, as tests and scripts use it."""
    return _bare(house)


def contract_app() -> FastAPI:
    """The routes without a house: what the contract is written from."""
    return _bare(None)


def _crowd(settings: Settings) -> Crowd:
    """Those who are connected to this process, within the limits of its settings."""
    beside = settings.database_pool_size * _FILES_OF_A_DATABASE_CONNECTION
    return Crowd(
        ConnectionLimits(
            connections=connections_possible(settings.connections, beside=beside),
            head_bytes=settings.head_bytes,
            url_bytes=settings.url_bytes,
            header_fields=settings.header_fields,
            head_seconds=settings.head_seconds,
            idle_seconds=settings.idle_seconds,
            stalled_seconds=settings.stalled_seconds,
        )
    )


def application() -> FastAPI:
    """The application as uvicorn starts it: opens the house from the environment, closes it."""
    keep_to_ourselves()
    settings = load_settings().check()
    configure_api_logs(level=settings.log_level.lower())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
        house = await House.open(settings, application="frontdoor-api")
        furnish(app, house)
        _settle()
        try:
            crowd = _crowd(settings)
            app.state.manners.metrics.connections.set_function(lambda: len(crowd))
            yield {CROWD: crowd}
        finally:
            await house.close()

    return _bare(None, lifespan)
