"""The jobs' own heartbeat."""

from sqlalchemy import BigInteger

from service.domain.job_runs import JobRun
from service.persistence.record_tables import table_for

JobRunRow = table_for(
    JobRun,
    "job_run",
    primary_key=("name",),
    types={"runs": BigInteger, "done": BigInteger},
)
