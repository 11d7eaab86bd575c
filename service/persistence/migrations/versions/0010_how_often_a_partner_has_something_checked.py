"""How often each caller has had a multi-agency referral checked without sending it."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
oldest_reader = "0007"


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "validation_count",
        sa.Column("account_id", sa.Uuid(), nullable=False, comment="The caller."),
        sa.Column("since", INSTANT, nullable=False, comment="From when they are counted."),
        sa.Column("made", sa.Integer(), nullable=False, comment="How many there were since then."),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )


def downgrade() -> None:
    """Goes back from this step."""
    op.drop_table("validation_count")
