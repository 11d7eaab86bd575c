"""Contacts and the people on file: recognised, corrected, linked, and shown to whom they may be."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from service.bootstrap import House
from service.domain.access import Caller, Role, RoleMissing
from service.domain.contacts import Channel
from service.domain.errors import FrontDoorError, Invalid, Stale
from service.domain.multi_agency_referrals import SentFilters
from service.domain.new_contacts import Contradictory, NewAdult, NewChild, NewContact
from service.domain.people import BirthKnowledge, Person, Sex
from service.domain.recognition import PersonUnknown
from service.domain.whole_contacts import WholeContact
from service.domain_services.possible_matches import matches_as_seen
from service.persistence.repositories import contacts, histories, people
from service.persistence.repositories.events import EVENT
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.contacts import log_contact, read_contact_history, triage_contact
from service.usecases.multi_agency_referrals import (
    OrganisationNotKnownHere,
    check_multi_agency_referral,
    list_multi_agency_referrals,
    read_multi_agency_referral,
    submit_multi_agency_referral,
)
from tests.support.cases import decide_and_sign
from tests.support.clocks import FixedClock
from tests.support.days import AUTUMN_FRIDAY
from tests.support.houses import caller, open_house

NHS, OTHER_NHS = "9434765919", "9434765870"
PUPIL = "H801200001001"


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
        children=children or (NewChild(given_name="Ada", family_name="Okafor"),),
        referrer_role="Teacher",
    )
    return replace(plain, **changes)


async def logged(house: House, worker: Caller, *children: NewChild, **changes: Any) -> WholeContact:
    return await house.perform(lambda work: log_contact(work, worker, told(*children, **changes)))


async def amended(
    house: House, worker: Caller, file: WholeContact, version: int = 1, **changes: Any
) -> WholeContact:
    return await house.perform(
        lambda work: amend_contact(
            work, worker, file.contact.id, version, ContactChanges("They rang back.", **changes)
        )
    )


async def on_file(house: House, person_id: UUID) -> Person:
    return (await house.ask(lambda ask: people.find(ask, [person_id])))[person_id]


def person_ids(file: WholeContact) -> list[UUID]:
    return [child.person_id for child in file.children]


async def test_a_child_is_recognised_by_either_number_and_gaps_on_file_are_filled(
    house: House, worker: Caller
) -> None:
    first = await logged(house, worker, NewChild(given_name="Ada", nhs_number=NHS))
    (ada,) = person_ids(first)
    fuller = NewChild(
        given_name="Adaeze",
        family_name="Okafor",
        date_of_birth=date(2018, 4, 9),
        sex=Sex.female,
        nhs_number=NHS,
        unique_pupil_number=PUPIL,
    )
    assert person_ids(await logged(house, worker, fuller)) == [ada]
    person = await on_file(house, ada)
    assert (person.given_name, person.family_name) == ("Ada", "Okafor")
    assert (person.date_of_birth, person.birth_knowledge) == (
        date(2018, 4, 9),
        BirthKnowledge.known,
    )
    assert (person.sex, person.unique_pupil_number) == (Sex.female, PUPIL)
    # The pupil number was told later, and now names the child by itself.
    by_pupil_number = await logged(house, worker, NewChild(unique_pupil_number=PUPIL))
    assert person_ids(by_pupil_number) == [ada]


async def test_what_others_told_is_not_overwritten_by_another_contact(
    house: House, worker: Caller
) -> None:
    born = NewChild(given_name="Ada", nhs_number=NHS, date_of_birth=date(2018, 4, 9))
    (ada,) = person_ids(await logged(house, worker, born))
    await logged(
        house,
        worker,
        NewChild(given_name="Eve", nhs_number=NHS, date_of_birth=date(2017, 1, 1)),
    )
    person = await on_file(house, ada)
    assert (person.given_name, person.date_of_birth) == ("Ada", date(2018, 4, 9))


async def test_an_unborn_child_on_file_is_born_when_a_later_contact_says_so(
    house: House, worker: Caller
) -> None:
    unborn = NewChild(family_name="Okafor", expected_delivery_on=date(2026, 12, 1))
    (baby,) = person_ids(await logged(house, worker, unborn))
    assert (await on_file(house, baby)).birth_knowledge is BirthKnowledge.unborn
    await logged(house, worker, NewChild(person_id=baby, date_of_birth=date(2026, 10, 20)))
    person = await on_file(house, baby)
    assert (person.birth_knowledge, person.date_of_birth) == (
        BirthKnowledge.known,
        date(2026, 10, 20),
    )
    assert person.expected_delivery_on is None


async def test_a_number_learnt_by_amendment_names_the_child_next_time(
    house: House, worker: Caller
) -> None:
    file = await logged(house, worker)
    after = await amended(house, worker, file, children={file.children[0].id: {"nhs_number": NHS}})
    assert person_ids(after) == person_ids(file)
    again = await logged(house, worker, NewChild(nhs_number=NHS))
    assert person_ids(again) == person_ids(file)


async def test_a_wrong_number_put_right_moves_the_child_to_whom_it_names_and_frees_nobody_else(
    house: House, worker: Caller
) -> None:
    known = await logged(house, worker, NewChild(given_name="Ada", nhs_number=NHS))
    wrong = await logged(house, worker, NewChild(given_name="Ada", nhs_number=OTHER_NHS))
    assert person_ids(known) != person_ids(wrong)
    after = await amended(
        house, worker, wrong, children={wrong.children[0].id: {"nhs_number": NHS}}
    )
    assert person_ids(after) == person_ids(known)
    # Nobody speaks of the mistaken record any more: its number is free for whoever bears it.
    left = await on_file(house, wrong.children[0].person_id)
    assert left.nhs_number is None
    bearer = await logged(house, worker, NewChild(given_name="Eve", nhs_number=OTHER_NHS))
    assert person_ids(bearer)[0] not in {*person_ids(known), left.id}


async def test_a_wrong_number_put_right_to_one_not_on_file_is_corrected_on_the_file(
    house: House, worker: Caller
) -> None:
    file = await logged(house, worker, NewChild(given_name="Ada", nhs_number=OTHER_NHS))
    after = await amended(house, worker, file, children={file.children[0].id: {"nhs_number": NHS}})
    assert person_ids(after) == person_ids(file)
    assert (await on_file(house, file.children[0].person_id)).nhs_number == NHS
    emptied = await amended(
        house, worker, file, 2, children={file.children[0].id: {"nhs_number": None}}
    )
    assert emptied.children[0].nhs_number is None
    assert (await on_file(house, file.children[0].person_id)).nhs_number is None


async def test_a_link_takes_the_number_along(house: House, worker: Caller) -> None:
    nameless = await logged(house, worker, NewChild(given_name="Ada"))
    numbered = await logged(house, worker, NewChild(given_name="Ada", nhs_number=NHS))
    after = await amended(
        house,
        worker,
        numbered,
        children={numbered.children[0].id: {"person_id": nameless.children[0].person_id}},
    )
    assert person_ids(after) == person_ids(nameless)
    third = await logged(house, worker, NewChild(nhs_number=NHS))
    assert person_ids(third) == person_ids(nameless)


async def test_a_number_and_a_link_that_name_different_children_are_refused(
    house: House, worker: Caller
) -> None:
    ada = await logged(house, worker, NewChild(given_name="Ada", nhs_number=NHS))
    eve = await logged(house, worker, NewChild(given_name="Eve", nhs_number=OTHER_NHS))
    with pytest.raises(Invalid) as refusal:
        await logged(
            house,
            worker,
            NewChild(person_id=ada.children[0].person_id, nhs_number=OTHER_NHS),
        )
    assert [(one.pointer, one.code) for one in refusal.value.problems] == [
        ("/children/0/nhs_number", "number_of_another_child")
    ]
    third = await logged(house, worker, NewChild(given_name="Ife"))
    with pytest.raises(Invalid) as refusal:
        await amended(
            house,
            worker,
            third,
            children={
                third.children[0].id: {
                    "person_id": eve.children[0].person_id,
                    "nhs_number": NHS,
                }
            },
        )
    assert [one.code for one in refusal.value.problems] == ["number_of_another_child"]
    assert person_ids(third) == [third.children[0].person_id]


@pytest.mark.parametrize(
    "children",
    [
        (NewChild(nhs_number=NHS), NewChild(nhs_number=NHS)),
        (NewChild(unique_pupil_number=PUPIL), NewChild(unique_pupil_number=PUPIL)),
    ],
)
async def test_one_child_named_twice_is_refused(
    house: House, worker: Caller, children: tuple[NewChild, ...]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await logged(house, worker, *children)
    assert [one.pointer for one in refusal.value.problems] == ["/children/1"]


async def test_a_child_linked_to_nobody_is_refused_where_it_stands(
    house: House, worker: Caller
) -> None:
    with pytest.raises(PersonUnknown) as refusal:
        await logged(house, worker, NewChild(given_name="Ada"), NewChild(person_id=uuid4()))
    assert [one.pointer for one in refusal.value.problems] == ["/children/1/person_id"]


async def test_a_partner_cannot_link_whatever_reaches_the_use_case(house: House) -> None:
    worker = await caller(house, Role.mash_worker)
    ada = await logged(house, worker, NewChild(given_name="Ada"))
    police = await caller(house, Role.partner_system, organisation="riverbourne-police")
    new = told(
        NewChild(given_name="Ada", person_id=ada.children[0].person_id),
        source_code="6",
        channel=Channel.telephone,
        sender_organisation_id="riverbourne-hospital",
        referrer_agency="Riverbourne Hospital",
    )
    file = await house.perform(lambda work: submit_multi_agency_referral(work, police, new))
    assert person_ids(file) != person_ids(ada)
    contact = file.contact
    assert (contact.channel, contact.sender_organisation_id, contact.referrer_agency) == (
        Channel.partner_system,
        "riverbourne-police",
        "Riverbourne Police",
    )


async def test_a_check_keeps_nothing_of_what_was_checked_and_a_worker_may_not_check(
    house: House, worker: Caller
) -> None:
    police = await caller(house, Role.partner_system, organisation="riverbourne-police")
    new = told(source_code="6")
    checked = await house.perform(lambda work: check_multi_agency_referral(work, police, new))
    with pytest.raises(contacts.ContactNotFound):
        await house.ask(
            lambda ask: contacts.get(ask, worker.sight, checked.or_refused().contact.id)
        )
    with pytest.raises(RoleMissing):
        await house.perform(lambda work: check_multi_agency_referral(work, worker, new))
    stranger = await caller(house, Role.partner_system, organisation="nobody-knows")
    with pytest.raises(OrganisationNotKnownHere):
        await house.perform(lambda work: check_multi_agency_referral(work, stranger, new))


async def test_two_roles_do_not_widen_what_is_followed_at_the_partners_door(house: House) -> None:
    police = await caller(house, Role.partner_system, organisation="riverbourne-police")
    hospital = await caller(house, Role.partner_system, organisation="riverbourne-hospital")
    theirs = await house.perform(
        lambda work: submit_multi_agency_referral(work, hospital, told(source_code="3E"))
    )
    both = replace(
        police,
        roles=frozenset({Role.partner_system, Role.mash_manager}),
        scopes=police.scopes | (await caller(house, Role.mash_manager)).scopes,
    )
    assert (
        await house.ask(lambda ask: list_multi_agency_referrals(ask, both, SentFilters(), limit=10))
        == []
    )
    with pytest.raises(contacts.MultiAgencyReferralNotFound):
        await house.ask(lambda ask: read_multi_agency_referral(ask, both, theirs.contact.id))
    nobodys = replace(both, organisation_id=None)
    assert (
        await house.ask(
            lambda ask: list_multi_agency_referrals(ask, nobodys, SentFilters(), limit=10)
        )
        == []
    )


async def test_history_shows_what_the_reader_may_know_and_nothing_else(
    house: House, worker: Caller
) -> None:
    ada = NewChild(
        given_name="Ada",
        family_name="Okafor",
        nhs_number=NHS,
        date_of_birth=date(2018, 4, 9),
    )
    earlier = await logged(house, worker, ada)
    await decide_and_sign(house, earlier)
    double = await logged(house, worker, replace(ada, nhs_number=None))
    now = await logged(house, worker, ada)
    seen = await house.ask(
        lambda ask: read_contact_history(ask, worker, now.contact.id, now=AUTUMN_FRIDAY)
    )
    assert [one.contact_id for one in seen[0].history.contacts] == [earlier.contact.id]
    assert [one.person.id for one in seen[0].possible_matches] == person_ids(double)
    # An early help worker may know of none of these: no early help came of them.
    helper = await caller(house, Role.early_help_worker)
    (child,) = seen
    history = await house.ask(
        lambda ask: histories.of_child(ask, helper.sight, child.child.person_id, but=now.contact.id)
    )
    assert not history
    matches = await house.ask(
        lambda ask: matches_as_seen(
            ask, helper.sight, AUTUMN_FRIDAY, now.contact, [child.child], now.adults
        )
    )
    assert matches == []


async def test_a_contact_holds_no_more_children_than_it_can_show(
    house: House, worker: Caller
) -> None:
    file = await logged(house, worker)
    many = [NewChild(given_name=f"Child {number}") for number in range(99)]
    full = await amended(house, worker, file, new_children=many)
    assert len(full.children) == 100
    with pytest.raises(Invalid) as refusal:
        await amended(house, worker, file, 2, new_children=[NewChild(given_name="One more")])
    assert [one.code for one in refusal.value.problems] == ["too_many"]
    with pytest.raises(Invalid):
        adults = [NewAdult(given_name=f"Adult {number}") for number in range(101)]
        await amended(house, worker, file, 2, new_adults=adults)


async def test_an_amendment_says_in_its_event_whom_it_is_about_and_never_their_names(
    house: House, worker: Caller
) -> None:
    file = await logged(house, worker)
    after = await amended(
        house,
        worker,
        file,
        children={file.children[0].id: {"family_name": "Canary"}},
        new_children=[NewChild(given_name="Canary")],
    )
    async with house.database.reading() as connection:
        rows = (await connection.execute(select(EVENT.c.type, EVENT.c.people, EVENT.c.data))).all()
    assert [row[0] for row in rows] == ["contact.received", "contact.amended"]
    assert set(rows[1][1]) == set(person_ids(after))
    assert "Canary" not in str(rows)


async def test_who_amends_or_rates_what_changed_meanwhile_is_told(
    house: House, worker: Caller
) -> None:
    file = await logged(house, worker)
    await amended(house, worker, file, fields={"town": "Riverbourne"})
    with pytest.raises(Stale) as stale:
        await amended(house, worker, file, fields={"town": "Weir"})
    assert stale.value.version == 2
    with pytest.raises(FrontDoorError):
        await house.perform(
            lambda work: triage_contact(
                work,
                worker,
                file.contact.id,
                1,
                "red",
                None,
            )
        )


async def test_a_contradiction_brought_about_by_an_amendment_is_refused(
    house: House, worker: Caller
) -> None:
    file = await logged(
        house, worker, NewChild(given_name="Ada", date_of_birth=date(2018, 4, 9), sex=Sex.female)
    )
    child_id = file.children[0].id
    with pytest.raises(Contradictory) as refusal:
        await amended(
            house,
            worker,
            file,
            children={child_id: {"expected_delivery_on": date(2026, 12, 1)}},
        )
    assert [one.code for one in refusal.value.problems] == ["born_and_expected"]
    unborn = await amended(
        house,
        worker,
        file,
        children={
            child_id: {
                "birth_knowledge": BirthKnowledge.unborn,
                "expected_delivery_on": date(2026, 12, 1),
            }
        },
    )
    child = unborn.children[0]
    assert (child.date_of_birth, child.sex) == (None, Sex.unknown)
    person = await on_file(house, child.person_id)
    assert (person.birth_knowledge, person.date_of_birth) == (BirthKnowledge.unborn, None)
    assert person.expected_delivery_on == date(2026, 12, 1)
