"""How repositories ask: inside a transaction or outside one, in the same words."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection

AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class Asking(Protocol):
    """What a repository needs of a unit of work or of a reading connection."""

    async def first(self, statement: Executable) -> AnyRow | None:
        """The first row, or None."""
        ...

    async def all(self, statement: Executable) -> Sequence[AnyRow]:
        """All rows."""
        ...


class Reading:
    """Reads without a transaction around them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def first(self, statement: Executable) -> AnyRow | None:
        """The first row, or None."""
        return (await self._connection.execute(statement)).first()

    async def all(self, statement: Executable) -> Sequence[AnyRow]:
        """All rows."""
        return (await self._connection.execute(statement)).all()
