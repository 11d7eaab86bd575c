"""`frontdoor backup` and `restore`: whole, for their owner alone, and never over what is there."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url, text

from frontdoor.__main__ import main
from service.clock import system_clock
from service.database_urls import postgresql_place
from service.persistence.backups import BackupRefused
from service.persistence.engines import Database
from service.persistence.migrating import migrate_database
from service.persistence.postgresql_backups import reached_by
from service.persistence.schema_steps import newest
from service.persistence.sqlite_files import index_of, log_of, mark_of
from service.usecases.flags import sweep
from tests.support.cases import ANONYMOUS, log
from tests.support.clocks import FixedClock
from tests.support.databases import DatabaseServer, PostgresServer, SqliteFiles, installation
from tests.support.houses import open_house
from tests.support.processes import environment

BACKED_UP = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)  # no other clock of theirs ends by four
WHAT_IS_THERE = "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM event)"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The surroundings of a command, with PostgreSQL's programs of the server's own release."""
    found = environment("", tmp_path / "var")
    return found | {"PATH": f"{installation() / 'bin'}{os.pathsep}{found['PATH']}"}


def frontdoor(env: dict[str, str], url: str, *arguments: str) -> Result:
    """A command, in a thread: it starts an event loop of its own, and ours may be running."""
    given = env | {"FRONTDOOR_DATABASE_URL": url}
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(CliRunner().invoke, main, arguments, env=given).result()


