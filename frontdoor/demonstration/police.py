"""Police notifications of today in the demonstration data: the daily meeting, files, updates."""

import csv
import io
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar

from frontdoor.demonstration.desk import Desk
from frontdoor.demonstration.families import Family
from frontdoor.demonstration.narratives import RISK
from service.bootstrap import Asking, Work
from service.clock import Clock
from service.domain.authority import AgencyKind
from service.domain.calendar import LONDON, london_date
from service.domain.contacts import AgreementState, Child, LawfulBasis
from service.domain.deadlines import Rating
from service.domain.new_contacts import NewContact
from service.domain.people import YesNo
from service.domain.police_notifications import NewNotification, PoliceNotification, Risk
from service.domain.police_updates import on_record
from service.integrations.police_files import COLUMNS
from service.persistence.repositories import contacts, police_notifications
from service.policy import Policy
from service.usecases.daily_meetings import carry_item_over, read_daily_meeting
from service.usecases.notification_loading import load_notifications
from service.usecases.police_imports import submit_notification_file
from service.usecases.police_notifications import TakenNotification, submit_police_notification
from service.usecases.police_updates import read_police_updates, withdraw_police_notification

Found = TypeVar("Found")

LOADED_INCIDENTS: Final = 4
"""How many notifications come of the file that is loaded."""

_MOST_ITEMS: Final = 200


def force_of(policy: Policy) -> str | None:
    """The police force of the policy, the first of several."""
    return next((one.id for one in policy.organisations if one.kind is AgencyKind.police), None)


def cut_off(policy: Policy, day: date) -> datetime:
    """When the agenda of a day closes, or would close."""
    closes: time = policy.daily_meetings.cut_off
    return datetime.combine(day, closes, LONDON)


_RISK: Final = {Rating.red: Risk.high, Rating.amber: Risk.medium, Rating.green: Risk.standard}


async def notify(
    work: Work,
    desk: Desk,
    chance: random.Random,
    force: str,
    new: NewContact,
    rating: Rating | None,
) -> TakenNotification:
    """Has the police tell of a contact, with the risk that goes with how it will be rated."""
    received_at = new.received_at or work.now
    return await submit_police_notification(
        work,
        desk.people.partners[force],
        NewNotification(
            contact=new,
            incident_number=f"RB/{received_at:%Y%m%d}/{desk.logged:04d}",
            incident_at=received_at - timedelta(hours=chance.uniform(1, 11)),
            risk=chance.choices(list(Risk), (55, 32, 13))[0] if rating is None else _RISK[rating],
            children_present=chance.choices(list(YesNo), (70, 20, 10))[0],
        ),
    )


async def carry_over(work: Work, desk: Desk, contact_children: Sequence[Child]) -> None:
    """Carries the children of a notification over to the next daily meeting."""
    day = london_date(work.now)
    worker = desk.people.workers[0]
    agenda = await read_daily_meeting(
        work, worker, day, now=work.now, policy=desk.policy, limit=_MOST_ITEMS
    )
    ids = {one.id for one in contact_children}
    for line in agenda.items:
        item = line.item
        if item.child_id in ids:
            await carry_item_over(work, worker, day, item.id, item.version, RISK.carried_over[0])


class _InThisWork:
    """A house for a job, all of whose use-cases are part of the one transaction of the load."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.policy = work.policy
        self.clock: Clock = lambda: work.now

    async def ask(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads, in the transaction."""
        return await question(self._work)

    ask_at_length = ask

    async def perform(self, use_case: Callable[[Work], Awaitable[Found]]) -> Found:
        """Carries out one use-case, in the transaction."""
        return await use_case(self._work)


async def send_file(
    work: Work, desk: Desk, chance: random.Random, force: str, families: Sequence[Family]
) -> None:
    """Sends a file of notifications that is loaded, an incident for each family."""
    rows = [
        row
        for number, family in enumerate(families)
        for row in _rows(chance, family, work.now, _number_in_file(work.now, number))
    ]
    await _send(work, desk, force, rows)


