"""The order of a list, where a page of it goes on, and what filters ask of a thing's columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid, select
from sqlalchemy.dialects import sqlite

from service.persistence.keysets import narrowed, newest_first, soonest_first
from tests.support.days import MONDAY

THING = Table(
    "thing",
    MetaData(),
    Column("id", Uuid),
    Column("state", String),
    Column("severity", String),
    Column("place", String),
    Column("made_at", DateTime),
    Column("ended_at", DateTime),
)
PLACE = (MONDAY, UUID(int=7))


def said(condition: object) -> str:
    return " ".join(str(condition.compile(dialect=sqlite.dialect())).split())


def test_the_newest_come_first_and_a_page_goes_on_after_a_place() -> None:
    newest = newest_first(THING, "made_at")
    begun = said(newest.page(select(THING.c.id), 3))
    assert begun.endswith("FROM thing ORDER BY thing.made_at DESC, thing.id DESC LIMIT ? OFFSET ?")
    assert "WHERE (thing.made_at, thing.id) < (?, ?) ORDER" in said(
        newest.page(select(THING.c.id), 3, PLACE)
    )


def test_the_soonest_come_first_and_one_column_is_compared_as_it_is() -> None:
    both = soonest_first(THING.c.made_at, THING.c.id)
    assert [said(one) for one in both.beyond(PLACE)] == ["(thing.made_at, thing.id) > (?, ?)"]
    assert [said(one) for one in soonest_first(THING.c.id).beyond(PLACE[1:])] == ["thing.id > ?"]
    assert both.beyond(None) == []


def test_a_place_of_another_list_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        soonest_first(THING.c.made_at, THING.c.id).beyond(PLACE[1:])


@dataclass(frozen=True, slots=True)
class Filters:
    """What things can be narrowed by."""

    states: Sequence[str] = ()
    severities: Sequence[str] = ()
    made_from: datetime | None = None
    made_to: datetime | None = None
    open: bool | None = None
    place: str | None = None
    behind: str | None = None
    town: str | None = None


def test_filters_ask_of_columns_by_their_names() -> None:
    for filters, asked in (
        (Filters(), []),
        (Filters(behind="PI1"), []),
        (Filters(states=["a", "b"]), ["thing.state IN (__[POSTCOMPILE_state_1])"]),
        (Filters(severities=["a"]), ["thing.severity IN (__[POSTCOMPILE_severity_1])"]),
        (
            Filters(made_from=MONDAY, made_to=MONDAY),
            ["thing.made_at >= ?", "thing.made_at < ?"],
        ),
        (Filters(open=True), ["thing.ended_at IS NULL"]),
        (Filters(open=False), ["thing.ended_at IS NOT NULL"]),
        (Filters(place=""), ["thing.place = ?"]),
    ):
        assert [said(one) for one in narrowed(THING, filters)] == asked, filters


def test_a_filter_that_is_no_column_is_seen_to_by_whoever_asks_or_fails_loudly() -> None:
    with pytest.raises(KeyError, match="town"):
        narrowed(THING, Filters(town="Riverbourne"))
    assert narrowed(THING, Filters(town="Riverbourne"), but=("town",)) == []
