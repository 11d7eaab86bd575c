"""What was learnt of unborn children, step by step."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept


class PregnancyStepRow(SQLModel, table=True):
    """One thing learnt of an unborn child. Append-only."""

    __tablename__ = "pregnancy_step"
    __table_args__ = (Index("ix_pregnancy_step_person", "person_id", "id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    person_id: UUID = kept("The child.", foreign_key="person.id")
    contact_id: UUID | None = kept(
        "The contact that told of it, or that is open.", foreign_key="contact.id"
    )
    action: str = kept("change_expected_delivery, record_birth, end_pregnancy, correct.")
    at: datetime = kept("When it was recorded.", type_=INSTANT)
    by: UUID = kept("Who.", foreign_key="account.id")
    happened_on: date | None = kept(
        "Day of the birth or of the end, London.", Sensitivity.sensitive
    )
    expected_before_on: date | None = kept("Expected date before.", Sensitivity.personal)
    expected_after_on: date | None = kept("Expected date after.", Sensitivity.personal)
    words: str | None = kept("Why, in words.", Sensitivity.sensitive)
