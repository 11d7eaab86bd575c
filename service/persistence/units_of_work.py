"""One use-case, one transaction: what it adds goes to the database in one round trip."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    CursorResult,
    Dialect,
    Executable,
    Result,
    Table,
    bindparam,
    insert,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from service.clock import Clock
from service.domain.errors import FrontDoorError, Stale
from service.domain.events import About, Doer, Event, EventType, people_named
from service.persistence import clocks
from service.persistence.asking import AnyRow, Asking
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.prepared import (
    SHELF,
    Makeable,
    Prepared,
    Question,
    Rows,
    by_driver,
    fetch,
    made_once,
)
from service.persistence.records import TABLE_OF, columns_of, table_of, writing
from service.policy import Policy

__all__ = ["Keeping", "Performing", "Work"]

Found = TypeVar("Found")
Record = TypeVar("Record")

# Parents before children: the order in which rows may be written.
_ORDER = {kind: place for place, kind in enumerate(TABLE_OF)}

# More rows of one kind than this do not travel as one statement: PostgreSQL takes 32,767 values.
_MOST_IN_ONE_STATEMENT = 100


def _many(added: Mapping[type, Sequence[object]]) -> bool:
    return any(len(records) > _MOST_IN_ONE_STATEMENT for records in added.values())


class Performing(Protocol):
    """What a job needs of the house: to ask, and to carry out one use-case after another."""

    policy: Policy
    clock: Clock

    async def ask(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads, without a transaction around it."""
        ...

    async def ask_at_length(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads what may take a while."""
        ...

    async def perform(self, use_case: Callable[["Work"], Awaitable[Found]]) -> Found:
        """Carries out one use-case in one transaction."""
        ...


class Keeping(Performing, Protocol):
    """What the worker needs of the house besides: to look after the database itself."""

    async def look_over(self) -> None:
        """Looks through the whole database for damage. Raises DatabaseUnusable."""
        ...


class Work:
    """One transaction: rows that were added are written together, just before the commit.

    Opened lazily. A use-case that only adds opens no transaction on PostgreSQL: its rows travel as
    one statement, which is a transaction by itself; unless they are very many.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: datetime,
        policy: Policy,
        request_id: str | None = None,
    ) -> None:
        self._database = database
        self.now = now
        self.policy = policy
        self.request_id = request_id
        self._begun = False
        self._opened: Any = None
        self._connection: AsyncConnection | None = None
        # What the file was asked on before anything was written, kept for writing it.
        self._looking: Any = None
        self._looked_on: Any = None
        self._added: dict[type, list[Any]] = {}
        self._happened: list[tuple[Event, UUID, datetime]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close(kind, error, trace)

    async def _close(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        opened, self._opened, self._connection = self._opened, None, None
        looking, self._looking, self._looked_on = self._looking, None, None
        self._begun = False
        for one in (opened, looking):
            if one is not None:
                await one.__aexit__(kind, error, trace)

    async def _open(self) -> AsyncConnection:
        if self._connection is None:
            # Never two connections at once: all that there are could wait for each other.
            await self._close()
            opening = self._database.writing()
            # Kept only once it is open: what failed to open has closed itself.
            self._connection = await opening.__aenter__()
            self._opened = opening
        return self._connection

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite's, who has one writer at a time."""
        return self._database.is_sqlite

    async def _all_written(self) -> AsyncConnection:
        """The connection of the transaction, with whatever was added before written on it."""
        connection = await self._open()
        if self._added or self._happened:
            await self._flush(connection)
        return connection

    def add(self, *records: object) -> None:
        """Keeps records, to be written together at the commit."""
        for record in records:
            self._added.setdefault(type(record), []).append(record)

    def record(
        self,
        type_: EventType,
        who: Doer | None,
        subject_id: UUID,
        *,
        about: About,
        contact_id: UUID | None = None,
        happened_at: datetime | None = None,
        **data: object,
    ) -> None:
        """Keeps the one event of this write: ids, codes and times, never a name or a narrative.

        `about` are the children whom it concerns: by their ids, or every child on the contact. It
        starts and stops the authority's own clocks, those that its policy hangs on events;
        `happened_at` is when it happened, where that is told later.
        """
        people = people_named(type_, about, contact_id)
        event = Event(
            id=new_id(),
            type=type_,
            at=self.now,
            account_id=None if who is None else who.account_id,
            organisation_id=None if who is None else who.organisation_id,
            request_id=self.request_id,
            subject_id=subject_id,
            contact_id=contact_id,
            person_id=people[0] if people is not None and len(people) == 1 else None,
            data=data,
            people=people,
        )
        self.add(event)
        if contact_id is None or not self.policy.hangs_a_clock_on(type_):
            return
        at = happened_at or self.now
        # On a contact that was just received nothing can run yet, so that nobody has to look.
        if type_ is EventType.contact_received and not self.policy.stopped_by(type_):
            clocks.start_on_new(self, event, contact_id, at)
        else:
            self._happened.append((event, contact_id, at))

    def added(self, kind: type[Record]) -> list[Record]:
        """The records of a kind that were added and are not written yet."""
        return list(self._added.get(kind, ()))

    async def execute(self, statement: Executable) -> Result[Any]:
        """Runs a statement in the transaction, after whatever was added before it."""
        connection = await self._all_written()
        self._begun = True
        return await connection.execute(statement)

    async def insert_all(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes rows of a table that keeps no records, after whatever was added before."""
        connection = await self._all_written()
        self._begun = True
        await connection.execute(insert(table), list(rows))

    async def rows_changed(self, statement: Executable | Question, **values: Any) -> int:
        """Runs a statement that changes rows, and says how many it changed."""
        if not isinstance(statement, Question):
            result = cast(CursorResult[Any], await self.execute(statement))
            return int(result.rowcount)
        ready, own = SHELF.take(statement, self._database.dialect)
        return await self._straight_change(*ready.asked(own | values))

    async def first(self, statement: Executable | Question, **values: Any) -> AnyRow | None:
        """The first row of a statement, or None."""
        if isinstance(statement, Question):
            found = await self.all(statement, **values)
            return found[0] if found else None
        return (await self.execute(statement)).first()

    async def all(self, statement: Executable | Question, **values: Any) -> Sequence[AnyRow]:
        """All rows of a statement."""
        if not isinstance(statement, Question):
            return (await self.execute(statement)).all()
        ready, own = SHELF.take(statement, self._database.dialect)
        return cast(Sequence[AnyRow], ready.rows(await self._fetch(ready, own | values)))

    async def together(self, *questions: Question, **values: Any) -> Sequence[Rows]:
        """The rows of several questions: on PostgreSQL in one round trip, and at one instant."""
        if self._database.is_sqlite:
            return [await self.all(one, **values) for one in questions]
        ready, own = SHELF.take_together(questions, self._database.dialect)
        return ready.answers(await self._fetch(ready, own | values))

    async def _fetch(self, ready: Prepared, values: Mapping[str, Any]) -> Rows:
        sql, given = ready.asked(values)
        connection, begun = await self._ready()
        if begun:
            return await fetch(connection, sql, given)
        return (await connection.exec_driver_sql(sql, tuple(given))).all()

    async def _straight_change(self, sql: str, given: Sequence[Any]) -> int:
        connection, begun = await self._ready()
        if not begun or self._database.is_sqlite:
            return (await connection.exec_driver_sql(sql, tuple(given))).rowcount
        # The driver says what it did in PostgreSQL's words: UPDATE 1.
        said = await by_driver(connection, lambda driver: driver.execute(sql, *given))
        return int(str(said).rpartition(" ")[2])

    async def _ready(self) -> tuple[AsyncConnection, bool]:
        """The connection, with all written on it, and whether the driver itself may be asked.

        The adapter for PostgreSQL begins a transaction with the first statement that it is given
        itself; SQLite's has begun as the connection was opened.
        """
        connection = await self._all_written()
        begun, self._begun = self._begun or self._database.is_sqlite, True
        return connection, begun

    async def look(self, question: Question, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """All rows of a question that is asked at every receipt; for it no transaction is opened.

        In the transaction where one is open; else as the database stands before it, so that a
        use-case that otherwise only adds still travels as one statement.
        """
        ready, own = SHELF.take(question, self._database.dialect)
        values = own | dict(values)
        if self._connection is not None:
            return ready.rows(await self._fetch(ready, values))
        sql, given = ready.asked(values)
        if self._database.is_sqlite:
            # Whoever waits for its one write lock holds no connection: its holder may need one.
            return ready.rows(await self._database.look(sql, given))
        if self._looking is None:
            looking = self._database.looking()
            self._looked_on = await looking.__aenter__()
            self._looking = looking
        return ready.rows(await self._looked_on.fetch(sql, *given))

    async def change(self, record: type, id_: UUID, version: int, **values: Any) -> int:
        """Changes one row that still has this version, and raises the version by one.

        Returns the new version. Raises Stale when somebody was quicker.
        """
        changed = await self.rows_changed(
            _changing(record, *values),
            changed_id=id_,
            changed_version=version,
            **{f"new_{name}": new for name, new in values.items()},
        )
        if changed != 1:
            raise Stale(version + 1)
        return version + 1

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """A part of the work that is refused by itself: nothing of it stays, and the rest goes on.

        The refusal goes on to who opened the part.
        """
        connection, _ = await self._ready()
        await connection.exec_driver_sql("SAVEPOINT part")
        try:
            yield
            await self._all_written()
        except FrontDoorError:
            self._added.clear()
            self._happened.clear()
            await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
            await connection.exec_driver_sql("RELEASE SAVEPOINT part")
            raise
        # After any other failure there is nothing to go on with: the whole is rolled back.
        await connection.exec_driver_sql("RELEASE SAVEPOINT part")

    async def commit(self) -> None:
        """Writes what was added and commits; after this, and not before, it has happened."""
        if self._happened:
            await self._flush(await self._open())
        if self._connection is None and self._added and not self._adds_need_a_transaction():
            async with self._database.straight(self._looked_on) as driver:
                await self._write(driver)
            await self._close()
            return
        if self._added:
            await self._flush(await self._open())
        if self._connection is not None:
            await self._connection.commit()
            await self._close()

    def _adds_need_a_transaction(self) -> bool:
        return not self._database.is_sqlite and _many(self._added)

    async def _flush(self, connection: AsyncConnection) -> None:
        """Writes what was added in the transaction that is open, and moves the clocks it moves."""
        happened, self._happened = self._happened, []
        if self._added:
            await self._write_in(connection)
        for event, contact_id, at in happened:
            await clocks.follow(self, event, contact_id, at)
        if self._added:
            await self._write_in(connection)

    async def _write_in(self, connection: AsyncConnection) -> None:
        if self._database.is_sqlite:
            await by_driver(connection, lambda driver: self._write(driver.straight))
            return
        if not self._begun:
            # Makes the adapter begin its transaction before the driver is used directly.
            await connection.exec_driver_sql("SELECT 1")
            self._begun = True
        await by_driver(connection, self._write)

    async def _write(self, driver: Any) -> None:
        """Writes what was added, by the driver itself."""
        added, self._added = self._added, {}
        kinds = sorted(added, key=_ORDER.__getitem__)
        dialect = self._database.dialect
        # Where an event concerns every child on its contact, the database says who they are.
        fills = any(one.people is None for one in added.get(Event, ()))
        if self._database.is_sqlite:
            for kind in kinds:
                statement = _insert_statement(kind, "?", fills)
                driver.executemany(
                    statement, [_values(kind, dialect, record) for record in added[kind]]
                )
            return
        if _many(added):
            for kind in kinds:
                await driver.executemany(
                    _insert_statement(kind, "$", fills),
                    [_values(kind, dialect, record) for record in added[kind]],
                )
            return
        shape = tuple((kind, len(added[kind])) for kind in kinds)
        values: list[Any] = []
        for kind in kinds:
            for record in added[kind]:
                values += _values(kind, dialect, record)
        await driver.execute(_one_statement(shape, fills), *values)


@made_once
def _changing(record: type, *names: str) -> Makeable:
    """Changes columns of one row that still has a version."""
    table = table_of(record)
    new: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names
    }
    return (
        update(table)
        .where(
            table.c.id == bindparam("changed_id", type_=table.c.id.type),
            table.c.version == bindparam("changed_version", type_=table.c.version.type),
        )
        .values(version=table.c.version + 1, **new)
    )


def _values(kind: type, dialect: Dialect, record: object) -> list[Any]:
    take, processors = writing(kind, dialect)
    values = list(take(record))
    for place, processor in processors:
        values[place] = processor(values[place])
    return values


@cache
def _column_list(kind: type) -> str:
    return ", ".join(f'"{column.name}"' for column in columns_of(kind))


def _row_of_places(kind: type, first: int, mark: str, fills: bool) -> str:
    """The places of one row, from a number on; `fills`: with what the database fills in."""
    places = {column.name: f"{mark}{n}" for n, column in enumerate(columns_of(kind), first)}
    if fills and kind is Event:
        places["people"] = _EVERY_CHILD[mark].format_map(places)
    return f"({', '.join(places.values())})"


# Whom an event concerns that names nobody: every child on its contact, as it stands then.
_EVERY_CHILD: Final = {
    "$": "COALESCE({people}, (SELECT array_agg(c.person_id ORDER BY c.position) "
    "FROM contact_child c WHERE c.contact_id = {contact_id}), '{{}}')",
    "?": "COALESCE({people}, (SELECT json_group_array(person_id) FROM (SELECT person_id "
    "FROM contact_child WHERE contact_id = {contact_id} ORDER BY position)))",
}


@cache
def _insert_statement(kind: type, mark: str, fills: bool = False) -> str:
    """An insert of one row; `mark` is how the driver marks a place: `?` or `$`, and a number."""
    places = _row_of_places(kind, 1, mark, fills)
    return f'INSERT INTO "{table_of(kind).name}" ({_column_list(kind)}) VALUES {places}'  # noqa: S608 - names come from our own tables


@lru_cache(maxsize=512)
def _one_statement(shape: tuple[tuple[type, int], ...], fills: bool = False) -> str:
    """Several inserts as one PostgreSQL statement: data-modifying WITH, checked at its end."""
    inserts: list[str] = []
    place = 1
    for kind, count in shape:
        width = len(columns_of(kind))
        rows = []
        for _ in range(count):
            rows.append(_row_of_places(kind, place, "$", fills))
            place += width
        inserts.append(
            f'INSERT INTO "{table_of(kind).name}" ({_column_list(kind)}) VALUES {", ".join(rows)}'  # noqa: S608 - names come from our own tables
        )
    *heads, last = inserts
    if not heads:
        return last
    named = ", ".join(f"w{n} AS ({head})" for n, head in enumerate(heads))
    return f"WITH {named} {last}"
