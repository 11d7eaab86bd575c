"""The one door: what is carried out once is shown again only to who may still do it."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from service.bootstrap import House, Once, Replayed
from service.domain.access import Caller, Permission, Role, ScopeMissing
from service.domain.answers import Answer, KeyUsedBefore
from service.domain.contacts import Channel
from service.domain.new_contacts import NewChild, NewContact
from service.domain.whole_contacts import WholeContact
from service.usecases.contacts import log_contact
from tests.support.clocks import FixedClock
from tests.support.days import JANUARY_FRIDAY
from tests.support.houses import caller, open_house


def shown(file: WholeContact) -> Answer:
    return Answer(201, {}, file.contact.reference.encode())


async def logged(house: House, who: Caller, key: UUID, *, child: str = "Ada") -> Replayed:
    """A contact, logged once for its key."""
    new = NewContact(
        concern="The child came to nursery hungry three days running.",
        source_code="1A",
        channel=Channel.telephone,
        children=[NewChild(given_name=child)],
        referrer_role="Nursery worker",
    )
    once = Once(str(who.account_id), key, Once.fingerprint_of(child.encode()))
    return await house.perform_once(lambda work: log_contact(work, who, new), shown, once)


async def test_a_kept_answer_is_not_shown_again_to_who_may_not_do_it_any_more(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url, FixedClock(JANUARY_FRIDAY), tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        key = uuid4()
        first = await logged(house, worker, key)
        again = await logged(house, worker, key)
        assert (again.before, again.answer.body) == (True, first.answer.body)
        with pytest.raises(KeyUsedBefore):
            await logged(house, worker, key, child="Ben")
        # The same person, whose application may not ask for it any more.
        no_more = replace(worker, scopes=frozenset())
        assert not no_more.may(Permission.log_contact)
        with pytest.raises(ScopeMissing):
            await logged(house, no_more, key)


async def test_an_answer_is_kept_for_its_own_caller_alone(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url, FixedClock(JANUARY_FRIDAY), tmp_path) as house:
        key = uuid4()
        answers = [
            await logged(house, await caller(house, Role.mash_worker, name=name), key)
            for name in ("Grace", "Hope")
        ]
        assert [one.before for one in answers] == [False, False]
        assert len({one.answer.body for one in answers}) == 2
