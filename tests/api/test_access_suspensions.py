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
from tests.support.desks import HOSPITAL, POLICE, Desk, open_desk, pointers
from tests.support.houses import caller, client_of, open_house

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)
DOOR = "/v1/access-suspensions"
ADMIN = Role.system_administrator
OFFICER = Role.information_governance_officer


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path, FixedClock(NOW)) as opened:
        yield opened


def of(kind: str, target: object, reason: str = "Left the authority.") -> dict[str, Any]:
    return {"kind": kind, "target": str(target), "reason": reason}


async def test_the_next_call_of_a_suspended_person_is_refused_though_the_token_is_good(
    desk: Desk,
) -> None:
    token = headers(desk.house, Role.mash_worker, name="Grace")
    assert (await desk.client.get("/v1/contacts", headers=token)).status_code == 200
    grace = await caller(desk.house, Role.mash_worker, name="Grace")
    made = await desk.made(ADMIN, DOOR, of("account", grace.account_id))
    assert (made["accounts_stopped"], made["lifted_at"]) == (1, None)
    refused = await desk.client.get("/v1/contacts", headers=token)
    assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")
    assert (
        await desk.get(Role.mash_worker, "/v1/contacts", name="Somebody Else")
    ).status_code == 200
    lifted = await desk.post(
        ADMIN, f"{DOOR}/{made['id']}/lift", {"reason": "A mistake of ours."}, version=1
    )
    assert lifted.status_code == 200, lifted.text
    assert (lifted.json()["lifted_because"], lifted.json()["version"]) == ("A mistake of ours.", 2)
    assert (await desk.client.get("/v1/contacts", headers=token)).status_code == 200


