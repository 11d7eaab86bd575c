"""When no new connection can be had: away for every way in, and nobody is needed to come back."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, exc, make_url, text

from service.domain.access import Role
from service.persistence.engines import Database
from service.persistence.failures import DatabaseAway
from service.persistence.migrating import migrate
from service.persistence.reasons import reason_of
from tests.support.builders import contact_body
from tests.support.clocks import FixedClock
from tests.support.databases import NAMED_SERVER, PostgresServer, postgres_server
from tests.support.desks import open_desk
from tests.support.processes import until
from tests.support.refusing_servers import ENDS_AT_ONCE, refusing_server


async def _look(database: Database) -> None:
    await database.look("SELECT 1", [])


async def _straight(database: Database) -> None:
    async with database.straight() as driver:
        await driver.execute("SELECT 1")


def _by(way: str) -> Callable[[Database], Awaitable[None]]:
    async def ask(database: Database) -> None:
        async with getattr(database, way)() as connection:
            await connection.execute(text("SELECT 1"))

    return ask


WAYS: dict[str, Callable[[Database], Awaitable[None]]] = {
    "look": _look,
    "straight": _straight,
    **{way: _by(way) for way in ("reading", "long_reading", "reading_at_one_instant", "writing")},
}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("53300", id="too many connections"),
        pytest.param("57P03", id="starting up"),
        pytest.param("57P01", id="stopped by its operator"),
        pytest.param("28P01", id="the password is another now"),
        pytest.param("28000", id="the user is not known any more"),
        pytest.param("3D000", id="the database is gone"),
        pytest.param("08P01", id="a pooler that complains"),
        pytest.param(ENDS_AT_ONCE, id="every connection ends at once"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
async def test_a_server_that_lets_nobody_in_is_away_whichever_way_it_is_asked(
    code: str, way: str
) -> None:
    async with refusing_server() as server:
        server.code = code
        database = Database(server.url, pool_size=2)
        for _ in range(2):
            with pytest.raises(DatabaseAway):
                await WAYS[way](database)
        assert server.asked >= 2, "it was asked anew each time"
        await database.dispose()


async def test_connections_that_die_between_being_made_and_being_used_are_away(
    postgres: PostgresServer,
) -> None:
    url = postgres.create_database()
    database = Database(url, pool_size=1)

    @event.listens_for(database.engine.sync_engine, "checkout")
    def dead(*_: object) -> None:
        raise exc.DisconnectionError

    for way in WAYS.values():
        with pytest.raises(DatabaseAway):
            await way(database)
    await database.dispose()
    postgres.drop_database(url)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("53300", "no more connections"),
        ("57P03", "starting up"),
        ("28P01", "the user or the password"),
        ("3D000", "no database of that name"),
        ("53200", "not enough"),
    ],
)
async def test_the_operator_is_told_the_true_cause(code: str, words: str) -> None:
    async with refusing_server() as server:
        server.code = code
        database = Database(server.url)
        for way in ("look", "reading"):
            with pytest.raises(DatabaseAway) as away:
                await WAYS[way](database)
            assert words in reason_of(away.value)
        await database.dispose()
    database = Database(server.url)
    with pytest.raises(DatabaseAway) as away:
        await WAYS["look"](database)
    assert reason_of(away.value) == "Nobody listens where the database should be."
    await database.dispose()


async def test_what_is_broken_off_is_not_handed_to_the_next(postgres: PostgresServer) -> None:
    url = postgres.create_database()
    database = Database(url, pool_size=1)

    async def session() -> int:
        async with database.straight() as driver:
            return int(driver.get_server_pid())

    before = await session()
    assert await session() == before, "it is kept as a rule"
    asked = asyncio.create_task(database.look("SELECT pg_sleep(600)", []))
    other = Database(postgres.url, pool_size=1)
    sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = $1"

    async def sleeps() -> bool:
        async with other.straight() as driver:
            return await driver.fetchval(sleeping, make_url(url).database) == before

    await until(sleeps, what="the question, being answered")
    await other.dispose()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await session() != before
    await database.dispose()
    postgres.drop_database(url)


@pytest.fixture(scope="module")
def small_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of our own that takes few connections."""
    settings = {
        "max_connections": "8",
        "superuser_reserved_connections": "0",
        "reserved_connections": "0",
        "max_worker_processes": "0",
    }
    with postgres_server(migrate, settings=settings) as server:
        yield server


@asynccontextmanager
async def filled(url: str) -> AsyncIterator[AsyncExitStack]:
    """Takes every connection that the server has left; closing what is given frees them."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    async with AsyncExitStack() as held:
        with pytest.raises(asyncpg.TooManyConnectionsError):
            while True:
                held.push_async_callback((await asyncpg.connect(plain)).close)
        yield held


@pytest.mark.skipif(bool(os.environ.get(NAMED_SERVER)), reason="a named server is not ours to fill")
async def test_a_full_server_is_503_for_everybody_and_passes_by_itself(
    small_server: PostgresServer, tmp_path: Path
) -> None:
    url = small_server.create_database()
    clock = FixedClock(datetime(2026, 10, 23, 15, 0, tzinfo=UTC))
    async with open_desk(url, tmp_path, clock, database_pool_size=2) as desk:
        made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
        await desk.house.database.engine.dispose()  # as after a restart of the server
        async with filled(url):
            wanted: list[Any] = [
                await desk.post(Role.mash_worker, "/v1/contacts", contact_body()),
                await desk.post(
                    Role.mash_worker,
                    f"/v1/contacts/{made['id']}/triage",
                    {"rating": "red"},
                    version=1,
                ),
                await desk.get(Role.mash_worker, "/v1/queues/contacts"),
                await desk.get(Role.mash_worker, f"/v1/contacts/{made['id']}"),
                await desk.get(Role.mash_worker, "/v1/measures"),
            ]
            for answer in wanted:
                assert answer.status_code == 503, answer.text
                assert answer.json()["code"] == "unavailable"
                assert int(answer.headers["retry-after"]) > 0
        await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
        assert await desk.count("contact") == 2
    small_server.drop_database(url)
