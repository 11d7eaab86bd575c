"""The figures of the walkthrough are true of the year that it loads, on both databases."""

from pathlib import Path

import pytest

from tests.support.clocks import FixedClock
from tests.support.databases import PostgresServer
from tests.support.demonstrations import NOW, Demonstration, copy_of
from tests.support.walkthroughs import FIGURES, sent_along

pytestmark = pytest.mark.long


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
