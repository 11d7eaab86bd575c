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
    missing_episodes,
    multi_agency_referrals,
    people,
    police_notifications,
    pregnancies,
    referrals,
    section_47_enquiries,
    strategy_meetings,
    transfers,
    upkeep,
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
    "metadata",
    "missing_episodes",
    "multi_agency_referrals",
    "people",
    "police_notifications",
    "pregnancies",
    "referrals",
    "section_47_enquiries",
    "strategy_meetings",
    "transfers",
    "upkeep",
]

metadata: MetaData = SQLModel.metadata
