"""Questions asked again and again: made ready once for each shape, and asked by the driver."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Dialect, Select

from service.domain.access import Caller


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
    """A statement made ready; its parameters are named."""
    return made_ready(statement, dialect)


def made_ready(statement: CompoundSelect[Any] | Select[Any], dialect: Dialect) -> Prepared:
    """A statement made ready. Its parameters are named; a list in it stays as it is."""
    compiled: Any = statement.compile(dialect=dialect)
    # Values that are given each time are not there yet.
    missing = {name: None for name, bind in compiled.binds.items() if bind.required}
    written = compiled.construct_expanded_state(missing)
    binds: dict[str, Any] = {}
    for name, bind in compiled.binds.items():
        for each in written.parameter_expansion.get(name, (name,)):
            binds[each] = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return Prepared(
        sql=written.statement,
        binds=[(name, written.parameters[name], binds[name]) for name in written.positiontup],
        results=[
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in statement.selected_columns
        ],
    )


# What of a caller tells persons apart: a statement may differ by anything else about them.
_OF_THE_PERSON = ("account_id", "issuer", "subject", "name")


def _shape(who: Caller) -> Hashable:
    return tuple(
        getattr(who, field.name) for field in fields(who) if field.name not in _OF_THE_PERSON
    )


class Shelf:
    """Statements made ready, by what tells them apart; those not asked for longest are forgotten.

    One serves all callers who differ in nothing but who they are: the account of whom it was made
    for stands in it as a value, and gives way to that of whoever asks. What is kept is the text,
    not the expressions that it was made of: those are a hundred times as large.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Prepared, Sequence[str]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(
        self, key: Hashable, who: Caller, make: Callable[[], Select[Any]], dialect: Dialect
    ) -> tuple[Prepared, dict[str, Any]]:
        """The statement of this key for this caller, and the values in it that are the caller's."""
        place = (dialect.name, key, _shape(who))
        found = self._kept.get(place)
        if found is None:
            ready = made_ready(make(), dialect)
            found = ready, [name for name, value, _ in ready.binds if value == who.account_id]
            if any(value in (who.subject, who.name) for _, value, _ in ready.binds):
                # It tells of the person in another way: it is theirs alone.
                return ready, {}
            self._kept[place] = found
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(place)
        ready, own = found
        return ready, dict.fromkeys(own, who.account_id)


SHELF = Shelf(256)
