"""Breaches and warnings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept, partial_index


class FlagRow(SQLModel, table=True):
    """A passed or coming limit that somebody must see."""

    __tablename__ = "flag"
    __table_args__ = (
        Index("ux_flag_once", "deadline_id", "severity", "due_at", unique=True),
        Index("ix_flag_contact", "contact_id"),
        partial_index("ix_flag_open", "due_at", "id", where="cleared_at IS NULL"),
        partial_index(
            "ix_flag_to_escalate",
            "escalate_at",
            "id",
            where="cleared_at IS NULL AND acknowledged_at IS NULL AND escalate_at IS NOT NULL",
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    deadline_id: UUID = kept("The deadline behind it.", foreign_key="deadline.id")
    kind: str = kept("The timescale, by its name in the policy.")
    severity: str = kept("warning or breach.")
    subject_kind: str = kept("What it is about.")
    subject_id: UUID = kept("Which one.")
    contact_id: UUID = kept("The contact behind it.", foreign_key="contact.id")
    owner_role: str = kept("The role that must act.")
    due_at: datetime = kept("The limit.", type_=INSTANT)
    raised_at: datetime = kept("When raised.", type_=INSTANT)
    policy_version: str = kept("Version of the policy.")
    acknowledged_at: datetime | None = kept("When somebody took it on.", type_=INSTANT)
    acknowledged_by: UUID | None = kept("Who.", foreign_key="account.id")
    acknowledgement: str | None = kept("What they will do.", Sensitivity.sensitive)
    escalation_level: int = kept("How often it was escalated.", type_=SmallInteger)
    escalated_to: str | None = kept("The role it was escalated to.")
    escalated_at: datetime | None = kept("When.", type_=INSTANT)
    escalate_at: datetime | None = kept(
        "When it will be escalated next, unless acknowledged.", type_=INSTANT
    )
    cleared_at: datetime | None = kept("When the fact cleared.", type_=INSTANT)
    cleared_because: str | None = kept("What cleared it.")
    version: int = kept("Grows with each change; the ETag.")
