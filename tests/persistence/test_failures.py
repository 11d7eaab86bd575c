"""When the database fails: nothing half-kept, our own words, and no restart needed afterwards."""

import asyncio
import os
import signal
import sqlite3
import subprocess
from collections.abc import Awaitable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url

from service.domain.accounts import Account
from service.persistence.engines import Database
from service.persistence.failures import AlreadyThere, DatabaseAway, in_our_words
from service.persistence.migrating import migrate_database
from service.persistence.records import table_of
from service.persistence.schema_steps import require_known
from service.policy import Policy
from tests.persistence.conftest import Bench
from tests.persistence.test_units_of_work import nothing_is_left_open, seen, settle, take
from tests.support.databases import NAMED_SERVER, PostgresServer, SqliteFiles, postgres_server
from tests.support.patience import PATIENCE
from tests.support.processes import until

ACCOUNT = table_of(Account)
WAYS_TO_WRITE = [("add",), ("add", "add", "record"), ("change",), ("read", "add")]


async def keep(bench: Bench, order: tuple[str, ...], known: Account) -> None:
    async with bench.work() as work:
        for step in order:
            await take(bench, work, step, known)
        await work.commit()


async def test_a_row_that_is_there_already_is_told_apart_from_other_refusals(bench: Bench) -> None:
    known = await settle(bench)
    twin = bench.account()
    for order in ((), ("read",), ("change",)):
        with pytest.raises(AlreadyThere):
            async with bench.work() as work:
                for step in order:
                    await take(bench, work, step, known)
                work.add(twin, known)
                await work.commit()
    with pytest.raises(AlreadyThere):
        async with bench.work() as work:
            await work.execute(
                text("INSERT INTO account SELECT * FROM account WHERE subject = 'known'")
            )
    with pytest.raises(Exception, match=r"(?i)not.null") as caught:
        async with bench.work() as work:
            await work.execute(text("UPDATE account SET name = NULL"))
    assert not isinstance(caught.value, AlreadyThere | DatabaseAway)
    assert (await seen(bench))[0] == {known.id}
    await nothing_is_left_open(bench.database)


@contextmanager
def postgres_desk(server: PostgresServer, policy: Policy, **options: object) -> Iterator[Bench]:
    url = server.create_database()
    yield Bench(Database(url, **options), policy)
    server.drop_database(url)


async def end_other_sessions(server: PostgresServer, bench: Bench) -> int:
    """What an operator does, or a failover: every session of the service is ended, and gone."""
    other = Database(server.url, pool_size=1)
    async with other.reading() as connection:
        found = await connection.execute(
            text(
                "SELECT count(pg_terminate_backend(pid, :patience)) FROM pg_stat_activity "
                "WHERE datname = :name"
            ),
            {"name": bench.database.url.database, "patience": int(PATIENCE * 1000)},
        )
        ended = int(found.scalar_one())
    await other.dispose()
    return ended


@pytest.mark.parametrize("order", WAYS_TO_WRITE, ids=str)
async def test_sessions_ended_while_idle_cost_no_request(
    postgres: PostgresServer, policy: Policy, order: tuple[str, ...]
) -> None:
    """Only this one way of writing follows, so that nothing else can clean up after it."""
    with postgres_desk(postgres, policy, pool_size=3) as bench:
        known = await settle(bench)
        for _ in range(3):
            await asyncio.gather(*(keep(bench, order, known) for _ in range(3)))
            assert await end_other_sessions(postgres, bench) >= 1
            await asyncio.sleep(0.05)
            for _ in range(4):
                await keep(bench, order, known)
        await nothing_is_left_open(bench.database)
        await bench.database.dispose()


@pytest.mark.parametrize("order", WAYS_TO_WRITE, ids=str)
async def test_a_session_ended_in_the_middle_is_a_database_away_and_the_next_succeeds(
    postgres: PostgresServer, policy: Policy, order: tuple[str, ...]
) -> None:
    with postgres_desk(postgres, policy, pool_size=2) as bench:
        known = await settle(bench)
        before = await seen(bench)
        with pytest.raises(DatabaseAway):
            async with bench.work() as work:
                await take(bench, work, "read", known)
                for step in order:
                    await take(bench, work, step, known)
                await end_other_sessions(postgres, bench)
                await work.commit()
        assert await seen(bench) == before
        await keep(bench, order, known)
        assert await seen(bench) != before
        await nothing_is_left_open(bench.database)
        await bench.database.dispose()


