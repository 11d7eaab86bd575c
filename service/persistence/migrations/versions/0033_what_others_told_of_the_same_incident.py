"""A contact about the same incident is attached to the one that is open."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT
from service.persistence.schema_steps import CannotGoBack

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None
# The step before reads no contact that is attached.
oldest_reader = "0033"

_COMMENTS = {
    ("contact", "withdrawn_as"): (
        "Why it is withdrawn: duplicate, in_error, not_ours.",
        "Why it is off the desk: duplicate, in_error, not_ours, attached.",
    ),
    ("contact", "repeats_id"): (
        "The contact that it repeats, while it is withdrawn for that.",
        "The contact that it repeats or is attached to, while it is.",
    ),
    ("contact_withdrawal", "action"): (
        "withdrawn or restored.",
        "withdrawn, restored, attached, detached.",
    ),
    ("contact_withdrawal", "reason"): (
        "duplicate, in_error, not_ours; none when restored.",
        "duplicate, in_error, not_ours, attached; none when restored.",
    ),
    ("contact_withdrawal", "repeats_id"): (
        "The contact that it repeats.",
        "The contact that it repeats or is attached to.",
    ),
}


def _say(place: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for (table, column), comments in _COMMENTS.items():
            op.alter_column(table, column, comment=comments[place])


def upgrade() -> None:
    """Goes to this step."""
    op.add_column(
        "contact",
        sa.Column(
            "attached_since",
            INSTANT,
            nullable=True,
            comment="Since when other contacts are attached to it.",
        ),
    )
    _say(1)


def _refuse_to_forget() -> None:
    """Raises CannotGoBack while a contact is attached, or was: the step before cannot hold it."""
    if op.get_bind().dialect.name == "postgresql":
        # Nobody attaches one between this look and the end of this step.
        op.execute("LOCK TABLE contact, contact_withdrawal IN ACCESS EXCLUSIVE MODE")
    kept = sa.text(
        "SELECT 1 FROM contact_withdrawal WHERE action IN ('attached', 'detached') LIMIT 1"
    )
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds contacts that were attached to another one, and schema step 0032 "
            "cannot hold them. Nothing was changed. To go back, restore the backup made before the "
            "upgrade."
        )


def downgrade() -> None:
    """Goes back from this step, unless a contact was attached. Raises CannotGoBack."""
    _refuse_to_forget()
    _say(0)
    op.execute("ALTER TABLE contact DROP COLUMN attached_since")
