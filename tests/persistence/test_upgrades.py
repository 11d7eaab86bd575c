"""An upgrade while people work: the release before goes on writing, the new one gets through."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from service.persistence.engines import Database
from service.persistence.migrating import config, migrate_database
from service.persistence.schema_steps import (
    PeopleAreWriting,
    SchemaStanding,
    SchemaUnknown,
    current,
    known_steps,
    newest,
    require_known,
    standing,
    step_of,
)
from tests.support.databases import PostgresServer
from tests.support.former_writers import former_writers
from tests.support.patience import PATIENCE
from tests.support.processes import environment, until

RELEASES = {"0.2.0": "0002", "0.3.0": "0007"}


@pytest.mark.parametrize("release", RELEASES)
async def test_a_database_is_upgraded_while_the_release_before_writes(
    empty_database_url: str, tmp_path: Path, release: str
) -> None:
    database = Database(empty_database_url, pool_size=6)
    await migrate_database(database, RELEASES[release])
    writers = await former_writers(database)
    tasks = [asyncio.create_task(writers.write_until_stopped()) for _ in range(4)]

    async def more_than(count: int) -> bool:
        for task in tasks:
            if task.done():
                task.result()
        return len(writers.acknowledged) > count

    try:
        await until(lambda: more_than(8), seconds=PATIENCE, what="load")
        migrating = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "frontdoor", "migrate"),
            env=environment(empty_database_url, tmp_path),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(migrating.communicate(), PATIENCE)
        assert migrating.returncode == 0, said.decode()
        assert await current(database) == newest()
        so_far = len(writers.acknowledged)
        await until(lambda: more_than(so_far + 8), seconds=PATIENCE, what="writing afterwards")
    finally:
        writers.stopping = True
        await asyncio.gather(*tasks)
    assert await writers.lost() == set()
    assert not [words for words in writers.refused if "Deadlock" in words]
    await database.dispose()


async def test_the_statement_that_takes_all_tables_gives_them_back_and_is_tried_again(
    postgres: PostgresServer,
) -> None:
    """Somebody writes for longer than any migration waits; nobody else waits for the two."""
    url = postgres.create_database(migrated=False)
    database = Database(url)
    await migrate_database(database, "0007")
    heard: list[str] = []
    async with database.writing() as writer:
        await writer.execute(text("UPDATE account SET name = name"))
        with pytest.raises(PeopleAreWriting, match="release before goes on working"):
            await migrate_database(database, patience=0)
        async with database.reading() as reader:
            await reader.execute(text("SELECT 1 FROM contact"))
            assert await reader.run_sync(step_of) == "0007"
        migrating = asyncio.create_task(migrate_database(database, tell=heard.append))

        async def tried_again() -> bool:
            return len(heard) >= 2

        await until(tried_again, seconds=PATIENCE, what="a second try")
        assert "nothing was changed" in heard[0]
        await writer.rollback()
    await asyncio.wait_for(migrating, PATIENCE)
    assert await current(database) == newest()
    await database.dispose()
    postgres.drop_database(url)


async def test_a_migration_waits_for_another_and_says_so(postgres: PostgresServer) -> None:
    url = postgres.create_database(migrated=False)
    database = Database(url)
    heard: list[str] = []
    async with database.reading() as other:
        await other.execute(text("SELECT pg_advisory_lock(4702111908)"))
        with pytest.raises(PeopleAreWriting, match="Another process"):
            await migrate_database(database, tell=heard.append, patience=1)
        assert heard == ["Another process is migrating this database; waiting for it."]
        await other.execute(text("SELECT pg_advisory_unlock(4702111908)"))
    await migrate_database(database)
    assert await current(database) == newest()
    await database.dispose()
    postgres.drop_database(url)


async def _newer(database: Database, oldest_reader: str | None) -> None:
    """As a newer release would leave the database."""
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        if oldest_reader is not None:
            await connection.execute(
                text(
                    "INSERT INTO schema_step (step, oldest_reader, taken_at) "
                    "SELECT '9999', :oldest, taken_at FROM schema_step WHERE step = :ours"
                ),
                {"oldest": oldest_reader, "ours": newest()},
            )
        await connection.commit()


@pytest.mark.parametrize(
    ("oldest_reader", "found"),
    [
        (newest(), SchemaStanding.newer_and_readable),
        ("0009", SchemaStanding.newer_and_readable),
        ("9998", SchemaStanding.unknown),
        (None, SchemaStanding.unknown),
    ],
)
async def test_a_newer_schema_is_worked_with_as_far_as_the_newer_release_says_so(
    database_url: str, oldest_reader: str | None, found: SchemaStanding
) -> None:
    database = Database(database_url)
    assert await standing(database) is SchemaStanding.ours
    await _newer(database, oldest_reader)
    assert await standing(database) is found
    if found is SchemaStanding.unknown:
        with pytest.raises(SchemaUnknown, match=r"9999, which this program does not know.* newer"):
            await require_known(database)
    else:
        assert await require_known(database) is found
    with pytest.raises(SchemaUnknown, match="9999"):
        await migrate_database(database)
    await database.dispose()


def test_every_step_says_which_release_can_live_with_it() -> None:
    """Migrations only add, but a new kind or state may be more than the release before can read."""
    script = ScriptDirectory.from_config(config())
    said = {
        step: getattr(script.get_revision(step).module, "oldest_reader", None)
        for step in known_steps()
        if step >= "0009"
    }
    silent = [step for step, oldest in said.items() if oldest not in known_steps()]
    assert silent == [], "say oldest_reader in the step: see CONTRIBUTING, Add a table or a column"
    assert [step for step, oldest in said.items() if str(oldest) > step] == []
    assert list(said.values()) == sorted(said.values(), key=str), "it never becomes less"


async def test_each_step_is_noted_and_forgotten_on_the_way_back(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    await migrate_database(database)

    async def noted() -> list[str]:
        async with database.reading() as connection:
            found = await connection.execute(text("SELECT step FROM schema_step ORDER BY step"))
            return [str(step) for step in found.scalars()]

    assert await noted() == [step for step in known_steps() if step >= "0009"]
    await migrate_database(database, "0009")
    assert await noted() == ["0009"]
    await migrate_database(database, "0008")
    await migrate_database(database, "+1")
    assert await noted() == ["0009"]
    await database.dispose()
