"""Police notifications for tests and measurements: bodies, files of any length, and filled days."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from service.bootstrap import House
from service.domain.access import Caller, Role
from service.domain.contacts import AgreementState, Channel
from service.domain.new_contacts import NewChild, NewContact
from service.domain.people import Sex, YesNo
from service.domain.police_notifications import NewNotification, NotificationImport, Risk
from service.usecases.daily_meetings import read_daily_meeting
from service.usecases.notification_loading import load_notifications
from service.usecases.police_imports import submit_notification_file
from service.usecases.police_notifications import TakenNotification, submit_police_notification
from tests.support.builders import Body, child_body
from tests.support.desks import Desk
from tests.support.houses import caller, token

FORCE = "riverbourne-police"
INCIDENT_AT = datetime(2026, 1, 5, 21, 40, tzinfo=UTC)
FILE_COLUMNS = (
    "incident_number",
    "incident_at",
    "risk",
    "children_present",
    "agreement",
    "concern",
    "address",
    "postcode",
    "officer_role",
    "adult_1_relationship",
    "adult_1_given_name",
    "adult_1_family_name",
    "child_given_name",
    "child_family_name",
    "child_date_of_birth",
    "child_sex",
    "child_nhs_number",
)


def notification_body(number: str = "RVB-2026-1", **changes: Any) -> Body:
    """A police notification about one child, as a force's system sends it."""
    return {
        "incident_number": number,
        "incident_at": "2026-10-22T21:40:00Z",
        "risk": "high",
        "children_present": "yes",
        "agreement": {"state": "not_sought", "note": "The mother could not be spoken to alone."},
        "concern": "Officers were called to shouting; the child had been woken by it.",
        "children": [child_body()],
        "adults": [{"relationship": "mother", "given_name": "Ngozi", "family_name": "Okafor"}],
        "officer": {"role": "Domestic abuse unit"},
        **changes,
    }


def nhs_number(serial: int) -> str:
    """A well-formed NHS number for each serial number, and for no two the same one."""
    stem = 400_000_000 + serial * 11
    while True:
        digits = [int(one) for one in f"{stem:09d}"]
        check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits)) % 11
        if check != 10:
            return f"{stem:09d}{0 if check == 11 else check}"
        stem += 1


def rows(count: int, *, first: int = 0, children: int = 2) -> list[dict[str, str]]:
    """Rows of a file: so many, with so many children of each incident, all known by number."""
    found = []
    for place in range(first, first + count):
        incident, child = divmod(place, children)
        found.append(
            {
                "incident_number": f"RVB-{incident:06d}",
                "incident_at": (INCIDENT_AT + timedelta(minutes=incident % 1000)).isoformat(),
                "risk": list(Risk)[incident % 3],
                "children_present": "yes",
                "agreement": "not_sought",
                "concern": f"Officers were called; the children were upstairs, log {incident}.",
                "address": f"{incident % 400} Weir Street",
                "postcode": "ZZ99 3CZ",
                "officer_role": "Domestic abuse unit",
                "adult_1_relationship": "mother",
                "adult_1_given_name": "Ngozi",
                "adult_1_family_name": f"Family{incident}",
                "child_given_name": f"Child{child}",
                "child_family_name": f"Family{incident}",
                "child_date_of_birth": (
                    date(2012, 1, 1) + timedelta(days=place % 4000)
                ).isoformat(),
                "child_sex": "F" if place % 2 else "M",
                "child_nhs_number": nhs_number(place),
            }
        )
    return found


def as_file(found: list[dict[str, str]], columns: tuple[str, ...] = FILE_COLUMNS) -> bytes:
    """Rows as the file that a force sends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue().encode()


def notification_file(count: int, changes: Mapping[int, dict[str, str]] | None = None) -> bytes:
    """A file of so many rows; `changes` by a row's number as a spreadsheet counts them, from 2."""
    found = rows(count)
    for number, values in (changes or {}).items():
        found[number - 2] |= values
    return as_file(found)


def new_notification(
    number: str, *, children: int = 1, received_at: datetime | None = None, **facts: Any
) -> NewNotification:
    """A notification as a use-case takes it; `facts` are the first child's."""
    first: dict[str, Any] = {"given_name": "Amara", "family_name": "Okafor", **facts}
    others = [NewChild(given_name=f"Sibling{place}", sex=Sex.male) for place in range(1, children)]
    return NewNotification(
        contact=NewContact(
            concern="Officers were called to shouting; the child had been woken by it.",
            source_code="",
            channel=Channel.email,
            children=[NewChild(**first), *others],
            received_at=received_at,
            agreement=AgreementState.not_sought,
        ),
        incident_number=number,
        incident_at=INCIDENT_AT if received_at is None else received_at - timedelta(hours=3),
        risk=Risk.high,
        children_present=YesNo.yes,
    )


async def police(house: House) -> Caller:
    """The system of the one police force."""
    return await caller(house, Role.partner_system, organisation=FORCE)


async def notify(house: House, number: str, **told: Any) -> TakenNotification:
    """A notification that the force's system sent."""
    who = await police(house)
    new = new_notification(number, **told)
    return await house.perform(lambda work: submit_police_notification(work, who, new))


async def import_file(house: House, content: bytes) -> NotificationImport:
    """A file that the force's system sent, taken on and not checked yet."""
    who = await police(house)
    return await house.perform(lambda work: submit_notification_file(work, who, content, None))


async def send_file(
    desk: Desk,
    content: bytes,
    *,
    media_type: str = "text/csv",
    key: str | None = None,
    taking: str | None = None,
    **who: Any,
) -> httpx.Response:
    """Sends a file as the force's own system does."""
    bearer = token(desk.house, Role.partner_system, **{"organisation": FORCE, **who})
    sent = {
        "Authorization": f"Bearer {bearer}",
        "Idempotency-Key": key or str(uuid4()),
        "Content-Type": media_type,
    }
    query = {} if taking is None else {"taking": taking}
    path = "/v1/police-notification-imports"
    return await desk.client.post(path, content=content, headers=sent, params=query)


async def load_file(house: House, content: bytes) -> NotificationImport:
    """A file that was taken on and dealt with: what a measurement of an import times."""
    taken = await import_file(house, content)
    await load_notifications(house)
    return taken


async def fill_agenda(house: House, items: int) -> None:
    """So many children on the agenda of the next meeting: what a measurement reads."""
    await load_file(house, notification_file(items))


async def ids_of_a_notification(house: House) -> dict[str, UUID]:
    """The ids of all that hangs on a notification of the force and on a file that it sent."""
    taken = await notify(house, "RVB-2026-77")
    file = await import_file(house, notification_file(2))
    reader = await caller(house, Role.mash_worker)
    agenda = await house.ask(
        lambda ask: read_daily_meeting(
            ask,
            reader,
            taken.notification.meeting_on,
            now=house.clock(),
            policy=house.policy,
            limit=1,
        )
    )
    return {
        "notification": taken.notification.id,
        "notification_contact": taken.contact.id,
        "import": file.id,
        "item": agenda.items[0].item.id,
        "item_child": agenda.items[0].child.id,
    }
