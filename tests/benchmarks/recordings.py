"""The very statements that the service sends for one request, written down by its own drivers."""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import event

from api.app import create_app
from api.observability import configure_api_logs
from service.bootstrap import House
from service.domain.access import Role
from service.persistence import engines
from service.persistence.ids import new_id
from tests.benchmarks.servers import settings_for, token_for
from tests.benchmarks.stores import Store

REFERENCE = re.compile("C-.{1,13}")
# By what a child and a home are known again: each request tells of others.
KEY = re.compile(r", [0-9]{4}-[0-9]{2}-[0-9]{2}$")
HOME = re.compile("zz993cz [0-9]+ weir street")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its values; `sets` holds several sets of them for an executemany."""

    sql: str
    values: Sequence[Any] = ()
    sets: Sequence[Sequence[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """What one request sent, the values in it that were made for it alone, and what it answered."""

    statements: list[Statement]
    made: frozenset[Any]
    answer: bytes = b""


async def record_request(
    store: Store,
    folder: Path,
    method: str,
    path: str,
    bodies: Sequence[str] = (),
    role: Role = Role.mash_worker,
) -> Recording:
    """What one request to the service sends to its database, once the service has warmed up.

    It warms up with the last of the bodies and is recorded with the first: the same once more
    would be somebody who is on file.
    """

    answered: list[bytes] = []

    async def ask(house: House, body: str | None) -> None:
        assert house.development_issuer is not None
        transport = httpx.ASGITransport(create_app(house))
        headers = {"Authorization": f"Bearer {token_for(house.settings, role)}"}
        if body is not None:
            headers |= {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://front.door") as client:
            answer = await client.request(method, path, content=body, headers=headers)
        answer.raise_for_status()
        answered.append(answer.content)

    async def warm_up(house: House) -> None:
        await ask(house, bodies[-1] if bodies else None)

    async def once(house: House) -> None:
        await ask(house, bodies[0] if bodies else None)

    recording = await record(store, folder, once, warm_up=warm_up, role=role)
    return replace(recording, answer=answered[-1])


async def record(
    store: Store,
    folder: Path,
    act: Callable[[House], Awaitable[Any]],
    *,
    warm_up: Callable[[House], Awaitable[Any]] | None = None,
    role: Role = Role.mash_worker,
) -> Recording:
    """What an act sends to the database."""
    statements: list[Statement] = []
    configure_api_logs(level="critical")
    with _sqlite_told(statements):
        house = await House.open(
            settings_for(store.url, folder).model_copy(update={"database_pool_size": 1})
        )
        try:
            if not house.database.is_sqlite:
                # Through the driver's own log come those that go to it directly, BEGIN and COMMIT.
                _tell_of_prepared(house, statements)
                async with house.database.reading() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    driver.add_query_logger(
                        lambda query: statements.append(
                            Statement(query.query, list(query.args or ()))
                        )
                    )
            if warm_up is not None:
                await warm_up(house)
                house.forget_suspensions()
                await house.caller(token_for(house.settings, role))
            statements.clear()
            before = new_id()
            await act(house)
            # The driver tells of the last statement when the loop next comes round.
            await asyncio.sleep(0.05)
            found = [one for one in statements if not one.sql.startswith("PRAGMA")]
        finally:
            await house.close()
    if not found:
        raise RuntimeError("Nothing was recorded, so there would be no floor to measure.")
    return Recording(found, frozenset(_made_since(before, found)))


def _tell_of_prepared(house: House, statements: list[Statement]) -> None:
    @event.listens_for(house.database.engine.sync_engine, "before_cursor_execute")
    def tell(_: Any, __: Any, sql: str, values: Any, *___: Any) -> None:
        statements.append(Statement(sql, list(values or ())))


def _made_since(before: UUID, statements: Sequence[Statement]) -> Iterator[Any]:
    for statement in statements:
        for values in (statement.values, *(statement.sets or ())):
            for value in _one_by_one(values):
                made = _as_uuid(value)
                if (made is not None and (made.version == 4 or made > before)) or (
                    isinstance(value, str)
                    and (REFERENCE.fullmatch(value) or KEY.search(value) or HOME.fullmatch(value))
                ):
                    yield value


def _one_by_one(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _as_uuid(value: object) -> UUID | None:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and len(value) == 32:
        try:
            return UUID(value)
        except ValueError:
            return None
    return UUID(str(value)) if type(value).__name__ == "UUID" else None


def _kept(values: Sequence[Any]) -> list[Any]:
    """The values themselves, and no window on what holds them: they go to another process."""
    return [bytes(value) if isinstance(value, memoryview) else value for value in values]


class _ToldCursor(sqlite3.Cursor):
    def execute(self, sql: str, values: Any = (), /) -> Any:
        self.connection.statements.append(Statement(sql, _kept(values)))
        return super().execute(sql, values)

    def executemany(self, sql: str, sets: Any, /) -> Any:
        kept = [_kept(values) for values in sets]
        self.connection.statements.append(Statement(sql, sets=kept))
        return super().executemany(sql, kept)


class _Told(sqlite3.Connection):
    statements: list[Statement]

    def cursor(self, factory: Any = _ToldCursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, values: Any = (), /) -> Any:
        return self.cursor().execute(sql, values)

    def executemany(self, sql: str, sets: Any, /) -> Any:
        return self.cursor().executemany(sql, sets)

    def commit(self) -> None:
        if self.in_transaction:
            self.statements.append(Statement("COMMIT"))
        super().commit()


@contextmanager
def _sqlite_told(statements: list[Statement]) -> Iterator[None]:
    """Opens SQLite as the service does, by connections that write down what they are told."""

    def open_told(path: str) -> sqlite3.Connection:
        told = sqlite3.connect(
            path,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            factory=_Told,
        )
        told.statements = statements
        for pragma, wanted in engines.SQLITE_PRAGMAS.items():
            told.execute(f"PRAGMA {pragma} = {wanted}").fetchall()
        return told

    usual, engines.open_sqlite = engines.open_sqlite, open_told
    try:
        yield
    finally:
        engines.open_sqlite = usual
