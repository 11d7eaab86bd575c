"""What processes let through together: whatever is told when, and when nobody can be told."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.allowances import ALONE_SECONDS, HeldAllowances
from service.domain.allowances import Allowances, Errand
from service.persistence.allowances import Use
from service.persistence.failures import DatabaseAway

ME = uuid4()
LIMITS = Allowances.of(requests_a_minute=60, urgent_posts_a_minute=10, validations_an_hour=20)


class Steady:
    """A steady clock that a test moves, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shared:
    """What the processes share, by the same arithmetic; it may be away, and counts the tellings."""

    def __init__(self, steady: Steady) -> None:
        self.steady = steady
        self.rows: dict[tuple[UUID, str], tuple[int, int]] = {}
        self.away: Exception | None = None
        self.told = 0

    async def tell(self, uses: Sequence[Use]) -> list[int]:
        """Takes the uses off what is left."""
        self.told += 1
        await asyncio.sleep(0)
        if self.away is not None:
            raise self.away
        now = int(self.steady() * 1000)
        for use in uses:
            key = (use.holder, use.allowance.name)
            left, at = self.rows.get(key, (use.allowance.full, now))
            left = use.allowance.refilled(left, now - at)
            self.rows[key] = (use.allowance.spent(left, use.requests), now)
        return [self.rows[use.holder, use.allowance.name][0] for use in uses]


async def through(
    held: HeldAllowances, times: int, errand: Errand = Errand.ordinary, holder: UUID = ME
) -> int:
    """How many of so many requests, one after the other, are let through."""
    found = 0
    for _ in range(times):
        found += (await held.take(holder, errand)).retry_after is None
        await held.settled()
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=2),
            st.integers(min_value=1, max_value=30),
            st.floats(min_value=0, max_value=20),
        ),
        min_size=1,
        max_size=30,
    )
)
async def test_processes_together_let_through_the_allowance_and_a_twentieth_each(
    asked: list[tuple[int, int, float]],
) -> None:
    steady = Steady()
    shared = Shared(steady)
    processes = [HeldAllowances(LIMITS, shared, steady=steady) for _ in range(3)]
    allowance = LIMITS.requests
    at: list[float] = []
    for process, times, pause in asked:
        steady.now += pause
        at += [steady.now] * await through(processes[process], times)
    for first, began in enumerate(at):
        for last in range(first, len(at)):
            most = allowance.number + (at[last] - began) * allowance.number / allowance.seconds
            assert last - first + 1 <= most + 3 * allowance.untold + 1


async def test_a_request_is_not_told_by_itself() -> None:
    steady = Steady()
    shared = Shared(steady)
    held = HeldAllowances(LIMITS, shared, steady=steady)
    assert await through(held, 60) == 60
    assert shared.told == 60 // LIMITS.requests.untold
    assert await through(held, 60) == 0
    assert shared.told == 60 // LIMITS.requests.untold


async def test_a_process_that_is_new_learns_what_is_left_before_it_gives_more() -> None:
    steady = Steady()
    shared = Shared(steady)
    assert await through(HeldAllowances(LIMITS, shared, steady=steady), 60) == 60
    begun_anew = HeldAllowances(LIMITS, shared, steady=steady)
    asked = await asyncio.gather(*(begun_anew.take(ME, Errand.ordinary) for _ in range(50)))
    let = [one for one in asked if one.retry_after is None]
    assert len(let) == LIMITS.requests.untold
    # What it gave is a debt of the caller's, and paid.
    steady.now += 3.0
    assert await through(begun_anew, 10) == 0
    steady.now += 2.0
    assert await through(begun_anew, 10) == 2


async def test_nothing_but_urgent_posts_is_taken_from_the_reserve() -> None:
    held = HeldAllowances(LIMITS, Shared(Steady()), steady=Steady())
    assert await through(held, 200) == 60
    assert await through(held, 200, Errand.validation) == 0
    assert await through(held, 200, Errand.urgent) == 10
    # And nobody takes from another's.
    assert await through(held, 200, Errand.urgent, uuid4()) == 70


async def test_an_urgent_post_takes_from_the_reserve_only_when_the_rest_is_used_up() -> None:
    held = HeldAllowances(LIMITS, Shared(Steady()), steady=Steady())
    left = await held.take(ME, Errand.urgent)
    assert (left.allowance, left.requests) == (LIMITS.requests, 59)


async def test_validations_are_counted_among_all_requests_and_by_themselves() -> None:
    held = HeldAllowances(LIMITS, Shared(Steady()), steady=Steady())
    assert await through(held, 30, Errand.validation) == 20
    assert await through(held, 60) == 30


@pytest.mark.parametrize("away", [DatabaseAway("gone"), TimeoutError(), RuntimeError("a fault")])
async def test_while_the_others_cannot_be_told_each_process_has_the_limit_by_itself(
    away: Exception,
) -> None:
    steady = Steady()
    shared = Shared(steady)
    shared.away = away
    held = HeldAllowances(LIMITS, shared, steady=steady)
    assert await through(held, 100) == 60
    assert held.alone
    assert shared.told == 1
    # It is tried again after a while, and no debt is made of what came back meanwhile.
    steady.now += 59.0
    assert await through(held, 100) == 59
    assert shared.told == 2
    shared.away = None
    steady.now += 60.0
    assert ALONE_SECONDS < 60.0
    assert 60 - LIMITS.requests.untold <= await through(held, 100) <= 60
    assert not held.alone


async def test_one_who_waits_to_be_known_is_not_refused_when_that_takes_too_long() -> None:
    class Silent(Shared):
        async def tell(self, uses: Sequence[Use]) -> list[int]:
            await asyncio.Event().wait()
            raise AssertionError

    steady = Steady()
    held = HeldAllowances(LIMITS, Silent(steady), steady=steady)
    asked = await asyncio.gather(*(held.take(ME, Errand.ordinary) for _ in range(80)))
    assert sum(one.retry_after is None for one in asked) == 60
    await held.close()


async def test_no_more_callers_are_held_than_there_is_room_for() -> None:
    held = HeldAllowances(LIMITS, Shared(Steady()), steady=Steady())
    for _ in range(30_100):
        await held.take(uuid4(), Errand.ordinary)
    assert held.holders == 30_000
