"""The toy shop as tests see it: a client without a network, and what was logged."""

import io
import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from tests.api.manners.toys import ID, toy_shop
from tests.support.patience import PATIENCE

KEY = {"Idempotency-Key": "0b7cbd9e-6f0c-4a6a-9d4e-5b8f2a3c1d70"}
READ = {"If-Match": '"3"'}
JSON = {"Content-Type": "application/json"}
TOY = f"/v1/toys/{ID}"


@pytest.fixture
def shop(logged: io.StringIO) -> FastAPI:
    return toy_shop(seconds=PATIENCE)[0]


@pytest.fixture
def hurried_shop(logged: io.StringIO) -> FastAPI:
    """One that gives up what takes longer than a moment."""
    return toy_shop(seconds=0.2)[0]


def _anna(shop: FastAPI) -> AsyncClient:
    headers = {"Authorization": "Bearer anna"}
    return AsyncClient(transport=ASGITransport(shop), base_url="http://toys.test", headers=headers)


@pytest.fixture
async def anna(shop: FastAPI) -> AsyncIterator[AsyncClient]:
    """A signed-in caller."""
    async with _anna(shop) as client:
        yield client


@pytest.fixture
async def hurried(hurried_shop: FastAPI) -> AsyncIterator[AsyncClient]:
    """A signed-in caller of a shop that gives up what takes longer than a moment."""
    async with _anna(hurried_shop) as client:
        yield client


@pytest.fixture
async def nobody(shop: FastAPI) -> AsyncIterator[AsyncClient]:
    """A caller without a token."""
    async with AsyncClient(transport=ASGITransport(shop), base_url="http://toys.test") as client:
        yield client


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """The log as objects; fails on a line that is not one."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]
