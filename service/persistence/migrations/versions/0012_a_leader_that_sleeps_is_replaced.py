"""The lead as a row that the leader keeps beating, so that one that sleeps is found out."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
oldest_reader = "0007"


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "lead",
        sa.Column("name", sa.String(), nullable=False, comment="What is led: the workers."),
        sa.Column(
            "epoch",
            sa.BigInteger(),
            nullable=False,
            comment="How often the lead has been taken: who holds an older one leads no more.",
        ),
        sa.Column(
            "holder",
            sa.String(),
            nullable=False,
            comment="Which worker process leads; empty when it gave the lead up.",
        ),
        sa.Column(
            "beat",
            sa.BigInteger(),
            nullable=False,
            comment="Grows while the leader lives; that it does, and not what it is, counts.",
        ),
        sa.Column(
            "locked",
            sa.Boolean(),
            nullable=False,
            comment="Whether the leader holds the lock too, which ends with its process.",
        ),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Goes back from this step; the lock alone says who leads."""
    op.drop_table("lead")
