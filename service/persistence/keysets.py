"""In what order a list stands, and where a page of it goes on: the one way, for every list.

A page begins after the place of the last line of the page before: after its values, not after so
many lines, so that nothing is shown twice or left out when something comes or goes meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, Table, literal, tuple_

Place: TypeAlias = tuple[Any, ...]
"""Where a line stands in a list: its values of the columns that the list is in the order of."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order by columns, the last of which tells all lines apart."""

    columns: Sequence[ColumnElement[Any]]
    falling: bool = False

    def beyond(self, place: Place | None) -> list[ColumnElement[bool]]:
        """What stands after a place: its values, or parameters for them. None is the beginning."""
        if place is None:
            return []
        given = [
            value if isinstance(value, ColumnElement) else literal(value, column.type)
            for value, column in zip(place, self.columns, strict=True)
        ]
        here: Any = self.columns[0] if len(given) == 1 else tuple_(*self.columns)
        there: Any = given[0] if len(given) == 1 else tuple_(*given)
        return [here < there if self.falling else here > there]

    def page(self, statement: Select[Any], limit: int, after: Place | None = None) -> Select[Any]:
        """So many lines of a statement in this order, from after a place on."""
        columns = [column.desc() for column in self.columns] if self.falling else self.columns
        return statement.where(*self.beyond(after)).order_by(*columns).limit(limit)


def newest_first(table: Table, at: str) -> Order:
    """The order of a list of things by when something happened, the newest first."""
    return Order((table.c[at], table.c.id), falling=True)


def soonest_first(*columns: ColumnElement[Any]) -> Order:
    """The order of a list by columns, the smallest first."""
    return Order(columns)


def narrowed(table: Any, filters: Any, *, but: Collection[str] = ()) -> list[ColumnElement[bool]]:
    """What filters ask of a thing's own columns, by the names that they bear.

    `states` are one or several of `state`; `raised_from` and `raised_to` are of `raised_at`, from
    and up to and not with; `open` is that there is no `ended_at`; anything else is the value of
    the column of that name. `behind`, the cases of a figure, is none of a thing's columns; nor are
    those named in `but`, which whoever asks sees to.
    """
    found: list[ColumnElement[bool]] = []
    for field in fields(filters):
        value = getattr(filters, field.name)
        if value is None or field.name == "behind" or field.name in but:
            continue
        name, _, end = field.name.rpartition("_")
        if end == "from":
            found.append(table.c[f"{name}_at"] >= value)
        elif end == "to":
            found.append(table.c[f"{name}_at"] < value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            if value:
                found.append(table.c[_one_of(field.name)].in_(value))
        elif field.name in ("open", "is_open"):
            ended = table.c.ended_at
            found.append(ended.is_(None) if value else ended.is_not(None))
        else:
            found.append(table.c[field.name] == value)
    return found


def _one_of(names: str) -> str:
    return f"{names[:-3]}y" if names.endswith("ies") else names.removesuffix("s")
