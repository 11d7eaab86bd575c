"""Step-ups and step-downs over HTTP: asked for, opened, answered; nobody's child, ever."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import BaseModel

from api.schemas.challenges import ChallengeAnswerIn
from api.schemas.transfer_acts import (
    FamilyAgreementIn,
    FirstVisitIn,
    PlanLine,
    RefusalAgreement,
    ReturnDecisionIn,
    TransferAcceptance,
    TransferCompletion,
    TransferCreate,
    TransferRefusal,
    TransferWithdrawal,
)
from service.domain.access import GRANTS, Role, scopes_for
from service.domain.transfers import MANNERS, Direction, Party
from service.integrations.development_issuer import ALGORITHM, KEY_FILE
from service.integrations.tokens import sign_token
from tests.support.builders import Body, allocation_body, child_body, headers
from tests.support.desks import Desk, done, expect_refusal, faults, open_desk
from tests.support.houses import token
from tests.support.operations import operations
from tests.support.sources import ROOT

EVIDENCE = (
    "Amara has come to school with new bruises twice this month, and the accounts given of them "
    "differ; the family no longer lets the worker in."
)
EXPLANATION = (
    "The hospital explained both bruises, and the early help plan has run for three weeks only: "
    "this does not meet the threshold for social care."
)
WORDS = "I have read the evidence and spoken with the worker who knows the family."
PLAN = [
    {
        "outcome": "Amara is fed and in school every day.",
        "action": "Weekly visits, and the breakfast club.",
        "who": "Family support worker",
        "by_on": "2026-12-11",
    }
]
EARLY_HELP, SPOC = Role.early_help_worker, Role.early_help_spoc_manager
SOCIAL_WORKER, ASSESSMENT = Role.assessment_team_worker, Role.assessment_team_manager
MASH = Role.mash_manager
UP, DOWN = "step_up", "step_down"

# Who asks, who answers, and who agrees to a refusal; by direction and who asked.
SORTS = {
    (UP, "sender"): (EARLY_HELP, MASH, SPOC),
    (UP, "receiver"): (MASH, SPOC, MASH),
    (DOWN, "sender"): (SOCIAL_WORKER, SPOC, ASSESSMENT),
    (DOWN, "receiver"): (SPOC, ASSESSMENT, SPOC),
}
each_sort = pytest.mark.parametrize(("direction", "asked_by"), list(SORTS))


async def allocated(desk: Desk, direction: str, **changes: Any) -> Body:
    """The sender's case of a direction, with a worker."""
    outcome = "early_help" if direction == UP else "referral"
    contact = await desk.contact(**changes)
    decision = await desk.sign(await desk.draft(contact, 0, outcome))
    manager, worker, path = (
        (SPOC, EARLY_HELP, f"/v1/early-help-episodes/{decision['early_help_episode_id']}")
        if direction == UP
        else (ASSESSMENT, SOCIAL_WORKER, f"/v1/referrals/{decision['referral_id']}")
    )
    body = allocation_body(await desk.account_of(worker))
    return done(await desk.post(manager, f"{path}/allocation", body, version=1))


async def told(desk: Desk, direction: str, case: Body, **changes: Any) -> Body:
    """A transfer as it is asked for, complete."""
    asked_by = changes.get("asked_by", "sender")
    body: Body = {
        "direction": direction,
        "case_id": case["id"],
        "reason_code": "risk_increased" if direction == UP else "need_reduced",
        "evidence": EVIDENCE,
    }
    if direction == DOWN:
        body["receiving_worker_id"] = str(await desk.account_of(EARLY_HELP))
        body["plan"] = PLAN
    if asked_by == "receiver":
        body["receiving_team_id"] = "assessment-north" if direction == UP else "family-centres"
        body |= {"statutory_basis": "section_17"} if direction == UP else {}
    return body | changes


async def try_to_ask(
    desk: Desk, direction: str, case: Body, role: Role | None = None, **changes: Any
) -> httpx.Response:
    """Asks as whoever asks for this sort of transfer."""
    asker = role or SORTS[direction, changes.get("asked_by", "sender")][0]
    return await desk.post(asker, "/v1/transfers", await told(desk, direction, case, **changes))


async def asked(desk: Desk, direction: str, case: Body | None = None, **changes: Any) -> Body:
    """A transfer of a child, asked for."""
    case = case or await allocated(desk, direction)
    return done(await try_to_ask(desk, direction, case, **changes), 201)


async def act(
    desk: Desk, transfer: Body, move: str, role: Role, body: Body | None = None, **who: Any
) -> httpx.Response:
    """One move of a transfer as it was read; `bearer` is a token other than the role's own."""
    version = who.pop("version", transfer["version"])
    bearer = who.pop("bearer", None)
    sent = headers(desk.house, role, version=version, **who)
    if bearer is not None:
        sent["Authorization"] = f"Bearer {bearer}"
    return await desk.client.post(f"/v1/transfers/{transfer['id']}/{move}", json=body, headers=sent)


def token_of_all(desk: Desk, *roles: Role) -> str:
    """A token of one person who has several roles, as an authority's issuer may give it."""

    def members(part: str) -> Body:
        found: Body = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return found

    head, claims, _ = token(desk.house, roles[0], name="Of many hats").split(".")
    key = (desk.house.settings.var_folder / KEY_FILE).read_bytes()
    scopes = {scope for role in roles for scope in scopes_for(role)}
    told = members(claims) | {"roles": list(roles), "scope": " ".join(sorted(scopes))}
    return sign_token(told, key, algorithm=ALGORITHM, key_id=members(head)["kid"])


def answerer(transfer: Body) -> Role:
    return SORTS[transfer["direction"], transfer["asked_by"]][1]


async def opened(desk: Desk, transfer: Body) -> Body:
    return done(await act(desk, transfer, "open", answerer(transfer)))


def acceptance(direction: str, **changes: Any) -> Body:
    more = {"receiving_team_id": "assessment-north", "statutory_basis": "section_17"}
    return {"words": WORDS, **(more if direction == UP else {}), **changes}


async def accepted(desk: Desk, transfer: Body) -> Body:
    body = acceptance(transfer["direction"])
    return done(await act(desk, transfer, "accept", answerer(transfer), body))


def refusal(direction: str, **changes: Any) -> Body:
    code = "below_threshold" if direction == UP else "above_threshold"
    return {"reason_code": code, "explanation": EXPLANATION, **changes}


async def refused(desk: Desk, transfer: Body) -> Body:
    body = refusal(transfer["direction"])
    return done(await act(desk, transfer, "refuse", answerer(transfer), body))


