"""Every connection of every pool keeps the promises that a safeguarding record needs."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from service.persistence.engines import (
    SQLITE_PRAGMAS,
    Database,
    UnsafeDatabase,
    open_sqlite,
)
from tests.support.databases import PostgresServer, SqliteFiles

DURABLE = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20}


async def test_each_of_twenty_connections_waits_for_the_disk(sqlite: SqliteFiles) -> None:
    database = Database(sqlite.create_database(), pool_size=20)
    async with AsyncExitStack() as held:
        connections = [await held.enter_async_context(database.reading()) for _ in range(20)]
        drivers = set()
        for connection in connections:
            raw = await connection.get_raw_connection()
            drivers.add(id(raw.driver_connection.straight))
            for pragma, wanted in DURABLE.items():
                held_at = (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one()
                assert held_at == wanted, pragma
        assert len(drivers) == 20, "twenty different connections were looked at"
    await database.dispose()


async def test_the_connections_for_writing_and_for_long_reads_keep_them_too(
    sqlite: SqliteFiles,
) -> None:
    database = Database(sqlite.create_database(), pool_size=3)
    for way in (database.writing, database.long_reading):
        async with way() as connection:
            for pragma, wanted in DURABLE.items():
                held_at = (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one()
                assert held_at == wanted, (way, pragma)
    await database.dispose()


async def test_the_promises_are_those_that_are_checked() -> None:
    assert DURABLE.items() <= SQLITE_PRAGMAS.items()


async def test_each_of_twenty_connections_commits_to_the_disk_on_postgresql(
    postgres: PostgresServer,
) -> None:
    url = postgres.create_database()
    database = Database(url, pool_size=20)
    async with AsyncExitStack() as held:
        connections = [await held.enter_async_context(database.reading()) for _ in range(20)]
        pids = set()
        for connection in connections:
            pids.add((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())
            for setting, wanted in {"synchronous_commit": "on", "timezone": "UTC"}.items():
                found = (await connection.execute(text(f"SHOW {setting}"))).scalar_one()
                assert found == wanted
        assert len(pids) == 20
    await database.dispose()
    postgres.drop_database(url)


async def test_a_server_that_does_not_wait_for_the_disk_is_refused(
    postgres: PostgresServer,
) -> None:
    """The tests' own server runs without fsync: exactly what must not pass in earnest."""
    url = postgres.create_database()
    database = Database(url)
    async with database.reading() as connection:
        fsync = (await connection.execute(text("SHOW fsync"))).scalar_one()
    if fsync == "off":
        with pytest.raises(UnsafeDatabase, match="fsync off"):
            await database.check()
    else:
        await database.check()
        assert fsync == "on"
    await database.dispose()
    postgres.drop_database(url)


def test_a_database_that_would_not_outlive_the_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file of that name is made before it is seen that it keeps nothing.
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(UnsafeDatabase, match="outlive"):
            Database(url)
    with pytest.raises(UnsafeDatabase, match="holds journal_mode"):
        open_sqlite(":memory:")


@pytest.mark.parametrize("url", ["mysql://root:hunter2@h/d", "postgresql://u:hunter2@h:x/d"])
def test_only_the_two_databases_are_spoken_to(url: str) -> None:
    with pytest.raises(UnsafeDatabase, match="Use sqlite:///path") as refused:
        Database(url)
    assert "hunter2" not in str(refused.value)


async def test_a_long_read_holds_up_nobody_on_sqlite(sqlite: SqliteFiles) -> None:
    database = Database(sqlite.create_database())
    slow = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
        "SELECT count(*) FROM n"
    )
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    heart = asyncio.ensure_future(beat())
    async with database.long_reading() as connection:
        assert (await connection.execute(slow)).scalar_one() == 3_000_000
    heart.cancel()
    assert beats > 5, "the event loop stood still during a long read"
    await database.dispose()
