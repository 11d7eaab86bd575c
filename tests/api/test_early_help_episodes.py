"""Early help episodes over HTTP: the same standard of scrutiny as social care."""

from typing import Any
from uuid import uuid4

import httpx

from service.domain.access import Role
from tests.support.builders import Body, allocation_body
from tests.support.desks import Desk, done, expect_refusal, faults

MANAGER, WORKER = Role.early_help_spoc_manager, Role.early_help_worker
REASON = "All four outcomes of the plan were met by the summer."


async def episode(desk: Desk, **changes: Any) -> Body:
    """An early help episode that nobody works yet."""
    contact = await desk.contact(agreement={"state": "given"})
    decision = await desk.sign(await desk.draft(contact, 0, "early_help", **changes))
    path = f"/v1/early-help-episodes/{decision['early_help_episode_id']}"
    return done(await desk.get(MANAGER, path))


async def allocate(
    desk: Desk, case: Body, *, role: Role = MANAGER, version: int | None = 1, **changes: Any
) -> httpx.Response:
    body = allocation_body(changes.pop("worker_id", await desk.account_of(WORKER)), **changes)
    path = f"/v1/early-help-episodes/{case['id']}/allocation"
    return await desk.post(role, path, body, version=version)


async def close(
    desk: Desk,
    case: Body,
    *,
    role: Role = MANAGER,
    version: int | None = 2,
    code: str = "outcomes_met",
    reason: str = REASON,
) -> httpx.Response:
    body = {"closure_code": code, "reason": reason}
    path = f"/v1/early-help-episodes/{case['id']}/closure"
    return await desk.post(role, path, body, version=version)


async def test_an_episode_says_who_is_accountable_and_by_when(desk: Desk) -> None:
    found = await episode(desk, receiving_team_id="family-centres")
    assert (found["state"], found["team_id"], found["worker_id"], found["level_of_need"]) == (
        "awaiting_allocation",
        "family-centres",
        None,
        3,
    )
    [clock] = found["deadlines"]
    assert (clock["kind"], clock["owner_role"], clock["due_at"]) == (
        "early_help_allocation",
        "early_help_spoc_manager",
        "2026-10-30T23:59:59Z",
    )
    assert (await episode(desk))["team_id"] == "early-help-spoc"


async def test_an_episode_is_given_to_a_worker_and_its_clock_stops(desk: Desk) -> None:
    case = await episode(desk)
    desk.clock.forward(hours=3)
    answer = await allocate(desk, case, team_id="family-centres")
    given = done(answer)
    assert answer.headers["etag"] == '"2"'
    assert (given["state"], given["team_id"]) == ("allocated", "family-centres")
    assert given["worker_id"] == str(await desk.account_of(WORKER))
    assert given["deadlines"][0]["stopped_at"] == "2026-10-23T18:00:00Z"
    assert done(await desk.get(WORKER, f"/v1/early-help-episodes/{case['id']}")) == given
    expect_refusal(await allocate(desk, case, version=2), 409, "already_allocated")
    expect_refusal(await allocate(desk, case, version=2, worker_id=uuid4()), 422, "worker_unknown")
    problem = expect_refusal(
        await allocate(desk, case, version=2, team_id="assessment-north"),
        422,
        "team_cannot_receive",
    )
    assert faults(problem) == [("/team_id", "team_cannot_receive")]


async def test_an_episode_closes_with_a_code_and_words(desk: Desk) -> None:
    case = await episode(desk)
    expect_refusal(await close(desk, case, version=1), 409, "wrong_state")
    done(await allocate(desk, case))
    # These follow from something else, and nobody gives them as a reason.
    for code in ("decision_superseded", "stepped_up", "returned_to_social_care"):
        problem = expect_refusal(await close(desk, case, code=code), 422, "closure_not_possible")
        assert faults(problem) == [("/closure_code", "closure_code_not_possible")]
    expect_refusal(await close(desk, case, code="no_longer_needed"), 422, "invalid")
    expect_refusal(await close(desk, case, reason="N/A"), 422, "closure_not_possible")
    closed = done(await close(desk, case))
    assert (closed["state"], closed["closure_code"], closed["closure_reason"]) == (
        "closed",
        "outcomes_met",
        REASON,
    )
    problem = expect_refusal(await allocate(desk, case, version=3), 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("closed", [])


async def test_a_change_names_the_version_that_was_read(desk: Desk) -> None:
    case = await episode(desk)
    expect_refusal(await allocate(desk, case, version=None), 428, "precondition_missing")
    expect_refusal(await allocate(desk, case, version=2), 412, "stale")
    done(await allocate(desk, case))
    expect_refusal(await close(desk, case, version=1), 412, "stale")


async def test_the_single_point_of_contact_alone_allocates_and_closes(desk: Desk) -> None:
    case = await episode(desk)
    path = f"/v1/early-help-episodes/{case['id']}"
    for role in (WORKER, Role.mash_manager, Role.assessment_team_manager, Role.qa_auditor):
        expect_refusal(await allocate(desk, case, role=role), 403, "role_missing")
        expect_refusal(await close(desk, case, role=role), 403, "role_missing")
    unseen = await desk.get(Role.assessment_team_worker, path)
    expect_refusal(unseen, 404, "early_help_episode_not_found")
    for role in (WORKER, Role.mash_worker, Role.qa_auditor):
        assert done(await desk.get(role, path)) == case
    nothing = {**case, "id": str(uuid4())}
    nowhere = await desk.get(WORKER, f"/v1/early-help-episodes/{nothing['id']}")
    expect_refusal(nowhere, 404, "early_help_episode_not_found")
    expect_refusal(await allocate(desk, nothing), 404, "early_help_episode_not_found")
    expect_refusal(await close(desk, nothing), 404, "early_help_episode_not_found")


async def test_early_help_reads_the_decision_behind_its_case_and_no_other_contact(
    desk: Desk,
) -> None:
    case = await episode(desk)
    decision = done(await desk.get(WORKER, f"/v1/decisions/{case['decision_id']}"))
    assert decision["early_help_episode_id"] == case["id"]
    _, other = await desk.decided("no_further_action")
    expect_refusal(
        await desk.get(WORKER, f"/v1/decisions/{other['id']}"), 404, "decision_not_found"
    )


async def test_episodes_are_listed_newest_first_by_page_and_narrowed(desk: Desk) -> None:
    made = []
    for _ in range(3):
        made.append(await episode(desk))
        desk.clock.forward(days=1)
    done(await allocate(desk, made[0]))
    first = done(await desk.get(WORKER, "/v1/early-help-episodes?limit=2"))
    assert [one["id"] for one in first["items"]] == [made[2]["id"], made[1]["id"]]
    assert first["items"][0]["due_at"] == made[2]["deadlines"][0]["due_at"]
    rest = done(await desk.get(WORKER, first["next"]))
    assert [(one["id"], one["due_at"]) for one in rest["items"]] == [(made[0]["id"], None)]
    allocated = done(await desk.get(WORKER, "/v1/early-help-episodes?state=allocated"))
    assert [one["id"] for one in allocated["items"]] == [made[0]["id"]]
