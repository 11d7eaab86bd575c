"""The rows that processes share: counted by the database as the arithmetic has it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from service.domain.allowances import Allowance
from service.persistence.allowances import SharedAllowances, Use, forget_whole
from service.persistence.engines import Database
from service.persistence.units_of_work import Work
from service.policy import Policy
from tests.persistence.conftest import NOW
from tests.support.clocks import FixedClock
from tests.support.plain_statements import change_in

# What comes back while a test runs is nothing beside what one request takes.
SLOW = Allowance("slow", 100, 100_000_000)


async def changed(database: Database, statement: str, **values: Any) -> None:
    async with database.writing() as connection:
        await connection.execute(text(statement), values)
        await connection.commit()


def in_requests(left: int) -> float:
    """What is left in requests, to the hundredth."""
    return round(left / SLOW.cost, 2)


async def test_each_telling_takes_off_what_is_left(database: Database) -> None:
    shared = SharedAllowances(database, FixedClock(NOW))
    one, other = uuid4(), uuid4()
    [left] = await shared.tell([Use(one, SLOW, 30)])
    assert in_requests(left) == 70
    mine, others = await shared.tell([Use(one, SLOW, 80), Use(other, SLOW, 1)])
    assert (in_requests(mine), in_requests(others)) == (-10, 99)
    # However much is told, the debt is one that an empty allowance fills up in.
    [left] = await shared.tell([Use(one, SLOW, 1_000_000)])
    assert left == -SLOW.full
    [left] = await shared.tell([Use(uuid4(), SLOW, 1_000_000)])
    assert left == -SLOW.full


async def test_what_processes_tell_at_the_same_moment_is_all_counted(database_url: str) -> None:
    holder = uuid4()
    databases = [Database(database_url, pool_size=4, busy_seconds=60.0) for _ in range(2)]
    try:
        told = [SharedAllowances(one, FixedClock(NOW)) for one in databases for _ in range(5)]
        found = await asyncio.gather(*(one.tell([Use(holder, SLOW, 3)]) for one in told))
    finally:
        for one in databases:
            await one.dispose()
    assert min(in_requests(left) for [left] in found) == 70


@pytest.mark.parametrize(
    ("step", "then"),
    [
        ("- 500000000", 10 + 0.5),
        ("- 1000000000000", 100.0),
        # Put back, by hours or by years: nothing is given for it, and nothing taken.
        ("+ 3600000", 10.0),
        ("+ 1000000000000", 10.0),
    ],
)
async def test_a_clock_that_is_put_forward_or_back_gives_the_whole_at_most(
    database: Database, step: str, then: float
) -> None:
    shared = SharedAllowances(database, FixedClock(NOW))
    allowance = Allowance("slow", 1, 1_000_000)  # one request comes back in a million seconds
    allowance = Allowance("slow", 100, 100_000_000)
    holder = uuid4()
    await shared.tell([Use(holder, allowance, 90)])
    await changed(database, change_in("allowance", f"at_ms = at_ms {step}"))
    [left] = await shared.tell([Use(holder, allowance, 0)])
    assert in_requests(left) == pytest.approx(then, abs=0.02)
    # From then on time passes as usual.
    [left] = await shared.tell([Use(holder, allowance, 1)])
    assert in_requests(left) == pytest.approx(then - 1, abs=0.02)


async def test_what_is_whole_again_is_forgotten(database: Database, policy: Policy) -> None:
    shared = SharedAllowances(database, FixedClock(NOW))
    await shared.tell([Use(uuid4(), SLOW, 1), Use(uuid4(), SLOW, 1)])
    ms = round(NOW.timestamp() * 1000)
    await changed(database, "UPDATE allowance SET at_ms = :ms", ms=ms)

    async def forgotten(later: timedelta) -> int:
        async with Work(database, now=NOW + later, policy=policy) as work:
            found = await forget_whole(work)
            await work.commit()
            return found

    assert await forgotten(timedelta(hours=23)) == 0
    assert await forgotten(timedelta(days=1, seconds=1)) == 2
