"""Unborn children over HTTP: by week, by the expected date, one child before and after birth."""

from typing import Any
from uuid import uuid4

import httpx

from service.domain.access import Role
from tests.support.builders import Body, unborn_body
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, ASSESSOR, HELPER = (
    Role.mash_worker,
    Role.assessment_team_worker,
    Role.early_help_worker,
)
BECAUSE = "The dating scan of last Tuesday puts the pregnancy a fortnight further on."
BIRTH = {"born_on": "2026-10-22", "given_name": "Adaeze", "family_name": "Okafor", "sex": "F"}


async def unborn(desk: Desk, **told: Any) -> tuple[Body, str]:
    """A contact about an unborn child, who is expected on 14 February 2027; and the child."""
    contact = await desk.contact(children=[unborn_body(**told)])
    return contact, contact["children"][0]["person_id"]


async def referred(desk: Desk, **told: Any) -> str:
    contact, person_id = await unborn(desk, **told)
    await desk.sign(await desk.draft(contact, 0, "referral"))
    return person_id


async def learn(
    desk: Desk, person_id: str, what: str, body: Body, version: int = 1, role: Role = WORKER
) -> httpx.Response:
    return await desk.post(role, f"/v1/people/{person_id}/{what}", body, version=version)


async def read(desk: Desk, person_id: str, role: Role = WORKER) -> Body:
    return done(await desk.get(role, f"/v1/people/{person_id}/pregnancy"))


async def test_an_unborn_child_is_read_by_week_with_the_alerts_of_the_policy(desk: Desk) -> None:
    person_id = await referred(desk)
    answer = await desk.get(ASSESSOR, f"/v1/people/{person_id}/pregnancy")
    found = done(answer)
    assert answer.headers["etag"] == '"1"'
    # Friday 23 October 2026 is 114 days before the expected date: 166 of 280 are gone.
    assert (found["weeks"], found["days"]) == (23, 5)
    assert found["in_words"] == "23 weeks and 5 days"
    assert [(one["weeks"], one["on"], one["has_passed"]) for one in found["alerts"]] == [
        (20, "2026-09-27", True),
        (32, "2026-12-20", False),
    ]
    assert [one["kind"] for one in found["deadlines"]] == [
        "pre_birth_assessment_begun",
        "pre_birth_assessment_done",
    ]
    # Twenty weeks had passed: five working days all the same.
    assert found["deadlines"][0]["due_at"] == "2026-10-30T23:59:59Z"
    assert found["possible_actions"] == [
        "change_expected_delivery",
        "record_birth",
        "end_pregnancy",
    ]


async def test_the_date_changes_with_a_reason_and_the_birth_ends_the_count(desk: Desk) -> None:
    person_id = await referred(desk)
    other = {"expected_delivery_on": "2027-01-31"}
    problem = expect_refusal(
        await learn(desk, person_id, "expected-delivery", other), 422, "pregnancy_incomplete"
    )
    assert faults(problem) == [("/because", "missing")]
    answer = await learn(desk, person_id, "expected-delivery", other | {"because": BECAUSE})
    found = done(answer)
    assert answer.headers["etag"] == '"2"'
    assert (found["in_words"], found["steps"][0]["words"]) == ("25 weeks and 5 days", BECAUSE)
    stale = await learn(desk, person_id, "birth", BIRTH)
    expect_refusal(stale, 412, "stale")
    born = done(await learn(desk, person_id, "birth", BIRTH, 2))
    assert (born["person_id"], born["state"], born["version"]) == (person_id, "born", 3)
    assert (born["date_of_birth"], born["given_name"], born["sex"]) == (
        "2026-10-22",
        "Adaeze",
        "F",
    )
    assert (born["weeks"], born["in_words"], born["alerts"]) == (None, None, [])
    assert all(one["stopped_at"] for one in born["deadlines"])
    assert await read(desk, person_id) == born
    again = expect_refusal(await learn(desk, person_id, "birth", BIRTH, 3), 409, "not_unborn")
    assert (again["state"], again["allowed"]) == ("born", ["record_another_birth"])