async def family(desk: Desk, transfer: Body, agreement: str) -> Body:
    body = {"agreement": agreement, "words": "The mother was asked at home on Tuesday."}
    return done(await act(desk, transfer, "family-agreement", SOCIAL_WORKER, body))


async def visited(desk: Desk, transfer: Body) -> Body:
    body = {"visited_at": desk.clock.now.isoformat(), "words": "Amara was seen at home."}
    return done(await act(desk, transfer, "first-visit", EARLY_HELP, body))


async def read(desk: Desk, transfer: Body, role: Role = MASH) -> Body:
    return done(await desk.get(role, f"/v1/transfers/{transfer['id']}"))


async def episode_of(desk: Desk, transfer: Body) -> Body:
    path = f"/v1/early-help-episodes/{transfer['early_help_episode_id']}"
    return done(await desk.get(MASH, path))


async def referral_of(desk: Desk, transfer: Body) -> Body:
    return done(await desk.get(MASH, f"/v1/referrals/{transfer['referral_id']}"))


def running(transfer: Body) -> set[str]:
    return {one["kind"] for one in transfer["deadlines"] if one["stopped_at"] is None}


async def test_until_a_step_up_is_accepted_early_help_holds_the_child_and_then_social_care(
    desk: Desk,
) -> None:
    case = await allocated(desk, UP)
    answer = await try_to_ask(desk, UP, case)
    transfer = done(answer, 201)
    assert answer.headers["location"] == f"/v1/transfers/{transfer['id']}"
    assert answer.headers["etag"] == '"1"'
    found = await desk.get(EARLY_HELP, answer.headers["location"])
    assert found.headers["etag"] == '"1"'
    assert done(found) == transfer
    assert transfer["reference"].startswith("T-")
    assert (transfer["state"], transfer["waits_for"]) == ("requested", "opening")
    assert transfer["accountable_party"] == "sender"
    assert transfer["possible_actions"] == ["open", "withdraw"]
    assert (transfer["early_help_episode_id"], transfer["referral_id"]) == (case["id"], None)
    assert (transfer["sender_team_id"], transfer["receiver_team_id"]) == ("early-help-spoc", "mash")
    assert running(transfer) == {"step_up_opened", "step_up_answered"}

    desk.clock.forward(minutes=95)
    seen = await opened(desk, transfer)
    assert (seen["state"], seen["waits_for"], seen["version"]) == ("opened", "answer", 2)
    assert seen["opened_at"] == "2026-10-23T16:35:00Z"
    assert seen["possible_actions"] == ["accept", "refuse", "withdraw"]
    assert running(seen) == {"step_up_answered"}
    before = await episode_of(desk, seen)
    assert (before["state"], before["closed_at"]) == ("allocated", None)

    desk.clock.forward(minutes=30)
    complete = await accepted(desk, seen)
    assert (complete["state"], complete["waits_for"]) == ("completed", None)
    assert (complete["possible_actions"], complete["accountable_party"]) == ([], None)
    assert complete["receiver_team_id"] == "assessment-north"
    assert running(complete) == set()
    assert [
        (step["action"], step["state"], step["minutes_since_last"], step["by"] is None)
        for step in complete["steps"]
    ] == [
        ("request", "requested", None, False),
        ("open", "opened", 95, False),
        ("accept", "accepted", 30, False),
        ("complete", "completed", 0, True),
    ]
    assert complete["steps"][0]["code"] == "risk_increased"
    assert complete["steps"][0]["words"] == EVIDENCE
    assert complete["steps"][2]["words"] == WORDS
    referral = await referral_of(desk, complete)
    assert (referral["state"], referral["team_id"]) == ("awaiting_allocation", "assessment-north")
    assert (referral["statutory_basis"], referral["source_code"]) == ("section_17", "5D")
    assert referral["transfer_id"] == transfer["id"]
    closed = await episode_of(desk, complete)
    assert (closed["state"], closed["closure_code"]) == ("closed", "stepped_up")
    assert closed["transfer_id"] is None


@each_sort
async def test_asked_for_twice_it_is_the_open_one_that_comes_back(
    desk: Desk, direction: str, asked_by: str
) -> None:
    case = await allocated(desk, direction)
    first = await asked(desk, direction, case, asked_by=asked_by)
    seen = await opened(desk, first)
    answer = await try_to_ask(desk, direction, case, asked_by=asked_by)
    assert answer.headers["location"] == f"/v1/transfers/{first['id']}"
    assert answer.headers["etag"] == '"2"'
    assert done(answer, 200) == seen


async def test_the_same_request_sent_twice_under_one_key_is_made_once(desk: Desk) -> None:
    body = await told(desk, UP, await allocated(desk, UP))
    key = uuid4()
    answers = [await desk.post(EARLY_HELP, "/v1/transfers", body, key=key) for _ in range(2)]
    assert done(answers[0], 201) == done(answers[1], 201)
    assert answers[1].headers["idempotent-replayed"] == "true"
    other = await desk.post(
        EARLY_HELP, "/v1/transfers", body | {"reason_code": "harm_disclosed"}, key=key
    )
    expect_refusal(other, 422, "idempotency_key_used_before")


@each_sort
async def test_a_refusal_ends_a_transfer_only_when_the_manager_of_who_asked_agrees(
    desk: Desk, direction: str, asked_by: str
) -> None:
    seen = await opened(desk, await asked(desk, direction, asked_by=asked_by))
    desk.clock.forward(minutes=61)
    pending = await refused(desk, seen)
    assert (pending["state"], pending["waits_for"]) == ("refusal_pending", "refusal_agreement")
    assert pending["possible_actions"] == ["agree_to_refusal", "challenge_refusal"]
    assert pending["accountable_party"] == "sender"
    assert pending["refusal_code"] == refusal(direction)["reason_code"]
    assert f"{direction}_refusal_agreed" in running(pending)
    last = pending["steps"][-1]
    assert (last["code"], last["words"]) == (pending["refusal_code"], EXPLANATION)
    assert last["minutes_since_last"] == 61

    agreeing = SORTS[direction, asked_by][2]
    ended = done(
        await act(desk, pending, "refusal-agreement", agreeing, {"agreed": True, "words": WORDS})
    )
    assert (ended["state"], ended["waits_for"], running(ended)) == ("refused", None, set())
    assert ended["ended_at"] == ended["refusal_agreed_at"] == "2026-10-23T16:01:00Z"
    case = await (episode_of if direction == UP else referral_of)(desk, ended)
    assert (case["state"], case["closed_at"]) == ("allocated", None)
    # It has ended, so it can be asked for again.
    again = await asked(desk, direction, case, asked_by=asked_by)
    assert again["id"] != ended["id"]


