"""Takes a database from one schema step to another, beside the release that still works on it.

Forward, each step is a transaction of its own, so that those who write get their turn between two.
On PostgreSQL it first takes every table, and gives them all back when that takes too long: a writer
on its way may hold one of them and want another, and one of the two would be ended by the server.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, column, exc, func, inspect, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.texts import counted
from service.persistence import sealing
from service.persistence.engines import Database
from service.persistence.failures import DatabaseBusy, in_our_words
from service.persistence.keys import SINCE_STEP, make_keys
from service.persistence.places import Migrated
from service.persistence.schema_steps import (
    STEPS_IN,
    PeopleAreWriting,
    SchemaUnknown,
    current,
    known_steps,
    newer_than_this,
    step_of,
)

# Any number, the same in every release: the lock that lets one process migrate at a time.
_ONE_MIGRATION: Final = {"key": 4_702_111_908}

PATIENCE_SECONDS: Final = 180.0
"""How long one step waits for a moment in which nobody writes, and for another migration."""

_PAUSE_SECONDS: Final = 0.5
# The server looks for two who wait for each other when one has waited for a second. Tables that
# are not all had by then are given back, so that no writer is ended by it.
_GENTLE_MILLISECONDS: Final = 700
# Each so-manieth try waits longer, so that the server's own tidying up (autovacuum), which gives
# way after a second alone, cannot hold up a migration for as long as it lasts. The server may end a
# writer for it, who is told to send again.
_FIRM_MILLISECONDS: Final = 2_500
_FIRM_EACH: Final = 20
# What health checks and jobs look at stays open, unless a step changes it itself.
_LEFT_OPEN: Final = ("alembic_version", "job_run", "proof_of_writing")
# The order in which writers come to the tables: almost all hold the contact first, and ask of an
# account last, when the references of what they wrote are checked.
_FIRST: Final = ("contact", "contact_child", "person")
_LAST: Final = ("event", "answer", "account")
# Held by others; given up after the time for it; waited for each other.
_IN_THE_WAY: Final = frozenset({"55P03", "57014", "40P01"})

Tell = Callable[[str], None]


def config(connection: Connection | None = None) -> Config:
    """What Alembic has to be told: where the steps are, and on which connection they are taken."""
    found = Config()
    found.set_main_option("script_location", str(STEPS_IN))
    found.attributes["connection"] = connection
    return found


def _silent(_: str) -> None:
    """Nobody listens."""


async def migrate_database(
    database: Database,
    revision: str = "head",
    *,
    tell: Tell = _silent,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Brings a database to a step: `head`, a step's number, `-1` for one back, `base`.

    Forward each step, and backward all of them together, are taken wholly or not at all. A second
    process that migrates waits for the first. `tell` hears what is waited for. Raises CannotGoBack
    where an earlier step cannot hold what is kept, PeopleAreWriting when its patience is over, and
    SchemaUnknown when the database is at a step that this program does not know.
    """
    if database.is_sqlite:
        before = await _migrate_sqlite(database, revision, tell, patience)
    else:
        before = await _migrate_postgresql(database, revision, tell, patience)
    # After the steps and in none of them, in short transactions: people go on working meanwhile.
    if 0 < _place(before) < _place(SINCE_STEP) <= _target(before, revision):
        await make_keys(Migrated(database))
    if 0 < _place(before) < _place(sealing.SINCE_STEP) <= _target(before, revision):
        await sealing.seal_events(Migrated(database))


async def _migrate_postgresql(
    database: Database, revision: str, tell: Tell, patience: float
) -> str | None:
    with in_our_words():
        async with database.session_of_its_own("frontdoor migrate") as connection:
            await _alone(connection, tell, patience)
            before = await _step_now(connection)
            for stage in _stages(before, revision):
                await _take_on_postgresql(connection, stage.take, tell, patience)
    return before


