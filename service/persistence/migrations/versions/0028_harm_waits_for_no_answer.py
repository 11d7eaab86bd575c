"""A step-up for disclosed harm owes a strategy meeting, and a challenge of its refusal an answer.

One that was asked for before owes none by itself: its clocks are those that it was asked under.
"""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
oldest_reader = "0028"

_TRANSFER = "transfer"
_COLUMNS = {
    "meeting_owed_since": "Since when a strategy meeting is owed, because harm was disclosed.",
    "meeting_settled_at": "When that was recorded, found not to be needed, or taken on by a "
    "referral.",
    "meeting_held_at": "When the strategy discussion was held, when it was.",
}
_CLOCKS = "kind IN ('step_up_strategy_meeting', 'challenge_of_harm')"


def upgrade() -> None:
    """Goes to this step."""
    for name, comment in _COLUMNS.items():
        op.add_column(_TRANSFER, sa.Column(name, INSTANT, nullable=True, comment=comment))
    owing = sa.text("meeting_owed_since IS NOT NULL AND meeting_settled_at IS NULL")
    op.create_index(
        "ix_transfer_owing_meeting",
        _TRANSFER,
        ["person_id"],
        postgresql_where=owing,
        sqlite_where=owing,
    )


def downgrade() -> None:
    """Goes back from this step; the clocks that came with it go."""
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE {_CLOCKS}")  # noqa: S608 - names of our own
    op.drop_index("ix_transfer_owing_meeting", _TRANSFER)
    for name in reversed(_COLUMNS):
        op.execute(f"ALTER TABLE {_TRANSFER} DROP COLUMN {name}")
