"""Flags: raised once for what is late, escalated while nobody hears, cleared when settled."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from service.bootstrap import House, Work
from service.domain.access import Role, RoleMissing
from service.domain.deadlines import Deadline
from service.domain.errors import Stale
from service.domain.flags import Flag, FlagAcknowledged, FlagCleared, Severity
from service.persistence.clocks import stop_clocks
from service.persistence.repositories import contacts, flags
from service.persistence.repositories.flags import FlagNotFound
from service.usecases.flags import (
    BATCH,
    ExplainedFlag,
    Swept,
    WordsMissing,
    acknowledge_flag,
    raise_warnings,
    read_flag,
    sweep,
)
from tests.support.cases import ANONYMOUS, decide_and_sign, log_rated, start_clocks
from tests.support.clocks import FixedClock
from tests.support.databases import DatabaseServer, PostgresServer
from tests.support.days import JANUARY_FRIDAY
from tests.support.houses import caller, open_house
from tests.support.patience import PATIENCE
from tests.support.plain_statements import change_in
from tests.support.standing_flags import each_flag

SATURDAY = JANUARY_FRIDAY + timedelta(days=1)
END_OF_MONDAY = datetime(2026, 1, 12, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(JANUARY_FRIDAY)


@pytest.fixture
async def house(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, clock, tmp_path) as opened:
        yield opened


async def standing(house: House) -> list[Flag]:
    manager = await caller(house, Role.mash_manager)
    return await each_flag(house, manager)


async def red(house: House) -> list[tuple[str, str]]:
    return [(flag.kind, flag.severity.value) for flag in await standing(house)]


async def rows(house: House, statement: str) -> Sequence[tuple[object, ...]]:
    async with house.database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def test_friday_16_00_is_flagged_on_saturday_and_again_at_the_end_of_monday(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    seen: list[tuple[datetime, list[tuple[str, str]]]] = []
    for at in (
        SATURDAY - timedelta(hours=4) - SECOND,
        SATURDAY - timedelta(hours=4),
        SATURDAY - SECOND,
        SATURDAY,
        END_OF_MONDAY - timedelta(hours=8),
        END_OF_MONDAY - SECOND,
        END_OF_MONDAY,
    ):
        clock.set(at)
        await sweep(house)
        seen.append((at, await red(house)))
    day, statutory = "contact_to_referral", "statutory_decision"
    assert [flags for _, flags in seen] == [
        [],
        [(day, "warning")],
        [(day, "warning")],
        [(day, "breach")],
        [(day, "breach"), (statutory, "warning")],
        [(day, "breach"), (statutory, "warning")],
        [(day, "breach"), (statutory, "breach")],
    ]


async def test_in_summer_the_working_day_ends_by_london_time(
    house: House, clock: FixedClock
) -> None:
    friday = datetime(2026, 6, 5, 15, 0, tzinfo=UTC)
    clock.set(friday)
    await log_rated(house, friday, source_code=ANONYMOUS)
    end = datetime(2026, 6, 8, 22, 59, 59, tzinfo=UTC)
    clock.set(end - SECOND)
    await sweep(house)
    assert ("statutory_decision", "breach") not in await red(house)
    clock.set(end)
    await sweep(house)
    assert ("statutory_decision", "breach") in await red(house)


async def test_the_flag_says_why_it_is_red_and_whose_it_is(house: House, clock: FixedClock) -> None:
    file = await log_rated(house, JANUARY_FRIDAY)
    clock.set(END_OF_MONDAY)
    await sweep(house)
    manager = await caller(house, Role.mash_manager)
    found = {flag.kind: flag for flag in await standing(house)}
    flag = found["statutory_decision"]
    explained = await house.ask(lambda ask: read_flag(ask, manager, flag.id))
    assert explained.flag == flag
    assert explained.deadline.started_at == JANUARY_FRIDAY
    assert explained.deadline.breached_at == END_OF_MONDAY
    assert explained.deadline.explanation["limit"] == "one working day"
    assert [day["on"] for day in explained.deadline.explanation["skipped"]] == [
        "2026-01-10",
        "2026-01-11",
    ]
    assert flag.policy_version == house.policy.stamp
    assert (flag.owner_role, flag.due_at, flag.raised_at) == (
        "mash_manager",
        END_OF_MONDAY,
        END_OF_MONDAY,
    )
    assert (flag.contact_id, flag.subject_id) == (file.contact.id, file.contact.id)


async def test_each_flag_leaves_one_event_in_its_own_transaction(
    house: House, clock: FixedClock
) -> None:
    file = await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    await sweep(house)
    found = await rows(
        house, "SELECT subject_id, contact_id, account_id FROM event WHERE type = 'flag.raised'"
    )
    assert len(found) == 1
    assert UUID(str(found[0][0])) == (await standing(house))[0].id
    assert UUID(str(found[0][1])) == file.contact.id
    assert found[0][2] is None


async def test_a_breach_takes_the_place_of_its_warning(house: House, clock: FixedClock) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY - timedelta(hours=1))
    await sweep(house)
    clock.set(SATURDAY)
    assert await sweep(house) == Swept(breaches=1)
    found = await rows(house, "SELECT severity, cleared_because, version FROM flag ORDER BY 1")
    assert found == [("breach", None, 1), ("warning", "breached", 2)]


async def test_when_a_clock_was_warned_of_stays_when_it_is_breached(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY - timedelta(hours=1))
    await sweep(house)
    clock.set(SATURDAY)
    await sweep(house)
    manager = await caller(house, Role.mash_manager)
    [flag] = await standing(house)
    deadline = (await house.ask(lambda ask: read_flag(ask, manager, flag.id))).deadline
    assert (deadline.warned_at, deadline.breached_at) == (SATURDAY - timedelta(hours=1), SATURDAY)


async def test_a_breach_clears_the_warning_of_the_same_clock_and_of_no_other(
    house: House, clock: FixedClock
) -> None:
    first = await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(JANUARY_FRIDAY + timedelta(hours=2))
    second = await log_rated(house, clock.now, source_code=ANONYMOUS)
    clock.set(SATURDAY - timedelta(hours=1))
    assert await sweep(house) == Swept(warnings=2)
    clock.set(SATURDAY)
    assert await sweep(house) == Swept(breaches=1)
    shown = {(flag.contact_id, flag.severity) for flag in await standing(house)}
    assert shown == {
        (first.contact.id, Severity.breach),
        (second.contact.id, Severity.warning),
    }


@pytest.mark.parametrize(
    ("past", "raised"), [(-SECOND, 1), (timedelta(), 0), (SECOND, 0)], ids=["before", "at", "after"]
)
async def test_no_warning_is_raised_once_the_limit_has_passed(
    house: House, clock: FixedClock, past: timedelta, raised: int
) -> None:
    """Not even while a sweep runs: the limit may pass between its breaches and its warnings."""
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY + past)
    looked = await house.ask(lambda ask: flags.waiting(ask, clock.now))
    assert looked.warnings is bool(raised)
    assert await house.perform(raise_warnings) == raised
    assert len(await standing(house)) == raised


class Overtaken:
    """A work in which every clock is stopped just after it was first looked for."""

    def __init__(self, work: Work) -> None:
        self.now = work.now
        self._work = work
        self._looked = False

    async def all(self, statement: Any) -> Any:
        found = await self._work.all(statement)
        if not self._looked:
            self._looked = True
            await self._work.execute(
                text("UPDATE deadline SET stopped_at = due_at WHERE kind = 'contact_to_referral'")
            )
        return found


@pytest.mark.parametrize("severity", Severity)
async def test_the_sweep_claims_by_a_conditional_write_what_is_due_as_it_writes(
    house: House, clock: FixedClock, severity: Severity
) -> None:
    """What stopped between its look and its write is neither flagged nor marked as flagged."""
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY if severity is Severity.breach else SATURDAY - timedelta(hours=1))

    async def claim(work: Work) -> tuple[list[Deadline], list[Deadline]]:
        overtaken = await flags.claim_due(Overtaken(work), severity, BATCH)
        await work.execute(
            text("UPDATE deadline SET stopped_at = NULL WHERE kind = 'contact_to_referral'")
        )
        return overtaken, await flags.claim_due(work, severity, BATCH)

    overtaken, anew = await house.perform(claim)
    assert overtaken == []
    assert len(anew) == 1
    marks = await rows(
        house,
        "SELECT count(warned_at), count(breached_at) FROM deadline "
        "WHERE kind = 'contact_to_referral'",
    )
    assert marks == [(1, 1 if severity is Severity.breach else 0)]


async def test_deciding_clears_with_no_one_touching_the_flag(
    house: House, clock: FixedClock
) -> None:
    file = await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    assert await red(house) == [("contact_to_referral", "breach")]
    await decide_and_sign(house, file)
    assert await red(house) == []
    assert await rows(house, "SELECT cleared_because FROM flag") == [("decided",)]
    clock.set(END_OF_MONDAY + timedelta(days=30))
    assert await sweep(house) == Swept()


async def test_a_stopped_clock_never_flags(house: House, clock: FixedClock) -> None:
    file = await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    await decide_and_sign(house, file)
    clock.set(JANUARY_FRIDAY + timedelta(days=100))
    assert await sweep(house) == Swept()
    assert await rows(house, "SELECT count(*) FROM flag") == [(0,)]


async def test_after_three_days_down_one_sweep_catches_up_without_late_warnings(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY)
    clock.set(END_OF_MONDAY + timedelta(days=3))
    assert await sweep(house) == Swept(breaches=3)
    assert {severity for _, severity in await red(house)} == {"breach"}
    assert await sweep(house) == Swept()


async def test_a_clock_stepped_back_takes_nothing_back_and_flags_nothing_twice(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY)
    clock.set(SATURDAY)
    await sweep(house)
    before = await standing(house)
    clock.set(SATURDAY - timedelta(hours=5))
    assert await sweep(house) == Swept()
    clock.set(SATURDAY - timedelta(hours=2))
    assert await sweep(house) == Swept()
    assert await standing(house) == before
    clock.set(SATURDAY)
    assert await sweep(house) == Swept()
    assert await standing(house) == before


async def test_two_sweeps_at_once_flag_each_clock_once(
    house: House, clock: FixedClock, database_url: str, tmp_path: Path
) -> None:
    file = await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    count = 3 * BATCH + 7
    await start_clocks(house, file, count, JANUARY_FRIDAY + timedelta(hours=6))
    clock.set(JANUARY_FRIDAY + timedelta(hours=6))
    async with open_house(database_url, clock, tmp_path) as other:
        done = await asyncio.gather(sweep(house), sweep(other), sweep(house), sweep(other))
    done.append(await sweep(house))
    assert sum(one.breaches for one in done) == count
    assert await rows(house, "SELECT count(*), count(DISTINCT deadline_id) FROM flag") == [
        (count, count)
    ]
    assert await rows(house, "SELECT count(*) FROM event WHERE type = 'flag.raised'") == [(count,)]


async def test_signing_off_while_sweeps_run_leaves_no_flag_behind_and_waits_for_nobody(
    house: House, clock: FixedClock, database_url: str, tmp_path: Path
) -> None:
    files = [await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS) for _ in range(12)]
    clock.set(SATURDAY - timedelta(hours=1))
    await sweep(house)
    clock.set(SATURDAY)

    async def keep_sweeping(other: House) -> None:
        for _ in range(20):
            await sweep(other)
            await asyncio.sleep(0.002)

    async with open_house(database_url, clock, tmp_path) as other:
        await asyncio.gather(
            keep_sweeping(other),
            keep_sweeping(house),
            *(decide_and_sign(house, file) for file in files),
        )
    assert await red(house) == []
    assert await sweep(house) == Swept()


async def test_the_sweep_waits_for_nobody_who_is_at_work_on_the_contact(
    postgres: PostgresServer, clock: FixedClock, tmp_path: Path
) -> None:
    """Else a sign-off, which holds the contact and wants its clock, and the sweep, which holds
    the clock and hangs a flag on the contact, would wait for each other.

    On SQLite there is one writer at a time, and it holds everything.
    """
    url = postgres.create_database()
    async with open_house(url, clock, tmp_path) as house:
        file = await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
        clock.set(SATURDAY)
        manager = await caller(house, Role.mash_manager)
        async with house.work() as work:
            await contacts.held(work, manager.sight, file.contact.id)
            assert await asyncio.wait_for(sweep(house), PATIENCE) == Swept(breaches=1)
            await stop_clocks(
                work, file.contact.id, file.contact.id, ["contact_to_referral"], "decided"
            )
            assert await asyncio.wait_for(sweep(house), PATIENCE) == Swept()
            await work.commit()
        assert await red(house) == []
    postgres.drop_database(url)


async def test_a_flag_left_behind_by_its_clock_is_cleared(house: House, clock: FixedClock) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    async with house.database.writing() as connection:
        await connection.execute(
            text(
                "UPDATE deadline SET stopped_at = breached_at, stopped_because = 'restored' "
                "WHERE kind = 'contact_to_referral'"
            )
        )
        await connection.commit()
    assert await sweep(house) == Swept(cleared=1)
    assert await rows(house, "SELECT cleared_because FROM flag") == [("restored",)]
    assert await rows(house, "SELECT count(*) FROM event WHERE type = 'flag.cleared'") == [(1,)]
    assert await sweep(house) == Swept()


async def test_a_clock_whose_flag_was_there_before_it_was_marked_is_marked_and_not_flagged_again(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    async with house.database.writing() as connection:
        await connection.execute(
            text("UPDATE deadline SET breached_at = NULL WHERE kind = 'contact_to_referral'")
        )
        await connection.commit()
    assert await sweep(house) == Swept()
    assert await rows(house, "SELECT count(*) FROM flag") == [(1,)]
    unmarked = (
        "SELECT count(*) FROM deadline WHERE kind = 'contact_to_referral' AND breached_at IS NULL"
    )
    assert await rows(house, unmarked) == [(0,)]


async def test_an_unacknowledged_flag_goes_up_the_chain_step_by_step(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    seen = []
    for hours in (0.99, 1, 3.99, 4, 1000):
        clock.set(SATURDAY + timedelta(hours=hours))
        await sweep(house)
        flag = next(one for one in await standing(house) if one.kind == "contact_to_referral")
        seen.append((flag.escalation_level, flag.escalated_to))
    assert seen == [
        (0, None),
        (1, "mash_manager"),
        (1, "mash_manager"),
        (2, "head_of_service"),
        (3, "director"),
    ]
    assert flag.escalated_at == SATURDAY + timedelta(hours=1000)
    assert flag.escalate_at is None


async def test_after_days_down_every_role_of_the_chain_is_told_once(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    clock.set(SATURDAY + timedelta(days=1, hours=12))
    assert await sweep(house) == Swept(escalations=3)
    assert await sweep(house) == Swept()
    (flag,) = [one for one in await standing(house) if one.kind == "contact_to_referral"]
    assert flag.escalation_level == 3
    assert await rows(house, "SELECT count(*) FROM event WHERE type = 'flag.escalated'") == [(3,)]


async def test_the_owner_of_a_flag_is_not_in_its_own_chain(house: House, clock: FixedClock) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(END_OF_MONDAY)
    await sweep(house)
    clock.set(END_OF_MONDAY + timedelta(hours=4))
    await sweep(house)
    (flag,) = [one for one in await standing(house) if one.kind == "statutory_decision"]
    assert (flag.owner_role, flag.escalated_to) == ("mash_manager", "head_of_service")


async def test_a_warning_goes_to_nobody_but_its_owner(house: House, clock: FixedClock) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY - timedelta(hours=4))
    assert await sweep(house) == Swept(warnings=1)
    (flag,) = await standing(house)
    assert (flag.severity, flag.escalate_at) == (Severity.warning, None)
    # One that an earlier release was about to escalate stays where it is too.
    await change_flags(house, "escalate_at = raised_at")
    clock.forward(hours=3)
    await sweep(house)
    (flag,) = await standing(house)
    assert (flag.escalated_to, flag.escalate_at) == (None, None)


async def change_flags(house: House, to: str) -> None:
    async with house.database.writing() as connection:
        await connection.execute(text(change_in("flag", to)))
        await connection.commit()


@pytest.mark.parametrize(
    ("level", "told"),
    [(1, "assessment_team_manager"), (2, "assessment_team_manager"), (3, "qa_auditor")],
)
async def test_a_flag_that_an_earlier_policy_took_astray_still_reaches_the_head_of_service(
    house: House, clock: FixedClock, level: int, told: str
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    await change_flags(
        house,
        f"escalation_level = {level}, escalated_to = '{told}', escalated_at = raised_at, "
        "escalate_at = raised_at",
    )
    clock.set(SATURDAY + timedelta(hours=4) - SECOND)
    await sweep(house)
    (flag,) = [one for one in await standing(house) if one.kind == "contact_to_referral"]
    assert (flag.escalated_to, flag.escalate_at) == (told, SATURDAY + timedelta(hours=4))
    clock.forward(seconds=1)
    await sweep(house)
    (flag,) = [one for one in await standing(house) if one.kind == "contact_to_referral"]
    assert (flag.escalated_to, flag.escalation_level) == ("head_of_service", level + 1)
    # And then to the director.
    assert flag.escalate_at == SATURDAY + timedelta(hours=24)


async def acknowledge(
    house: House, flag: Flag, role: Role = Role.mash_worker, words: str = "I will ring the school."
) -> ExplainedFlag:
    who = await caller(house, role)
    return await house.perform(
        lambda work: acknowledge_flag(work, who, flag.id, flag.version, words)
    )


async def test_an_acknowledged_flag_says_who_and_what_they_will_do_and_escalates_no_further(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    (flag,) = await standing(house)
    clock.forward(minutes=10)
    taken = await acknowledge(house, flag)
    worker = await caller(house, Role.mash_worker)
    assert taken.flag.acknowledged_by == worker.account_id
    assert taken.flag.acknowledgement == "I will ring the school."
    assert taken.flag.acknowledged_at == clock()
    clock.set(SATURDAY + timedelta(days=2))
    await sweep(house)
    (kept,) = [one for one in await standing(house) if one.kind == "contact_to_referral"]
    assert kept == taken.flag
    found = await rows(house, "SELECT data FROM event WHERE type = 'flag.acknowledged'")
    assert len(found) == 1
    assert "school" not in str(found)


async def test_a_flag_is_acknowledged_once(house: House, clock: FixedClock) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    (flag,) = await standing(house)
    taken = await acknowledge(house, flag)
    with pytest.raises(FlagAcknowledged):
        await acknowledge(house, taken.flag, Role.mash_manager)


async def test_a_cleared_flag_cannot_be_acknowledged(house: House, clock: FixedClock) -> None:
    file = await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    (flag,) = await standing(house)
    await decide_and_sign(house, file)
    with pytest.raises(FlagCleared):
        await acknowledge(house, flag)


async def test_a_flag_that_escalated_meanwhile_is_read_again_before_it_is_acknowledged(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    (flag,) = await standing(house)
    clock.forward(hours=1)
    await sweep(house)
    with pytest.raises(Stale):
        await acknowledge(house, flag)


async def test_an_acknowledgement_without_words_is_refused(house: House, clock: FixedClock) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    (flag,) = await standing(house)
    with pytest.raises(WordsMissing):
        await acknowledge(house, flag, words=" \n")


async def test_who_may_not_see_the_contact_does_not_learn_of_its_flags(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    clock.set(SATURDAY)
    await sweep(house)
    (flag,) = await standing(house)
    outsider = await caller(house, Role.early_help_worker)
    assert await each_flag(house, outsider) == []
    with pytest.raises(FlagNotFound):
        await house.ask(lambda ask: read_flag(ask, outsider, flag.id))
    with pytest.raises(FlagNotFound):
        await acknowledge(house, flag, Role.early_help_worker)
    with pytest.raises(RoleMissing):
        await acknowledge(house, flag, Role.qa_auditor)
    with pytest.raises(FlagNotFound):
        manager = await caller(house, Role.mash_manager)
        await house.ask(lambda ask: read_flag(ask, manager, uuid4()))


async def test_a_flag_of_a_kind_that_the_policy_no_longer_has_still_escalates(
    house: House, clock: FixedClock
) -> None:
    await log_rated(house, JANUARY_FRIDAY, source_code=ANONYMOUS)
    async with house.database.writing() as connection:
        await connection.execute(
            text("UPDATE deadline SET kind = 'forgotten' WHERE kind = 'contact_to_referral'")
        )
        await connection.commit()
    clock.set(SATURDAY)
    await sweep(house)
    clock.forward(hours=1)
    await sweep(house)
    (flag,) = [one for one in await standing(house) if one.kind == "forgotten"]
    assert (flag.severity, flag.escalated_to) == (Severity.breach, "mash_manager")


Step = tuple[str, int]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["sweep", "sweep", "stop"]), st.integers(0, 100)), max_size=12
    )
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_sweeps_at_any_times_end_in_the_flags_of_one_sweep_at_the_end(
    database_server: DatabaseServer, steps: list[Step]
) -> None:
    """Times are hours after Friday 16:00, forwards and back; stopping clears a contact's clocks."""

    async def flags_after(taken: list[Step]) -> set[tuple[str, int, str]]:
        url = database_server.create_database()
        clock = FixedClock(JANUARY_FRIDAY)
        try:
            with TemporaryDirectory() as folder:
                async with open_house(url, clock, Path(folder)) as house:
                    return await _play(house, clock, taken)
        finally:
            database_server.drop_database(url)

    last = max((at for _, at in steps), default=0)
    often = [*steps, ("sweep", last)]
    once = [*(step for step in steps if step[0] == "stop"), ("sweep", last)]
    assert asyncio.run(flags_after(often)) == asyncio.run(flags_after(once))


async def _play(house: House, clock: FixedClock, taken: list[Step]) -> set[tuple[str, int, str]]:
    files = [
        await log_rated(house, JANUARY_FRIDAY - timedelta(hours=hours)) for hours in (0, 7, 30)
    ]
    place = {file.contact.id: number for number, file in enumerate(files)}
    for action, at in taken:
        clock.set(JANUARY_FRIDAY + timedelta(hours=at))
        if action == "sweep":
            await sweep(house)
        else:
            file = files[at % len(files)]
            await house.perform(partial(_stop, deadline=file.deadlines[at % 2]))
    return {(flag.kind, place[flag.contact_id], flag.severity) for flag in await standing(house)}


async def _stop(work: Work, deadline: Deadline) -> None:
    await stop_clocks(work, deadline.contact_id, deadline.subject_id, [deadline.kind], "test")
