"""Several agencies asked in one act, and what they said on the telephone, over HTTP."""

from typing import Any
from uuid import uuid4

import httpx

from service.domain.access import Role
from tests.support.builders import decision_body, information_request_body
from tests.support.desks import HOSPITAL, POLICE, Desk, done, expect_refusal, faults

WORKER = Role.mash_worker
SCHOOL = "mill-lane-primary"
SEEN = "Seen on Monday with a cut lip; the mother said that he fell."


async def ask(
    desk: Desk, contact: dict[str, Any], *agencies: dict[str, Any], **said: Any
) -> httpx.Response:
    path = f"/v1/contacts/{contact['id']}/information-requests/together"
    return await desk.post(WORKER, path, {"agencies": agencies, **said})


def of(organisation_id: str, **answered: Any) -> dict[str, Any]:
    return {"organisation_id": organisation_id, **answered}


async def test_several_agencies_are_asked_in_one_act_each_on_its_own_clock(desk: Desk) -> None:
    contact = await desk.contact()
    asked = done(
        await ask(
            desk,
            contact,
            of(POLICE, answer="nothing_known", answered_by_name="PC Hale"),
            of(HOSPITAL, information=SEEN),
            of(SCHOOL, questions="How is attendance?"),
            questions="Is the family known?",
        ),
        201,
    )
    police, hospital, school = asked["information_requests"]
    assert (police["state"], police["answer"]) == ("answered", "nothing_known")
    assert police["answered_by_name"] == "PC Hale"
    assert (hospital["answer"], hospital["information"]) == ("information", SEEN)
    assert (school["state"], school["questions"]) == ("asked", "How is attendance?")
    assert police["questions"] == hospital["questions"] == "Is the family known?"
    assert [one["late"] for one in (police, hospital, school)] == [False, False, None]
    running = [one["deadlines"][0]["stopped_at"] is None for one in (police, hospital, school)]
    assert running == [False, False, True]
    assert asked["contact_state"] == "awaiting_information"
    file = await desk.read(WORKER, f"/v1/contacts/{contact['id']}")
    assert file["version"] == asked["contact_version"]
    kinds = await desk.rows("SELECT type, subject_id FROM event WHERE type LIKE 'information%'")
    assert sorted(kind for kind, _ in kinds) == ["information.answered", "information.requested"]


async def test_with_the_last_answer_on_the_telephone_nobody_is_waited_for(desk: Desk) -> None:
    contact = await desk.contact()
    asked = done(await ask(desk, contact, of(POLICE, answer="nothing_known")), 201)
    assert asked["contact_state"] == "in_triage"
    await desk.made(
        WORKER,
        f"/v1/contacts/{contact['id']}/information-requests",
        information_request_body(SCHOOL),
    )
    asked = done(await ask(desk, contact, of(HOSPITAL, answer="nothing_known")), 201)
    assert asked["contact_state"] == "awaiting_information"


async def test_every_fault_of_every_question_is_named_and_nobody_is_asked(desk: Desk) -> None:
    contact = await desk.contact()
    problem = expect_refusal(
        await ask(
            desk,
            contact,
            of("nobody"),
            of(POLICE, answer="information"),
            of(HOSPITAL, answer="declined"),
            of(SCHOOL, answer="nothing_known", information=SEEN),
            of(SCHOOL),
            child_ids=[str(uuid4())],
        ),
        422,
        "information_request_not_possible",
    )
    assert faults(problem) == [
        ("/agencies/0/organisation_id", "organisation_unknown"),
        ("/child_ids/0", "not_on_this_contact"),
        ("/agencies/4/organisation_id", "named_twice"),
    ]
    problem = expect_refusal(
        await ask(
            desk,
            contact,
            of("nobody"),
            of(POLICE, answer="information"),
            of(HOSPITAL, answer="declined"),
            of(SCHOOL, answer="nothing_known", information=SEEN),
        ),
        422,
        "decisions_not_possible",
    )
    assert faults(problem) == [
        ("/agencies/0/organisation_id", "organisation_unknown"),
        ("/agencies/1/information", "information_missing"),
        ("/agencies/2/information", "reason_missing"),
        ("/agencies/3/information", "not_expected"),
    ]
    assert await desk.count("information_request") == 0


async def test_who_was_asked_already_is_told_with_the_rest(desk: Desk) -> None:
    contact = await desk.contact()
    done(await ask(desk, contact, of(SCHOOL)), 201)
    problem = expect_refusal(
        await ask(desk, contact, of(POLICE), of(SCHOOL)), 409, "agency_asked_already"
    )
    assert faults(problem) == [("/agencies/1", "agency_asked_already")]
    assert await desk.count("information_request") == 1


async def test_sent_again_under_the_same_key_nobody_is_asked_twice(desk: Desk) -> None:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}/information-requests/together"
    body, key = {"agencies": [of(POLICE, answer="nothing_known")]}, uuid4()
    first = await desk.post(WORKER, path, body, key=key)
    again = await desk.post(WORKER, path, body, key=key)
    assert (first.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert again.json() == first.json()


async def test_what_is_on_record_of_agencies_is_not_said_again_in_a_decision(desk: Desk) -> None:
    contact = await desk.contact(concern="She is late each Monday, and hungry.")
    done(await ask(desk, contact, of(POLICE, answer="nothing_known"), of(SCHOOL)), 201)
    child_id = contact["children"][0]["id"]
    path = f"/v1/contacts/{contact['id']}/decisions"
    problem = expect_refusal(
        await desk.post(WORKER, path, decision_body(child_id, agencies=[])),
        422,
        "decision_incomplete",
    )
    assert faults(problem) == [("/agencies", "agency_not_listed")]
    # Who has not answered is listed with the reason alone; who is not on record, with all of it.
    waiting = of(SCHOOL, reason="It is shut until Monday, and the bruises cannot wait.")
    unknown = of(HOSPITAL, reason="Nobody has said that he was seen there.")
    problem = expect_refusal(
        await desk.post(WORKER, path, decision_body(child_id, agencies=[waiting, unknown])),
        422,
        "decision_incomplete",
    )
    assert faults(problem) == [("/agencies/1/asked", "asked_missing")]
    rang = {**unknown, "asked": True}
    problem = expect_refusal(
        await desk.post(WORKER, path, decision_body(child_id, agencies=[waiting, rang])),
        422,
        "decision_incomplete",
    )
    assert faults(problem) == [("/agencies/1/answered", "answered_missing")]
    unasked = {**unknown, "asked": False}
    draft = await desk.made(WORKER, path, decision_body(child_id, agencies=[waiting, unasked]))
    assert [
        (one["organisation_id"], one["asked"], one["answered"]) for one in draft["agencies"]
    ] == [
        (SCHOOL, True, False),
        (HOSPITAL, False, False),
        (POLICE, True, True),
    ]
