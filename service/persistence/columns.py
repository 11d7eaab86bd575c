"""Column types that are the same on both databases, and the comment and class of every column."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Computed,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Text,
    Uuid,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field

from service.domain.fields import Sensitivity


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant without a zone was about to be stored")
    return value


def _aware_or_none(value: datetime | None) -> datetime | None:
    return None if value is None else _aware(value)


def _utc_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    moment = _aware(value).astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "microseconds")


class _PostgresqlInstant(TypeDecorator[datetime]):
    """An aware instant: asyncpg would take a naive one for the machine's own time.

    Decorated on the way in only: a result costs no Python call.
    """

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], datetime | None]:
        # In place of process_bind_param, which costs two calls more for each value.
        return _aware_or_none


class _SqliteInstant(TypeDecorator[datetime]):
    """An aware UTC instant as text that sorts by time: SQLite itself would drop the zone."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        return _utc_text

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)

    def process_literal_param(self, value: datetime | None, dialect: Dialect) -> str:
        # Text, as it is bound; SQLAlchemy puts it between quotes.
        return str(_utc_text(value))


INSTANT: TypeEngine[datetime] = (
    DateTime(timezone=True)
    .with_variant(_PostgresqlInstant(timezone=True), "postgresql")
    .with_variant(_SqliteInstant(), "sqlite")
)


class _SqliteIds(TypeDecorator[Sequence[UUID]]):
    """Ids as a JSON list, each written as SQLite's own columns of ids have it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[UUID] | None, dialect: Dialect) -> str | None:
        return None if value is None else to_json([one.hex for one in value]).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> list[UUID] | None:
        return None if value is None else [UUID(one) for one in from_json(value)]


IDS: TypeEngine[Any] = ARRAY(Uuid()).with_variant(_SqliteIds(), "sqlite")


class _Among(FunctionElement[bool]):
    """Whether an id is one of the ids in a column."""

    type = Boolean()
    inherit_cache = True


@compiles(_Among, "postgresql")
def _in_an_array(element: _Among, compiler: Any, **how: Any) -> str:
    id_, ids = (compiler.process(one, **how) for one in element.clauses)
    return f"({id_} = ANY ({ids}))"


@compiles(_Among, "sqlite")
def _in_a_list(element: _Among, compiler: Any, **how: Any) -> str:
    id_, ids = (compiler.process(one, **how) for one in element.clauses)
    return f"(instr({ids}, {id_}) > 0)"


def among(id_: UUID, ids: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an id is one of those in a column of ids."""
    return _Among(literal(id_, Uuid()), ids)


DOCUMENT: TypeEngine[Any] = JSON().with_variant(JSONB(), "postgresql")


def kept(
    comment: str,
    sensitivity: Sensitivity = Sensitivity.plain,
    *,
    type_: Any = None,
    primary_key: bool = False,
    points_to: str | ForeignKey | None = None,
    server_default: str | None = None,
    **options: Any,
) -> Any:
    """A table column with its comment (shown in the data dictionary) and its class."""
    column: dict[str, Any] = {"comment": comment, "info": {"sensitivity": sensitivity}}
    if server_default is not None:
        column["server_default"] = server_default
    options["sa_column_kwargs"] = column
    if type_ is not None:
        options["sa_type"] = type_
    if primary_key:
        options["primary_key"] = True
    if points_to is not None:
        key = points_to if isinstance(points_to, ForeignKey) else ForeignKey(points_to)
        options["sa_column_args"] = (key,)
    return cast(Any, Field)(**options)


def open_person(table: str) -> Any:
    """The child of a case while it is open, computed by the database from `closed_at`.

    It points at the accountability of the child, so that no case is open without one; the end of
    the transaction, and not the statement, is when this is looked at.
    """
    return cast(Any, Field)(
        None,
        sa_column_args=(
            Computed("CASE WHEN closed_at IS NULL THEN person_id END"),
            ForeignKey(
                "accountability.person_id",
                name=f"fk_{table}_open_person",
                use_alter=True,
                deferrable=True,
                initially="DEFERRED",
            ),
        ),
        sa_column_kwargs={
            "comment": "The child while this is open; computed.",
            "info": {"sensitivity": Sensitivity.plain},
        },
    )


def brought_by(table: str) -> ForeignKey:
    """Points to the accepted transfer that brought a child to this case, if one did."""
    return ForeignKey("transfer.id", name=f"fk_{table}_transfer", use_alter=True)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the few rows for which `where` holds, on both databases."""
    condition = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)
