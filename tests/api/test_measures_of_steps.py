"""Measures of steps and challenges over HTTP: times beside shares, and the way to the cases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.domain.access import Role
from tests.support.clocks import FixedClock
from tests.support.days import MONDAY
from tests.support.desks import Desk, open_desk
from tests.support.steps import steps_in

YEAR = "from=2026-01-01&to=2027-01-01"
MANAGER = Role.mash_manager


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Two refusals challenged and one step-up not opened, seen ten hours after."""
    clock = FixedClock(MONDAY)
    async with open_desk(database_url, tmp_path, clock) as opened:
        steps = await steps_in(opened.house)
        for _ in range(2):
            asked = await steps.step_up(await steps.child_in_early_help())
            clock.forward(hours=1)
            refused = await steps.refuse(await steps.opened(asked))
            await steps.answer_refusal(refused, agreed=False)
        await steps.step_up(await steps.child_in_early_help())
        await steps.step_down(await steps.child_in_social_care())
        clock.forward(hours=8)
        yield opened


async def test_a_timed_measure_tells_the_median_and_the_longest(desk: Desk) -> None:
    total = (await desk.read(MANAGER, f"/v1/measures/step_up_time_to_open?{YEAR}"))["total"]
    assert (total["numerator"], total["denominator"], total["value"]) == (2, 3, 66.7)
    assert (total["median_minutes"], total["longest_minutes"]) == (60, 480)
    assert total["received_from"] is None
    untimed = (await desk.read(MANAGER, f"/v1/measures/step_ups_refused?{YEAR}"))["total"]
    assert (untimed["numerator"], untimed["median_minutes"]) == (2, None)


async def test_a_figure_of_transfers_leads_to_the_list_of_transfers(desk: Desk) -> None:
    point = (await desk.read(MANAGER, f"/v1/measures/step_ups_refused?{YEAR}"))["points"][2]
    assert point["cases"]["numerator"].startswith(
        "/v1/transfers?measure=step_ups_refused&part=numerator&as_at=2026-03-02T19%3A00%3A00Z"
        "&requested_from=2026-03-01T00%3A00%3A00Z"
    )
    waiting = await desk.read(MANAGER, f"/v1/measures/step_downs_waiting?{YEAR}&by=waits_for")
    [now] = [one for one in waiting["points"] if one["denominator"]]
    assert (now["group"], now["longest_minutes"]) == ("opening", 480)
    assert now["as_at"] == "2026-03-02T19:00:00Z"
    assert now["cases"]["denominator"] == (
        "/v1/transfers?measure=step_downs_waiting&part=denominator"
        "&as_at=2026-03-02T19%3A00%3A00Z&by=waits_for&group=opening"
    )


async def test_each_figure_of_transfers_lists_its_very_cases(desk: Desk) -> None:
    listing = (await desk.read(MANAGER, "/v1/measures"))["items"]
    for measure in (one for one in listing if one["counted"] == "transfers"):
        for by in ("", *(f"&by={one}" for one in measure["breakdowns"])):
            reading = await desk.read(MANAGER, f"/v1/measures/{measure['code']}?{YEAR}{by}")
            for point in (*reading["points"], reading["total"]):
                if point["denominator"]:
                    for part in ("numerator", "denominator", "missed"):
                        listed = await desk.read(MANAGER, point["cases"][part])
                        assert len(listed["items"]) == point[part]


async def test_the_cases_of_a_figure_come_page_by_page_and_as_csv(desk: Desk) -> None:
    first = await desk.read(MANAGER, "/v1/transfers?measure=step_ups_accepted&part=missed&limit=2")
    second = await desk.read(MANAGER, first["next"])
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    table = await desk.get(MANAGER, "/v1/exports/transfers?measure=step_ups_accepted&part=missed")
    assert table.status_code == 200, table.text
    assert len(table.text.strip().splitlines()) == 4


async def test_a_figure_of_challenges_leads_to_its_very_cases_page_by_page(desk: Desk) -> None:
    for by in ("", "&by=stage", "&by=result"):
        reading = await desk.read(MANAGER, f"/v1/measures/challenges_ended?{YEAR}{by}")
        for point in (*reading["points"], reading["total"]):
            for part in ("numerator", "denominator", "missed"):
                listed = await desk.read(MANAGER, point["cases"][part])
                assert len(listed["items"]) == point[part]
    first = await desk.read(MANAGER, f"{reading['total']['cases']['denominator']}&limit=1")
    second = await desk.read(MANAGER, first["next"])
    assert [len(first["items"]), len(second["items"]), second["next"]] == [1, 1, None]
    unnamed = await desk.read(MANAGER, "/v1/challenges?measure=challenges_ended&limit=1")
    assert len((await desk.read(MANAGER, unnamed["next"]))["items"]) == 1


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
async def test_what_a_measure_does_not_count_is_refused(desk: Desk, path: str, code: str) -> None:
    answer = await desk.get(MANAGER, path)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
