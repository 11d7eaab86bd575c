"""What has happened stays: the database itself refuses to change or to take it away."""

import pytest
from sqlalchemy import text

from service.persistence.engines import Database
from service.persistence.places import Migrated
from service.persistence.sealing import seal_events
from service.persistence.tables import metadata
from tests.persistence.conftest import Bench
from tests.support.plain_statements import change_in, select_from
from tests.support.records import one_of_each

SERIES = ("nth_contact", "nth_within_months", "nothing_more_because")
WORDS = [
    "id contact_id child_id level_of_need outcome statutory_basis primary_need_code",
    "rationale history_considered last_closed_because agencies prompts assessment_tool",
    "assessment_score receiving_team_id advice_given supersedes_id supersedes_because",
    "drafted_at drafted_by repeat_concern recorded_under",
]
APPEND_ONLY = [
    *("event", "event_place", "event_subject"),
    *("contact_amendment", "decision", "transfer_step", "challenge_step"),
    *("information_request_chaser", "strategy_meeting_step", "missing_episode_step"),
    *("pregnancy_step", "section_47_enquiry_step", "assessment_step"),
    *("police_notification", "police_notification_fault", "contact_withdrawal", "school_notice"),
    "contact_kind_act",
]

ROWS = {"event_subject": 2}


@pytest.fixture
async def kept(bench: Bench) -> Database:
    async with bench.work() as work:
        work.add(*one_of_each(full=True))
        await work.commit()
    await seal_events(Migrated(bench.database))
    return bench.database


async def must_refuse(database: Database, statement: str) -> None:
    with pytest.raises(Exception, match="is append-only"):
        async with database.writing() as connection:
            await connection.execute(text(statement))
            await connection.commit()


async def _count(database: Database, table: str) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(text(select_from(table, "count(*)")))).scalar_one())


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_rows_cannot_be_taken_away(kept: Database, table: str) -> None:
    await must_refuse(kept, f"DELETE FROM {table}")  # noqa: S608 - names from this file
    if not kept.is_sqlite:
        await must_refuse(kept, f"TRUNCATE {table} CASCADE")
    assert await _count(kept, table) == ROWS.get(table, 1)


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_a_row_cannot_be_replaced_by_inserting_over_it(kept: Database, table: str) -> None:
    """SQLite's INSERT OR REPLACE deletes without a DELETE, past the triggers unless told."""
    if kept.is_sqlite:
        await must_refuse(kept, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 - names from this file
    else:
        columns = metadata.tables[table].columns
        key = [str(one.name) for one in columns if one.primary_key]
        changed = "at" if table == "event" else columns[0].name
        await must_refuse(
            kept,
            f"INSERT INTO {table} SELECT * FROM {table} "  # noqa: S608 - names from this file
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed} = excluded.{changed}",
        )
    assert await _count(kept, table) == ROWS.get(table, 1)


async def test_no_column_of_an_event_or_an_amendment_can_be_changed(kept: Database) -> None:
    """Nor one of a step of a transfer or of a challenge."""
    for table in APPEND_ONLY:
        if table != "decision":
            for column in metadata.tables[table].columns:
                await must_refuse(kept, change_in(table, f'"{column.name}" = "{column.name}"'))


async def test_the_case_that_a_decision_joined_may_be_said_later(kept: Database) -> None:
    async with kept.writing() as connection:
        await connection.execute(text("UPDATE decision SET joined_case_id = NULL, version = 9"))
        await connection.commit()
    assert await _count(kept, "decision WHERE version = 9 AND joined_case_id IS NULL") == 1


async def test_no_word_of_a_decision_can_be_changed(kept: Database) -> None:
    for column in " ".join(WORDS).split():
        await must_refuse(kept, change_in("decision", f"{column} = {column}"))


async def test_every_column_of_a_decision_stays_but_its_state_version_and_whose_it_is(
    kept: Database,
) -> None:
    columns = {column.name for column in metadata.tables["decision"].columns}
    assert columns - set(" ".join(WORDS).split()) - set(SERIES) == {
        # Whom it is about follows when a child was taken for somebody else.
        "person_id",
        "state",
        "answered_at",
        "answered_by",
        "answer_words",
        "superseded_at",
        "joined_case_id",
        "passed_concern_id",
        "emergency_act_id",
        "withdrawn_by",
        "withdrawn_because",
        "whole_read_at",
        "whole_read_by",
        "whole_read_words",
        "version",
    }


async def test_the_managers_answer_is_given_once(kept: Database, bench: Bench) -> None:
    for column in ("answered_at", "answered_by", "answer_words"):
        await must_refuse(kept, change_in("decision", f"{column} = {column}"))
        await must_refuse(kept, change_in("decision", f"{column} = NULL"))
    async with kept.writing() as connection:
        await connection.execute(text("UPDATE decision SET state = 'superseded', version = 9"))
        await connection.commit()
    assert await _count(kept, "decision WHERE version = 9") == 1


async def test_how_often_a_child_was_told_of_stays_as_it_was_drafted(kept: Database) -> None:
    for column in SERIES:
        await must_refuse(kept, change_in("decision", f"{column} = {column}"))


async def test_what_a_manager_saw_in_the_whole_is_said_once(kept: Database) -> None:
    for column in ("whole_read_at", "whole_read_by", "whole_read_words"):
        await must_refuse(kept, change_in("decision", f"{column} = {column}"))
        await must_refuse(kept, change_in("decision", f"{column} = NULL"))


async def test_a_draft_is_withdrawn_once(kept: Database) -> None:
    for column in ("withdrawn_by", "withdrawn_because"):
        await must_refuse(kept, change_in("decision", f"{column} = {column}"))
        await must_refuse(kept, change_in("decision", f"{column} = NULL"))


async def test_a_draft_can_be_answered(bench: Bench) -> None:
    async with bench.work() as work:
        work.add(*one_of_each(full=False))
        await work.commit()
    async with bench.database.writing() as connection:
        await connection.execute(
            text("UPDATE decision SET state = 'signed', answer_words = 'Agreed', answered_at = :at")
            if bench.database.is_sqlite
            else text(
                "UPDATE decision SET state = 'signed', answer_words = 'Agreed', answered_at = now()"
            ),
            {"at": "2026-03-06 16:00:00.000000"} if bench.database.is_sqlite else {},
        )
        await connection.commit()
    assert await _count(bench.database, "decision WHERE state = 'signed'") == 1


async def test_a_policy_that_was_in_force_stays_as_it_was(bench: Bench) -> None:
    from service.persistence.repositories import policy_versions

    async with bench.work() as work:
        await policy_versions.keep(work, "2026.1", "digest", "text")
        await policy_versions.keep(work, "2026.1", "digest", "text")
        await work.commit()
    await must_refuse(bench.database, "UPDATE policy_version SET text = 'other'")
    await must_refuse(bench.database, "DELETE FROM policy_version")
    assert await _count(bench.database, "policy_version WHERE text = 'text'") == 1
