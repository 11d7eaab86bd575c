"""How repositories ask: inside a transaction or outside one, in the same words."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection


class Asking(Protocol):
    """What a repository needs of a unit of work or of a reading connection."""

    async def first(self, statement: Executable) -> Row[Any] | None:
        """The first row, or None."""
        ...

    async def all(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows."""
        ...


class Reading:
    """Reads without a transaction around them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def first(self, statement: Executable) -> Row[Any] | None:
        """The first row, or None."""
        return (await self._connection.execute(statement)).first()

    async def all(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows."""
        return (await self._connection.execute(statement)).all()
