"""Measures over HTTP: the figures, and the paths that lead to their very cases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.bootstrap import House
from service.domain.access import Role
from service.domain.contacts import Channel
from service.domain.decisions import (
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.drafts import NewDecision
from service.domain.new_contacts import NewChild, NewContact
from service.usecases.contacts import log_contact
from service.usecases.decisions import decide
from service.usecases.sign_offs import sign_off
from tests.support.clocks import FixedClock
from tests.support.desks import Desk, open_desk
from tests.support.houses import caller
from tests.support.situations import NOBODY_ASKED, WORDS

APRIL = datetime(2018, 3, 31, 23, 30, tzinfo=UTC)  # half past midnight of 1 April in London
MANAGER = Role.mash_manager
YEAR = "/v1/measures/PI1?from=2018-01-01&to=2019-01-01"


async def accepted(
    house: House, clock: FixedClock, received_at: datetime, hours: int, source_code: str
) -> None:
    """A contact accepted as a referral so many hours after it was received."""
    worker = await caller(house, Role.mash_worker)
    manager = await caller(house, Role.mash_manager)
    clock.set(received_at)
    new = NewContact(
        concern="A bruise, and a story that does not fit it.",
        source_code=source_code,
        channel=Channel.telephone,
        referrer_role="Teacher",
        children=[NewChild(given_name="Ada")],
    )
    file = await house.perform(lambda work: log_contact(work, worker, new))
    clock.forward(hours=hours)
    decision = NewDecision(
        child_id=file.children[0].id,
        level_of_need=LevelOfNeed.statutory,
        outcome=Outcome.referral,
        statutory_basis=StatutoryBasis.section_17,
        primary_need_code="N1",
        rationale="The injury, its place and the account given of it were weighed together.",
        agencies=NOBODY_ASKED,
        prompts=[
            PromptAnswer(prompt.key, "Asked and answered.", None)
            for prompt in house.policy.decision_prompts
        ],
    )
    draft = await house.perform(lambda work: decide(work, worker, file.contact.id, decision))
    await house.perform(
        lambda work: sign_off(
            work,
            manager,
            draft.id,
            1,
            agreed=True,
            words=WORDS,
        )
    )


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Three referrals of April 2018, one of them late, seen from the year after."""
    clock = FixedClock(APRIL)
    async with open_desk(database_url, tmp_path, clock) as opened:
        await accepted(opened.house, clock, APRIL, 3, "2A")
        await accepted(opened.house, clock, APRIL + timedelta(days=9), 30, "6")
        await accepted(opened.house, clock, APRIL + timedelta(days=10), 24, "6")
        clock.set(datetime(2019, 1, 31, 12, tzinfo=UTC))
        yield opened


async def test_the_measures_say_what_they_count(desk: Desk) -> None:
    listed = await desk.read(MANAGER, "/v1/measures")
    assert "PI1" in [one["code"] for one in listed["items"]]
    pi1 = next(one for one in listed["items"] if one["code"] == "PI1")
    assert "24 hours" in pi1["definition"]


async def test_a_measure_reads_month_by_month(desk: Desk) -> None:
    reading = await desk.read(MANAGER, YEAR)
    assert (reading["from"], reading["to"], reading["by"]) == ("2018-01-01", "2019-01-01", None)
    assert reading["as_at"] == "2019-01-31T12:00:00Z"
    assert len(reading["points"]) == 12
    april = reading["points"][3]
    assert april["period"] == "2018-04"
    assert (april["numerator"], april["denominator"], april["missed"]) == (2, 3, 1)
    assert april["value"] == 66.7
    assert april["received_from"] == "2018-03-31T23:00:00Z"
    assert reading["points"][2]["value"] is None
    assert reading["total"]["denominator"] == 3


async def test_each_figure_leads_to_its_very_cases(desk: Desk) -> None:
    for path in (YEAR, f"{YEAR}&by=source"):
        for point in (await desk.read(MANAGER, path))["points"]:
            for part in ("numerator", "denominator", "missed"):
                listed = await desk.read(MANAGER, point["cases"][part])
                assert len(listed["items"]) == point[part]
                if point["source_code"]:
                    assert {one["source_code"] for one in listed["items"]} <= {point["source_code"]}


async def test_the_cases_come_page_by_page(desk: Desk) -> None:
    april = (await desk.read(MANAGER, YEAR))["points"][3]
    first = await desk.read(MANAGER, f"{april['cases']['denominator']}&limit=2")
    second = await desk.read(MANAGER, first["next"])
    assert [len(first["items"]), len(second["items"])] == [2, 1]
    assert second["next"] is None


async def test_a_measure_reads_as_at_an_instant_of_the_past(desk: Desk) -> None:
    reading = await desk.read(MANAGER, f"{YEAR}&as_at=2018-04-01T12:00:00%2B01:00")
    assert (reading["points"][3]["numerator"], reading["points"][3]["denominator"]) == (1, 1)
    listed = await desk.read(MANAGER, reading["total"]["cases"]["denominator"])
    assert len(listed["items"]) == 1


async def test_an_analyst_reads_figures_and_opens_no_case(desk: Desk) -> None:
    reading = await desk.read(Role.performance_analyst, YEAR)
    missed = reading["total"]["cases"]["missed"]
    answer = await desk.get(Role.performance_analyst, missed)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/measures/PI0", 404, "not_found"),
        (f"{YEAR}&as_at=2019-02-01T00:00:00Z", 422, "period_not_possible"),
        ("/v1/measures/PI1?from=2018-02-01&to=2018-02-01", 422, "period_not_possible"),
        ("/v1/measures/PI1?from=2018-02-30", 422, "invalid"),
        ("/v1/measures/PI1?by=colour", 422, "invalid"),
        ("/v1/contacts?measure=PI0", 422, "invalid"),
        ("/v1/contacts?part=missed", 422, "invalid"),
        ("/v1/contacts?measure=PI1&as_at=2019-02-01T00:00:00Z", 422, "period_not_possible"),
    ],
)
async def test_what_cannot_be_counted_is_refused(
    desk: Desk, path: str, status: int, code: str
) -> None:
    answer = await desk.get(MANAGER, path)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code


async def test_a_worker_without_the_permission_reads_no_measures(desk: Desk) -> None:
    for path in ("/v1/measures", YEAR):
        answer = await desk.get(Role.mash_worker, path)
        assert answer.status_code == 403
