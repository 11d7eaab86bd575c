"""Schema steps: from nothing to now, back and again, and no start on a schema we do not know."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, select, text

from service.domain.accountabilities import Accountability
from service.domain.accounts import Account
from service.domain.addresses import address_key
from service.domain.contacts import Adult, Contact
from service.domain.dangers import DangerTold
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.events import Event
from service.domain.flags import Flag, SubjectKind
from service.domain.identities import identity_key, keyed
from service.domain.people import Person
from service.domain.referrals import CaseState, Referral
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.migrating import migrate_database
from service.persistence.records import TABLE_OF, columns_of, read, table_of
from service.persistence.schema_steps import (
    CannotGoBack,
    SchemaUnknown,
    current,
    newest,
    require_known,
)
from service.persistence.tables import metadata
from service.persistence.units_of_work import Work
from service.policy import Policy
from service.usecases.flags import sweep
from tests.persistence.conftest import NOW
from tests.support.cases import log
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.plain_statements import change_in, select_from
from tests.support.records import one_of_each
from tests.support.steps import Steps, steps_in


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.dispose()


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "compare_server_default": True, "render_as_batch": True},
    )
    with warnings.catch_warnings():
        # PostgreSQL gives a computed column back in words of its own.
        warnings.filterwarnings("ignore", "Computed default on .* cannot be modified")
        found = list(compare_metadata(context, metadata))
    # SQLAlchemy does not read DEFERRABLE beside a column of SQLite; what it does is tried in
    # test_accountability.
    return [one for one in found if not _is_deferred_key_of_sqlite(connection, one)]


def _is_deferred_key_of_sqlite(connection: Connection, difference: Any) -> bool:
    return (
        connection.dialect.name == "sqlite"
        and difference[0] in ("remove_fk", "add_fk")
        and difference[1].column_keys == ["open_person_id"]
    )


def _index(found: Any) -> str:
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return f"{found['name']} {found['column_names']} {found['unique']} {options}"


def _shape(connection: Connection) -> dict[str, Any]:
    """Everything that the database says of its tables, triggers among it."""
    seen = inspect(connection)
    found: dict[str, Any] = {}
    for table in seen.get_table_names():
        if table == "alembic_version":
            continue
        found[table] = (
            sorted((str(one["name"]), str(one["type"])) for one in seen.get_columns(table)),
            sorted(_index(one) for one in seen.get_indexes(table)),
            sorted(str(one) for one in seen.get_foreign_keys(table)),
            str(seen.get_pk_constraint(table)),
        )
    if connection.dialect.name == "sqlite":
        names = "SELECT name || tbl_name || sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        names = "SELECT tgname || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
    found["triggers"] = sorted(connection.execute(text(names)).scalars())
    return found


async def test_the_migrations_and_the_tables_say_the_same(database_url: str) -> None:
    async with opened(database_url) as database, database.reading() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_difference_would_be_seen(database_url: str) -> None:
    async with opened(database_url) as database:
        async with database.writing() as connection:
            await connection.execute(text("DROP INDEX ix_contact_open"))
            await connection.execute(text("ALTER TABLE account ADD COLUMN surplus INTEGER"))
            await connection.commit()
        async with database.reading() as connection:
            found = str(await connection.run_sync(_differences))
        assert "ix_contact_open" in found
        assert "surplus" in found


async def test_down_to_nothing_and_up_again_is_the_same_schema(
    empty_database_url: str, policy: Policy
) -> None:
    async with opened(empty_database_url) as database:
        assert await current(database) is None
        await migrate_database(database)
        assert await current(database) == newest()
        async with database.reading() as connection:
            first = await connection.run_sync(_shape)
        assert len(first["triggers"]) >= 9
        async with Work(database, now=NOW, policy=policy) as work:
            work.add(*one_of_each(full=True))
            await work.commit()
        await migrate_database(database, "base")
        assert await current(database) is None
        async with database.reading() as connection:
            left = await connection.run_sync(_shape)
        assert left == {"triggers": []}
        await migrate_database(database)
        async with database.reading() as connection:
            assert await connection.run_sync(_shape) == first
            assert await connection.run_sync(_differences) == []


async def test_migrating_what_is_at_the_newest_step_changes_nothing(
    database_url: str, policy: Policy
) -> None:
    given = one_of_each(full=True)
    async with opened(database_url) as database:
        async with Work(database, now=NOW, policy=policy) as work:
            work.add(*given)
            await work.commit()
        await migrate_database(database)
        async with Work(database, now=NOW, policy=policy) as work:
            for record in given:
                from sqlalchemy import select

                row = await work.first(select(*columns_of(type(record))))
                assert row is not None
                assert read(type(record), row) == record
        assert len(given) == len(TABLE_OF)


async def test_two_that_migrate_at_once_make_one_schema(empty_database_url: str) -> None:
    async with opened(empty_database_url) as first, opened(empty_database_url) as second:
        await asyncio.gather(migrate_database(first), migrate_database(second))
        await require_known(first)
        async with second.reading() as connection:
            assert await connection.run_sync(_differences) == []


async def test_a_migration_that_fails_in_its_middle_leaves_nothing_and_can_be_run_again(
    empty_database_url: str,
) -> None:
    """A table of the last lines of the first step stands in the way."""
    async with opened(empty_database_url) as database:
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE referral (id INTEGER)"))
            await connection.commit()
        with pytest.raises(Exception, match="already exists"):
            await migrate_database(database)
        async with database.reading() as connection:
            tables = await connection.run_sync(lambda given: inspect(given).get_table_names())
        assert [name for name in tables if name != "alembic_version"] == ["referral"]
        async with database.writing() as connection:
            await connection.execute(text("DROP TABLE referral"))
            await connection.commit()
        await migrate_database(database)
        await require_known(database)


async def _pretend(database: Database, step: str) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": step})
        await connection.commit()


async def test_a_start_on_a_schema_that_is_not_ours_is_refused_and_says_what_to_do(
    empty_database_url: str, tmp_path: Path
) -> None:
    async def start() -> None:
        clock = FixedClock(datetime(2026, 3, 6, 16, 0, tzinfo=UTC))
        async with open_house(empty_database_url, clock, tmp_path):
            pytest.fail("it started")

    with pytest.raises(SchemaUnknown, match=r"(step none|no database file) .*frontdoor migrate"):
        await start()
    async with opened(empty_database_url) as database:
        await migrate_database(database)
        await _pretend(database, "9999")
    with pytest.raises(SchemaUnknown, match=r"9999, which this program does not know.* newer"):
        await start()
    async with opened(empty_database_url) as database:
        await _pretend(database, newest())
        await migrate_database(database, "base")
    with pytest.raises(SchemaUnknown, match="frontdoor migrate"):
        await start()


async def _at_the_first_step(database: Database) -> dict[type, Any]:
    """A record of every kind that the first step knew, the referral and the episode both open."""
    await migrate_database(database, "0001")
    given = {type(record): record for record in one_of_each(full=True)}
    episode = given[EarlyHelpEpisode] = replace(given[EarlyHelpEpisode], closed_at=None)
    given[Deadline] = replace(given[Deadline], subject_id=episode.id, stopped_at=None)
    given[Flag] = replace(given[Flag], subject_id=episode.id, cleared_at=None)
    async with database.writing() as connection:
        known = await connection.run_sync(
            lambda given: {
                table: {column["name"] for column in inspect(given).get_columns(table)}
                for table in inspect(given).get_table_names()
            }
        )
        for kind, record in given.items():
            table = table_of(kind)
            if table.name in known:
                values = {
                    field.name: getattr(record, field.name)
                    for field in fields(record)
                    if field.name in known[table.name]
                }
                await connection.execute(insert(table).values(**values))
        await connection.commit()
    return given


async def test_what_the_first_release_kept_is_carried_and_each_open_child_gets_one_case(
    empty_database_url: str,
) -> None:
    async with opened(empty_database_url) as database:
        given = await _at_the_first_step(database)
        await migrate_database(database)
        async with database.reading() as connection:

            async def kept(kind: type) -> Any:
                row = (await connection.execute(select(*columns_of(kind)))).first()
                return None if row is None else read(kind, row)

            referral, episode = given[Referral], given[EarlyHelpEpisode]
            answers = await kept(Accountability)
            assert (answers.person_id, answers.case_id) == (referral.person_id, referral.id)
            assert answers.since == referral.accepted_at
            assert await kept(Referral) == replace(referral, transfer_id=None)
            closed = await kept(EarlyHelpEpisode)
            assert closed.closed_at is not None
            assert closed == replace(
                episode,
                state=CaseState.closed,
                closed_at=closed.closed_at,
                closure_code=EpisodeClosure.decision_superseded,
                closure_reason=closed.closure_reason,
                version=episode.version + 1,
                family_agreement=None,
                family_agreement_at=None,
                family_agreement_words=None,
            )
            assert "open twice" in closed.closure_reason
            assert (await kept(Deadline)).stopped_because == "open_twice"
            assert (await kept(Flag)).cleared_because == "open_twice"
            events = (await connection.execute(text("SELECT type FROM event"))).scalars().all()
            assert sorted(events) == sorted([given[Event].type.value, "early_help_episode.closed"])
            person, contact, adult = given[Person], given[Contact], given[Adult]
            whom = (adult.given_name, adult.family_name, adult.date_of_birth)
            # What is the same is worked out for what was on file before.
            home = address_key(contact.address, contact.postcode)
            assert await kept(Person) == keyed(replace(person, pregnancy_ended_on=None))
            assert await kept(Adult) == replace(
                adult, identity_key=identity_key(*whom), kept_as_told=None
            )
            assert await kept(Contact) == replace(
                contact,
                address_key=home,
                outcome_told_at=None,
                withdrawn_at=None,
                withdrawn_as=None,
                repeats_id=None,
                restored_at=None,
                attached_since=None,
                ended_as=None,
                reclassified_at=None,
                kept_as_told=None,
                danger=DangerTold.immediate_danger,
            )
            # Nobody says what they may hold before they sign in again.
            unseen = {"role_names": None, "roles_since": None, "team_since": None}
            assert await kept(Account) == replace(given[Account], **unseen, signed_in_at=None)
            assert await kept(Decision) == replace(
                given[Decision],
                joined_case_id=None,
                repeat_concern=None,
                withdrawn_by=None,
                withdrawn_because=None,
                passed_concern_id=None,
                emergency_act_id=None,
                recorded_under=None,
                nth_contact=None,
                nth_within_months=None,
                nothing_more_because=None,
                whole_read_at=None,
                whole_read_by=None,
                whole_read_words=None,
            )
        await migrate_database(database, "0001")
        assert await current(database) == "0001"
        await migrate_database(database)
        async with database.reading() as connection:
            assert await connection.run_sync(_differences) == []


@pytest.mark.parametrize(
    ("at", "goes_on"),
    [
        ("escalated_to = 'qa_auditor'", True),
        ("escalated_to = 'assessment_team_manager'", True),
        ("escalated_to = 'mash_manager'", False),
        ("escalated_to = 'qa_auditor', acknowledged_at = raised_at", False),
        ("escalated_to = 'qa_auditor', cleared_at = raised_at", False),
    ],
)
async def test_a_flag_that_stood_with_who_could_not_take_it_on_is_looked_at_again(
    empty_database_url: str, tmp_path: Path, at: str, goes_on: bool
) -> None:
    async with opened(empty_database_url) as database:
        await migrate_database(database)
        async with open_house(empty_database_url, FixedClock(NOW), tmp_path) as house:
            await log(house, NOW - timedelta(days=2))
            await sweep(house)
        await migrate_database(database, "0008")
        async with database.writing() as connection:
            await connection.execute(text(change_in("flag", f"escalate_at = NULL, {at}")))
            await connection.commit()
        await migrate_database(database)
        async with database.reading() as connection:
            found = await connection.execute(text("SELECT escalate_at = raised_at FROM flag"))
            assert {bool(row[0]) for row in found} == {goes_on}


def _everything(connection: Connection) -> dict[str, Any]:
    names = inspect(connection).get_table_names()
    rows = {name: connection.execute(text(select_from(name))).all() for name in names}
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


async def _stepped_down_but_not_complete(steps: Steps) -> None:
    referral = await steps.child_in_social_care()
    await steps.accept(await steps.opened(await steps.step_down(referral)))


async def _stepped_up(steps: Steps) -> None:
    episode = await steps.child_in_early_help()
    await steps.accept(await steps.opened(await steps.step_up(episode)))


@pytest.mark.parametrize("step", [_stepped_down_but_not_complete, _stepped_up])
@pytest.mark.parametrize("revision", ["0001", "base"])
async def test_a_database_with_a_case_that_a_step_brought_does_not_go_back(
    database_url: str,
    tmp_path: Path,
    step: Callable[[Steps], Awaitable[None]],
    revision: str,
) -> None:
    clock = FixedClock(datetime(2026, 10, 23, 15, 0, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        await step(await steps_in(house))
        async with house.database.reading() as connection:
            shape = await connection.run_sync(_shape)
            before = await connection.run_sync(_everything)
        with pytest.raises(CannotGoBack, match="restore the backup made before the upgrade"):
            await migrate_database(house.database, revision)
        async with house.database.reading() as connection:
            assert await connection.run_sync(_everything) == before
            assert await connection.run_sync(_shape) == shape


async def test_a_referral_that_is_being_handed_over_does_not_go_back(
    database_url: str, policy: Policy
) -> None:
    async with opened(database_url) as database:
        async with Work(database, now=NOW, policy=policy) as work:
            work.add(*one_of_each(full=True))
            await work.commit()
        async with database.writing() as connection:
            await connection.execute(text("UPDATE referral SET state = 'handing_over'"))
            await connection.commit()
        with pytest.raises(CannotGoBack):
            await migrate_database(database, "0001")
        assert await current(database) == newest()


async def test_going_back_takes_the_clocks_and_flags_of_what_goes_with_it(
    database_url: str, policy: Policy
) -> None:
    """The steps before know no meeting, enquiry or missing episode, and none of their clocks."""
    given = one_of_each(full=True)
    [deadline], [flag] = ([one for one in given if type(one) is kind] for kind in (Deadline, Flag))
    given = [one for one in given if one not in (deadline, flag)]
    for subject_kind, kind in (
        (SubjectKind.contact, "contact_to_referral"),
        (SubjectKind.strategy_meeting, "strategy_minutes"),
        (SubjectKind.section_47_enquiry, "child_seen"),
        (SubjectKind.referral, "allocation"),
        (SubjectKind.referral, "section_47_allocation"),
        (SubjectKind.referral, "single_assessment"),
        (SubjectKind.referral, "strategy_meeting"),
        (SubjectKind.referral, "pre_birth_assessment_done"),
        (SubjectKind.missing_episode, "return_home_interview"),
        (SubjectKind.contact, "repeat_concern"),
        (SubjectKind.contact, "daily_meeting"),
    ):
        of = {"kind": kind, "subject_kind": subject_kind, "subject_id": new_id()}
        clock = replace(deadline, id=new_id(), **of)
        given += [clock, replace(flag, id=new_id(), deadline_id=clock.id, **of)]
    async with opened(database_url) as database:
        async with Work(database, now=NOW, policy=policy) as work:
            work.add(*given)
            await work.commit()
        await migrate_database(database, "0002")
        assert await current(database) == "0002"
        async with database.reading() as connection:
            for table in ("deadline", "flag"):
                found = await connection.execute(text(select_from(table, "kind")))
                assert sorted(found.scalars()) == ["allocation", "contact_to_referral"]
        await migrate_database(database)
        async with database.reading() as connection:
            assert await connection.run_sync(_differences) == []


async def test_without_such_a_case_it_goes_back_and_every_case_and_decision_stays(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2026, 10, 23, 15, 0, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        steps = await steps_in(house)
        asked = await steps.step_up(await steps.child_in_early_help())
        await steps.answer_refusal(await steps.refuse(await steps.opened(asked)), agreed=False)
        await steps.child_in_social_care()
        superseded = await steps.child_in_early_help()
        async with house.database.writing() as connection:
            await connection.execute(
                text(
                    "UPDATE early_help_episode SET closure_code = 'stepped_up' WHERE reference = :r"
                ),
                {"r": superseded.reference},
            )
            await connection.commit()
            kept = [
                f"SELECT id, state FROM {table} ORDER BY id"  # noqa: S608 - names of our own
                for table in ("referral", "early_help_episode", "decision")
            ]
            before = [(await connection.execute(text(one))).all() for one in kept]
        await migrate_database(house.database, "0001")
        assert await current(house.database) == "0001"
        async with house.database.reading() as connection:
            assert [(await connection.execute(text(one))).all() for one in kept] == before
            codes = await connection.execute(
                text("SELECT closure_code FROM early_help_episode WHERE closure_code IS NOT NULL")
            )
            assert codes.scalars().all() == ["decision_superseded"]
            names = await connection.run_sync(lambda given: inspect(given).get_table_names())
            assert not {"transfer", "challenge", "accountability"} & set(names)
        await migrate_database(house.database)
        async with house.database.reading() as connection:
            assert await connection.run_sync(_differences) == []