async def test_a_row_held_too_long_by_another_is_a_database_away(
    postgres: PostgresServer, policy: Policy
) -> None:
    with postgres_desk(postgres, policy) as bench:
        known = await settle(bench)
        async with bench.work() as first:
            await take(bench, first, "change", known)
            with pytest.raises(DatabaseAway):
                async with bench.work() as second:
                    await second.execute(text("SET LOCAL lock_timeout = '50ms'"))
                    await take(bench, second, "change", known)
            await first.commit()
        assert (await seen(bench))[1] == 1
        await nothing_is_left_open(bench.database)
        await bench.database.dispose()


async def test_two_that_wait_for_each_other_are_parted_and_one_is_kept(
    postgres: PostgresServer, policy: Policy
) -> None:
    with postgres_desk(postgres, policy) as bench:
        first, second = bench.account("a"), bench.account("b")
        async with bench.work() as work:
            work.add(first, second)
            await work.commit()

        each_holds_one = asyncio.Barrier(2)

        async def both(one: Account, other: Account) -> None:
            async with bench.work() as work:
                for account in (one, other):
                    await work.execute(
                        update(ACCOUNT)
                        .where(ACCOUNT.c.id == account.id)
                        .values(name=ACCOUNT.c.name + "x")
                    )
                    if account is one:
                        await each_holds_one.wait()
                await work.commit()

        found = await asyncio.gather(
            both(first, second), both(second, first), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in found) == ["DatabaseBusy", "NoneType"]
        async with bench.work() as work:
            names = {row[0] for row in await work.all(select(ACCOUNT.c.name))}
        assert names == {"ax", "bx"}
        await nothing_is_left_open(bench.database)
        await bench.database.dispose()


async def test_no_free_connection_in_time_is_a_database_away(
    postgres: PostgresServer, policy: Policy
) -> None:
    with postgres_desk(postgres, policy, pool_size=1) as bench:
        bench.database.engine.pool._timeout = 0.1
        async with bench.work() as first:
            await first.first(select(ACCOUNT.c.id))
            for order in (("add",), ("execute",)):
                with pytest.raises(DatabaseAway):
                    async with bench.work() as second:
                        for step in order:
                            await take(bench, second, step, bench.account())
                        await second.commit()
        await keep(bench, ("add",), bench.account())
        await nothing_is_left_open(bench.database)
        await bench.database.dispose()


class Stoppable:
    """A PostgreSQL server whose process can be stopped and started again in its folder."""

    def __init__(self, server: PostgresServer) -> None:
        self.folder = Path(str(make_url(server.url).query["host"]))
        # Beside its socket the server writes its number, and where its files are.
        lock = (self.folder / ".s.PGSQL.5432.lock").read_text().splitlines()
        self._number = Path(lock[1]) / "postmaster.pid"
        pid = self._pid()
        self._command = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        ids = {
            line.split()[0]: int(line.split()[1]) for line in status if line[:3] in ("Uid", "Gid")
        }
        self._uid, self._gid = ids["Uid:"], ids["Gid:"]
        self._own: subprocess.Popen[bytes] | None = None

    def _pid(self) -> int:
        return int(self._number.read_text().split()[0])

    def stop(self) -> None:
        """Stops at once, as a crash of the machine would for those connected."""
        pid = self._pid()
        os.kill(pid, signal.SIGINT)
        if self._own is not None:
            self._own.wait(timeout=PATIENCE)
            self._own = None
        while self._number.exists():
            os.kill(os.getpid(), 0)

    def start(self) -> None:
        as_another = os.geteuid() == 0
        self._own = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            user=self._uid if as_another else None,
            group=self._gid if as_another else None,
            extra_groups=[] if as_another else None,
        )


@pytest.mark.skipif(bool(os.environ.get(NAMED_SERVER)), reason="a named server is not ours to stop")
async def test_a_server_that_stops_is_away_and_when_it_is_back_so_are_we(policy: Policy) -> None:
    with postgres_server(_migrate) as server:
        stoppable = Stoppable(server)
        url = server.create_database()
        bench = Bench(Database(url, pool_size=3), policy)
        known = await settle(bench)
        await asyncio.gather(*(keep(bench, ("add",), known) for _ in range(3)))
        before = await seen(bench)
        stoppable.stop()
        try:
            for _ in range(2):
                for order in WAYS_TO_WRITE:
                    with pytest.raises(DatabaseAway):
                        await keep(bench, order, known)
                with pytest.raises(DatabaseAway):
                    await seen(bench)
                with pytest.raises(DatabaseAway):
                    await require_known(bench.database)
            stoppable.start()
            await until(lambda: _answers(seen(bench)), what="the server")
            assert await seen(bench) == before
            for order in WAYS_TO_WRITE:
                await keep(bench, order, known)
            await nothing_is_left_open(bench.database)
            await bench.database.dispose()
        finally:
            stoppable.stop()
            stoppable.start()  # the server's own tidying up expects one that answers
            await until(lambda: _answers(require_known(Database(url))), what="the server")
            server.close = _nothing
            stoppable.stop()


