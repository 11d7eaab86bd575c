"""Early help needs the family's agreement: refused, it is no outcome; not sought, a clock runs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.domain.access import Role
from tests.support.builders import Body, decision_body
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, SPOC, HELPER = Role.mash_worker, Role.early_help_spoc_manager, Role.early_help_worker
ASKING, REFUSED = "early_help_family_agreement", "early_help_family_refused"
WORDS = "Both parents met the family worker at home and said what they want of early help."


async def helped(desk: Desk, agreement: str) -> Body:
    """An early help episode that a decision opened, by what the contact tells of agreement."""
    contact = await desk.contact(agreement={"state": agreement})
    decision = await desk.sign(await desk.draft(contact, 0, "early_help"))
    return await desk.read(SPOC, path_of(decision["early_help_episode_id"]))


def path_of(episode_id: str) -> str:
    return f"/v1/early-help-episodes/{episode_id}"


def clocks(episode: Body) -> dict[str, str | None]:
    """What has stopped the clocks of agreement, by kind; None while one runs."""
    kinds = (ASKING, REFUSED)
    return {
        one["kind"]: one["stopped_because"] for one in episode["deadlines"] if one["kind"] in kinds
    }


async def say(desk: Desk, episode: Body, agreement: str, role: Role = SPOC, **more: Any) -> Any:
    body = {"agreement": agreement, "words": WORDS, **more}
    path = f"{path_of(episode['id'])}/family-agreement"
    return await desk.post(role, path, body, version=episode["version"])


@pytest.mark.parametrize("told", ["refused", "withdrawn"])
async def test_early_help_is_no_outcome_where_the_family_does_not_agree(
    desk: Desk, told: str
) -> None:
    contact = await desk.contact(agreement={"state": told})
    path = f"/v1/contacts/{contact['id']}"
    body = decision_body(contact["children"][0]["id"], "early_help")
    refused = expect_refusal(
        await desk.post(WORKER, f"{path}/decisions", body), 422, "decision_incomplete"
    )
    assert ("/outcome", "family_refused") in faults(refused)
    # They agree now: the contact says so, and why.
    amended = {"agreement": {"state": "given"}, "reason": "The mother rang back and agrees now."}
    contact = done(await desk.patch(WORKER, path, amended, version=contact["version"]))
    decision = await desk.sign(await desk.draft(contact, 0, "early_help"))
    assert decision["early_help_episode_id"]


async def test_a_draft_of_a_release_before_is_not_signed_against_the_family(desk: Desk) -> None:
    contact = await desk.contact(agreement={"state": "not_sought"})
    draft = await desk.draft(contact, 0, "early_help")
    await desk.tamper("UPDATE contact SET agreement = 'refused'")
    refused = expect_refusal(await desk.try_to_sign(draft), 409, "family_refused")
    assert refused["allowed"] == ["return_to_decider"]
    assert await desk.count("early_help_episode") == 0


async def test_agreement_that_was_given_starts_no_clock(desk: Desk) -> None:
    episode = await helped(desk, "given")
    assert (episode["family_agreement"], clocks(episode)) == ("given", {})


@pytest.mark.parametrize("told", ["not_sought", "not_known"])
async def test_a_clock_of_five_working_days_runs_until_the_family_was_asked(
    desk: Desk, told: str
) -> None:
    """Friday 23 October 2026 and five working days: the end of Friday 30 October in London."""
    episode = await helped(desk, told)
    assert (episode["family_agreement"], clocks(episode)) == ("not_yet_asked", {ASKING: None})
    [due] = [one["due_at"] for one in episode["deadlines"] if one["kind"] == ASKING]
    assert datetime.fromisoformat(due) == datetime(2026, 10, 30, 23, 59, 59, tzinfo=UTC)
    asked = done(await say(desk, episode, "asked", HELPER))
    assert clocks(asked) == {ASKING: None}
    given = done(await say(desk, asked, "given", HELPER))
    assert clocks(given) == {ASKING: "given"}
    assert (given["family_agreement"], given["family_agreement_words"]) == ("given", WORDS)


async def test_a_refusal_is_no_end_and_waits_for_what_becomes_of_the_child(desk: Desk) -> None:
    episode = await helped(desk, "not_sought")
    refused = done(await say(desk, episode, "refused"))
    assert clocks(refused) == {ASKING: "refused", REFUSED: None}
    assert refused["state"] == "awaiting_allocation"
    agreed = done(await say(desk, refused, "given"))
    assert clocks(agreed) == {ASKING: "refused", REFUSED: "given"}
    withdrawn = done(await say(desk, agreed, "withdrawn"))
    assert [one["kind"] for one in withdrawn["deadlines"] if not one["stopped_at"]].count(
        REFUSED
    ) == 1
    events = await desk.rows(
        "SELECT count(*) FROM event WHERE type = 'early_help_episode.family_agreement_recorded'"
    )
    assert events == [(3,)]


async def test_what_does_not_follow_is_refused_and_says_what_can_be_answered(desk: Desk) -> None:
    episode = await helped(desk, "given")
    problem = expect_refusal(await say(desk, episode, "asked"), 422, "agreement_not_possible")
    assert faults(problem) == [("/agreement", "agreement_not_possible")]
    problem = expect_refusal(
        await say(desk, episode, "withdrawn", words="n/a"), 422, "agreement_not_possible"
    )
    assert [pointer for pointer, _ in faults(problem)] == ["/words"]
    assert (await desk.read(SPOC, path_of(episode["id"])))["version"] == episode["version"]
    expect_refusal(await say(desk, episode, "withdrawn", WORKER), 403, "role_missing")
