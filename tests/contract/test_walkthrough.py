"""The walkthrough is true: everything on the page is done, and what it shows comes back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.clocks import FixedClock
from tests.support.houses import client_of, open_house
from tests.support.sources import ROOT
from tests.support.walkthroughs import Walk, blocks, differences

PAGE = (ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8")


STORY, FIGURES = PAGE.split("\n## The figures\n")
MINTING = next(block for block in blocks(PAGE) if block.kind == "sh")


@pytest.mark.long
@pytest.mark.parametrize("part", [STORY, FIGURES], ids=["story", "figures"])
async def test_everything_on_the_page_happens_as_it_says(
    part: str, database_url: str, tmp_path: Path
) -> None:
    """The figures have a database of their own: the year is loaded into an empty one."""
    clock = FixedClock(datetime(2026, 3, 5, 9, 30, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house, client_of(house) as client:
        walk = Walk(house, clock, client, tmp_path)
        if part is FIGURES:
            walk.meet(MINTING)
        await walk.along(part)
    assert walk.sent == sum(block.kind == "http" for block in blocks(part)) > 4


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
