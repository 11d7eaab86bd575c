"""The walkthrough is true: everything on the page is done, and what it shows comes back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.clocks import FixedClock
from tests.support.walkthroughs import STORY, differences, sent_along


@pytest.mark.long
async def test_everything_on_the_page_happens_as_it_says(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 5, 9, 30, tzinfo=UTC))
    assert await sent_along(STORY, database_url, clock, tmp_path) > 4


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
