"""The tables, one file a noun; every column is commented and classified."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from service.persistence.tables import (
    accountabilities,
    accounts,
    answers,
    assessments,
    challenges,
    contacts,
    daily_meetings,
    deadlines,
    decisions,
    early_help_episodes,
    events,
    flags,
    information_requests,
    issuer_keys,
    job_runs,
    leads,
    missing_episodes,
    people,
    police_notifications,
    pregnancies,
    referrals,
    section_47_enquiries,
    strategy_meetings,
    transfers,
)

__all__ = [
    "accountabilities",
    "accounts",
    "answers",
    "assessments",
    "challenges",
    "contacts",
    "daily_meetings",
    "deadlines",
    "decisions",
    "early_help_episodes",
    "events",
    "flags",
    "information_requests",
    "issuer_keys",
    "job_runs",
    "leads",
    "metadata",
    "missing_episodes",
    "people",
    "police_notifications",
    "pregnancies",
    "referrals",
    "section_47_enquiries",
    "strategy_meetings",
    "transfers",
]

metadata: MetaData = SQLModel.metadata
