"""A new concern about an open child reaches who holds the child, on a clock until it is read."""

from typing import Any

import pytest

from service.domain.access import Role
from service.usecases.flags import sweep
from tests.support.builders import Body, allocation_body, child_body, decision_body
from tests.support.desks import Desk, done, expect_refusal, faults

MANAGER, SOCIAL_WORKER = Role.assessment_team_manager, Role.assessment_team_worker
SPOC, FAMILY_WORKER = Role.early_help_spoc_manager, Role.early_help_worker
WORDS = "I see Amara at school this afternoon, and her mother after that."
REASON = "The assessment found no unmet need and the family agrees."
ROSA = child_body("Rosa", nhs_number="9434765919")
HISTORY = {
    "considered": "Social care holds a case that was opened after the bruise of last week.",
    "last_closed_because": "It is still open.",
}


async def open_child(desk: Desk, outcome: str = "referral", *, held: bool = True) -> Body:
    """Rosa, open to one side, and with a worker there when `held`."""
    contact = await desk.contact(children=[ROSA])
    decision = await desk.sign(await desk.draft(contact, 0, outcome))
    referral = outcome == "referral"
    place = "referrals" if referral else "early-help-episodes"
    case_id = decision["referral_id" if referral else "early_help_episode_id"]
    manager, worker = (MANAGER, SOCIAL_WORKER) if referral else (SPOC, FAMILY_WORKER)
    if held:
        body = allocation_body(await desk.account_of(worker))
        done(await desk.post(manager, f"/v1/{place}/{case_id}/allocation", body, version=1))
    found: Body = done(await desk.get(Role.mash_manager, f"/v1/{place}/{case_id}"))
    return found


async def new_concern(
    desk: Desk, outcome: str = "passed_to_case_holder", *, rating: str | None = None, **changes: Any
) -> Body:
    """Another contact about Rosa, decided and signed; the decision."""
    contact = await told_again(desk, rating)
    return await desk.sign(await desk.draft(contact, 0, outcome, history=HISTORY, **changes))


async def told_again(desk: Desk, rating: str | None = None) -> Body:
    contact = await desk.contact(children=[ROSA], concern="A black eye; she says dad did it.")
    if rating is not None:
        path, body = f"/v1/contacts/{contact['id']}/triage", {"rating": rating}
        done(await desk.post(Role.mash_worker, path, body, version=contact["version"]))
    return contact


async def mine(desk: Desk, role: Role, **who: Any) -> list[Body]:
    """What waits to be read in somebody's own queue."""
    lines = done(await desk.get(role, "/v1/queues/mine", **who))["items"]
    return [one for one in lines if one["next_action"] == "answer_passed_concern"]


async def passed(desk: Desk, decision: Body) -> Body:
    path = f"/v1/passed-concerns/{decision['passed_concern_id']}"
    return done(await desk.get(Role.mash_manager, path))


async def answer(desk: Desk, role: Role, concern: Body, words: str = WORDS, **who: Any) -> Any:
    path = f"/v1/passed-concerns/{concern['id']}/answer"
    return await desk.post(role, path, {"words": words}, version=concern["version"], **who)


async def test_who_holds_the_case_has_a_new_concern_until_they_say_what_they_will_do(
    desk: Desk,
) -> None:
    referral = await open_child(desk)
    decision = await new_concern(desk)
    assert decision["referral_id"] == referral["id"]
    concern = await passed(desk, decision)
    assert (concern["state"], concern["service"], concern["referral_id"], concern["rating"]) == (
        "waiting",
        "social_care",
        referral["id"],
        "amber",
    )
    [line] = await mine(desk, SOCIAL_WORKER)
    assert (line["subject_kind"], line["subject_id"]) == ("passed_concern", concern["id"])
    assert (line["due_at"], line["children"]) == ("2026-10-26T23:59:59Z", ["Rosa Okafor"])
    # And it can be opened by whoever has to read it.
    contact = done(await desk.get(SOCIAL_WORKER, f"/v1/contacts/{decision['contact_id']}"))
    assert contact["concern"] == "A black eye; she says dad did it."
    done(await desk.get(SOCIAL_WORKER, f"/v1/decisions/{decision['id']}"))
    desk.clock.forward(hours=2)
    read = done(await answer(desk, SOCIAL_WORKER, concern))
    assert (read["state"], read["words"], read["answered_at"]) == (
        "answered",
        WORDS,
        "2026-10-23T17:00:00Z",
    )
    [clock] = read["deadlines"]
    assert (clock["kind"], clock["stopped_because"]) == ("passed_concern_read", "read")
    assert await mine(desk, SOCIAL_WORKER) == []
    expect_refusal(await answer(desk, SOCIAL_WORKER, read), 409, "wrong_state")