async def test_a_refused_step_up_for_disclosed_harm_is_stuck_until_its_discussion_is_recorded(
    desk: Desk,
) -> None:
    """Its clock runs on after the agreed refusal; what is missing of the discussion is named."""
    seen = await opened(desk, await asked(desk, UP, reason_code="harm_disclosed"))
    pending = await refused(desk, seen)
    agreed = {"agreed": True, "words": WORDS}
    ended = done(await act(desk, pending, "refusal-agreement", SPOC, agreed))
    assert (ended["state"], ended["waits_for"]) == ("refused", None)
    assert running(ended) == {"step_up_strategy_meeting"}
    assert ended["possible_actions"] == ["record_strategy_discussion"]
    assert (ended["meeting_owed_since"], ended["meeting_settled_at"]) == (
        ended["requested_at"],
        None,
    )
    desk.clock.forward(days=1)
    stuck = done(await desk.get(SPOC, "/v1/transfers", params={"stuck": "true"}))
    assert [one["id"] for one in stuck["items"]] == [ended["id"]]
    path, held = "strategy-discussion", {"held_at": ended["requested_at"], "words": WORDS}
    thin = await act(desk, ended, path, MASH, held | {"agencies": ["police"]})
    assert faults(expect_refusal(thin, 422, "transfer_incomplete")) == [
        ("/agencies", "not_quorate")
    ]
    everybody = {"agencies": ["social_care", "police", "health"]}
    both = held | everybody | {"not_held_because": "died"}
    expect_refusal(await act(desk, ended, path, MASH, both), 403, "own_transfer")
    spoc = await act(desk, ended, path, SPOC, held | everybody)
    expect_refusal(spoc, 403, "role_missing")
    noted = done(await act(desk, ended, path, MASH, held | everybody))
    assert (noted["state"], noted["possible_actions"], running(noted)) == ("refused", [], set())
    assert noted["meeting_held_at"] == ended["requested_at"]
    again = await act(desk, noted, path, MASH, held | everybody)
    assert expect_refusal(again, 409, "wrong_state")["allowed"] == []


@each_sort
async def test_a_refusal_that_is_not_agreed_to_is_challenged_in_the_open(
    desk: Desk, direction: str, asked_by: str
) -> None:
    pending = await refused(
        desk, await opened(desk, await asked(desk, direction, asked_by=asked_by))
    )
    agreeing = SORTS[direction, asked_by][2]
    path = "refusal-agreement"
    thin = await act(desk, pending, path, agreeing, {"agreed": False, "words": "I do not agree."})
    assert faults(expect_refusal(thin, 422, "transfer_incomplete")) == [("/words", "too_short")]
    body = {"agreed": False, "words": EVIDENCE}
    challenged = done(await act(desk, pending, path, agreeing, body))
    assert challenged["state"] == "refusal_challenged"
    assert (challenged["waits_for"], challenged["possible_actions"]) == ("challenge", [])
    [challenge] = challenged["challenges"]
    assert challenge["reference"].startswith("H-")
    raised = done(await desk.get(agreeing, f"/v1/challenges/{challenge['id']}"))
    assert (raised["state"], raised["stage"], raised["outcome"]) == ("raised", 1, None)
    problem = expect_refusal(
        await act(desk, challenged, "accept", answerer(pending), acceptance(direction)),
        409,
        "wrong_state",
    )
    assert (problem["state"], problem["allowed"]) == ("refusal_challenged", [])


async def test_while_a_refusal_is_challenged_the_case_is_neither_closed_nor_moved(
    desk: Desk,
) -> None:
    case = await allocated(desk, UP)
    pending = await refused(desk, await opened(desk, await asked(desk, UP, case)))
    body = {"agreed": False, "words": EVIDENCE}
    done(await act(desk, pending, "refusal-agreement", SPOC, body))
    path = f"/v1/early-help-episodes/{case['id']}"
    closure = {"closure_code": "outcomes_met", "reason": "All four outcomes were met."}
    expect_refusal(
        await desk.post(SPOC, f"{path}/closure", closure, version=2), 409, "challenge_open"
    )
    elsewhere = allocation_body(case["worker_id"], team_id="family-centres")
    expect_refusal(
        await desk.post(SPOC, f"{path}/allocation", elsewhere, version=2), 409, "challenge_open"
    )


@each_sort
async def test_the_role_that_asks_does_not_answer(
    desk: Desk, direction: str, asked_by: str
) -> None:
    seen = await opened(desk, await asked(desk, direction, asked_by=asked_by))
    asker = SORTS[direction, asked_by][0]
    for name, body in (("accept", acceptance(direction)), ("refuse", refusal(direction))):
        expect_refusal(await act(desk, seen, name, asker, body), 403, "role_missing")


@each_sort
async def test_a_person_with_both_roles_does_not_answer_what_they_asked(
    desk: Desk, direction: str, asked_by: str
) -> None:
    asker, answering, _ = SORTS[direction, asked_by]
    bearer = token_of_all(desk, asker, answering)
    body = await told(desk, direction, await allocated(desk, direction), asked_by=asked_by)
    sent = headers(desk.house, asker) | {"Authorization": f"Bearer {bearer}"}
    own = done(await desk.client.post("/v1/transfers", json=body, headers=sent), 201)
    seen = await opened(desk, own)
    for name, answer in (("accept", acceptance(direction)), ("refuse", refusal(direction))):
        tried = await act(desk, seen, name, answering, answer, bearer=bearer)
        expect_refusal(tried, 403, "own_transfer")
    assert await read(desk, seen) == seen


async def test_who_refused_does_not_agree_to_it_for_the_other_side(desk: Desk) -> None:
    bearer = token_of_all(desk, MASH, SPOC)
    seen = await opened(desk, await asked(desk, UP))
    pending = done(await act(desk, seen, "refuse", MASH, refusal(UP), bearer=bearer))
    body = {"agreed": True, "words": WORDS}
    answer = await act(desk, pending, "refusal-agreement", SPOC, body, bearer=bearer)
    expect_refusal(answer, 403, "own_transfer")


