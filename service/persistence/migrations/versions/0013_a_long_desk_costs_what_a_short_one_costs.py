"""Indexes by which the first lines of a queue are found, however many wait behind them."""

from typing import Final, NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
oldest_reader = "0007"


class _Index(NamedTuple):
    name: str
    table: str
    columns: list[str]
    where: str


_INDEXES: Final = (
    _Index(
        "ix_contact_open_narrowed",
        "contact",
        ["rating", "source_code", "town", "assignee_id", "id"],
        "decided_at IS NULL",
    ),
    _Index(
        "ix_deadline_soonest",
        "deadline",
        ["subject_kind", "due_at", "subject_id"],
        "stopped_at IS NULL",
    ),
    _Index(
        "ix_deadline_of_strategy_meeting",
        "deadline",
        ["subject_id"],
        "stopped_at IS NULL AND kind = 'strategy_meeting'",
    ),
    _Index("ix_decision_returned", "decision", ["drafted_by"], "state = 'returned'"),
)


def upgrade() -> None:
    """Goes to this step."""
    for index in _INDEXES:
        where = sa.text(index.where)
        op.create_index(
            index.name, index.table, index.columns, postgresql_where=where, sqlite_where=where
        )


def downgrade() -> None:
    """Goes back."""
    for index in reversed(_INDEXES):
        op.drop_index(index.name, table_name=index.table)
