"""Measures of steps and challenges over HTTP: times beside shares, and the way to the cases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.bootstrap import House
from service.domain.access import Role
from tests.support.clocks import FixedClock
from tests.support.houses import client_of, open_house, token
from tests.support.steps import steps_in

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
YEAR = "from=2026-01-01&to=2027-01-01"
Front = tuple[House, httpx.AsyncClient]


@pytest.fixture
async def front(database_url: str, tmp_path: Path) -> AsyncIterator[Front]:
    """Two refusals challenged and one step-up not opened, seen ten hours after."""
    clock = FixedClock(MONDAY)
    async with open_house(database_url, clock, tmp_path) as house, client_of(house) as client:
        steps = await steps_in(house)
        for _ in range(2):
            asked = await steps.step_up(await steps.child_in_early_help())
            clock.forward(hours=1)
            refused = await steps.refuse(await steps.opened(asked))
            await steps.answer_refusal(refused, agreed=False)
        await steps.step_up(await steps.child_in_early_help())
        await steps.step_down(await steps.child_in_social_care())
        clock.forward(hours=8)
        yield house, client


async def asked(front: Front, path: str) -> httpx.Response:
    house, client = front
    bearer = {"Authorization": f"Bearer {token(house, Role.mash_manager)}"}
    return await client.get(path, headers=bearer)


async def get(front: Front, path: str) -> Any:
    answer = await asked(front, path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_timed_measure_tells_the_median_and_the_longest(front: Front) -> None:
    total = (await get(front, f"/v1/measures/step_up_time_to_open?{YEAR}"))["total"]
    assert (total["numerator"], total["denominator"], total["value"]) == (2, 3, 66.7)
    assert (total["median_minutes"], total["longest_minutes"]) == (60, 480)
    assert total["received_from"] is None
    untimed = (await get(front, f"/v1/measures/step_ups_refused?{YEAR}"))["total"]
    assert (untimed["numerator"], untimed["median_minutes"]) == (2, None)


async def test_a_figure_of_transfers_leads_to_the_list_of_transfers(front: Front) -> None:
    point = (await get(front, f"/v1/measures/step_ups_refused?{YEAR}"))["points"][2]
    assert point["cases"]["numerator"].startswith(
        "/v1/transfers?measure=step_ups_refused&part=numerator&as_at=2026-03-02T19%3A00%3A00Z"
        "&requested_from=2026-03-01T00%3A00%3A00Z"
    )
    waiting = await get(front, f"/v1/measures/step_downs_waiting?{YEAR}&by=waits_for")
    [now] = [one for one in waiting["points"] if one["denominator"]]
    assert (now["group"], now["longest_minutes"]) == ("opening", 480)
    assert now["as_at"] == "2026-03-02T19:00:00Z"
    assert now["cases"]["denominator"] == (
        "/v1/transfers?measure=step_downs_waiting&part=denominator"
        "&as_at=2026-03-02T19%3A00%3A00Z&by=waits_for&group=opening"
    )


async def test_each_figure_of_transfers_lists_its_very_cases(front: Front) -> None:
    listing = (await get(front, "/v1/measures"))["items"]
    for measure in (one for one in listing if one["counted"] == "transfers"):
        for by in ("", *(f"&by={one}" for one in measure["breakdowns"])):
            reading = await get(front, f"/v1/measures/{measure['code']}?{YEAR}{by}")
            for point in (*reading["points"], reading["total"]):
                if point["denominator"]:
                    for part in ("numerator", "denominator", "missed"):
                        listed = await get(front, point["cases"][part])
                        assert len(listed["items"]) == point[part]


async def test_the_cases_of_a_figure_come_page_by_page_and_as_csv(front: Front) -> None:
    first = await get(front, "/v1/transfers?measure=step_ups_accepted&part=missed&limit=2")
    second = await get(front, first["next"])
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    table = await asked(front, "/v1/exports/transfers?measure=step_ups_accepted&part=missed")
    assert table.status_code == 200, table.text
    assert len(table.text.strip().splitlines()) == 4


async def test_a_figure_of_challenges_leads_to_its_very_cases_page_by_page(front: Front) -> None:
    for by in ("", "&by=stage", "&by=result"):
        reading = await get(front, f"/v1/measures/challenges_ended?{YEAR}{by}")
        for point in (*reading["points"], reading["total"]):
            for part in ("numerator", "denominator", "missed"):
                listed = await get(front, point["cases"][part])
                assert len(listed["items"]) == point[part]
    first = await get(front, f"{reading['total']['cases']['denominator']}&limit=1")
    second = await get(front, first["next"])
    assert [len(first["items"]), len(second["items"]), second["next"]] == [1, 1, None]
    unnamed = await get(front, "/v1/challenges?measure=challenges_ended&limit=1")
    assert len((await get(front, unnamed["next"]))["items"]) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/v1/measures/step_ups_accepted?{YEAR}&by=stage", "breakdown_not_possible"),
        ("/v1/challenges?measure=step_ups_accepted", "measure_counts_others"),
        ("/v1/contacts?measure=challenges_ended", "measure_counts_others"),
        ("/v1/transfers?measure=PI1", "measure_counts_others"),
        ("/v1/exports/transfers?measure=challenges_ended", "measure_counts_others"),
        ("/v1/transfers?measure=step_ups_accepted&by=stage&group=1", "breakdown_not_possible"),
        ("/v1/challenges?measure=challenges_ended&by=reason&group=x", "breakdown_not_possible"),
        ("/v1/challenges?measure=challenges_ended&by=stage", "invalid"),
        ("/v1/challenges?group=1", "invalid"),
        (
            "/v1/challenges?measure=challenges_ended&as_at=2026-03-02T19:00:01Z",
            "period_not_possible",
        ),
    ],
)
async def test_what_a_measure_does_not_count_is_refused(front: Front, path: str, code: str) -> None:
    answer = await asked(front, path)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
