"""The jobs' own heartbeat."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, kept


class JobRunRow(SQLModel, table=True):
    """When a job last ran, and how it went."""

    __tablename__ = "job_run"

    name: str = kept("The job.", primary_key=True)
    started_at: datetime = kept("When it last started.", type_=INSTANT)
    succeeded_at: datetime | None = kept("When it last succeeded.", type_=INSTANT)
    failed_at: datetime | None = kept("When it last failed.", type_=INSTANT)
    failure: str | None = kept("The kind of the last failure; never its words.")
    holder: str = kept("Which worker process ran it.")
    runs: int = kept("How often it has run.", type_=BigInteger)
    done: int = kept("How many items the last success dealt with.", type_=BigInteger)
