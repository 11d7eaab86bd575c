"""A statement made ready for one caller serves the others, and never in the first one's name."""

from collections.abc import Sequence
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg

from service.domain.access import Reach, Sharing, Sight, SightRules
from service.domain.contacts import Adult, Child, Contact
from service.domain.deadlines import Deadline
from service.domain.people import Person
from service.persistence.asking import Asking
from service.persistence.engines import Database
from service.persistence.prepared import (
    Makeable,
    Question,
    Rows,
    Shelf,
    any_of,
    made_once,
    made_ready,
)
from service.persistence.records import read, table_of
from service.persistence.sights import is_theirs, shape_of, values_of
from service.persistence.statements import all_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import contacts_visible_to
from tests.support.cases import ANONYMOUS, log
from tests.support.clocks import FixedClock
from tests.support.days import AUTUMN_FRIDAY
from tests.support.houses import open_house

CONTACT = table_of(Contact)
PERSON = table_of(Person)
ANN = Sight(frozenset({Reach.EARLY_HELP}), account_id=UUID(int=1))
BEN = replace(ANN, account_id=UUID(int=2))
POLICE = Sight(frozenset({Reach.OWN_ORGANISATION}), "riverbourne-police", UUID(int=3))
SCHOOL = Sight(frozenset({Reach.OWN_ORGANISATION}), "hillshire-school", UUID(int=4))


def _asked(shelf: Shelf, sight: Sight, statement: Select[Any]) -> list[Any]:
    ready, own = shelf.take(Question("question", sight, lambda: statement), sqlite.dialect())
    return ready.asked(own)[1]


def _work_of(sight: Sight) -> Select[Any]:
    return select(CONTACT.c.id).where(is_theirs(sight, CONTACT.c.assignee_id))


def _sent_by(sight: Sight) -> Select[Any]:
    return select(CONTACT.c.id).where(contacts_visible_to(sight))


def test_one_text_serves_two_people_and_each_is_asked_about_themselves() -> None:
    shelf = Shelf(10)
    assert _asked(shelf, ANN, _work_of(ANN)) == [ANN.account_id.hex]
    assert _asked(shelf, BEN, _work_of(BEN)) == [BEN.account_id.hex]
    assert _asked(shelf, ANN, _work_of(ANN)) == [ANN.account_id.hex]
    assert len(shelf) == 1


def test_one_text_serves_two_organisations_and_each_sees_its_own() -> None:
    shelf = Shelf(10)
    for sight in (POLICE, SCHOOL, POLICE):
        assert _asked(shelf, sight, _sent_by(sight)) == [sight.organisation_id]
    assert len(shelf) == 1


@pytest.mark.parametrize("one", fields(Sight), ids=lambda one: one.name)
def test_whatever_a_sight_says_makes_another_text_or_stands_in_it_as_a_value(
    one: Field[Any],
) -> None:
    others = {
        "reach": frozenset({Reach.SOCIAL_CARE}),
        "organisation_id": "hillshire-school",
        "account_id": UUID(int=9),
        "lists_requests": True,
        "rules": SightRules(early_help_reads_of_social_care=Sharing.nothing),
    }
    other = replace(POLICE, **{one.name: others[one.name]})
    assert (shape_of(other), values_of(other)) != (shape_of(POLICE), values_of(POLICE))


def test_who_sees_something_else_has_a_text_of_their_own() -> None:
    shelf = Shelf(10)
    others = (
        replace(BEN, reach=frozenset({Reach.ALL})),
        replace(BEN, reach=frozenset({Reach.EARLY_HELP, Reach.SOCIAL_CARE})),
        replace(BEN, organisation_id="riverbourne-police"),
        replace(BEN, lists_requests=True),
    )
    for sight in (ANN, *others):
        _asked(shelf, sight, _work_of(sight))
    assert len(shelf) == 1 + len(others)


def test_what_tells_whose_it_is_in_another_way_is_never_kept() -> None:
    shelf = Shelf(10)
    for sight in (ANN, BEN):
        theirs = select(CONTACT.c.id).where(CONTACT.c.assignee_id == sight.account_id)
        assert _asked(shelf, sight, theirs) == [sight.account_id.hex]
    for sight in (POLICE, SCHOOL):
        theirs = select(CONTACT.c.id).where(
            CONTACT.c.sender_organisation_id == sight.organisation_id
        )
        assert _asked(shelf, sight, theirs) == [sight.organisation_id]
    assert len(shelf) == 0


def test_questions_of_two_sights_are_never_asked_together() -> None:
    """The one would be answered with what the other sees."""
    questions = [Question(("work", n), one, lambda: None) for n, one in enumerate((ANN, POLICE))]
    with pytest.raises(TypeError, match="one sight"):
        Shelf(10).take_together(questions, asyncpg.dialect())


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    shelf = Shelf(2)
    made: list[str] = []

    def ask(key: str) -> None:
        def make() -> Select[Any]:
            made.append(key)
            return select(CONTACT.c.id)

        shelf.take(Question(key, ANN, make), sqlite.dialect())

    for key in ("a", "b", "a", "c", "a", "b"):
        ask(key)
    assert made == ["a", "b", "c", "b"]


