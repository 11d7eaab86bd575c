"""What early help holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlmodel import SQLModel

from service.persistence.columns import (
    INSTANT,
    Sensitivity,
    brought_by,
    kept,
    open_person,
    partial_index,
)


class EarlyHelpEpisodeRow(SQLModel, table=True):
    """A child open to early help."""

    __tablename__ = "early_help_episode"
    __table_args__ = (
        Index("ux_early_help_episode_reference", "reference", unique=True),
        partial_index(
            "ux_early_help_episode_decision",
            "decision_id",
            where="transfer_id IS NULL",
            unique=True,
        ),
        Index("ux_early_help_episode_open", "id", "open_person_id", unique=True),
        Index("ux_early_help_episode_open_person", "open_person_id", unique=True),
        Index("ix_early_help_episode_contact", "contact_id"),
        Index("ix_early_help_episode_person", "person_id"),
        Index("ix_early_help_episode_accepted", "accepted_at", "id"),
        partial_index(
            "ix_early_help_episode_unallocated",
            "id",
            where="allocated_at IS NULL AND closed_at IS NULL",
        ),
        partial_index(
            "ix_early_help_episode_open_worker",
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
    transfer_id: UUID | None = brought_by("early_help_episode")
    level_of_need: int = kept(
        "2 additional or 3 targeted.", Sensitivity.sensitive, type_=SmallInteger
    )
    source_code: str = kept("Referral source code.")
    state: str = kept("awaiting_allocation, allocated, closed.")
    accepted_at: datetime = kept(
        "When the decision was signed: the clock starts here.", type_=INSTANT
    )
    team_id: str = kept("The one accountable team.")
    worker_id: UUID | None = kept("Account of the worker.", foreign_key="account.id")
    allocated_at: datetime | None = kept("When first allocated to a worker.", type_=INSTANT)
    closed_at: datetime | None = kept("When closed.", type_=INSTANT)
    closed_by: UUID | None = kept("Who closed it.", foreign_key="account.id")
    closure_code: str | None = kept("Why it closed, coded.", Sensitivity.sensitive)
    closure_reason: str | None = kept("Why it closed, in words.", Sensitivity.sensitive)
    version: int = kept("Grows with each change; the ETag.")
    open_person_id: UUID | None = open_person("early_help_episode")
