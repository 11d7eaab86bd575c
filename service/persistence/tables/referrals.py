"""What children's social care holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import (
    INSTANT,
    Sensitivity,
    brought_by,
    kept,
    open_person,
    partial_index,
)


class ReferralRow(SQLModel, table=True):
    """A child open to children's social care."""

    __tablename__ = "referral"
    __table_args__ = (
        Index("ux_referral_reference", "reference", unique=True),
        partial_index(
            "ux_referral_decision", "decision_id", where="transfer_id IS NULL", unique=True
        ),
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
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    contact_id: UUID = kept("The contact it came from.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    decision_id: UUID = kept("The signed decision it rests on.", foreign_key="decision.id")
    transfer_id: UUID | None = brought_by("referral")
    statutory_basis: str = kept("section_17 or section_47.", Sensitivity.sensitive)
    source_code: str = kept("Referral source code.")
    state: str = kept("awaiting_allocation, allocated, handing_over, closed.")
    accepted_at: datetime = kept(
        "When the decision was signed: the clock starts here.", type_=INSTANT
    )
    team_id: str = kept("The one accountable team.")
    worker_id: UUID | None = kept("Account of the worker.", foreign_key="account.id")
    allocated_at: datetime | None = kept("When first allocated to a worker.", type_=INSTANT)
    previous_referral_id: UUID | None = kept(
        "The referral before this one.", foreign_key="referral.id"
    )
    re_referral: bool = kept("Whether it came within the policy's months of the one before.")
    last_known_team_id: str | None = kept("Team that last held the child, for reporting.")
    closed_at: datetime | None = kept("When closed.", type_=INSTANT)
    closed_by: UUID | None = kept("Who closed it.", foreign_key="account.id")
    closure_code: str | None = kept("Why it closed, coded.", Sensitivity.sensitive)
    closure_reason: str | None = kept("Why it closed, in words.", Sensitivity.sensitive)
    version: int = kept("Grows with each change; the ETag.")
    open_person_id: UUID | None = open_person("referral")