def test_a_list_stands_in_the_text_as_so_many_values() -> None:
    shelf = Shelf(2)
    rated = select(CONTACT.c.id).where(CONTACT.c.rating.in_(["red", "amber"]))
    ready, _ = shelf.take(Question("rated", ANN, lambda: rated), sqlite.dialect())
    assert ready.sql.count("?") == 2
    assert ready.asked({})[1] == ["red", "amber"]


def test_a_value_that_is_given_each_time_need_not_be_there_when_a_statement_is_made_ready() -> None:
    named = select(CONTACT.c.id).where(CONTACT.c.town == bindparam("town"))
    ready = made_ready(named, sqlite.dialect())
    assert ready.asked({"town": "Riverbourne"})[1] == ["Riverbourne"]


def test_a_list_however_long_is_one_parameter_of_one_text_on_postgresql() -> None:
    rated = select(CONTACT.c.id).where(any_of(CONTACT.c.rating, "r"))
    ready = made_ready(rated, asyncpg.dialect())
    for ratings in ([], ["red"], ["red", "amber", "green"]):
        sql, values = ready.asked({"r": ratings})
        assert "rating = ANY (" in sql
        assert values == [ratings]


def test_a_list_is_written_out_on_sqlite_in_few_lengths() -> None:
    rated = select(CONTACT.c.id).where(
        any_of(CONTACT.c.rating, "ratings"), CONTACT.c.town == bindparam("town")
    )
    ready = made_ready(rated, sqlite.dialect())
    for ratings, places in (([], 0), (["red"], 1), (["red", "amber", "green"], 4)):
        sql, values = ready.asked({"ratings": ratings, "town": "Riverbourne"})
        assert sql.count("?") == places + 1
        assert f"rating IN ({', '.join('?' * places)})" in sql
        assert values == [*ratings, *ratings[-1:] * (places - len(ratings)), "Riverbourne"]


def test_what_differs_each_time_is_never_a_part_of_the_text() -> None:
    @made_once
    def of_one(contact_id: UUID) -> Makeable:
        return select(CONTACT.c.id).where(CONTACT.c.id == contact_id)

    with pytest.raises(TypeError, match="as a value"):
        Shelf(10).take(of_one(UUID(int=7)), sqlite.dialect())


def test_a_value_that_is_forgotten_is_said() -> None:
    named = select(CONTACT.c.id).where(CONTACT.c.town == bindparam("town"))
    with pytest.raises(TypeError, match="town"):
        made_ready(named, sqlite.dialect()).asked({})


async def test_several_questions_are_answered_together_as_one_by_one(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url, FixedClock(AUTUMN_FRIDAY), tmp_path) as house:
        logged = await log(house, AUTUMN_FRIDAY, source_code=ANONYMOUS)
        contact_id = logged.contact.id

        async def question(ask: Asking) -> Sequence[Rows]:
            of_contact = (all_of(kind, "contact_id", "id") for kind in (Child, Adult, Deadline))
            return await ask.together(*of_contact, of=contact_id)

        children, adults, clocks = await house.ask(question)
        assert [read(Child, row) for row in children] == logged.children
        assert [read(Adult, row) for row in adults] == logged.adults
        assert {read(Deadline, row).id for row in clocks} == {one.id for one in logged.deadlines}

        async def in_work(work: Work) -> Sequence[Rows]:
            await work.all(all_of(Child, "contact_id", "id"), of=contact_id)
            return await question(work)

        assert [list(map(list, rows)) for rows in await house.perform(in_work)] == [
            list(map(list, rows)) for rows in (children, adults, clocks)
        ]


async def test_a_list_is_looked_for_by_an_index(database_url: str) -> None:
    """On SQLite a truth that is compared with 1 would have the whole table read."""
    database = Database(database_url)
    keys = any_of(PERSON.c.name_key, "keys")
    ready = made_ready(select(PERSON.c.id).where(keys), database.dialect)
    sql, values = ready.asked({"keys": ["amara okafor 2018", "kit lewis 2019", "x 2020"]})
    if database.is_sqlite:
        plan = [row[3] for row in await database.look(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert plan == ["SEARCH person USING INDEX ix_person_name_key (name_key=?)"]
    else:
        async with database.looking() as driver:
            # Of so small a table nothing would be looked for; and of any number of values.
            await driver.execute(
                "SET enable_seqscan = off; SET plan_cache_mode = 'force_generic_plan'"
            )
            plan = [row[0] for row in await driver.fetch(f"EXPLAIN {sql}", *values)]
            assert any("ix_person_name_key" in line for line in plan)
            assert any("Index Cond" in line and "= ANY (" in line for line in plan)
            await driver.execute("RESET enable_seqscan; RESET plan_cache_mode")
    await database.dispose()
