"""Loads the demonstration data into an empty database: all of it, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import httpx

from frontdoor.demonstration.desk import Desk, People
from frontdoor.demonstration.preparing import prepare
from frontdoor.demonstration.years import YEAR
from frontdoor.faults import Told
from service.bootstrap import House, Work
from service.domain.access import Caller, Role
from service.domain.calendar import london_midnight
from service.domain.whole_contacts import ContactFilters
from service.persistence.repositories import contacts
from service.policy import Policy


class NotLoaded(Told):
    """The demonstration data were not loaded; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it. `contacts` is how many were logged; none when they were already there."""

    already_there: bool
    contacts: int


Progress = Callable[[int, int], None]


class _MovableClock:
    """A clock that stands where the story is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


_NAMED: Final = {
    Role.mash_worker: (
        "Orla Saltmarsh",
        "Benedict Tarnside",
        "Chiamaka Odoriver",
        "Wasim Rainhill",
    ),
    Role.mash_manager: ("Philippa Greywater",),
    Role.head_of_service: ("Marguerite Fellwater",),
    Role.early_help_worker: ("Anneliese Broadfen", "Desmond Kitehill", "Suresh Nadimore"),
    Role.assessment_team_worker: (
        "Gwendolen Stormcroft",
        "Emmanuel Highmere",
        "Tamsin Otterbrook",
        "Zahra Windlesea",
        "Rory Blackwillow",
    ),
}


async def _hire(house: House, policy: Policy) -> People:
    issuer = house.development_issuer
    if issuer is None:
        raise NotLoaded(
            "Demonstration data need the development issuer, which makes the people in them. Set "
            "FRONTDOOR_ENVIRONMENT=development and FRONTDOOR_DEVELOPMENT_ISSUER=true; a service "
            "in use is no place for invented children."
        )

    async def staff(role: Role) -> list[Caller]:
        return [
            await house.caller(issuer.mint(role, name=name))
            for name in (None, *_NAMED.get(role, ()))
        ]

    return People(
        workers=await staff(Role.mash_worker),
        managers=await staff(Role.mash_manager),
        early_help_manager=(await staff(Role.early_help_spoc_manager))[0],
        early_help_workers=await staff(Role.early_help_worker),
        assessment_manager=(await staff(Role.assessment_team_manager))[0],
        assessment_workers=await staff(Role.assessment_team_worker),
        heads=await staff(Role.head_of_service),
        partners={
            one.id: await house.caller(issuer.mint(Role.partner_system, organisation=one.id))
            for one in policy.organisations
        },
    )


async def load(house: House, *, progress: Progress, year: int = YEAR) -> Loaded:
    """Loads a year of demonstration data, and a live desk of today, into an empty database.

    `progress` is told how many contacts have been logged, and how many there will be. All of it
    is committed at the end, or none: after an interruption the database is as empty as before.
    A second load does nothing and says so. Raises NotLoaded where there are other contacts, no
    development issuer, or a year that is not over.
    """
    # Everything happens to the second, what happens now as well.
    now = house.clock().replace(microsecond=0)
    if now < london_midnight(date(year + 1, 2, 15)):
        raise NotLoaded(f"The year {year} and its aftermath are not over. Choose an earlier year.")
    clock = _MovableClock(london_midnight(date(year - 1, 10, 1)))
    async with httpx.AsyncClient(trust_env=False) as http:
        past = House(
            house.settings, policy=house.policy, clock=clock, database=house.database, http=http
        )
        people = await _hire(past, house.policy)
        async with past.work() as work:
            mark = f"demonstration-{year}"
            if await _finished(work, people, mark):
                return Loaded(already_there=True, contacts=0)
            desk = Desk(house.policy, people, now)
            total = prepare(desk, year, mark, now)
            progress(0, total)
            await desk.live_through(work, lambda logged: progress(logged, total))
            await work.commit()
    progress(total, total)
    return Loaded(already_there=False, contacts=desk.logged)


async def _finished(work: Work, people: People, mark: str) -> bool:
    """Whether this load has been done before. Raises NotLoaded when other contacts are there."""
    manager = people.managers[0]
    if await contacts.nothing_on_file(work):
        return False
    for partner in people.partners:
        ours = ContactFilters(sender_organisation_id=partner, sender_reference=mark)
        if await contacts.list_newest_first(work, manager.sight, ours, limit=1):
            return True
    raise NotLoaded(
        "There are contacts in this database already, and demonstration data are never put among "
        "them. Name an empty database in FRONTDOOR_DATABASE_URL, or remove this one and migrate "
        "again."
    )
