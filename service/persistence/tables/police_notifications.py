"""Police notifications, and the files that they come in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class NotificationImportRow(SQLModel, table=True):
    """A file of police notifications, and how far it has come."""

    __tablename__ = "police_notification_import"
    __table_args__ = (
        Index("ix_police_notification_import_submitted", "submitted_at", "id"),
        Index(
            "ix_police_notification_import_organisation", "organisation_id", "submitted_at", "id"
        ),
        partial_index(
            "ix_police_notification_import_unfinished", "id", where="finished_at IS NULL"
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    organisation_id: str = kept("The police force.")
    channel: str = kept("How it arrived.")
    state: str = kept("received, checking, loading, loaded, refused.")
    submitted_at: datetime = kept("When it was sent.", type_=INSTANT)
    submitted_by: UUID = kept("Account that sent it.", foreign_key="account.id")
    rows_total: int = kept("How many rows it has, without the columns' names.")
    rows_checked: int = kept("How many rows have been checked.")
    notifications_made: int = kept("How many notifications came of it.")
    faults_total: int = kept("How many faults were found.")
    claimed_at: datetime | None = kept(
        "When the worker that has it in hand last said so.", type_=INSTANT
    )
    finished_at: datetime | None = kept("When it was loaded or refused.", type_=INSTANT)
    version: int = kept("Grows with each change; the ETag.")
    updates_made: int = kept(
        "How many incidents on file it tells otherwise.", default=0, server_default="0"
    )
    sent_before: int = kept(
        "How many incidents it tells as they are on file.", default=0, server_default="0"
    )
    taking: str = kept(
        "whole, sound_incidents: what is loaded of a file with faults.",
        default="whole",
        server_default="whole",
    )
    incidents_left_out: int = kept(
        "How many incidents with faults were left out.", default=0, server_default="0"
    )
    facts_kept_as_told: int = kept(
        "How many facts could not be read, and are kept as told.", default=0, server_default="0"
    )


class NotificationFileRow(SQLModel, table=True):
    """The text of a file, taken away when it has been loaded or refused."""

    __tablename__ = "police_notification_file"

    import_id: UUID = kept(
        "The file.", primary_key=True, foreign_key="police_notification_import.id"
    )
    content: str = kept("Its text, as it was sent.", Sensitivity.sensitive)


class ImportFaultRow(SQLModel, table=True):
    """A fault in a file, or a fact in it that is kept as told. Append-only."""

    __tablename__ = "police_notification_fault"
    __table_args__ = (Index("ix_police_notification_fault_import", "import_id", "row"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    import_id: UUID = kept("The file.", foreign_key="police_notification_import.id")
    row: int = kept("The row, as a spreadsheet counts them.")
    column: str | None = kept("The column, by its name.")
    code: str = kept("The kind of fault.")
    message: str = kept("What to do; never what the row says.")


class PoliceNotificationRow(SQLModel, table=True):
    """What a police notification tells beyond the contact that it is. Append-only."""

    __tablename__ = "police_notification"
    __table_args__ = (
        Index("ux_police_notification_contact", "contact_id", unique=True),
        Index("ux_police_notification_incident", "organisation_id", "incident_number", unique=True),
        partial_index("ix_police_notification_import", "import_id", where="import_id IS NOT NULL"),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact that it is.", foreign_key="contact.id")
    organisation_id: str = kept("The police force.")
    incident_number: str = kept("The force's own number.", Sensitivity.personal)
    incident_at: datetime = kept("When it happened.", Sensitivity.sensitive, type_=INSTANT)
    risk: str = kept("standard, medium, high.", Sensitivity.sensitive)
    children_present: str = kept("yes, no, not_known.", Sensitivity.sensitive)
    meeting_on: date = kept("London day of the daily meeting that it waits for first.")
    import_id: UUID | None = kept(
        "The file that it came in.", foreign_key="police_notification_import.id"
    )
    told_digests: dict[str, str] | None = kept(
        "By which it is known again whether the same is told once more.",
        Sensitivity.sensitive,
        type_=DOCUMENT,
    )


class PoliceUpdateRow(SQLModel, table=True):
    """What the police sent later of an incident: something else, or that it was sent in error."""

    __tablename__ = "police_notification_update"
    __table_args__ = (
        Index("ix_police_notification_update_notification", "notification_id", "id"),
        partial_index(
            "ix_police_notification_update_unread", "contact_id", where="unread_since IS NOT NULL"
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    notification_id: UUID = kept("The notification.", foreign_key="police_notification.id")
    contact_id: UUID = kept("The contact that it is.", foreign_key="contact.id")
    kind: str = kept("sent_again, withdrawn.")
    received_at: datetime = kept("When it was sent.", type_=INSTANT)
    recorded_by: UUID = kept("Account that sent it.", foreign_key="account.id")
    risk: str | None = kept("standard, medium, high.", Sensitivity.sensitive)
    changed: list[str] = kept("What differs from what was told before.", type_=DOCUMENT)
    told: dict[str, object] | None = kept(
        "All that was sent.", Sensitivity.sensitive, type_=DOCUMENT
    )
    told_digests: dict[str, str] | None = kept(
        "By which it is known again whether the same is told once more.",
        Sensitivity.sensitive,
        type_=DOCUMENT,
    )
    because: str | None = kept("Why it was withdrawn.", Sensitivity.sensitive)
    import_id: UUID | None = kept(
        "The file that it came in.", foreign_key="police_notification_import.id"
    )
    unread_since: datetime | None = kept(
        "Since when nobody has read it; empty once somebody has.", type_=INSTANT
    )
    read_at: datetime | None = kept("When somebody read it.", type_=INSTANT)
    read_by: UUID | None = kept("Who read it.", foreign_key="account.id")
    reading_words: str | None = kept("What follows from it.", Sensitivity.sensitive)
