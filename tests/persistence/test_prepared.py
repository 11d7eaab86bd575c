"""A statement made ready for one caller serves the others, and never in the first one's name."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects import sqlite

from service.domain.access import Caller, Role, Scope
from service.domain.contacts import Contact
from service.persistence.prepared import Question, Shelf, made_ready
from service.persistence.records import table_of

CONTACT = table_of(Contact)
ANN = Caller(
    account_id=UUID(int=1),
    issuer="https://issuer.test/",
    subject="ann",
    name="Ann Archer",
    client_id=None,
    organisation_id=None,
    team_id="mash",
    roles=frozenset({Role.mash_worker}),
    scopes=frozenset(Scope),
)
BEN = replace(ANN, account_id=UUID(int=2), subject="ben", name="Ben Baker")


def _asked(shelf: Shelf, who: Caller, statement: Select[Any]) -> list[Any]:
    ready, own = shelf.take(Question("question", who, lambda: statement), sqlite.dialect())
    return ready.values(own)


def _work_of(who: Caller) -> Select[Any]:
    return select(CONTACT.c.id).where(CONTACT.c.assignee_id == who.account_id)


def test_one_text_serves_two_people_and_each_is_asked_about_themselves() -> None:
    shelf = Shelf(10)
    assert _asked(shelf, ANN, _work_of(ANN)) == [ANN.account_id.hex]
    assert _asked(shelf, BEN, _work_of(BEN)) == [BEN.account_id.hex]
    assert _asked(shelf, ANN, _work_of(ANN)) == [ANN.account_id.hex]
    assert len(shelf) == 1


def test_who_may_do_or_see_something_else_has_a_text_of_their_own() -> None:
    shelf = Shelf(10)
    others = (
        replace(BEN, roles=frozenset({Role.early_help_worker})),
        replace(BEN, scopes=frozenset({Scope.contacts_read})),
        replace(BEN, organisation_id="riverbourne-police"),
        replace(BEN, team_id="another"),
        replace(BEN, client_id="an-application"),
    )
    for who in (ANN, *others):
        _asked(shelf, who, _work_of(who))
    assert len(shelf) == 1 + len(others)


def test_what_tells_of_a_person_in_another_way_is_never_kept() -> None:
    shelf = Shelf(10)
    for who in (ANN, BEN):
        theirs = select(CONTACT.c.id).where(CONTACT.c.referrer_name == who.name)
        assert _asked(shelf, who, theirs) == [who.name]
    assert len(shelf) == 0


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
    assert ready.values({}) == ["red", "amber"]


def test_a_value_that_is_given_each_time_need_not_be_there_when_a_statement_is_made_ready() -> None:
    named = select(CONTACT.c.id).where(CONTACT.c.town == bindparam("town"))
    ready = made_ready(named, sqlite.dialect())
    assert ready.values({"town": "Riverbourne"}) == ["Riverbourne"]
