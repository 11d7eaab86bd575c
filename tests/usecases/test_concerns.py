"""Repeat concern on file: whom it counts, what raises a flag, and what amendments change."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.bootstrap import House, Work
from service.domain.access import Caller, Role
from service.domain.concern_strips import ConcernStrip
from service.domain.concerns import ConcernCounts, Relation
from service.domain.contacts import Channel
from service.domain.deadlines import Deadline, Rating
from service.domain.decisions import Outcome
from service.domain.flags import Severity
from service.domain.new_contacts import NewAdult, NewChild, NewContact
from service.domain.people import YesNo
from service.domain.whole_contacts import WholeContact
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.contacts import (
    log_contact,
    read_contact,
    read_repeat_concern,
    triage_contact,
)
from service.usecases.flags import sweep
from service.usecases.multi_agency_referrals import submit_multi_agency_referral
from tests.support.cases import decide_and_sign
from tests.support.clocks import FixedClock
from tests.support.days import AUTUMN_FRIDAY
from tests.support.houses import caller, open_house
from tests.support.matches import decide_apart
from tests.support.situations import new_decision
from tests.support.standing_flags import each_flag

NHS, OTHER_NHS = "9434765919", "9434765870"
ADA = NewChild(given_name="Ada", nhs_number=NHS)
MOTHER = NewAdult(given_name="Ngozi", family_name="Okafor", date_of_birth=date(1990, 1, 2))
HOME = {"address": "12 Weir Street", "postcode": "ZZ99 3CZ"}


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, FixedClock(AUTUMN_FRIDAY), tmp_path) as opened:
        yield opened


@pytest.fixture
async def worker(house: House) -> Caller:
    return await caller(house, Role.mash_worker)


def told(*children: NewChild, **changes: Any) -> NewContact:
    plain = NewContact(
        concern="He came to school without shoes again.",
        source_code="2A",
        channel=Channel.telephone,
        children=children or (ADA,),
        referrer_name="Priya Shah",
    )
    return replace(plain, **changes)


async def log(house: House, worker: Caller, *children: NewChild, **changes: Any) -> WholeContact:
    return await house.perform(lambda work: log_contact(work, worker, told(*children, **changes)))


async def log_ago(
    house: House, worker: Caller, days: float, *children: NewChild, **changes: Any
) -> WholeContact:
    return await log(
        house, worker, *children, received_at=AUTUMN_FRIDAY - timedelta(days=days), **changes
    )


async def amend(house: House, worker: Caller, file: WholeContact, **changes: Any) -> WholeContact:
    now = await house.ask(lambda ask: read_contact(ask, worker, file.contact.id))
    return await house.perform(
        lambda work: amend_contact(
            work,
            worker,
            file.contact.id,
            now.contact.version,
            ContactChanges("They rang back.", **changes),
        )
    )


async def strip(house: House, who: Caller, file: WholeContact) -> ConcernStrip:
    return await house.ask(
        lambda ask: read_repeat_concern(
            ask, who, file.contact.id, policy=house.policy, now=house.clock()
        )
    )


def numbers(counts: ConcernCounts) -> dict[str, tuple[int, int, int]]:
    """The windows of each relation that counts anything."""
    return {
        str(name): (one.in_short_days, one.in_long_days, one.in_months)
        for name in (*Relation, "all")
        if (one := getattr(counts, name)).in_months
    }


def at_receipt(file: WholeContact, place: int = 0) -> dict[str, tuple[int, int, int]]:
    assert file.repeat_concern is not None
    return numbers(file.repeat_concern.children[place].counts)


def clocks(file: WholeContact) -> list[Deadline]:
    return [one for one in file.deadlines if one.kind == "repeat_concern"]


async def running(house: House, worker: Caller, file: WholeContact) -> list[Deadline]:
    found = await house.ask(lambda ask: read_contact(ask, worker, file.contact.id))
    return [one for one in clocks(found) if one.stopped_at is None]


async def test_a_first_contact_counts_nothing_and_starts_no_clock(
    house: House, worker: Caller
) -> None:
    file = await log(house, worker, **HOME, adults=[MOTHER])
    assert at_receipt(file) == {}
    assert clocks(file) == []
    seen = await strip(house, worker, file)
    [ada] = seen.children
    assert (numbers(ada.counts), ada.earlier, seen.raised_by) == ({}, [], [])
    assert (ada.re_referral, ada.last_known_team_id, ada.open_case) == (False, None, None)


async def test_the_child_the_siblings_the_household_and_the_home_are_counted_apart(
    house: House, worker: Caller
) -> None:
    ben = NewChild(given_name="Ben", nhs_number=OTHER_NHS)
    await log_ago(house, worker, 3, ADA)
    await log_ago(house, worker, 20, ADA, ben)
    await log_ago(house, worker, 200, ben)
    await log_ago(house, worker, 25, NewChild(given_name="Cem"), adults=[MOTHER])
    elsewhere = replace(MOTHER, in_household=YesNo.no)
    await log_ago(house, worker, 2, NewChild(given_name="Dee"), adults=[elsewhere])
    await log_ago(
        house, worker, 1, NewChild(given_name="Eve"), address="12 weir street", postcode="ZZ993CZ"
    )
    await log_ago(house, worker, 400, ADA)
    file = await log(house, worker, ADA, **HOME, adults=[MOTHER])
    wanted = {
        "child": (1, 2, 2),
        "sibling": (0, 1, 2),
        "household": (0, 1, 1),
        "address": (1, 1, 1),
        "all": (2, 4, 5),
    }
    assert at_receipt(file) == wanted
    [ada] = (await strip(house, worker, file)).children
    assert numbers(ada.counts) == wanted
    ways = [one.related.relations for one in ada.earlier]
    assert ways == [
        (Relation.address,),
        (Relation.child,),
        (Relation.child, Relation.sibling),
        (Relation.household,),
        (Relation.sibling,),
    ]


async def test_children_on_one_contact_are_siblings_from_the_moment_that_it_is_logged(
    house: House, worker: Caller
) -> None:
    await log_ago(house, worker, 3, ADA)
    file = await log(house, worker, ADA, NewChild(given_name="Ben"))
    assert at_receipt(file, 0) == {"child": (1, 1, 1), "all": (1, 1, 1)}
    assert at_receipt(file, 1) == {"sibling": (1, 1, 1), "all": (1, 1, 1)}
    seen = await strip(house, worker, file)
    assert [numbers(one.counts) for one in seen.children] == [
        at_receipt(file, place) for place in (0, 1)
    ]


async def test_who_may_be_the_same_child_is_counted_apart(house: House, worker: Caller) -> None:
    born = date(2018, 4, 9)
    known = NewChild(given_name="Ada", family_name="Okafor", date_of_birth=born)
    await log_ago(house, worker, 3, known)
    await log_ago(house, worker, 3, replace(known, date_of_birth=date(2012, 11, 20)))
    await log_ago(house, worker, 3, replace(known, given_name="Bea"))
    shouted = replace(known, given_name="ADA", family_name="okafor", nhs_number=NHS)
    file = await log(house, worker, shouted)
    assert at_receipt(file) == {"possibly_same_child": (1, 1, 1), "all": (1, 1, 1)}
    [ada] = (await strip(house, worker, file)).children
    assert [one.related.relations for one in ada.earlier] == [(Relation.possibly_same_child,)]


@pytest.mark.parametrize(
    ("now", "earlier", "wanted"),
    [
        ("2026-10-23T15:00", "2026-10-16T15:00:00", (0, 1, 1)),
        ("2026-10-23T15:00", "2026-10-16T15:00:01", (1, 1, 1)),
        ("2026-10-23T15:00", "2026-09-23T15:00:00", (0, 0, 1)),
        ("2026-10-23T15:00", "2026-09-23T15:00:01", (0, 1, 1)),
        ("2026-10-23T15:00", "2025-10-23T15:00:00", None),
        ("2026-10-23T15:00", "2025-10-23T15:00:01", (0, 0, 1)),
        ("2028-02-29T12:00", "2027-02-28T12:00:00", None),
        ("2028-02-29T12:00", "2027-02-28T12:00:01", (0, 0, 1)),
        ("2029-02-28T12:00", "2028-02-28T12:00:01", (0, 0, 1)),
        ("2029-02-28T12:00", "2028-02-29T12:00:00", (0, 0, 1)),
        # Over the end of summer time: the same hour in London a week before.
        ("2026-10-30T15:00", "2026-10-23T14:00:00", (0, 1, 1)),
        ("2026-10-30T15:00", "2026-10-23T14:00:01", (1, 1, 1)),
    ],
)
async def test_each_window_begins_after_its_very_beginning(
    database_url: str, tmp_path: Path, now: str, earlier: str, wanted: tuple[int, int, int] | None
) -> None:
    at = datetime.fromisoformat(f"{now}:00+00:00")
    async with open_house(database_url, FixedClock(at), tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        received_at = datetime.fromisoformat(f"{earlier}+00:00")
        await log(house, worker, ADA, received_at=received_at)
        file = await log(house, worker, ADA)
        [ada] = (await strip(house, worker, file)).children
    assert at_receipt(file).get("child") == wanted
    assert numbers(ada.counts).get("child") == wanted


async def test_a_second_concern_of_somebody_else_warns_at_once_until_every_child_is_decided(
    house: House, worker: Caller
) -> None:
    await log_ago(house, worker, 6, ADA)
    second = await log_ago(house, worker, 0.25, ADA, referrer_name="Jo Mensah")
    [clock] = clocks(second)
    assert (clock.subject_id, clock.started_at) == (second.contact.id, second.contact.received_at)
    assert clock.warn_at == clock.started_at
    assert second.repeat_concern is not None
    assert len(second.repeat_concern.raised_by) == 1
    await sweep(house)
    manager = await caller(house, Role.mash_manager)
    raised = [one for one in await each_flag(house, manager) if one.kind == "repeat_concern"]
    assert [(one.contact_id, one.severity) for one in raised] == [
        (second.contact.id, Severity.warning)
    ]
    with pytest.raises(Exception, match="leaves something out"):
        await decide_and_sign(house, second)
    assert len(await running(house, worker, second)) == 1


@pytest.fixture
async def at_once(house: House, worker: Caller) -> list[WholeContact]:
    """Two contacts of two people about one child, neither committed when the other looked."""
    child = NewChild(given_name="Ada", family_name="Obi", date_of_birth=date(2018, 4, 9))
    found: list[WholeContact] = []

    async def log_both(work: Work) -> WholeContact:
        first = await log_contact(work, worker, told(child))
        found.append(await log(house, worker, child, referrer_name="Jo Mensah"))
        return first

    return [await house.perform(log_both), *found]


async def rate(house: House, worker: Caller, file: WholeContact) -> WholeContact:
    return await house.perform(
        lambda work: triage_contact(work, worker, file.contact.id, 1, Rating.amber, None)
    )


async def test_two_concerns_of_the_same_instant_are_found_when_either_is_rated_and_once(
    house: House, worker: Caller, at_once: list[WholeContact]
) -> None:
    first, second = at_once
    assert [clocks(first), clocks(second)] == [[], []]
    [clock] = clocks(await rate(house, worker, first))
    assert (clock.subject_id, clock.started_at) == (first.contact.id, first.contact.received_at)
    assert clocks(await rate(house, worker, second)) == []


async def test_two_concerns_of_the_same_instant_are_found_when_a_decision_is_drafted(
    house: House, worker: Caller, at_once: list[WholeContact]
) -> None:
    child_id = at_once[1].children[0].id
    new = new_decision(house, child_id, Outcome.no_further_action)
    await house.perform(lambda work: decide_apart(work, worker, at_once[1].contact.id, new))
    assert [len(await running(house, worker, one)) for one in at_once] == [0, 1]


async def test_a_first_concern_is_not_flagged_beside_the_second_when_it_is_rated(
    house: House, worker: Caller
) -> None:
    first = await log_ago(house, worker, 2, ADA)
    second = await log(house, worker, ADA, referrer_name="Jo Mensah")
    assert len(clocks(second)) == 1
    assert clocks(await rate(house, worker, first)) == []


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({"referrer_name": "Jo Mensah"}, True),
        ({}, False),
        ({"referrer_name": "priya  SHAH", "referrer_role": "Aunt"}, False),
        ({"referrer_name": None, "referrer_role": "Teacher"}, True),
        ({"source_code": "9", "referrer_name": None}, True),
    ],
    ids=["somebody else", "the same person", "the same name", "not known", "anonymous"],
)
async def test_a_concern_of_the_same_person_twice_raises_no_flag(
    house: House, worker: Caller, changes: dict[str, Any], flagged: bool
) -> None:
    await log_ago(house, worker, 2, ADA)
    assert bool(clocks(await log(house, worker, ADA, **changes))) is flagged


@pytest.mark.parametrize(
    ("apart", "flagged"), [(timedelta(days=7), False), (timedelta(days=7, seconds=-1), True)]
)
async def test_what_is_logged_late_is_as_near_as_what_is_logged_at_once(
    house: House, worker: Caller, apart: timedelta, flagged: bool
) -> None:
    await log(house, worker, ADA)
    late = await log(
        house, worker, ADA, received_at=AUTUMN_FRIDAY - apart, referrer_name="Jo Mensah"
    )
    assert bool(clocks(late)) is flagged


async def test_a_concern_about_a_sibling_or_who_may_be_the_same_child_raises_a_flag(
    house: House, worker: Caller
) -> None:
    ben = NewChild(given_name="Ben", nhs_number=OTHER_NHS)
    await log_ago(house, worker, 100, ADA, ben)
    await log_ago(house, worker, 2, ben)
    assert clocks(await log(house, worker, ADA, referrer_name="Jo Mensah"))
    told_of = NewChild(given_name="Cem", family_name="Ak", date_of_birth=date(2018, 4, 9))
    await log_ago(house, worker, 2, told_of)
    assert clocks(await log(house, worker, told_of, referrer_name="Jo Mensah"))


async def test_a_shared_home_or_household_alone_raises_no_flag(
    house: House, worker: Caller
) -> None:
    await log_ago(house, worker, 2, NewChild(given_name="Cem"), **HOME, adults=[MOTHER])
    file = await log(house, worker, ADA, referrer_name="Jo Mensah", **HOME, adults=[MOTHER])
    assert at_receipt(file)["household"] == at_receipt(file)["address"] == (1, 1, 1)
    assert clocks(file) == []


async def test_a_partners_contact_starts_the_clock_and_tells_the_partner_nothing(
    house: House, worker: Caller
) -> None:
    await log_ago(house, worker, 2, ADA)
    partner = await caller(house, Role.partner_system, organisation="riverbourne-police")
    new = told(ADA, source_code="6", referrer_name=None, channel=Channel.partner_system)
    sent = await house.perform(lambda work: submit_multi_agency_referral(work, partner, new))
    assert sent.repeat_concern is None
    assert len(await running(house, worker, sent)) == 1


async def test_the_clock_follows_an_amended_time_and_ends_when_there_was_no_second_concern(
    house: House, worker: Caller
) -> None:
    await log_ago(house, worker, 2, ADA)
    second = await log(house, worker, ADA, referrer_name="Jo Mensah")
    moved = await amend(
        house, worker, second, fields={"received_at": AUTUMN_FRIDAY - timedelta(days=1)}
    )
    [clock] = await running(house, worker, moved)
    assert clock.started_at == AUTUMN_FRIDAY - timedelta(days=1)
    stopped = [one for one in clocks(moved) if one.stopped_at is not None]
    assert [one.stopped_because for one in stopped] == ["received_at_amended"]
    same = await amend(house, worker, second, fields={"referrer_name": "Priya Shah"})
    assert await running(house, worker, same) == []
    assert {one.stopped_because for one in clocks(same)} == {
        "received_at_amended",
        "no_second_concern",
    }


async def test_a_child_who_is_linked_later_brings_the_second_concern_to_light_once(
    house: House, worker: Caller
) -> None:
    first = await log_ago(house, worker, 2, ADA)
    second = await log(house, worker, NewChild(given_name="Ada"), referrer_name="Jo Mensah")
    assert clocks(second) == []
    link: dict[UUID, dict[str, Any]] = {
        second.children[0].id: {"person_id": first.children[0].person_id}
    }
    await amend(house, worker, second, children=link)
    assert len(await running(house, worker, second)) == 1
    await amend(house, worker, second, fields={"concern": "He was hungry, too."})
    assert len(await running(house, worker, second)) == 1
    # The other one is not told of it a second time when something else on it is put right.
    await amend(house, worker, first, fields={"concern": "He came without a coat."})
    assert await running(house, worker, first) == []


async def test_what_is_amended_is_known_by_what_it_says_now(house: House, worker: Caller) -> None:
    first = await log_ago(house, worker, 20, **HOME, adults=[MOTHER])
    cem = NewChild(given_name="Cem")
    await amend(
        house,
        worker,
        first,
        fields={"address": "14 Weir Street"},
        adults={first.adults[0].id: {"date_of_birth": date(1991, 1, 2)}},
    )
    file = await log(house, worker, cem, **HOME, adults=[MOTHER])
    assert at_receipt(file) == {}
    there = {**HOME, "address": "14 weir street"}
    younger = replace(MOTHER, date_of_birth=date(1991, 1, 2))
    again = at_receipt(await log(house, worker, NewChild(given_name="Dee"), **there))
    assert again["address"] == (0, 1, 1)
    moved = at_receipt(await log(house, worker, NewChild(given_name="Eve"), adults=[younger]))
    assert moved["household"] == (0, 1, 1)


async def test_who_sees_no_more_than_their_own_side_is_shown_no_more(
    house: House, worker: Caller
) -> None:
    await log_ago(house, worker, 20, ADA)
    file = await log(house, worker, ADA)
    early_help = await caller(house, Role.early_help_worker)
    with pytest.raises(Exception, match="no contact"):
        await strip(house, early_help, file)
    auditor = await caller(house, Role.qa_auditor)
    [ada] = (await strip(house, auditor, file)).children
    assert numbers(ada.counts)["child"] == (0, 1, 1)
