"""Puts the year and the desk of today on the desk, each story at its own time."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from frontdoor.demonstration.calls import schedule
from frontdoor.demonstration.caseload import Caseload
from frontdoor.demonstration.children import MissingChildren
from frontdoor.demonstration.desk import Desk
from frontdoor.demonstration.enquiries import in_working_hours
from frontdoor.demonstration.families import Family, NhsNumbers
from frontdoor.demonstration.plans import Plan
from frontdoor.demonstration.police import (
    LOADED_INCIDENTS,
    force_of,
    send_faulty_file,
    send_file,
    send_more,
)
from frontdoor.demonstration.protection import Protection
from frontdoor.demonstration.scripts import CHANGED_DECISIONS, DISPUTES, DOWNS, UPS, deck
from frontdoor.demonstration.stories import Scripts, Story, Year
from frontdoor.demonstration.targets import CONFERENCES, Slots
from frontdoor.demonstration.today import notified, plans_of_today
from frontdoor.demonstration.towns import Town
from frontdoor.demonstration.years import plans_before, plans_of, quiet_plans
from service.bootstrap import Work
from service.domain.decisions import Outcome

ONE_IN_TYPED_TWICE: Final = 90
"""Of so many contacts of the year one is typed in once more, and that is withdrawn."""


def prepare(desk: Desk, year: int, mark: str, now: datetime) -> int:
    """Puts the year and the live desk on the desk. Returns how many contacts there will be."""
    schools = tuple(one.name for one in desk.policy.organisations if one.kind == "school")
    numbers = NhsNumbers()
    sent = {code for one in desk.policy.organisations for code in one.source_codes}

    chance = random.Random(f"front door {year}")  # noqa: S311 - invented data, the same each time
    plans = [*plans_before(chance, year), *plans_of(chance, year)]
    first = next(place for place, plan in enumerate(plans) if plan.source_code in sent)
    plans[first] = replace(plans[first], by_partner=True, sender_reference=mark)
    town = Town(chance, numbers, schools)
    scripts = Scripts(*(deck(chance, one) for one in (UPS, DOWNS, DISPUTES, CHANGED_DECISIONS)))
    conferences = Slots(
        chance, year, CONFERENCES, first_day=12, suits=partial(in_working_hours, desk.policy)
    )
    protection = Protection(desk, chance, conferences)
    missing = MissingChildren(desk, chance, year)
    shared = Year(town, scripts, Caseload(desk, chance, year), missing)
    stories: list[Story] = []
    for place, plan in enumerate(plans):
        twice = place % ONE_IN_TYPED_TWICE == 0
        stories.append(Story(desk, chance, plan, None, protection, shared, twice=twice))

    # A chance of their own: what else happens in the year does not hang on them.
    chance = random.Random(f"quiet {year}")  # noqa: S311 - invented data, the same each time
    town = Town(chance, numbers, schools)
    for plan in quiet_plans(chance, year):
        stories.append(Story(desk, chance, plan, town.newcomers(plan), protection))

    chance = random.Random("front door today")  # noqa: S311 - invented data, the same each time
    town = Town(chance, numbers, schools)
    back: dict[int, Family] = {}
    protection = Protection(desk, chance)
    force = force_of(desk.policy)
    today = plans_of_today(chance, now)
    if force is not None:
        today += notified(chance, desk.policy, now)
    for plan in today:
        found = town.newcomers(plan) if plan.family is None else back.get(plan.family)
        if found is None:
            found = back[plan.family or 0] = town.newcomers(plan)
        stories.append(Story(desk, chance, plan, found, protection))
    for story in stories:
        schedule(story)
    logged = len(stories) + sum(story.twice for story in stories)
    if force is None:
        return logged
    _send_files(desk, chance, force, town, now)
    return logged + LOADED_INCIDENTS


def _send_files(desk: Desk, chance: random.Random, force: str, town: Town, now: datetime) -> None:
    """Has the police send two files this morning, one refused, one loaded; and more of that one."""
    plan = Plan(now, now, Outcome.referral, "6")
    families = [town.newcomers(plan) for _ in range(LOADED_INCIDENTS)]

    async def refused(work: Work) -> None:
        await send_faulty_file(work, desk, chance, force, families)

    async def loaded(work: Work) -> None:
        await send_file(work, desk, chance, force, families)
        desk.logged += LOADED_INCIDENTS

    desk.at(now - timedelta(hours=2.6), refused)
    loaded_at = now - timedelta(hours=1.8)
    desk.at(loaded_at, loaded)
    send_more(desk, force, loaded_at)
