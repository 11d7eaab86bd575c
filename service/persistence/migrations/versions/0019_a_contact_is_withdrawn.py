"""That a contact was withdrawn without a decision, or restored: by whom, and why."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT
from service.persistence.migrations.append_only import make_append_only
from service.persistence.schema_steps import CannotGoBack

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
oldest_reader = "0019"

_REPEATS = sa.text("repeats_id IS NOT NULL")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _say_of_decided_at(words: str) -> None:
    if not _sqlite():
        op.alter_column("contact", "decided_at", comment=words)


def _add_columns() -> None:
    op.add_column(
        "contact",
        sa.Column(
            "withdrawn_at",
            INSTANT,
            nullable=True,
            comment="When it was withdrawn without a decision.",
        ),
    )
    op.add_column(
        "contact",
        sa.Column(
            "withdrawn_as",
            sa.String(),
            nullable=True,
            comment="Why it is withdrawn: duplicate, in_error, not_ours.",
        ),
    )
    if _sqlite():
        # SQLite takes a reference in the column alone.
        op.execute("ALTER TABLE contact ADD COLUMN repeats_id CHAR(32) REFERENCES contact (id)")
    else:
        op.add_column(
            "contact",
            sa.Column(
                "repeats_id",
                sa.Uuid(),
                nullable=True,
                comment="The contact that it repeats, while it is withdrawn for that.",
            ),
        )
        op.create_foreign_key(None, "contact", "contact", ["repeats_id"], ["id"])
    op.add_column(
        "contact",
        sa.Column(
            "restored_at",
            INSTANT,
            nullable=True,
            comment="When it was last restored to the desk after a withdrawal.",
        ),
    )


def upgrade() -> None:
    """Goes to this step."""
    _add_columns()
    _say_of_decided_at("When every child on it was decided and signed off, or it was withdrawn.")
    op.create_index(
        "ix_contact_repeats",
        "contact",
        ["repeats_id"],
        postgresql_where=_REPEATS,
        sqlite_where=_REPEATS,
    )
    op.create_table(
        "contact_withdrawal",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column("action", sa.String(), nullable=False, comment="withdrawn or restored."),
        sa.Column("at", INSTANT, nullable=False, comment="When."),
        sa.Column("by", sa.Uuid(), nullable=False, comment="By whom."),
        sa.Column(
            "reason",
            sa.String(),
            nullable=True,
            comment="duplicate, in_error, not_ours; none when restored.",
        ),
        sa.Column("words", sa.String(), nullable=False, comment="Why, in words."),
        sa.Column("repeats_id", sa.Uuid(), nullable=True, comment="The contact that it repeats."),
        sa.Column(
            "passed_to", sa.String(), nullable=True, comment="To whom it was passed on, and how."
        ),
        sa.Column(
            "told", sa.String(), nullable=True, comment="Who was told there by word of mouth."
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["repeats_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contact_withdrawal_contact", "contact_withdrawal", ["contact_id"])
    make_append_only("contact_withdrawal")


def _refuse_to_forget() -> None:
    """Raises CannotGoBack while a contact is withdrawn: the step before knows no such state."""
    if not _sqlite():
        # Nobody withdraws one between this look and the end of this step.
        op.execute("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
    kept = sa.text("SELECT 1 FROM contact WHERE state = 'withdrawn' LIMIT 1")
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds contacts that were withdrawn, and schema step 0018 cannot hold them. "
            "Nothing was changed. To go back, restore each of them to the desk, or restore the backup "
            "made before the upgrade."
        )


def downgrade() -> None:
    """Goes back from this step, unless a contact is withdrawn. Raises CannotGoBack."""
    _refuse_to_forget()
    op.drop_table("contact_withdrawal")
    op.drop_index("ix_contact_repeats", "contact")
    _say_of_decided_at("When every child on it was decided and signed off.")
    for name in ("restored_at", "repeats_id", "withdrawn_as", "withdrawn_at"):
        op.execute(f"ALTER TABLE contact DROP COLUMN {name}")