async def test_a_loser_is_told_the_state_and_what_is_possible_now(desk: Desk) -> None:
    transfer = await asked(desk, UP)
    problem = expect_refusal(
        await act(desk, transfer, "accept", MASH, acceptance(UP)), 409, "wrong_state"
    )
    assert (problem["state"], problem["allowed"]) == ("requested", ["open", "withdraw"])
    seen = await opened(desk, transfer)
    problem = expect_refusal(await act(desk, transfer, "open", MASH), 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("opened", ["accept", "refuse", "withdraw"])
    await accepted(desk, seen)
    # Two managers at once: the second has read the same version, and is told what became of it.
    problem = expect_refusal(
        await act(desk, seen, "refuse", MASH, refusal(UP), name="Another"), 409, "wrong_state"
    )
    assert (problem["state"], problem["allowed"]) == ("completed", [])


async def test_a_change_names_the_version_that_was_read(desk: Desk) -> None:
    transfer = await asked(desk, UP)
    expect_refusal(
        await act(desk, transfer, "open", MASH, version=None), 428, "precondition_missing"
    )
    stale = await act(desk, transfer, "open", MASH, version=7)
    expect_refusal(stale, 412, "stale")
    assert stale.headers["etag"] == '"1"'


async def test_a_step_down_goes_from_its_plan_to_its_completion_and_social_care_closes_last(
    desk: Desk,
) -> None:
    case = await allocated(desk, DOWN)
    transfer = await asked(desk, DOWN, case, receiving_team_id="family-centres")
    assert (transfer["plan"], transfer["family_agreement"]) == (PLAN, "not_yet_asked")
    assert transfer["receiver_worker_id"] == str(await desk.account_of(EARLY_HELP))
    assert running(transfer) == {
        "step_down_opened",
        "step_down_answered",
        "step_down_family_agreement",
    }
    both = await accepted(desk, await opened(desk, transfer))
    assert (both["state"], both["waits_for"]) == ("accepted", "family_agreement")
    assert both["accountable_party"] == "receiver"
    assert both["possible_actions"] == ["record_family_agreement", "record_first_visit"]
    episode = await episode_of(desk, both)
    assert (episode["team_id"], episode["transfer_id"]) == ("family-centres", transfer["id"])
    assert episode["worker_id"] == transfer["receiver_worker_id"]
    handing_over = await referral_of(desk, both)
    assert (handing_over["state"], handing_over["closed_at"]) == ("handing_over", None)
    listed = done(await desk.get(MASH, "/v1/referrals?state=handing_over"))
    assert [one["id"] for one in listed["items"]] == [case["id"]]

    completion = {"closure_code": "RC9", "words": "Early help has taken the plan on."}
    problem = expect_refusal(
        await act(desk, both, "completion", ASSESSMENT, completion), 409, "step_down_not_ready"
    )
    assert problem["allowed"] == ["record_family_agreement", "record_first_visit"]
    closure = {"closure_code": "RC8", "reason": "Early help has it now."}
    path = f"/v1/referrals/{case['id']}/closure"
    problem = expect_refusal(
        await desk.post(ASSESSMENT, path, closure, version=handing_over["version"]),
        409,
        "step_down_unfinished",
    )
    assert "complete" in problem["allowed"]

    agreed = await family(desk, both, "given")
    assert (agreed["waits_for"], agreed["family_agreed_at"]) == (
        "first_visit",
        "2026-10-23T15:00:00Z",
    )
    desk.clock.forward(days=3)
    seen = await visited(desk, agreed)
    assert (seen["waits_for"], running(seen)) == ("completion", {"step_down_completed"})
    assert seen["possible_actions"] == ["record_family_agreement", "complete"]
    twice = {"visited_at": "2026-10-24T10:00:00Z", "words": "Seen again."}
    problem = expect_refusal(
        await act(desk, seen, "first-visit", EARLY_HELP, twice), 409, "first_visit_recorded"
    )
    assert problem["allowed"] == ["record_family_agreement", "complete"]
    unknown = await act(desk, seen, "completion", ASSESSMENT, completion | {"closure_code": "RC0"})
    assert faults(expect_refusal(unknown, 422, "transfer_incomplete")) == [
        ("/closure_code", "code_unknown")
    ]
    complete = done(await act(desk, seen, "completion", ASSESSMENT, completion))
    assert (complete["state"], running(complete)) == ("completed", set())
    assert complete["steps"][-1]["code"] == "RC9"
    closed = await referral_of(desk, complete)
    assert (closed["state"], closed["closure_code"]) == ("closed", "RC9")
    assert (await episode_of(desk, complete))["state"] == "allocated"


@pytest.mark.parametrize("choice", ["request_again", "ask_again", "keep"])
@pytest.mark.parametrize("when", ["before_acceptance", "after_acceptance"])
async def test_a_family_that_does_not_agree_sends_it_back_for_a_decision(
    desk: Desk, when: str, choice: str
) -> None:
    case = await allocated(desk, DOWN)
    transfer = await opened(desk, await asked(desk, DOWN, case))
    if when == "after_acceptance":
        transfer = await family(desk, await accepted(desk, transfer), "given")
        returned = await family(desk, transfer, "withdrawn")
        episode = await episode_of(desk, transfer)
        assert (episode["state"], episode["closure_code"]) == ("closed", "returned_to_social_care")
    else:
        returned = await family(desk, transfer, "refused")
    assert (returned["state"], returned["waits_for"]) == ("returned", "return_decision")
    assert returned["possible_actions"] == ["request_again", "keep"]
    assert (returned["accountable_party"], returned["early_help_episode_id"]) == ("sender", None)
    assert (returned["accepted_at"], running(returned)) == (None, {"step_down_returned"})
    referral = await referral_of(desk, returned)
    assert (referral["state"], referral["closed_at"]) == ("allocated", None)

    desk.clock.forward(hours=2)
    decided = done(
        await act(
            desk, returned, "return-decision", ASSESSMENT, {"decision": choice, "words": WORDS}
        )
    )
    last = decided["steps"][-1]
    assert (last["minutes_since_last"], last["words"]) == (120, WORDS)
    if choice == "keep":
        assert (decided["state"], running(decided)) == ("withdrawn", set())
        assert (await referral_of(desk, decided))["state"] == "allocated"
    else:
        assert (decided["state"], decided["family_agreement"]) == ("requested", "asked")
        assert running(decided) == {
            "step_down_opened",
            "step_down_answered",
            "step_down_family_agreement",
        }
        assert (await opened(desk, decided))["state"] == "opened"


async def test_social_care_asks_for_a_case_and_early_help_gives_it_up(desk: Desk) -> None:
    case = await allocated(desk, UP)
    transfer = await asked(
        desk, UP, case, asked_by="receiver", receiving_team_id="assessment-south"
    )
    assert (transfer["asked_by"], transfer["accountable_party"]) == ("receiver", "sender")
    assert transfer["early_help_episode_id"] == case["id"]
    given = done(await act(desk, await opened(desk, transfer), "accept", SPOC, {"words": WORDS}))
    assert given["state"] == "completed"
    referral = await referral_of(desk, given)
    assert (referral["team_id"], referral["statutory_basis"]) == ("assessment-south", "section_17")


async def test_early_help_asks_for_a_case_and_social_care_gives_it_up_with_a_plan(
    desk: Desk,
) -> None:
    transfer = await asked(desk, DOWN, asked_by="receiver", plan=[])
    seen = await opened(desk, transfer)
    bare = await act(desk, seen, "accept", ASSESSMENT, {"words": WORDS})
    assert faults(expect_refusal(bare, 422, "transfer_incomplete")) == [("/plan", "missing")]
    given = done(await act(desk, seen, "accept", ASSESSMENT, {"words": WORDS, "plan": PLAN}))
    assert (given["state"], given["plan"]) == ("accepted", PLAN)
    assert (await episode_of(desk, given))["team_id"] == "family-centres"
    assert (await referral_of(desk, given))["state"] == "handing_over"


@each_sort
async def test_who_asked_takes_it_back_before_it_is_answered(
    desk: Desk, direction: str, asked_by: str
) -> None:
    seen = await opened(desk, await asked(desk, direction, asked_by=asked_by))
    asker = SORTS[direction, asked_by][0]
    stock = await act(desk, seen, "withdraw", asker, {"words": "N/A"})
    assert faults(expect_refusal(stock, 422, "transfer_incomplete")) == [("/words", "boiler_plate")]
    words = {"words": "The grandmother has moved in, and things are calmer."}
    ended = done(await act(desk, seen, "withdraw", asker, words))
    assert (ended["state"], running(ended)) == ("withdrawn", set())
    assert ended["steps"][-1]["words"] == words["words"]


async def test_another_transfer_of_the_child_is_not_asked_for_beside_an_open_one(
    desk: Desk,
) -> None:
    case = await allocated(desk, UP)
    transfer = await asked(desk, UP, case)
    problem = expect_refusal(
        await try_to_ask(desk, UP, case, asked_by="receiver"), 409, "transfer_under_way"
    )
    assert (problem["state"], problem["allowed"]) == ("requested", ["open", "withdraw"])
    await accepted(desk, await opened(desk, transfer))
    problem = expect_refusal(await try_to_ask(desk, UP, case), 409, "not_accountable")
    assert (problem["state"], problem["allowed"]) == ("closed", [])


async def test_a_closure_settles_the_transfer_that_was_open(desk: Desk) -> None:
    case = await allocated(desk, UP)
    transfer = await asked(desk, UP, case)
    closure = {"closure_code": "moved_away", "reason": "The family has moved to another county."}
    path = f"/v1/early-help-episodes/{case['id']}/closure"
    done(await desk.post(SPOC, path, closure, version=2))
    settled = await read(desk, transfer)
    assert (settled["state"], settled["possible_actions"], running(settled)) == (
        "superseded",
        [],
        set(),
    )
    problem = expect_refusal(await act(desk, settled, "open", MASH), 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("superseded", [])


async def test_only_a_step_down_has_an_agreement_a_first_visit_a_return_and_a_completion(
    desk: Desk,
) -> None:
    seen = await opened(desk, await asked(desk, UP))
    for name, role, body in (
        ("family-agreement", EARLY_HELP, {"agreement": "given", "words": WORDS}),
        ("first-visit", EARLY_HELP, {"visited_at": "2026-10-23T15:00:00Z", "words": WORDS}),
    ):
        problem = expect_refusal(
            await act(desk, seen, name, role, body), 409, "not_for_this_direction"
        )
        assert problem["allowed"] == ["accept", "refuse", "withdraw"]
    for name, body in (
        ("completion", {"closure_code": "RC9", "words": WORDS}),
        ("return-decision", {"decision": "keep", "words": WORDS}),
    ):
        # Those are social care's, which does not know of a child whom early help holds.
        answer = await act(desk, seen, name, ASSESSMENT, body)
        expect_refusal(answer, 404, "transfer_not_found")


@pytest.mark.parametrize(
    ("direction", "changes", "expected"),
    [
        (UP, {"evidence": "NFA."}, [("/evidence", "boiler_plate")]),
        (UP, {"evidence": "More bruises."}, [("/evidence", "too_short")]),
        (UP, {"evidence": "bruise bruise " * 9}, [("/evidence", "boiler_plate")]),
        (UP, {"reason_code": "need_reduced"}, [("/reason_code", "code_unknown")]),
        (
            UP,
            {"receiving_team_id": "family-centres"},
            [("/receiving_team_id", "team_cannot_receive")],
        ),
        (UP, {"plan": PLAN}, [("/plan", "not_for_this_direction")]),
        (UP, {"family_agreement": "given"}, [("/family_agreement", "not_for_this_direction")]),
        (
            UP,
            {"asked_by": "receiver", "receiving_team_id": None, "statutory_basis": None},
            [("/receiving_team_id", "missing"), ("/statutory_basis", "missing")],
        ),
        (
            DOWN,
            {"plan": [], "receiving_worker_id": None},
            [("/plan", "missing"), ("/receiving_worker_id", "missing")],
        ),
        (DOWN, {"reason_code": "Amara"}, [("/reason_code", "code_unknown")]),
        (
            DOWN,
            {"family_agreement": "refused", "statutory_basis": "section_17"},
            [("/family_agreement", "family_does_not_agree"), ("/statutory_basis", "surplus")],
        ),
        (
            DOWN,
            {"receiving_team_id": "assessment-north"},
            [("/receiving_team_id", "team_cannot_receive")],
        ),
    ],
)
async def test_every_gap_of_a_request_is_named_at_once(
    desk: Desk, direction: str, changes: Body, expected: list[tuple[str, str]]
) -> None:
    case = await allocated(desk, direction)
    answer = await try_to_ask(desk, direction, case, **changes)
    problem = expect_refusal(answer, 422, "transfer_incomplete")
    assert faults(problem) == expected
    assert "Amara" not in answer.text
    assert "bruise" not in answer.text


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"direction": "sideways"}, ("/direction", "not_in_list")),
        ({"asked_by": "somebody"}, ("/asked_by", "not_in_list")),
        ({"case_id": "E-7K3MA-9TQ4R"}, ("/case_id", "wrong_form")),
        (
            {"evidence": "Bruises \x00 on both arms, twice this month."},
            ("/evidence", "control_character"),
        ),
        ({"evidence": None}, ("/evidence", "wrong_type")),
        ({"reason": "risk_increased"}, ("", "unknown_field")),
        ({"plan": [{**PLAN[0], "by_on": "next week"}]}, ("/plan/0/by_on", "wrong_form")),
        ({"plan": [{**PLAN[0], "who": "a\x07b"}]}, ("/plan/0/who", "control_character")),
        ({"plan": [{"outcome": "Fed."}]}, ("/plan/0/action", "missing")),
        ({"plan": PLAN * 51}, ("/plan", "too_long")),
        ({"family_agreement": "perhaps"}, ("/family_agreement", "not_in_list")),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else given[1],
)
async def test_what_is_not_in_the_form_of_a_request_is_refused_by_its_place(
    desk: Desk, changes: Body, fault: tuple[str, str]
) -> None:
    body = await told(desk, DOWN, {"id": str(uuid4())})
    answer = await desk.post(SOCIAL_WORKER, "/v1/transfers", body | changes)
    assert fault in faults(expect_refusal(answer, 422, "invalid")), answer.text


