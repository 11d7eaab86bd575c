"""That the referrer was told the outcome; and the few who were not told that it arrived."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT
from service.persistence.migrations.append_only import make_append_only

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
oldest_reader = "0007"

_UNACKNOWLEDGED = sa.text(
    "decided_at IS NOT NULL AND acknowledged_at IS NULL AND source_code <> '9'"
)


def upgrade() -> None:
    """Goes to this step."""
    op.add_column(
        "contact",
        sa.Column(
            "outcome_told_at",
            INSTANT,
            nullable=True,
            comment="When the referrer was last told the outcome.",
        ),
    )
    op.create_index(
        "ix_contact_unacknowledged",
        "contact",
        ["assignee_id", "id"],
        postgresql_where=_UNACKNOWLEDGED,
        sqlite_where=_UNACKNOWLEDGED,
    )
    op.create_table(
        "outcome_telling",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column("told_at", INSTANT, nullable=False, comment="When the referrer was told."),
        sa.Column(
            "how", sa.String(), nullable=False, comment="telephone, email, letter, in_person."
        ),
        sa.Column("words", sa.String(), nullable=False, comment="What they were told."),
        sa.Column("recorded_at", INSTANT, nullable=False, comment="When it was recorded."),
        sa.Column("recorded_by", sa.Uuid(), nullable=False, comment="By whom."),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outcome_telling_contact", "outcome_telling", ["contact_id"])
    make_append_only("outcome_telling")


def downgrade() -> None:
    """Goes back from this step; what referrers were told of outcomes is gone with it."""
    op.drop_table("outcome_telling")
    op.drop_index("ix_contact_unacknowledged", "contact")
    op.drop_column("contact", "outcome_told_at")
