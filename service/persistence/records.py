"""Between a domain record and its table: same names, same order, one mapping for all."""

import dataclasses
import types
import typing
from collections.abc import Callable, Hashable, Mapping, Sequence
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Dialect, Table

from service.made_functions import function_of
from service.persistence import tables
from service.persistence.record_tables import tables_of_records

Record = TypeVar("Record")

# Parents before children: the order in which rows may be written.
TABLE_OF: Mapping[type, Table] = tables_of_records(tables.metadata)


def table_of(record: type) -> Table:
    """The table that keeps records of this type."""
    return TABLE_OF[record]


_COLUMNS: dict[type, tuple[ColumnElement[Any], ...]] = {}


def columns_of(record: type) -> tuple[ColumnElement[Any], ...]:
    """The table's columns in the order of the record's fields: what to select to read one."""
    columns = _COLUMNS.get(record)
    if columns is None:
        table = table_of(record)
        columns = tuple(table.c[field.name] for field in dataclasses.fields(record))
        _COLUMNS[record] = columns
    return columns


@cache
def _reading(record: type) -> tuple[tuple[int, dict[Any, Enum]], ...]:
    hints = typing.get_type_hints(record)
    found: list[tuple[int, dict[Any, Enum]]] = []
    for position, field in enumerate(dataclasses.fields(record)):
        hint = hints[field.name]
        kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        found += [
            (position, {member.value: member for member in kind})
            for kind in kinds
            if isinstance(kind, type) and issubclass(kind, Enum)
        ]
    return tuple(found)


def read(record: type[Record], row: Sequence[Any]) -> Record:
    """A record from a row that was selected with `columns_of`.

    A row may end before the record does, where what is left is told by its defaults.
    """
    return cast(Record, _reader(cast(Hashable, record), len(row))(row))


@cache
def _reader(record: type, width: int) -> Callable[[Sequence[Any]], Any]:
    """What makes a record of a row: each value in its place, those of a state as its members."""
    fields = [field.name for field in dataclasses.fields(record)]
    names = fields[:width]
    known: dict[str, object] = {"made_of": record, "new": object.__new__}
    lines = ["".join(f"v{place}, " for place in range(len(names))) + "= row"]
    told = [one for one in _reading(cast(Hashable, record)) if one[0] < width]
    for number, (place, members) in enumerate(told):
        known[f"members{number}"] = members
        lines.append(f"if v{place} is not None: v{place} = members{number}[v{place}]")
    slotted = "__slots__" in vars(record) and not hasattr(record, "__post_init__")
    if slotted and names == fields:
        # What a frozen dataclass does to itself, without asking for leave at each place.
        lines.append("made = new(made_of)")
        for place, name in enumerate(names):
            known[f"put{place}"] = vars(record)[name].__set__
            lines.append(f"put{place}(made, v{place})")
        lines.append("return made")
    else:
        lines.append("return made_of(" + ", ".join(f"v{n}" for n in range(len(names))) + ")")
    return function_of("row", lines, known)


@cache
def writing(
    record: type, dialect: Dialect
) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[int, Callable[[Any], Any]], ...]]:
    """Return what reads the values of a record in the order of its columns, and the converters.

    Each converter stands with the place of its column: it turns that value into the driver's.
    """
    columns = columns_of(record)
    found = (
        (place, column.type.dialect_impl(dialect).bind_processor(dialect))
        for place, column in enumerate(columns)
    )
    return (
        attrgetter(*(str(column.name) for column in columns)),
        tuple((place, processor) for place, processor in found if processor is not None),
    )