async def _migrate_sqlite(
    database: Database, revision: str, tell: Tell, patience: float
) -> str | None:
    async with database.reading() as reading:
        at = await _step_now(reading)
    for stage in _stages(at, revision):

        async def take(stage: "_Stage" = stage) -> None:
            async with database.writing() as connection:
                await connection.run_sync(stage.take)
                await connection.commit()

        await _again_and_again(take, tell, patience)
    return at


class _Stage:
    """What is taken in one transaction: one step forward, or all steps back."""

    def __init__(self, revision: str, *, back: bool) -> None:
        self.revision = revision
        self.back = back

    def take(self, connection: Connection) -> None:
        """Takes it, unless another process has meanwhile."""
        if self.back:
            command.downgrade(config(connection), self.revision)
        elif _place(step_of(connection)) < _place(self.revision):
            command.upgrade(config(connection), self.revision)


def _place(step: str | None) -> int:
    """How many steps have been taken. Raises SchemaUnknown."""
    if step is None:
        return 0
    if step not in known_steps():
        raise SchemaUnknown(newer_than_this(step))
    return known_steps().index(step) + 1


def _target(at: str | None, revision: str) -> int:
    """How many steps are to have been taken. Raises CommandError on a step that there is not."""
    if revision == "base":
        return 0
    if revision == "head":
        return len(known_steps())
    if revision in known_steps():
        return _place(revision)
    try:
        target = _place(at) + int(revision) if revision[:1] in ("+", "-") else -1
    except ValueError:
        target = -1
    if not 0 <= target <= len(known_steps()):
        raise CommandError(f"This release has no schema step {revision}")
    return target


def goes_back(at: str | None, revision: str) -> bool:
    """Whether a step lies before the one that a database is at."""
    return _target(at, revision) < _place(at)


def _stages(at: str | None, revision: str) -> list[_Stage]:
    """The transactions that lead from one step to another."""
    here, there = _place(at), _target(at, revision)
    if there < here:
        return [_Stage(known_steps()[there - 1] if there else "base", back=True)]
    return [_Stage(step, back=False) for step in known_steps()[here:there]]


async def _step_now(connection: AsyncConnection) -> str | None:
    at = await connection.run_sync(step_of)
    await connection.rollback()
    return at


async def what_would_go(
    database: Database,
    revision: str,
    *,
    tell: Tell = _silent,
    patience: float = PATIENCE_SECONDS,
) -> list[str]:
    """What a way back would take with it, a line for each; nothing when it is no way back.

    It is gone, looked at, and not kept: the database itself says what is lost. Raises what
    `migrate_database` raises.
    """
    at = await current(database)
    if not goes_back(at, revision):
        return []
    (stage,) = _stages(at, revision)
    found: list[str] = []

    def rehearse(connection: Connection) -> None:
        before = _held_by(connection)
        stage.take(connection)
        found[:] = _lost(before, _held_by(connection))

    async def take() -> None:
        async with database.writing() as connection:
            await connection.run_sync(rehearse)

    if database.is_sqlite:
        await _again_and_again(take, tell, patience)
        return found
    with in_our_words():
        async with database.session_of_its_own("frontdoor migrate") as session:
            await _alone(session, tell, patience)
            await _take_on_postgresql(session, rehearse, tell, patience, keep=False)
    return found


Held = dict[str, tuple[int, dict[str, int]]]

_OUR_OWN: Final = ("alembic_version", "schema_step", "proof_of_writing")


def _held_by(connection: Connection) -> Held:
    """How many rows each table holds, and how many of them have something in each column."""
    seen = inspect(connection)
    held: Held = {}
    for name in seen.get_table_names():
        if name not in _OUR_OWN:
            columns = [str(one["name"]) for one in seen.get_columns(name)]
            counted = [func.count(), *(func.count(column(one)) for one in columns)]
            row = connection.execute(select(*counted).select_from(table(name))).one()
            held[name] = row[0], dict(zip(columns, row[1:], strict=True))
    return held


