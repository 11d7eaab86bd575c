"""One worker leads; when it dies another takes over, and nothing is flagged twice."""

import asyncio
import json
import os
import signal
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from service.bootstrap import House
from service.clock import system_clock
from tests.support.cases import ANONYMOUS, log
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.patience import PATIENCE
from tests.support.processes import environment, processes, quick_policy, until


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
                return await one(house, "SELECT count(*) FROM flag WHERE severity = 'breach'") == 1

            await until(one_flag, what="the flag")
            assert await leading(house) == first

            os.kill(first, signal.SIGKILL)
            await log(house, late, source_code=ANONYMOUS)

            async def another_leads() -> bool:
                return await leading(house) in pids - {first}

            await until(another_leads, what="another leader")

            async def two_flags() -> bool:
                return await one(house, "SELECT count(*) FROM flag WHERE severity = 'breach'") == 2

            await until(two_flags, what="the second flag")
            for worker in workers:
                if worker.pid != first:
                    worker.send_signal(signal.SIGTERM)
            codes = {worker.pid: worker.wait(timeout=PATIENCE) for worker in workers}
        assert codes == {pid: -signal.SIGKILL if pid == first else 0 for pid in pids}
        assert await one(house, "SELECT count(*) FROM flag") == 2
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
        mine, theirs = house.leadership(), other.leadership()
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
        mine = house.leadership()
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
