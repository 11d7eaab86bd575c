"""What callers have left, shared by all processes on one database: told of in short statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, cast, delete, extract, func, literal
from sqlalchemy.dialects import postgresql, sqlite

from service.clock import Clock
from service.domain.allowances import Allowance
from service.persistence.engines import Database
from service.persistence.tables import metadata
from service.persistence.units_of_work import Work

ALLOWANCE: Final = metadata.tables["allowance"]
# Nothing of an allowance is less than whole after so long.
_WHOLE_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Use:
    """How many requests a process has let through since it last told of a holder."""

    holder: UUID
    allowance: Allowance
    requests: int


class SharedAllowances:
    """The rows that all processes share; each telling is one statement, a transaction by itself.

    The time is the database server's own, so that the clocks of several machines are never
    compared. On SQLite it is this machine's, where all processes are.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def tell(self, uses: Sequence[Use]) -> list[int]:
        """Takes each use off what is left, and says what is left then. Raises DatabaseAway."""
        database = self._database
        left: list[int] = []
        async with database.writing() if database.is_sqlite else database.reading() as connection:
            for use in uses:
                left.append((await connection.execute(self._statement(use))).scalar_one())
            if database.is_sqlite:
                await connection.commit()
        return left

    def _now_ms(self) -> ColumnElement[int]:
        if self._database.is_sqlite:
            return literal(round(self._clock().timestamp() * 1000), BigInteger)
        # Looked at when the row is held, not when the statement began.
        return cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)

    @property
    def _words(self) -> tuple[Any, Any, Any]:
        """How the database says the least of several, the greatest, and an insert."""
        if self._database.is_sqlite:
            return func.min, func.max, sqlite.insert
        return func.least, func.greatest, postgresql.insert

    def _statement(self, use: Use) -> Any:
        allowance = use.allowance
        now = self._now_ms()
        least, greatest, insert = self._words
        full = literal(allowance.full, BigInteger)
        passed = greatest(literal(0, BigInteger), now - ALLOWANCE.c.at_ms)
        refilled = least(full, ALLOWANCE.c.left_parts + passed * allowance.number)
        cost = use.requests * allowance.cost
        return (
            insert(ALLOWANCE)
            .values(
                holder=use.holder,
                name=allowance.name,
                left_parts=allowance.spent(allowance.full, use.requests),
                at_ms=now,
            )
            .on_conflict_do_update(
                index_elements=["holder", "name"],
                set_={
                    "left_parts": greatest(
                        literal(-allowance.full, BigInteger), refilled - literal(cost, BigInteger)
                    ),
                    "at_ms": now,
                },
            )
            .returning(ALLOWANCE.c.left_parts)
        )


async def forget_whole(work: Work) -> int:
    """Forgets what is whole again by now. Returns how many."""
    before = round((work.now - _WHOLE_AFTER).timestamp() * 1000)
    return await work.rows_changed(delete(ALLOWANCE).where(ALLOWANCE.c.at_ms < before))
