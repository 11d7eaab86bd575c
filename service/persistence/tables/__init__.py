"""The tables, one file a noun; every column is commented and classified."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from service.persistence.tables import (
    accountabilities,
    accounts,
    answers,
    challenges,
    contacts,
    deadlines,
    decisions,
    early_help_episodes,
    events,
    flags,
    information_requests,
    job_runs,
    people,
    referrals,
    transfers,
)

__all__ = [
    "accountabilities",
    "accounts",
    "answers",
    "challenges",
    "contacts",
    "deadlines",
    "decisions",
    "early_help_episodes",
    "events",
    "flags",
    "information_requests",
    "job_runs",
    "metadata",
    "people",
    "referrals",
    "transfers",
]

metadata: MetaData = SQLModel.metadata
