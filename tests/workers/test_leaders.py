"""One worker leads; when it dies another takes over, and nothing is flagged twice."""

import asyncio
import json
import os
import signal
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from service.bootstrap import House, LeadLost
from service.clock import system_clock
from service.domain.job_runs import JobName
from service.persistence.leadership import leadership_on
from service.usecases.flags import sweep
from tests.support.cases import ANONYMOUS, log
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.patience import PATIENCE
from tests.support.processes import environment, processes, quick_policy, until
from workers.running import run_and_log
from workers.schedule import job_named

# Late in the day a clock that runs to midnight has its warning besides.
SAID_TWICE = (
    "SELECT count(*) FROM (SELECT deadline_id FROM flag GROUP BY deadline_id, severity "
    "HAVING count(*) > 1) AS said_twice"
)

# A contact has other clocks as well, which end with a working day and therefore with some hours
# of the day on which the tests are run.
BREACHES = "SELECT count(*) FROM flag WHERE severity = 'breach' AND kind = 'contact_to_referral'"


async def one(house: House, statement: str) -> object:
    async with house.database.reading() as connection:
        return (await connection.execute(text(statement))).scalar()


async def leading(house: House) -> int | None:
    found = await one(house, "SELECT holder FROM job_run WHERE name = 'sweep_deadlines'")
    return None if found is None else int(str(found).rpartition(":")[2])


