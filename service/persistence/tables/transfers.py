"""Step-ups and step-downs, and every move of each."""

from sqlalchemy import CheckConstraint, Index

from service.domain.transfers import Transfer, TransferStep
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

TransferRow = table_for(
    Transfer,
    "transfer",
    CheckConstraint(
        "(direction = 'step_up' AND early_help_episode_id IS NOT NULL)"
        " OR (direction = 'step_down' AND referral_id IS NOT NULL)",
        name="ck_transfer_sender",
    ),
    Index("ux_transfer_reference", "reference", unique=True),
    Index("ix_transfer_contact", "contact_id"),
    Index("ix_transfer_requested", "requested_at", "id"),
    Index("ix_transfer_answered", "answered_at"),
    # Asking twice finds the open one; a race to ask has one winner.
    partial_index(
        "ux_transfer_open", "person_id", "direction", where="ended_at IS NULL", unique=True
    ),
    partial_index("ix_transfer_open_referral", "referral_id", where="ended_at IS NULL"),
    partial_index(
        "ix_transfer_open_early_help_episode",
        "early_help_episode_id",
        where="ended_at IS NULL",
    ),
    partial_index(
        "ix_transfer_owing_meeting",
        "person_id",
        where="meeting_owed_since IS NOT NULL AND meeting_settled_at IS NULL",
    ),
    points_to={
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "referral_id": "referral.id",
        "early_help_episode_id": "early_help_episode.id",
        "receiver_worker_id": "account.id",
        "requested_by": "account.id",
        "answered_by": "account.id",
    },
)


TransferStepRow = table_for(
    TransferStep,
    "transfer_step",
    Index("ix_transfer_step_transfer", "transfer_id", "id"),
    points_to={
        "transfer_id": "transfer.id",
        "by": "account.id",
    },
)
