"""The walkthrough is true: everything on the page is done, and what it shows comes back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.clocks import FixedClock
from tests.support.databases import PostgresServer
from tests.support.demonstrations import LOADED_ONCE, NOW, Demonstration, copy_of
from tests.support.houses import client_of, open_house
from tests.support.sources import ROOT
from tests.support.walkthroughs import Walk, blocks, differences

PAGE = (ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8")


STORY, FIGURES = PAGE.split("\n## The figures\n")
MINTING = next(block for block in blocks(PAGE) if block.kind == "sh")


@pytest.mark.long
async def test_everything_on_the_page_happens_as_it_says(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 5, 9, 30, tzinfo=UTC))
    assert await sent_along(STORY, database_url, clock, tmp_path) > 4


@pytest.mark.long
@LOADED_ONCE
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_the_figures_on_the_page_come_of_a_year_that_is_loaded(
    kind: str, demonstration: Demonstration, postgres: PostgresServer, tmp_path: Path
) -> None:
    """Where the year is on file, loading it says so and changes nothing."""
    if kind == "sqlite":
        assert await sent_along(FIGURES, demonstration.url, FixedClock(NOW), tmp_path) > 4
        return
    url = postgres.create_database()
    await copy_of(demonstration, url)
    assert await sent_along(FIGURES, url, FixedClock(NOW), tmp_path) > 4
    postgres.drop_database(url)


async def sent_along(part: str, url: str, clock: FixedClock, folder: Path) -> int:
    """Does everything on a part of the page; how much was sent, which is all that it shows."""
    async with open_house(url, clock, folder) as house, client_of(house) as client:
        walk = Walk(house, clock, client, folder)
        if part is FIGURES:
            walk.meet(MINTING)
        await walk.along(part)
    assert walk.sent == sum(block.kind == "http" for block in blocks(part))
    return walk.sent


@pytest.mark.parametrize(
    ("shown", "given"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": "…"}, {"a": None}),
        ({"a": 1}, {"a": True}),
        ([1], [1, 2]),
        ([1, 2, "…"], [1]),
        ({"a": {"b": []}}, {"a": {"b": [1]}}),
        ("x", "y"),
    ],
)
def test_an_answer_that_differs_from_the_page_is_found(shown: object, given: object) -> None:
    assert differences(shown, given) != []


@pytest.mark.parametrize(
    ("shown", "given"),
    [({"a": 1}, {"a": 1, "b": 2}), ({"a": "…"}, {"a": 0}), ([1, "…"], [1, 2, 3]), (["…"], [])],
)
def test_an_answer_may_hold_more_than_the_page_shows(shown: object, given: object) -> None:
    assert differences(shown, given) == []
