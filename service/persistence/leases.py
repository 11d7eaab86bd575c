"""The lead as a row: who has it, by which epoch, and whether its holder still gives signs of life.

No time is compared between machines. The leader raises a number; a follower watches by its own
steady clock how long that has stayed the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from sqlalchemy import CursorResult, Executable, insert, select, update

from service.clock import Clock
from service.persistence.asking import Asking
from service.persistence.engines import Database
from service.persistence.failures import AlreadyThere
from service.persistence.tables import metadata
from service.persistence.units_of_work import Keeping, Work
from service.policy import Policy

Found = TypeVar("Found")

LEAD: Final = metadata.tables["lead"]
WORKERS: Final = "workers"


class LeadLost(Exception):
    """This worker leads no more: another took the lead. Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The lead as the row has it."""

    epoch: int
    holder: str
    beat: int
    locked: bool

    @property
    def free(self) -> bool:
        """Whether its last holder gave it up."""
        return not self.holder


class Leases:
    """The row of the lead, each statement a transaction by itself."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder

    async def read(self) -> Lease | None:
        """The lead as it is now; None when nobody ever had it."""
        columns = (LEAD.c.epoch, LEAD.c.holder, LEAD.c.beat, LEAD.c.locked)
        async with self._database.reading() as connection:
            row = (await connection.execute(select(*columns).where(_OURS))).first()
        return None if row is None else Lease(*row)

    async def claim(self, seen: Lease | None, *, locked: bool) -> int | None:
        """Takes the lead if it is still as it was seen. Returns the epoch, or None."""
        if seen is None:
            first = {"name": WORKERS, "epoch": 1, "holder": self._holder, "beat": 1}
            try:
                await self._change(insert(LEAD).values(**first, locked=locked))
            except AlreadyThere:
                return None
            return 1
        epoch = seen.epoch + 1
        taken = await self._change(
            update(LEAD)
            .where(_OURS, LEAD.c.epoch == seen.epoch, LEAD.c.beat == seen.beat)
            .values(epoch=epoch, holder=self._holder, beat=seen.beat + 1, locked=locked)
        )
        return epoch if taken else None

    async def beat(self, epoch: int, *, locked: bool) -> bool:
        """Gives a sign of life. Returns whether the lead is still held by this epoch."""
        return await self._change(_beat(epoch).values(locked=locked))

    async def give_up(self, epoch: int) -> None:
        """Gives the lead up, if it is still held by this epoch."""
        await self._change(_beat(epoch).values(holder="", locked=False))

    async def _change(self, statement: Executable) -> bool:
        database = self._database
        # On PostgreSQL this is one statement by itself: nothing stays open while we sleep.
        async with database.writing() if database.is_sqlite else database.reading() as connection:
            result = cast(CursorResult[Any], await connection.execute(statement))
            if database.is_sqlite:
                await connection.commit()
        return result.rowcount == 1


_OURS: Final = LEAD.c.name == WORKERS


def _beat(epoch: int) -> Any:
    return update(LEAD).where(_OURS, LEAD.c.epoch == epoch).values(beat=LEAD.c.beat + 1)


async def require(work: Work, epoch: int | None, *, beating: bool) -> None:
    """Raises LeadLost unless the lead is still held by this epoch.

    With `beating` it is a sign of life too: for SQLite, where a long transaction keeps the leader
    from giving any other. On PostgreSQL that would make its jobs wait for each other.
    """
    if epoch is not None:
        if beating:
            held = await work.rows_changed(_beat(epoch)) == 1
        else:
            asked = select(LEAD.c.epoch).where(_OURS, LEAD.c.epoch == epoch)
            held = await work.first(asked) is not None
        if held:
            return
    raise LeadLost("another worker leads")


class Led:
    """A house whose every change is made only while this worker leads.

    So that one that slept, and was replaced meanwhile, finds out before it changes anything.
    """

    def __init__(self, house: Keeping, epoch: Callable[[], int | None], *, beating: bool) -> None:
        self._house = house
        self._epoch = epoch
        self._beating = beating
        self.policy: Policy = house.policy
        self.clock: Clock = house.clock

    async def ask(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads, without a transaction around it."""
        return await self._house.ask(question)

    async def ask_at_length(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads what may take a while."""
        return await self._house.ask_at_length(question)

    async def perform(self, use_case: Callable[[Work], Awaitable[Found]]) -> Found:
        """Carries out one use-case in one transaction. Raises LeadLost."""

        async def while_leading(work: Work) -> Found:
            await require(work, self._epoch(), beating=self._beating)
            return await use_case(work)

        return await self._house.perform(while_leading)

    async def look_over(self) -> None:
        """Looks through the whole database for damage."""
        await self._house.look_over()
