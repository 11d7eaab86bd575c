"""A number is one fact among several: it joins nobody against everything else, at no door."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from api.schemas.contacts import Contact
from service.bootstrap import House
from service.domain.access import Caller, Role
from service.domain.contact_warnings import warnings_about
from service.domain.contacts import Channel
from service.domain.decisions import Outcome, StatutoryBasis
from service.domain.events import EventType
from service.domain.new_contacts import NewAdult, NewChild, NewContact
from service.domain.people import Person, Sex
from service.domain.police_notifications import ImportState
from service.domain.possible_matches import MatchSaid
from service.domain.whole_contacts import WholeContact
from service.persistence.repositories import contacts, histories, people
from service.persistence.repositories.events import EVENT
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.contacts import log_contact, read_contact
from service.usecases.decisions import decide, read_decision
from service.usecases.multi_agency_referrals import submit_multi_agency_referral
from service.usecases.sign_offs import sign_off
from tests.support.clocks import FixedClock
from tests.support.days import AUTUMN_FRIDAY
from tests.support.houses import caller, open_house
from tests.support.notifications import FILE_COLUMNS, as_file, load_file, notify, rows
from tests.support.situations import new_decision

NHS, OTHER_NHS, THIRD_NHS = "9434765919", "9434765870", "4505577104"
PUPIL, OTHER_PUPIL = "H801200001001", "B801200001002"
BEN = NewChild(
    given_name="Ben",
    family_name="Vale",
    date_of_birth=date(2012, 1, 31),
    sex=Sex.male,
    nhs_number=NHS,
)
MIA = NewChild(
    given_name="Mia",
    family_name="Oakes",
    date_of_birth=date(2019, 6, 2),
    sex=Sex.female,
    nhs_number=NHS,
)


class Office:
    """A front door with somebody of each role that is needed here."""

    def __init__(self, house: House, worker: Caller, manager: Caller) -> None:
        self.house = house
        self.worker = worker
        self.manager = manager

    async def log(self, *children: NewChild, **changes: Any) -> WholeContact:
        return await self.house.perform(
            lambda work: log_contact(work, self.worker, told(*children, **changes))
        )

    async def send(self, *children: NewChild) -> WholeContact:
        school = await caller(self.house, Role.partner_system, organisation="mill-lane-primary")
        new = told(*children, source_code="2A", channel=Channel.partner_system)
        return await self.house.perform(
            lambda work: submit_multi_agency_referral(work, school, new)
        )

    async def read(self, contact_id: UUID) -> WholeContact:
        return await self.house.ask(lambda ask: read_contact(ask, self.worker, contact_id))

    async def amend(
        self, file: WholeContact, changes: dict[str, object], place: int = 0
    ) -> WholeContact:
        now = await self.read(file.contact.id)
        child_id = file.children[place].id
        asked = ContactChanges("The school rang back.", children={child_id: changes})
        return await self.house.perform(
            lambda work: amend_contact(
                work, self.worker, now.contact.id, now.contact.version, asked
            )
        )

    async def person(self, person_id: UUID) -> Person:
        return (await self.house.ask(lambda ask: people.find(ask, [person_id])))[person_id]

    async def referred(self, file: WholeContact, place: int = 0) -> UUID | None:
        child = file.children[place]
        new = new_decision(self.house, child.id, Outcome.referral)
        draft = await self.house.perform(
            lambda work: decide(work, self.worker, file.contact.id, new)
        )
        await self.house.perform(
            lambda work: sign_off(
                work,
                self.manager,
                draft.id,
                draft.version,
                agreed=True,
                words="I have read the file and the history; this is right.",
            )
        )
        found = await self.house.ask(lambda ask: read_decision(ask, self.worker, draft.id))
        return found.referral_id


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_house(database_url, FixedClock(AUTUMN_FRIDAY), tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        manager = await caller(house, Role.mash_manager)
        yield Office(house, worker, manager)


def told(*children: NewChild, **changes: Any) -> NewContact:
    plain = NewContact(
        concern="The child came to school hungry three days running.",
        source_code="2A",
        channel=Channel.telephone,
        children=children,
        referrer_role="Teacher",
    )
    return replace(plain, **changes)


def warnings_of(file: WholeContact) -> list[tuple[str, str]]:
    return [
        (one.pointer, one.code)
        for one in Contact.of(file).warnings
        if one.code in ("number_of_another_child", "possible_match", "linked_to_another")
    ]


# ---- Joined by nothing against everything else, at every door -----------------------------------


async def by_a_worker(office: Office, child: NewChild) -> UUID:
    return (await office.log(child)).contact.id


async def by_a_partner(office: Office, child: NewChild) -> UUID:
    return (await office.send(child)).contact.id


async def by_the_police(office: Office, child: NewChild) -> UUID:
    taken = await notify(
        office.house,
        "RVB-1",
        given_name=child.given_name,
        family_name=child.family_name,
        date_of_birth=child.date_of_birth,
        sex=child.sex,
        nhs_number=child.nhs_number,
        unique_pupil_number=child.unique_pupil_number,
    )
    return taken.contact.id


async def by_a_file_of_the_police(office: Office, child: NewChild) -> UUID:
    [row] = rows(1)
    row |= {
        "child_given_name": child.given_name or "",
        "child_family_name": child.family_name or "",
        "child_date_of_birth": "" if child.date_of_birth is None else str(child.date_of_birth),
        "child_sex": child.sex.value,
        "child_nhs_number": child.nhs_number or "",
        "child_unique_pupil_number": child.unique_pupil_number or "",
    }
    columns = (*FILE_COLUMNS, "child_unique_pupil_number")
    taken = await load_file(office.house, as_file([row], columns))
    async with office.house.database.reading() as connection:
        state = (
            await connection.execute(text("SELECT state FROM police_notification_import"))
        ).scalar_one()
        assert state == ImportState.loaded, taken
        found = await connection.execute(
            text("SELECT contact_id FROM police_notification ORDER BY id DESC LIMIT 1")
        )
        value = found.scalar_one()
    return value if isinstance(value, UUID) else UUID(value)


DOORS = [by_a_worker, by_a_partner, by_the_police, by_a_file_of_the_police]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("number", ["nhs_number", "unique_pupil_number"])
async def test_a_number_joins_nobody_against_name_birth_and_sex(
    office: Office, door: Any, number: str
) -> None:
    value = {"nhs_number": NHS, "unique_pupil_number": PUPIL}[number]
    ben = replace(BEN, **{"nhs_number": None, number: value})
    mia = replace(MIA, **{"nhs_number": None, number: value})
    his = await office.log(ben)
    referral = await office.referred(his)
    hers = await office.read(await door(office, mia))
    [girl] = hers.children
    assert girl.person_id != his.children[0].person_id
    # Kept as told on her contact, and not of her: it is his until somebody has looked.
    assert (getattr(girl, number), girl.set_aside) == (value, [number])
    assert getattr(await office.person(girl.person_id), number) is None
    assert getattr(await office.person(his.children[0].person_id), number) == value
    assert warnings_of(hers) == [
        (f"/children/0/{number}", "number_of_another_child"),
        ("/children/0", "possible_match"),
    ]
    assert referral is not None


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
async def test_a_number_with_a_slip_in_the_rest_is_of_the_same_child(
    office: Office, door: Any
) -> None:
    his = await office.log(BEN)
    slip = replace(BEN, given_name="Benn", date_of_birth=date(2012, 1, 30))
    again = await office.read(await door(office, slip))
    assert again.children[0].person_id == his.children[0].person_id
    assert (again.children[0].set_aside, warnings_of(again)) == ([], [])


async def test_two_numbers_of_two_children_join_the_one_whose_name_it_is(office: Office) -> None:
    his = await office.log(BEN)
    hers = await office.log(replace(MIA, nhs_number=None, unique_pupil_number=PUPIL))
    mixed = await office.log(replace(MIA, nhs_number=NHS, unique_pupil_number=PUPIL))
    [child] = mixed.children
    assert child.person_id == hers.children[0].person_id != his.children[0].person_id
    assert child.set_aside == ["nhs_number"]


async def test_a_twins_number_does_not_make_her_the_other(office: Office) -> None:
    amina = NewChild(
        given_name="Amina",
        family_name="Noor",
        date_of_birth=date(2019, 6, 2),
        sex=Sex.female,
        nhs_number=NHS,
    )
    amira = replace(amina, given_name="Amira", nhs_number=OTHER_NHS)
    both = await office.log(amina, amira)
    mixed = await office.log(replace(amira, nhs_number=NHS))
    assert mixed.children[0].person_id != both.children[0].person_id
    assert mixed.children[0].set_aside == ["nhs_number"]


async def test_a_partner_learns_nothing_of_whose_the_number_is(office: Office) -> None:
    await office.log(BEN)
    sent = await office.send(MIA)
    assert (sent.possible_matches, sent.repeat_concern) == ((), None)


# ---- Putting it right moves only the child it is about ------------------------------------------


async def joined_by_mistake(office: Office) -> tuple[WholeContact, WholeContact]:
    """A girl who was taken for the boy: by his number, when nothing else was told of her."""
    his = await office.log(replace(BEN, unique_pupil_number=PUPIL))
    hers = await office.log(NewChild(nhs_number=NHS))
    assert hers.children[0].person_id == his.children[0].person_id
    return his, hers


@pytest.mark.parametrize(
    "correction",
    [
        {"nhs_number": OTHER_NHS},
        {"given_name": "Mia", "family_name": "Oakes"},
        {"date_of_birth": date(2019, 6, 2)},
        {"sex": Sex.female},
        {"nhs_number": OTHER_NHS, "given_name": "Mia", "sex": Sex.female},
    ],
    ids=lambda changes: "+".join(changes),
)
async def test_a_correction_moves_only_the_child_it_is_about(
    office: Office, correction: dict[str, object]
) -> None:
    his, hers = await joined_by_mistake(office)
    before = await office.person(his.children[0].person_id)
    after = await office.amend(hers, correction)
    [girl] = after.children
    assert girl.person_id != his.children[0].person_id
    assert await office.person(his.children[0].person_id) == before
    own = await office.person(girl.person_id)
    assert own.nhs_number == correction.get("nhs_number")
    # His next contact is his: by his number, with what was told of him before.
    again = await office.log(BEN)
    assert again.children[0].person_id == his.children[0].person_id
    history = await office.house.ask(
        lambda ask: histories.of_child(
            ask, office.worker.sight, girl.person_id, but=after.contact.id
        )
    )
    assert not history
    of_him = await office.house.ask(
        lambda ask: histories.of_child(
            ask, office.worker.sight, his.children[0].person_id, but=again.contact.id
        )
    )
    assert [one.contact_id for one in of_him.contacts] == [his.contact.id]


async def test_what_a_child_who_leaves_had_told_is_taken_back_and_nothing_else(
    office: Office,
) -> None:
    his = await office.log(replace(BEN, date_of_birth=None, sex=Sex.unknown))
    hers = await office.log(replace(BEN, date_of_birth=date(2019, 6, 2), sex=Sex.female))
    boy = his.children[0].person_id
    assert hers.children[0].person_id == boy
    assert (await office.person(boy)).date_of_birth == date(2019, 6, 2)
    await office.amend(hers, {"given_name": "Mia", "nhs_number": OTHER_NHS})
    now = await office.person(boy)
    assert (now.date_of_birth, now.sex) == (None, Sex.unknown)
    assert (now.given_name, now.family_name, now.nhs_number) == ("Ben", "Vale", NHS)


async def test_a_corrected_number_that_names_another_child_moves_her_there(office: Office) -> None:
    his, hers = await joined_by_mistake(office)
    known = await office.log(replace(MIA, nhs_number=OTHER_NHS))
    after = await office.amend(hers, {"nhs_number": OTHER_NHS})
    assert after.children[0].person_id == known.children[0].person_id
    assert (await office.person(his.children[0].person_id)).nhs_number == NHS


async def test_a_corrected_number_of_somebody_else_is_set_aside(office: Office) -> None:
    his = await office.log(BEN)
    hers = await office.log(replace(MIA, nhs_number=None))
    after = await office.amend(hers, {"nhs_number": NHS})
    [girl] = after.children
    assert girl.person_id == hers.children[0].person_id
    assert girl.set_aside == ["nhs_number"]
    assert (await office.person(his.children[0].person_id)).nhs_number == NHS


async def test_a_slip_put_right_is_put_right_on_the_file(office: Office) -> None:
    his = await office.log(replace(BEN, given_name="Bne", date_of_birth=date(2012, 1, 13)))
    after = await office.amend(his, {"given_name": "Ben", "date_of_birth": date(2012, 1, 31)})
    assert after.children[0].person_id == his.children[0].person_id
    person = await office.person(his.children[0].person_id)
    assert (person.given_name, person.date_of_birth) == ("Ben", date(2012, 1, 31))


async def test_what_another_contact_told_too_stays_when_one_is_put_right(office: Office) -> None:
    his = await office.log(BEN)
    again = await office.log(BEN)
    await office.amend(again, {"given_name": "Benjamin"})
    assert (await office.person(his.children[0].person_id)).given_name == "Ben"


async def test_a_number_given_up_goes_to_the_child_of_whom_it_was_told_and_set_aside(
    office: Office,
) -> None:
    hers = await office.log(MIA)
    his = await office.log(BEN)
    assert his.children[0].set_aside == ["nhs_number"]
    await office.amend(hers, {"nhs_number": OTHER_NHS})
    assert (await office.person(his.children[0].person_id)).nhs_number == NHS
    now = await office.read(his.contact.id)
    assert now.children[0].set_aside == []
    assert (await office.person(hers.children[0].person_id)).nhs_number == OTHER_NHS
    again = await office.log(BEN)
    assert again.children[0].person_id == his.children[0].person_id


async def test_the_move_is_an_event_with_both_records(office: Office) -> None:
    his, hers = await joined_by_mistake(office)
    after = await office.amend(hers, {"given_name": "Mia", "family_name": "Oakes"})
    async with office.house.database.reading() as connection:
        [row] = await connection.execute(
            select(EVENT.c.people, EVENT.c.data).where(
                EVENT.c.type == EventType.contact_child_moved.value
            )
        )
    here, there = after.children[0].person_id, his.children[0].person_id
    assert set(row[0]) == {here, there}
    assert (row[1]["to"], row[1]["was"]) == (str(here), str(there))


async def test_her_referral_is_hers(office: Office) -> None:
    """Rule 9: her decision opens her case, and does not join his."""
    his = await office.log(BEN)
    of_him = await office.referred(his)
    hers = await office.log(replace(MIA, nhs_number=NHS))
    new = new_decision(
        office.house,
        hers.children[0].id,
        Outcome.referral,
        statutory_basis=StatutoryBasis.section_47,
        matches=[another(his.children[0].person_id)],
    )
    draft = await office.house.perform(
        lambda work: decide(work, office.worker, hers.contact.id, new)
    )
    await office.house.perform(
        lambda work: sign_off(
            work,
            office.manager,
            draft.id,
            draft.version,
            agreed=True,
            words="I have read the school's words and agree: she is hurt.",
        )
    )
    found = await office.house.ask(lambda ask: read_decision(ask, office.worker, draft.id))
    assert found.referral_id is not None
    assert found.referral_id != of_him
    assert found.decision.joined_case_id is None


def another(person_id: UUID) -> MatchSaid:
    return MatchSaid(person_id, False, "A girl of seven, and he is fourteen: a number mistyped.")


# ---- One child told of twice, and twins ---------------------------------------------------------


async def test_twins_and_newborns_without_names_are_two_at_every_door(office: Office) -> None:
    unborn = NewChild(family_name="Noor", expected_delivery_on=date(2026, 12, 1))
    newborn = NewChild(family_name="Noor", date_of_birth=date(2026, 10, 20))
    ada = NewChild(given_name="Ada", family_name="Noor", date_of_birth=date(2019, 6, 2))
    for one, other in ((unborn, unborn), (newborn, newborn), (ada, replace(ada, given_name="Ife"))):
        file = await office.log(one, other)
        assert len({child.person_id for child in file.children}) == 2
        sent = await office.send(one, other)
        assert len({child.person_id for child in sent.children}) == 2


async def test_twins_in_a_file_of_the_police_are_two(office: Office) -> None:
    found = rows(2)
    for row in found:
        row |= {
            "child_given_name": "",
            "child_family_name": "Noor",
            "child_date_of_birth": "",
            "child_sex": "",
            "child_nhs_number": "",
            "child_expected_delivery_on": "2026-05-01",
        }
    await load_file(office.house, as_file(found, (*FILE_COLUMNS, "child_expected_delivery_on")))
    async with office.house.database.reading() as connection:
        people_made = await connection.execute(text("SELECT count(*) FROM person"))
        assert people_made.scalar_one() == 2


async def test_a_child_named_twice_on_one_contact_is_said_where_it_stands(office: Office) -> None:
    again = replace(BEN, nhs_number=None, given_name="BÉN")
    whole = await office.log(replace(BEN, nhs_number=None), MIA, again)
    said = warnings_about(whole.contact, whole.children, whole.adults)
    assert [one.pointer for one in said if one.code == "child_told_twice"] == ["/children/2"]


async def test_a_child_on_file_linked_to_somebody_else_is_warned_of(office: Office) -> None:
    his = await office.log(BEN)
    linked = await office.log(
        replace(MIA, nhs_number=None, person_id=his.children[0].person_id),
        adults=[NewAdult(given_name="Sam")],
    )
    assert ("/children/0/person_id", "linked_to_another") in warnings_of(linked)
    stays = await office.read(linked.contact.id)
    assert stays.children[0].person_id == his.children[0].person_id
    assert await office.house.ask(lambda ask: contacts.children(ask, linked.contact.id))
