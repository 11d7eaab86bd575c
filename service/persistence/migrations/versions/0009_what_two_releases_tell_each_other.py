"""With which releases each schema step can be lived, and one row to see whether writing works."""

import sqlalchemy as sa
from alembic import op

from service.clock import system_clock
from service.persistence.columns import INSTANT

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
oldest_reader = "0007"


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "schema_step",
        sa.Column("step", sa.String(), nullable=False, comment="The step."),
        sa.Column(
            "oldest_reader",
            sa.String(),
            nullable=False,
            comment="The oldest step whose release still reads and writes rightly after this one.",
        ),
        sa.Column("taken_at", INSTANT, nullable=False, comment="When it was taken."),
        sa.PrimaryKeyConstraint("step"),
    )
    proof = op.create_table(
        "proof_of_writing",
        sa.Column(
            "place",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Always 1: there is one row.",
        ),
        sa.Column("written_at", INSTANT, nullable=False, comment="When it was last written."),
        sa.PrimaryKeyConstraint("place"),
    )
    op.bulk_insert(proof, [{"place": 1, "written_at": system_clock()}])


def downgrade() -> None:
    """Goes back from this step; nothing of anybody's is lost."""
    op.drop_table("proof_of_writing")
    op.drop_table("schema_step")
