"""Where a flag stands in the list: by danger before all else.

What was flagged before is placed too: danger, and a breach on a clock of which danger was flagged.
The release before goes on writing flags; the worker of this one places those of danger itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
oldest_reader = "0030"

_OF_DANGER = """
    UPDATE flag SET rank = 1
    WHERE severity = 'danger' OR (
        severity = 'breach' AND EXISTS (
            SELECT 1 FROM flag AS told
            WHERE told.deadline_id = flag.deadline_id AND told.severity = 'danger'
        )
    )
"""


def upgrade() -> None:
    """Goes to this step."""
    op.add_column(
        "flag",
        sa.Column(
            "rank",
            sa.SmallInteger(),
            nullable=False,
            server_default="2",
            comment="Where it stands in the list: 1 by danger, 2 by its limit alone.",
        ),
    )
    op.execute(_OF_DANGER)


def downgrade() -> None:
    """Comes back from this step."""
    op.execute("ALTER TABLE flag DROP COLUMN rank")