@pytest.mark.parametrize("outcome", ["referral", "information_and_advice"])
async def test_whatever_is_decided_about_an_open_child_reaches_who_holds_the_child(
    desk: Desk, outcome: str
) -> None:
    await open_child(desk)
    concern = await passed(desk, await new_concern(desk, outcome))
    assert concern["state"] == "waiting"
    assert [one["subject_id"] for one in await mine(desk, SOCIAL_WORKER)] == [concern["id"]]


@pytest.mark.parametrize(
    "outcome",
    ["passed_to_case_holder", "early_help", "information_and_advice", "no_further_action"],
)
async def test_early_help_hears_of_each_new_concern_about_a_child_whom_it_holds(
    desk: Desk, outcome: str
) -> None:
    episode = await open_child(desk, "early_help")
    decision = await new_concern(desk, outcome)
    concern = await passed(desk, decision)
    assert (concern["service"], concern["early_help_episode_id"]) == ("early_help", episode["id"])
    [line] = await mine(desk, FAMILY_WORKER)
    assert line["subject_id"] == concern["id"]
    done(await desk.get(FAMILY_WORKER, f"/v1/contacts/{decision['contact_id']}"))
    assert done(await answer(desk, FAMILY_WORKER, concern))["state"] == "answered"


async def test_a_red_concern_is_read_on_the_same_day(desk: Desk) -> None:
    await open_child(desk)
    await new_concern(desk, rating="red")
    [line] = await mine(desk, SOCIAL_WORKER)
    assert line["due_at"] == "2026-10-23T22:59:59Z"


async def test_no_further_action_is_no_outcome_for_a_child_open_to_social_care(desk: Desk) -> None:
    await open_child(desk)
    problem = await refused_draft(desk, await told_again(desk), "no_further_action")
    assert faults(problem) == [("/outcome", "child_open_to_social_care")]
    assert "passed_to_case_holder" in problem["errors"][0]["message"]


async def refused_draft(desk: Desk, contact: Body, outcome: str, **changes: Any) -> Body:
    body = decision_body(contact["children"][0]["id"], outcome, history=HISTORY, **changes)
    path = f"/v1/contacts/{contact['id']}/decisions"
    refused = await desk.post(Role.mash_worker, path, body)
    return expect_refusal(refused, 422, "decision_incomplete")


async def test_a_concern_is_passed_to_nobody_where_nobody_holds_the_child(desk: Desk) -> None:
    contact = await desk.contact(children=[ROSA])
    problem = await refused_draft(desk, contact, "passed_to_case_holder")
    assert faults(problem) == [("/outcome", "child_held_by_nobody")]


async def test_what_was_drafted_before_the_child_was_opened_is_not_signed_as_nothing(
    desk: Desk,
) -> None:
    contact = await told_again(desk)
    draft = await desk.draft(contact, 0, "no_further_action")
    await open_child_later(desk)
    problem = expect_refusal(await desk.try_to_sign(draft), 409, "child_open_to_social_care")
    assert problem["allowed"] == ["passed_to_case_holder", "referral"]


async def open_child_later(desk: Desk) -> None:
    contact = await desk.contact(children=[ROSA])
    await desk.sign(await desk.draft(contact, 0, "referral", history=HISTORY))


async def test_a_concern_drafted_for_a_case_that_has_closed_meanwhile_is_not_signed(
    desk: Desk,
) -> None:
    referral = await open_child(desk)
    contact = await told_again(desk)
    draft = await desk.draft(contact, 0, "passed_to_case_holder", history=HISTORY)
    await close_somehow(desk, referral)
    expect_refusal(await desk.try_to_sign(draft), 409, "child_held_by_nobody")


