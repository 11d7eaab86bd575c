"""The demonstration data, loaded once for all tests that look at them."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from frontdoor.demonstration import Loaded, load
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.houses import open_house

NOW = datetime(2026, 3, 18, 14, 20, 7, 654_321, tzinfo=UTC)
LOADED_ONCE = pytest.mark.xdist_group("demonstration")
"""Has the tests that look at them run in one process: loading takes minutes."""


@dataclass
class Demonstration:
    """A database with the demonstration data, and how loading went."""

    url: str
    folder: Path
    loaded: Loaded
    told: list[tuple[int, int]]


@contextmanager
def demonstration_loaded(sqlite: SqliteFiles, folder: Path) -> Iterator[Demonstration]:
    """Loads them into a database, in a thread of its own with its own event loop."""
    url = sqlite.create_database()
    told: list[tuple[int, int]] = []

    async def run() -> Demonstration:
        async with open_house(url, FixedClock(NOW), folder) as house:
            loaded = await load(house, progress=lambda done, of: told.append((done, of)))
            return Demonstration(url, folder, loaded, told)

    with ThreadPoolExecutor(max_workers=1) as thread:
        yield thread.submit(lambda: asyncio.run(run())).result()
    sqlite.drop_database(url)
