"""`frontdoor demo --check`: a manager believes the demonstration year, or is told what is wrong."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.engine import make_url

from frontdoor.__main__ import main
from frontdoor.demonstration.checking import EXPECTED, NothingToCheck, check
from frontdoor.faults import Told
from frontdoor.trying_out import check_demonstration
from service.domain.measures import MeasureCode
from tests.support.clocks import FixedClock
from tests.support.demonstrations import NOW, Demonstration
from tests.support.houses import open_house

pytestmark = pytest.mark.long


async def test_every_figure_of_the_year_is_as_expected(
    demonstration: Demonstration, tmp_path: Path
) -> None:
    async with open_house(demonstration.url, FixedClock(NOW), demonstration.folder) as house:
        figures = await check(house)
    assert [(one.what, one.reads, one.expected) for one in figures if not one.holds] == []
    expected = len(EXPECTED.series) + len(EXPECTED.measures) + len(EXPECTED.practice)
    assert len(figures) == expected
    assert all(one.source for one in figures)


async def test_a_year_that_is_out_of_range_is_said_figure_by_figure(
    demonstration: Demonstration, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.sqlite3"
    with (
        closing(sqlite3.connect(make_url(demonstration.url).database or "")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        target.execute("UPDATE contact SET immediate_danger = 0, rating = 'green'")
        target.commit()
    async with open_house(f"sqlite:///{copy}", FixedClock(NOW), tmp_path) as house:
        with pytest.raises(Told, match="figures of the demonstration year out of range"):
            await check_demonstration(house)
    said = capsys.readouterr().out
    for what in (
        "Contacts told of as immediate danger",
        "Red contacts: median hours until all children are signed off",
    ):
        assert f"OUT OF RANGE  {what}\n" in said
    assert "as expected   PI1 Contacts accepted as a referral within 24 hours\n" in said


async def test_where_there_is_no_year_nothing_is_checked(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        with pytest.raises(NothingToCheck, match="frontdoor demo"):
            await check(house)


def test_checking_ends_otherwise_than_well_where_it_cannot_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDOOR_ENVIRONMENT", "production")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["demo", "--check"]).exit_code != 0


def test_what_is_expected_is_of_measures_that_there_are() -> None:
    assert {*EXPECTED.series, *EXPECTED.measures} <= {one.value for one in MeasureCode}
    assert all(one.least <= one.most for one in (*EXPECTED.measures.values(),))
    assert all(len(one.published) == 12 for one in EXPECTED.series.values())
