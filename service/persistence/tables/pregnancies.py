"""What was learnt of unborn children, step by step."""

from sqlalchemy import Index

from service.domain.pregnancies import PregnancyStep
from service.persistence.record_tables import table_for

PregnancyStepRow = table_for(
    PregnancyStep,
    "pregnancy_step",
    Index("ix_pregnancy_step_person", "person_id", "id"),
    points_to={
        "person_id": "person.id",
        "contact_id": "contact.id",
        "by": "account.id",
    },
)