async def test_another_worker_takes_over_when_the_leader_is_killed(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(system_clock())
    env = environment(database_url, tmp_path, FRONTDOOR_POLICY_FILE=str(quick_policy(tmp_path)))
    output = tmp_path / "workers.log"
    async with open_house(database_url, clock, tmp_path) as house:
        late = clock() - timedelta(hours=25)
        with processes(3, "workers", env=env, log=output) as workers:
            pids = {worker.pid for worker in workers}

            async def somebody_leads() -> bool:
                return await leading(house) in pids

            await until(somebody_leads, what="a leader")
            first = await leading(house)
            assert first is not None
            await log(house, late, source_code=ANONYMOUS)

            async def one_flag() -> bool:
                return await one(house, BREACHES) == 1

            await until(one_flag, what="the flag")
            assert await leading(house) == first

            os.kill(first, signal.SIGKILL)
            await log(house, late, source_code=ANONYMOUS)

            async def another_leads() -> bool:
                return await leading(house) in pids - {first}

            await until(another_leads, what="another leader")

            async def two_flags() -> bool:
                return await one(house, BREACHES) == 2

            await until(two_flags, what="the second flag")
            for worker in workers:
                if worker.pid != first:
                    worker.send_signal(signal.SIGTERM)
            codes = {worker.pid: worker.wait(timeout=PATIENCE) for worker in workers}
        assert codes == {pid: -signal.SIGKILL if pid == first else 0 for pid in pids}
        assert await one(house, BREACHES) == 2
        assert await one(house, SAID_TWICE) == 0
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert sum(line["event"] == "leading" for line in lines) == 2
    worse = [line for line in lines if line["level"] in ("warning", "error")]
    # A sweep each second is more than a busy machine can do: the next one waits, and that is said.
    assert [line for line in worse if "maximum number of running" not in line["event"]] == []


async def test_only_one_holds_the_lead_and_the_next_has_it_when_it_is_given_up(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(system_clock())
    async with (
        open_house(database_url, clock, tmp_path) as house,
        open_house(database_url, clock, tmp_path) as other,
    ):
        mine, theirs = house.leadership("mine"), other.leadership("theirs")
        assert [await mine.take(), await theirs.take()] == [True, False]
        assert [await mine.held(), await theirs.held()] == [True, False]
        await mine.release()
        assert not await mine.held()
        assert await theirs.take()
        await theirs.release()


async def test_a_leader_notices_that_it_has_lost_the_lead(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(system_clock())
    async with open_house(database_url, clock, tmp_path) as house:
        mine = house.leadership("mine")
        assert await mine.take()
        if house.database.is_sqlite:
            await asyncio.to_thread(Path(f"{house.database.url.database}.leader").unlink)
        else:
            await one(
                house,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'frontdoor leader' AND datname = current_database()",
            )
        assert not await mine.held()
        assert await mine.take()
        await mine.release()


def quick(folder: Path, database_url: str) -> dict[str, str]:
    """Workers that sweep each second and wait five for a sign of life."""
    policy = str(quick_policy(folder))
    return environment(
        database_url,
        folder,
        FRONTDOOR_POLICY_FILE=policy,
        FRONTDOOR_LEADER_PATIENCE_SECONDS="5",
    )


def said(output: Path, event: str) -> int:
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    return sum(line["event"] == event for line in lines)


async def freeze_between_writes(house: House, pid: int) -> None:
    """Freezes a process at an instant at which it keeps nobody else from writing.

    One that is frozen in the middle of a write holds up SQLite until it goes on, and PostgreSQL
    until its session is ended: that is another fault than a leader that is silent.
    """

    async def frozen() -> bool:
        os.kill(pid, signal.SIGSTOP)
        if await _nobody_writes(house):
            return True
        os.kill(pid, signal.SIGCONT)
        return False

    await until(frozen, what="an instant between two writes")


async def _nobody_writes(house: House) -> bool:
    if not house.database.is_sqlite:
        open_ones = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND xact_start IS NOT NULL "
            "AND pid <> pg_backend_pid()"
        )
        return await one(house, open_ones) == 0
    with closing(sqlite3.connect(str(house.database.url.database), timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.rollback()
        return True


async def test_a_leader_that_is_frozen_is_replaced_and_does_no_harm_when_it_wakes(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(system_clock())
    output = tmp_path / "workers.log"
    async with open_house(database_url, clock, tmp_path) as house:
        late = clock() - timedelta(hours=25)
        env = quick(tmp_path, database_url)
        with processes(3, "workers", env=env, log=output) as workers:
            pids = {worker.pid for worker in workers}

            async def somebody_leads() -> bool:
                return await leading(house) in pids

            await until(somebody_leads, what="a leader")
            frozen = await leading(house)
            assert frozen is not None
            await freeze_between_writes(house, frozen)
            for _ in range(10):
                await log(house, late, source_code=ANONYMOUS)

            async def all_flagged() -> bool:
                return await one(house, BREACHES) == 10

            await until(all_flagged, what="the flags, raised by another")
            second = await leading(house)
            assert second in pids - {frozen}
            os.kill(frozen, signal.SIGCONT)

            async def it_noticed() -> bool:
                return said(output, "no longer leading") == 1

            await until(it_noticed, what="the old leader's noticing")
            for _ in range(10):
                await log(house, late, source_code=ANONYMOUS)

            async def the_rest_too() -> bool:
                return await one(house, BREACHES) == 20

            await until(the_rest_too, what="the other flags")
            assert await leading(house) == second
            assert await one(house, "SELECT epoch FROM lead") == 2

            async def has_the_lock() -> bool:
                return bool(await one(house, "SELECT locked FROM lead"))

            await until(has_the_lock, what="the lock, let go by the old leader")
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            assert [worker.wait(timeout=PATIENCE) for worker in workers] == [0, 0, 0]
        assert await one(house, BREACHES) == 20
        assert await one(house, SAID_TWICE) == 0
        raised = await one(house, "SELECT count(*) FROM event WHERE type = 'flag.raised'")
        assert raised == await one(house, "SELECT count(*) FROM flag")
        assert await one(house, "SELECT holder FROM lead") == ""
    assert said(output, "leading") == 2


async def test_a_follower_waits_for_a_sign_of_life_and_counts_only_what_it_watched(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(system_clock())
    async with open_house(database_url, clock, tmp_path) as house:
        leader, follower = (
            leadership_on(house.database, name, patience=0.5) for name in ("leader", "follower")
        )
        assert await leader.take()
        assert not await follower.take()
        await asyncio.sleep(0.8)
        assert not await follower.take(), "it slept too, and has seen nothing"
        for _ in range(8):
            await asyncio.sleep(0.1)
            assert await leader.held()
            assert not await follower.take(), "the leader gives signs of life"

        async def taken() -> bool:
            return await follower.take()

        await until(taken, what="the lead, from a leader that is silent")
        assert not await leader.held()
        assert leader.epoch is None
        assert await follower.held()
        await follower.release()
        assert await leader.take(), "given up, it is free at once"
        await leader.release()


async def test_who_was_replaced_changes_nothing_more(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(system_clock())
    async with open_house(database_url, clock, tmp_path) as house:
        first = house.leadership("first")
        assert await first.take()
        led = house.led_by(first)
        job = job_named(JobName.sweep_deadlines)
        assert job is not None
        await log(house, clock() - timedelta(hours=25), source_code=ANONYMOUS)
        async with house.database.writing() as connection:
            await connection.execute(text("UPDATE lead SET epoch = epoch + 1, holder = 'second'"))
            await connection.commit()
        assert not await run_and_log(led, job)
        with pytest.raises(LeadLost):
            await sweep(led)
        assert await one(house, "SELECT count(*) FROM flag") == 0
        assert await one(house, "SELECT count(*) FROM job_run") == 0
        assert not await first.held()
        await first.release()
        assert await one(house, "SELECT holder FROM lead") == "second"
