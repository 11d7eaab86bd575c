"""A front door for each test of the API, on each database."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.desks import Desk, open_desk
from tests.support.logs import hear_logs


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A front door on a Friday at 16:00, with a new database."""
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def logged() -> io.StringIO:
    """Everything logged during a test."""
    return hear_logs("info")
