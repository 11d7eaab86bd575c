"""How repositories ask: inside a transaction or outside one, in the same words."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Executable, Row, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.access import Caller
from service.persistence.prepared import SHELF

AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class Asking(Protocol):
    """What a repository needs of a unit of work or of a reading connection."""

    async def first(self, statement: Executable) -> AnyRow | None:
        """The first row, or None."""
        ...

    async def all(self, statement: Executable) -> Sequence[AnyRow]:
        """All rows."""
        ...

    async def again(
        self,
        key: Hashable,
        who: Caller,
        make: Callable[[], Select[Any]],
        values: Mapping[str, Any],
    ) -> Sequence[Sequence[Any]]:
        """All rows of a statement that is asked again and again: made once for its key.

        `key` tells apart whatever makes the statement differ beside the caller; what differs
        from one asking to the next stands in it as a parameter, and comes in `values`.
        """
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

    async def again(
        self,
        key: Hashable,
        who: Caller,
        make: Callable[[], Select[Any]],
        values: Mapping[str, Any],
    ) -> Sequence[Sequence[Any]]:
        """All rows of a statement that is asked again and again: made once for its key.

        `key` tells apart whatever makes the statement differ beside the caller; what differs
        from one asking to the next stands in it as a parameter, and comes in `values`.
        """
        ready, own = SHELF.take(key, who, make, self._connection.dialect)
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        return ready.rows(await driver.fetch(ready.sql, *ready.values({**own, **values})))
