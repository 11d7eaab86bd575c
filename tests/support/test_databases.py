"""The databases that tests stand on: new each time, of the kind asked for, and gone afterwards."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.databases import (
    NAMED_FOLDER,
    NAMED_SERVER,
    DatabaseServer,
    PostgresServer,
    postgres_server,
    sqlite_files,
    throw_away_folder,
)
from tests.support.patience import PATIENCE
from tests.support.processes import until

ROOT = Path(__file__).parents[2]


def lay_a_table(url: str) -> None:
    """Stand in for the migrations."""

    async def lay() -> None:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(sa.text("CREATE TABLE brick (id INTEGER PRIMARY KEY)"))
        await engine.dispose()

    asyncio.run(lay())


async def ask(url: str, statement: str) -> object:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        answer = await connection.execute(sa.text(statement))
        found = answer.scalar() if answer.returns_rows else None
    await engine.dispose()
    return found


async def test_a_new_database_answers(empty_database_url: str) -> None:
    assert await ask(empty_database_url, "SELECT 40 + 2") == 42


async def test_two_databases_share_nothing(database_server: DatabaseServer) -> None:
    first = database_server.create_database(migrated=False)
    second = database_server.create_database(migrated=False)
    await ask(first, "CREATE TABLE brick (id INTEGER)")
    await ask(second, "CREATE TABLE brick (id INTEGER)")
    await ask(first, "INSERT INTO brick VALUES (1)")
    assert await ask(second, "SELECT count(*) FROM brick") == 0
    database_server.drop_database(first)
    database_server.drop_database(second)


async def test_a_database_is_migrated_once_and_copied(postgres: PostgresServer) -> None:
    calls: list[str] = []

    def migrate(url: str) -> None:
        calls.append(url)
        lay_a_table(url)

    for place in (postgres_server(migrate), sqlite_files(migrate)):
        calls.clear()
        with place as server:
            first = server.create_database()
            await ask(first, "INSERT INTO brick VALUES (1)")
            second = server.create_database()
            assert await ask(second, "SELECT count(*) FROM brick") == 0
            assert len(calls) == 1


def test_only_a_database_made_here_is_dropped_here(database_server: DatabaseServer) -> None:
    with pytest.raises(ValueError, match="not made here"):
        database_server.drop_database("postgresql+asyncpg://postgres@/postgres")


def test_a_named_server_is_used_and_left_as_it_was(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAMED_SERVER, postgres.url)
    with postgres_server(lay_a_table) as named:
        url = named.create_database()
        host = sa.make_url(postgres.url).query["host"]
        assert sa.make_url(url).query["host"] == host
        named.create_database()

    async def names_left() -> int:
        engine = create_async_engine(postgres.url)
        async with engine.connect() as connection:
            names = (await connection.execute(sa.text("SELECT datname FROM pg_database"))).scalars()
            left = [name for name in names if name.startswith(named.family)]
        await engine.dispose()
        return len(left)

    assert asyncio.run(names_left()) == 0


async def test_text_sorts_by_code_point_on_both(empty_database_url: str) -> None:
    smallest = "SELECT min(word) FROM (SELECT 'a' AS word UNION ALL SELECT 'B') AS words"
    assert await ask(empty_database_url, smallest) == "B"


def test_a_killed_test_run_leaves_no_server_and_no_folder() -> None:
    child = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, signal\n"
            "from sqlalchemy.engine import make_url\n"
            "from tests.support.databases import postgres_server\n"
            "with postgres_server() as server:\n"
            "    print(make_url(server.url).query['host'], flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n",
        ],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert child.returncode < 0, child.stderr
    folder = Path(child.stdout.strip())
    places = (folder, (throw_away_folder() or folder.parent) / folder.name)

    async def gone() -> bool:
        return not any(place.exists() for place in places)

    asyncio.run(until(gone, what="the end of the server's folders"))


def test_databases_stand_in_the_folder_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    named = Path(tempfile.gettempdir())
    monkeypatch.setenv(NAMED_FOLDER, str(named))
    with sqlite_files(lay_a_table) as files:
        assert Path(sa.make_url(files.create_database()).database or "").parents[1] == named
    with postgres_server(lay_a_table) as server:
        url = server.create_database()
        assert Path(str(asyncio.run(ask(url, "SHOW data_directory")))).parent == named
        assert asyncio.run(ask(url, "SELECT count(*) FROM brick")) == 0