def as_a_process(
    env: dict[str, str], url: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """A command as the process that it is: the locks of a file belong to a process."""
    return subprocess.run(
        [sys.executable, "-m", "frontdoor", *arguments],
        env=env | {"FRONTDOOR_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def must_do(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def must_refuse(result: Result, *words: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert len(result.stderr.splitlines()) == 1


async def there(url: str) -> tuple[int, int]:
    database = Database(url, pool_size=1)
    try:
        async with database.reading() as connection:
            contacts, events = (await connection.execute(text(WHAT_IS_THERE))).one()
            return contacts, events
    finally:
        await database.dispose()


async def fill(url: str, folder: Path, contacts: int = 3) -> None:
    """Contacts whose limit passes while they lie in a backup."""
    clock = FixedClock(BACKED_UP)
    async with open_house(url, clock, folder) as house:
        for _ in range(contacts):
            await log(house, clock() - timedelta(hours=20), source_code=ANONYMOUS)


def empty_place(server: DatabaseServer, tmp_path: Path) -> str:
    """Where nothing was yet: a new host."""
    if isinstance(server, PostgresServer):
        return server.create_database(migrated=False)
    return f"sqlite:///{tmp_path / 'another host' / 'frontdoor.sqlite3'}"


def path_of(url: str) -> Path:
    return Path(str(make_url(url).database))


async def test_a_backup_comes_back_on_an_empty_host_where_the_service_serves_and_sweeps(
    database_server: DatabaseServer, database_url: str, tmp_path: Path, env: dict[str, str]
) -> None:
    await fill(database_url, tmp_path)
    before = await there(database_url)
    file = tmp_path / "kept" / "monday"
    said = must_do(frontdoor(env, database_url, "backup", str(file)))
    assert re.search(r"3 contacts, 3 people, 0 decisions, 0 flags and 3 events", said)
    assert f"schema step {newest()}" in said
    assert re.search(r"acknowledged before \d{4}-.* UTC is in it\. It took \d+\.\d s", said)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file], "nothing else is left there"
    assert await there(database_url) == before

    url = empty_place(database_server, tmp_path)
    said = must_do(frontdoor(env, url, "restore", str(file)))
    assert "3 contacts" in said
    assert "kept as" not in said
    assert re.search(r"acknowledged after \d{4}-.* UTC is not in it", said)
    assert "start frontdoor worker and frontdoor serve" in said
    assert await there(url) == before
    clock = FixedClock(BACKED_UP + timedelta(hours=6))
    async with open_house(url, clock, tmp_path) as house:
        # Nobody has rated any of the three within the hour, and none is decided.
        assert (await sweep(house)).breaches == 6
        await log(house)
    assert (await there(url))[0] == 4
    if url.startswith("sqlite"):
        assert stat.S_IMODE(path_of(url).stat().st_mode) == 0o600


async def test_a_backup_ends_while_people_go_on_writing_and_has_all_that_came_before_it(
    database_server: DatabaseServer, env: dict[str, str], tmp_path: Path
) -> None:
    url = database_server.create_database()
    clock = FixedClock(system_clock())
    target = tmp_path / "under load"
    async with open_house(url, clock, tmp_path / "house") as house:
        for _ in range(5):
            await log(house, clock(), source_code=ANONYMOUS)
        backup = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "frontdoor", "backup", str(target)),
            env=env | {"FRONTDOOR_DATABASE_URL": url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        ended = asyncio.create_task(backup.communicate())
        meanwhile = 0
        while not ended.done():
            await log(house, clock(), source_code=ANONYMOUS)
            meanwhile += 1
            await asyncio.sleep(0)
        _, said = await ended
        assert backup.returncode == 0, said.decode()
    assert meanwhile > 5, "people went on writing"
    restored = empty_place(database_server, tmp_path)
    must_do(frontdoor(env, restored, "restore", str(target)))
    contacts, _ = await there(restored)
    assert 5 <= contacts <= 5 + meanwhile


def test_without_a_name_it_is_named_by_the_time_and_never_written_over_another(
    sqlite: SqliteFiles, tmp_path: Path, env: dict[str, str]
) -> None:
    url = sqlite.create_database()
    must_do(frontdoor(env, url, "backup"))
    [first] = (tmp_path / "var" / "backups").iterdir()
    assert re.fullmatch(r"frontdoor-\d{8}T\d{6}Z\.sqlite3", first.name)
    must_do(frontdoor(env, url, "backup", str(tmp_path)))
    [second] = tmp_path.glob("frontdoor-*.sqlite3")
    content = second.read_bytes()
    must_refuse(frontdoor(env, url, "backup", str(second)), "there already", "another name")
    assert second.read_bytes() == content


def cut(path: Path, size: int) -> Path:
    """The first bytes of a backup: what a full disk or a broken line leaves."""
    made = path.with_name(f"cut-{size}")
    made.write_bytes(path.read_bytes()[:size])
    return made


def noisy(path: Path) -> Path:
    made = path.with_name("noisy")
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 9000] = os.urandom(9000)
    made.write_bytes(content)
    return made


async def test_a_backup_that_is_cut_short_or_damaged_is_refused_and_nothing_is_changed(
    database_server: DatabaseServer, database_url: str, tmp_path: Path, env: dict[str, str]
) -> None:
    await fill(database_url, tmp_path)
    file = tmp_path / "whole"
    must_do(frontdoor(env, database_url, "backup", str(file)))
    size = file.stat().st_size
    url = empty_place(database_server, tmp_path)
    for bad in (cut(file, size // 2), cut(file, size - 1), cut(file, size - 4096), noisy(file)):
        must_refuse(frontdoor(env, url, "restore", str(bad)), str(bad), "damaged or cut short")
    for bad in (cut(file, 4), cut(file, 0)):
        must_refuse(frontdoor(env, url, "restore", str(bad)), str(bad), "Nothing was changed")
    if isinstance(database_server, PostgresServer):
        database = Database(url, pool_size=1)
        async with database.reading() as connection:
            found = await connection.execute(text("SELECT to_regclass('contact')"))
            assert found.scalar_one() is None
        await database.dispose()
    else:
        assert list(path_of(url).parent.iterdir()) == []
    must_do(frontdoor(env, url, "restore", str(file)))


async def test_what_is_no_backup_of_ours_is_refused(
    sqlite: SqliteFiles, postgres: PostgresServer, tmp_path: Path, env: dict[str, str]
) -> None:
    ours = {"sqlite": sqlite.create_database(), "postgresql": postgres.create_database()}
    backups = {}
    for kind, url in ours.items():
        backups[kind] = str(tmp_path / kind)
        must_do(frontdoor(env, url, "backup", backups[kind]))
    file = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    server = postgres.create_database(migrated=False)
    must_refuse(frontdoor(env, file, "restore", backups["postgresql"]), "backup of PostgreSQL")
    must_refuse(frontdoor(env, server, "restore", backups["sqlite"]), "no backup of PostgreSQL")
    letter = tmp_path / "letter"
    letter.write_text("Dear Sir or Madam, " * 500, encoding="utf-8")
    for url in (file, server):
        must_refuse(frontdoor(env, url, "restore", str(letter)), "compressed")
        must_refuse(frontdoor(env, url, "restore", str(tmp_path)), "is a folder")
        must_refuse(frontdoor(env, url, "restore", str(tmp_path / "no")), "There is no file")
    foreign = tmp_path / "foreign.sqlite3"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE recipe (name)")
    must_refuse(frontdoor(env, file, "restore", str(foreign)), "no backup of a front door")
    with closing(sqlite3.connect(backups["sqlite"], isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    must_refuse(frontdoor(env, file, "restore", backups["sqlite"]), "9999", "newer one")
    assert not (tmp_path / "new.sqlite3").exists()


async def test_a_dump_that_is_not_ours_or_of_a_newer_release_is_refused(
    postgres: PostgresServer, tmp_path: Path, env: dict[str, str]
) -> None:
    url = postgres.create_database()
    database = Database(url, pool_size=1)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.commit()
    file = tmp_path / "newer"
    must_do(frontdoor(env, url, "backup", str(file)))
    empty = postgres.create_database(migrated=False)
    must_refuse(frontdoor(env, empty, "restore", str(file)), "9999", "newer one")
    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
        await connection.commit()
    await database.dispose()
    named, given = reached_by(postgresql_place(url))
    foreign = tmp_path / "foreign"
    subprocess.run(
        ["pg_dump", "--format=custom", f"--file={foreign}", f"--dbname={named}"],
        env=env | given,
        check=True,
    )
    must_refuse(frontdoor(env, empty, "restore", str(foreign)), "no backup of a front door")


async def test_restoring_is_refused_while_anybody_has_the_database_open(
    sqlite: SqliteFiles, tmp_path: Path, env: dict[str, str]
) -> None:
    url = sqlite.create_database()
    file = str(tmp_path / "backup")
    must_do(frontdoor(env, url, "backup", file))
    async with open_house(url, FixedClock(system_clock()), tmp_path) as house:
        await log(house)
        refused = await asyncio.to_thread(as_a_process, env, url, "restore", file)
        assert refused.returncode == 1
        assert "open in another process" in refused.stderr
        assert "Nothing was changed" in refused.stderr
        await log(house)
    assert (await there(url))[0] == 2
    assert "kept as" in must_do(frontdoor(env, url, "restore", file))
    assert (await there(url))[0] == 0


@pytest.fixture
async def crashed(sqlite: SqliteFiles, tmp_path: Path) -> Path:
    """A database whose service was killed: the newest writes stand in its log."""
    path = tmp_path / "live" / "frontdoor.sqlite3"
    path.parent.mkdir()
    shutil.copyfile(path_of(sqlite.create_database()), path)
    program = (
        "import asyncio, os, sys, signal\n"
        "from pathlib import Path\n"
        "from tests.frontdoor.test_backups import fill\n"
        "from service.bootstrap import House\n"
        "async def close(self): os.kill(os.getpid(), signal.SIGKILL)\n"
        "House.close = close\n"
        "asyncio.run(fill(sys.argv[1], Path(sys.argv[2]), 5))\n"
    )
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program, f"sqlite:///{path}", str(tmp_path)],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert log_of(path).stat().st_size > 0
    return path


async def test_restoring_over_a_crashed_service_leaves_no_log_of_it_and_keeps_it_aside_whole(
    sqlite: SqliteFiles, crashed: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    older = sqlite.create_database()
    await fill(older, tmp_path, 2)
    file = str(tmp_path / "backup")
    must_do(frontdoor(env, older, "backup", file))
    mark_of(crashed).touch()
    url = f"sqlite:///{crashed}"
    said = must_do(frontdoor(env, url, "restore", file))
    assert not any(one(crashed).exists() for one in (log_of, index_of, mark_of))
    assert (await there(url))[0] == 2
    match = re.search(r"kept as (.*)\.\n", said)
    assert match is not None
    # And the mistake can be taken back: what was aside comes with what its log held.
    must_do(frontdoor(env, url, "restore", match[1]))
    assert (await there(url))[0] == 5


async def test_a_backup_with_the_log_of_another_file_beside_it_is_refused(
    sqlite: SqliteFiles, crashed: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    file = tmp_path / "backup"
    must_do(frontdoor(env, sqlite.create_database(), "backup", str(file)))
    shutil.copyfile(log_of(crashed), log_of(file))
    must_refuse(frontdoor(env, f"sqlite:///{crashed}", "restore", str(file)), "does not belong")
    assert (await there(f"sqlite:///{crashed}"))[0] == 5


def test_a_database_is_not_its_own_backup(
    sqlite: SqliteFiles, tmp_path: Path, env: dict[str, str]
) -> None:
    url = sqlite.create_database()
    must_refuse(frontdoor(env, url, "restore", str(path_of(url))), "the database itself")


async def test_nothing_is_restored_over_what_a_postgresql_database_holds(
    postgres: PostgresServer, tmp_path: Path, env: dict[str, str]
) -> None:
    url = postgres.create_database()
    await fill(url, tmp_path, 1)
    file = str(tmp_path / "backup")
    must_do(frontdoor(env, url, "backup", file))
    must_refuse(frontdoor(env, url, "restore", file), "not empty", "createdb")
    assert (await there(url))[0] == 1
    empty = postgres.create_database(migrated=False)
    database = Database(empty, pool_size=1, application="frontdoor worker")
    async with database.reading():
        must_refuse(frontdoor(env, empty, "restore", file), "are connected", "frontdoor worker")
    await database.dispose()


async def test_a_damaged_or_missing_database_makes_no_backup(
    sqlite: SqliteFiles, postgres: PostgresServer, tmp_path: Path, env: dict[str, str]
) -> None:
    url = sqlite.create_database()
    await fill(url, tmp_path)
    with path_of(url).open("r+b") as file:
        file.seek(20 * 4096)
        file.write(os.urandom(60 * 4096))
    wanted = tmp_path / "kept" / "backup"
    must_refuse(frontdoor(env, url, "backup", str(wanted)), "damaged", "frontdoor restore")
    assert list(wanted.parent.iterdir()) == []
    nowhere = f"sqlite:///{tmp_path / 'nowhere.sqlite3'}"
    must_refuse(frontdoor(env, nowhere, "backup", str(wanted)), "no database file")
    assert not (tmp_path / "nowhere.sqlite3").exists()
    empty = postgres.create_database(migrated=False)
    must_refuse(frontdoor(env, empty, "backup", str(wanted)), "never migrated")
    assert list(wanted.parent.iterdir()) == []


def programs(folder: Path, **said: str) -> Path:
    """A folder of programs that say a version and do nothing."""
    folder.mkdir()
    for name, version in said.items():
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_without_postgresqls_programs_or_with_older_ones_it_says_what_to_install(
    postgres: PostgresServer, tmp_path: Path, env: dict[str, str]
) -> None:
    url = postgres.create_database()
    file = tmp_path / "backup"
    none = env | {"PATH": str(programs(tmp_path / "none"))}
    must_refuse(frontdoor(none, url, "backup", str(file)), "pg_dump", "PATH", "client programs")
    old = env | {"PATH": str(programs(tmp_path / "old", pg_dump="9.6.24", pg_restore="9.6.24"))}
    must_refuse(frontdoor(old, url, "backup", str(file)), "PostgreSQL 9,", "first on the PATH")
    assert not file.exists()


async def test_a_backup_of_an_earlier_release_says_that_it_must_be_migrated(
    database_server: DatabaseServer, tmp_path: Path, env: dict[str, str]
) -> None:
    url = database_server.create_database()
    database = Database(url, pool_size=1)
    await migrate_database(database, "0006")
    await database.dispose()
    file = str(tmp_path / "backup")
    assert "schema step 0006" in must_do(frontdoor(env, url, "backup", file))
    elsewhere = empty_place(database_server, tmp_path)
    assert "Next: frontdoor migrate" in must_do(frontdoor(env, elsewhere, "restore", file))
    must_do(frontdoor(env, elsewhere, "migrate"))
    assert await there(elsewhere) == (0, 0)


def test_the_password_is_in_no_list_of_processes() -> None:
    for url in (
        "postgresql://fd:s%40cret@db.example:5433/frontdoor?sslmode=require",
        "postgresql://fd@db.example/frontdoor?password=s%40cret",
    ):
        named, given = reached_by(postgresql_place(url))
        assert given["PGPASSWORD"] == "s@cret"
        assert "cret" not in named
        assert named.startswith("postgresql://fd@db.example")
    assert "PGPASSWORD" not in reached_by(postgresql_place("postgresql:///x?host=/run"))[1]
    trusting = "postgresql://fd@db.example/frontdoor?sslrootcert=system"
    assert "sslrootcert=system" in reached_by(postgresql_place(trusting))[0]
    with pytest.raises(BackupRefused, match="key file"):
        reached_by(postgresql_place("postgresql://fd@db.example/x?sslpassword=secret"))
