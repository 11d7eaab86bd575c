"""A front door for each test of the API, on each database."""

import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from api.observability import configure_api_logs
from tests.support.desks import Desk, open_desk


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A front door on a Friday at 16:00, with a new database."""
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything logged during a test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_api_logs(level="info", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
