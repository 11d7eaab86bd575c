"""Section 47 enquiries with their conferences, and every step of each."""

from sqlalchemy import Index

from service.domain.section_47_enquiries import EnquiryStep, Section47Enquiry
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

Section47EnquiryRow = table_for(
    Section47Enquiry,
    "section_47_enquiry",
    Index("ux_section_47_enquiry_reference", "reference", unique=True),
    Index("ix_section_47_enquiry_contact", "contact_id"),
    Index("ix_section_47_enquiry_referral", "referral_id"),
    Index("ix_section_47_enquiry_opened", "opened_at", "id"),
    Index("ix_section_47_enquiry_conference", "conference_held_at", "id"),
    partial_index("ux_section_47_enquiry_open", "person_id", where="ended_at IS NULL", unique=True),
    points_to={
        "meeting_id": "strategy_meeting.id",
        "referral_id": "referral.id",
        "assessment_id": "assessment.id",
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "outcome_by": "account.id",
        "no_conference_proposed_by": "account.id",
        "no_conference_agreed_by": "account.id",
    },
)


EnquiryStepRow = table_for(
    EnquiryStep,
    "section_47_enquiry_step",
    Index("ix_section_47_enquiry_step_enquiry", "enquiry_id", "id"),
    points_to={
        "enquiry_id": "section_47_enquiry.id",
        "by": "account.id",
        "meeting_id": "strategy_meeting.id",
    },
)
