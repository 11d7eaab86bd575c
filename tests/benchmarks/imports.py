"""A file of police notifications loaded, beside plain inserts of the very rows that came of it."""

import asyncio
import csv
import io
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from service.bootstrap import House
from service.clock import system_clock
from service.domain.access import Role
from service.persistence.engines import open_sqlite
from service.usecases.notification_loading import load_notifications
from service.usecases.police_imports import submit_notification_file
from tests.benchmarks.fill import CONCERN, WRITTEN, newer_than_filled, plain_url, tidy
from tests.benchmarks.fill_protection import POLICE
from tests.benchmarks.servers import settings_for, token_for
from tests.benchmarks.stores import Store

Rows = dict[str, tuple[Sequence[str], list[Sequence[Any]]]]
"""By table: the names of its columns, and its rows."""

_AGAIN = ("police_notification_file",)


def file_of(rows: int) -> bytes:
    """A file of so many rows: incidents with two children each, and the mother."""
    at = (system_clock() - timedelta(hours=9)).isoformat(timespec="seconds")
    written = io.StringIO(newline="")
    lines = csv.writer(written)
    names = (
        "incident_number,incident_at,risk,children_present,agreement,lawful_basis,concern,address,"
        "town,postcode,officer_name,officer_role,adult_1_relationship,adult_1_given_name,"
        "adult_1_family_name,adult_1_in_household,child_given_name,child_family_name,"
        "child_date_of_birth,child_birth_knowledge,child_sex"
    )
    lines.writerow(names.split(","))
    for row in range(rows):
        incident = row // 2
        family = f"Harrow-{incident}"
        shared = [f"RB/{incident:07}", at, "medium", "yes", "not_sought", "public_task", CONCERN]
        home = [
            f"{incident} Mill Lane",
            "Riverbourne",
            "ZZ99 4XY",
            "PC Adeyemi",
            "Response officer",
        ]
        mother = ["mother", "Sam", family, "yes"]
        born = f"{2010 + row % 14}-{1 + row % 12:02}-{1 + row % 28:02}"
        child = [("Amara", "Ben")[row % 2], family, born, "known", "FM"[row % 2]]
        lines.writerow([*shared, *home, *mother, *child])
    return written.getvalue().encode()


def timed_import(store: Store, folder: Path, rows: int) -> float:
    """Rows a second that a worker checks and loads of a file, once it has been taken on.

    What came of it stays, for `rows_written`.
    """
    tidy(store.url)

    async def run() -> float:
        house = await House.open(settings_for(store.url, folder))
        try:
            who = await house.caller(token_for(house.settings, Role.mash_worker))
            content = file_of(rows)
            await house.perform(lambda work: submit_notification_file(work, who, content, POLICE))
            began_at = time.perf_counter()
            await load_notifications(house)
            return rows / (time.perf_counter() - began_at)
        finally:
            await house.close()

    return asyncio.run(run())


def rows_written(store: Store) -> Rows:
    """What an import wrote, by table, parents first."""
    tables = [one for one in reversed(WRITTEN) if one[0] not in _AGAIN]
    newer = newer_than_filled()
    if store.kind == "sqlite":
        found: Rows = {}
        with closing(sqlite3.connect(make_url(store.url).database or "")) as file:
            for table, column in tables:
                rows = file.execute(f"SELECT * FROM {table} WHERE {column} >= ?", (newer.hex,))
                names = [one[0] for one in rows.description]
                found[table] = (names, rows.fetchall())
        return found

    async def read() -> Rows:
        connection = await asyncpg.connect(plain_url(store.url))
        try:
            found: Rows = {}
            for table, column in tables:
                rows = await connection.fetch(f"SELECT * FROM {table} WHERE {column} >= $1", newer)
                names = list(rows[0].keys()) if rows else []
                found[table] = (names, [tuple(row) for row in rows])
            return found
        finally:
            await connection.close()

    return asyncio.run(read())


def bare_import(store: Store, written: Rows, rows: int) -> float:
    """Rows of the file a second, when the same is written with one insert a row, at one go."""
    tidy(store.url)
    if store.kind == "sqlite":
        with closing(open_sqlite(make_url(store.url).database or "")) as file:
            began_at = time.perf_counter()
            file.execute("BEGIN IMMEDIATE")
            for table, (names, values) in written.items():
                places = ", ".join("?" for _ in names)
                file.executemany(f"INSERT INTO {table} VALUES ({places})", values)
            file.execute("COMMIT")
            took = time.perf_counter() - began_at
    else:
        took = asyncio.run(_insert(store, written))
    tidy(store.url)
    return rows / took


async def _insert(store: Store, written: Rows) -> float:
    connection = await asyncpg.connect(plain_url(store.url))
    try:
        began_at = time.perf_counter()
        async with connection.transaction():
            for table, (names, values) in written.items():
                if values:
                    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
                    await connection.executemany(f"INSERT INTO {table} VALUES ({places})", values)
        return time.perf_counter() - began_at
    finally:
        await connection.close()
