"""What the police send later of an incident that is on file: something else, or that it was wrong."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import DOCUMENT, INSTANT

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
oldest_reader = "0007"

_IMPORT = "police_notification_import"
_UPDATE = "police_notification_update"
_COUNTS = {
    "updates_made": "How many incidents on file it tells otherwise.",
    "sent_before": "How many incidents it tells as they are on file.",
}
_KNOWN_AGAIN = "By which it is known again whether the same is told once more."


def upgrade() -> None:
    """Goes to this step."""
    for name, comment in _COUNTS.items():
        op.add_column(
            _IMPORT,
            sa.Column(name, sa.Integer(), nullable=False, server_default="0", comment=comment),
        )
    op.add_column(
        "police_notification",
        sa.Column("told_digests", DOCUMENT, nullable=True, comment=_KNOWN_AGAIN),
    )
    op.create_table(
        _UPDATE,
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("notification_id", sa.Uuid(), nullable=False, comment="The notification."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact that it is."),
        sa.Column("kind", sa.String(), nullable=False, comment="sent_again, withdrawn."),
        sa.Column("received_at", INSTANT, nullable=False, comment="When it was sent."),
        sa.Column("recorded_by", sa.Uuid(), nullable=False, comment="Account that sent it."),
        sa.Column("risk", sa.String(), nullable=True, comment="standard, medium, high."),
        sa.Column(
            "changed", DOCUMENT, nullable=False, comment="What differs from what was told before."
        ),
        sa.Column("told", DOCUMENT, nullable=True, comment="All that was sent."),
        sa.Column("told_digests", DOCUMENT, nullable=True, comment=_KNOWN_AGAIN),
        sa.Column("because", sa.String(), nullable=True, comment="Why it was withdrawn."),
        sa.Column("import_id", sa.Uuid(), nullable=True, comment="The file that it came in."),
        sa.Column(
            "unread_since",
            INSTANT,
            nullable=True,
            comment="Since when nobody has read it; empty once somebody has.",
        ),
        sa.Column("read_at", INSTANT, nullable=True, comment="When somebody read it."),
        sa.Column("read_by", sa.Uuid(), nullable=True, comment="Who read it."),
        sa.Column("reading_words", sa.String(), nullable=True, comment="What follows from it."),
        sa.ForeignKeyConstraint(["notification_id"], ["police_notification.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["import_id"], [f"{_IMPORT}.id"]),
        sa.ForeignKeyConstraint(["read_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"ix_{_UPDATE}_notification", _UPDATE, ["notification_id", "id"])
    unread = sa.text("unread_since IS NOT NULL")
    op.create_index(
        f"ix_{_UPDATE}_unread",
        _UPDATE,
        ["contact_id"],
        postgresql_where=unread,
        sqlite_where=unread,
    )


def downgrade() -> None:
    """Goes back from this step; what the police sent later is gone with it."""
    op.execute("DELETE FROM flag WHERE kind = 'police_update_read'")
    op.execute("DELETE FROM deadline WHERE kind = 'police_update_read'")
    op.drop_table(_UPDATE)
    op.drop_column("police_notification", "told_digests")
    for name in reversed(_COUNTS):
        op.drop_column(_IMPORT, name)
