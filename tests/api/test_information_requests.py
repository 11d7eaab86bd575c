"""Information requests over HTTP: each audience sees what it may, and nobody else's."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain.access import Role
from tests.support.builders import (
    Body,
    answer_body,
    child_body,
    contact_body,
    decision_body,
    information_request_body,
    siblings,
    sign_off_body,
    unborn_body,
)
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, PARTNER = Role.mash_worker, Role.partner_system
SCHOOL, POLICE = "mill-lane-primary", "riverbourne-police"
AGENCY_SEES = {
    "id",
    "version",
    "organisation_id",
    "purpose",
    "lawful_basis",
    "scope",
    "questions",
    "children",
    "state",
    "asked_at",
    "due_at",
    "answer",
    "information",
    "answered_at",
    "answered_by_name",
    "late",
    "withdrawn_at",
    "chasers",
}


async def ask(desk: Desk, contact: Body, agency: str = SCHOOL, **changes: Any) -> httpx.Response:
    return await desk.post(
        WORKER,
        f"/v1/contacts/{contact['id']}/information-requests",
        information_request_body(agency, **changes),
    )


async def answer(
    desk: Desk, request: Body, role: Role = WORKER, *, version: int | None = 1, **told: Any
) -> httpx.Response:
    who = {"organisation": request["organisation_id"]} if role is PARTNER else {}
    path = f"/v1/information-requests/{request['id']}/response"
    return await desk.post(role, path, answer_body(**told), version=version, **who)


def told(response: httpx.Response) -> tuple[int, Body]:
    body = response.json()
    return response.status_code, {
        name: value for name, value in body.items() if name not in ("instance", "request_id")
    }


async def test_an_agency_is_asked_and_its_clock_runs_by_the_rating(desk: Desk) -> None:
    contact = await desk.contact(children=siblings())
    path = f"/v1/contacts/{contact['id']}"
    made = await ask(desk, contact)
    asked = done(made, 201)
    assert made.headers["location"] == f"/v1/information-requests/{asked['id']}"
    assert made.headers["etag"] == '"1"'
    assert asked["child_ids"] == [child["id"] for child in contact["children"]]
    # Not rated yet: six hours, as for amber.
    assert [clock["due_at"] for clock in asked["deadlines"]] == ["2026-10-23T21:00:00Z"]
    file = await desk.get(WORKER, path)
    assert done(file)["state"] == "awaiting_information"
    done(
        await desk.post(WORKER, f"{path}/triage", {"rating": "red"}, version=done(file)["version"])
    )
    urgent = done(await ask(desk, contact, POLICE, child_ids=[contact["children"][1]["id"]]), 201)
    assert [clock["due_at"] for clock in urgent["deadlines"]] == ["2026-10-23T17:00:00Z"]
    assert urgent["child_ids"] == [contact["children"][1]["id"]]
    assert done(await desk.get(WORKER, made.headers["location"])) == asked


async def test_the_agency_asked_sees_the_question_and_nothing_else_of_the_contact(
    desk: Desk,
) -> None:
    body = contact_body(
        children=[
            child_body(nhs_number="9434765919", description="Red coat", school="Mill Lane"),
            unborn_body(),
            child_body("Chidi"),
        ],
        address="12 Weir Street",
        town="Riverbourne",
        postcode="ZZ99 3CZ",
    )
    contact = done(await desk.post(WORKER, "/v1/contacts", body), 201)
    about = [child["id"] for child in contact["children"][:2]]
    asked = done(await ask(desk, contact, child_ids=about), 201)
    path = f"/v1/information-requests/{asked['id']}"
    seen = await desk.get(PARTNER, path, organisation=SCHOOL)
    assert set(done(seen)) == AGENCY_SEES
    assert seen.json()["questions"] == asked["questions"]
    assert seen.json()["due_at"] == "2026-10-23T21:00:00Z"
    assert seen.json()["children"] == [
        {
            "given_name": "Amara",
            "family_name": "Okafor",
            "date_of_birth": "2018-04-09",
            "birth_knowledge": "known",
            "expected_delivery_on": None,
            "nhs_number": "9434765919",
            "unique_pupil_number": None,
        },
        {
            "given_name": None,
            "family_name": "Okafor",
            "date_of_birth": None,
            "birth_knowledge": "unborn",
            "expected_delivery_on": "2027-02-14",
            "nhs_number": None,
            "unique_pupil_number": None,
        },
    ]
    listed = await desk.get(PARTNER, "/v1/information-requests", organisation=SCHOOL)
    assert [one["id"] for one in done(listed)["items"]] == [asked["id"]]
    answered = await answer(desk, asked, PARTNER)
    secrets = [
        contact["id"],
        contact["reference"],
        body["concern"],
        "Chidi",
        "Red coat",
        "Ngozi",
        "12 Weir Street",
        "ZZ99",
        "Priya Shah, ",
        "Designated",
        "2A",
        *[child["id"] for child in contact["children"]],
        *[child["person_id"] for child in contact["children"]],
        asked["asked_by"],
    ]
    for response in (seen, listed, answered):
        assert [secret for secret in secrets if secret in response.text] == []


async def test_one_partner_may_not_see_what_another_was_asked(desk: Desk) -> None:
    contact = await desk.contact()
    school = done(await ask(desk, contact), 201)
    police = done(await ask(desk, contact, POLICE), 201)
    nowhere = await desk.get(PARTNER, f"/v1/information-requests/{uuid4()}", organisation=POLICE)
    expect_refusal(nowhere, 404, "information_request_not_found")
    hidden = await desk.get(
        PARTNER, f"/v1/information-requests/{school['id']}", organisation=POLICE
    )
    assert told(hidden) == told(nowhere)
    path = f"/v1/information-requests/{school['id']}/response"
    answered = await desk.post(PARTNER, path, answer_body(), version=1, organisation=POLICE)
    assert told(answered) == told(nowhere)
    for organisation, own in ((SCHOOL, school), (POLICE, police), ("weir-academy", None)):
        listed = done(
            await desk.get(PARTNER, "/v1/information-requests", organisation=organisation)
        )
        assert [one["id"] for one in listed["items"]] == ([] if own is None else [own["id"]])
        asked_for = await desk.get(
            PARTNER,
            f"/v1/information-requests?organisation_id={SCHOOL}",
            organisation=organisation,
        )
        assert len(done(asked_for)["items"]) == (organisation == SCHOOL)
    unanswered = done(await desk.get(WORKER, f"/v1/information-requests/{school['id']}"))
    assert unanswered["state"] == "asked"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/contacts",
        "/v1/contacts/{contact}",
        "/v1/contacts/{contact}/history",
        "/v1/decisions/{decision}",
        "/v1/referrals",
        "/v1/referrals/{referral}",
        "/v1/early-help-episodes",
        "/v1/flags",
    ],
)
async def test_an_agency_that_was_asked_reads_nothing_of_the_case(desk: Desk, path: str) -> None:
    contact = await desk.contact()
    asked = done(await ask(desk, contact), 201)
    done(await answer(desk, asked, PARTNER))
    agencies = [{"organisation_id": SCHOOL, "asked": True, "answered": True}]
    decision = await desk.sign(await desk.draft(contact, 0, "referral", agencies=agencies))
    where = path.format(
        contact=contact["id"], decision=decision["id"], referral=decision["referral_id"]
    )
    expect_refusal(await desk.get(PARTNER, where, organisation=SCHOOL), 403, "role_missing")


async def test_the_agencys_own_system_answers_and_the_contact_moves_on(desk: Desk) -> None:
    contact = await desk.contact()
    school = done(await ask(desk, contact), 201)
    police = done(await ask(desk, contact, POLICE), 201)
    desk.clock.forward(hours=2)
    response = await answer(desk, school, PARTNER, answered_by_name=None)
    answered = done(response)
    assert response.headers["etag"] == '"2"'
    assert answered["state"] == "answered"
    assert answered["answered_at"] == "2026-10-23T17:00:00Z"
    assert answered["late"] is False
    assert answered["answered_by_name"] == "Development partner agency system"
    path = f"/v1/contacts/{contact['id']}"
    assert done(await desk.get(WORKER, path))["state"] == "awaiting_information"
    done(await answer(desk, police, answer="nothing_known", information=None))
    file = done(await desk.get(WORKER, path))
    assert file["state"] == "in_triage"
    assert [one["answer"] for one in file["information_requests"]] == [
        "information",
        "nothing_known",
    ]
    seen = done(await desk.get(WORKER, f"/v1/information-requests/{school['id']}"))
    assert seen["information"] == answer_body()["information"]
    assert seen["deadlines"][0]["stopped_because"] == "answered"


async def test_a_worker_who_was_told_is_not_named_as_the_one_who_answered(desk: Desk) -> None:
    contact = await desk.contact()
    asked = done(await ask(desk, contact), 201)
    answered = done(await answer(desk, asked, answered_by_name=None))
    assert answered["answered_by_name"] is None
    assert answered["answered_by"] == str(await desk.account_of(WORKER))


async def test_a_late_answer_is_taken_and_marked_after_the_decision_too(desk: Desk) -> None:
    contact = await desk.contact()
    school = done(await ask(desk, contact), 201)
    police = done(await ask(desk, contact, POLICE), 201)
    late = [
        {
            "organisation_id": agency,
            "asked": True,
            "answered": False,
            "reason": "The bruises do not allow to wait.",
        }
        for agency in (SCHOOL, POLICE)
    ]
    draft = await desk.draft(contact, 0, "referral", agencies=late)
    desk.clock.forward(hours=6)
    on_time = done(await answer(desk, police, PARTNER))
    assert on_time["late"] is False
    await desk.sign(draft)
    desk.clock.forward(minutes=1)
    answered = done(await answer(desk, school, PARTNER))
    assert answered["late"] is True
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert file["state"] == "decided"


async def test_an_answer_is_given_once_and_to_the_version_that_was_read(desk: Desk) -> None:
    contact = await desk.contact()
    asked = done(await ask(desk, contact), 201)
    expect_refusal(await answer(desk, asked, PARTNER, version=None), 428, "precondition_missing")
    stale = await answer(desk, asked, PARTNER, version=4)
    expect_refusal(stale, 412, "stale")
    assert stale.headers["etag"] == '"1"'
    done(await answer(desk, asked, PARTNER))
    problem = expect_refusal(await answer(desk, asked, PARTNER, version=2), 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("answered", [])


async def test_a_child_set_right_gives_the_agency_a_new_version_to_read(desk: Desk) -> None:
    contact = await desk.contact()
    asked = done(await ask(desk, contact), 201)
    changes = {
        "reason": "The school spells it so.",
        "children": [{"id": contact["children"][0]["id"], "given_name": "Amarachi"}],
    }
    done(await desk.patch(WORKER, f"/v1/contacts/{contact['id']}", changes, version=2))
    expect_refusal(await answer(desk, asked, PARTNER), 412, "stale")
    seen = await desk.get(PARTNER, f"/v1/information-requests/{asked['id']}", organisation=SCHOOL)
    assert seen.headers["etag"] == '"2"'
    assert done(seen)["children"][0]["given_name"] == "Amarachi"


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"answer": "information", "information": None}, ("/information", "information_missing")),
        ({"answer": "declined", "information": None}, ("/information", "reason_missing")),
        ({"answer": "nothing_known"}, ("/information", "not_expected")),
    ],
)
async def test_an_answer_and_its_words_must_fit(
    desk: Desk, sent: Body, fault: tuple[str, str]
) -> None:
    contact = await desk.contact()
    asked = done(await ask(desk, contact), 201)
    problem = expect_refusal(await answer(desk, asked, PARTNER, **sent), 422, "answer_incomplete")
    assert faults(problem) == [fault]
    done(await answer(desk, asked, PARTNER, answer="known_not_relevant", information=None))


async def test_a_question_goes_to_a_known_agency_about_children_on_the_contact(
    desk: Desk,
) -> None:
    contact = await desk.contact()
    problem = expect_refusal(
        await ask(desk, contact, "nobody", child_ids=[contact["children"][0]["id"], str(uuid4())]),
        422,
        "information_request_not_possible",
    )
    assert faults(problem) == [
        ("/organisation_id", "organisation_unknown"),
        ("/child_ids/1", "not_on_this_contact"),
    ]
    expect_refusal(
        await desk.post(
            WORKER, f"/v1/contacts/{uuid4()}/information-requests", information_request_body()
        ),
        404,
        "contact_not_found",
    )


async def test_purpose_and_basis_are_those_on_record_where_nobody_says_them(desk: Desk) -> None:
    without = {"organisation_id": "mill-lane-primary"}
    rules = desk.house.policy.questions
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}/information-requests"
    asked = await desk.made(WORKER, path, without)
    assert (asked["purpose"], asked["lawful_basis"]) == (rules.purpose, rules.lawful_basis)
    shared = await desk.contact(lawful_basis={"basis": "legal_obligation"})
    path = f"/v1/contacts/{shared['id']}/information-requests"
    asked = await desk.made(WORKER, path, without)
    assert asked["lawful_basis"] == "legal_obligation"


async def test_nothing_is_asked_any_more_once_every_child_has_a_decision(desk: Desk) -> None:
    contact = await desk.contact()
    draft = done(
        await desk.post(
            WORKER,
            f"/v1/contacts/{contact['id']}/decisions",
            decision_body(contact["children"][0]["id"]),
        ),
        201,
    )
    problem = expect_refusal(await ask(desk, contact), 409, "wrong_state")
    assert problem["state"] == "awaiting_sign_off"
    path = f"/v1/decisions/{draft['id']}/sign-off"
    done(await desk.post(Role.mash_manager, path, sign_off_body(), version=1))
    assert expect_refusal(await ask(desk, contact), 409, "wrong_state")["state"] == "decided"


async def test_who_may_ask_and_who_may_answer(desk: Desk) -> None:
    contact = await desk.contact()
    asked = done(await ask(desk, contact), 201)
    path = f"/v1/contacts/{contact['id']}/information-requests"
    for role in (Role.early_help_worker, Role.qa_auditor, Role.assessment_team_manager):
        expect_refusal(await desk.post(role, path, information_request_body()), 403, "role_missing")
        expect_refusal(await answer(desk, asked, role), 403, "role_missing")
    expect_refusal(
        await desk.post(PARTNER, path, information_request_body(), organisation=SCHOOL),
        403,
        "role_missing",
    )
    analyst = await desk.get(Role.performance_analyst, "/v1/information-requests")
    expect_refusal(analyst, 403, "role_missing")
    auditor = await desk.get(Role.qa_auditor, f"/v1/information-requests/{asked['id']}")
    assert done(auditor) == asked


async def test_staff_list_requests_newest_first_by_page_and_narrowed(desk: Desk) -> None:
    contact = await desk.contact()
    made = []
    for agency in (SCHOOL, POLICE, "riverbourne-homes"):
        made.append(done(await ask(desk, contact, agency), 201))
        desk.clock.forward(minutes=1)
    done(await answer(desk, made[1]))
    first = done(await desk.get(WORKER, "/v1/information-requests?limit=2"))
    assert [one["id"] for one in first["items"]] == [made[2]["id"], made[1]["id"]]
    assert [one["due_at"] for one in first["items"]] == [
        "2026-10-23T21:02:00Z",
        "2026-10-23T21:01:00Z",
    ]
    assert {one["contact_id"] for one in first["items"]} == {contact["id"]}
    rest = done(await desk.get(WORKER, first["next"]))
    assert [one["id"] for one in rest["items"]] == [made[0]["id"]] and rest["next"] is None
    open_ones = done(
        await desk.get(
            WORKER,
            f"/v1/information-requests?state=asked&organisation_id={POLICE}"
            f"&organisation_id={SCHOOL}",
        )
    )
    assert [one["id"] for one in open_ones["items"]] == [made[0]["id"]]
