"""What cannot be read of an optional fact is kept as told, and what of a file is taken is said."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import DOCUMENT

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
oldest_reader = "0019"

_TOLD = ("contact", "contact_child", "contact_adult")
_KEPT = "What could not be read, by the name of the fact."
_IMPORT = "police_notification_import"
_COUNTS = {
    "incidents_left_out": "How many incidents with faults were left out.",
    "facts_kept_as_told": "How many facts could not be read, and are kept as told.",
}


def upgrade() -> None:
    """Goes to this step."""
    for table in _TOLD:
        op.add_column(table, sa.Column("kept_as_told", DOCUMENT, nullable=True, comment=_KEPT))
    op.add_column(
        _IMPORT,
        sa.Column(
            "taking",
            sa.String(),
            nullable=False,
            server_default="whole",
            comment="whole, sound_incidents: what is loaded of a file with faults.",
        ),
    )
    for name, comment in _COUNTS.items():
        op.add_column(
            _IMPORT,
            sa.Column(name, sa.Integer(), nullable=False, server_default="0", comment=comment),
        )


def downgrade() -> None:
    """Comes back from this step."""
    for name in reversed(_COUNTS):
        op.drop_column(_IMPORT, name)
    op.drop_column(_IMPORT, "taking")
    for table in reversed(_TOLD):
        op.drop_column(table, "kept_as_told")
