"""That the draft of a decision was withdrawn: by whom, and why."""

import sqlalchemy as sa
from alembic import op

from service.persistence.schema_steps import CannotGoBack

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
oldest_reader = "0018"


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _say(state: str, superseded_at: str) -> None:
    if not _sqlite():
        op.alter_column("decision", "state", comment=state)
        op.alter_column("decision", "superseded_at", comment=superseded_at)


def upgrade() -> None:
    """Goes to this step."""
    if _sqlite():
        # SQLite takes a reference in the column alone.
        op.execute("ALTER TABLE decision ADD COLUMN withdrawn_by CHAR(32) REFERENCES account (id)")
    else:
        op.add_column(
            "decision",
            sa.Column("withdrawn_by", sa.Uuid(), nullable=True, comment="Who withdrew the draft."),
        )
        op.create_foreign_key(None, "decision", "account", ["withdrawn_by"], ["id"])
    op.add_column(
        "decision",
        sa.Column("withdrawn_because", sa.String(), nullable=True, comment="Why it was withdrawn."),
    )
    _say(
        "awaiting_sign_off, returned, signed, superseded, withdrawn.",
        "When replaced, or withdrawn as a draft: it waits and stands no more.",
    )
    raising = (
        "BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"
        if _sqlite()
        else "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refuse_second_withdrawal_of_decision BEFORE UPDATE OF "
        "withdrawn_by, withdrawn_because ON decision "
        f"FOR EACH ROW WHEN (OLD.withdrawn_by IS NOT NULL) {raising}"
    )


def _refuse_to_forget() -> None:
    """Raises CannotGoBack while a draft is withdrawn: the step before knows no such state."""
    if not _sqlite():
        # Nobody withdraws one between this look and the end of this step.
        op.execute("LOCK TABLE decision IN ACCESS EXCLUSIVE MODE")
    kept = sa.text("SELECT 1 FROM decision WHERE state = 'withdrawn' LIMIT 1")
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds decisions that were withdrawn as drafts, and schema step 0017 cannot "
            "hold them. Nothing was changed. To go back, restore the backup made before the upgrade."
        )


def downgrade() -> None:
    """Goes back from this step, unless a draft was withdrawn. Raises CannotGoBack."""
    _refuse_to_forget()
    on = "" if _sqlite() else " ON decision"
    op.execute(f"DROP TRIGGER refuse_second_withdrawal_of_decision{on}")
    _say("awaiting_sign_off, returned, signed, superseded.", "When replaced.")
    op.execute("ALTER TABLE decision DROP COLUMN withdrawn_because")
    op.execute("ALTER TABLE decision DROP COLUMN withdrawn_by")