async def test_a_case_and_a_worker_have_to_be_there(desk: Desk) -> None:
    nothing = {"id": str(uuid4())}
    expect_refusal(await try_to_ask(desk, UP, nothing), 404, "early_help_episode_not_found")
    expect_refusal(await try_to_ask(desk, DOWN, nothing), 404, "referral_not_found")
    # The sender's case is of the sender's kind.
    episode = await allocated(desk, UP)
    expect_refusal(await try_to_ask(desk, DOWN, episode), 404, "referral_not_found")
    referral = await allocated(desk, DOWN)
    somebody = await try_to_ask(desk, DOWN, referral, receiving_worker_id=str(uuid4()))
    assert faults(expect_refusal(somebody, 422, "worker_unknown")) == [
        ("/receiving_worker_id", "worker_unknown")
    ]


async def test_a_referral_that_nobody_holds_yet_is_not_stepped_down(desk: Desk) -> None:
    _, decision = await desk.decided("referral")
    answer = await try_to_ask(desk, DOWN, {"id": decision["referral_id"]})
    problem = expect_refusal(answer, 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("awaiting_allocation", ["allocate"])


@pytest.mark.parametrize(
    ("name", "role", "body", "fault"),
    [
        ("accept", MASH, {"words": "OK"}, ("/words", "boiler_plate")),
        (
            "accept",
            MASH,
            {"words": WORDS, "statutory_basis": "section_17"},
            ("/receiving_team_id", "missing"),
        ),
        (
            "accept",
            MASH,
            acceptance(UP, statutory_basis=None),
            ("/statutory_basis", "missing"),
        ),
        (
            "accept",
            MASH,
            acceptance(UP, receiving_team_id="mash"),
            ("/receiving_team_id", "team_cannot_receive"),
        ),
        ("refuse", MASH, refusal(UP, reason_code="no"), ("/reason_code", "code_unknown")),
        ("refuse", MASH, refusal(UP, explanation="Not met."), ("/explanation", "too_short")),
    ],
)
async def test_an_answer_says_who_takes_the_child_on_or_why_not(
    desk: Desk, name: str, role: Role, body: Body, fault: tuple[str, str]
) -> None:
    seen = await opened(desk, await asked(desk, UP))
    problem = expect_refusal(await act(desk, seen, name, role, body), 422, "transfer_incomplete")
    assert faults(problem) == [fault]
    assert await read(desk, seen) == seen


@pytest.mark.parametrize(
    ("name", "role", "body"),
    [
        ("accept", SPOC, {}),
        ("accept", SPOC, {"words": "A \x00 nul."}),
        ("refuse", SPOC, {"reason_code": "above_threshold"}),
        ("refusal-agreement", ASSESSMENT, {"agreed": "yes", "words": WORDS}),
        ("family-agreement", SPOC, {"agreement": "maybe", "words": WORDS}),
        ("first-visit", SPOC, {"visited_at": "2026-10-23T15:00:00", "words": WORDS}),
        ("withdraw", ASSESSMENT, {"reason": WORDS}),
        ("return-decision", ASSESSMENT, {"decision": "forget", "words": WORDS}),
        ("completion", ASSESSMENT, {"closure_code": "RC9", "words": " "}),
        ("completion", ASSESSMENT, {"closure_code": "RC9", "words": WORDS, "force": True}),
    ],
)
async def test_what_is_not_in_the_form_of_a_move_is_refused(
    desk: Desk, name: str, role: Role, body: Body
) -> None:
    transfer = await asked(desk, DOWN)
    expect_refusal(await act(desk, transfer, name, role, body), 422, "invalid")
    assert (await read(desk, transfer))["version"] == 1


async def test_an_agreement_and_a_visit_have_to_be_possible(desk: Desk) -> None:
    transfer = await accepted(desk, await opened(desk, await asked(desk, DOWN)))
    withdrawn = {"agreement": "withdrawn", "words": WORDS}
    problem = expect_refusal(
        await act(desk, transfer, "family-agreement", EARLY_HELP, withdrawn),
        422,
        "transfer_incomplete",
    )
    assert faults(problem) == [("/agreement", "agreement_not_possible")]
    for at in ("2026-10-23T14:59:59Z", "2026-10-23T15:00:01Z"):
        visit = {"visited_at": at, "words": WORDS}
        problem = expect_refusal(
            await act(desk, transfer, "first-visit", EARLY_HELP, visit), 422, "transfer_incomplete"
        )
        assert faults(problem) == [("/visited_at", "time_not_possible")]


def _mover(name: str) -> tuple[str, Body]:
    """A path, and a body that is in good form."""
    moves: dict[str, tuple[str, Body]] = {
        "open": ("open", {}),
        "answer": ("accept", {"words": WORDS}),
        "agree_to_refusal": ("refusal-agreement", {"agreed": True, "words": WORDS}),
        "request": ("withdraw", {"words": WORDS}),
    }
    return moves[name]


@each_sort
async def test_each_sort_of_transfer_is_moved_by_its_own_roles_and_no_others(
    desk: Desk, direction: str, asked_by: str
) -> None:
    """Whoever may is told of the state or the version, whoever may not of the role."""
    transfer = await asked(desk, direction, asked_by=asked_by)
    manners = MANNERS[Direction(direction), Party(asked_by)]
    for done_to_it in ("open", "answer", "agree_to_refusal", "request"):
        path, body = _mover(done_to_it)
        may = GRANTS[getattr(manners, done_to_it)].roles
        for role in Role:
            who: Body = (
                {"organisation": "riverbourne-police"} if role is Role.partner_system else {}
            )
            answer = await act(desk, transfer, path, role, body or None, version=99, **who)
            if role in (SOCIAL_WORKER, ASSESSMENT) and direction == UP:
                # Social care does not know of a child whom early help holds.
                assert answer.json()["code"] in ("role_missing", "transfer_not_found")
            elif role in may:
                assert answer.status_code in (403, 409, 412), (path, role, answer.text)
                assert answer.json()["code"] != "role_missing"
            else:
                expect_refusal(answer, 403, "role_missing")


@pytest.mark.parametrize("role", [Role.partner_system, Role.performance_analyst])
async def test_who_sees_no_case_is_told_so_whether_there_is_a_transfer_or_not(
    desk: Desk, role: Role
) -> None:
    transfer = await asked(desk, UP)
    who: Body = {"organisation": "riverbourne-police"} if role is Role.partner_system else {}
    for id_ in (transfer["id"], str(uuid4())):
        expect_refusal(await desk.get(role, f"/v1/transfers/{id_}", **who), 403, "role_missing")
        answer = await act(desk, {**transfer, "id": id_}, "open", role, **who)
        expect_refusal(answer, 403, "role_missing")
    body = await told(desk, UP, {"id": transfer["early_help_episode_id"]})
    expect_refusal(await desk.post(role, "/v1/transfers", body, **who), 403, "role_missing")


async def test_what_is_not_there_and_what_may_not_be_seen_are_answered_404(desk: Desk) -> None:
    nothing = {"id": str(uuid4()), "version": 1}
    for role in (EARLY_HELP, SOCIAL_WORKER, Role.qa_auditor, Role.head_of_service):
        answer = await desk.get(role, f"/v1/transfers/{nothing['id']}")
        expect_refusal(answer, 404, "transfer_not_found")
    for name, role, body in (
        ("open", MASH, None),
        ("accept", MASH, acceptance(UP)),
        ("refuse", MASH, refusal(UP)),
        ("refusal-agreement", SPOC, {"agreed": True, "words": WORDS}),
        ("family-agreement", SPOC, {"agreement": "given", "words": WORDS}),
        ("first-visit", SPOC, {"visited_at": "2026-10-23T15:00:00Z", "words": WORDS}),
        ("withdraw", SPOC, {"words": WORDS}),
        ("return-decision", ASSESSMENT, {"decision": "keep", "words": WORDS}),
        ("completion", ASSESSMENT, {"closure_code": "RC9", "words": WORDS}),
    ):
        expect_refusal(await act(desk, nothing, name, role, body), 404, "transfer_not_found")


async def test_both_sides_and_those_who_watch_read_the_same(desk: Desk) -> None:
    transfer = await opened(desk, await asked(desk, DOWN))
    for role in (
        EARLY_HELP,
        SPOC,
        SOCIAL_WORKER,
        ASSESSMENT,
        Role.mash_worker,
        Role.head_of_service,
        Role.qa_auditor,
    ):
        assert await read(desk, transfer, role) == transfer


async def test_the_request_in_the_documentation_is_good_as_it_stands(desk: Desk) -> None:
    [operation] = [one for one in operations() if one.name == "request_transfer"]
    case = await allocated(desk, UP)
    answer = await desk.post(EARLY_HELP, "/v1/transfers", operation.body | {"case_id": case["id"]})
    transfer = await opened(desk, done(answer, 201))
    [operation] = [one for one in operations() if one.name == "accept_transfer"]
    assert done(await act(desk, transfer, "accept", MASH, operation.body))["state"] == "completed"


@pytest.fixture
async def one_service(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A front door whose early help and section 17 are one family help service."""
    shipped = (ROOT / "service" / "policy" / "default.toml").read_text(encoding="utf-8")
    assert shipped.count("one_service = false") == 1
    team = """
[[team]]
id = "family-help"
name = "Family help"
service = "early_help"
accepts = ["early_help_episode", "referral"]
"""
    policy = tmp_path / "policy.toml"
    text = shipped.replace("one_service = false", "one_service = true") + team
    policy.write_text(text, encoding="utf-8")
    async with open_desk(database_url, tmp_path, policy_file=policy) as desk:
        yield desk


async def test_in_one_family_help_service_the_team_and_the_lead_practitioner_stay(
    one_service: Desk,
) -> None:
    """A step is then a change of plan and of level: the same rules, the same clocks."""
    desk = one_service
    _, decision = await desk.decided("early_help", receiving_team_id="family-help")
    path = f"/v1/early-help-episodes/{decision['early_help_episode_id']}"
    # A practitioner of family help works on both sides.
    lead = str(await desk.account_of(EARLY_HELP, also=[SOCIAL_WORKER]))
    case = done(await desk.post(SPOC, f"{path}/allocation", allocation_body(lead), version=1))
    seen = await opened(desk, await asked(desk, UP, case))
    await desk.account_of(EARLY_HELP, also=[SOCIAL_WORKER])
    up = done(
        await act(desk, seen, "accept", MASH, {"words": WORDS, "statutory_basis": "section_17"})
    )
    referral = await referral_of(desk, up)
    assert (referral["team_id"], referral["worker_id"], referral["state"]) == (
        "family-help",
        lead,
        "allocated",
    )
    assert referral["transfer_id"] == up["id"]

    # And down again: the worker need not be named, for the lead stays.
    down = await opened(desk, await asked(desk, DOWN, referral, receiving_worker_id=None))
    accepted_down = done(await act(desk, down, "accept", SPOC, {"words": WORDS}))
    episode = await episode_of(desk, accepted_down)
    assert (episode["team_id"], episode["worker_id"]) == ("family-help", lead)


async def test_in_one_family_help_service_a_lead_who_may_not_hold_a_referral_does_not_stay(
    one_service: Desk,
) -> None:
    desk = one_service
    _, decision = await desk.decided("early_help", receiving_team_id="family-help")
    path = f"/v1/early-help-episodes/{decision['early_help_episode_id']}"
    lead = str(await desk.account_of(EARLY_HELP))
    case = done(await desk.post(SPOC, f"{path}/allocation", allocation_body(lead), version=1))
    seen = await opened(desk, await asked(desk, UP, case))
    body = {"words": WORDS, "statutory_basis": "section_17"}
    referral = await referral_of(desk, done(await act(desk, seen, "accept", MASH, body)))
    assert (referral["team_id"], referral["worker_id"], referral["state"]) == (
        "family-help",
        None,
        "awaiting_allocation",
    )


async def test_in_one_family_help_service_another_lead_may_be_named(one_service: Desk) -> None:
    desk = one_service
    seen = await opened(desk, await asked(desk, UP))
    other = str(await desk.account_of(SOCIAL_WORKER))
    # The sender's team takes no referrals, so a receiving team is named as ever.
    bare = await act(desk, seen, "accept", MASH, {"words": WORDS, "statutory_basis": "section_17"})
    assert faults(expect_refusal(bare, 422, "transfer_incomplete")) == [
        ("/receiving_team_id", "missing")
    ]
    body = acceptance(UP, receiving_worker_id=other)
    complete = done(await act(desk, seen, "accept", MASH, body))
    referral = await referral_of(desk, complete)
    assert (referral["team_id"], referral["worker_id"]) == ("assessment-north", other)


async def test_a_step_up_while_a_step_down_is_unfinished_gives_the_child_back(desk: Desk) -> None:
    case = await allocated(desk, DOWN)
    down = await accepted(desk, await opened(desk, await asked(desk, DOWN, case)))
    episode = await episode_of(desk, down)
    up = await accepted(desk, await opened(desk, await asked(desk, UP, episode)))
    assert (up["state"], up["referral_id"]) == ("completed", case["id"])
    assert (await read(desk, down))["state"] == "superseded"
    back = await referral_of(desk, up)
    assert (back["state"], back["closed_at"]) == ("allocated", None)
    assert (await episode_of(desk, up))["closure_code"] == "stepped_up"


def longest(body: type[BaseModel], field: str = "words") -> str:
    """As many words as a body takes."""
    most = body.model_json_schema()["properties"][field]["maxLength"]
    said = f"{body.__name__}, {field}: " + "the school told us what it saw on that day. " * most
    return said[: most - 1] + "."


async def read_everything(desk: Desk, transfer: Body) -> list[str]:
    """All that can be read of a transfer and what hangs on it, every one of them answered."""
    found = done(await desk.get(MASH, f"/v1/transfers/{transfer['id']}"))
    paths = [
        "/v1/transfers",
        "/v1/challenges",
        "/v1/referrals",
        "/v1/early-help-episodes",
        "/v1/flags",
        "/v1/exports/transfers",
        f"/v1/transfers/{found['id']}",
        f"/v1/contacts/{found['contact_id']}",
        f"/v1/contacts/{found['contact_id']}/history",
        *(f"/v1/challenges/{one['id']}" for one in found["challenges"]),
    ]
    if found["referral_id"]:
        paths.append(f"/v1/referrals/{found['referral_id']}")
    if found["early_help_episode_id"]:
        paths.append(f"/v1/early-help-episodes/{found['early_help_episode_id']}")
    answers = [await desk.get(MASH, path) for path in paths]
    failed = [(path, one.text) for path, one in zip(paths, answers, strict=True) if one.is_error]
    assert failed == []
    return [one.text for one in answers]


async def refused_at_length(desk: Desk, direction: str, case: Body | None) -> Body:
    """A refusal that is challenged; everything said at the greatest length."""
    told = {"evidence": longest(TransferCreate, "evidence")}
    seen = await opened(desk, await asked(desk, direction, case, **told))
    answer = refusal(direction, explanation=longest(TransferRefusal, "explanation"))
    pending = done(await act(desk, seen, "refuse", answerer(seen), answer))
    answer = {"agreed": False, "words": longest(RefusalAgreement)}
    agree = SORTS[direction, "sender"][2]
    return done(await act(desk, pending, "refusal-agreement", agree, answer))


async def overturned_at_length(desk: Desk, direction: str, case: Body | None = None) -> Body:
    challenged = await refused_at_length(desk, direction, case)
    await read_everything(desk, challenged)
    [challenge] = challenged["challenges"]
    told = {"answer": "changed", "words": longest(ChallengeAnswerIn)}
    path = f"/v1/challenges/{challenge['id']}/answer"
    done(await desk.post(answerer(challenged), path, told, version=1))
    return await read(desk, challenged)


@pytest.mark.parametrize("direction", [UP, DOWN])
async def test_the_longest_words_of_a_refusal_and_its_withdrawal_read_back(
    desk: Desk, direction: str
) -> None:
    overturned = await overturned_at_length(desk, direction)
    told = {"words": longest(TransferWithdrawal)}
    # A challenge was won for it, so that it is for the manager to take back.
    role = SORTS[direction, "sender"][2]
    withdrawn = done(await act(desk, overturned, "withdraw", role, told))
    everything = "".join(await read_everything(desk, withdrawn))
    for said in (longest(RefusalAgreement), longest(TransferWithdrawal)):
        assert everything.count(f'"{said}"') == 2, "on the transfer and on the challenge"


async def test_the_longest_words_of_a_refusal_that_is_agreed_to_read_back(desk: Desk) -> None:
    pending = await refused(desk, await opened(desk, await asked(desk, UP)))
    told = {"agreed": True, "words": longest(RefusalAgreement)}
    final = done(await act(desk, pending, "refusal-agreement", SPOC, told))
    assert longest(RefusalAgreement) in "".join(await read_everything(desk, final))


async def test_the_longest_words_of_a_step_down_to_its_completion_read_back(desk: Desk) -> None:
    children = [child_body(nhs_number="9434765919")]
    transfer = await overturned_at_length(
        desk, DOWN, await allocated(desk, DOWN, children=children)
    )
    told: Body = {"agreement": "refused", "words": longest(FamilyAgreementIn)}
    transfer = done(await act(desk, transfer, "family-agreement", SOCIAL_WORKER, told))
    told = {"decision": "ask_again", "words": longest(ReturnDecisionIn)}
    transfer = done(await act(desk, transfer, "return-decision", ASSESSMENT, told))
    transfer = await opened(desk, transfer)
    plan = [
        {name: longest(PlanLine, name) for name in ("outcome", "action", "who")}
        | {"by_on": "2026-12-11"}
    ] * 2
    told = acceptance(DOWN, words=longest(TransferAcceptance), plan=plan)
    transfer = done(await act(desk, transfer, "accept", SPOC, told))
    told = {"agreement": "given", "words": longest(FamilyAgreementIn)}
    transfer = done(await act(desk, transfer, "family-agreement", SOCIAL_WORKER, told))
    told = {"visited_at": desk.clock.now.isoformat(), "words": longest(FirstVisitIn)}
    transfer = done(await act(desk, transfer, "first-visit", EARLY_HELP, told))
    told = {"closure_code": "RC9", "words": longest(TransferCompletion)}
    transfer = done(await act(desk, transfer, "completion", ASSESSMENT, told))
    await read_everything(desk, transfer)
    assert (await referral_of(desk, transfer))["closure_reason"] == longest(TransferCompletion)
    # Whoever reads of the child on a new contact reads how social care's case closed.
    again = await desk.contact(children=children)
    history = done(await desk.get(MASH, f"/v1/contacts/{again['id']}/history"))
    [child] = history["children"]
    assert [one["closure_reason"] for one in child["referrals"]] == [longest(TransferCompletion)]
