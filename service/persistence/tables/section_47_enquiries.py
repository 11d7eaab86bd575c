"""Section 47 enquiries with their conferences, and every step of each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept, partial_index


class Section47EnquiryRow(SQLModel, table=True):
    """A child protection enquiry about one child."""

    __tablename__ = "section_47_enquiry"
    __table_args__ = (
        Index("ux_section_47_enquiry_reference", "reference", unique=True),
        Index("ix_section_47_enquiry_contact", "contact_id"),
        Index("ix_section_47_enquiry_referral", "referral_id"),
        Index("ix_section_47_enquiry_opened", "opened_at", "id"),
        Index("ix_section_47_enquiry_conference", "conference_held_at", "id"),
        partial_index(
            "ux_section_47_enquiry_open", "person_id", where="ended_at IS NULL", unique=True
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    meeting_id: UUID = kept(
        "The strategy meeting that began it last.", foreign_key="strategy_meeting.id"
    )
    referral_id: UUID = kept("Social care's case.", foreign_key="referral.id")
    assessment_id: UUID = kept("Its single assessment.", foreign_key="assessment.id")
    contact_id: UUID = kept("The contact behind that case.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    kind: str = kept("single_agency or joint.", Sensitivity.sensitive)
    state: str = kept("under_way, awaiting_conference, ended.")
    opened_at: datetime = kept("When it was first opened.", type_=INSTANT)
    began_at: datetime = kept(
        "When the meeting that began it was held: its clocks start here.", type_=INSTANT
    )
    seen_at: datetime | None = kept("When the child was first seen.", type_=INSTANT)
    seen_by: str | None = kept("Who saw the child.", Sensitivity.personal)
    seen_alone: bool | None = kept("Whether the child was spoken to alone.", Sensitivity.sensitive)
    not_alone_because: str | None = kept("Why not alone.", Sensitivity.sensitive)
    not_seen_because: str | None = kept("Why not seen, last recorded.", Sensitivity.sensitive)
    outcome: str | None = kept("What it found.", Sensitivity.sensitive)
    outcome_words: str | None = kept("The same in words.", Sensitivity.sensitive)
    outcome_at: datetime | None = kept("When it was found.", type_=INSTANT)
    outcome_by: UUID | None = kept("Who recorded it.", foreign_key="account.id")
    conference_held_at: datetime | None = kept(
        "When the initial child protection conference was held.", type_=INSTANT
    )
    conference_outcome: str | None = kept("What it decided.", Sensitivity.sensitive)
    category_of_abuse_code: str | None = kept(
        "Category of abuse of the plan.", Sensitivity.sensitive
    )
    conference_words: str | None = kept("Why, in words.", Sensitivity.sensitive)
    ended_at: datetime | None = kept("When it ended.", type_=INSTANT)
    version: int = kept("Grows with each change; the ETag.")


class EnquiryStepRow(SQLModel, table=True):
    """One thing that happened in an enquiry. Append-only."""

    __tablename__ = "section_47_enquiry_step"
    __table_args__ = (Index("ix_section_47_enquiry_step_enquiry", "enquiry_id", "id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    enquiry_id: UUID = kept("The enquiry.", foreign_key="section_47_enquiry.id")
    action: str = kept("What was done.")
    state: str = kept("The state that it led to.")
    at: datetime = kept("When it was recorded.", type_=INSTANT)
    by: UUID = kept("Who.", foreign_key="account.id")
    happened_at: datetime = kept("When it happened.", type_=INSTANT)
    seen_by: str | None = kept("Who saw the child.", Sensitivity.personal)
    meeting_id: UUID | None = kept(
        "The strategy meeting behind it.", foreign_key="strategy_meeting.id"
    )
    code: str | None = kept("What came of it, coded.", Sensitivity.sensitive)
    words: str | None = kept("In their own words.", Sensitivity.sensitive)
