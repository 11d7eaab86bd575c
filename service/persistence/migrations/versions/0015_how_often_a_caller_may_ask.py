"""What callers have left of their allowances: one way of counting, for checks of referrals too."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
oldest_reader = "0007"


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "allowance",
        sa.Column(
            "holder",
            sa.Uuid(),
            nullable=False,
            comment="The person's account, or a digest that stands for a partner's client.",
        ),
        sa.Column("name", sa.String(), nullable=False, comment="Which allowance."),
        sa.Column(
            "left_parts",
            sa.BigInteger(),
            nullable=False,
            comment="What was left, in parts of a request; below nought a debt.",
        ),
        sa.Column(
            "at_ms", sa.BigInteger(), nullable=False, comment="When, in milliseconds since 1970."
        ),
        sa.PrimaryKeyConstraint("holder", "name"),
    )
    op.create_index("ix_allowance_at_ms", "allowance", ["at_ms"])
    # No release has used it: it came and goes in the same one.
    op.drop_table("validation_count")


def downgrade() -> None:
    """Goes back from this step."""
    op.create_table(
        "validation_count",
        sa.Column("account_id", sa.Uuid(), nullable=False, comment="The caller."),
        sa.Column("since", INSTANT, nullable=False, comment="From when they are counted."),
        sa.Column("made", sa.Integer(), nullable=False, comment="How many there were since then."),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.drop_index("ix_allowance_at_ms", table_name="allowance")
    op.drop_table("allowance")
