"""Files of police notifications: taken in hand, and moved."""

from typing import Any

from service.domain.police_notifications import (
    NOTIFICATION_IMPORT,
    ImportAction,
    ImportState,
    NotificationImport,
)
from service.domain_services.lives import Moves
from service.persistence.repositories import police_notifications
from service.persistence.units_of_work import Work

FILES: Moves[NotificationImport] = Moves(NOTIFICATION_IMPORT)


async def claim_file(work: Work) -> NotificationImport | None:
    """Takes a file in hand that nobody works on, the oldest first; None when there is none.

    One whose worker has been silent for too long is taken over and begun anew: nothing of it was
    loaded, for it is loaded as one. Raises Stale when another worker was quicker.
    """
    found = await police_notifications.next_in_no_hand(work)
    if found is None:
        return None
    first = found.state is ImportState.received
    action = ImportAction.check if first else ImportAction.take_over
    return await move_import(work, found, action, rows_checked=0)


async def move_import(
    work: Work, found: NotificationImport, action: ImportAction, **values: Any
) -> NotificationImport:
    """Moves a file that is in hand. Raises Stale when it was taken over meanwhile."""
    values.setdefault("claimed_at", work.now)
    return await FILES.move(work, None, found, action, **values)
