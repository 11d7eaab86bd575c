"""Single assessments, and every version of each that was answered."""

from sqlalchemy import Index

from service.domain.assessments import Assessment, AssessmentStep, Completion
from service.persistence.columns import partial_index
from service.persistence.documents import Typed
from service.persistence.record_tables import table_for

AssessmentRow = table_for(
    Assessment,
    "assessment",
    Index("ux_assessment_reference", "reference", unique=True),
    Index("ix_assessment_contact", "contact_id"),
    Index("ix_assessment_begun", "begun_at", "id"),
    Index("ix_assessment_referral", "referral_id"),
    partial_index("ux_assessment_open", "referral_id", where="ended_at IS NULL", unique=True),
    points_to={
        "referral_id": "referral.id",
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "begun_by": "account.id",
        "completed_by": "account.id",
        "answered_by": "account.id",
    },
)


AssessmentStepRow = table_for(
    AssessmentStep,
    "assessment_step",
    Index("ix_assessment_step_assessment", "assessment_id", "id"),
    types={"content": Typed(Completion, empty=True)},
    points_to={
        "assessment_id": "assessment.id",
        "by": "account.id",
    },
)
