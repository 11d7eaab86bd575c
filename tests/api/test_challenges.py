"""Challenges over HTTP: raised once, answered in stages, listed and read with every step."""

from typing import Any
from uuid import uuid4

import pytest

from api.schemas.challenges import (
    ChallengeAnswerIn,
    ChallengeEscalationIn,
    ChallengeIn,
    ChallengeWordsIn,
)
from service.domain.access import Role
from tests.support.builders import Body, allocation_body, headers
from tests.support.desks import Desk, done, expect_refusal, faults

REASONS = "The school saw new bruises on Monday, and nobody asked the child how they came about."
EARLY_HELP, SPOC = Role.early_help_worker, Role.early_help_spoc_manager
MANAGER, HEAD = Role.mash_manager, Role.head_of_service


async def raised(desk: Desk, decision: Body | None = None) -> Body:
    if decision is None:
        _, decision = await desk.decided("early_help")
    path = f"/v1/decisions/{decision['id']}/challenges"
    return done(await desk.post(EARLY_HELP, path, {"words": REASONS}), 201)


async def act(
    desk: Desk, role: Role, challenge: Body, action: str, *, version: int | None = None, **body: Any
) -> Any:
    return await desk.post(
        role,
        f"/v1/challenges/{challenge['id']}/{action}",
        {"words": REASONS, **body},
        version=challenge["version"] if version is None else version,
    )


async def test_a_challenge_is_made_with_its_clock_and_what_is_possible(desk: Desk) -> None:
    contact, decision = await desk.decided("early_help")
    path = f"/v1/decisions/{decision['id']}/challenges"
    answer = await desk.post(EARLY_HELP, path, {"words": REASONS})
    challenge = done(answer, 201)
    assert answer.headers["location"] == f"/v1/challenges/{challenge['id']}"
    assert answer.headers["etag"] == '"1"'
    read = await desk.get(EARLY_HELP, f"/v1/challenges/{challenge['id']}")
    assert read.json() == challenge
    assert read.headers["etag"] == '"1"'
    [clock] = challenge["deadlines"]
    assert clock["explanation"]["sum"]
    assert challenge["due_at"] == clock["due_at"] == "2026-10-27T23:59:59Z"
    assert challenge["allowed"] == ["agree", "uphold", "change", "escalate", "withdraw"]
    assert [(step["action"], step["words"]) for step in challenge["steps"]] == [("raise", REASONS)]
    assert (challenge["contact_id"], challenge["decision_id"]) == (contact["id"], decision["id"])
    assert (challenge["outcome"], challenge["ended_at"]) == (None, None)


async def test_asked_again_under_another_key_the_open_one_comes_back(desk: Desk) -> None:
    challenge = await raised(desk)
    path = f"/v1/decisions/{challenge['decision_id']}/challenges"
    again = await desk.post(EARLY_HELP, path, {"words": REASONS})
    assert done(again)["id"] == challenge["id"]
    assert again.headers["location"] == f"/v1/challenges/{challenge['id']}"
    somebody_else = await desk.post(SPOC, path, {"words": REASONS})
    expect_refusal(somebody_else, 409, "under_review")


async def test_under_the_same_key_it_is_the_same_answer(desk: Desk) -> None:
    _, decision = await desk.decided("early_help")
    sent = headers(desk.house, EARLY_HELP)
    path = f"/v1/decisions/{decision['id']}/challenges"
    first = await desk.client.post(path, json={"words": REASONS}, headers=sent)
    second = await desk.client.post(path, json={"words": REASONS}, headers=sent)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"


async def test_a_whole_life_in_stages_to_a_superseding_decision(desk: Desk) -> None:
    contact, decision = await desk.decided("early_help")
    challenge = await raised(desk, decision)
    challenge = done(await act(desk, MANAGER, challenge, "answer", answer="upheld"))
    assert (challenge["state"], challenge["allowed"]) == (
        "upheld",
        ["accept", "escalate", "withdraw"],
    )
    challenge = done(await act(desk, EARLY_HELP, challenge, "escalation"))
    assert (challenge["stage"], challenge["answering_role"]) == (2, "head_of_service")
    challenge = done(await act(desk, HEAD, challenge, "answer", answer="changed"))
    assert (challenge["state"], challenge["allowed"]) == ("awaiting_change", ["withdraw"])
    new = await desk.sign(
        await desk.draft(
            contact,
            0,
            "referral",
            supersedes={"decision_id": decision["id"], "because": "The challenge was right."},
        )
    )
    challenge = done(await desk.get(HEAD, f"/v1/challenges/{challenge['id']}"))
    assert (challenge["state"], challenge["outcome"]) == ("ended", "changed")
    assert challenge["changed_to_decision_id"] == new["id"]
    assert [step["action"] for step in challenge["steps"]] == [
        "raise",
        "uphold",
        "escalate",
        "change",
        "carry_out",
    ]
    assert (challenge["due_at"], challenge["allowed"]) == (None, [])


