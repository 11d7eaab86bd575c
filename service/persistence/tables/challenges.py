"""Professional disagreements, and every move of each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept, partial_index


class ChallengeRow(SQLModel, table=True):
    """A disagreement with a signed decision or with a refused transfer."""

    __tablename__ = "challenge"
    __table_args__ = (
        CheckConstraint(
            "(thing = 'decision' AND decision_id IS NOT NULL AND transfer_id IS NULL)"
            " OR (thing = 'refusal' AND transfer_id IS NOT NULL AND decision_id IS NULL)",
            name="ck_challenge_thing",
        ),
        Index("ux_challenge_reference", "reference", unique=True),
        Index("ix_challenge_contact", "contact_id"),
        Index("ix_challenge_decision", "decision_id"),
        Index("ix_challenge_transfer", "transfer_id"),
        Index("ix_challenge_raised", "raised_at", "id"),
        partial_index(
            "ux_challenge_open_decision",
            "decision_id",
            where="ended_at IS NULL AND decision_id IS NOT NULL",
            unique=True,
        ),
        partial_index(
            "ux_challenge_open_transfer",
            "transfer_id",
            where="ended_at IS NULL AND transfer_id IS NOT NULL",
            unique=True,
        ),
        partial_index("ix_challenge_open_person", "person_id", where="ended_at IS NULL"),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    thing: str = kept("decision or refusal.")
    decision_id: UUID | None = kept("The decision challenged.", foreign_key="decision.id")
    transfer_id: UUID | None = kept(
        "The transfer whose refusal is challenged.", foreign_key="transfer.id"
    )
    contact_id: UUID = kept("The contact behind it.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    state: str = kept("raised, agreed, upheld, awaiting_change, ended.")
    stage: int = kept("The stage it is at, from 1.")
    answering_role: str = kept("The role that answers at this stage.")
    raised_at: datetime = kept("When it was raised.", type_=INSTANT)
    raised_by: UUID = kept("Who raised it.", foreign_key="account.id")
    raised_by_organisation_id: str | None = kept("The partner agency that raised it, if one did.")
    challenger_role: str = kept("The manager of the side that raised it, or partner_system.")
    stage_began_at: datetime = kept("When this stage began.", type_=INSTANT)
    outcome: str | None = kept("agreed, upheld, changed, withdrawn, overtaken.")
    changed_to_decision_id: UUID | None = kept(
        "The new decision that it led to.", foreign_key="decision.id"
    )
    ended_at: datetime | None = kept("When it ended.", type_=INSTANT)
    version: int = kept("Grows with each change; the ETag.")


class ChallengeStepRow(SQLModel, table=True):
    """One move of a challenge. Append-only."""

    __tablename__ = "challenge_step"
    __table_args__ = (Index("ix_challenge_step_challenge", "challenge_id", "id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    challenge_id: UUID = kept("The challenge.", foreign_key="challenge.id")
    action: str = kept("What was done.")
    state: str = kept("The state that it led to.")
    stage: int = kept("The stage it was done at.")
    at: datetime = kept("When.", type_=INSTANT)
    by: UUID | None = kept("Who; empty when the service itself.", foreign_key="account.id")
    organisation_id: str | None = kept("The partner agency, if one did it.")
    words: str | None = kept("In their own words.", Sensitivity.sensitive)
