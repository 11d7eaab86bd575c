"""The jobs' own heartbeat, and the policies that were in force."""

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


class PolicyVersionRow(SQLModel, table=True):
    """Every policy that was ever in force, word for word."""

    __tablename__ = "policy_version"

    version: str = kept("Version, as the file names it.", primary_key=True)
    digest: str = kept("SHA-256 of the file.")
    text: str = kept("The file.")
    first_used_at: datetime = kept("When it first came into force here.", type_=INSTANT)
