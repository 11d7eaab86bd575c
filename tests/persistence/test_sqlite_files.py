"""What an operator, or a disk, does to SQLite's files under a running service is found out."""

import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from service.persistence.engines import Database
from service.persistence.failures import (
    DatabaseDamaged,
    DatabaseGone,
    DatabaseUnusable,
)
from service.persistence.schema_steps import SchemaUnknown, require_known
from service.persistence.sqlite_files import index_of, locked_alone, log_of, mark_of
from service.policy import Policy
from tests.persistence.conftest import Bench
from tests.persistence.test_failures import WAYS_TO_WRITE, keep
from tests.persistence.test_units_of_work import seen, settle
from tests.support.databases import SqliteFiles
from tests.support.patience import PATIENCE
from tests.support.plain_statements import select_from

Opened = tuple[Bench, Path]


@pytest.fixture
def opened(sqlite: SqliteFiles, policy: Policy, tmp_path: Path) -> Iterator[Opened]:
    """A database in a folder of its own, that may be deleted."""
    made = sqlite.create_database()
    path = tmp_path / "live" / "frontdoor.sqlite3"
    path.parent.mkdir()
    shutil.copyfile(str(make_url(made).database), path)
    yield Bench(Database(f"sqlite:///{path}", pool_size=2, busy_seconds=1), policy), path


def beside(path: Path) -> list[Path]:
    return [path, log_of(path), index_of(path)]


def damage(path: Path) -> None:
    """Noise over most of the file, in the way a failing disk or a wrong command would do it."""
    chance = random.Random(4)
    with path.open("r+b") as file:
        size = path.stat().st_size
        for page in range(1, size // 4096):
            file.seek(page * 4096)
            file.write(chance.randbytes(4096))


async def must_refuse_everything(bench: Bench, failure: type[DatabaseUnusable], words: str) -> None:
    """Whatever is asked or sent is refused, and the refusal says why."""
    ways = (
        bench.database.reading,
        bench.database.long_reading,
        bench.database.reading_at_one_instant,
        bench.database.writing,
        bench.database.straight,
    )
    for way in ways:
        with pytest.raises(failure, match=words):
            async with way():
                pytest.fail(f"{way} was opened")
    with pytest.raises(failure, match=words):
        await bench.database.look("SELECT 1", [])
    account = bench.account()
    for order in WAYS_TO_WRITE:
        with pytest.raises(failure, match=words):
            await keep(bench, order, account)


def deleted(path: Path) -> None:
    for file in beside(path):
        file.unlink()


def replaced(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    copy.replace(path)


def another_folder_at_the_same_path(path: Path) -> None:
    shutil.copytree(path.parent, path.parent.with_name("copy"))
    shutil.rmtree(path.parent)
    path.parent.with_name("copy").rename(path.parent)


def log_deleted(path: Path) -> None:
    log_of(path).unlink()
    index_of(path).unlink()


def log_replaced(path: Path) -> None:
    log_of(path).unlink()
    log_of(path).touch()


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        (deleted, "database file was deleted, or another"),
        (replaced, "database file was deleted, or another"),
        (another_folder_at_the_same_path, "database file was deleted, or another"),
        (log_deleted, "write-ahead log beside .* SIGTERM"),
        (log_replaced, "write-ahead log beside .* SIGTERM"),
    ],
)
async def test_nothing_is_read_or_kept_once_the_file_is_another(
    opened: Opened, happened: Callable[[Path], None], words: str
) -> None:
    bench, path = opened
    known = await settle(bench)
    await keep(bench, ("add",), known)
    happened(path)
    await must_refuse_everything(bench, DatabaseGone, words)
    await bench.database.dispose()


async def test_a_connection_opened_later_is_to_the_file_opened_first_or_to_none(
    opened: Opened,
) -> None:
    """The pool opens connections when they are wanted: half of them would see another file."""
    bench, path = opened
    known = await settle(bench)
    async with bench.database.reading():
        replaced(path)
        with pytest.raises(DatabaseGone):
            async with bench.database.reading():
                pytest.fail("a second connection was opened, to another file")
    with pytest.raises(DatabaseGone):
        await keep(bench, ("add",), known)
    await bench.database.dispose()


async def test_a_file_moved_away_and_back_is_the_same_file(opened: Opened) -> None:
    bench, path = opened
    known = await settle(bench)
    before = await seen(bench)
    path.rename(path.with_name("aside"))
    with pytest.raises(DatabaseGone):
        await keep(bench, ("add",), known)
    path.with_name("aside").rename(path)
    assert await seen(bench) == before
    await keep(bench, ("add",), known)
    await bench.database.dispose()


async def test_nobody_is_told_that_a_write_was_taken_when_the_file_went_away_under_it(
    opened: Opened,
) -> None:
    """It begins in good order, and the file is deleted before the commit."""
    bench, path = opened
    await settle(bench)
    with pytest.raises(DatabaseGone):
        async with bench.database.writing() as connection:
            await connection.execute(text("UPDATE account SET name = 'x'"))
            deleted(path)
            await connection.commit()
    await bench.database.dispose()


async def test_an_addition_alone_is_not_acknowledged_either(opened: Opened) -> None:
    bench, path = opened
    await settle(bench)
    with pytest.raises(DatabaseGone):
        async with bench.database.straight() as driver:
            driver.execute("UPDATE account SET name = 'x'")
            deleted(path)
    await bench.database.dispose()


async def test_a_file_that_is_not_there_is_not_made_by_starting(
    tmp_path: Path, policy: Policy
) -> None:
    path = tmp_path / "frontdoor.sqlite3"
    database = Database(f"sqlite:///{path}")
    with pytest.raises(SchemaUnknown, match=r"no database file .*migrate.*restore"):
        await require_known(database)
    assert database.look_over()
    assert not path.exists()
    await database.dispose()


