"""Measures of children who may be at risk over HTTP: numbers, and the way to the very cases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.bootstrap import House
from service.domain.access import Role
from service.domain.decisions import StatutoryBasis
from tests.support.clocks import FixedClock
from tests.support.generated import generator_in
from tests.support.houses import client_of, open_house, token

NOW = datetime(2018, 12, 14, 12, tzinfo=UTC)
YEAR = "from=2018-01-01&to=2019-01-01"
AT_RISK = {
    "referrals",
    "strategy_meetings",
    "section_47_enquiries",
    "assessments",
    "missing_episodes",
}
Front = tuple[House, httpx.AsyncClient]


@pytest.fixture
async def front(database_url: str, tmp_path: Path) -> AsyncIterator[Front]:
    """Two children unallocated too long and one not yet; referrals again, one of a known team."""
    clock = FixedClock(datetime(2017, 6, 1, 12, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house, client_of(house) as client:
        generator = await generator_in(house)
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
        yield house, client


async def asked(front: Front, path: str, role: Role = Role.mash_manager) -> httpx.Response:
    house, client = front
    return await client.get(path, headers={"Authorization": f"Bearer {token(house, role)}"})


async def get(front: Front, path: str) -> Any:
    answer = await asked(front, path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_children_unallocated_are_a_number_with_the_time_that_they_wait(front: Front) -> None:
    reading = await get(front, f"/v1/measures/PI5?{YEAR}")
    assert (reading["measure"]["unit"], reading["measure"]["standing"]) == ("number", True)
    total = reading["total"]
    assert (total["value"], total["numerator"], total["denominator"]) == (2, 2, 3)
    assert total["longest_minutes"] == 20 * 24 * 60
    assert total["cases"]["numerator"] == (
        "/v1/referrals?measure=PI5&part=numerator&as_at=2018-12-14T12%3A00%3A00Z"
    )
    assert reading["points"][0]["value"] == 0


async def test_each_figure_lists_its_very_cases(front: Front) -> None:
    listing = (await get(front, "/v1/measures"))["items"]
    told: set[str] = set()
    for measure in (one for one in listing if one["counted"] in AT_RISK):
        for by in ("", *(f"&by={one}" for one in measure["breakdowns"])):
            reading = await get(front, f"/v1/measures/{measure['code']}?{YEAR}{by}")
            for point in (*reading["points"][-2:], reading["total"]):
                for part in ("numerator", "denominator", "missed"):
                    listed = await get(front, point["cases"][part])
                    assert len(listed["items"]) == point[part], (measure["code"], part)
            told |= {measure["code"]} if reading["total"]["denominator"] else set()
    assert told >= {"PI3", "PI4", "PI5", "PI9", "re_referrals", "strategy_meetings_quorate"}


async def test_the_cases_of_a_figure_come_page_by_page(front: Front) -> None:
    first = await get(front, "/v1/referrals?measure=PI5&limit=2")
    second = await get(front, first["next"])
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
    front: Front, code: str, path: str
) -> None:
    point = (await get(front, f"/v1/measures/{code}?{YEAR}"))["points"][-1]
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
async def test_what_a_measure_does_not_count_is_refused(front: Front, path: str, code: str) -> None:
    answer = await asked(front, path)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
