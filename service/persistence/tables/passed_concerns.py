"""Passed concerns: new concerns about open children, for who holds the case to read."""

from sqlalchemy import Index

from service.domain.passed_concerns import PassedConcern
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

PassedConcernRow = table_for(
    PassedConcern,
    "passed_concern",
    Index("ux_passed_concern_decision", "decision_id", unique=True),
    Index("ix_passed_concern_contact", "contact_id"),
    Index("ix_passed_concern_child", "child_id"),
    Index("ix_passed_concern_person", "person_id"),
    Index("ix_passed_concern_passed", "passed_at", "id"),
    partial_index("ix_passed_concern_waiting", "person_id", where="state = 'waiting'"),
    points_to={
        "decision_id": "decision.id",
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "referral_id": "referral.id",
        "early_help_episode_id": "early_help_episode.id",
        "passed_by": "account.id",
        "answered_by": "account.id",
    },
)
