"""A police notification is recorded without a discussion: by which edition of the policy."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0028"
branch_labels = None
depends_on = None
# Whoever does not know of it reads a signed decision without further action, which it is.
oldest_reader = "0026"


def upgrade() -> None:
    """Goes to this step."""
    op.add_column(
        "decision",
        sa.Column(
            "recorded_under",
            sa.String(),
            nullable=True,
            comment="Edition of the policy under which it was recorded without a discussion.",
        ),
    )
