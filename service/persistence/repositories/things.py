"""One kind of thing on file: one of them as far as somebody may see it, and its history."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement

from service.domain.access import Sight
from service.domain.errors import NotFound
from service.persistence.asking import Asking
from service.persistence.records import read
from service.persistence.statements import all_of, one_seen, one_that_was_found
from service.persistence.units_of_work import Work

Record = TypeVar("Record")
Step = TypeVar("Step")


@dataclass(frozen=True, slots=True)
class Things(Generic[Record]):
    """One kind of thing: its record, who may see which, and the refusal of one that is not there.

    `called` is what people call one of them.
    """

    record: type[Record]
    called: str
    visible_to: Callable[[Sight], ColumnElement[bool]]
    refusal: type[NotFound]

    def missing(self) -> NotFound:
        """That it is not there, or may not be seen: nobody is told which."""
        return self.refusal(
            f"There is no {self.called} with this id that you may see. Check the id."
        )

    async def get(self, ask: Asking | Work, sight: Sight, id_: UUID) -> Record:
        """One of them. Raises its NotFound for what is not there and what may not be seen."""
        row = await ask.first(one_seen(sight, self.record, self.visible_to), id=id_)
        if row is None:
            raise self.missing()
        return read(self.record, row)

    async def found_before(self, work: Work, id_: UUID, *, held: bool = False) -> Record:
        """One that whoever asks has found already; `held` until the commit or not."""
        row = await work.first(one_that_was_found(self.record, held), id=id_)
        if row is None:
            raise self.missing()
        return read(self.record, row)


@dataclass(frozen=True, slots=True)
class Steps(Generic[Step]):
    """The history of one kind of thing: a line for each thing that was done to it, never changed.

    `of` is the column that says whose line it is.
    """

    record: type[Step]
    of: str

    async def all(self, ask: Asking | Work, id_: UUID) -> list[Step]:
        """Everything that was done to one of them, in the order in which it was recorded."""
        rows = await ask.all(all_of(self.record, self.of, "id"), of=id_)
        return [read(self.record, row) for row in rows]