async def test_an_upheld_answer_is_accepted(desk: Desk) -> None:
    challenge = done(await act(desk, MANAGER, await raised(desk), "answer", answer="upheld"))
    ended = done(await act(desk, SPOC, challenge, "acceptance"))
    assert (ended["state"], ended["outcome"]) == ("ended", "upheld")


async def test_that_both_agree_is_for_who_challenged_to_confirm(desk: Desk) -> None:
    challenge = done(await act(desk, MANAGER, await raised(desk), "answer", answer="agreed"))
    assert (challenge["state"], challenge["outcome"]) == ("agreed", None)
    assert challenge["allowed"] == ["accept", "escalate", "withdraw"]
    listed = done(await desk.get(MANAGER, "/v1/challenges?state=agreed"))
    assert [one["id"] for one in listed["items"]] == [challenge["id"]]
    ended = done(await act(desk, SPOC, challenge, "acceptance"))
    assert (ended["state"], ended["outcome"]) == ("ended", "agreed")


async def test_a_challenge_is_withdrawn(desk: Desk) -> None:
    ended = done(await act(desk, EARLY_HELP, await raised(desk), "withdrawal"))
    assert (ended["state"], ended["outcome"]) == ("ended", "withdrawn")


@pytest.mark.parametrize("action", ["answer", "escalation", "acceptance", "withdrawal"])
async def test_what_has_ended_says_so_and_that_nothing_more_is_possible(
    desk: Desk, action: str
) -> None:
    challenge = done(await act(desk, EARLY_HELP, await raised(desk), "withdrawal"))
    role = MANAGER if action == "answer" else EARLY_HELP
    extra = {"answer": "upheld"} if action == "answer" else {}
    problem = expect_refusal(
        await act(desk, role, challenge, action, version=1, **extra), 409, "wrong_state"
    )
    assert (problem["state"], problem["allowed"]) == ("ended", [])


async def test_the_last_stage_names_what_is_possible_instead(desk: Desk) -> None:
    challenge = await raised(desk)
    for _ in (2, 3):
        challenge = done(await act(desk, EARLY_HELP, challenge, "escalation"))
    problem = expect_refusal(
        await act(desk, EARLY_HELP, challenge, "escalation"), 409, "last_stage"
    )
    assert problem["allowed"] == ["agree", "uphold", "change", "withdraw"]


@pytest.mark.parametrize("action", ["answer", "escalation", "withdrawal"])
async def test_a_change_names_the_version_that_it_changes(desk: Desk, action: str) -> None:
    challenge = await raised(desk)
    role = MANAGER if action == "answer" else EARLY_HELP
    extra = {"answer": "upheld"} if action == "answer" else {}
    answer = await act(desk, role, challenge, action, version=7, **extra)
    expect_refusal(answer, 412, "stale")
    assert answer.headers["etag"] == '"1"'
    path = f"/v1/challenges/{challenge['id']}/{action}"
    without = await desk.post(role, path, {"words": REASONS, **extra})
    assert without.status_code == 428


async def test_who_may_not_is_told_why(desk: Desk) -> None:
    challenge = await raised(desk)
    refused = await act(desk, SPOC, challenge, "answer", answer="upheld")
    assert "mash manager" in expect_refusal(refused, 403, "not_yours_to_answer")["detail"]
    refused = await act(desk, MANAGER, challenge, "withdrawal")
    expect_refusal(refused, 403, "not_your_challenge")
    refused = await act(desk, Role.qa_auditor, challenge, "withdrawal")
    expect_refusal(refused, 403, "role_missing")


async def test_words_that_say_nothing_are_pointed_at(desk: Desk) -> None:
    _, decision = await desk.decided("early_help")
    path = f"/v1/decisions/{decision['id']}/challenges"
    problem = expect_refusal(
        await desk.post(EARLY_HELP, path, {"words": "As above"}), 422, "challenge_incomplete"
    )
    assert faults(problem) == [("/words", "boiler_plate")]


async def test_what_is_not_signed_is_not_challenged(desk: Desk) -> None:
    draft = await desk.draft(await desk.contact(), 0, "early_help")
    problem = expect_refusal(
        await desk.post(SPOC, f"/v1/decisions/{draft['id']}/challenges", {"words": REASONS}),
        409,
        "nothing_to_challenge",
    )
    assert problem["state"] == "awaiting_sign_off"


