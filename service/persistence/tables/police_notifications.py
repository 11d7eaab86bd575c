"""Police notifications, and the files that they come in."""

from sqlalchemy import Index

from service.domain.police_notifications import (
    ImportFault,
    NotificationFile,
    NotificationImport,
    PoliceNotification,
)
from service.domain.police_updates import PoliceUpdate
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

NotificationImportRow = table_for(
    NotificationImport,
    "police_notification_import",
    Index("ix_police_notification_import_submitted", "submitted_at", "id"),
    Index("ix_police_notification_import_organisation", "organisation_id", "submitted_at", "id"),
    partial_index("ix_police_notification_import_unfinished", "id", where="finished_at IS NULL"),
    points_to={
        "submitted_by": "account.id",
    },
    server_defaults={
        "updates_made": "0",
        "sent_before": "0",
        "taking": "whole",
        "incidents_left_out": "0",
        "facts_kept_as_told": "0",
    },
)


NotificationFileRow = table_for(
    NotificationFile,
    "police_notification_file",
    primary_key=("import_id",),
    points_to={
        "import_id": "police_notification_import.id",
    },
)


ImportFaultRow = table_for(
    ImportFault,
    "police_notification_fault",
    Index("ix_police_notification_fault_import", "import_id", "row"),
    points_to={
        "import_id": "police_notification_import.id",
    },
)


PoliceNotificationRow = table_for(
    PoliceNotification,
    "police_notification",
    Index("ux_police_notification_contact", "contact_id", unique=True),
    Index("ux_police_notification_incident", "organisation_id", "incident_number", unique=True),
    partial_index("ix_police_notification_import", "import_id", where="import_id IS NOT NULL"),
    points_to={
        "contact_id": "contact.id",
        "import_id": "police_notification_import.id",
    },
)


PoliceUpdateRow = table_for(
    PoliceUpdate,
    "police_notification_update",
    Index("ix_police_notification_update_notification", "notification_id", "id"),
    partial_index(
        "ix_police_notification_update_unread", "contact_id", where="unread_since IS NOT NULL"
    ),
    points_to={
        "notification_id": "police_notification.id",
        "contact_id": "contact.id",
        "recorded_by": "account.id",
        "import_id": "police_notification_import.id",
        "read_by": "account.id",
    },
)
