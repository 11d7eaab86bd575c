"""Breaches and warnings."""

from sqlalchemy import Index, SmallInteger

from service.domain.flags import Flag
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

FlagRow = table_for(
    Flag,
    "flag",
    Index("ux_flag_once", "deadline_id", "severity", "due_at", unique=True),
    Index("ix_flag_contact", "contact_id"),
    partial_index("ix_flag_open", "due_at", "id", where="cleared_at IS NULL"),
    partial_index(
        "ix_flag_to_escalate",
        "escalate_at",
        "id",
        where="cleared_at IS NULL AND acknowledged_at IS NULL AND escalate_at IS NOT NULL",
    ),
    points_to={
        "deadline_id": "deadline.id",
        "contact_id": "contact.id",
        "acknowledged_by": "account.id",
    },
    types={"escalation_level": SmallInteger, "rank": SmallInteger},
    server_defaults={"rank": "2"},
)
