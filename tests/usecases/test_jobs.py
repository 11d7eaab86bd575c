"""Jobs: their heartbeat, when they are late, and the alarms they raise."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from service.bootstrap import House, Work
from service.domain.answers import KeptAnswer
from service.domain.job_runs import HolidaysEnding, ImpossibleFound, JobHealth, JobName
from service.policy import load_policy
from service.usecases.jobs import (
    CLOCKS_UNTIL_DECIDED,
    check_holidays,
    check_impossible,
    every,
    forget_answers,
    job_health,
    late_after,
    run_job,
)
from tests.support.cases import decide_and_sign, decide_for, log
from tests.support.clocks import FixedClock
from tests.support.houses import open_house

NOW = datetime(2026, 1, 9, 16, 0, tzinfo=UTC)
SWEEP = JobName.sweep_deadlines


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def house(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, clock, tmp_path) as opened:
        yield opened


async def health(house: House, name: JobName = SWEEP) -> JobHealth:
    found = await house.ask(lambda ask: job_health(ask, house.policy, house.clock()))
    assert [one.name for one in found] == list(JobName)
    return next(one for one in found if one.name == name)


async def three() -> int:
    return 3


async def broken() -> int:
    raise LookupError("about a child")


async def change(house: House, statement: str) -> None:
    async with house.database.writing() as connection:
        await connection.execute(text(statement))
        await connection.commit()


async def test_a_job_that_never_ran_is_late(house: House) -> None:
    found = await health(house)
    assert (found.late, found.failing, found.last) == (True, False, None)


async def test_a_job_keeps_its_heartbeat(house: House, clock: FixedClock) -> None:
    assert await run_job(house, SWEEP, "here:1", three) == 3
    clock.forward(seconds=60)
    await run_job(house, SWEEP, "there:2", three)
    found = await health(house)
    assert found.last is not None
    assert (found.late, found.failing) == (False, False)
    assert (found.last.runs, found.last.done, found.last.holder) == (2, 3, "there:2")
    assert (found.last.started_at, found.last.succeeded_at) == (clock(), clock())


async def test_the_sweep_is_late_when_the_policy_says_so(house: House, clock: FixedClock) -> None:
    await run_job(house, SWEEP, "here:1", three)
    limit = house.policy.sweep.late_after_seconds
    clock.forward(seconds=limit)
    assert not (await health(house)).late
    clock.forward(seconds=1)
    assert (await health(house)).late


async def test_a_clock_stepped_far_back_does_not_hide_that_a_job_has_stopped(
    house: House, clock: FixedClock
) -> None:
    await run_job(house, SWEEP, "here:1", three)
    clock.forward(days=-3)
    assert (await health(house)).late
    await run_job(house, SWEEP, "here:1", three)
    assert not (await health(house)).late


async def test_a_failure_is_kept_by_its_kind_and_never_by_its_words(
    house: House, clock: FixedClock
) -> None:
    await run_job(house, SWEEP, "here:1", three)
    clock.forward(seconds=60)
    with pytest.raises(LookupError):
        await run_job(house, SWEEP, "here:1", broken)
    found = await health(house)
    assert found.last is not None
    assert (found.failing, found.late) == (True, False)
    assert (found.last.failure, found.last.failed_at) == ("LookupError", clock())
    assert found.last.succeeded_at == NOW
    await run_job(house, SWEEP, "here:1", three)
    assert not (await health(house)).failing


async def test_the_start_of_a_job_that_hangs_shows(house: House, clock: FixedClock) -> None:
    await run_job(house, SWEEP, "here:1", three)

    async def look() -> int:
        found = await health(house)
        assert found.last is not None
        assert found.last.succeeded_at == NOW
        return int((found.last.started_at - NOW).total_seconds())

    clock.forward(seconds=60)
    assert await run_job(house, SWEEP, "here:1", look) == 60


def test_a_job_is_late_only_after_it_should_have_run_again() -> None:
    policy = load_policy()
    assert [job for job in JobName if late_after(job, policy) <= every(job, policy)] == []


async def test_the_end_of_the_known_bank_holidays_raises_the_alarm_in_time(house: House) -> None:
    last = datetime(2028, 12, 31, 12, tzinfo=UTC)
    days = house.policy.holidays_alarm_days
    check_holidays(house.policy, last - timedelta(days=days + 1))
    with pytest.raises(HolidaysEnding, match="2028-12-31"):
        check_holidays(house.policy, last - timedelta(days=days))


async def test_kept_answers_are_forgotten_when_their_time_is_over(
    house: House, clock: FixedClock
) -> None:
    async def keep(name: str, until: datetime) -> None:
        async def add(work: Work) -> None:
            work.add(
                KeptAnswer(
                    client=name,
                    key=uuid4(),
                    fingerprint="",
                    status=201,
                    headers={},
                    body=b"{}",
                    kept_until=until,
                )
            )

        await house.perform(add)

    await keep("past", NOW - timedelta(seconds=1))
    await keep("present", NOW + timedelta(seconds=1))
    assert await house.perform(forget_answers) == 1
    assert await house.perform(forget_answers) == 0


IMPOSSIBLE = {
    "settled_event_without_a_position": "UPDATE event_sealing SET settled = 1 WHERE place = 1",
    "undecided_child_on_a_decided_contact": "UPDATE contact_child SET state = 'undecided'",
    "clock_running_on_a_decided_contact": (
        "UPDATE deadline SET stopped_at = NULL WHERE kind = 'statutory_decision'"
    ),
    "decision_on_a_contact_that_is_not_decided": "UPDATE contact SET kind = 'check'",
    "open_contact_with_an_unknown_team": ("UPDATE contact SET decided_at = NULL, team_id = 'gone'"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
async def test_what_should_be_impossible_raises_the_alarm_with_a_count(
    house: House, name: str
) -> None:
    await decide_and_sign(house, await log(house, NOW))
    await log(house, NOW)
    await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
    where = "" if "WHERE" in IMPOSSIBLE[name] else " WHERE state = 'decided'"
    await change(house, IMPOSSIBLE[name] + where)
    with pytest.raises(ImpossibleFound) as found:
        await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
    assert found.value.counts == {name: 1}


UNKNOWN_TEAM = {
    "referral": "UPDATE referral SET team_id = 'gone'",
    "early_help_episode": "UPDATE early_help_episode SET team_id = 'gone'",
}


@pytest.mark.parametrize("case", UNKNOWN_TEAM)
async def test_a_case_without_a_signed_decision_raises_the_alarm(house: House, case: str) -> None:
    await decide_for(house, await log(house, NOW), case)
    await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
    await change(house, "UPDATE decision SET state = 'returned'")
    await change(house, UNKNOWN_TEAM[case])
    with pytest.raises(ImpossibleFound) as found:
        await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
    assert found.value.counts == {
        f"{case}_without_a_signed_decision": 1,
        f"open_{case}_with_an_unknown_team": 1,
    }


async def test_a_decided_contact_stops_exactly_the_clocks_that_the_check_looks_at(
    house: House,
) -> None:
    file = await log(house, NOW)
    await decide_and_sign(house, file)
    async with house.database.reading() as connection:
        kinds = await connection.execute(
            text("SELECT kind FROM deadline WHERE stopped_because = 'decided'")
        )
        stopped = {kind for (kind,) in kinds}
    assert stopped == set(CLOCKS_UNTIL_DECIDED) - {"triage"}