async def test_another_process_refuses_within_a_second(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    async with (
        open_desk(database_url, tmp_path, clock) as here,
        open_house(database_url, clock, tmp_path) as there,
        client_of(there) as client,
    ):
        token = headers(here.house, Role.mash_worker, name="Grace")
        assert (await client.get("/v1/contacts", headers=token)).status_code == 200
        grace = await caller(here.house, Role.mash_worker, name="Grace")
        made = await here.made(ADMIN, DOOR, of("account", grace.account_id))
        clock.forward(seconds=1)
        assert (await client.get("/v1/contacts", headers=token)).status_code == 403
        await here.post(ADMIN, f"{DOOR}/{made['id']}/lift", {"reason": "It was wrong."}, version=1)
        clock.forward(seconds=1)
        assert (await client.get("/v1/contacts", headers=token)).status_code == 200


async def test_another_process_refuses_at_once_when_the_time_of_the_machine_stepped_back(
    database_url: str, tmp_path: Path
) -> None:
    """What was read "in an hour" is no news: else nothing would be read anew for that hour."""
    clock = FixedClock(NOW)
    async with (
        open_desk(database_url, tmp_path, clock) as here,
        open_house(database_url, clock, tmp_path) as there,
        client_of(there) as client,
    ):
        grace = await caller(here.house, Role.mash_worker, name="Grace")
        early = headers(here.house, Role.mash_worker, name="Grace")
        clock.forward(hours=1)
        token = headers(here.house, Role.mash_worker, name="Grace")
        assert (await client.get("/v1/contacts", headers=token)).status_code == 200
        clock.set(NOW)
        await here.made(ADMIN, DOOR, of("account", grace.account_id))
        refused = await client.get("/v1/contacts", headers=early)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")


async def test_an_organisation_is_shut_out_whole_and_no_other_with_it(desk: Desk) -> None:
    partner = Role.partner_system
    for name in ("One", "Two"):
        await caller(desk.house, partner, organisation=POLICE, name=name)
    made = await desk.made(OFFICER, DOOR, of("organisation", POLICE))
    assert made["accounts_stopped"] == 2
    for name in ("One", "Two", "Three"):
        answer = await desk.get(
            partner, "/v1/multi-agency-referrals", organisation=POLICE, name=name
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")
    other = await desk.get(partner, "/v1/multi-agency-referrals", organisation=HOSPITAL)
    assert other.status_code == 200


async def test_what_never_called_can_be_suspended_beforehand_and_shows_as_nobody(
    desk: Desk,
) -> None:
    made = await desk.made(ADMIN, DOOR, of("client", "stolen-client"))
    assert made["accounts_stopped"] == 0


async def test_nobody_suspends_themselves_in_any_of_the_three_ways(desk: Desk) -> None:
    admin = await caller(desk.house, ADMIN)
    assert admin.client_id is not None
    for kind, target in (
        ("account", admin.account_id),
        ("account", str(admin.account_id).upper()),
        ("client", admin.client_id),
    ):
        answer = await desk.post(ADMIN, DOOR, of(kind, target))
        assert (answer.status_code, answer.json()["code"]) == (403, "own_access")
        assert "Ask another" in answer.json()["detail"]
    with_organisation = await desk.post(
        ADMIN, DOOR, of("organisation", POLICE), organisation=POLICE
    )
    assert with_organisation.json()["code"] == "own_access"
    assert await desk.count("suspension") == 0


@pytest.mark.parametrize(
    "target", ["not-an-id", "4c85993c-e7c2-42bb-996f-b5eeb144dc5b", "Grace Adeyemi"]
)
async def test_an_account_that_is_not_there_is_refused_and_not_repeated(
    desk: Desk, target: str
) -> None:
    answer = await desk.post(ADMIN, DOOR, of("account", target))
    assert (answer.status_code, answer.json()["code"]) == (422, "account_unknown")
    assert pointers(answer) == {"/target"}
    assert target not in answer.text


async def test_what_is_suspended_is_not_suspended_again_and_what_is_lifted_not_lifted_again(
    desk: Desk,
) -> None:
    first = await desk.made(ADMIN, DOOR, of("organisation", POLICE))
    again = await desk.post(ADMIN, DOOR, of("organisation", POLICE))
    assert (again.status_code, again.json()["code"]) == (409, "already_suspended")
    assert (again.json()["state"], again.json()["allowed"]) == ("in_force", ["lift_suspension"])
    path = f"{DOOR}/{first['id']}/lift"
    assert (await desk.post(ADMIN, path, {"reason": "It is over."})).status_code == 428
    assert (await desk.post(ADMIN, path, {"reason": "It is over."}, version=9)).status_code == 412
    assert (await desk.post(ADMIN, path, {"reason": "It is over."}, version=1)).status_code == 200
    lifted = await desk.post(ADMIN, path, {"reason": "It is over."}, version=2)
    assert (lifted.status_code, lifted.json()["code"]) == (409, "suspension_already_lifted")
    second = await desk.made(ADMIN, DOOR, of("organisation", POLICE))
    assert second["id"] != first["id"]
    unknown = await desk.post(ADMIN, f"{DOOR}/{uuid4()}/lift", {"reason": "It is over."}, version=1)
    assert unknown.status_code == 404


async def test_each_leaves_one_event_with_ids_and_no_words(desk: Desk) -> None:
    made = await desk.made(ADMIN, DOOR, of("organisation", POLICE, "Canary reason."))
    await desk.post(OFFICER, f"{DOOR}/{made['id']}/lift", {"reason": "Canary two."}, version=1)
    events = await desk.rows("SELECT type, subject_id, data FROM event ORDER BY sequence")
    assert [type_ for type_, _, _ in events] == ["access.suspended", "access.restored"]
    assert {UUID(str(subject_id)) for _, subject_id, _ in events} == {UUID(made["id"])}
    for _, _, data in events:
        assert "organisation" in str(data)
        assert "Canary" not in str(data)
        assert POLICE not in str(data)


async def test_suspensions_are_listed_newest_first_by_page_in_force_or_not(desk: Desk) -> None:
    ids = [
        (await desk.made(ADMIN, DOOR, of("client", f"client-{number}")))["id"]
        for number in range(5)
    ]
    await desk.post(ADMIN, f"{DOOR}/{ids[1]}/lift", {"reason": "It is over."}, version=1)
    seen: list[str] = []
    path: str | None = f"{DOOR}?limit=2"
    while path is not None:
        page = await desk.read(OFFICER, path)
        seen += [one["id"] for one in page["items"]]
        path = page["next"]
    assert seen == ids[::-1]
    in_force = await desk.read(ADMIN, DOOR, params={"in_force": "true"})
    assert [one["id"] for one in in_force["items"]] == [*ids[:1:-1], ids[0]]
    lifted = await desk.read(ADMIN, DOOR, params={"in_force": "false"})
    assert [one["id"] for one in lifted["items"]] == [ids[1]]
    one = await desk.get(ADMIN, f"{DOOR}/{ids[1]}")
    assert (one.json()["lifted_because"], one.headers["etag"]) == ("It is over.", '"2"')


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in (ADMIN, OFFICER, Role.partner_system)]
)
async def test_nobody_else_suspends_or_sees_who_is(desk: Desk, role: Role) -> None:
    answer = await desk.post(role, DOOR, of("organisation", POLICE))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert (await desk.get(role, DOOR)).status_code == 403
