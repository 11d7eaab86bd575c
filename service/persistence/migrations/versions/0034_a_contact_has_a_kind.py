"""A contact has a kind: what is no concern goes a path of its own. All there are were concerns."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import DOCUMENT, INSTANT
from service.persistence.migrations.append_only import make_append_only
from service.persistence.schema_steps import CannotGoBack

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None
oldest_reader = "0034"

_ACT = "contact_kind_act"


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _say_of_decided_at(words: str) -> None:
    if not _sqlite():
        op.alter_column("contact", "decided_at", comment=words)


def _add_columns() -> None:
    op.add_column(
        "contact",
        sa.Column(
            "kind",
            sa.String(),
            nullable=False,
            server_default="concern",
            comment="What it is: a concern, a check, a consultation ...",
        ),
    )
    op.add_column(
        "contact",
        sa.Column(
            "ended_as",
            sa.String(),
            nullable=True,
            comment="How it ended, where its kind is not decided: a code of the policy.",
        ),
    )
    op.add_column(
        "contact",
        sa.Column(
            "reclassified_at",
            INSTANT,
            nullable=True,
            comment="When it was last said to be of another kind.",
        ),
    )


def upgrade() -> None:
    """Goes to this step."""
    _add_columns()
    _say_of_decided_at(
        "When every child on it was decided and signed off, or it was withdrawn or ended."
    )
    _make_table()
    op.create_index("ix_contact_kind_act_contact", _ACT, ["contact_id"])
    make_append_only(_ACT)


def _make_table() -> None:
    op.create_table(
        _ACT,
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column(
            "action", sa.String(), nullable=False, comment="step_recorded, ended, reclassified."
        ),
        sa.Column("at", INSTANT, nullable=False, comment="When it was recorded."),
        sa.Column("by", sa.Uuid(), nullable=False, comment="By whom."),
        sa.Column("happened_at", INSTANT, nullable=False, comment="When it happened."),
        sa.Column(
            "kind",
            sa.String(),
            nullable=False,
            comment="The kind of the contact from then on.",
        ),
        sa.Column(
            "was",
            sa.String(),
            nullable=True,
            comment="The kind before; none unless it was reclassified.",
        ),
        sa.Column(
            "code",
            sa.String(),
            nullable=True,
            comment="The step or the ending, by its code in the policy.",
        ),
        sa.Column(
            "words",
            sa.String(),
            nullable=False,
            comment="What was done or said, or why it was reclassified.",
        ),
        sa.Column(
            "passed_to", sa.String(), nullable=True, comment="To whom it was passed on, and how."
        ),
        sa.Column("answers", DOCUMENT, nullable=True, comment="The answers to what its path asks."),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )


def _refuse_to_forget() -> None:
    """Raises CannotGoBack while a contact is no concern: the step before decides every child."""
    if not _sqlite():
        # Nobody logs one between this look and the end of this step.
        op.execute("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
    kept = sa.text("SELECT 1 FROM contact WHERE kind <> 'concern' LIMIT 1")
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds contacts that are no concern, and schema step 0033 cannot hold "
            "them. Nothing was changed. To go back, restore the backup made before the upgrade."
        )


def downgrade() -> None:
    """Goes back from this step, unless a contact is no concern. Raises CannotGoBack."""
    _refuse_to_forget()
    op.drop_table(_ACT)
    _say_of_decided_at("When every child on it was decided and signed off, or it was withdrawn.")
    for name in ("reclassified_at", "ended_as", "kind"):
        op.execute(f"ALTER TABLE contact DROP COLUMN {name}")
