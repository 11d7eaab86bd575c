"""Step-ups and step-downs, and every move of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class TransferRow(SQLModel, table=True):
    """The passing of one child between early help and social care."""

    __tablename__ = "transfer"
    __table_args__ = (
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
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    direction: str = kept("step_up or step_down.")
    asked_by: str = kept("sender (who hands over) or receiver (who asks for the case).")
    contact_id: UUID = kept("The contact it all began with.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    referral_id: UUID | None = kept(
        "Social care's case: the sender's, or the receiver's once accepted.",
        foreign_key="referral.id",
    )
    early_help_episode_id: UUID | None = kept(
        "Early help's case: the sender's, or the receiver's once accepted.",
        foreign_key="early_help_episode.id",
    )
    state: str = kept("Where it stands.")
    reason_code: str = kept("Why it was asked for, coded by the policy.")
    evidence: str = kept("The evidence against the threshold, in words.", Sensitivity.sensitive)
    sender_team_id: str = kept("The team that held the child when it was asked.")
    receiver_team_id: str = kept("The team that is to hold the child.")
    receiver_worker_id: UUID | None = kept(
        "The named receiving practitioner.", foreign_key="account.id"
    )
    statutory_basis: str | None = kept(
        "section_17 or section_47, for a step-up.", Sensitivity.sensitive
    )
    plan: list[Any] = kept(
        "The step-down plan: outcomes, actions, who, by when.",
        Sensitivity.sensitive,
        type_=DOCUMENT,
    )
    family_agreement: str = kept("Whether the family agrees to early help.")
    requested_at: datetime = kept("When it was asked for.", type_=INSTANT)
    requested_by: UUID = kept("Who asked.", foreign_key="account.id")
    opened_at: datetime | None = kept("When the other side first saw it.", type_=INSTANT)
    answered_at: datetime | None = kept("When it was last accepted or refused.", type_=INSTANT)
    answered_by: UUID | None = kept("Who accepted or refused it.", foreign_key="account.id")
    refusal_code: str | None = kept("Why it was refused, coded by the policy.")
    refusal_agreed_at: datetime | None = kept(
        "When who asked agreed to the refusal.", type_=INSTANT
    )
    accepted_at: datetime | None = kept(
        "When it was accepted: responsibility moves at this instant.", type_=INSTANT
    )
    family_agreed_at: datetime | None = kept("When the family agreed.", type_=INSTANT)
    first_visit_at: datetime | None = kept("When early help first visited.", type_=INSTANT)
    returned_at: datetime | None = kept("When it last went back to the sender.", type_=INSTANT)
    completed_at: datetime | None = kept("When it was complete.", type_=INSTANT)
    ended_at: datetime | None = kept("When it ended, in whichever way.", type_=INSTANT)
    version: int = kept("Grows with each change; the ETag.")


class TransferStepRow(SQLModel, table=True):
    """One move of a transfer. Append-only."""

    __tablename__ = "transfer_step"
    __table_args__ = (Index("ix_transfer_step_transfer", "transfer_id", "id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    transfer_id: UUID = kept("The transfer.", foreign_key="transfer.id")
    action: str = kept("What was done.")
    state: str = kept("The state that it led to.")
    at: datetime = kept("When.", type_=INSTANT)
    by: UUID | None = kept("Who; empty when the service itself.", foreign_key="account.id")
    code: str | None = kept("A coded reason, or the family's agreement.")
    words: str | None = kept("In their own words.", Sensitivity.sensitive)
