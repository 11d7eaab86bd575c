"""Professional disagreements, and every move of each."""

from sqlalchemy import CheckConstraint, Index

from service.domain.challenges import Challenge, ChallengeStep
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

ChallengeRow = table_for(
    Challenge,
    "challenge",
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
    points_to={
        "decision_id": "decision.id",
        "transfer_id": "transfer.id",
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "raised_by": "account.id",
        "changed_to_decision_id": "decision.id",
    },
)


ChallengeStepRow = table_for(
    ChallengeStep,
    "challenge_step",
    Index("ix_challenge_step_challenge", "challenge_id", "id"),
    points_to={
        "challenge_id": "challenge.id",
        "by": "account.id",
    },
)
