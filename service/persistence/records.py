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
    """A record from a row that was selected with `columns_of`."""
    values = list(row)
    for position, members in _reading(cast(Hashable, record)):
        if values[position] is not None:
            values[position] = members[values[position]]
    return record(*values)


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
