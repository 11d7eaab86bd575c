"""The tables, one file a noun; every column is commented and classified."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from service.persistence.tables import (
    accounts,
    answers,
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
)

__all__ = [
    "accounts",
    "answers",
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
]

metadata: MetaData = SQLModel.metadata
