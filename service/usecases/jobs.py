"""The jobs that look after the record, and the heartbeat by which their own failure is seen."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from service.domain.calendar import london_date
from service.domain.dangers import RATED_CLOCK, RATING_CLOCK
from service.domain.job_runs import (
    HolidaysEnding,
    ImpossibleFound,
    JobHealth,
    JobName,
    JobRun,
    health_of,
)
from service.persistence import keys, sealing
from service.persistence.allowances import forget_whole
from service.persistence.asking import Asking
from service.persistence.ids import first_id_at
from service.persistence.repositories import answers, impossibilities, job_runs
from service.persistence.schema_steps import taken_at
from service.persistence.units_of_work import Performing, Work
from service.policy import Policy

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# Somebody waits for it, and follows how far it has come.
SOON = timedelta(seconds=10)
# So long after a schema step a process of the release before may still be at work.
TWO_RELEASES_AT_WORK = timedelta(days=7)
# Those that stop when every child on the contact is signed off.
CLOCKS_UNTIL_DECIDED = ("contact_to_referral", "statutory_decision", RATED_CLOCK, RATING_CLOCK)


def every(job: JobName, policy: Policy) -> timedelta:
    """How often a job happens."""
    match job:
        case JobName.sweep_deadlines | JobName.move_challenges | JobName.take_over_teams:
            return timedelta(seconds=policy.sweep.every_seconds)
        case JobName.load_notifications | JobName.seal_events:
            return SOON
        case JobName.check_impossible | JobName.start_missing_clocks | JobName.make_keys:
            return HOUR
        case JobName.forget_answers | JobName.check_holidays:
            return DAY


def late_after(job: JobName, policy: Policy) -> timedelta:
    """How long after its last success a job is late: the policy's word for what looks at the
    clocks, else twice as long as it should take."""
    if job in (
        JobName.sweep_deadlines,
        JobName.move_challenges,
        JobName.load_notifications,
        JobName.seal_events,
        JobName.take_over_teams,
    ):
        return timedelta(seconds=policy.sweep.late_after_seconds)
    return 2 * every(job, policy)


async def heartbeats(ask: Asking) -> dict[str, JobRun]:
    """When each job last ran, by its name; a job that never ran is left out."""
    return await job_runs.of_all(ask)


async def job_health(ask: Asking, policy: Policy, now: datetime) -> list[JobHealth]:
    """How each job is. One that has never succeeded is late: its failure to run is an alarm."""
    beats = await job_runs.of_all(ask)
    return [health_of(job, beats.get(job), late_after(job, policy), now) for job in JobName]


async def run_job(
    house: Performing, job: JobName, holder: str, action: Callable[[], Awaitable[int]]
) -> int:
    """Runs a job once and keeps its heartbeat; returns how many items it dealt with.

    The start is kept before it begins, so that one that hangs or dies shows. Its failure is kept
    by kind alone, and raised.
    """
    await house.perform(lambda work: job_runs.begin(work, job, holder))
    try:
        done = await action()
    except Exception as error:
        failure = type(error).__name__
        await house.perform(lambda work: job_runs.fail(work, job, holder, failure))
        raise
    await house.perform(lambda work: job_runs.succeed(work, job, holder, done))
    return done


async def make_keys(house: Performing) -> int:
    """Makes the keys by which children are found, for rows that a release before this one wrote.

    While processes of two releases run beside each other, one changes names without the keys that
    the other finds them by: everything is looked at for some days after the schema step, and after
    that what is newer than the last run. Returns in how many rows they were not what they should
    be.
    """
    last = (await house.ask(job_runs.of_all)).get(JobName.make_keys)
    step_taken_at = await house.ask(lambda ask: taken_at(ask, keys.SINCE_STEP))
    two_at_work = step_taken_at is None or house.clock() - step_taken_at < TWO_RELEASES_AT_WORK
    if two_at_work or last is None or last.succeeded_at is None:
        return await keys.make_keys(house)
    return await keys.make_keys(house, first_id_at(last.succeeded_at - HOUR))


async def seal_events(house: Performing) -> int:
    """Gives what happened its position, and notes whom it concerns. Returns of how many events."""
    return await sealing.seal_events(house)


async def forget_answers(work: Work) -> int:
    """Forgets kept answers whose time is over, and allowances that are whole. Returns how many."""
    return await answers.forget(work, work.now) + await forget_whole(work)


def check_holidays(policy: Policy, now: datetime) -> None:
    """Raises HolidaysEnding when the known bank holidays are about to end."""
    alarm = policy.holidays_alarm(london_date(now))
    if alarm is not None:
        raise HolidaysEnding(alarm)


async def check_impossible(ask: Asking, policy: Policy) -> None:
    """Raises ImpossibleFound with the counts of what should not be on file."""
    counts = await impossibilities.count(
        ask,
        clocks_until_decided=CLOCKS_UNTIL_DECIDED,
        teams=[team.id for team in policy.teams],
    )
    if counts:
        raise ImpossibleFound(counts)
