"""Running instances of timescales."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, kept, partial_index


class DeadlineRow(SQLModel, table=True):
    """A clock is a row."""

    __tablename__ = "deadline"
    __table_args__ = (
        partial_index(
            "ux_deadline_running",
            "contact_id",
            "subject_id",
            "kind",
            unique=True,
            where="stopped_at IS NULL",
        ),
        Index("ix_deadline_contact", "contact_id"),
        partial_index(
            "ix_deadline_to_breach",
            "due_at",
            "id",
            where="stopped_at IS NULL AND breached_at IS NULL",
        ),
        partial_index(
            "ix_deadline_to_warn",
            "warn_at",
            "id",
            where="stopped_at IS NULL AND warned_at IS NULL AND warn_at IS NOT NULL",
        ),
        partial_index(
            "ix_deadline_soonest",
            "subject_kind",
            "due_at",
            "subject_id",
            where="stopped_at IS NULL",
        ),
        partial_index(
            "ix_deadline_of_strategy_meeting",
            "subject_id",
            where="stopped_at IS NULL AND kind = 'strategy_meeting'",
        ),
        partial_index(
            "ix_deadline_of_challenge",
            "due_at",
            "id",
            where="stopped_at IS NULL AND subject_kind = 'challenge'",
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    kind: str = kept("The timescale, by its name in the policy.")
    variant: str | None = kept("The rating it was started with, where the limit depends on it.")
    subject_kind: str = kept("What it runs on.")
    subject_id: UUID = kept("Which one.")
    contact_id: UUID = kept("The contact behind it.", foreign_key="contact.id")
    owner_role: str = kept("The role that must act.")
    started_at: datetime = kept("When the clock started.", type_=INSTANT)
    due_at: datetime = kept("The limit.", type_=INSTANT)
    warn_at: datetime | None = kept("When a warning is raised.", type_=INSTANT)
    warned_at: datetime | None = kept("When the warning was raised.", type_=INSTANT)
    breached_at: datetime | None = kept("When the breach was raised.", type_=INSTANT)
    stopped_at: datetime | None = kept("When the clock stopped.", type_=INSTANT)
    stopped_because: str | None = kept("What stopped it.")
    happened_at: datetime | None = kept(
        "When that happened, where it was recorded later than it happened.", type_=INSTANT
    )
    policy_version: str = kept("Version of the policy it was computed by.")
    explanation: dict[str, object] = kept("The sum: rule, days skipped, due.", type_=DOCUMENT)
