"""The same voice again: how often a child was told of, and that a manager read the whole.

Contacts and decisions that are on file already count as the first: a decision drafted from now on
counts anew.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
oldest_reader = "0026"

_DECISION = "decision"
_COLUMNS: dict[str, tuple[Any, str]] = {
    "nth_contact": (
        sa.SmallInteger(),
        "The how many-th contact about the child this was when it was drafted; empty where there "
        "were too few to be read as a whole.",
    ),
    "nth_within_months": (sa.SmallInteger(), "Within how many months they came."),
    "nothing_more_because": (
        sa.String(),
        "Why nothing more follows from all of them together.",
    ),
    "whole_read_at": (INSTANT, "When a manager had read the whole of what is on file."),
    "whole_read_by": (sa.Uuid(), "The manager who read it."),
    "whole_read_words": (sa.String(), "What they saw in it."),
}
_GUARDS = (
    (
        "refuse_change_of_series_of_decision",
        "nth_contact, nth_within_months, nothing_more_because",
        "",
    ),
    (
        "refuse_second_whole_reading_of_decision",
        "whole_read_at, whole_read_by, whole_read_words",
        "WHEN (OLD.whole_read_at IS NOT NULL) ",
    ),
)


def upgrade() -> None:
    """Goes to this step."""
    for name, (type_, comment) in _COLUMNS.items():
        if name == "whole_read_by" and _sqlite():
            # SQLite takes a reference in the column alone.
            op.execute(
                f"ALTER TABLE {_DECISION} ADD COLUMN {name} CHAR(32) REFERENCES account (id)"
            )
            continue
        op.add_column(_DECISION, sa.Column(name, type_, nullable=True, comment=comment))
    if not _sqlite():
        op.create_foreign_key(None, _DECISION, "account", ["whole_read_by"], ["id"])
    _guard()
    op.add_column(
        "contact_child",
        sa.Column(
            "nth_contact",
            sa.SmallInteger(),
            nullable=False,
            server_default="1",
            comment="The how many-th contact about the child within the policy's months, as last "
            "looked.",
        ),
    )


def _guard() -> None:
    """What is kept with a draft stays, and what a manager saw in the whole is said once."""
    raising = (
        "BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"
        if _sqlite()
        else "EXECUTE FUNCTION refuse_change()"
    )
    for name, columns, when in _GUARDS:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF {columns} ON {_DECISION} "
            f"FOR EACH ROW {when}{raising}"
        )


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    """Goes back from this step: what managers read as a whole is lost."""
    on = "" if _sqlite() else f" ON {_DECISION}"
    for name, _, _ in _GUARDS:
        op.execute(f"DROP TRIGGER {name}{on}")
    op.execute("ALTER TABLE contact_child DROP COLUMN nth_contact")
    for name in reversed(_COLUMNS):
        op.execute(f"ALTER TABLE {_DECISION} DROP COLUMN {name}")
