"""Operation Encompass over HTTP: schools told of an incident in one act, or why not."""

from typing import Any
from uuid import uuid4

import pytest

from service.domain.access import Role
from tests.support.builders import child_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.notifications import FORCE, notification_body

WORKER = Role.mash_worker
SCHOOLED = child_body("Amara", school="Mill Lane Primary")
INFANT = child_body("Chidi", date_of_birth="2026-01-09")


async def incident(desk: Desk, *children: dict[str, Any]) -> dict[str, Any]:
    body = notification_body(children=list(children), address="12 Weir Street")
    taken = await desk.post(
        Role.partner_system, "/v1/police-notifications", body, organisation=FORCE
    )
    contact_id = done(taken, 201)["contact_id"]
    found: dict[str, Any] = done(await desk.get(WORKER, f"/v1/contacts/{contact_id}"))
    return found


def told(desk: Desk, contact: dict[str, Any], place: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "contact_id": contact["id"],
        "child_id": contact["children"][place]["id"],
        "outcome": "told",
        "told_to": "Priya Shah, designated safeguarding lead",
        "way": "telephone",
        "told_at": desk.clock.now.isoformat(),
        **changes,
    }


def untold(contact: dict[str, Any], outcome: str, place: int = 0, **said: Any) -> dict[str, Any]:
    child_id = contact["children"][place]["id"]
    return {"contact_id": contact["id"], "child_id": child_id, "outcome": outcome, **said}


async def tell(desk: Desk, *notices: dict[str, Any], **more: Any) -> Any:
    role = more.pop("role", WORKER)
    return await desk.post(role, "/v1/school-notices", {"notices": list(notices), **more})


async def notices_of(desk: Desk, contact: dict[str, Any]) -> list[dict[str, Any]]:
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    found: list[dict[str, Any]] = file["police_notification"]["school_notices"]
    return found


async def test_the_schools_of_a_family_are_recorded_in_one_act_with_who_and_when_and_how(
    desk: Desk,
) -> None:
    contact = await incident(desk, SCHOOLED, INFANT)
    answer = await tell(desk, told(desk, contact), untold(contact, "not_school_age", 1))
    made = done(answer, 201)["notices"]
    assert made == await notices_of(desk, contact)
    first, second = made
    assert (first["school"], first["way"], first["told_to"]) == (
        "Mill Lane Primary",
        "telephone",
        "Priya Shah, designated safeguarding lead",
    )
    assert first["told_at"] == first["recorded_at"]
    assert (second["outcome"], second["school"], second["told_at"]) == (
        "not_school_age",
        None,
        None,
    )
    after = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert after["version"] > contact["version"]


async def test_a_school_may_be_told_that_it_happened_and_nothing_of_what_happened(
    desk: Desk,
) -> None:
    contact = await incident(desk, SCHOOLED)
    words = contact["police_notification"]["school_may_be_told"]
    assert words.startswith("On 22 October 2026 the police attended an incident of domestic abuse")
    assert "Children were there." in words
    kept = (contact["concern"], "Weir Street", "Ngozi", "Okafor", "Amara", "high", "RVB")
    assert [one for one in kept if one in words] == []


@pytest.mark.parametrize(
    ("said", "where", "code"),
    [
        ({"told_to": None}, "/told_to", "told_to_missing"),
        ({"way": None}, "/way", "way_missing"),
        ({"told_at": None}, "/told_at", "told_at_missing"),
        ({"told_at": "2027-10-22T21:00:00Z"}, "/told_at", "time_not_possible"),
        ({"told_at": "2026-10-22T21:00:00Z"}, "/told_at", "time_not_possible"),
        ({"because": "She is at home."}, "/because", "not_expected"),
        ({"organisation_id": "riverbourne-police"}, "/organisation_id", "organisation_unknown"),
    ],
)
async def test_a_telling_that_leaves_something_out_is_refused_at_its_place(
    desk: Desk, said: dict[str, Any], where: str, code: str
) -> None:
    contact = await incident(desk, SCHOOLED)
    problem = expect_refusal(
        await tell(desk, told(desk, contact, **said)), 422, "school_notices_incomplete"
    )
    assert faults(problem) == [(f"/notices/0{where}", code)]
    assert await notices_of(desk, contact) == []


async def test_why_a_school_was_not_told_is_said_and_fits_what_is_on_record(desk: Desk) -> None:
    contact = await incident(desk, SCHOOLED, child_body("Chidi"))
    unnamed = told(desk, contact, 1)
    problem = expect_refusal(
        await tell(
            desk,
            untold(contact, "not_school_age"),
            unnamed,
            untold(contact, "no_school_known", 1, child_id=str(uuid4())),
        ),
        422,
        "school_notices_incomplete",
    )
    assert faults(problem) == [
        ("/notices/0/outcome", "of_school_age"),
        ("/notices/1/school", "school_missing"),
        ("/notices/2", "child_not_on_contact"),
    ]
    problem = expect_refusal(
        await tell(desk, untold(contact, "no_school_known"), untold(contact, "unsafe_to_tell", 1)),
        422,
        "school_notices_incomplete",
    )
    assert faults(problem) == [
        ("/notices/0/because", "reason_missing"),
        ("/notices/1/because", "reason_missing"),
    ]


async def test_the_rest_is_recorded_where_that_is_asked_for(desk: Desk) -> None:
    contact = await incident(desk, SCHOOLED, INFANT)
    recorded = done(
        await tell(
            desk,
            told(desk, contact, way=None),
            untold(contact, "not_school_age", 1),
            those_that_can=True,
        ),
        201,
    )
    assert [one["outcome"] for one in recorded["notices"]] == ["not_school_age"]
    [left] = recorded["refused"]
    assert (left["place"], left["errors"][0]["code"]) == (0, "way_missing")
    assert len(await notices_of(desk, contact)) == 1


async def test_a_school_that_is_found_later_is_told_and_both_stay_on_the_record(desk: Desk) -> None:
    contact = await incident(desk, child_body("Amara"))
    why = "Nobody at the door would say which school she goes to."
    done(await tell(desk, untold(contact, "no_school_known", because=why)), 201)
    desk.clock.forward(hours=2)
    done(await tell(desk, told(desk, contact, organisation_id="mill-lane-primary")), 201)
    first, second = await notices_of(desk, contact)
    assert (first["because"], second["school"]) == (why, "Mill Lane Primary School")


async def test_only_the_hub_tells_schools_and_only_of_what_the_police_notified_of(
    desk: Desk,
) -> None:
    contact = await incident(desk, SCHOOLED)
    for role in (Role.early_help_worker, Role.assessment_team_worker, Role.qa_auditor):
        assert (await tell(desk, told(desk, contact), role=role)).status_code == 403
    other = await desk.contact()
    problem = expect_refusal(
        await tell(desk, told(desk, other, school="Weir Academy")), 409, "schools_not_told"
    )
    assert faults(problem) == [("/notices/0", "not_of_an_incident")]


async def test_a_child_whose_school_was_told_stays_on_the_contact(desk: Desk) -> None:
    contact = await incident(desk, SCHOOLED, INFANT)
    done(await tell(desk, told(desk, contact)), 201)
    path = f"/v1/contacts/{contact['id']}/children/{contact['children'][0]['id']}/removal"
    answer = await desk.post(
        Role.mash_manager,
        path,
        {"because": "The neighbour's daughter, who was not there at all that night."},
        version=contact["version"] + 1,
    )
    assert expect_refusal(answer, 409, "child_cannot_be_removed")
