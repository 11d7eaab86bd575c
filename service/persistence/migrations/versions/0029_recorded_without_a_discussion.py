"""A police notification is recorded without a discussion: by which edition of the policy."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
# Whoever does not know of it reads a signed decision without further action, which it is.
oldest_reader = "0028"

_GUARD = "refuse_change_of_recording_of_decision"


def upgrade() -> None:
    """Goes to this step."""
    op.add_column(
        "decision",
        sa.Column(
            "recorded_under",
            sa.String(),
            nullable=True,
            comment="Edition of the policy under which it was recorded without a discussion.",
        ),
    )
    raising = (
        "BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"
        if _sqlite()
        else "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {_GUARD} BEFORE UPDATE OF recorded_under ON decision "
        f"FOR EACH ROW {raising}"
    )


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    """Goes back from this step; under which policy a decision was recorded is gone with it."""
    op.execute(f"DROP TRIGGER {_GUARD}" + ("" if _sqlite() else " ON decision"))
    op.drop_column("decision", "recorded_under")
