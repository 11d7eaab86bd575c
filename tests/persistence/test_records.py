"""Records and tables: the same names in the same order, and nothing lost on the way."""

import dataclasses
import types
import typing
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from service.domain.events import Event
from service.domain.fields import Id, Kept, Sensitivity
from service.domain.strategy_meetings import MeetingInStory, MeetingState
from service.persistence import tables
from service.persistence.columns import INSTANT
from service.persistence.engines import Database
from service.persistence.failures import DatabaseAway
from service.persistence.record_tables import table_for
from service.persistence.records import TABLE_OF, columns_of, read, table_of
from service.persistence.tables import metadata
from tests.persistence.conftest import Bench
from tests.support.records import one_of_each, unset_in


@pytest.mark.parametrize("record", TABLE_OF, ids=lambda record: record.__name__)
def test_a_record_has_the_names_of_its_table_in_the_same_order(record: type) -> None:
    names = [column.name for column in table_of(record).columns if column.computed is None]
    if record is Event:
        assert names.pop(0) == "sequence", "the database alone gives out the order of events"
    assert [field.name for field in dataclasses.fields(record)] == names


def test_what_a_table_computes_itself_is_in_no_record() -> None:
    computed = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.computed is not None
    }
    assert computed == {"referral.open_person_id", "early_help_episode.open_person_id"}


def test_every_table_of_people_and_cases_has_its_record() -> None:
    without = set(metadata.tables) - {table_of(record).name for record in TABLE_OF}
    assert without == {
        "allowance",
        "event_place",
        "event_sealing",
        "event_subject",
        "issuer_keys",
        "lead",
        "policy_version",
        "proof_of_writing",
        "schema_step",
    }


def test_a_table_of_records_is_made_of_its_record_and_no_class_is_written_beside_it() -> None:
    by_hand = {
        str(row.__tablename__)
        for module in vars(tables).values()
        if isinstance(module, types.ModuleType)
        for row in vars(module).values()
        if isinstance(row, type) and row.__module__ == module.__name__
    }
    assert by_hand == set(metadata.tables) - {table.name for table in TABLE_OF.values()}


@pytest.mark.parametrize("record", TABLE_OF, ids=lambda record: record.__name__)
def test_a_column_says_of_itself_what_the_field_says(record: type) -> None:
    hints = typing.get_type_hints(record, include_extras=True)
    for column in columns_of(record):
        [kept] = [one for one in hints[column.name].__metadata__ if isinstance(one, Kept)]
        assert (column.comment, column.info["sensitivity"]) == (kept.meaning, kept.sensitivity)


def test_a_field_that_does_not_say_what_it_holds_has_no_table() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Silent:
        id: Id
        words: str

    with pytest.raises(TypeError, match=r"Silent\.words does not say what it holds"):
        table_for(Silent, "silent")
    with pytest.raises(TypeError, match="Silent has no word"):
        table_for(Silent, "silent", points_to={"word": "contact.id"})
    assert "silent" not in metadata.tables


def test_rows_are_written_after_what_they_point_to() -> None:
    place = {table.name: at for at, table in enumerate(TABLE_OF.values())}
    for table in TABLE_OF.values():
        for key in table.foreign_keys:
            # What is looked at when the transaction ends may come in either order.
            if key.deferrable or key.constraint is None or key.constraint.use_alter:
                continue
            assert place[key.column.table.name] <= place[table.name], key


def test_every_column_says_what_it_holds_and_how_sensitive_that_is() -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not column.comment or not isinstance(column.info.get("sensitivity"), Sensitivity)
    ]
    assert silent == []


