"""Reference data: who works here, with whom, in which codes, and by which rules."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from service.domain.access import Role
from tests.support.builders import contact_body, headers
from tests.support.clocks import FixedClock
from tests.support.desks import POLICE, Desk, open_desk
from tests.support.houses import caller

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path, FixedClock(NOW)) as opened:
        yield opened


async def every(desk: Desk, path: str, role: Role = Role.mash_worker, **who: str) -> list[object]:
    found: list[object] = []
    following: str | None = path
    while following is not None:
        page = await desk.read(role, following, **who)
        found += page["items"]
        following = page["next"]
    return found


async def test_workers_are_the_staff_who_signed_in_and_a_cursor_holds_no_name(desk: Desk) -> None:
    names = ["Zora", "Amy", "Grace", "Bola", "Mo"]
    for name in names:
        await caller(desk.house, Role.mash_worker, name=name, team="mash")
    await caller(desk.house, Role.partner_system, organisation=POLICE, name="Police system")
    found = await every(desk, "/v1/workers?limit=2", Role.mash_worker, name="Zora", team="mash")
    assert [one["name"] for one in found] == names
    in_team = await every(desk, "/v1/workers?team_id=nobody", name="Zora", team="mash")
    assert in_team == []
    answer = await desk.get(Role.mash_worker, "/v1/workers?limit=2", name="Zora", team="mash")
    assert "Amy" in answer.text
    assert "Amy" not in answer.headers["link"]
    worker = answer.json()["items"][0]["id"]
    contact = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    given = await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{contact['id']}/assignment",
        {"worker_id": worker},
        version=1,
    )
    assert given.json()["assignee_id"] == worker


async def test_organisations_and_teams_come_page_by_page_from_the_policy(desk: Desk) -> None:
    policy = desk.house.policy
    organisations = await every(desk, "/v1/organisations?limit=5")
    assert [one["id"] for one in organisations] == [one.id for one in policy.organisations]
    assert organisations[1] == {
        "id": "riverbourne-hospital",
        "name": "Riverbourne Hospital",
        "kind": "health",
        "source_codes": ["3E", "3F"],
        "contact": "Safeguarding nurse, 01632 960102",
    }
    teams = await every(desk, "/v1/teams?limit=2")
    assert [one["id"] for one in teams] == [one.id for one in policy.teams]


async def test_a_partner_sees_of_the_organisations_its_own(desk: Desk) -> None:
    found = await every(desk, "/v1/organisations", Role.partner_system, organisation=POLICE)
    assert [one["id"] for one in found] == [POLICE]


async def test_code_lists_are_read_whole_in_their_published_order(desk: Desk) -> None:
    lists = {one["name"]: one["size"] for one in await every(desk, "/v1/codes")}
    assert lists["referral_source"] == 22
    partner = {"organisation": POLICE}
    for name, size in lists.items():
        found = await desk.read(Role.partner_system, f"/v1/codes/{name}", **partner)
        assert (found["name"], len(found["codes"])) == (name, size)
    sources = (await desk.read(Role.mash_worker, "/v1/codes/referral_source"))["codes"]
    assert sources[0]["code"] == "1A"
    assert all(one["label"] for one in sources)
    unknown = await desk.get(Role.mash_worker, "/v1/codes/nothing")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "code_list_unknown")


async def test_anybody_on_the_staff_can_read_any_rule_and_where_it_comes_from(desk: Desk) -> None:
    answer = await desk.get(Role.performance_analyst, "/v1/policy")
    told = answer.json()
    assert told["stamp"] == desk.house.policy.stamp
    rules = {(rule["kind"], rule["rating"]): rule for rule in told["timescales"]}
    assert len(rules) == len(desk.house.policy.timescales)
    assert rules["statutory_decision", None]["limit"] == "one working day"
    assert rules["triage", "red"]["limit"] == "4 hours"
    assert rules["triage", "red"]["escalation"][0] == {
        "after": "15 minutes",
        "role": "mash_manager",
    }
    assert "Working Together" in rules["statutory_decision", None]["source"]
    assert (rules["triage", "red"]["local"], rules["statutory_decision", None]["local"]) == (
        True,
        False,
    )
    assert told["holidays_known_until"] == "2028-12-31"
    assert told["decision_prompts"][0]["key"] == "child_voice"
    given = {
        **headers(desk.house, Role.performance_analyst),
        "If-None-Match": answer.headers["etag"],
    }
    assert (await desk.client.get("/v1/policy", headers=given)).status_code == 304
    assert (
        await desk.get(Role.partner_system, "/v1/policy", organisation=POLICE)
    ).status_code == 403


async def test_the_policy_behind_a_deadline_is_read_word_for_word_by_its_stamp(desk: Desk) -> None:
    contact = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    stamp = contact["deadlines"][0]["explanation"]["policy_version"]
    found = await desk.read(Role.mash_worker, f"/v1/policy-versions/{quote(stamp)}")
    assert (found["stamp"], found["text"]) == (stamp, desk.house.policy.text)
    assert found["digest"] == desk.house.policy.digest
    unknown = await desk.get(Role.mash_worker, "/v1/policy-versions/1999.1+000000000000")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "policy_version_unknown")
