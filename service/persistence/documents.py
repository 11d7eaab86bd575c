"""Documents in a column, with types: a record holds values, the database plain JSON of them.

An older release reads what this one wrote and the other way round: the names in a document are
those of the fields, in their order; a name that is not known is passed over, and what a document
of an older release lacks is what the field is without it.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import JSON, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

Way: TypeAlias = Callable[[Any], Any]
# What writes a value as plain JSON and what reads it again; None where it is plain as it is.
Ways: TypeAlias = tuple[Way, Way] | None

_PLAIN = (str, int, float, bool, object, Any)


def ways_of(kind: Any) -> Ways:
    """How values of a type are written as plain JSON, and read again.

    Raises TypeError for a type that no document holds.
    """
    if kind in _PLAIN or typing.get_origin(kind) is Mapping or typing.get_origin(kind) is dict:
        return None
    if typing.get_origin(kind) is typing.Annotated:
        return ways_of(typing.get_args(kind)[0])
    if isinstance(kind, UnionType):
        [present] = [one for one in typing.get_args(kind) if one is not NoneType]
        return _unless_none(ways_of(present))
    if typing.get_origin(kind) is Sequence:
        return _of_each(ways_of(typing.get_args(kind)[0]))
    if dataclasses.is_dataclass(kind):
        return _of_a_dataclass(typing.cast(type, kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = {member.value: member for member in kind}
        return (lambda member: member.value), members.__getitem__
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    raise TypeError(f"No document holds a {kind}.")


_BY_TYPE: Mapping[Any, tuple[Way, Way]] = {
    UUID: (str, UUID),
    date: (date.isoformat, date.fromisoformat),
    datetime: (lambda at: at.astimezone(UTC).isoformat(), datetime.fromisoformat),
}


def _unless_none(ways: Ways) -> Ways:
    if ways is None:
        return None
    write, read = ways
    return (
        lambda value: None if value is None else write(value),
        lambda value: None if value is None else read(value),
    )


def _of_each(ways: Ways) -> Ways:
    if ways is None:
        return None
    write, read = ways
    return (
        lambda values: [write(value) for value in values],
        lambda values: [read(value) for value in values],
    )


@cache
def _of_a_dataclass(kind: type) -> tuple[Way, Way]:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    names = [field.name for field in fields]
    converted = [(name, *ways) for name in names if (ways := ways_of(hints[name])) is not None]
    known, without = frozenset(names), {field.name: _without(field) for field in fields}

    def write(value: Any) -> dict[str, Any]:
        document = {name: getattr(value, name) for name in names}
        for name, write_one, _ in converted:
            document[name] = write_one(document[name])
        return document

    def read(document: Mapping[str, Any]) -> Any:
        if document.keys() == known:
            if not converted:
                return kind(**document)
            values = dict(document)
        else:
            values = {name: document[name] for name in names if name in document}
        for name, _, read_one in converted:
            if name in values:
                values[name] = read_one(values[name])
        return kind(**values) if len(values) == len(names) else kind(**{**without, **values})

    return write, read


def _without(field: "dataclasses.Field[Any]") -> Any:
    return None if field.default is dataclasses.MISSING else field.default


class Typed(TypeDecorator[Any]):
    """A document of values: written as plain JSON, read as what the record holds.

    `empty`: the column itself is never so, and a document of nothing stands for None.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, kind: Any, *, empty: bool = False) -> None:
        super().__init__()
        ways = ways_of(kind)
        if ways is None:
            raise TypeError(f"A document of {kind} is plain as it is.")
        self.kind = kind
        self.empty = empty
        self._write, self._read = ways

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """As every document is kept."""
        kept = JSONB() if dialect.name == "postgresql" else JSON()
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The values as plain JSON."""
        if value is None:
            return {} if self.empty else None
        return self._write(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The values again."""
        return None if value is None or (self.empty and not value) else self._read(value)
