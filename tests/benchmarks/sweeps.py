"""What a clock does: the sweep with nothing due and with a thousand clocks due, and the check."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from service.bootstrap import House
from service.persistence.engines import open_sqlite
from service.usecases.flags import sweep
from service.usecases.jobs import check_impossible
from tests.benchmarks.fill import plain_url, tidy
from tests.benchmarks.recordings import Recording, Statement, record
from tests.benchmarks.servers import settings_for
from tests.benchmarks.stores import Store

_FAR = "2029-01-01 00:00:00.000000"
_PAST = "2026-07-10 00:00:00.000000"


def make_due(store: Store, count: int) -> None:
    """Sets the running clocks so that exactly so many are due, and the others far away."""
    tidy(store.url)
    chosen = (
        "SELECT id FROM deadline WHERE stopped_at IS NULL AND breached_at IS NULL "
        f"ORDER BY id LIMIT {count}"
    )
    _execute(
        store,
        [
            f"UPDATE deadline SET due_at = '{_FAR}', warn_at = NULL, warned_at = NULL, "
            "breached_at = NULL WHERE stopped_at IS NULL",
            f"UPDATE deadline SET due_at = '{_PAST}' WHERE id IN ({chosen})",
        ],
    )


def _execute(store: Store, statements: Sequence[str]) -> None:
    if store.kind == "sqlite":
        with closing(sqlite3.connect(make_url(store.url).database or "")) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return

    async def run() -> None:
        connection = await asyncpg.connect(plain_url(store.url))
        await connection.execute("SET timezone = 'UTC'")
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("VACUUM deadline")
        await connection.close()

    asyncio.run(run())


def timed_sweep(store: Store, folder: Path, *, due: int, repeat: int = 1) -> float:
    """Milliseconds that a sweep takes with so many clocks due, on a house that is warm."""
    make_due(store, due)

    async def run() -> float:
        house = await House.open(settings_for(store.url, folder))
        try:
            if not due:
                await sweep(house)
            began_at = time.perf_counter()
            for _ in range(repeat):
                swept = await sweep(house)
            elapsed = time.perf_counter() - began_at
            if swept.breaches != due:
                raise RuntimeError(f"{swept.breaches} clocks were flagged, and {due} were due")
            return elapsed / repeat * 1000
        finally:
            await house.close()

    return asyncio.run(run())


def recorded_sweep(store: Store, folder: Path, *, due: int) -> Recording:
    """The statements of one sweep, to be done again by the bare driver after `make_due`."""
    make_due(store, due)
    return asyncio.run(record(store, folder, sweep))


def bare_sweep(store: Store, recording: Recording, *, due: int, repeat: int = 1) -> float:
    """Milliseconds that the bare driver takes for the very statements of a recorded sweep."""
    make_due(store, due)
    return bare(store, recording, repeat)


def timed_check(store: Store, folder: Path) -> float:
    """Milliseconds that the check of what should be impossible takes, on a house that is warm.

    It finds nothing, or it raises what it found: then the filled database is not a true one.
    """

    async def run() -> float:
        house = await House.open(settings_for(store.url, folder))
        try:
            await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
            began_at = time.perf_counter()
            await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
            return (time.perf_counter() - began_at) * 1000
        finally:
            await house.close()

    return asyncio.run(run())


def recorded_check(store: Store, folder: Path) -> Recording:
    """The statements of one check, to be done again by the bare driver."""

    async def check(house: House) -> None:
        # Where what is asked is written down; the service asks the same at length, elsewhere.
        await house.ask(lambda ask: check_impossible(ask, house.policy))

    return asyncio.run(record(store, folder, check))


def bare_check(store: Store, recording: Recording) -> float:
    """Milliseconds that the bare driver takes for the very statements of a recorded check."""
    return bare(store, recording, repeat=1)


def bare(store: Store, recording: Recording, repeat: int) -> float:
    """Milliseconds that the bare driver takes for what was recorded, so many times over."""
    if store.kind == "sqlite":
        with closing(open_sqlite(make_url(store.url).database or "")) as connection:
            began_at = time.perf_counter()
            for _ in range(repeat):
                for statement in recording.statements:
                    _do(connection, statement)
            return (time.perf_counter() - began_at) / repeat * 1000

    async def run() -> float:
        connection = await asyncpg.connect(plain_url(store.url))
        try:
            began_at = time.perf_counter()
            for _ in range(repeat):
                for statement in recording.statements:
                    if statement.values:
                        await connection.fetch(statement.sql, *statement.values)
                    else:
                        await connection.execute(statement.sql)
            return (time.perf_counter() - began_at) / repeat * 1000
        finally:
            await connection.close()

    return asyncio.run(run())


def _do(connection: sqlite3.Connection, statement: Statement) -> None:
    if statement.sets is not None:
        connection.executemany(statement.sql, statement.sets)
        return
    done: Any = connection.execute(statement.sql, statement.values)
    if done.description is not None:
        done.fetchall()
