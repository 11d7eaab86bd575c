"""A step-up for disclosed harm owes a strategy meeting, and a challenge of its refusal an answer.

Nothing of a table changes. The release before does not know the clocks.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
oldest_reader = "0025"

_CLOCKS = "kind IN ('step_up_strategy_meeting', 'challenge_of_harm')"


def upgrade() -> None:
    """Goes to this step: what the step before wrote is read as it stands."""


def downgrade() -> None:
    """Goes back from this step; the clocks that came with it go."""
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE {_CLOCKS}")  # noqa: S608 - names of our own
