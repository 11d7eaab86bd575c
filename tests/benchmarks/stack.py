"""The stack floor: a bare FastAPI route on the same server, which asks the database for the same.

It checks the same body once, does the statements that were recorded by the bare driver, with ids
made afresh, and answers the bytes that were answered then. What the service takes beyond it is what
its own manners cost: who is calling, whose turn it is, its rules, and objects made of rows.
"""

import asyncio
import multiprocessing
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy.engine import make_url
from uuid_utils.compat import uuid7

from api.schemas.new_contacts import ContactCreate
from service.persistence.engines import open_sqlite
from tests.benchmarks.fill import HOMES, plain_url
from tests.benchmarks.recordings import HOME, KEY, Recording
from tests.benchmarks.servers import Server, free_port, wait_until_it_listens

CONNECTIONS: Final = 10
"""As many as a process of the service keeps open."""

_BY_ID: Final = re.compile("{id}")


@dataclass(frozen=True, slots=True)
class Bare:
    """One operation as it was recorded; `any_of` is the id that its path then named."""

    method: str
    path: str
    recording: Recording
    any_of: UUID | None = None


class _Driver(Protocol):
    """Does what was recorded, each value replaced by the one that stands for it now."""

    async def do(self, recording: Recording, now: Mapping[Any, Any]) -> None: ...


class _OnPostgresql:
    """asyncpg, on connections that are kept open; it keeps each statement prepared."""

    def __init__(self, connections: Sequence[Any]) -> None:
        self._free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        for one in connections:
            self._free.put_nowait(one)

    async def do(self, recording: Recording, now: Mapping[Any, Any]) -> None:
        connection = await self._free.get()
        try:
            for statement in recording.statements:
                if statement.values:
                    await connection.fetch(statement.sql, *_replaced(statement.values, now))
                else:
                    await connection.execute(statement.sql)
        finally:
            self._free.put_nowait(connection)


class _OnSqlite:
    """The driver called straight on the loop, with the pragmas of the service."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def do(self, recording: Recording, now: Mapping[Any, Any]) -> None:
        for statement in recording.statements:
            if statement.sets is None:
                values = _replaced(statement.values, now)
                done = self._connection.execute(statement.sql, values)
                if done.description is not None:
                    done.fetchall()
            else:
                sets = [_replaced(one, now) for one in statement.sets]
                self._connection.executemany(statement.sql, sets)


def _replaced(values: Sequence[Any], now: Mapping[Any, Any]) -> list[Any]:
    return [
        [now.get(one, one) for one in value]
        if isinstance(value, list)
        else now.get(value, value)
        if isinstance(value, str | UUID)
        else value
        for value in values
    ]


@asynccontextmanager
async def _driver(url: str) -> AsyncIterator[_Driver]:
    if url.startswith("sqlite"):
        connection = open_sqlite(make_url(url).database or "")
        try:
            yield _OnSqlite(connection)
        finally:
            connection.close()
        return
    connections = [await asyncpg.connect(plain_url(url)) for _ in range(CONNECTIONS)]
    try:
        yield _OnPostgresql(connections)
    finally:
        for one in connections:
            await one.close()


def _afresh(recording: Recording, number: int) -> dict[Any, Any]:
    """What was made for the one request, made again: another child, another home, other ids."""
    return {old: _like(old, number) for old in recording.made}


def _like(old: Any, number: int) -> Any:
    if not isinstance(old, str):
        return uuid7()
    if KEY.search(old):
        return f"harrow {number}{old[old.index(',') :]}"
    if HOME.fullmatch(old):
        return f"zz993cz {number % HOMES} weir street"
    return f"C-{uuid7().hex[-11:]}" if old.startswith("C-") else uuid7().hex


class _Routes:
    """The application: a route for each operation, with nothing around it."""

    def __init__(self, url: str, operations: Sequence[Bare]) -> None:
        self._url = url
        self._number = 0
        self._driver: _Driver | None = None
        self.app = FastAPI(openapi_url=None, lifespan=self._lifespan)
        for one in operations:
            self._add(one)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        async with _driver(self._url) as self._driver:
            yield

    async def _done(self, one: Bare, now: Mapping[Any, Any], status: int = 200) -> Response:
        assert self._driver is not None
        await self._driver.do(one.recording, now)
        return Response(one.recording.answer, status, media_type="application/json")

    def _add(self, one: Bare) -> None:
        path = one.path.partition("?")[0]
        route: Callable[..., Awaitable[Response]]
        if one.method == "POST":

            async def posted(body: ContactCreate) -> Response:
                self._number += 1
                return await self._done(one, _afresh(one.recording, self._number), 201)

            route = posted
        elif _BY_ID.search(path):

            async def read_one(id: UUID) -> Response:
                # SQLite keeps an id as text, PostgreSQL as itself.
                return await self._done(one, {one.any_of: id, _text(one.any_of): id.hex})

            route = read_one
        else:

            async def read() -> Response:
                return await self._done(one, {})

            route = read
        self.app.add_api_route(path, route, methods=[one.method])


def _text(id_: UUID | None) -> str:
    return "" if id_ is None else id_.hex


def _serve(url: str, operations: Sequence[Bare], port: int) -> None:
    uvicorn.run(
        _Routes(url, operations).app,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
    )


@contextmanager
def bare_stack(url: str, operations: Sequence[Bare]) -> Iterator[Server]:
    """The bare routes, served by one process of their own."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(url, operations, port)
    )
    process.start()
    try:
        wait_until_it_listens(port, lambda: process.exitcode is not None, lambda: "")
        assert process.pid is not None
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.join(timeout=30)
        if process.is_alive():
            process.kill()
            process.join()
