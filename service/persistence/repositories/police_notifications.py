"""Police notifications, and the files that they come in: each force its own alone."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select

from service.domain.errors import NotFound, Stale
from service.domain.police_notifications import (
    ImportFault,
    ImportState,
    NotificationFile,
    NotificationImport,
    PoliceNotification,
    WholeImport,
)
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Things
from service.persistence.statements import all_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import imports_visible_to, notifications_visible_to

NOTIFICATION = table_of(PoliceNotification)
IMPORT = table_of(NotificationImport)
FILE = table_of(NotificationFile)
FAULT = table_of(ImportFault)

# A worker that has not said for so long that it has a file in hand has died over it.
TAKEN_OVER_AFTER = timedelta(minutes=5)
_AT_ONCE = 500


class PoliceNotificationNotFound(NotFound):
    """No such police notification, or another force's."""

    code = "police_notification_not_found"
    title = "No such police notification"


class NotificationImportNotFound(NotFound):
    """No such file of police notifications, or another force's."""

    code = "police_notification_import_not_found"
    title = "No such file of police notifications"


get = Things(
    PoliceNotification,
    "police notification",
    notifications_visible_to,
    PoliceNotificationNotFound,
).get


async def of_incident(
    ask: Asking, organisation_id: str, incident_number: str
) -> PoliceNotification | None:
    """The notification of an incident that a force sent before."""
    row = await ask.first(
        select(*columns_of(PoliceNotification)).where(
            NOTIFICATION.c.organisation_id == organisation_id,
            NOTIFICATION.c.incident_number == incident_number,
        )
    )
    return None if row is None else read(PoliceNotification, row)


async def on_file(
    ask: Asking, organisation_id: str, incident_numbers: Collection[str]
) -> dict[str, PoliceNotification]:
    """Of these incidents those that a force has sent before, by number; however many they are."""
    numbers = sorted(incident_numbers)
    found: dict[str, PoliceNotification] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        rows = await ask.all(
            select(*columns_of(PoliceNotification)).where(
                NOTIFICATION.c.organisation_id == organisation_id,
                NOTIFICATION.c.incident_number.in_(numbers[start : start + _AT_ONCE]),
            )
        )
        for row in rows:
            one = read(PoliceNotification, row)
            found[one.incident_number] = one
    return found


get_import = Things(
    NotificationImport,
    "file of police notifications",
    imports_visible_to,
    NotificationImportNotFound,
).get


async def whole_import(ask: Asking, found: NotificationImport) -> WholeImport:
    """A file that the caller may see, with the faults that are kept of it, by row."""
    rows = await ask.all(all_of(ImportFault, "import_id", "row", "id"), of=found.id)
    return WholeImport(found, [read(ImportFault, row) for row in rows])


LISTED = Listed(NotificationImport, "submitted_at", imports_visible_to)


async def next_in_no_hand(work: Work) -> NotificationImport | None:
    """The oldest file that nobody works on, or whose worker has been silent for too long; held."""
    row = await work.first(
        select(*columns_of(NotificationImport))
        .where(
            IMPORT.c.finished_at.is_(None),
            or_(
                IMPORT.c.state == ImportState.received,
                and_(
                    IMPORT.c.state.in_([ImportState.checking, ImportState.loading]),
                    IMPORT.c.claimed_at < work.now - TAKEN_OVER_AFTER,
                ),
            ),
        )
        .order_by(IMPORT.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return None if row is None else read(NotificationImport, row)


async def progress(work: Work, found: NotificationImport, rows_checked: int) -> NotificationImport:
    """Says how far a file in hand has been checked. Raises Stale when it was taken over."""
    changed: dict[str, Any] = {"rows_checked": rows_checked, "claimed_at": work.now}
    version = await work.change(NotificationImport, found.id, found.version, **changed)
    return replace(found, version=version, **changed)


async def content_of(ask: Asking, found: NotificationImport) -> str:
    """The text of a file in hand. Raises Stale when another worker has finished it."""
    row = await ask.first(select(FILE.c.content).where(FILE.c.import_id == found.id))
    if row is None:
        raise Stale(found.version)
    return str(row[0])


async def forget_content(work: Work, import_id: UUID) -> None:
    """Takes the text of a finished file away."""
    await work.execute(delete(FILE).where(FILE.c.import_id == import_id))
