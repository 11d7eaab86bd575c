"""Questions asked at every receipt: made ready once for each shape, and asked by the driver."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Dialect


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, with what turns values into its own and back."""

    sql: str
    binds: Sequence[tuple[str, Any, Callable[[Any], Any] | None]]
    results: Sequence[Callable[[Any], Any] | None]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the places in which the driver wants them."""
        taken = [(given.get(name, own), process) for name, own, process in self.binds]
        return [value if process is None else process(value) for value, process in taken]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Rows as SQLAlchemy would have given them."""
        return [
            tuple(
                value if process is None or value is None else process(value)
                for value, process in zip(row, self.results, strict=True)
            )
            for row in found
        ]


@lru_cache(maxsize=256)
def prepared(statement: CompoundSelect[Any], dialect: Dialect) -> Prepared:
    """A statement made ready; its parameters are named, and none of them is a list."""
    compiled: Any = statement.compile(dialect=dialect)
    return Prepared(
        sql=str(compiled),
        binds=[
            (name, bind.value, bind.type.dialect_impl(dialect).bind_processor(dialect))
            for name, bind in ((name, compiled.binds[name]) for name in compiled.positiontup)
        ],
        results=[
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in statement.selected_columns
        ],
    )
