"""Operation Encompass: which schools were told of a domestic abuse incident, or why not."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT
from service.persistence.migrations.append_only import make_append_only

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None
# Nothing of what an older release reads is another: the table is new, and so is its event.
oldest_reader = "0030"

_NOTICE = "school_notice"


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        _NOTICE,
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "contact_id", sa.Uuid(), nullable=False, comment="The contact that the notification is."
        ),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column(
            "outcome",
            sa.String(),
            nullable=False,
            comment="told, not_school_age, no_school_known, unsafe_to_tell.",
        ),
        sa.Column(
            "school", sa.String(), nullable=True, comment="The school that was told, by its name."
        ),
        sa.Column(
            "organisation_id",
            sa.String(),
            nullable=True,
            comment="The school, where the policy names it.",
        ),
        sa.Column("told_to", sa.String(), nullable=True, comment="Who was told there."),
        sa.Column(
            "way",
            sa.String(),
            nullable=True,
            comment="telephone, secure_email, school_portal, in_person.",
        ),
        sa.Column("told_at", INSTANT, nullable=True, comment="When the school was told."),
        sa.Column("because", sa.String(), nullable=True, comment="Why the school was not told."),
        sa.Column("recorded_at", INSTANT, nullable=False, comment="When it was recorded."),
        sa.Column("recorded_by", sa.Uuid(), nullable=False, comment="By whom."),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_school_notice_contact", _NOTICE, ["contact_id", "id"])
    op.create_index("ix_school_notice_recorded", _NOTICE, ["recorded_at", "id"])
    make_append_only(_NOTICE)


def downgrade() -> None:
    """Goes back from this step; what was recorded of schools is gone with it."""
    op.drop_table(_NOTICE)
