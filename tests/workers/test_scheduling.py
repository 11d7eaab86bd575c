"""The schedule of a leader: what runs when, late rather than never, and what goes into the log."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from service.bootstrap import House
from service.clock import system_clock
from service.domain.job_runs import JobName
from service.logs import configure_logs
from tests.support.cases import log
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.unborn import referred
from workers.running import run_and_log
from workers.schedule import SCHEDULE, Job, job_named
from workers.scheduling import Schedule, first_run

NOW = datetime(2026, 1, 9, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(system_clock())


@pytest.fixture
async def house(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, clock, tmp_path) as opened:
        yield opened


async def runs(house: House, name: JobName) -> int:
    async with house.database.reading() as connection:
        found = await connection.execute(
            text("SELECT runs FROM job_run WHERE name = :name"), {"name": name.value}
        )
        return int(found.scalar() or 0)


def test_every_job_is_on_the_page_once() -> None:
    assert sorted(job.name for job in SCHEDULE) == sorted(JobName)


def test_a_new_leader_sweeps_at_once_and_keeps_to_the_rhythm_of_the_others() -> None:
    daily = JobName.forget_answers
    assert first_run(JobName.sweep_deadlines, NOW, DAY, NOW) == NOW
    assert first_run(daily, None, DAY, NOW) == NOW
    assert first_run(daily, NOW - timedelta(hours=23), DAY, NOW) == NOW + timedelta(hours=1)
    assert first_run(daily, NOW - timedelta(days=3), DAY, NOW) == NOW
    in_the_future = NOW + timedelta(days=40)
    assert first_run(daily, in_the_future, DAY, NOW) == NOW + DAY


async def test_a_new_leader_runs_everything_that_never_ran(house: House) -> None:
    schedule = Schedule(house)
    await schedule.begin()
    try:

        async def all_ran() -> bool:
            return all([await runs(house, job.name) == 1 for job in SCHEDULE])

        await until(all_ran, what="a run of each")
        await asyncio.sleep(0.2)
        assert await all_ran()
    finally:
        await schedule.end()


@pytest.mark.parametrize("jobs", [(JobName.check_impossible,), tuple(JobName)], ids=len)
async def test_the_first_act_after_an_upgrade_is_no_false_alarm(
    house: House, jobs: tuple[JobName, ...]
) -> None:
    """Referrals that the release before left open lack the clocks that this one wants of them."""
    for days in (100, 130, 160):
        await referred(house, expected=(house.clock() + timedelta(days=days)).date())
    async with house.database.writing() as connection:
        await connection.execute(text("DELETE FROM deadline WHERE kind LIKE '%birth%'"))
        await connection.commit()
    schedule = Schedule(house, [job for job in SCHEDULE if job.name in jobs])
    with capture_logs() as lines:
        await schedule.begin()

        async def looked() -> bool:
            return bool(await runs(house, JobName.check_impossible))

        await until(looked, what="a look for the impossible")
        await schedule.end()
    assert [line for line in lines if line.get("alarm") == "impossible"] == []


async def test_the_sweep_goes_on_when_the_time_of_the_machine_steps_back(
    house: House, clock: FixedClock
) -> None:
    schedule = Schedule(house)
    await schedule.begin()
    try:

        async def ran_once() -> bool:
            return await runs(house, JobName.sweep_deadlines) == 1

        await until(ran_once, what="the first sweep")
        schedule.look()
        await asyncio.sleep(0.2)
        assert await ran_once()
        clock.forward(hours=-1)
        schedule.look()

        async def ran_again() -> bool:
            return await runs(house, JobName.sweep_deadlines) == 2

        await until(ran_again, what="the second sweep")
    finally:
        await schedule.end()


async def test_a_stopping_leader_lets_a_running_job_finish(house: House) -> None:
    began, finished = asyncio.Event(), asyncio.Event()

    async def slow(_: House) -> int:
        began.set()
        await asyncio.sleep(0.3)
        finished.set()
        return 1

    sweep = Job(JobName.sweep_deadlines, "takes a while", "often", slow)
    schedule = Schedule(house, [sweep])
    await schedule.begin()
    await asyncio.wait_for(began.wait(), PATIENCE)
    await schedule.end()
    assert finished.is_set()
    async with house.database.reading() as connection:
        found = await connection.execute(text("SELECT done FROM job_run"))
        assert found.scalar_one() == 1


async def test_an_alarm_is_an_error_in_the_log_with_counts_and_a_failed_run(house: House) -> None:
    await log(house)
    async with house.database.writing() as connection:
        await connection.execute(text("UPDATE contact SET team_id = 'gone'"))
        await connection.commit()
    job = job_named(JobName.check_impossible)
    assert job is not None
    with capture_logs() as lines:
        assert not await run_and_log(house, job)
    assert [(line["log_level"], line["counts"]) for line in lines] == [
        ("error", {"open_contact_with_an_unknown_team": 1})
    ]
    async with house.database.reading() as connection:
        found = await connection.execute(text("SELECT failure FROM job_run"))
        assert found.scalar_one() == "ImpossibleFound"


async def test_the_log_of_a_failed_job_has_its_kind_and_place_and_not_its_words(
    house: House,
) -> None:
    async def broken(_: House) -> int:
        raise LookupError("Ada Example of 4 Mill Lane")

    written = StringIO()
    configure_logs(stream=written)
    assert not await run_and_log(house, Job(JobName.sweep_deadlines, "breaks", "", broken))
    assert "LookupError" in written.getvalue()
    assert "test_scheduling.py" in written.getvalue()
    assert "Ada" not in written.getvalue()