def _lost(before: Held, after: Held) -> list[str]:
    tables, columns, rows = [], [], []
    for name, (count, filled) in sorted(before.items()):
        if name not in after:
            tables.append(f"the table {name}, which holds {counted(count, 'row')}")
            continue
        left, still = after[name]
        columns += [
            f"{one} of {name}, which {counted(number, 'row has', 'rows have')}"
            for one, number in filled.items()
            if one not in still
        ]
        if left < count:
            rows.append(f"{counted(count - left, 'row')} of {name}")
    return [*tables, *columns, *rows]


async def _alone(connection: AsyncConnection, tell: Tell, patience: float) -> None:
    """Waits until no other process migrates, and keeps others waiting from then on."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    told = False
    while True:
        took = await connection.execute(text("SELECT pg_try_advisory_lock(:key)"), _ONE_MIGRATION)
        mine = took.scalar_one()
        await connection.commit()
        if mine:
            return
        if not told:
            tell("Another process is migrating this database; waiting for it.")
            told = True
        if loop.time() > until:
            raise PeopleAreWriting(
                "Another process has been migrating this database all the time. Nothing was "
                "changed here. Look what it is doing, then run this again."
            )
        await asyncio.sleep(_PAUSE_SECONDS)


async def _take_on_postgresql(
    connection: AsyncConnection,
    act: Callable[[Connection], None],
    tell: Tell,
    patience: float,
    *,
    keep: bool = True,
) -> None:
    tries = 0

    async def take() -> None:
        nonlocal tries
        tries += 1
        firm = tries % _FIRM_EACH == 0
        try:
            async with connection.begin() as transaction:
                await take_all_tables(
                    connection, _FIRM_MILLISECONDS if firm else _GENTLE_MILLISECONDS
                )
                await connection.run_sync(act)
                if not keep:
                    await transaction.rollback()
        except exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _IN_THE_WAY:
                raise DatabaseBusy("somebody is writing") from error
            raise

    await _again_and_again(take, tell, patience)


async def _again_and_again(
    take: Callable[[], Awaitable[None]], tell: Tell, patience: float
) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    tries = 0
    while True:
        try:
            await take()
            return
        except DatabaseBusy as error:
            if loop.time() > until:
                raise PeopleAreWriting(
                    "People are writing all the time, and a schema step needs a moment in which "
                    "nobody does. This step was not taken and nothing of it is left; the release "
                    "before goes on working. Run it again, when fewer are at work."
                ) from error
        tries += 1
        tell(f"People are writing: nothing was changed; trying again ({tries}).")
        # Not in step with anybody who tries as often.
        await asyncio.sleep(_PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


def _turn(table: str) -> int:
    if table in _FIRST:
        return _FIRST.index(table) - len(_FIRST)
    return 1 + _LAST.index(table) if table in _LAST else 0


async def take_all_tables(connection: AsyncConnection, milliseconds: int) -> None:
    """Takes every table of ours, or none, within so long; the transaction then waits for nobody.

    In the order in which writers come to them: who is on its way through them gets to the end.
    """
    found = await connection.execute(
        text(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' "
            "AND c.relnamespace = current_schema()::regnamespace "
            "AND pg_has_role(c.relowner, 'USAGE') ORDER BY c.oid"
        )
    )
    ours = [name for name in found.scalars() if name not in _LEFT_OPEN]
    names = [f'"{name}"' for name in sorted(ours, key=_turn)]
    await connection.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))
    if names:
        await connection.execute(text(f"SET LOCAL statement_timeout = {milliseconds}"))
        await connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))
        await connection.execute(text("SET LOCAL statement_timeout = 0"))


def migrate(url: str, revision: str = "head") -> None:
    """Brings the database at `url` to a step, from a program that has no event loop."""

    async def run() -> None:
        database = Database(url)
        try:
            await migrate_database(database, revision)
        finally:
            await database.dispose()

    asyncio.run(run())
