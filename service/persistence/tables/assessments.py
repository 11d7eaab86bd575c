"""Single assessments, and every version of each that was answered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class AssessmentRow(SQLModel, table=True):
    """The child and family assessment of one child in one referral."""

    __tablename__ = "assessment"
    __table_args__ = (
        Index("ux_assessment_reference", "reference", unique=True),
        Index("ix_assessment_contact", "contact_id"),
        Index("ix_assessment_begun", "begun_at", "id"),
        Index("ix_assessment_referral", "referral_id"),
        partial_index("ux_assessment_open", "referral_id", where="ended_at IS NULL", unique=True),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    referral_id: UUID = kept("Social care's case.", foreign_key="referral.id")
    contact_id: UUID = kept("The contact behind that case.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    state: str = kept("under_way, awaiting_authorisation, authorised, ended_unfinished.")
    begun_at: datetime = kept("When it was begun.", type_=INSTANT)
    begun_by: UUID = kept("Who began it.", foreign_key="account.id")
    factors: list[str] = kept(
        "Factors at assessment, codes of the census.", Sensitivity.sensitive, type_=DOCUMENT
    )
    tools: list[Any] = kept("Tools used, with their scores.", Sensitivity.sensitive, type_=DOCUMENT)
    childs_view: str | None = kept("What the child says.", Sensitivity.sensitive)
    analysis: str | None = kept("The assessment in words.", Sensitivity.sensitive)
    outcome: str | None = kept("What follows.", Sensitivity.sensitive)
    closure_code: str | None = kept("How the referral is to close.", Sensitivity.sensitive)
    completed_at: datetime | None = kept("When last completed.", type_=INSTANT)
    completed_by: UUID | None = kept("Who completed it.", foreign_key="account.id")
    answered_at: datetime | None = kept("When last authorised or sent back.", type_=INSTANT)
    answered_by: UUID | None = kept("The manager who did.", foreign_key="account.id")
    answer_words: str | None = kept("The manager's own words.", Sensitivity.sensitive)
    ended_at: datetime | None = kept("When authorised, or ended unfinished.", type_=INSTANT)
    version: int = kept("Grows with each change; the ETag.")


class AssessmentStepRow(SQLModel, table=True):
    """One move of an assessment. Append-only."""

    __tablename__ = "assessment_step"
    __table_args__ = (Index("ix_assessment_step_assessment", "assessment_id", "id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    assessment_id: UUID = kept("The assessment.", foreign_key="assessment.id")
    action: str = kept("What was done.")
    state: str = kept("The state that it led to.")
    at: datetime = kept("When.", type_=INSTANT)
    by: UUID = kept("Who.", foreign_key="account.id")
    words: str | None = kept("In their own words.", Sensitivity.sensitive)
    content: dict[str, object] = kept(
        "The assessment as it was completed then.", Sensitivity.sensitive, type_=DOCUMENT
    )
