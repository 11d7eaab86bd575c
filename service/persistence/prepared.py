"""Questions asked again and again: their text is made once for each shape, and asked by the driver.

To build a statement, and to key it for SQLAlchemy's own cache, takes several times as long as to
ask it. So a repository builds it in a function of what makes its text differ (`made_once`), with a
named parameter for whatever differs from one asking to the next.
"""

from asyncio import CancelledError
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    Dialect,
    Select,
    Text,
    TypeDecorator,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from service.domain.access import Sight
from service.persistence.sights import shape_of, values_of

Found = TypeVar("Found")
Given = ParamSpec("Given")
Makeable: TypeAlias = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | UpdateBase
Processing: TypeAlias = Sequence[tuple[int, Callable[[Any], Any]]]
Rows: TypeAlias = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A statement that is made once for its key, and for each shape of sight.

    The key tells apart whatever makes the text differ beside the sight; what differs from one
    asking to the next stands in the text as a named parameter, and is given when it is asked.
    """

    key: Hashable
    sight: Sight | None
    make: Callable[[], Makeable]


def made_once(make: Callable[Given, Makeable]) -> Callable[Given, Question]:
    """Turns a function that builds a statement into one that names it, and builds it at need.

    The function takes what makes the text differ and nothing else: values of which there are few.
    """

    def question(*given: Given.args, **named: Given.kwargs) -> Question:
        _refuse_names(named)
        return Question((make, given), None, partial(make, *given))

    return question


def made_once_for_sight(
    make: Callable[Concatenate[Sight, Given], Makeable],
) -> Callable[Concatenate[Sight, Given], Question]:
    """As `made_once`, of a statement that finds what somebody may see: their sight comes first."""

    def question(sight: Sight, /, *given: Given.args, **named: Given.kwargs) -> Question:
        _refuse_names(named)
        return Question((make, given), sight, partial(make, sight, *given))

    return question


def _refuse_names(named: Mapping[str, object]) -> None:
    if named:
        raise TypeError("What makes the text of a statement differ is given by its place.")


class _NotGiven:
    """Stands for a parameter until its value is given."""


_NOT_GIVEN: Final = _NotGiven()


class _WrittenOut(list[Any]):
    """The values of a list for SQLite, which takes each in a place of its own."""


# What stands in a text for SQLite where the places of a list are written.
_A_LIST: Final = "/* list */ ?"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, with what turns values into its own and back."""

    sql: str
    binds: Sequence[tuple[str, Any, Callable[[Any], Any] | None]]
    results: Processing

    def asked(self, given: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The text, and the values in the places in which the driver wants them.

        Raises TypeError when one is missing.
        """
        found: list[Any] = []
        written: list[int] = []
        for name, own, process in self.binds:
            value = given.get(name, own)
            if value is _NOT_GIVEN:
                raise TypeError(f"The statement has a parameter {name}, and no value was given.")
            if process is not None:
                value = process(value)
            if isinstance(value, _WrittenOut):
                written.append(len(value))
                found += value
            else:
                found.append(value)
        return self.sql if not written else self._with_lists(written), found

    def _with_lists(self, written: Sequence[int]) -> str:
        first, *others = self.sql.split(_A_LIST)
        places = (", ".join("?" * many) for many in written)
        return first + "".join(f"{place}{text}" for place, text in zip(places, others, strict=True))

    def rows(self, found: Rows) -> Rows:
        """Rows as SQLAlchemy would have given them."""
        return _processed(found, self.results)


@dataclass(frozen=True, slots=True)
class PreparedTogether(Prepared):
    """Several questions in one PostgreSQL statement: one row, with the rows of each in an array."""

    parts: Sequence[Processing]

    def answers(self, found: Rows) -> list[Rows]:
        """The rows of each question."""
        return [
            _processed(rows, processing)
            for rows, processing in zip(found[0], self.parts, strict=True)
        ]


def _processed(found: Rows, processing: Processing) -> Rows:
    if not processing:
        return found
    rows = []
    for row in found:
        values = list(row)
        for place, process in processing:
            value = values[place]
            if value is not None:
                values[place] = process(value)
        rows.append(values)
    return rows


def made_ready(statement: Makeable, dialect: Dialect) -> Prepared:
    """A statement made ready. Its parameters are named; a list in it stays as it is."""
    sql, binds = _written(statement, dialect)
    return Prepared(sql, binds, _results(statement, dialect))


def _made_ready_together(questions: Sequence[Makeable], dialect: Dialect) -> PreparedTogether:
    in_one = select(*(func.array(_as_records(one)) for one in questions))
    sql, binds = _written(in_one, dialect)
    parts = [_results(one, dialect) for one in questions]
    return PreparedTogether(sql, binds, (), parts)


def _as_records(statement: Makeable) -> Any:
    if not isinstance(statement, Select):
        raise TypeError("Only a plain SELECT is asked together with others.")
    row = func.row(*statement.selected_columns)
    return statement.with_only_columns(row, maintain_column_froms=True).scalar_subquery()


def _written(
    statement: Makeable, dialect: Dialect
) -> tuple[str, list[tuple[str, Any, Callable[[Any], Any] | None]]]:
    compiled: Any = statement.compile(dialect=dialect)
    missing = {name: _NOT_GIVEN for name, bind in compiled.binds.items() if bind.required}
    written = compiled.construct_expanded_state(missing)
    binds: dict[str, Any] = {}
    for name, bind in compiled.binds.items():
        for each in written.parameter_expansion.get(name, (name,)):
            binds[each] = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return written.statement, [
        (name, written.parameters[name], binds[name]) for name in written.positiontup
    ]


def _results(statement: Makeable, dialect: Dialect) -> Processing:
    columns: Any = (
        statement._returning if isinstance(statement, UpdateBase) else statement.selected_columns
    )
    processors = (
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
    )
    return [(place, one) for place, one in enumerate(processors) if one is not None]


# What there are many of: a statement is never made anew for each.
_OF_ONE_ASKING = (UUID, date, list, dict)


class Shelf:
    """Statements made ready, by what tells them apart; those not asked for longest are forgotten.

    One serves everybody whose sight has the same shape: whose account and organisation it is are
    given each time. What is kept is the text, not the expressions that it was made of: those are a
    hundred times as large.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, question: Question, dialect: Dialect) -> tuple[Prepared, dict[str, Any]]:
        """The statement made ready, and the values in it that are those of the sight."""
        ready: Prepared = self._take(
            question.key, question.sight, lambda: made_ready(question.make(), dialect), dialect
        )
        return ready, _own(question.sight)

    def take_together(
        self, questions: Sequence[Question], dialect: Dialect
    ) -> tuple[PreparedTogether, dict[str, Any]]:
        """Several questions of one sight as one statement. Only for PostgreSQL."""
        sight = _sight_of_all(questions)
        ready: PreparedTogether = self._take(
            tuple(one.key for one in questions),
            sight,
            lambda: _made_ready_together([one.make() for one in questions], dialect),
            dialect,
        )
        return ready, _own(sight)

    def _take(
        self, key: Hashable, sight: Sight | None, make: Callable[[], Prepared], dialect: Dialect
    ) -> Any:
        place = (dialect.name, key, None if sight is None else shape_of(sight))
        ready = self._kept.get(place)
        if ready is not None:
            self._kept.move_to_end(place)
            return ready
        _refuse_values_of_one_asking(key)
        ready = make()
        if _is_theirs_alone(ready, sight):
            return ready
        self._kept[place] = ready
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return ready


