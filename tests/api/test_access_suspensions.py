"""Access suspensions: at once, though the token is good; and nobody suspends themselves."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.domain.access import Role
from tests.support.builders import headers
from tests.support.clocks import FixedClock
from tests.support.houses import caller, client_of, open_house
from tests.support.rooms import HOSPITAL, POLICE, Room, open_room, pointers

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)
DOOR = "/v1/access-suspensions"
ADMIN = Role.system_administrator
OFFICER = Role.information_governance_officer


@pytest.fixture
async def room(database_url: str, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database_url, FixedClock(NOW), tmp_path) as opened:
        yield opened


def of(kind: str, target: object, reason: str = "Left the authority.") -> dict[str, Any]:
    return {"kind": kind, "target": str(target), "reason": reason}


async def test_the_next_call_of_a_suspended_person_is_refused_though_the_token_is_good(
    room: Room,
) -> None:
    token = headers(room.house, Role.mash_worker, name="Grace")
    assert (await room.client.get("/v1/contacts", headers=token)).status_code == 200
    grace = await caller(room.house, Role.mash_worker, name="Grace")
    made = await room.made(DOOR, of("account", grace.account_id), ADMIN)
    assert (made["accounts_stopped"], made["lifted_at"]) == (1, None)
    refused = await room.client.get("/v1/contacts", headers=token)
    assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")
    assert (await room.get("/v1/contacts", name="Somebody Else")).status_code == 200
    lifted = await room.post(
        f"{DOOR}/{made['id']}/lift", {"reason": "A mistake of ours."}, ADMIN, version=1
    )
    assert lifted.status_code == 200, lifted.text
    assert (lifted.json()["lifted_because"], lifted.json()["version"]) == ("A mistake of ours.", 2)
    assert (await room.client.get("/v1/contacts", headers=token)).status_code == 200


async def test_another_process_refuses_within_a_second(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    async with (
        open_room(database_url, clock, tmp_path) as here,
        open_house(database_url, clock, tmp_path) as there,
        client_of(there) as client,
    ):
        token = headers(here.house, Role.mash_worker, name="Grace")
        assert (await client.get("/v1/contacts", headers=token)).status_code == 200
        grace = await caller(here.house, Role.mash_worker, name="Grace")
        made = await here.made(DOOR, of("account", grace.account_id), ADMIN)
        clock.forward(seconds=1)
        assert (await client.get("/v1/contacts", headers=token)).status_code == 403
        await here.post(f"{DOOR}/{made['id']}/lift", {"reason": "It was wrong."}, ADMIN, version=1)
        clock.forward(seconds=1)
        assert (await client.get("/v1/contacts", headers=token)).status_code == 200


async def test_another_process_refuses_at_once_when_the_time_of_the_machine_stepped_back(
    database_url: str, tmp_path: Path
) -> None:
    """What was read "in an hour" is no news: else nothing would be read anew for that hour."""
    clock = FixedClock(NOW)
    async with (
        open_room(database_url, clock, tmp_path) as here,
        open_house(database_url, clock, tmp_path) as there,
        client_of(there) as client,
    ):
        grace = await caller(here.house, Role.mash_worker, name="Grace")
        early = headers(here.house, Role.mash_worker, name="Grace")
        clock.forward(hours=1)
        token = headers(here.house, Role.mash_worker, name="Grace")
        assert (await client.get("/v1/contacts", headers=token)).status_code == 200
        clock.set(NOW)
        await here.made(DOOR, of("account", grace.account_id), ADMIN)
        refused = await client.get("/v1/contacts", headers=early)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")


async def test_an_organisation_is_shut_out_whole_and_no_other_with_it(room: Room) -> None:
    partner = Role.partner_system
    for name in ("One", "Two"):
        await caller(room.house, partner, organisation=POLICE, name=name)
    made = await room.made(DOOR, of("organisation", POLICE), OFFICER)
    assert made["accounts_stopped"] == 2
    for name in ("One", "Two", "Three"):
        answer = await room.get(
            "/v1/multi-agency-referrals", partner, organisation=POLICE, name=name
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")
    other = await room.get("/v1/multi-agency-referrals", partner, organisation=HOSPITAL)
    assert other.status_code == 200


async def test_what_never_called_can_be_suspended_beforehand_and_shows_as_nobody(
    room: Room,
) -> None:
    made = await room.made(DOOR, of("client", "stolen-client"), ADMIN)
    assert made["accounts_stopped"] == 0


async def test_nobody_suspends_themselves_in_any_of_the_three_ways(room: Room) -> None:
    admin = await caller(room.house, ADMIN)
    assert admin.client_id is not None
    for kind, target in (
        ("account", admin.account_id),
        ("account", str(admin.account_id).upper()),
        ("client", admin.client_id),
    ):
        answer = await room.post(DOOR, of(kind, target), ADMIN)
        assert (answer.status_code, answer.json()["code"]) == (403, "own_access")
        assert "Ask another" in answer.json()["detail"]
    with_organisation = await room.post(
        DOOR, of("organisation", POLICE), ADMIN, organisation=POLICE
    )
    assert with_organisation.json()["code"] == "own_access"
    assert await room.count("suspension") == 0


@pytest.mark.parametrize(
    "target", ["not-an-id", "4c85993c-e7c2-42bb-996f-b5eeb144dc5b", "Grace Adeyemi"]
)
async def test_an_account_that_is_not_there_is_refused_and_not_repeated(
    room: Room, target: str
) -> None:
    answer = await room.post(DOOR, of("account", target), ADMIN)
    assert (answer.status_code, answer.json()["code"]) == (422, "account_unknown")
    assert pointers(answer) == {"/target"}
    assert target not in answer.text


async def test_what_is_suspended_is_not_suspended_again_and_what_is_lifted_not_lifted_again(
    room: Room,
) -> None:
    first = await room.made(DOOR, of("organisation", POLICE), ADMIN)
    again = await room.post(DOOR, of("organisation", POLICE), ADMIN)
    assert (again.status_code, again.json()["code"]) == (409, "already_suspended")
    assert (again.json()["state"], again.json()["allowed"]) == ("in_force", ["lift_suspension"])
    path = f"{DOOR}/{first['id']}/lift"
    assert (await room.post(path, {"reason": "It is over."}, ADMIN)).status_code == 428
    assert (await room.post(path, {"reason": "It is over."}, ADMIN, version=9)).status_code == 412
    assert (await room.post(path, {"reason": "It is over."}, ADMIN, version=1)).status_code == 200
    lifted = await room.post(path, {"reason": "It is over."}, ADMIN, version=2)
    assert (lifted.status_code, lifted.json()["code"]) == (409, "suspension_already_lifted")
    second = await room.made(DOOR, of("organisation", POLICE), ADMIN)
    assert second["id"] != first["id"]
    unknown = await room.post(f"{DOOR}/{uuid4()}/lift", {"reason": "It is over."}, ADMIN, version=1)
    assert unknown.status_code == 404


async def test_each_leaves_one_event_with_ids_and_no_words(room: Room) -> None:
    made = await room.made(DOOR, of("organisation", POLICE, "Canary reason."), ADMIN)
    await room.post(f"{DOOR}/{made['id']}/lift", {"reason": "Canary two."}, OFFICER, version=1)
    events = await room.rows("SELECT type, subject_id, data FROM event ORDER BY sequence")
    assert [type_ for type_, _, _ in events] == ["access.suspended", "access.restored"]
    assert {UUID(str(subject_id)) for _, subject_id, _ in events} == {UUID(made["id"])}
    for _, _, data in events:
        assert "organisation" in str(data)
        assert "Canary" not in str(data)
        assert POLICE not in str(data)


async def test_suspensions_are_listed_newest_first_by_page_in_force_or_not(room: Room) -> None:
    ids = [
        (await room.made(DOOR, of("client", f"client-{number}"), ADMIN))["id"]
        for number in range(5)
    ]
    await room.post(f"{DOOR}/{ids[1]}/lift", {"reason": "It is over."}, ADMIN, version=1)
    seen: list[str] = []
    path: str | None = f"{DOOR}?limit=2"
    while path is not None:
        page = await room.read(path, OFFICER)
        seen += [one["id"] for one in page["items"]]
        path = page["next"]
    assert seen == ids[::-1]
    in_force = await room.read(DOOR, ADMIN, params={"in_force": "true"})
    assert [one["id"] for one in in_force["items"]] == [*ids[:1:-1], ids[0]]
    lifted = await room.read(DOOR, ADMIN, params={"in_force": "false"})
    assert [one["id"] for one in lifted["items"]] == [ids[1]]
    one = await room.get(f"{DOOR}/{ids[1]}", ADMIN)
    assert (one.json()["lifted_because"], one.headers["etag"]) == ("It is over.", '"2"')


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in (ADMIN, OFFICER, Role.partner_system)]
)
async def test_nobody_else_suspends_or_sees_who_is(room: Room, role: Role) -> None:
    answer = await room.post(DOOR, of("organisation", POLICE), role)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert (await room.get(DOOR, role)).status_code == 403
