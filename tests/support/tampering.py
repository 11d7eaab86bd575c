"""What nobody can do through the service: to write past the promises of the database."""

import asyncio
import sqlite3
from contextlib import closing

from sqlalchemy import text

from service.persistence.engines import Database


async def tamper(database: Database, *statements: str, lifting: tuple[str, ...] = ()) -> None:
    """Carries out statements with foreign keys and triggers off.

    `lifting` names check constraints, as `table.constraint`, to be lifted as well.
    """
    if database.is_sqlite:
        await asyncio.to_thread(_on_sqlite, str(database.url.database), statements)
        return
    async with database.writing() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for constraint in lifting:
            table, _, name = constraint.partition(".")
            await connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        for statement in statements:
            await connection.execute(text(statement))
        await connection.commit()


def _on_sqlite(path: str, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
