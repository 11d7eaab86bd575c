"""Section 47 enquiries over HTTP: what is shown, what is possible, and every refusal by pointer."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.domain.access import Role
from service.domain.referrals import Referral
from service.persistence.repositories.cases import REFERRALS
from tests.support.builders import Body, unborn_body
from tests.support.days import AUTUMN_FRIDAY
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.houses import caller
from tests.support.protection import FINDING, enquiry_begun

WORKER, MANAGER = Role.assessment_team_worker, Role.assessment_team_manager
PATH = "/v1/section-47-enquiries"
SEEN = {
    "seen": True,
    "seen_at": "2026-10-23T15:00:00Z",
    "seen_by": "Tom Baker, social worker",
    "alone": True,
}
NOT_SEEN = {"seen": False, "not_seen_because": "Nobody opened; the police look for the family."}
RISK = {"outcome": "continuing_risk", "words": FINDING}
AGREED = {"agreed": True, "words": FINDING}
CONFERENCE = {
    "held_at": "2026-10-23T15:00:00Z",
    "outcome": "child_protection_plan",
    "category_of_abuse_code": "PHY",
    "words": FINDING,
}


async def referral_of(desk: Desk, **changes: Any) -> Referral:
    contact = await desk.contact(**changes)
    draft = await desk.draft(contact, 0, "referral", statutory_basis="section_47")
    signed = await desk.sign(draft)
    manager = await caller(desk.house, MANAGER)
    return await desk.house.ask(
        lambda ask: REFERRALS.get(ask, manager.sight, UUID(signed["referral_id"]))
    )


async def enquiry(desk: Desk, **changes: Any) -> Body:
    """An enquiry as it is read just after the meeting that began it."""
    begun = await enquiry_begun(desk.house, await referral_of(desk, **changes))
    return done(await desk.get(MANAGER, f"{PATH}/{begun.id}"))


async def act(
    desk: Desk, found: Body, move: str, body: Body, role: Role = WORKER, **more: Any
) -> httpx.Response:
    version = more.pop("version", found["version"])
    return await desk.post(role, f"{PATH}/{found['id']}/{move}", body, version=version, **more)


async def test_a_child_is_seen_and_the_conference_follows(desk: Desk) -> None:
    found = await enquiry(desk)
    assert found["state"] == "under_way"
    assert found["possible_actions"] == ["record_child_seen"]
    assert found["kind"] == "joint"
    assert [one["kind"] for one in found["deadlines"]] == [
        "child_seen",
        "initial_child_protection_conference",
    ]
    assert [one["meeting_id"] for one in found["meetings"]] == [found["meeting_id"]]
    found = done(await act(desk, found, "child-seen", SEEN))
    assert (found["seen_alone"], found["seen_by"]) == (True, "Tom Baker, social worker")
    assert found["deadlines"][0]["happened_at"] == "2026-10-23T15:00:00Z"
    assert found["possible_actions"] == [
        "record_child_seen",
        "find_continuing_risk",
        "find_no_continuing_risk",
        "propose_no_conference",
    ]
    found = done(await act(desk, found, "outcome", RISK, MANAGER))
    assert found["possible_actions"] == [
        "record_child_seen",
        "hold_conference",
        "propose_no_conference",
    ]
    answer = await act(desk, found, "conference", CONFERENCE)
    held = done(answer)
    assert answer.headers["etag"] == f'"{held["version"]}"' == '"4"'
    assert (held["state"], held["category_of_abuse_code"]) == ("ended", "PHY")
    assert [step["action"] for step in held["steps"]] == [
        "begin",
        "record_child_seen",
        "find_continuing_risk",
        "hold_conference",
    ]
    assert held["possible_actions"] == []
    assert done(await desk.get(Role.mash_worker, f"{PATH}/{held['id']}")) == held


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"seen": True},
            [("/seen_at", "missing"), ("/seen_by", "missing"), ("/alone", "missing")],
        ),
        ({**SEEN, "alone": False}, [("/not_alone_because", "missing")]),
        ({**SEEN, "seen_at": "2026-10-23T15:00:01Z"}, [("/seen_at", "time_not_possible")]),
        ({"seen": False}, [("/not_seen_because", "missing")]),
        ({"seen": False, "not_seen_because": "n/a"}, [("/not_seen_because", "boiler_plate")]),
    ],
    ids=["bare", "not alone", "in the future", "not seen", "not seen for a stock phrase"],
)
async def test_what_a_visit_leaves_out_is_named_by_pointer(
    desk: Desk, body: Body, expected: list[tuple[str, str]]
) -> None:
    refused = await act(desk, await enquiry(desk), "child-seen", body)
    problem = expect_refusal(refused, 422, "section_47_enquiry_incomplete")
    assert faults(problem) == expected


async def test_the_wrong_order_is_refused_with_the_state_and_what_is_possible(desk: Desk) -> None:
    found = await enquiry(desk)
    refused = await act(desk, found, "outcome", RISK, MANAGER)
    problem = expect_refusal(refused, 409, "child_seen_not_recorded")
    assert (problem["state"], problem["allowed"]) == ("under_way", ["record_child_seen"])
    refused = await act(desk, found, "conference", CONFERENCE)
    problem = expect_refusal(refused, 409, "wrong_state")
    assert "follows an outcome of continuing risk" in problem["detail"]
    found = done(await act(desk, found, "child-seen", NOT_SEEN))
    found = done(await act(desk, found, "outcome", RISK, MANAGER))
    before = (AUTUMN_FRIDAY - timedelta(minutes=1)).isoformat()
    # Nobody saw the child, and a manager who was not at the door ends the enquiry.
    expect_refusal(await act(desk, found, "conference", CONFERENCE), 403, "child_never_seen")
    refused = await act(desk, found, "conference", {**CONFERENCE, "held_at": before}, MANAGER)
    problem = expect_refusal(refused, 422, "section_47_enquiry_incomplete")
    assert faults(problem) == [("/held_at", "before_the_meeting")]
    ended = done(await act(desk, found, "conference", CONFERENCE, MANAGER))
    refused = await act(desk, ended, "child-seen", SEEN)
    assert expect_refusal(refused, 409, "wrong_state")["allowed"] == []


NONE_NEEDED = {"because": "looked_after", "since_on": "2026-10-23", "words": FINDING}


async def test_no_conference_is_needed_when_another_manager_agrees(desk: Desk) -> None:
    found = done(await act(desk, await enquiry(desk), "child-seen", SEEN))
    early = await act(desk, found, "no-conference", NONE_NEEDED)
    problem = expect_refusal(early, 422, "section_47_enquiry_incomplete")
    assert faults(problem) == [("/because", "outcome_first")]
    found = done(await act(desk, found, "outcome", RISK, MANAGER))
    proposed = done(await act(desk, found, "no-conference", NONE_NEEDED, MANAGER))
    assert (proposed["state"], proposed["no_conference_because"]) == (
        "awaiting_conference",
        "looked_after",
    )
    assert proposed["possible_actions"] == [
        "record_child_seen",
        "hold_conference",
        "agree_no_conference",
        "return_no_conference",
    ]
    own = await act(desk, proposed, "no-conference/sign-off", AGREED, MANAGER)
    expect_refusal(own, 403, "own_proposal")
    thin = {"agreed": True, "words": "Fine."}
    refused = await act(desk, proposed, "no-conference/sign-off", thin, Role.head_of_service)
    problem = expect_refusal(refused, 422, "section_47_enquiry_incomplete")
    assert faults(problem) == [("/words", "too_short")]
    returned = done(
        await act(
            desk,
            proposed,
            "no-conference/sign-off",
            {**AGREED, "agreed": False},
            Role.head_of_service,
        )
    )
    assert (returned["no_conference_because"], returned["no_conference_words"]) == (None, None)
    again = done(await act(desk, returned, "no-conference", NONE_NEEDED))
    ended = done(await act(desk, again, "no-conference/sign-off", AGREED, MANAGER))
    assert (ended["state"], ended["no_conference_since_on"]) == ("ended", "2026-10-23")
    assert ended["no_conference_agreed_words"] == FINDING
    assert ended["possible_actions"] == []
    assert [one["stopped_because"] for one in ended["deadlines"]] == [
        "seen",
        "no_conference_needed",
    ]


async def test_an_unborn_child_is_not_seen(desk: Desk) -> None:
    found = await enquiry(desk, children=[unborn_body()])
    assert found["unborn"] is True
    assert [one["kind"] for one in found["deadlines"]] == ["initial_child_protection_conference"]
    refused = await act(desk, found, "child-seen", SEEN)
    problem = expect_refusal(refused, 409, "child_unborn")
    assert problem["allowed"] == [
        "find_continuing_risk",
        "find_no_continuing_risk",
        "propose_no_conference",
    ]


async def test_without_a_version_or_with_an_old_one_nothing_is_changed(desk: Desk) -> None:
    found = await enquiry(desk)
    expect_refusal(
        await act(desk, found, "child-seen", SEEN, version=None), 428, "precondition_missing"
    )
    done(await act(desk, found, "child-seen", NOT_SEEN))
    expect_refusal(await act(desk, found, "child-seen", SEEN), 412, "stale")


async def test_unknown_fields_and_wrong_kinds_are_refused(desk: Desk) -> None:
    found = await enquiry(desk)
    refused = await act(desk, found, "child-seen", {**SEEN, "seen": "yes", "mood": "sad"})
    assert refused.status_code == 422
    assert {one for one, _ in faults(refused.json())} == {"/seen", ""}
    refused = await act(desk, found, "outcome", {**RISK, "outcome": "unclear"}, MANAGER)
    assert refused.status_code == 422


async def test_the_list_goes_page_by_page_and_is_narrowed(desk: Desk) -> None:
    ids = []
    for _ in range(3):
        ids.append((await enquiry(desk))["id"])
        desk.clock.forward(minutes=5)
    first = done(await desk.get(WORKER, f"{PATH}?limit=2"))
    assert [one["id"] for one in first["items"]] == [ids[2], ids[1]]
    assert first["items"][0]["due_at"] is not None
    second = done(await desk.get(WORKER, first["next"]))
    assert ([one["id"] for one in second["items"]], second["next"]) == ([ids[0]], None)
    one = first["items"][0]
    for name in ("person_id", "referral_id", "contact_id"):
        found = done(await desk.get(WORKER, f"{PATH}?{name}={one[name]}"))
        assert [each["id"] for each in found["items"]] == [one["id"]]
    assert done(await desk.get(WORKER, f"{PATH}?state=ended"))["items"] == []
    assert len(done(await desk.get(WORKER, f"{PATH}?state=under_way"))["items"]) == 3
    # A cursor is of the list that it was given for.
    other = first["next"].replace("limit=2", "limit=2&state=under_way")
    assert (await desk.get(WORKER, other)).status_code == 400


async def test_a_measure_of_other_cases_lists_none_of_these(desk: Desk) -> None:
    refused = await desk.get(WORKER, f"{PATH}?measure=PI1")
    expect_refusal(refused, 422, "measure_counts_others")


async def test_who_may_not_know_of_enquiries_is_told_nothing(desk: Desk) -> None:
    found = await enquiry(desk)
    for role in (Role.early_help_worker, Role.partner_system, Role.performance_analyst):
        who = {"organisation": "riverbourne-police"} if role is Role.partner_system else {}
        for path in (PATH, f"{PATH}/{found['id']}", f"{PATH}/{uuid4()}"):
            expect_refusal(await desk.get(role, path, **who), 403, "role_missing")
    missing = await desk.get(MANAGER, f"{PATH}/{uuid4()}")
    expect_refusal(missing, 404, "section_47_enquiry_not_found")
