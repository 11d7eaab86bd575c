"""How repositories ask: inside a transaction or outside one, in the same words."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, cast

from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from service.persistence.prepared import SHELF, Prepared, Question, Rows, fetch

# The row of a question is a plain sequence in the order of its columns: it has no names.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class Asking(Protocol):
    """What a repository needs of a unit of work or of a reading connection.

    A question (`made_once`) is asked with the values of its parameters; any other statement is
    built for each asking, and has its values in it.
    """

    async def first(self, statement: Executable | Question, **values: Any) -> AnyRow | None:
        """The first row, or None."""
        ...

    async def all(self, statement: Executable | Question, **values: Any) -> Sequence[AnyRow]:
        """All rows."""
        ...

    async def together(self, *questions: Question, **values: Any) -> Sequence[Rows]:
        """The rows of several questions: on PostgreSQL in one round trip, and at one instant."""
        ...


class Reading:
    """Reads without a transaction around them, or within one that its maker began.

    `straight` says that the driver itself may be asked: where SQLAlchemy need not begin anything.
    """

    def __init__(self, connection: AsyncConnection, *, straight: bool = False) -> None:
        self._connection = connection
        self._straight = straight

    async def first(self, statement: Executable | Question, **values: Any) -> AnyRow | None:
        """The first row, or None."""
        if isinstance(statement, Question):
            found = await self.all(statement, **values)
            return found[0] if found else None
        return (await self._connection.execute(statement)).first()

    async def all(self, statement: Executable | Question, **values: Any) -> Sequence[AnyRow]:
        """All rows."""
        if isinstance(statement, Question):
            ready, own = SHELF.take(statement, self._connection.dialect)
            found = ready.rows(await self._fetch(ready, own | values))
            return cast(Sequence[AnyRow], found)
        return (await self._connection.execute(statement)).all()

    async def together(self, *questions: Question, **values: Any) -> Sequence[Rows]:
        """The rows of several questions: on PostgreSQL in one round trip, and at one instant."""
        if self._connection.dialect.name != "postgresql":
            return [await self.all(one, **values) for one in questions]
        ready, own = SHELF.take_together(questions, self._connection.dialect)
        return ready.answers(await self._fetch(ready, own | values))

    async def _fetch(self, ready: Prepared, values: dict[str, Any]) -> Rows:
        sql, given = ready.asked(values)
        if self._straight:
            return await fetch(self._connection, sql, given)
        return (await self._connection.exec_driver_sql(sql, tuple(given))).all()
