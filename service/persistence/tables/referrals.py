"""What children's social care holds."""

from uuid import UUID

from sqlalchemy import Index

from service.domain.referrals import Referral
from service.persistence.columns import (
    brought_by,
    open_person,
    partial_index,
)
from service.persistence.record_tables import table_for

ReferralRow = table_for(
    Referral,
    "referral",
    Index("ux_referral_reference", "reference", unique=True),
    partial_index("ux_referral_decision", "decision_id", where="transfer_id IS NULL", unique=True),
    Index("ux_referral_open", "id", "open_person_id", unique=True),
    Index("ux_referral_open_person", "open_person_id", unique=True),
    Index("ix_referral_contact", "contact_id"),
    Index("ix_referral_person", "person_id"),
    Index("ix_referral_accepted", "accepted_at", "id"),
    partial_index(
        "ix_referral_unallocated", "id", where="allocated_at IS NULL AND closed_at IS NULL"
    ),
    partial_index(
        "ix_referral_open_worker",
        "worker_id",
        where="worker_id IS NOT NULL AND closed_at IS NULL",
    ),
    points_to={
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "decision_id": "decision.id",
        "transfer_id": brought_by("referral"),
        "worker_id": "account.id",
        "previous_referral_id": "referral.id",
        "closed_by": "account.id",
    },
    of_its_own={"open_person_id": (UUID | None, open_person("referral"))},
)
