"""Runs one job once: with its heartbeat, and with its failure in the log instead of in the air."""

import os
import socket

import structlog

from service.bootstrap import DatabaseAway, Keeping, LeadLost
from service.domain.job_runs import ImpossibleFound, JobAlarm
from service.usecases.jobs import run_job
from workers.schedule import Job

log = structlog.get_logger("workers")


def holder() -> str:
    """This process, as the heartbeat names it."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def run_once(house: Keeping, job: Job) -> int:
    """Runs a job and raises what it raised."""
    return await run_job(house, job.name, holder(), lambda: job.run(house))


async def run_and_log(house: Keeping, job: Job) -> bool:
    """Runs a job for the schedule: a failure is logged, and the next run tries again."""
    try:
        done = await run_once(house, job)
    except ImpossibleFound as alarm:
        log.error("alarm", job=job.name, alarm="impossible", counts=alarm.counts)
    except JobAlarm as alarm:
        log.error("alarm", job=job.name, alarm=str(alarm))
    except LeadLost:
        log.warning("job given up: another worker leads", job=job.name)
    except DatabaseAway:
        log.error("job failed: the database is away", job=job.name)
    except Exception:
        log.exception("job failed", job=job.name)
    else:
        if done:
            log.info("job done", job=job.name, done=done)
        return True
    return False
