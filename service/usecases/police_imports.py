"""Files of police notifications: taken, and followed while they are checked and loaded."""

import asyncio
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import Channel
from service.domain.police_notifications import (
    NOTIFICATION_IMPORT,
    FileTaking,
    NotificationFile,
    NotificationImport,
    WholeImport,
)
from service.domain_services.police_forces import (
    is_partner,
    police_force_of,
)
from service.integrations.csv_files import text_of
from service.integrations.police_files import (
    count_rows,
)
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.keysets import Place
from service.persistence.repositories import (
    police_notifications,
)
from service.persistence.units_of_work import Work

NotificationImportNotFound = police_notifications.NotificationImportNotFound


async def submit_notification_file(
    work: Work,
    who: Caller,
    content: bytes,
    organisation_id: str | None,
    taking: FileTaking = FileTaking.whole,
) -> NotificationImport:
    """Takes a file of police notifications on: a worker checks it, and loads all of it or nothing.

    Or all incidents without a fault, where the sender asks for that.
    Refused at once when it is no such table at all. Raises NotThePolice, PoliceForceUnknown,
    FileUnreadable and FileTooLong.
    """
    who.require(Permission.submit_police_notification)
    force = police_force_of(who, work.policy, organisation_id)
    # Beside everything else that goes on: a file is large, and looking through it takes a while.
    text, rows_total = await asyncio.to_thread(_looked_through, content)
    made = NotificationImport(
        id=new_id(),
        organisation_id=force.id,
        channel=Channel.partner_system if is_partner(who) else Channel.email,
        state=NOTIFICATION_IMPORT.start,
        submitted_at=work.now,
        submitted_by=who.account_id,
        rows_total=rows_total,
        rows_checked=0,
        notifications_made=0,
        faults_total=0,
        claimed_at=None,
        finished_at=None,
        version=1,
        taking=taking,
    )
    work.add(made, NotificationFile(made.id, text))
    return made


def _looked_through(content: bytes) -> tuple[str, int]:
    text = text_of(content)
    return text, count_rows(text)


async def read_notification_import(ask: Asking, who: Caller, import_id: UUID) -> WholeImport:
    """How far a file has come, and its faults by row. Raises NotificationImportNotFound."""
    who.require(Permission.read_police_imports)
    return await police_notifications.whole_import(
        ask, await police_notifications.get_import(ask, who.sight, import_id)
    )


async def list_notification_imports(
    ask: Asking, who: Caller, *, limit: int, after: Place | None = None
) -> list[NotificationImport]:
    """The files that the caller's own force sent, all of them for MASH; newest first."""
    who.require(Permission.read_police_imports)
    return await police_notifications.LISTED.newest_first(ask, who.sight, limit=limit, after=after)