async def test_a_pregnancy_ends_and_is_out_of_the_tracker(desk: Desk) -> None:
    person_id = await referred(desk)
    body = {
        "ended_on": "2026-10-21",
        "because": "The midwife rang: the pregnancy ended, and the mother is in hospital.",
    }
    missing = await learn(desk, person_id, "pregnancy-end", {"ended_on": "2026-10-21"})
    assert missing.status_code == 422
    found = done(await learn(desk, person_id, "pregnancy-end", body))
    assert (found["state"], found["ended_on"], found["in_words"]) == ("ended", "2026-10-21", None)
    assert done(await desk.get(WORKER, "/v1/queues/pre-birth"))["items"] == []


async def test_what_cannot_be_is_refused_by_name(desk: Desk) -> None:
    person_id = await referred(desk)
    for what, body, fault in (
        ("birth", BIRTH | {"born_on": "2026-10-24"}, ("/born_on", "in_the_future")),
        ("birth", BIRTH | {"born_on": "2026-05-09"}, ("/born_on", "before_the_pregnancy")),
        (
            "expected-delivery",
            {"expected_delivery_on": "2027-08-14", "because": BECAUSE},
            ("/expected_delivery_on", "too_far_ahead"),
        ),
        (
            "expected-delivery",
            {"expected_delivery_on": "2026-09-24", "because": BECAUSE},
            ("/expected_delivery_on", "too_long_ago"),
        ),
    ):
        problem = expect_refusal(
            await learn(desk, person_id, what, body), 422, "pregnancy_incomplete"
        )
        assert faults(problem) == [fault]
    unversioned = await desk.post(WORKER, f"/v1/people/{person_id}/birth", BIRTH)
    expect_refusal(unversioned, 428, "precondition_missing")


async def test_a_birth_after_the_matter_ended_is_logged_as_a_contact(desk: Desk) -> None:
    contact, person_id = await unborn(desk)
    await desk.sign(await desk.draft(contact, 0, "no_further_action"))
    problem = expect_refusal(await learn(desk, person_id, "birth", BIRTH), 409, "child_not_open")
    assert problem["allowed"] == ["log_contact"]


async def test_who_sees_no_contact_and_no_case_of_the_child_is_told_that_there_is_nobody(
    desk: Desk,
) -> None:
    person_id = await referred(desk)
    for answer in (
        await desk.get(HELPER, f"/v1/people/{person_id}/pregnancy"),
        await desk.get(HELPER, f"/v1/people/{uuid4()}/pregnancy"),
        await learn(desk, person_id, "birth", BIRTH, role=HELPER),
    ):
        expect_refusal(answer, 404, "person_not_found")


async def test_the_tracker_shows_week_date_and_what_to_do_next(desk: Desk) -> None:
    dated = await referred(desk)
    undated = await referred(desk, expected_delivery_on=None)
    overdue = await referred(desk, expected_delivery_on="2026-10-20")
    seen = []
    path: str | None = "/v1/queues/pre-birth?limit=1"
    while path is not None:
        answer = done(await desk.get(ASSESSOR, path))
        seen += answer["items"]
        path = answer["next"]
    assert seen[0]["pregnancy"]["person_id"] == undated
    assert {one["pregnancy"]["person_id"] for one in seen[1:]} == {dated, overdue}
    by_child = {one["pregnancy"]["person_id"]: one for one in seen}
    assert by_child[dated]["pregnancy"] == {
        "person_id": dated,
        "expected_delivery_on": "2027-02-14",
        "weeks": 23,
        "days": 5,
        "in_words": "23 weeks and 5 days",
    }
    assert by_child[dated]["next_action"] == "begin_assessment"
    assert by_child[dated]["due_at"] == "2026-10-30T23:59:59Z"
    assert by_child[overdue]["next_action"] == "ask_whether_born"
    assert by_child[undated]["next_action"] == "ask_expected_delivery"
    assert by_child[undated]["pregnancy"]["in_words"] is None
    assert {one["accountable_team_id"] for one in seen} == {"assessment-north"}


async def test_a_line_of_another_queue_has_no_pregnancy(desk: Desk) -> None:
    await unborn(desk)
    [line] = done(await desk.get(WORKER, "/v1/queues/contacts"))["items"]
    assert line["pregnancy"] is None
