"""What was acknowledged is there, once and whole, whatever is done to the service at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.persistence.migrating import migrate
from tests.support.databases import PostgresServer, SqliteFiles, postgres_server
from tests.torture.faults import (
    CONTROLS,
    FAULTS,
    OF_POSTGRESQL,
    Arena,
    control,
    endure,
)

BETWEEN = 20
# What does not depend on the engine is done on one.
ON_SQLITE = ("api_killed", "api_stopped", "workers_killed")


@pytest.fixture(scope="module")
def durable() -> Iterator[PostgresServer]:
    """A PostgreSQL that waits for the disk: one that does not may lose what it acknowledged."""
    with postgres_server(migrate, durable=True) as server:
        yield server


@pytest.mark.long
@pytest.mark.parametrize("fault", ON_SQLITE)
async def test_nothing_acknowledged_is_lost_doubled_or_torn_on_sqlite(
    sqlite: SqliteFiles, tmp_path: Path, fault: str
) -> None:
    result = await endure(
        fault, Arena(sqlite.create_database(), tmp_path), times=1, between=BETWEEN
    )
    assert result.wrong == []


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_acknowledged_is_lost_doubled_or_torn_on_postgresql(
    durable: PostgresServer, tmp_path: Path, fault: str
) -> None:
    if fault in OF_POSTGRESQL and not durable.can_be_harmed:
        pytest.skip("no harm is done to a server that was named for the tests")
    arena = Arena(durable.create_database(), tmp_path, durable)
    result = await endure(fault, arena, times=1, between=BETWEEN)
    assert result.wrong == []


FOUND_AS = {"commit": "lost", "key": "torn", "event": "torn"}


@pytest.mark.long
@pytest.mark.parametrize("forgotten", CONTROLS)
async def test_a_service_that_leaves_something_out_is_found_out(
    sqlite: SqliteFiles, tmp_path: Path, forgotten: str
) -> None:
    result = await control(forgotten, Arena(sqlite.create_database(), tmp_path), between=BETWEEN)
    assert any(one.startswith(FOUND_AS[forgotten]) for one in result.wrong)
