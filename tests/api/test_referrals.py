"""Referrals over HTTP: who is accountable, by when, given to a worker, closed with a reason."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain.access import Role
from tests.support.builders import Body, allocation_body, child_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.houses import token

MANAGER = Role.assessment_team_manager
WORKER = Role.assessment_team_worker
REASON = "The assessment found no unmet need and the family agrees."


async def referral(desk: Desk, **changes: Any) -> Body:
    """A referral that nobody works yet."""
    _, decision = await desk.decided("referral", **changes)
    return done(await desk.get(MANAGER, f"/v1/referrals/{decision['referral_id']}"))


async def allocate(
    desk: Desk, case: Body, *, role: Role = MANAGER, version: int | None = 1, **changes: Any
) -> httpx.Response:
    body = allocation_body(changes.pop("worker_id", await desk.account_of(WORKER)), **changes)
    return await desk.post(role, f"/v1/referrals/{case['id']}/allocation", body, version=version)


async def close(
    desk: Desk,
    case: Body,
    *,
    role: Role = MANAGER,
    version: int | None = 2,
    code: str = "RC8",
    reason: str = REASON,
) -> httpx.Response:
    body = {"closure_code": code, "reason": reason}
    return await desk.post(role, f"/v1/referrals/{case['id']}/closure", body, version=version)


async def test_a_referral_says_who_is_accountable_and_by_when_to_the_minute(desk: Desk) -> None:
    contact, decision = await desk.decided("referral")
    answer = await desk.get(MANAGER, f"/v1/referrals/{decision['referral_id']}")
    found = done(answer)
    assert answer.headers["etag"] == '"1"'
    assert found["contact_id"] == contact["id"]
    assert found["child_id"] == contact["children"][0]["id"]
    assert (found["state"], found["team_id"], found["worker_id"]) == (
        "awaiting_allocation",
        "assessment-north",
        None,
    )
    assert (found["statutory_basis"], found["re_referral"]) == ("section_17", False)
    clock, assessment = found["deadlines"]
    assert (assessment["kind"], assessment["due_at"]) == (
        "single_assessment",
        "2026-12-29T23:59:59Z",
    )
    assert (clock["kind"], clock["owner_role"]) == ("allocation", "assessment_team_manager")
    assert (clock["started_at"], clock["due_at"], clock["stopped_at"]) == (
        "2026-10-23T15:00:00Z",
        "2026-10-30T23:59:59Z",
        None,
    )
    assert "five working days" in clock["explanation"]["sum"]


async def test_allocation_stops_the_clock_once_and_the_case_may_be_given_again(
    desk: Desk,
) -> None:
    case = await referral(desk)
    worker = await desk.account_of(WORKER)
    before = await desk.get(Role.mash_worker, f"/v1/contacts/{case['contact_id']}")
    desk.clock.forward(hours=3)
    answer = await allocate(desk, case)
    given = done(answer)
    assert answer.headers["etag"] == '"2"'
    # The contact shows this clock too, so it is read anew.
    file = await desk.get(Role.mash_worker, f"/v1/contacts/{case['contact_id']}")
    assert file.headers["etag"] != before.headers["etag"]
    [clock] = [one for one in done(file)["deadlines"] if one["kind"] == "allocation"]
    assert clock["stopped_because"] == "allocated"
    assert (given["state"], given["worker_id"], given["team_id"]) == (
        "allocated",
        str(worker),
        "assessment-north",
    )
    assert given["allocated_at"] == "2026-10-23T18:00:00Z"
    assert given["deadlines"][0]["stopped_at"] == "2026-10-23T18:00:00Z"
    assert given["deadlines"][0]["stopped_because"] == "allocated"
    expect_refusal(await allocate(desk, case, version=2), 409, "already_allocated")

    desk.clock.forward(hours=1)
    other = await desk.account_of(WORKER, name="Another")
    again = done(await allocate(desk, case, version=2, worker_id=other, team_id="assessment-south"))
    assert (again["worker_id"], again["team_id"]) == (str(other), "assessment-south")
    assert again["allocated_at"] == given["allocated_at"]
    assert done(await desk.get(WORKER, f"/v1/referrals/{case['id']}")) == again


async def test_a_referral_goes_to_a_worker_who_is_known_and_a_team_that_takes_it(
    desk: Desk,
) -> None:
    case = await referral(desk)
    problem = expect_refusal(await allocate(desk, case, worker_id=uuid4()), 422, "worker_unknown")
    assert faults(problem) == [("/worker_id", "worker_unknown")]
    partner = await desk.account_of(Role.partner_system, organisation="riverbourne-police")
    expect_refusal(await allocate(desk, case, worker_id=partner), 422, "worker_unknown")
    problem = expect_refusal(await allocate(desk, case, team_id="mash"), 422, "team_cannot_receive")
    assert faults(problem) == [("/team_id", "team_cannot_receive")]
    unchanged = done(await desk.get(MANAGER, f"/v1/referrals/{case['id']}"))
    assert unchanged == case


async def test_a_referral_closes_with_a_code_and_words_and_stays_closed(desk: Desk) -> None:
    case = await referral(desk)
    problem = expect_refusal(await close(desk, case, version=1), 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("awaiting_allocation", ["allocate"])
    done(await allocate(desk, case))
    desk.clock.forward(days=20)
    closed = done(await close(desk, case))
    assert (closed["state"], closed["closure_code"], closed["closure_reason"]) == (
        "closed",
        "RC8",
        REASON,
    )
    assert closed["closed_at"] == "2026-11-12T15:00:00Z"
    assert closed["closed_by"] == str(await desk.account_of(MANAGER))
    expect_refusal(await close(desk, case, version=3), 409, "wrong_state")
    problem = expect_refusal(await allocate(desk, case, version=3), 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("closed", [])


@pytest.mark.parametrize("code", ["RC9", "RC10", "outcomes_met"])
async def test_a_referral_is_never_closed_to_early_help_or_by_an_unknown_code(
    desk: Desk, code: str
) -> None:
    case = await referral(desk)
    done(await allocate(desk, case))
    answer = await close(desk, case, code=code)
    if len(code) > 8:
        expect_refusal(answer, 422, "invalid")
    else:
        problem = expect_refusal(answer, 422, "closure_not_possible")
        assert faults(problem) == [("/closure_code", "closure_code_not_possible")]
        assert "step-down" in problem["errors"][0]["message"]


async def test_a_stock_phrase_closes_nothing(desk: Desk) -> None:
    case = await referral(desk)
    done(await allocate(desk, case))
    problem = expect_refusal(await close(desk, case, reason="NFA."), 422, "closure_not_possible")
    assert faults(problem) == [("/reason", "boiler_plate")]


async def test_a_change_names_the_version_that_was_read(desk: Desk) -> None:
    case = await referral(desk)
    expect_refusal(await allocate(desk, case, version=None), 428, "precondition_missing")
    stale = await allocate(desk, case, version=9)
    expect_refusal(stale, 412, "stale")
    assert stale.headers["etag"] == '"1"'
    done(await allocate(desk, case))
    expect_refusal(await close(desk, case, version=1), 412, "stale")


async def test_the_team_manager_alone_allocates_and_closes(desk: Desk) -> None:
    case = await referral(desk)
    for role in (WORKER, Role.mash_manager, Role.early_help_spoc_manager, Role.qa_auditor):
        expect_refusal(await allocate(desk, case, role=role), 403, "role_missing")
        expect_refusal(await close(desk, case, role=role), 403, "role_missing")
    for role in (Role.early_help_worker, Role.performance_analyst):
        expect_refusal(await desk.get(role, f"/v1/referrals/{case['id']}"), 403, "role_missing")
    nowhere = await desk.get(WORKER, f"/v1/referrals/{uuid4()}")
    expect_refusal(nowhere, 404, "referral_not_found")
    nothing = {**case, "id": str(uuid4())}
    expect_refusal(await allocate(desk, nothing), 404, "referral_not_found")
    expect_refusal(await close(desk, nothing), 404, "referral_not_found")


async def test_referrals_are_listed_newest_first_by_page_and_narrowed(desk: Desk) -> None:
    made = []
    for place, team in enumerate(("assessment-north", "assessment-south", "assessment-north")):
        contact = await desk.contact(children=[child_body(f"Child {place}")])
        signed = await desk.sign(await desk.draft(contact, 0, "referral", receiving_team_id=team))
        made.append(done(await desk.get(MANAGER, f"/v1/referrals/{signed['referral_id']}")))
        desk.clock.forward(days=1)
    done(await allocate(desk, made[2]))
    first = done(await desk.get(WORKER, "/v1/referrals?limit=2"))
    assert [one["id"] for one in first["items"]] == [made[2]["id"], made[1]["id"]]
    # Once allocated it is the assessment that is waited for.
    limits = ["2026-12-29T23:59:59Z", "2026-10-30T23:59:59Z"]
    assert [one["due_at"] for one in first["items"]] == limits
    rest = done(await desk.get(WORKER, first["next"]))
    assert [one["id"] for one in rest["items"]] == [made[0]["id"]]
    worker = await desk.account_of(WORKER)
    for query, expected in (
        ("team_id=assessment-south", [1]),
        ("state=awaiting_allocation", [1, 0]),
        (f"worker_id={worker}", [2]),
        (f"contact_id={made[0]['contact_id']}", [0]),
        (f"person_id={made[1]['person_id']}", [1]),
        ("state=closed", []),
    ):
        found = done(await desk.get(WORKER, f"/v1/referrals?{query}"))
        assert [one["id"] for one in found["items"]] == [made[place]["id"] for place in expected]
    other = await desk.get(MANAGER, first["next"])
    expect_refusal(other, 400, "cursor_invalid")
    expect_refusal(await desk.get(WORKER, "/v1/referrals?worker=1"), 422, "invalid")


async def test_a_referral_is_read_whole_though_its_version_is_held(desk: Desk) -> None:
    case = await referral(desk)
    path = f"/v1/referrals/{case['id']}"
    first = await desk.get(MANAGER, path)
    held = {
        "Authorization": f"Bearer {token(desk.house, MANAGER)}",
        "If-None-Match": first.headers["etag"],
    }
    again = await desk.client.get(path, headers=held)
    # Its clocks may move without it: an assessment is authorised, an expected date changes.
    assert (again.status_code, again.json()) == (200, first.json())