async def _answers(question: Awaitable[object]) -> bool:
    try:
        await question
    except DatabaseAway:
        return False
    return True


def _nothing() -> None:
    """The folder goes with its keeper; there is no connection left to close."""


def _migrate(url: str) -> None:
    async def run() -> None:
        database = Database(url)
        await migrate_database(database)
        await database.dispose()

    asyncio.run(run())


@pytest.fixture
def sqlite_desk(sqlite: SqliteFiles, policy: Policy) -> Iterator[tuple[Bench, str]]:
    url = sqlite.create_database()
    yield Bench(Database(url, pool_size=2, busy_seconds=0.3), policy), str(make_url(url).database)
    sqlite.drop_database(url)


async def test_a_file_locked_by_another_process_is_waited_for_and_then_away(
    sqlite_desk: tuple[Bench, str],
) -> None:
    bench, path = sqlite_desk
    known = await settle(bench)
    before = await seen(bench)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.001)
                beats += 1

        heart = asyncio.ensure_future(beat())
        for order in WAYS_TO_WRITE:
            with pytest.raises(DatabaseAway):
                await keep(bench, order, known)
        assert await seen(bench) == before, "readers do not wait for a writer"
        heart.cancel()
        assert beats > 20, "the loop went on while we waited"
        waiting = asyncio.ensure_future(keep(bench, ("add",), known))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        other.execute("COMMIT")
        await waiting
    await nothing_is_left_open(bench.database)
    await bench.database.dispose()


async def test_one_writer_that_never_ends_does_not_hold_the_others_for_ever(
    sqlite_desk: tuple[Bench, str],
) -> None:
    bench, _ = sqlite_desk
    known = await settle(bench)
    async with bench.work() as first:
        await take(bench, first, "change", known)
        with pytest.raises(DatabaseAway):
            await keep(bench, ("change",), known)
    await keep(bench, ("change",), known)
    await bench.database.dispose()


async def tell_both_that_write(database: Database, pragma: str) -> None:
    """A pragma for the connection of the pool, and for the one of what is written in one go."""
    async with database.straight() as driver:
        driver.execute(pragma)
    async with database.reading() as connection:
        await connection.execute(text(pragma))


@pytest.mark.parametrize("order", WAYS_TO_WRITE, ids=str)
async def test_a_full_disk_is_a_database_away_and_nothing_is_half_kept(
    sqlite_desk: tuple[Bench, str], order: tuple[str, ...]
) -> None:
    bench, _ = sqlite_desk
    database = Database(bench.database.url.render_as_string(), pool_size=1)
    bench = Bench(database, bench.policy)
    known = await settle(bench)

    async def room(pages: str) -> None:
        await tell_both_that_write(database, f"PRAGMA max_page_count = {pages}")

    await room("1")
    kept = 0
    for _ in range(400):
        before = await seen(bench)
        try:
            async with bench.work() as work:
                for step in order:
                    await take(bench, work, step, known)
                for _ in range(20):
                    work.add(bench.account("x" * 400))
                await work.commit()
            kept += 1
        except DatabaseAway:
            assert await seen(bench) == before
            break
    else:
        pytest.fail("the disk never filled")
    await room("1073741823")
    await keep(bench, order, known)
    assert await seen(bench) != before
    await nothing_is_left_open(database)
    await database.dispose()


async def test_a_read_only_file_is_a_database_away(sqlite_desk: tuple[Bench, str]) -> None:
    bench, _ = sqlite_desk
    database = Database(bench.database.url.render_as_string(), pool_size=1)
    await tell_both_that_write(database, "PRAGMA query_only = 1")
    for order in (("add",), ("execute",)):
        with pytest.raises(DatabaseAway):
            await keep(Bench(database, bench.policy), order, bench.account())
    await database.dispose()


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        (ConnectionRefusedError(), DatabaseAway),
        (TimeoutError(), DatabaseAway),
        (sqlite3.OperationalError("near: syntax error"), sqlite3.OperationalError),
        (ValueError("ours"), ValueError),
        (KeyError("ours"), KeyError),
    ],
    ids=repr,
)
def test_only_what_passes_by_waiting_is_a_database_away(
    given: Exception, becomes: type[Exception]
) -> None:
    with pytest.raises(becomes), in_our_words():
        raise given
