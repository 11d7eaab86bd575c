"""The last good keys of identity providers, for a process that starts while one is away."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "issuer_keys",
        sa.Column("issuer", sa.String(), nullable=False, comment="The exact `iss` of its tokens."),
        sa.Column(
            "key_set",
            sa.String(),
            nullable=False,
            comment="The public keys, as they were published.",
        ),
        sa.Column("read_at", INSTANT, nullable=False, comment="When they were read."),
        sa.Column(
            "seal",
            sa.String(),
            nullable=False,
            comment="Keyed digest of the three, by the service's secret.",
        ),
        sa.PrimaryKeyConstraint("issuer"),
    )


def downgrade() -> None:
    """Goes back from this step; the keys are read again from the providers."""
    op.drop_table("issuer_keys")
