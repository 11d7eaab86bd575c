"""Work is given only to who may hold it, and what was named days ago is looked at again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from service.domain.access import Role
from service.domain.accounts import Account
from service.domain.holders import HOLDERS, HeldWork
from service.persistence.records import table_of
from tests.api.test_transfers import (
    ASSESSMENT,
    DOWN,
    EARLY_HELP,
    MASH,
    SOCIAL_WORKER,
    SPOC,
    UP,
    acceptance,
    act,
    allocated,
    asked,
    opened,
    told,
)
from tests.support.builders import Body, allocation_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.operations import operations
from tests.support.published import published

WORKER, ADMIN, HEAD = Role.mash_worker, Role.system_administrator, Role.head_of_service
ABLE = {
    HeldWork.contact: WORKER,
    HeldWork.referral: SOCIAL_WORKER,
    HeldWork.early_help_episode: EARLY_HELP,
}
Giving = Callable[[Desk, str], Awaitable[httpx.Response]]


async def give_contact(desk: Desk, worker_id: str) -> httpx.Response:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}/assignment"
    return await desk.post(WORKER, path, {"worker_id": worker_id}, version=contact["version"])


async def give_referral(desk: Desk, worker_id: str) -> httpx.Response:
    _, decision = await desk.decided("referral")
    path = f"/v1/referrals/{decision['referral_id']}/allocation"
    return await desk.post(ASSESSMENT, path, allocation_body(worker_id), version=1)


async def give_episode(desk: Desk, worker_id: str) -> httpx.Response:
    _, decision = await desk.decided("early_help")
    path = f"/v1/early-help-episodes/{decision['early_help_episode_id']}/allocation"
    return await desk.post(SPOC, path, allocation_body(worker_id), version=1)


async def ask_down_for(desk: Desk, worker_id: str) -> httpx.Response:
    case = await allocated(desk, DOWN)
    body = await told(desk, DOWN, case, receiving_worker_id=worker_id)
    return await desk.post(SOCIAL_WORKER, "/v1/transfers", body)


async def ask_up_for(desk: Desk, worker_id: str) -> httpx.Response:
    case = await allocated(desk, UP)
    body = await told(desk, UP, case, receiving_worker_id=worker_id)
    return await desk.post(EARLY_HELP, "/v1/transfers", body)


async def accept_down_for(desk: Desk, worker_id: str) -> httpx.Response:
    seen = await opened(desk, await asked(desk, DOWN))
    body = {"words": "I have read it and spoken with the worker who knows the family."}
    return await act(desk, seen, "accept", SPOC, body | {"receiving_worker_id": worker_id})


async def accept_up_for(desk: Desk, worker_id: str) -> httpx.Response:
    seen = await opened(desk, await asked(desk, UP))
    return await act(desk, seen, "accept", MASH, acceptance(UP, receiving_worker_id=worker_id))


GIVING: dict[str, tuple[HeldWork, str, Giving]] = {
    "assign_contact": (HeldWork.contact, "/worker_id", give_contact),
    "allocate_referral": (HeldWork.referral, "/worker_id", give_referral),
    "allocate_early_help_episode": (HeldWork.early_help_episode, "/worker_id", give_episode),
    "request_transfer down": (
        HeldWork.early_help_episode,
        "/receiving_worker_id",
        ask_down_for,
    ),
    "request_transfer up": (HeldWork.referral, "/receiving_worker_id", ask_up_for),
    "accept_transfer down": (
        HeldWork.early_help_episode,
        "/receiving_worker_id",
        accept_down_for,
    ),
    "accept_transfer up": (HeldWork.referral, "/receiving_worker_id", accept_up_for),
}
each_way = pytest.mark.parametrize("way", GIVING)


def test_every_operation_that_takes_a_worker_is_tried_here() -> None:
    """One that is added later is found by the name of its field."""
    shapes = published()["components"]["schemas"]
    taking = set()
    for one in operations():
        [content] = one.document.get("requestBody", {"content": {"": {}}})["content"].values()
        shape = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        named = shapes.get(shape, {}).get("properties", {})
        if any(name.endswith(("worker_id", "assignee_id")) for name in named):
            taking.add(one.name)
    assert taking == {way.split()[0] for way in GIVING}


@each_way
async def test_only_who_may_hold_such_work_is_given_it(desk: Desk, way: str) -> None:
    work, pointer, give = GIVING[way]
    for role in Role:
        if role is Role.partner_system:
            continue
        answer = await give(desk, str(await desk.account_of(role, name=f"A {role}")))
        if role in HOLDERS[work]:
            assert answer.status_code in (200, 201), answer.text
        else:
            problem = expect_refusal(answer, 422, "worker_may_not_hold")
            assert faults(problem) == [(pointer, "worker_may_not_hold")]
            assert f"may_hold={work}" in problem["detail"]


@each_way
async def test_nobody_without_access_or_unseen_or_unknown_is_given_anything(
    desk: Desk, way: str
) -> None:
    work, pointer, give = GIVING[way]
    partner = await desk.account_of(Role.partner_system, organisation="riverbourne-police")
    for nobody in (str(uuid4()), str(partner)):
        problem = expect_refusal(await give(desk, nobody), 422, "worker_unknown")
        assert faults(problem) == [(pointer, "worker_unknown")]
    gone = await desk.account_of(ABLE[work], name="Gone")
    await suspend(desk, gone)
    expect_refusal(await give(desk, str(gone)), 422, "worker_suspended")
    new = await desk.account_of(ABLE[work], name="New")
    await forget_roles(desk, new)
    expect_refusal(await give(desk, str(new)), 422, "worker_roles_unknown")
    # The next sign-in says what they may hold; in another process, the next call does.
    desk.clock.forward(days=1)
    assert await desk.account_of(ABLE[work], name="New") == new
    assert (await give(desk, str(new))).status_code in (200, 201)


async def suspend(desk: Desk, worker_id: UUID | str) -> None:
    body = {"kind": "account", "target": str(worker_id), "reason": "Left the authority."}
    done(await desk.post(ADMIN, "/v1/access-suspensions", body), 201)


async def forget_roles(desk: Desk, account_id: UUID) -> None:
    """As they are for whoever has not signed in since the upgrade."""
    account = table_of(Account)
    unseen = {"role_names": None, "roles_since": None, "signed_in_at": None}
    async with desk.house.database.writing() as connection:
        await connection.execute(update(account).where(account.c.id == account_id).values(unseen))
        await connection.commit()


async def test_a_refused_allocation_stops_no_clock(desk: Desk) -> None:
    _, decision = await desk.decided("referral")
    path = f"/v1/referrals/{decision['referral_id']}"
    analyst = str(await desk.account_of(Role.performance_analyst))
    refused = await desk.post(ASSESSMENT, f"{path}/allocation", allocation_body(analyst), version=1)
    expect_refusal(refused, 422, "worker_may_not_hold")
    referral = done(await desk.get(ASSESSMENT, path))
    assert (referral["state"], referral["worker_id"]) == ("awaiting_allocation", None)
    clocks = {one["kind"]: one["stopped_at"] for one in referral["deadlines"]}
    assert clocks["allocation"] is None
    queue = done(await desk.get(ASSESSMENT, "/v1/queues/allocation"))["items"]
    assert [line["subject_id"] for line in queue] == [decision["referral_id"]]


# ---- Who works here, and what they may hold -----------------------------------------------------


async def workers(desk: Desk, query: str = "") -> dict[str, Body]:
    found = done(await desk.get(MASH, f"/v1/workers?limit=100{query}", name="Reader"))["items"]
    return {one["name"]: one for one in found}


async def test_workers_say_their_roles_and_whether_they_have_access(desk: Desk) -> None:
    await desk.account_of(WORKER, name="Grace", also=[Role.early_help_worker])
    gone = await desk.account_of(SOCIAL_WORKER, name="Gone")
    await desk.account_of(ADMIN, name="Admin")
    await suspend(desk, gone)
    found = await workers(desk)
    assert found["Grace"]["roles"] == ["early_help_worker", "mash_worker"]
    assert found["Grace"]["roles_since"] == found["Grace"]["last_seen_at"] == "2026-10-23T15:00:00Z"
    assert {name: one["suspended"] for name, one in found.items() if name in ("Grace", "Gone")} == {
        "Grace": False,
        "Gone": True,
    }
    for work, names in (
        ("contact", {"Grace", "Reader"}),
        ("early_help_episode", {"Grace"}),
        ("referral", set()),
    ):
        assert set(await workers(desk, f"&may_hold={work}")) == names
    assert set(await workers(desk, "&suspended=true")) == {"Gone"}
    assert "Gone" not in await workers(desk, "&suspended=false")
    assert await workers(desk, "&may_hold=referral&suspended=true") == {}
    problem = await desk.get(MASH, "/v1/workers?may_hold=everything")
    expect_refusal(problem, 422, "invalid")
    await forget_roles(desk, UUID(found["Grace"]["id"]))
    unseen = (await workers(desk))["Grace"]
    assert (unseen["roles"], unseen["roles_since"], unseen["last_seen_at"]) == (None, None, None)


async def test_the_newest_token_says_what_somebody_is_and_an_older_one_takes_nothing_back(
    desk: Desk,
) -> None:
    issuer = desk.house.development_issuer
    assert issuer is not None
    old = issuer.mint(WORKER, name="Grace", team="mash")
    await desk.house.caller(old)
    desk.clock.forward(minutes=10)
    await desk.account_of(WORKER, name="Grace", team="assessment-north", also=[SOCIAL_WORKER])
    await desk.house.caller(old)
    grace = (await workers(desk))["Grace"]
    assert (grace["roles"], grace["team_id"]) == (
        ["assessment_team_worker", "mash_worker"],
        "assessment-north",
    )
    assert grace["roles_since"] == "2026-10-23T15:10:00Z"
    assert set(await workers(desk, "&may_hold=referral")) == {"Grace"}


async def test_who_calls_again_with_nothing_new_is_not_written_again_until_the_next_day(
    desk: Desk,
) -> None:
    await desk.account_of(WORKER, name="Grace")
    for hours in (1, 8, 14):
        desk.clock.forward(hours=hours)
        await desk.account_of(WORKER, name="Grace")
        grace = (await workers(desk))["Grace"]
        assert grace["last_seen_at"] == "2026-10-23T15:00:00Z"
    desk.clock.forward(hours=1)
    await desk.account_of(WORKER, name="Grace")
    grace = (await workers(desk))["Grace"]
    assert grace["last_seen_at"] == "2026-10-24T15:00:00Z"
    assert grace["roles_since"] == "2026-10-23T15:00:00Z"


# ---- Who holds it now and can work nothing any more ---------------------------------------------


async def test_what_a_suspended_worker_holds_is_found_by_their_managers_and_given_to_another(
    desk: Desk,
) -> None:
    contact = await desk.contact()
    on_desk = str(await desk.account_of(WORKER, name="Leaver"))
    path = f"/v1/contacts/{contact['id']}/assignment"
    done(await desk.post(MASH, path, {"worker_id": on_desk}, version=contact["version"]))
    episode = await allocated(desk, UP)
    referral = await allocated(desk, DOWN)
    assert await with_the_suspended(desk) == {}
    for holder in (on_desk, episode["worker_id"], referral["worker_id"]):
        await suspend(desk, holder)
    assert await with_the_suspended(desk) == {
        contact["reference"]: on_desk,
        episode["reference"]: episode["worker_id"],
        referral["reference"]: referral["worker_id"],
    }
    for role, queue, reference, action in (
        (MASH, "contacts", contact["reference"], "rate"),
        (SPOC, "allocation", episode["reference"], "allocate"),
        (ASSESSMENT, "allocation", referral["reference"], "allocate"),
    ):
        lines = done(await desk.get(role, f"/v1/queues/{queue}?worker_suspended=true"))["items"]
        found = {line["reference"]: line for line in lines}
        assert found[reference]["worker_suspended"] is True
        assert found[reference]["next_action"] == action
    other = str(await desk.account_of(SOCIAL_WORKER, name="Stays"))
    done(
        await desk.post(
            ASSESSMENT,
            f"/v1/referrals/{referral['id']}/allocation",
            allocation_body(other),
            version=referral["version"],
        )
    )
    assert referral["reference"] not in await with_the_suspended(desk)
    assert not done(await desk.get(ASSESSMENT, "/v1/queues/allocation?town=Nowhere"))["items"]


async def with_the_suspended(desk: Desk) -> dict[str, str]:
    found = done(await desk.get(HEAD, "/v1/accountability?worker_suspended=true"))["items"]
    assert all(one["worker_suspended"] for one in found)
    everybody = done(await desk.get(HEAD, "/v1/accountability?limit=100"))["items"]
    assert [one for one in everybody if one["worker_suspended"]] == found
    return {one["reference"]: one["worker_id"] for one in found}


# ---- What was named at the request, at the acceptance -------------------------------------------


async def asked_for(desk: Desk, name: str) -> tuple[Body, str]:
    """A step-down that is opened, and the practitioner whom it names."""
    named = str(await desk.account_of(EARLY_HELP, name=name, team="family-centres"))
    return await opened(desk, await asked(desk, DOWN, receiving_worker_id=named)), named


WORDS = {"words": "I have read it and spoken with the worker who knows the family."}


async def accept(desk: Desk, transfer: Body, **named: Any) -> httpx.Response:
    return await act(desk, transfer, "accept", SPOC, WORDS | named)


async def refused_until_another_is_named(
    desk: Desk, transfer: Body, code: str, **another: str
) -> Body:
    problem = expect_refusal(await accept(desk, transfer), 422, "transfer_incomplete")
    assert faults(problem) == [("/receiving_worker_id", code)]
    assert "name" in problem["errors"][0]["message"]
    return done(await accept(desk, transfer, **another))


async def test_a_practitioner_who_has_lost_access_since_is_not_given_the_child(desk: Desk) -> None:
    transfer, named = await asked_for(desk, "Priya")
    await suspend(desk, named)
    other = str(await desk.account_of(EARLY_HELP, name="Mo"))
    refused = await accept(desk, transfer, receiving_worker_id=named)
    expect_refusal(refused, 422, "worker_suspended")
    accepted = await refused_until_another_is_named(
        desk, transfer, "worker_suspended", receiving_worker_id=other
    )
    assert (accepted["state"], accepted["receiver_worker_id"]) == ("accepted", other)


async def test_a_practitioner_who_does_something_else_since_is_not_given_the_child(
    desk: Desk,
) -> None:
    transfer, named = await asked_for(desk, "Priya")
    account = table_of(Account)
    async with desk.house.database.writing() as connection:
        as_told = {"role_names": "qa_auditor"}
        await connection.execute(update(account).where(account.c.id == UUID(named)).values(as_told))
        await connection.commit()
    other = str(await desk.account_of(EARLY_HELP, name="Mo"))
    accepted = await refused_until_another_is_named(
        desk, transfer, "worker_may_not_hold", receiving_worker_id=other
    )
    assert accepted["receiver_worker_id"] == other


async def test_a_practitioner_who_is_in_another_team_since_is_named_once_more(desk: Desk) -> None:
    transfer, named = await asked_for(desk, "Priya")
    desk.clock.forward(hours=1)
    await desk.account_of(EARLY_HELP, name="Priya", team="early-help-spoc")
    accepted = await refused_until_another_is_named(
        desk, transfer, "worker_moved_team", receiving_worker_id=named
    )
    assert accepted["receiver_worker_id"] == named


async def test_who_gives_up_a_case_names_another_only_for_one_who_cannot_take_it(
    desk: Desk,
) -> None:
    named = str(await desk.account_of(EARLY_HELP, name="Priya"))
    pull = await asked(desk, DOWN, asked_by="receiver", receiving_worker_id=named)
    seen = await opened(desk, pull)
    other = str(await desk.account_of(EARLY_HELP, name="Mo"))
    body = acceptance(DOWN, receiving_worker_id=other)
    problem = expect_refusal(
        await act(desk, seen, "accept", ASSESSMENT, body), 422, "transfer_incomplete"
    )
    assert faults(problem) == [("/receiving_worker_id", "surplus")]
    await suspend(desk, named)
    accepted = done(await act(desk, seen, "accept", ASSESSMENT, body))
    assert accepted["receiver_worker_id"] == other


async def test_a_child_goes_back_to_who_had_it_unless_they_have_lost_access(desk: Desk) -> None:
    """A step-up while a step-down is unfinished: the referral is there still."""
    case = await allocated(desk, DOWN)
    down = done(await accept(desk, await opened(desk, await asked(desk, DOWN, case))))
    path = f"/v1/early-help-episodes/{down['early_help_episode_id']}"
    episode = done(await desk.get(SPOC, path))
    up = await opened(desk, await asked(desk, UP, episode))
    await suspend(desk, case["worker_id"])
    body = acceptance(UP)
    problem = expect_refusal(await act(desk, up, "accept", MASH, body), 422, "transfer_incomplete")
    assert faults(problem) == [("/receiving_worker_id", "worker_suspended")]
    other = str(await desk.account_of(SOCIAL_WORKER, name="Stays"))
    done(await act(desk, up, "accept", MASH, body | {"receiving_worker_id": other}))
    back = done(await desk.get(ASSESSMENT, f"/v1/referrals/{case['id']}"))
    assert (back["state"], back["worker_id"]) == ("allocated", other)


async def test_social_care_does_not_leave_a_child_to_somebody_without_access(desk: Desk) -> None:
    transfer, named = await asked_for(desk, "Priya")
    accepted = done(await accept(desk, transfer))
    agreed = {"agreement": "given", "words": WORDS["words"]}
    seen = done(await act(desk, accepted, "family-agreement", EARLY_HELP, agreed))
    visit = {"visited_at": desk.clock.now.isoformat(), "words": WORDS["words"]}
    visited = done(await act(desk, seen, "first-visit", EARLY_HELP, visit))
    await suspend(desk, named)
    close = {"closure_code": "RC9", "words": WORDS["words"]}
    problem = expect_refusal(
        await act(desk, visited, "completion", ASSESSMENT, close), 409, "step_down_not_ready"
    )
    assert "a worker of early help who has access and holds the episode" in problem["detail"]
    other = str(await desk.account_of(EARLY_HELP, name="Mo"))
    path = f"/v1/early-help-episodes/{visited['early_help_episode_id']}"
    version = done(await desk.get(SPOC, path))["version"]
    done(await desk.post(SPOC, f"{path}/allocation", allocation_body(other), version=version))
    complete = done(await act(desk, visited, "completion", ASSESSMENT, close))
    assert complete["state"] == "completed"