@pytest.mark.parametrize("how", ["added", "inserted"])
@pytest.mark.parametrize("full", [True, False], ids=["every field set", "as few as may be"])
async def test_what_was_kept_comes_back_as_it_was(bench: Bench, full: bool, how: str) -> None:
    given = one_of_each(full=full)
    async with bench.work() as work:
        if how == "inserted":
            # The way of a statement through SQLAlchemy, beside the driver's own.
            for record in given:
                values = {
                    field.name: getattr(record, field.name) for field in dataclasses.fields(record)
                }
                await work.execute(insert(table_of(type(record))).values(**values))
        else:
            # In the wrong order on purpose: parents are written before children all the same.
            work.add(*reversed(given))
        await work.commit()
    async with bench.database.reading() as connection:
        for record in given:
            kind = type(record)
            rows = (await connection.execute(select(*columns_of(kind)))).all()
            assert len(rows) == 1, kind
            found = read(kind, rows[0])
            assert found == record
            for field in dataclasses.fields(kind):
                was, is_now = getattr(record, field.name), getattr(found, field.name)
                if isinstance(was, Enum):
                    assert type(is_now) is type(was), field.name
                if isinstance(was, datetime):
                    assert is_now.utcoffset() == timedelta(0), field.name
                if isinstance(was, bytes | bool):
                    assert type(is_now) is type(was), field.name


async def test_every_kind_of_record_is_tried_with_every_field_set() -> None:
    for record in one_of_each(full=True):
        table = table_of(type(record)).name
        empty = [
            field.name
            for field in dataclasses.fields(record)
            if getattr(record, field.name) is None and field.name not in unset_in(table)
        ]
        assert empty == [], type(record)


async def test_an_instant_without_a_zone_is_refused_on_every_way_in(bench: Bench) -> None:
    naive = datetime(2026, 3, 6, 16, 0)  # noqa: DTZ001 - what must be refused
    account = bench.account()
    async with bench.work() as work:
        work.add(dataclasses.replace(account, first_seen_at=naive))
        with pytest.raises(ValueError, match="without a zone"):
            await work.commit()
    table = table_of(type(account))
    values = {field.name: getattr(account, field.name) for field in dataclasses.fields(account)}
    async with bench.work() as work:
        with pytest.raises(Exception, match="without a zone"):
            await work.execute(insert(table).values({**values, "first_seen_at": naive}))
    async with bench.work() as work:
        with pytest.raises(Exception, match="without a zone"):
            await work.all(select(table.c.id).where(table.c.first_seen_at < naive))
    async with bench.work() as work:
        assert await work.all(select(table.c.id)) == []


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(999, 5, 1, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2100, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ],
    ids=str,
)
async def test_an_instant_comes_back_as_the_same_instant_and_sorts_by_time(
    bench: Bench, instant: datetime
) -> None:
    before, account, after = (
        dataclasses.replace(bench.account(), first_seen_at=instant + timedelta(microseconds=by))
        for by in (-1, 0, 1)
    )
    table = table_of(type(account))
    async with bench.work() as work:
        work.add(after, before, account)
        await work.commit()
    async with bench.work() as work:
        rows = await work.all(select(table.c.id, table.c.first_seen_at).order_by("first_seen_at"))
        assert [row[0] for row in rows] == [before.id, account.id, after.id]
        assert rows[1][1] == instant
        found = await work.all(select(table.c.id).where(table.c.first_seen_at == instant))
        assert [row[0] for row in found] == [account.id]


def test_reading_an_instant_costs_no_python_on_postgresql() -> None:
    from sqlalchemy.dialects.postgresql import asyncpg

    dialect = asyncpg.dialect()
    implementation = INSTANT.dialect_impl(dialect)
    assert implementation.result_processor(dialect, None) is None


async def test_what_the_database_does_not_know_is_no_passing_failure(database: Database) -> None:
    from sqlalchemy import text

    with pytest.raises(Exception, match="no_such_table") as caught:
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1 FROM no_such_table"))
    assert not isinstance(caught.value, DatabaseAway)


def test_a_row_may_end_before_a_record_whose_rest_has_defaults() -> None:
    at = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
    told = (uuid4(), "SM-1", MeetingState.called, at, None, None, None)
    assert read(MeetingInStory, told) == MeetingInStory(*told)
