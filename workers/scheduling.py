"""Puts the schedule to work on APScheduler while this process leads."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from service.bootstrap import DatabaseAway, Keeping
from service.domain.job_runs import JobName
from service.usecases.jobs import heartbeats
from workers.running import run_and_log
from workers.schedule import SCHEDULE, Job

log = structlog.get_logger("workers")

# How long a stopping worker lets a running job finish.
PATIENCE = 20.0
# A sweep that takes longer than this, and than the policy calls late, hangs.
LONGEST_SWEEP = timedelta(minutes=1)
# A run that is late, however late, still takes place, once: missed runs are drawn together.
GRACE = int(timedelta(days=7).total_seconds())


class Schedule:
    """The jobs of this process while it leads: each one at a time, and late rather than not."""

    def __init__(self, house: Keeping, jobs: Sequence[Job] = SCHEDULE) -> None:
        self._house = house
        self._jobs = jobs
        self._scheduler: AsyncIOScheduler | None = None
        self._running: dict[asyncio.Task[bool], tuple[Job, float]] = {}

    async def begin(self) -> None:
        """Starts the jobs: the sweep at once, the others when they are next due."""
        now = self._house.clock()
        last = await self._last_successes()
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE},
        )
        for job in self._jobs:
            interval = job.every(self._house.policy)
            scheduler.add_job(
                self._run,
                IntervalTrigger(seconds=int(interval.total_seconds()), timezone=UTC),
                args=[job],
                id=job.name,
                next_run_time=first_run(job.name, last.get(job.name), interval, now),
            )
        scheduler.start()
        self._scheduler = scheduler

    def look(self) -> bool:
        """Draws near what a step back of the machine's time has put too far off.

        Returns whether all is well: not when the sweep hangs, so that another worker may try.
        """
        if self._scheduler is None:
            return True
        now = self._house.clock()
        for job in self._jobs:
            planned = self._scheduler.get_job(job.name)
            if planned is None or planned.next_run_time is None:
                continue
            if planned.next_run_time - now > job.every(self._house.policy):
                log.warning("the time of this machine stepped back", job=job.name)
                planned.modify(next_run_time=now)
        late = timedelta(seconds=self._house.policy.sweep.late_after_seconds)
        longest = max(late, LONGEST_SWEEP).total_seconds()
        instant = asyncio.get_running_loop().time()
        return not any(
            job.name is JobName.sweep_deadlines and instant - began > longest
            for job, began in self._running.values()
        )

    async def end(self) -> None:
        """Starts nothing more, and lets what runs finish, within patience."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.pause()
        if self._running:
            _, unfinished = await asyncio.wait(self._running, timeout=PATIENCE)
            if unfinished:
                log.warning("broke off jobs that did not finish", jobs=len(unfinished))
                for task in unfinished:
                    task.cancel()
                await asyncio.wait(unfinished, timeout=1)
        if scheduler is not None:
            scheduler.shutdown(wait=False)
            # It shuts down in a call of its own on this loop.
            await asyncio.sleep(0)

    async def _run(self, job: Job) -> bool:
        task = asyncio.ensure_future(run_and_log(self._house, job))
        self._running[task] = (job, asyncio.get_running_loop().time())
        task.add_done_callback(self._running.pop)
        return await task

    async def _last_successes(self) -> dict[str, datetime]:
        try:
            beats = await self._house.ask(heartbeats)
        except DatabaseAway:
            return {}
        return {
            name: beat.succeeded_at for name, beat in beats.items() if beat.succeeded_at is not None
        }


def first_run(
    name: str, last_success: datetime | None, interval: timedelta, now: datetime
) -> datetime:
    """When a new leader first runs a job: the sweep at once, another an interval after its last
    success, at once when that is over, and never later than an interval from now."""
    if name == JobName.sweep_deadlines or last_success is None:
        return now
    return min(max(now, last_success + interval), now + interval)
