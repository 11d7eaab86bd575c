"""Who on file may be a child told of, and what was answered."""

from sqlalchemy import Index

from service.domain.possible_matches import PossibleMatch
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

PossibleMatchRow = table_for(
    PossibleMatch,
    "possible_match",
    partial_index(
        "ux_possible_match",
        "child_id",
        "person_id",
        where="superseded_at IS NULL",
        unique=True,
    ),
    Index("ix_possible_match_contact", "contact_id"),
    Index("ix_possible_match_own_person", "own_person_id", "person_id"),
    Index("ix_possible_match_person", "person_id"),
    partial_index(
        "ix_possible_match_open",
        "found_at",
        "id",
        where="answered_at IS NULL AND superseded_at IS NULL",
    ),
    points_to={
        "contact_id": "contact.id",
        "own_person_id": "person.id",
        "person_id": "person.id",
        "answered_by": "account.id",
    },
)
