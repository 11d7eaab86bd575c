"""The real house for a test: real bootstrap, a fixed clock, a migrated database, no network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from service.bootstrap import House
from service.domain.access import Caller, Role
from service.settings import load_settings
from tests.support.clocks import FixedClock


def _no_network(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"a test asked the network: {request.url.host}")


# A test asks more in a second than anybody in a minute, and by one account.
NOT_IN_THE_WAY = {"requests_a_minute": 1_000_000, "requests_at_once": 1000}


@asynccontextmanager
async def open_house(
    database_url: str, clock: FixedClock, folder: Path, **given: Any
) -> AsyncIterator[House]:
    """A house in development, with its own folder for secrets."""
    settings = load_settings(
        environment="development",
        development_issuer=True,
        database_url=database_url,
        var_folder=folder,
        **{**NOT_IN_THE_WAY, **given},
    )
    http = httpx.AsyncClient(transport=httpx.MockTransport(_no_network))
    house = await House.open(settings, clock=clock, http=http)
    try:
        yield house
    finally:
        await house.close()


def token(house: House, role: Role, **who: Any) -> str:
    """A development token for a role."""
    assert house.development_issuer is not None
    return house.development_issuer.mint(role, **who)


async def caller(house: House, role: Role, **who: Any) -> Caller:
    """A caller of a role, known to the house as over HTTP: by a token."""
    return await house.caller(token(house, role, **who))


@asynccontextmanager
async def client_of(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the real application around a house, without a network between."""
    transport = httpx.ASGITransport(create_app(house), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://front.door") as client:
        yield client
