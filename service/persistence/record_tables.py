"""The table of a record, made of the record: what its fields mean and hold is said there alone.

A table adds what only a database has: indexes, keys, checks, and what it computes itself.
"""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum, IntEnum
from types import MappingProxyType, NoneType, UnionType, new_class
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ForeignKey, MetaData, Table
from sqlalchemy.schema import SchemaItem
from sqlmodel import SQLModel

from service.domain.fields import Kept
from service.persistence.columns import DOCUMENT, INSTANT, kept
from service.persistence.documents import Typed, ways_of

# As SQLModel has them. What is neither these nor an instant nor an enumeration is a document.
_AS_THEY_ARE = (UUID, str, bool, int, date, bytes)

_CLASS_OF: dict[type, type[SQLModel]] = {}


def table_for(
    record: type,
    name: str,
    *parts: SchemaItem,
    primary_key: Sequence[str] = ("id",),
    points_to: Mapping[str, str | ForeignKey] = MappingProxyType({}),
    types: Mapping[str, Any] = MappingProxyType({}),
    server_defaults: Mapping[str, str] = MappingProxyType({}),
    of_its_own: Mapping[str, tuple[Any, Any]] = MappingProxyType({}),
) -> type[SQLModel]:
    """The SQLModel class of the table that keeps a record, its columns in the order of the fields.

    What no record has, `of_its_own`, stands after them, or before them where it is the key.
    Raises TypeError for a field that does not say what it holds, and for a name that is no field.
    """
    hints = typing.get_type_hints(record, include_extras=True)
    fields = [field.name for field in dataclasses.fields(record)]
    strange = {*primary_key, *points_to, *types, *server_defaults} - set(fields)
    if strange:
        raise TypeError(f"{record.__name__} has no {', '.join(sorted(strange))}.")
    columns: dict[str, tuple[Any, Any]] = {}
    for field in fields:
        kind, may_be_empty, told = _told(record, field, hints[field])
        python, own_type = _kinds(kind)
        type_ = types.get(field, own_type)
        columns[field] = (
            python,
            kept(
                told.meaning,
                told.sensitivity,
                type_=type_,
                primary_key=field in primary_key,
                points_to=points_to.get(field),
                nullable=may_be_empty and not getattr(type_, "empty", False),
                server_default=server_defaults.get(field),
            ),
        )
    columns = {**columns, **of_its_own} if primary_key else {**of_its_own, **columns}
    made = _made(record, name, parts, columns)
    _CLASS_OF[record] = made
    return made


def _told(record: type, field: str, hint: Any) -> tuple[Any, bool, Kept]:
    """The type of a field, whether it may be empty, and what it says it holds."""
    told = [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Kept)]
    if len(told) != 1:
        raise TypeError(f"{record.__name__}.{field} does not say what it holds.")
    kind = typing.get_args(hint)[0]
    if not isinstance(kind, UnionType):
        return kind, False, told[0]
    [present] = [one for one in typing.get_args(kind) if one is not NoneType]
    return present, True, told[0]


def _kinds(kind: Any) -> tuple[Any, Any]:
    """The type as SQLModel is told it, and that of the column where SQLModel would not know it."""
    if kind is datetime:
        return datetime, INSTANT
    if isinstance(kind, type) and issubclass(kind, Enum):
        return (int if issubclass(kind, IntEnum) else str), None
    if kind in _AS_THEY_ARE:
        return kind, None
    return Any, DOCUMENT if ways_of(kind) is None else Typed(kind)


def _made(
    record: type, name: str, parts: Sequence[SchemaItem], columns: Mapping[str, tuple[Any, Any]]
) -> type[SQLModel]:
    space = {
        "__module__": record.__module__,
        "__doc__": record.__doc__,
        "__tablename__": name,
        "__table_args__": tuple(parts),
        "__annotations__": {column: python for column, (python, _) in columns.items()},
        **{column: field for column, (_, field) in columns.items()},
    }
    bases, how = (SQLModel,), {"table": True}
    return cast(
        type[SQLModel],
        new_class(f"{record.__name__}Row", bases, how, lambda body: body.update(space)),
    )


def tables_of_records(metadata: MetaData) -> Mapping[type, Table]:
    """Each kind of record with its table, parents before children."""
    found = {
        made.metadata.tables[str(made.__tablename__)]: kind for kind, made in _CLASS_OF.items()
    }
    return {found[table]: table for table in metadata.sorted_tables if table in found}
