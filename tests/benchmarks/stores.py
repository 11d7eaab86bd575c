"""The filled databases, kept between runs: they are made anew only when their making changes."""

import asyncio
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from service.persistence import migrating
from service.persistence.migrating import migrate
from tests.benchmarks.fill import fill, plain_url, told
from tests.support.databases import postgres_server

# What a small server of one's own would be given; everything that keeps a commit stays on.
POSTGRESQL_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


@dataclass(frozen=True, slots=True)
class Store:
    """A filled database."""

    kind: str
    contacts: int
    url: str


def _mark() -> str:
    """Changes when the tables, or what is filled into them, change."""
    steps = sorted(Path(migrating.__file__).parent.glob("migrations/versions/*.py"))
    made_by = [told().encode(), *(step.read_bytes() for step in steps)]
    return hashlib.sha256(b"".join(made_by)).hexdigest()[:8]


def sqlite_store(folder: Path, contacts: int, tell: Callable[[str], None]) -> Store:
    """A SQLite file in the folder with so many contacts."""
    path = folder / f"contacts-{contacts}-{_mark()}.sqlite3"
    if not path.exists():
        for old in folder.glob(f"contacts-{contacts}-*"):
            old.unlink()
        filling = path.with_suffix(".filling")
        migrate(f"sqlite:///{filling}")
        fill(f"sqlite:///{filling}", contacts, tell)
        filling.rename(path)
    return Store("sqlite", contacts, f"sqlite:///{path}")


@contextmanager
def postgresql_stores(
    folder: Path, tell: Callable[[str], None]
) -> Iterator[Callable[[int], Store]]:
    """A PostgreSQL that keeps its cluster in the folder, and answers with stores by their size."""
    kept = folder / "postgresql" if _reachable(folder) else None
    if kept is None:
        tell("PostgreSQL, which does not run as root, cannot reach the folder: nothing is kept.")
    with postgres_server(durable=True, kept=kept, settings=POSTGRESQL_SETTINGS) as server:

        def store(contacts: int) -> Store:
            name = f"contacts_{contacts}_{_mark()}"
            url = make_url(server.url).set(database=name).render_as_string(hide_password=False)
            asyncio.run(_make(server.url, url, contacts, tell))
            return Store("postgresql", contacts, url)

        yield store


def _reachable(folder: Path) -> bool:
    return os.geteuid() != 0 or all(
        step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents)
    )


async def _make(server_url: str, url: str, contacts: int, tell: Callable[[str], None]) -> None:
    name = make_url(url).database
    filling = make_url(url).set(database=f"{name}_filling").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain_url(server_url))
    try:
        found = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1", f"contacts_{contacts}_%"
        )
        if name in {row["datname"] for row in found}:
            return
        for row in found:
            await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}_filling" TEMPLATE template0')
        await asyncio.to_thread(migrate, filling)
        await asyncio.to_thread(fill, filling, contacts, tell)
        await connection.execute(f'ALTER DATABASE "{name}_filling" RENAME TO "{name}"')
    finally:
        await connection.close()