async def test_nothing_is_there_for_an_id_of_nothing(desk: Desk) -> None:
    expect_refusal(await desk.get(MANAGER, f"/v1/challenges/{uuid4()}"), 404, "challenge_not_found")
    expect_refusal(
        await desk.post(SPOC, f"/v1/decisions/{uuid4()}/challenges", {"words": REASONS}),
        404,
        "decision_not_found",
    )


async def test_while_a_challenge_is_open_the_case_stays_where_it_is(desk: Desk) -> None:
    _, decision = await desk.decided("early_help")
    challenge = await raised(desk, decision)
    path = f"/v1/early-help-episodes/{decision['early_help_episode_id']}"
    worker = await desk.account_of(EARLY_HELP)
    allocated = done(
        await desk.post(SPOC, f"{path}/allocation", allocation_body(worker), version=1)
    )
    closing = {"closure_code": "outcomes_met", "reason": "The plan's outcomes were reached."}
    version = allocated["version"]
    problem = expect_refusal(
        await desk.post(SPOC, f"{path}/closure", closing, version=version), 409, "challenge_open"
    )
    assert challenge["reference"] in problem["detail"]
    assert problem["state"] == "raised"
    elsewhere = allocation_body(worker, team_id="family-centres")
    given = await desk.post(SPOC, f"{path}/allocation", elsewhere, version=version)
    expect_refusal(given, 409, "challenge_open")
    done(await act(desk, EARLY_HELP, challenge, "withdrawal"))
    done(await desk.post(SPOC, f"{path}/closure", closing, version=version))


async def test_a_list_is_paged_newest_first_and_filtered(desk: Desk) -> None:
    made = []
    for _ in range(3):
        made.append(await raised(desk))
        desk.clock.forward(minutes=1)
    newest = [one["id"] for one in reversed(made)]
    first = done(await desk.get(MANAGER, "/v1/challenges?limit=2&open=true"))
    assert [one["id"] for one in first["items"]] == newest[:2]
    assert first["items"][0]["due_at"] == "2026-10-27T23:59:59Z"
    assert "open=true" in first["next"]
    second = done(await desk.get(MANAGER, first["next"]))
    assert [one["id"] for one in second["items"]] == newest[2:]
    assert second["next"] is None
    done(await act(desk, EARLY_HELP, made[0], "withdrawal"))
    for query, ids in {
        "open=false": newest[2:],
        "state=ended": newest[2:],
        "outcome=withdrawn": newest[2:],
        "stage=2": [],
        "thing=refusal": [],
        "answering_role=mash_manager&open=true": newest[:2],
        f"person_id={made[1]['person_id']}": [made[1]["id"]],
        f"contact_id={made[2]['contact_id']}": [made[2]["id"]],
    }.items():
        listed = done(await desk.get(MANAGER, f"/v1/challenges?{query}"))
        assert [one["id"] for one in listed["items"]] == ids, query
    other = await desk.get(MANAGER, first["next"].replace("open=true", "open=false"))
    expect_refusal(other, 400, "cursor_invalid")
    unknown = await desk.get(MANAGER, "/v1/challenges?opened=true")
    assert unknown.status_code == 422


def longest(body: Any) -> str:
    """As many words as a body takes."""
    most = body.model_json_schema()["properties"]["words"]["maxLength"]
    return ("The school told us what it saw of the child on that day. " * most)[: most - 1] + "."


@pytest.mark.parametrize("end", ["acceptance", "withdrawal"])
async def test_the_longest_words_of_every_step_read_back(desk: Desk, end: str) -> None:
    _, decision = await desk.decided("early_help")
    said = [longest(one) for one in (ChallengeIn, ChallengeEscalationIn, ChallengeAnswerIn)]
    path = f"/v1/decisions/{decision['id']}/challenges"
    challenge = done(await desk.post(EARLY_HELP, path, {"words": said[0]}), 201)
    challenge = done(await act(desk, EARLY_HELP, challenge, "escalation", words=said[1]))
    challenge = done(await act(desk, HEAD, challenge, "answer", answer="upheld", words=said[2]))
    said.append(longest(ChallengeWordsIn))
    challenge = done(await act(desk, EARLY_HELP, challenge, end, words=said[3]))
    read = done(await desk.get(MANAGER, f"/v1/challenges/{challenge['id']}"))
    assert [step["words"] for step in read["steps"]] == said
    assert (await desk.get(MANAGER, "/v1/challenges")).status_code == 200
