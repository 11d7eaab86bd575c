"""Every step of a strategy meeting, kept as it was done."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT
from service.persistence.migrations.append_only import make_append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STEPS = ("strategy_meeting_step",)


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "strategy_meeting_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("meeting_id", sa.Uuid(), nullable=False, comment="The meeting."),
        sa.Column("action", sa.String(), nullable=False, comment="What was done."),
        sa.Column("state", sa.String(), nullable=False, comment="The state that it led to."),
        sa.Column("at", INSTANT, nullable=False, comment="When it was recorded."),
        sa.Column("by", sa.Uuid(), nullable=False, comment="Who."),
        sa.Column("happened_at", INSTANT, nullable=False, comment="When it happened."),
        sa.Column(
            "planned_for", INSTANT, nullable=True, comment="The time that it was called for."
        ),
        sa.Column("words", sa.String(), nullable=True, comment="Why, in their own words."),
        sa.ForeignKeyConstraint(
            ["by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["strategy_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_strategy_meeting_step_meeting",
        "strategy_meeting_step",
        ["meeting_id", "id"],
        unique=False,
    )
    for table in _STEPS:
        make_append_only(table)


def downgrade() -> None:
    """Goes back from this step."""
    op.drop_index("ix_strategy_meeting_step_meeting", table_name="strategy_meeting_step")
    op.drop_table("strategy_meeting_step")
