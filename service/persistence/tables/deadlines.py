"""Running instances of timescales."""

from sqlalchemy import Index

from service.domain.deadlines import Deadline
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

DeadlineRow = table_for(
    Deadline,
    "deadline",
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
    points_to={
        "contact_id": "contact.id",
    },
)
