"""Single assessments over HTTP: begun once, complete or refused by pointer, answered by another."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain.access import Role
from tests.support.builders import Body, headers
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.protection import ANALYSIS, WORDS

WORKER, MANAGER = Role.assessment_team_worker, Role.assessment_team_manager
PATH = "/v1/assessments"
TOOLS = [
    {"tool": "graded_care_profile_2", "score": "4", "used_on": "2026-10-21"},
    {"tool": "dash", "score": "11 of 24", "used_on": "2026-10-20"},
]
COMPLETE: Body = {
    "factors": ["3B", "16A"],
    "tools": TOOLS,
    "childs_view": "Amara says that she is frightened when it is loud at home.",
    "analysis": ANALYSIS,
    "outcome": "child_in_need_plan",
}
AUTHORISED = {"agreed": True, "words": WORDS}
SENT_BACK = {"agreed": False, "words": "See Amara again, and at school this time."}


async def begun(desk: Desk) -> Body:
    """An assessment of a new referral."""
    _, decision = await desk.decided("referral")
    body = {"referral_id": decision["referral_id"]}
    return done(await desk.post(WORKER, PATH, body), 201)


async def act(
    desk: Desk, found: Body, move: str, body: Body, role: Role = WORKER, **more: Any
) -> httpx.Response:
    version = more.pop("version", found["version"])
    return await desk.post(role, f"{PATH}/{found['id']}/{move}", body, version=version, **more)


async def completed(desk: Desk, **changes: Any) -> Body:
    return done(await act(desk, await begun(desk), "completion", COMPLETE | changes))


async def test_from_the_beginning_to_the_authorisation(desk: Desk) -> None:
    _, decision = await desk.decided("referral")
    answer = await desk.post(WORKER, PATH, {"referral_id": decision["referral_id"]})
    found = done(answer, 201)
    assert answer.headers["location"] == f"{PATH}/{found['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (found["state"], found["possible_actions"]) == ("under_way", ["complete"])
    assert [one["kind"] for one in found["deadlines"]] == ["single_assessment"]
    found = done(await act(desk, found, "completion", COMPLETE))
    assert (found["tools"], found["factors"]) == (TOOLS, ["3B", "16A"])
    assert found["possible_actions"] == ["authorise", "send_back"]
    found = done(await act(desk, found, "authorisation", SENT_BACK, MANAGER))
    assert (found["state"], found["answer_words"]) == ("under_way", SENT_BACK["words"])
    found = done(await act(desk, found, "completion", {**COMPLETE, "factors": ["3B"]}))
    found = done(await act(desk, found, "authorisation", AUTHORISED, MANAGER))
    assert (found["state"], found["possible_actions"]) == ("authorised", [])
    assert found["deadlines"][0]["stopped_because"] == "authorised"
    versions = [step["content"] and step["content"]["factors"] for step in found["steps"]]
    assert versions == [["3B", "16A"], None, ["3B"], None]
    assert found["steps"][0]["content"]["tools"] == TOOLS
    assert done(await desk.get(Role.mash_worker, f"{PATH}/{found['id']}")) == found


async def test_asked_again_the_one_under_way_comes_back_and_a_repeated_key_the_same_answer(
    desk: Desk,
) -> None:
    found = await begun(desk)
    body = {"referral_id": found["referral_id"]}
    assert done(await desk.post(WORKER, PATH, body)) == found
    sent = headers(desk.house, WORKER)
    first = await desk.client.post(PATH, json=body, headers=sent)
    again = await desk.client.post(PATH, json=body, headers=sent)
    assert (first.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert first.json() == again.json() == found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"factors": []}, [("/factors", "missing")]),
        ({"factors": ["3B", "99"]}, [("/factors/1", "code_unknown")]),
        ({"tools": []}, [("/tools", "tool_missing"), ("/tools", "tool_missing")]),
        (
            {"tools": [{**TOOLS[0], "score": None}, TOOLS[1]]},
            [("/tools/0/score", "missing")],
        ),
        (
            {"tools": [*TOOLS, {"tool": "tarot", "used_on": "2026-10-24"}]},
            [("/tools/2/tool", "code_unknown"), ("/tools/2/used_on", "not_yet")],
        ),
        ({"childs_view": None}, [("/childs_view", "missing")]),
        ({"analysis": "No further action."}, [("/analysis", "boiler_plate")]),
        ({"outcome": "no_further_action"}, [("/closure_code", "missing")]),
        (
            {"outcome": "early_help", "closure_code": "RC8"},
            [("/closure_code", "closure_code_not_possible")],
        ),
        ({"closure_code": "RC8"}, [("/closure_code", "surplus")]),
    ],
    ids=[
        "no factor",
        "an unknown factor",
        "no tool",
        "no score",
        "an unknown tool tomorrow",
        "no view",
        "a stock phrase",
        "no closure code",
        "a wrong closure code",
        "a closure code too many",
    ],
)
async def test_what_an_assessment_leaves_out_is_named_by_pointer(
    desk: Desk, changes: Body, expected: list[tuple[str, str]]
) -> None:
    found = await begun(desk)
    refused = await act(desk, found, "completion", {**COMPLETE, **changes})
    assert faults(expect_refusal(refused, 422, "assessment_incomplete")) == expected
    assert done(await desk.get(WORKER, f"{PATH}/{found['id']}")) == found


async def test_who_completed_it_does_not_authorise_it_and_words_are_ones_own(desk: Desk) -> None:
    found = await begun(desk)
    found = done(await act(desk, found, "completion", COMPLETE, MANAGER))
    refused = await act(desk, found, "authorisation", AUTHORISED, MANAGER)
    expect_refusal(refused, 403, "own_assessment")
    bare = {"agreed": True, "words": "Agreed."}
    refused = await act(desk, found, "authorisation", bare, MANAGER, name="Another manager")
    problem = expect_refusal(refused, 422, "assessment_incomplete")
    assert faults(problem) == [("/words", "boiler_plate")]


async def test_the_wrong_order_is_refused_with_the_state_and_what_is_possible(desk: Desk) -> None:
    found = await begun(desk)
    refused = await act(desk, found, "authorisation", AUTHORISED, MANAGER)
    problem = expect_refusal(refused, 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("under_way", ["complete"])
    found = done(await act(desk, found, "completion", COMPLETE))
    refused = await act(desk, found, "completion", COMPLETE)
    assert expect_refusal(refused, 409, "wrong_state")["allowed"] == ["authorise", "send_back"]
    expect_refusal(
        await act(desk, found, "authorisation", AUTHORISED, MANAGER, version=1), 412, "stale"
    )
    refused = await act(desk, found, "authorisation", AUTHORISED, MANAGER, version=None)
    expect_refusal(refused, 428, "precondition_missing")


async def test_a_referral_of_nothing_is_not_assessed(desk: Desk) -> None:
    refused = await desk.post(WORKER, PATH, {"referral_id": str(uuid4())})
    expect_refusal(refused, 404, "referral_not_found")


async def test_the_list_goes_page_by_page_and_is_narrowed(desk: Desk) -> None:
    ids = []
    for _ in range(3):
        ids.append((await begun(desk))["id"])
        desk.clock.forward(minutes=5)
    first = done(await desk.get(WORKER, f"{PATH}?limit=2"))
    assert [one["id"] for one in first["items"]] == [ids[2], ids[1]]
    assert first["items"][0]["due_at"] is not None
    second = done(await desk.get(WORKER, first["next"]))
    assert ([one["id"] for one in second["items"]], second["next"]) == ([ids[0]], None)
    one = first["items"][0]
    for name in ("person_id", "referral_id"):
        found = done(await desk.get(WORKER, f"{PATH}?{name}={one[name]}"))
        assert [each["id"] for each in found["items"]] == [one["id"]]
    assert done(await desk.get(WORKER, f"{PATH}?state=authorised"))["items"] == []
    refused = await desk.get(WORKER, f"{PATH}?measure=PI1")
    expect_refusal(refused, 422, "measure_counts_others")


async def test_who_may_not_know_of_assessments_is_told_nothing(desk: Desk) -> None:
    found = await completed(desk)
    for role in (Role.early_help_worker, Role.partner_system, Role.performance_analyst):
        who = {"organisation": "riverbourne-police"} if role is Role.partner_system else {}
        for path in (PATH, f"{PATH}/{found['id']}", f"{PATH}/{uuid4()}"):
            expect_refusal(await desk.get(role, path, **who), 403, "role_missing")
    missing = await desk.get(MANAGER, f"{PATH}/{uuid4()}")
    expect_refusal(missing, 404, "assessment_not_found")
    # Before a byte of the body is read: whoever may not is not told what a body lacks.
    expect_refusal(await desk.post(Role.mash_manager, PATH, {}), 403, "role_missing")
