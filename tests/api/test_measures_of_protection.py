"""Measures of children who may be at risk over HTTP: numbers, and the way to the very cases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.domain.access import Role
from service.domain.decisions import StatutoryBasis
from tests.support.clocks import FixedClock
from tests.support.desks import Desk, open_desk
from tests.support.generated import generator_in

NOW = datetime(2018, 12, 14, 12, tzinfo=UTC)
YEAR = "from=2018-01-01&to=2019-01-01"
AT_RISK = {
    "referrals",
    "strategy_meetings",
    "section_47_enquiries",
    "assessments",
    "missing_episodes",
}
MANAGER = Role.mash_manager


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Two children unallocated too long and one not yet; referrals again, one of a known team."""
    clock = FixedClock(datetime(2017, 6, 1, 12, tzinfo=UTC))
    async with open_desk(database_url, tmp_path, clock) as opened:
        generator = await generator_in(opened.house)
        weeks_ago, lately = NOW - timedelta(days=20), NOW - timedelta(days=2)
        await generator.keep(
            [
                generator.waiting(weeks_ago, None),
                generator.waiting(weeks_ago, None),
                generator.waiting(lately, None),
                generator.case(
                    lately,
                    StatutoryBasis.section_17,
                    re_referral=True,
                    last_known_team_id="assessment-north",
                ),
                generator.conference(lately - timedelta(days=9), in_time=True)[1],
                generator.assessment(lately, in_time=False)[1],
                generator.interview(lately - timedelta(days=9), in_time=True)[1],
                generator.interview(lately - timedelta(days=9), in_time=False)[1],
            ]
        )
        clock.set(NOW)
        yield opened


async def test_children_unallocated_are_a_number_with_the_time_that_they_wait(desk: Desk) -> None:
    reading = await desk.read(MANAGER, f"/v1/measures/PI5?{YEAR}")
    assert (reading["measure"]["unit"], reading["measure"]["standing"]) == ("number", True)
    total = reading["total"]
    assert (total["value"], total["numerator"], total["denominator"]) == (2, 2, 3)
    assert total["longest_minutes"] == 20 * 24 * 60
    assert total["cases"]["numerator"] == (
        "/v1/referrals?measure=PI5&part=numerator&as_at=2018-12-14T12%3A00%3A00Z"
    )
    assert reading["points"][0]["value"] == 0


async def test_each_figure_lists_its_very_cases(desk: Desk) -> None:
    listing = (await desk.read(MANAGER, "/v1/measures"))["items"]
    told: set[str] = set()
    for measure in (one for one in listing if one["counted"] in AT_RISK):
        for by in ("", *(f"&by={one}" for one in measure["breakdowns"])):
            reading = await desk.read(MANAGER, f"/v1/measures/{measure['code']}?{YEAR}{by}")
            for point in (*reading["points"][-2:], reading["total"]):
                for part in ("numerator", "denominator", "missed"):
                    listed = await desk.read(MANAGER, point["cases"][part])
                    assert len(listed["items"]) == point[part], (measure["code"], part)
            told |= {measure["code"]} if reading["total"]["denominator"] else set()
    assert told >= {"PI3", "PI4", "PI5", "PI9", "re_referrals", "strategy_meetings_quorate"}


async def test_the_cases_of_a_figure_come_page_by_page(desk: Desk) -> None:
    first = await desk.read(MANAGER, "/v1/referrals?measure=PI5&limit=2")
    second = await desk.read(MANAGER, first["next"])
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("PI9", "/v1/missing-episodes"),
        ("PI3", "/v1/section-47-enquiries"),
        ("PI4", "/v1/assessments"),
        ("strategy_meetings_quorate", "/v1/strategy-meetings"),
        ("conversion_rate", "/v1/contacts"),
    ],
)
async def test_a_figure_leads_to_the_list_of_what_it_counts(
    desk: Desk, code: str, path: str
) -> None:
    point = (await desk.read(MANAGER, f"/v1/measures/{code}?{YEAR}"))["points"][-1]
    begins, ends = "2018-12-01T00%3A00%3A00Z", "2019-01-01T00%3A00%3A00Z"
    word = "received" if path == "/v1/contacts" else "began"
    assert point["cases"]["missed"] == (
        f"{path}?measure={code}&part=missed&as_at=2018-12-14T12%3A00%3A00Z"
        f"&{word}_from={begins}&{word}_to={ends}"
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/v1/measures/PI5?{YEAR}&by=source", "breakdown_not_possible"),
        ("/v1/referrals?measure=PI3", "measure_counts_others"),
        ("/v1/section-47-enquiries?measure=PI4", "measure_counts_others"),
        ("/v1/assessments?measure=PI9", "measure_counts_others"),
        ("/v1/missing-episodes?measure=PI5", "measure_counts_others"),
        ("/v1/strategy-meetings?measure=PI5", "measure_counts_others"),
        ("/v1/referrals?measure=PI5&by=stage&group=1", "breakdown_not_possible"),
        ("/v1/referrals?began_from=2018-12-01T00:00:00Z", "invalid"),
        ("/v1/referrals?measure=PI5&as_at=2018-12-14T12:00:01Z", "period_not_possible"),
    ],
)
async def test_what_a_measure_does_not_count_is_refused(desk: Desk, path: str, code: str) -> None:
    answer = await desk.get(MANAGER, path)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
