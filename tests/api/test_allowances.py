"""How often a caller may ask, over HTTP: refusals, headers, the reserve, the database away."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.schemas.problems import ProblemDocument
from service.allowances import HeldAllowances
from service.domain.access import Role
from service.domain.allowances import Allowances
from service.persistence.allowances import SharedAllowances
from tests.support.builders import contact_body, multi_agency_referral_body
from tests.support.clocks import FixedClock
from tests.support.desks import HOSPITAL, POLICE, Desk, open_desk
from tests.support.notifications import notification_body
from tests.support.patience import PATIENCE

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)
PARTNER = Role.partner_system
TEAMS = "/v1/teams"
REFERRALS = "/v1/multi-agency-referrals"


def fixed() -> float:
    """Nothing comes back while a test runs."""
    return 1000.0


@asynccontextmanager
async def counting(
    url: str, folder: Path, *, requests: int = 5, urgent: int = 3, validations: int = 2
) -> AsyncIterator[Desk]:
    """A room whose callers may ask so much, and by whose clock nothing comes back."""
    async with open_desk(url, folder, FixedClock(NOW)) as desk:
        limits = Allowances.of(
            requests_a_minute=requests,
            urgent_posts_a_minute=urgent,
            validations_an_hour=validations,
        )
        shared = SharedAllowances(desk.house.database, desk.house.clock)
        desk.house.allowances = HeldAllowances(limits, shared, steady=fixed)
        yield desk
        await desk.house.allowances.close()


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with counting(database_url, tmp_path) as opened:
        yield opened


async def asked(desk: Desk, times: int, **who: Any) -> list[httpx.Response]:
    """What is answered to so many requests, one after the other, with what is told told."""
    found = []
    for _ in range(times):
        found.append(await desk.get(Role.mash_worker, TEAMS, **who))
        await desk.house.allowances.settled()
    return found


async def test_who_asks_too_often_is_told_when_to_ask_again(
    desk: Desk, logged: io.StringIO
) -> None:
    answers = await asked(desk, 6)
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    problem = ProblemDocument.model_validate(refused.json())
    assert (problem.code, problem.status) == ("too_many_requests", 429)
    assert problem.detail == "Wait 12 seconds and send the request again."
    assert refused.headers["retry-after"] == "12"
    assert {one.headers["ratelimit-policy"] for one in answers} == {'"requests";q=5;w=60'}
    assert [one.headers["ratelimit"] for one in answers] == [
        '"requests";r=4;t=12',
        '"requests";r=3;t=24',
        '"requests";r=2;t=36',
        '"requests";r=1;t=48',
        '"requests";r=0;t=12',
        '"requests";r=0;t=12',
    ]
    # Another is not held up by it.
    assert [one.status_code for one in await asked(desk, 1, name="Ann")] == [200]
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [one["problem"] for one in lines if "problem" in one] == ["too_many_requests"]


async def test_refusals_are_counted_without_the_callers_name(desk: Desk) -> None:
    answers = await asked(desk, 7)
    told = (await desk.client.get("/metrics")).text
    mine = [one for one in told.splitlines() if "too_many_requests" in one and "_total" in one]
    assert 'http_server_too_many_requests_total{allowance="requests"} 2.0' in mine
    assert 'http_server_problems_total{code="too_many_requests"} 2.0' in mine
    assert [one.status_code for one in answers].count(429) == 2


@pytest.mark.parametrize("refused_at", ["", "unknown=1"])
async def test_what_is_refused_for_something_else_is_counted_too(
    desk: Desk, refused_at: str
) -> None:
    for _ in range(5):
        answer = await desk.get(Role.mash_worker, f"{TEAMS}?{refused_at}")
        assert answer.headers["ratelimit-policy"] == '"requests";q=5;w=60'
    assert (await desk.get(Role.mash_worker, TEAMS)).status_code == 429


async def test_nobody_without_a_token_is_counted_and_health_is_never_refused(desk: Desk) -> None:
    for _ in range(10):
        refused = await desk.client.get(TEAMS)
        assert refused.status_code == 401
        assert "ratelimit" not in refused.headers
        assert (await desk.client.get("/livez")).status_code == 200
    await asked(desk, 6)
    assert (await desk.client.get("/livez")).status_code == 200


async def used_up(desk: Desk, role: Role, **who: Any) -> None:
    """Has a caller use up what it may ask, beside the reserve."""
    while (await desk.get(role, TEAMS, **who)).status_code == 200:
        await desk.house.allowances.settled()


URGENT = (
    ("/v1/contacts", contact_body(), Role.mash_worker, {}),
    (
        REFERRALS,
        multi_agency_referral_body(source_code="3E"),
        PARTNER,
        {"organisation": HOSPITAL},
    ),
    ("/v1/police-notifications", None, PARTNER, {"organisation": POLICE}),
)


@pytest.mark.parametrize(("path", "body", "role", "who"), URGENT)
async def test_urgent_posts_have_a_reserve_that_nothing_else_uses_up(
    desk: Desk, path: str, body: Any, role: Role, who: dict[str, str]
) -> None:
    await used_up(desk, role, **who)
    # Nor another, whatever it does.
    other = {"organisation": "mill-lane-primary"} if role is PARTNER else {"name": "Ann"}
    await used_up(desk, role, **other)
    sent = []
    for number in range(4):
        told = notification_body(incident_number=f"R/{number}") if body is None else body
        sent.append(await desk.post(role, path, told, **who))
        await desk.house.allowances.settled()
    assert [one.status_code for one in sent] == [201, 201, 201, 429]
    assert sent[0].headers["ratelimit-policy"] == '"urgent-posts";q=3;w=60'
    assert sent[0].headers["ratelimit"] == '"urgent-posts";r=2;t=20'
    assert sent[-1].headers["retry-after"] == "20"
    assert "call 999" in sent[-1].json()["detail"]
    assert (await desk.get(role, TEAMS, **who)).status_code == 429


async def test_having_something_checked_is_limited_by_itself_and_sending_is_not(
    desk: Desk,
) -> None:
    body = multi_agency_referral_body(source_code="3E")
    answers = []
    for _ in range(3):
        answers.append(
            await desk.post(PARTNER, f"{REFERRALS}/validation", body, organisation=HOSPITAL)
        )
        await desk.house.allowances.settled()
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1].headers["ratelimit-policy"] == '"validations";q=2;w=3600'
    assert answers[-1].headers["retry-after"] == "1800"
    assert "At most 2" in answers[-1].json()["detail"]
    sent = await desk.post(PARTNER, REFERRALS, body, organisation=HOSPITAL)
    assert sent.status_code == 201


async def test_processes_on_one_database_count_together(database_url: str, tmp_path: Path) -> None:
    async with (
        counting(database_url, tmp_path, requests=40) as one,
        counting(database_url, tmp_path, requests=40) as other,
    ):
        let = 0
        for _ in range(40):
            for desk in (one, other):
                [answer] = await asked(desk, 1)
                let += answer.status_code == 200
        # Each may be behind by what it has not told: a twentieth.
        assert 40 <= let <= 44


async def test_a_process_that_is_started_anew_knows_what_was_used_up(
    database_url: str, tmp_path: Path
) -> None:
    async with counting(database_url, tmp_path, requests=40) as desk:
        answers = await asked(desk, 41)
        assert [one.status_code for one in answers] == [200] * 40 + [429]
    async with counting(database_url, tmp_path, requests=40) as desk:
        answers = await asked(desk, 10)
        assert [one.status_code for one in answers] == [200] * 2 + [429] * 8


class Away:
    """Shares nothing: what it is told is in vain."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    async def tell(self, uses: Any) -> list[int]:
        """Fails."""
        raise self.failure


async def test_nobody_is_refused_for_a_limiter_that_is_broken_and_nobody_without_limit(
    desk: Desk,
) -> None:
    limits = desk.house.allowances.allowances
    desk.house.allowances = HeldAllowances(limits, Away(OSError("no route")), steady=fixed)
    answers = await asked(desk, 7)
    assert [one.status_code for one in answers] == [200] * 5 + [429] * 2
    assert "http_server_allowances_alone 1.0" in (await desk.client.get("/metrics")).text


async def test_ordinary_use_costs_no_statement(database_url: str, tmp_path: Path) -> None:
    async with counting(database_url, tmp_path, requests=1200) as desk:
        await asked(desk, 59)
        assert await desk.count("allowance") == 0
        await asked(desk, 1)
        assert await desk.count("allowance") == 1


async def test_refusals_of_one_who_asks_on_regardless_are_given_out_one_by_one(
    desk: Desk,
) -> None:
    """So that a flood of requests costs no more than refusing some twenty a second."""
    await asked(desk, 5)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(PATIENCE):
        flood = await asyncio.gather(*(desk.get(Role.mash_worker, TEAMS) for _ in range(21)))
    assert {one.status_code for one in flood} == {429}
    assert loop.time() - began >= 20 * 0.05
