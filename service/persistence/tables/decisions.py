"""Threshold decisions, as drafted and as answered."""

from sqlalchemy import Index, SmallInteger

from service.domain.concerns import ConcernCounts
from service.domain.decisions import Decision
from service.persistence.columns import partial_index
from service.persistence.documents import Typed
from service.persistence.record_tables import table_for

DecisionRow = table_for(
    Decision,
    "decision",
    Index("ix_decision_contact", "contact_id"),
    Index("ix_decision_child", "child_id"),
    partial_index("ix_decision_joined", "joined_case_id", where="joined_case_id IS NOT NULL"),
    partial_index(
        "ix_decision_waiting", "id", where="answered_at IS NULL AND superseded_at IS NULL"
    ),
    partial_index("ix_decision_returned", "drafted_by", where="state = 'returned'"),
    partial_index(
        "ux_decision_waiting_child",
        "child_id",
        unique=True,
        where="answered_at IS NULL AND superseded_at IS NULL",
    ),
    partial_index(
        "ux_decision_standing_child",
        "child_id",
        unique=True,
        where="superseded_at IS NULL AND state = 'signed'",
    ),
    points_to={
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "supersedes_id": "decision.id",
        "drafted_by": "account.id",
        "answered_by": "account.id",
        "withdrawn_by": "account.id",
        "whole_read_by": "account.id",
    },
    types={
        "level_of_need": SmallInteger,
        "nth_contact": SmallInteger,
        "nth_within_months": SmallInteger,
        "repeat_concern": Typed(ConcernCounts, empty=True),
    },
    server_defaults={"repeat_concern": "{}"},
)
