"""A front door for each test of the API, on each database."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.desks import Desk, open_desk
from tests.support.logs import logs_heard


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A front door on a Friday at 16:00, with a new database."""
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything logged during a test."""
    with logs_heard("info") as stream:
        yield stream
