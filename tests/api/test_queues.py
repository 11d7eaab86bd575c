"""The desks: what waits, soonest first, with the time left to the minute."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from service.bootstrap import House
from service.domain.access import Role
from tests.support.clocks import FixedClock
from tests.support.houses import client_of, open_house, token

FRIDAY = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)


async def log(client: httpx.AsyncClient, house: House, **fields: object) -> dict[str, object]:
    body = {
        "concern": "A neighbour hears shouting at night.",
        "source_code": "1B",
        "channel": "telephone",
        "referrer": {"name": "Neighbour"},
        "children": [{"given_name": "Kit", "family_name": "Vale"}],
        **fields,
    }
    answer = await client.post(
        "/v1/contacts",
        json=body,
        headers=worker(house) | {"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def worker(house: House) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(house, Role.mash_worker)}"}


async def test_the_desk_shows_overdue_contacts_on_top_and_the_time_left_to_the_minute(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house, client_of(house) as client:
        first = await log(client, house)
        clock.forward(hours=20)
        second = await log(client, house)
        clock.forward(hours=4, minutes=7)
        answer = await client.get("/v1/queues/contacts", headers=worker(house))
        assert answer.status_code == 200, answer.text
        lines = answer.json()["items"]
        assert [line["contact_id"] for line in lines] == [first["id"], second["id"]]
        assert lines[0]["overdue"] is True
        assert lines[0]["time_left"] == "7 min overdue"
        assert lines[1]["time_left"] == "19 h 53 min left"
        assert [clock["kind"] for clock in lines[0]["deadlines"]] == [
            "contact_to_referral",
            "statutory_decision",
            "acknowledge_referrer",
        ]
        assert lines[0]["deadlines"][0]["minutes_left"] == -7
        assert lines[0]["next_action"] == "rate"
        assert lines[0]["accountable_team_id"] == "mash"
        assert lines[0]["children"] == ["Kit Vale"]


async def test_the_desk_is_narrowed_by_source_rating_worker_and_town(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house, client_of(house) as client:
        plain = await log(client, house)
        school = await log(client, house, source_code="2A", town="Weir End")
        rated = await client.post(
            f"/v1/contacts/{school['id']}/triage",
            json={"rating": "red"},
            headers=worker(house) | {"If-Match": '"1"'},
        )
        me = (await house.caller(token(house, Role.mash_worker))).account_id
        await client.post(
            f"/v1/contacts/{school['id']}/assignment",
            json={"worker_id": str(me)},
            headers=worker(house) | {"If-Match": rated.headers["etag"]},
        )
        for query, expected in (
            ("source_code=2A", [school["id"]]),
            ("source_code=2A&source_code=1B", [school["id"], plain["id"]]),
            ("rating=red", [school["id"]]),
            (f"assignee_id={me}", [school["id"]]),
            ("unassigned=true", [plain["id"]]),
            ("town=weir%20end", [school["id"]]),
            ("town=Nowhere", []),
        ):
            answer = await client.get(f"/v1/queues/contacts?{query}", headers=worker(house))
            assert answer.status_code == 200, answer.text
            assert [line["contact_id"] for line in answer.json()["items"]] == expected, query
        mine = await client.get("/v1/queues/mine", headers=worker(house))
        assert [line["contact_id"] for line in mine.json()["items"]] == [school["id"]]
        assert mine.json()["items"][0]["worker_name"] == "Development MASH worker"


async def test_a_queue_is_read_by_page_and_each_line_comes_once(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house, client_of(house) as client:
        logged = []
        for _ in range(7):
            logged.append((await log(client, house))["id"])
        seen: list[str] = []
        path: str | None = "/v1/queues/contacts?limit=3"
        while path is not None:
            answer = await client.get(path, headers=worker(house))
            assert answer.status_code == 200, answer.text
            seen += [line["contact_id"] for line in answer.json()["items"]]
            path = answer.json()["next"]
        assert seen == logged


@pytest.mark.parametrize(
    ("queue", "role", "status"),
    [
        ("contacts", Role.mash_worker, 200),
        ("contacts", Role.performance_analyst, 403),
        ("sign-off", Role.mash_manager, 200),
        ("sign-off", Role.mash_worker, 403),
        ("allocation", Role.assessment_team_manager, 200),
        ("information-requests", Role.mash_worker, 200),
        ("mine", Role.early_help_worker, 200),
        ("mine", Role.system_administrator, 403),
        ("nowhere", Role.mash_worker, 404),
    ],
)
async def test_each_role_has_its_own_queues(
    database_url: str, tmp_path: Path, queue: str, role: Role, status: int
) -> None:
    async with (
        open_house(database_url, FixedClock(FRIDAY), tmp_path) as house,
        client_of(house) as client,
    ):
        answer = await client.get(
            f"/v1/queues/{queue}", headers={"Authorization": f"Bearer {token(house, role)}"}
        )
        assert answer.status_code == status, answer.text
