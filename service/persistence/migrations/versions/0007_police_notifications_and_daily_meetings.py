"""Police notifications, the files that they come in, and the daily meetings that hear them."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT
from service.persistence.migrations.append_only import make_append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STEPS = ("police_notification", "police_notification_fault")


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "daily_meeting",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("meeting_on", sa.Date(), nullable=False, comment="The London day."),
        sa.Column("state", sa.String(), nullable=False, comment="open, concluded."),
        sa.Column("concluded_at", INSTANT, nullable=True, comment="When it was concluded."),
        sa.Column("concluded_by", sa.Uuid(), nullable=True, comment="Who concluded it."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["concluded_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ux_daily_meeting_day", "daily_meeting", ["meeting_on"], unique=True)
    op.create_table(
        "police_notification_import",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("organisation_id", sa.String(), nullable=False, comment="The police force."),
        sa.Column("channel", sa.String(), nullable=False, comment="How it arrived."),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="received, checking, loading, loaded, refused.",
        ),
        sa.Column("submitted_at", INSTANT, nullable=False, comment="When it was sent."),
        sa.Column("submitted_by", sa.Uuid(), nullable=False, comment="Account that sent it."),
        sa.Column(
            "rows_total",
            sa.Integer(),
            nullable=False,
            comment="How many rows it has, without the columns' names.",
        ),
        sa.Column(
            "rows_checked", sa.Integer(), nullable=False, comment="How many rows have been checked."
        ),
        sa.Column(
            "notifications_made",
            sa.Integer(),
            nullable=False,
            comment="How many notifications came of it.",
        ),
        sa.Column(
            "faults_total", sa.Integer(), nullable=False, comment="How many faults were found."
        ),
        sa.Column(
            "claimed_at",
            INSTANT,
            nullable=True,
            comment="When the worker that has it in hand last said so.",
        ),
        sa.Column("finished_at", INSTANT, nullable=True, comment="When it was loaded or refused."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_police_notification_import_organisation",
        "police_notification_import",
        ["organisation_id", "submitted_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_police_notification_import_submitted",
        "police_notification_import",
        ["submitted_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_police_notification_import_unfinished",
        "police_notification_import",
        ["id"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "police_notification",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact that it is."),
        sa.Column("organisation_id", sa.String(), nullable=False, comment="The police force."),
        sa.Column(
            "incident_number", sa.String(), nullable=False, comment="The force's own number."
        ),
        sa.Column("incident_at", INSTANT, nullable=False, comment="When it happened."),
        sa.Column("risk", sa.String(), nullable=False, comment="standard, medium, high."),
        sa.Column("children_present", sa.String(), nullable=False, comment="yes, no, not_known."),
        sa.Column(
            "meeting_on",
            sa.Date(),
            nullable=False,
            comment="London day of the daily meeting that it waits for first.",
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True, comment="The file that it came in."),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["police_notification_import.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_police_notification_import",
        "police_notification",
        ["import_id"],
        unique=False,
        postgresql_where=sa.text("import_id IS NOT NULL"),
        sqlite_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index(
        "ux_police_notification_contact", "police_notification", ["contact_id"], unique=True
    )
    op.create_index(
        "ux_police_notification_incident",
        "police_notification",
        ["organisation_id", "incident_number"],
        unique=True,
    )
    op.create_table(
        "police_notification_fault",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("import_id", sa.Uuid(), nullable=False, comment="The file."),
        sa.Column(
            "row", sa.Integer(), nullable=False, comment="The row, as a spreadsheet counts them."
        ),
        sa.Column("column", sa.String(), nullable=True, comment="The column, by its name."),
        sa.Column("code", sa.String(), nullable=False, comment="The kind of fault."),
        sa.Column(
            "message", sa.String(), nullable=False, comment="What to do; never what the row says."
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["police_notification_import.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_police_notification_fault_import",
        "police_notification_fault",
        ["import_id", "row"],
        unique=False,
    )
    op.create_table(
        "police_notification_file",
        sa.Column("import_id", sa.Uuid(), nullable=False, comment="The file."),
        sa.Column("content", sa.String(), nullable=False, comment="Its text, as it was sent."),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["police_notification_import.id"],
        ),
        sa.PrimaryKeyConstraint("import_id"),
    )
    op.create_table(
        "daily_meeting_item",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("notification_id", sa.Uuid(), nullable=False, comment="The notification."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact that it is."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("meeting_on", sa.Date(), nullable=False, comment="London day of the meeting."),
        sa.Column("state", sa.String(), nullable=False, comment="waiting, decided, carried_over."),
        sa.Column("decision_id", sa.Uuid(), nullable=True, comment="The decision that settled it."),
        sa.Column(
            "settled_at", INSTANT, nullable=True, comment="When it was decided or carried over."
        ),
        sa.Column("settled_by", sa.Uuid(), nullable=True, comment="Who did."),
        sa.Column(
            "carried_over_because", sa.String(), nullable=True, comment="Why it was carried over."
        ),
        sa.Column(
            "carried_from_id",
            sa.Uuid(),
            nullable=True,
            comment="The item that it was carried over from.",
        ),
        sa.Column(
            "times_carried",
            sa.SmallInteger(),
            nullable=False,
            comment="How often the child was carried over.",
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["carried_from_id"],
            ["daily_meeting_item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["contact_child.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["police_notification.id"],
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_daily_meeting_item_child", "daily_meeting_item", ["child_id"], unique=False)
    op.create_index(
        "ix_daily_meeting_item_contact", "daily_meeting_item", ["contact_id"], unique=False
    )
    op.create_index(
        "ix_daily_meeting_item_day",
        "daily_meeting_item",
        ["meeting_on", "contact_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_daily_meeting_item_waiting",
        "daily_meeting_item",
        ["meeting_on", "contact_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ux_daily_meeting_item_carried",
        "daily_meeting_item",
        ["carried_from_id"],
        unique=True,
        postgresql_where=sa.text("carried_from_id IS NOT NULL"),
        sqlite_where=sa.text("carried_from_id IS NOT NULL"),
    )
    op.create_index(
        "ux_daily_meeting_item_waiting",
        "daily_meeting_item",
        ["child_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    for table in _STEPS:
        make_append_only(table)


def downgrade() -> None:
    """Goes back from this step; agendas and files go, with the clocks of meetings."""
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE kind = 'daily_meeting'")  # noqa: S608 - names of our own
    op.drop_index(
        "ux_daily_meeting_item_waiting",
        table_name="daily_meeting_item",
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(
        "ux_daily_meeting_item_carried",
        table_name="daily_meeting_item",
        postgresql_where=sa.text("carried_from_id IS NOT NULL"),
        sqlite_where=sa.text("carried_from_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_daily_meeting_item_waiting",
        table_name="daily_meeting_item",
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_daily_meeting_item_day", table_name="daily_meeting_item")
    op.drop_index("ix_daily_meeting_item_contact", table_name="daily_meeting_item")
    op.drop_index("ix_daily_meeting_item_child", table_name="daily_meeting_item")
    op.drop_table("daily_meeting_item")
    op.drop_table("police_notification_file")
    op.drop_index("ix_police_notification_fault_import", table_name="police_notification_fault")
    op.drop_table("police_notification_fault")
    op.drop_index("ux_police_notification_incident", table_name="police_notification")
    op.drop_index("ux_police_notification_contact", table_name="police_notification")
    op.drop_index(
        "ix_police_notification_import",
        table_name="police_notification",
        postgresql_where=sa.text("import_id IS NOT NULL"),
        sqlite_where=sa.text("import_id IS NOT NULL"),
    )
    op.drop_table("police_notification")
    op.drop_index(
        "ix_police_notification_import_unfinished",
        table_name="police_notification_import",
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.drop_index(
        "ix_police_notification_import_submitted", table_name="police_notification_import"
    )
    op.drop_index(
        "ix_police_notification_import_organisation", table_name="police_notification_import"
    )
    op.drop_table("police_notification_import")
    op.drop_index("ux_daily_meeting_day", table_name="daily_meeting")
    op.drop_table("daily_meeting")
