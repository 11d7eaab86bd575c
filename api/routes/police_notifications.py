"""Police notifications over HTTP: sent singly or as a file, and followed by the force."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Key, Who, ask, create, house_of, rendered
from api.listings import Listing, Paging
from api.replies import reply, reply_as_shown
from api.requests import FileBody, counts_as, needs, takes_file
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.police_imports import (
    FILE_EXAMPLE,
    FILE_IN_WORDS,
    ImportId,
    NotificationImportSummary,
    PoliceNotificationImport,
)
from api.schemas.police_notifications import (
    ForceId,
    NotificationId,
    PoliceNotificationCreate,
    PoliceNotificationReceipt,
)
from api.schemas.police_updates import PoliceNotificationWithdrawal
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.allowances import Errand
from service.domain.answers import Answer
from service.domain.contact_minimums import MinimumMissing
from service.domain.information_requests import WordsNeeded
from service.domain.new_contacts import (
    ChannelNotYours,
    CodeUnknown,
    Contradictory,
    ReceivedInTheFuture,
    ReceivedTooLongAgo,
)
from service.domain.police_notifications import (
    MOST_BYTES,
    FileTaking,
    FileTooLong,
    FileUnreadable,
    IncidentAhead,
    NotificationImport,
    NotThePolice,
    PoliceForceUnknown,
)
from service.domain.police_updates import AlreadyWithdrawn
from service.usecases import police_imports, police_notifications, police_updates
from service.usecases.police_notifications import TakenNotification

router = APIRouter(prefix="/v1", tags=["police-notifications"], route_class=FrontDoorRoute)

_IMPORTS = Listing(
    "police-notification-imports",
    lambda one: (one.submitted_at, one.id),
    NotificationImportSummary.of,
)
CSV = FileBody("text/csv", MOST_BYTES, FILE_IN_WORDS, FILE_EXAMPLE)


@router.post(
    "/police-notifications",
    status_code=201,
    response_model=PoliceNotificationReceipt,
    responses={
        200: {
            "model": PoliceNotificationReceipt,
            "description": (
                "This incident was sent before: what was taken then, and how often it was told "
                "otherwise since."
            ),
        },
        **problems(
            ChannelNotYours,
            CodeUnknown,
            Contradictory,
            IncidentAhead,
            MinimumMissing,
            NotThePolice,
            PoliceForceUnknown,
            ReceivedInTheFuture,
            ReceivedTooLongAgo,
        ),
    },
)
@counts_as(Errand.urgent)
@needs(Permission.submit_police_notification)
async def submit_police_notification(
    request: Request, who: Who, key: Key, body: PoliceNotificationCreate
) -> Response:
    """Send a police domestic abuse notification.

    It is a contact at the front door at once, and each child on it is heard at a daily
    multi-agency meeting. An incident that was sent before comes back with 200, and no second
    contact is made of it. Told otherwise than before (the risk, the narrative, one more child), it
    is kept as an update, and somebody at the front door reads it; told the same, nothing is kept.
    """
    words = house_of(request).policy.receipt

    def receipt(taken: TakenNotification) -> Answer:
        return rendered(
            PoliceNotificationReceipt.of(taken, words),
            200 if taken.before else 201,
            location=f"/v1/police-notifications/{taken.notification.id}",
        )

    return await create(
        request,
        who,
        key,
        body,
        lambda work: police_notifications.submit_police_notification(work, who, body.told()),
        receipt,
    )


@router.post(
    "/police-notifications/{notification_id}/withdrawal",
    status_code=201,
    response_model=PoliceNotificationReceipt,
    responses=problems(
        AlreadyWithdrawn, WordsNeeded, police_notifications.PoliceNotificationNotFound
    ),
)
@needs(Permission.withdraw_police_notification)
async def withdraw_police_notification(
    request: Request,
    who: Who,
    key: Key,
    notification_id: NotificationId,
    body: PoliceNotificationWithdrawal,
) -> Response:
    """Take back a notification that was sent in error, with the reason.

    Nothing is deleted: the contact that it is says that it was taken back and why, and somebody at
    the front door looks at what follows. An incident that is sent again afterwards stands again.
    """
    words = house_of(request).policy.receipt

    async def withdrawn(work: Work) -> TakenNotification:
        await police_updates.withdraw_police_notification(work, who, notification_id, body.because)
        return await police_notifications.read_police_notification(work, who, notification_id)

    return await create(
        request,
        who,
        key,
        body,
        withdrawn,
        lambda taken: rendered(
            PoliceNotificationReceipt.of(taken, words),
            201,
            location=f"/v1/police-notifications/{notification_id}",
        ),
    )


@router.get(
    "/police-notifications/{notification_id}",
    response_model=PoliceNotificationReceipt,
    responses=problems(police_notifications.PoliceNotificationNotFound),
)
async def read_police_notification(
    request: Request, who: Who, notification_id: NotificationId
) -> Response:
    """Read a police notification: its reference, how far it has come, which meeting hears it."""
    found = await ask(
        request,
        lambda asking: police_notifications.read_police_notification(asking, who, notification_id),
    )
    return reply_as_shown(PoliceNotificationReceipt.of(found, house_of(request).policy.receipt))


def _taken_on(found: NotificationImport) -> Answer:
    return rendered(
        NotificationImportSummary.of(found),
        202,
        location=f"/v1/police-notification-imports/{found.id}",
    )


@router.post(
    "/police-notification-imports",
    status_code=202,
    response_model=NotificationImportSummary,
    responses=problems(FileTooLong, FileUnreadable, NotThePolice, PoliceForceUnknown),
)
@takes_file(CSV)
@needs(Permission.submit_police_notification)
async def submit_notification_file(
    request: Request,
    who: Who,
    key: Key,
    organisation_id: Annotated[
        ForceId | None,
        Query(
            description=(
                "For staff: the police force, where the policy has several. A force's own system "
                "leaves it out."
            ),
            examples=["riverbourne-police"],
        ),
    ] = None,
    taking: Annotated[
        FileTaking,
        Query(
            description=(
                "What is loaded of a file in which a row has a fault: nothing (`whole`), or every "
                "incident all of whose rows are sound (`sound_incidents`)."
            ),
            examples=["sound_incidents"],
        ),
    ] = FileTaking.whole,
) -> Response:
    """Send many police notifications as one file; a worker checks it, and loads all or nothing.

    What is no such table is refused at once. Follow the rest where `Location` says: how many rows
    are checked, and, when there is a fault in any row, all of them by row. Then nothing of the
    file is loaded: put them right and send it again. With `taking=sound_incidents` the incidents
    without a fault are loaded; put the others right, and send the whole file again or those alone:
    what is on file already is known again. An optional fact that cannot be read is no fault: it is
    kept as told, and named by row.
    """
    content = await request.body()
    asked = [organisation_id or "", *([] if taking is FileTaking.whole else [taking])]
    return await create(
        request,
        who,
        key,
        b"%b\n%b" % (" ".join(asked).encode(), content),
        lambda work: police_imports.submit_notification_file(
            work, who, content, organisation_id, taking
        ),
        _taken_on,
    )


@router.get("/police-notification-imports", response_model=Page[NotificationImportSummary])
async def list_notification_imports(
    request: Request,
    who: Who,
    paging: Paging,
) -> Response:
    """List the files that your own force sent, newest first; for MASH, those of all."""
    return await _IMPORTS.page(request, who, paging, police_imports.list_notification_imports)


@router.get(
    "/police-notification-imports/{import_id}",
    response_model=PoliceNotificationImport,
    responses=problems(police_imports.NotificationImportNotFound),
)
async def read_notification_import(request: Request, who: Who, import_id: ImportId) -> Response:
    """Follow a file of police notifications: how far it has come, and its faults by row."""
    found = await ask(
        request,
        lambda asking: police_imports.read_notification_import(asking, who, import_id),
    )
    return reply(PoliceNotificationImport.whole(found), version=found.imported.version)
