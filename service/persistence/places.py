"""Where a job that runs at work and in a migration alike reads and writes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Executable, Table, insert

from service.persistence.asking import Asking, Reading
from service.persistence.engines import Database

Found = TypeVar("Found")
Changing = TypeVar("Changing", covariant=True)


class Places(Protocol[Changing]):
    """A house at work, or a database that is being migrated; `Changing` is what a change needs."""

    async def ask_at_length(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads what may take a while."""
        ...

    async def perform(self, change: Callable[[Changing], Awaitable[Found]]) -> Found:
        """Carries out a change in one transaction."""
        ...


class Transaction(Reading):
    """A connection in a transaction."""

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite's, who has one writer at a time."""
        return self._connection.dialect.name == "sqlite"

    async def insert_all(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes rows of a table."""
        await self._connection.execute(insert(table), list(rows))

    async def execute(self, statement: Executable) -> Any:
        """Carries out a change."""
        return await self._connection.execute(statement)


class Migrated:
    """A database that is being migrated, where nobody works yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask_at_length(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads what may take a while."""
        async with self._database.long_reading() as connection:
            return await question(Reading(connection))

    async def perform(self, change: Callable[[Transaction], Awaitable[Found]]) -> Found:
        """Carries out a change in one transaction."""
        async with self._database.writing() as connection:
            done = await change(Transaction(connection))
            await connection.commit()
            return done