async def send_faulty_file(
    work: Work, desk: Desk, chance: random.Random, force: str, families: Sequence[Family]
) -> None:
    """Sends a file that is refused for three faults, each in its row."""
    rows = [
        _rows(chance, family, work.now, f"RB/E{work.now:%m%d}/{number:02d}")[0]
        for number, family in enumerate(families)
    ]
    rows[0]["risk"] = "very high"
    rows[1]["children_present"] = "perhaps"
    rows[2]["incident_number"] = ""
    await _send(work, desk, force, rows)


def send_more(desk: Desk, force: str, loaded_at: datetime) -> None:
    """Has the police send more of the file that was loaded: two incidents again, one taken back.

    One that is told otherwise now waits to be read, with a higher risk; of another it was read.
    """
    incidents = [_number_in_file(loaded_at, number) for number in range(3)]

    async def worse(work: Work) -> None:
        await _send_again(work, desk, force, incidents[0], Risk.high, RISK.told_later[0])

    async def known_better(work: Work) -> None:
        await _send_again(work, desk, force, incidents[1], Risk.standard, RISK.told_later[1])

    async def read(work: Work) -> None:
        contact = await contacts.of_notification(work, await _incident(work, force, incidents[1]))
        worker = desk.people.workers[0]
        await read_police_updates(work, worker, contact.id, contact.version, RISK.update_read)

    async def taken_back(work: Work) -> None:
        found = await _incident(work, force, incidents[2])
        await withdraw_police_notification(
            work, desk.people.partners[force], found.id, RISK.sent_in_error
        )

    for minutes, act in ((25, worse), (30, known_better), (45, read), (60, taken_back)):
        desk.at(loaded_at + timedelta(minutes=minutes), act)


async def _incident(work: Work, force: str, number: str) -> PoliceNotification:
    found = await police_notifications.of_incident(work, force, number)
    if found is None:
        raise LookupError("the file of this morning was not loaded")
    return found


async def _send_again(
    work: Work, desk: Desk, force: str, number: str, risk: Risk, more: str
) -> None:
    """Has the police send an incident again, with another risk and more to say."""
    found = await _incident(work, force, number)
    contact = await contacts.of_notification(work, found)
    children = await contacts.children(work, contact.id)
    before = on_record(found, contact, children, await contacts.adults(work, contact.id))
    told = replace(before.contact, received_at=work.now, concern=f"{before.contact.concern} {more}")
    await submit_police_notification(
        work, desk.people.partners[force], replace(before, risk=risk, contact=told)
    )


def _number_in_file(at: datetime, number: int) -> str:
    return f"RB/F{at:%m%d}/{number:02d}"


async def _send(work: Work, desk: Desk, force: str, rows: Sequence[dict[str, str]]) -> None:
    text = io.StringIO()
    names = [column.name for column in COLUMNS]
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    await submit_notification_file(work, desk.people.partners[force], content, None)
    await load_notifications(_InThisWork(work))


def _rows(
    chance: random.Random, family: Family, now: datetime, incident: str
) -> list[dict[str, str]]:
    """The rows of one incident: one for each child."""
    received_at = now - timedelta(hours=1)
    of_incident = {
        "incident_number": incident,
        "incident_at": (received_at - timedelta(hours=chance.randint(2, 9))).isoformat(),
        "received_at": received_at.isoformat(),
        "risk": chance.choice(list(Risk)),
        "children_present": YesNo.yes,
        "agreement": AgreementState.not_sought,
        "sharing_reason": "Asking at the door might have put the mother at greater risk.",
        "lawful_basis": LawfulBasis.public_task,
        "concern": chance.choice(RISK.incidents),
        "address": family.address,
        "town": family.town,
        "postcode": family.postcode or "",
        "officer_name": "P. Underhay",
        "officer_role": "Response officer",
        "adult_1_relationship": family.adults[0].relationship,
        "adult_1_given_name": family.adults[0].given_name or "",
        "adult_1_family_name": family.adults[0].family_name or "",
    }
    return [
        {
            **of_incident,
            "child_given_name": child.told.given_name or "",
            "child_family_name": child.told.family_name or "",
            "child_date_of_birth": ""
            if child.told.date_of_birth is None
            else child.told.date_of_birth.isoformat(),
            "child_birth_knowledge": child.told.birth_knowledge or "",
            "child_sex": child.told.sex,
            "child_school": child.told.school or "",
        }
        for child in family.children
    ]
