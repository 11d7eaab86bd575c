"""The jobs' own heartbeat."""

from sqlalchemy import Insert, select, update

from service.domain.job_runs import JobRun
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work

JOB_RUN = table_of(JobRun)


async def begin(work: Work, name: str, holder: str) -> None:
    """Notes that a job starts now. Two first starts at once: the later one is tried again."""
    known = await work.rows_changed(
        update(JOB_RUN)
        .where(JOB_RUN.c.name == name)
        .values(started_at=work.now, holder=holder, runs=JOB_RUN.c.runs + 1)
    )
    if not known:
        await work.execute(
            Insert(JOB_RUN).values(name=name, started_at=work.now, holder=holder, runs=1, done=0)
        )


async def succeed(work: Work, name: str, holder: str, done: int) -> None:
    """Notes that a job has succeeded now, and how many items it dealt with."""
    await work.execute(
        update(JOB_RUN)
        .where(JOB_RUN.c.name == name)
        .values(succeeded_at=work.now, failure=None, holder=holder, done=done)
    )


async def fail(work: Work, name: str, holder: str, failure: str) -> None:
    """Notes that a job has failed now, and of what kind the failure was."""
    await work.execute(
        update(JOB_RUN)
        .where(JOB_RUN.c.name == name)
        .values(failed_at=work.now, failure=failure, holder=holder)
    )


async def of_all(ask: Asking) -> dict[str, JobRun]:
    """Every heartbeat, by the name of the job."""
    rows = await ask.all(select(*columns_of(JobRun)))
    found = [read(JobRun, row) for row in rows]
    return {one.name: one for one in found}