async def test_damage_that_any_request_meets_stops_everything_until_a_start(
    opened: Opened, policy: Policy
) -> None:
    bench, path = opened
    await settle(bench)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    other = Bench(Database(f"sqlite:///{path}", pool_size=2), policy)
    await other.database.look("SELECT 1", [])
    whole = path.read_bytes()
    damage(path)
    with pytest.raises(DatabaseDamaged, match=r"damaged.*frontdoor restore"):
        async with bench.database.reading() as connection:
            for table in ("contact", "account", "event", "deadline"):
                # The cache of this connection is older than the damage.
                await connection.execute(text("PRAGMA shrink_memory"))
                await connection.execute(text(select_from(table) + " ORDER BY 1"))
    assert mark_of(path).exists()
    # Another process, here another engine, that has not met it: it is told.
    await must_refuse_everything(other, DatabaseDamaged, "damaged")
    # And for those who met it, it is not over because the disk now reads well.
    path.write_bytes(whole)
    mark_of(path).unlink()
    await must_refuse_everything(bench, DatabaseDamaged, "damaged")
    await other.database.dispose()
    await bench.database.dispose()


async def test_a_start_looks_for_damage_and_what_was_marked_and_is_whole_is_no_longer_marked(
    opened: Opened, policy: Policy
) -> None:
    bench, path = opened
    await settle(bench)
    await bench.database.dispose()
    mark_of(path).touch()
    again = Bench(Database(f"sqlite:///{path}"), policy)
    assert again.database.look_over(seconds=0), (
        "what is marked is read whole, however long it takes"
    )
    assert not mark_of(path).exists()
    assert len((await seen(again))[0]) == 1
    await again.database.dispose()

    damage(path)
    last = Bench(Database(f"sqlite:///{path}"), policy)
    with pytest.raises(DatabaseDamaged):
        last.database.look_over()
    await must_refuse_everything(last, DatabaseDamaged, "damaged")
    await last.database.dispose()


async def test_a_look_for_damage_ends_when_its_seconds_are_over_or_it_is_given_up(
    opened: Opened,
) -> None:
    bench, path = opened
    await bench.database.look("SELECT 1", [])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE wide (a NOT NULL, b NOT NULL)")
        connection.executemany(
            "INSERT INTO wide VALUES (?, ?)", ((n, "x" * 50) for n in range(40_000))
        )
        connection.commit()
    assert bench.database.look_over()
    assert not bench.database.look_over(seconds=0)
    given_up = threading.Event()
    given_up.set()
    assert not bench.database.look_over(given_up=given_up)
    await bench.database.look_over_aside()
    await bench.database.dispose()


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Has the database open and holds it, until it is told to stop or is killed."""
    program = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('CREATE TABLE IF NOT EXISTS other (a)')\n"
        "c.execute('INSERT INTO other VALUES (1)')\n"
        "print('open', flush=True)\n"
        "sys.stdin.readline()\n"
        "c.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


def in_wal_mode(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = wal").fetchall()
        connection.execute("INSERT INTO alembic_version SELECT * FROM alembic_version LIMIT 0")
        connection.commit()


async def test_nobody_opens_a_file_whose_log_was_deleted_under_others(opened: Opened) -> None:
    """A second log beside theirs would be the end of one of the two, and of what it holds."""
    bench, path = opened
    in_wal_mode(path)
    with another_process(path) as other:
        log_deleted(path)
        with pytest.raises(DatabaseUnusable, match="SIGTERM"):
            await bench.database.look("SELECT 1", [])
        assert not log_of(path).exists()
        other.communicate("\n", timeout=PATIENCE)
    assert await bench.database.look("SELECT count(*) FROM other", []) == [(1,)]
    await bench.database.dispose()


async def test_a_file_that_others_have_open_in_good_order_is_opened_by_all(opened: Opened) -> None:
    bench, path = opened
    in_wal_mode(path)
    with another_process(path):
        assert await bench.database.look("SELECT count(*) FROM other", []) == [(1,)]
    await bench.database.dispose()


async def test_who_has_the_file_open_can_be_told(opened: Opened) -> None:
    _, path = opened
    in_wal_mode(path)
    with locked_alone(path) as alone:
        assert alone
    with another_process(path), locked_alone(path) as alone:
        assert not alone
    with locked_alone(path) as alone:
        assert alone
    with locked_alone(path.with_name("nothing")) as alone:
        assert alone


async def test_a_log_of_another_file_beside_a_backup_is_never_used(
    opened: Opened, policy: Policy
) -> None:
    """The restoration by hand that forgets the -wal: SQLite would take it for its own."""
    bench, path = opened
    await settle(bench)
    backup = path.with_name("backup")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", [str(backup)])
    for _ in range(20):
        await keep(bench, ("add",), bench.account())
    stale = log_of(path).read_bytes()
    await bench.database.dispose()
    assert len(stale) > 4096
    shutil.copyfile(backup, path)
    log_of(path).write_bytes(stale)
    again = Bench(Database(f"sqlite:///{path}"), policy)
    with pytest.raises(DatabaseUnusable, match=r"does not belong .*frontdoor restore"):
        await seen(again)
    with pytest.raises(DatabaseUnusable, match="does not belong"):
        again.database.look_over()
    assert not mark_of(path).exists(), "the file itself is good"
    log_of(path).unlink()
    assert len((await seen(again))[0]) == 1
    await again.database.dispose()
    assert path.read_bytes()[18:20] == b"\x02\x02"