async def close_somehow(desk: Desk, referral: Body) -> None:
    body = {"closure_code": "RC2", "reason": "The child died of an illness long known."}
    path = f"/v1/referrals/{referral['id']}/closure"
    done(await desk.post(MANAGER, path, body, version=referral["version"]))


async def test_a_case_is_not_closed_over_a_concern_that_nobody_has_read(desk: Desk) -> None:
    episode = await open_child(desk, "early_help")
    concern = await passed(desk, await new_concern(desk))
    body = {"closure_code": "outcomes_met", "reason": REASON}
    path = f"/v1/early-help-episodes/{episode['id']}/closure"
    refused = await desk.post(SPOC, path, body, version=episode["version"])
    problem = expect_refusal(refused, 409, "passed_concern_waiting")
    assert problem["allowed"] == ["answer"]
    done(await answer(desk, FAMILY_WORKER, concern))


async def test_where_nobody_holds_the_case_it_is_the_managers_of_that_team(desk: Desk) -> None:
    await open_child(desk, held=False)
    concern = await passed(desk, await new_concern(desk))
    assert await mine(desk, SOCIAL_WORKER) == []
    assert await mine(desk, MANAGER, team="assessment-south", name="South") == []
    [line] = await mine(desk, MANAGER, team="assessment-north", name="North")
    assert line["subject_id"] == concern["id"]
    assert await mine(desk, SPOC) == []
    done(await answer(desk, MANAGER, concern))


async def test_it_is_nobody_elses_to_answer(desk: Desk) -> None:
    await open_child(desk)
    concern = await passed(desk, await new_concern(desk))
    other = await answer(desk, SOCIAL_WORKER, concern, name="Somebody Else")
    expect_refusal(other, 403, "not_the_case_holder")
    expect_refusal(await answer(desk, FAMILY_WORKER, concern), 404, "passed_concern_not_found")
    expect_refusal(await answer(desk, SPOC, concern), 403, "not_the_case_holder")
    expect_refusal(await answer(desk, Role.mash_worker, concern), 403, "role_missing")
    expect_refusal(
        await answer(desk, SOCIAL_WORKER, concern, "As above."), 422, "say_what_you_will_do"
    )


async def test_unread_it_is_flagged_and_goes_up_like_everything_else(desk: Desk) -> None:
    await open_child(desk)
    await new_concern(desk, rating="red")
    desk.clock.forward(hours=9)
    await sweep(desk.house)
    flags = done(await desk.get(SOCIAL_WORKER, "/v1/flags?kind=passed_concern_read"))["items"]
    [flag] = [one for one in flags if one["severity"] == "breach"]
    assert flag["owner_role"] == "assessment_team_manager"
    assert flag["subject_kind"] == "passed_concern"
    desk.clock.forward(hours=5)
    await sweep(desk.house)
    [flag] = [
        one
        for one in done(await desk.get(Role.head_of_service, "/v1/flags?kind=passed_concern_read"))[
            "items"
        ]
        if one["severity"] == "breach"
    ]
    assert flag["escalated_to"] == "head_of_service"
    acknowledged = await desk.post(
        SOCIAL_WORKER,
        f"/v1/flags/{flag['id']}/acknowledgement",
        {"words": "I read it now."},
        version=flag["version"],
    )
    done(acknowledged)


async def test_a_measure_counts_those_that_were_read_in_time_with_its_very_cases(
    desk: Desk,
) -> None:
    await open_child(desk)
    read = await passed(desk, await new_concern(desk))
    late = await passed(desk, await new_concern(desk, rating="red"))
    done(await answer(desk, SOCIAL_WORKER, read))
    desk.clock.forward(hours=10)
    figure = done(await desk.get(MANAGER, "/v1/measures/passed_concerns_read_in_time"))["total"]
    assert (figure["numerator"], figure["denominator"]) == (1, 2)
    missed = done(await desk.get(MANAGER, figure["cases"]["missed"]))["items"]
    assert [one["id"] for one in missed] == [late["id"]]
