"""Attempts at a return home interview are steps; a section 47 referral waits for a worker that day.

Nothing of a table changes. The release before knows neither the step nor the clock.
"""

import sqlalchemy as sa
from alembic import op

from service.persistence.schema_steps import CannotGoBack

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
oldest_reader = "0024"

_CLOCK = "kind = 'section_47_allocation'"


def upgrade() -> None:
    """Goes to this step: what the step before wrote is read as it stands."""


def downgrade() -> None:
    """Goes back from this step; the clocks that came with it go. Raises CannotGoBack."""
    if op.get_bind().dialect.name != "sqlite":
        # Nobody records an attempt between this look and the end of this step.
        op.execute("LOCK TABLE missing_episode_step IN ACCESS EXCLUSIVE MODE")
    kept = sa.text("SELECT 1 FROM missing_episode_step WHERE action = 'attempt_interview' LIMIT 1")
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds attempts at return home interviews, which schema step 0023 cannot "
            "hold. Nothing was changed. To go back, restore the backup made before the upgrade."
        )
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE {_CLOCK}")  # noqa: S608 - names of our own