def _own(sight: Sight | None) -> dict[str, Any]:
    return {} if sight is None else values_of(sight)


def _sight_of_all(questions: Sequence[Question]) -> Sight | None:
    sight: Sight | None = None
    for one in questions:
        if one.sight is not None and one.sight is not sight:
            if sight is not None and one.sight != sight:
                raise TypeError("Questions that are asked together are asked with one sight.")
            sight = one.sight
    return sight


def _is_theirs_alone(ready: Prepared, sight: Sight | None) -> bool:
    """Whether a text has whose account or organisation it is in another way than as a parameter."""
    own = _own(sight)
    theirs = [one for one in own.values() if one is not None]
    return any(name not in own and value in theirs for name, value, _ in ready.binds)


def _refuse_values_of_one_asking(key: Hashable) -> None:
    for one in key if isinstance(key, tuple) else (key,):
        if isinstance(one, tuple):
            _refuse_values_of_one_asking(one)
        elif isinstance(one, _OF_ONE_ASKING):
            raise TypeError("Give what differs each time as a value, not as a part of the text.")


SHELF = Shelf(1024)


async def by_driver(connection: AsyncConnection, act: Callable[[Any], Awaitable[Found]]) -> Found:
    """Does something by the driver itself, on a connection that is open.

    A connection on which it was broken off is given up: nobody else waits for its end.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        return await act(driver)
    except (CancelledError, TimeoutError):
        await connection.invalidate()
        raise


async def fetch(connection: AsyncConnection, sql: str, values: Sequence[Any]) -> Rows:
    """The rows of a statement, asked of the driver itself on a connection that is open."""
    found: Rows = await by_driver(connection, lambda driver: driver.fetch(sql, *values))
    return found


# ---- One parameter for a list, however long ------------------------------------------------------


class _Several(TypeDecorator[Sequence[Any]]):
    """Values of one type as one parameter: an array on PostgreSQL, written out on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, each: TypeEngine[Any]) -> None:
        super().__init__()
        self.each = each

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array where there are some."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.each))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """The values as the column of the question holds them."""
        values = list(value or ())
        if dialect.name == "postgresql":
            return values
        process = self.each.dialect_impl(dialect).bind_processor(dialect)
        # The last again, up to a power of two: few texts differ, and SQLite keeps them prepared.
        wanted = 1 << (len(values) - 1).bit_length() if values else 0
        values += values[-1:] * (wanted - len(values))
        return _WrittenOut(values if process is None else map(process, values))


class _OneOf(FunctionElement[bool]):
    """Whether a column is one of the values of a parameter."""

    name = "one_of"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Itself: compared with 1, as SQLAlchemy has a truth on SQLite, no index would be used."""
        return self


@compiles(_OneOf, "postgresql")
def _one_of_an_array(element: _OneOf, compiler: Any, **how: Any) -> str:
    column, given = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} = ANY ({given})"


@compiles(_OneOf, "sqlite")
def _one_of_a_list(element: _OneOf, compiler: Any, **how: Any) -> str:
    column, given = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} IN (/* list */ {given})"


def any_of(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column is one of the values of a named parameter, however many those are."""
    return _OneOf(column, bindparam(name, type_=_Several(column.type)))
