"""An optional fact that cannot be read never refuses a worry: it is kept, with a warning."""

import io
from typing import Any

import httpx
import pytest

from service.domain.access import Role
from service.usecases.notification_loading import load_notifications
from tests.support.builders import Body, child_body, contact_body, multi_agency_referral_body
from tests.support.desks import Desk, done, expect_refusal
from tests.support.notifications import (
    FORCE,
    as_file,
    nhs_number,
    notification_body,
    rows,
    send_file,
)

OF_A_CHILD = {
    "given_name": "A" * 101,
    "description": "In a red coat. " * 40,
    "date_of_birth": "31/02/2019",
    "birth_knowledge": "I think so",
    "expected_delivery_on": "in the spring",
    "sex": "girl",
    "nhs_number": "943 476 5918",
    "unique_pupil_number": "not known",
    "ethnicity_code": "White British",
    "first_language": "Punjabi, and some English from the older sister, who is at school in town",
    "school": "Mill Lane Primary " * 12,
}
OF_AN_ADULT = {
    "relationship": "mum's boyfriend",
    "family_name": "O" * 101,
    "date_of_birth": "about 1990",
    "parental_responsibility": "maybe",
    "in_household": "at weekends",
    "telephone": "01632 960123, but only after six and not on Mondays",
}
OF_WHO_TOLD = {
    "telephone": "01632 960111, ask for the safeguarding lead or Mr Shah",
    "email": "dsl at mill-lane.example",
}
OF_THE_HOME = {"postcode": "near the weir", "town": "R" * 101}


def kept(told: Body) -> set[str]:
    return {one["pointer"] for one in told["warnings"] if one["code"] == "kept_as_told"}


async def test_whatever_cannot_be_read_is_kept_as_it_was_told(desk: Desk) -> None:
    told = await desk.contact(
        children=[{"family_name": "Okafor", **OF_A_CHILD, "disability_codes": ["COMM", "Autism"]}],
        adults=[{"given_name": "Sam", **OF_AN_ADULT}],
        referrer={"name": "Priya Shah", **OF_WHO_TOLD},
        **OF_THE_HOME,
    )
    read = (await desk.get(Role.mash_worker, f"/v1/contacts/{told['id']}")).json()
    for seen in (told, read):
        [child], [adult] = seen["children"], seen["adults"]
        assert child["kept_as_told"] == {
            name: value.strip()
            for name, value in {**OF_A_CHILD, "disability_codes": "Autism"}.items()
        }
        assert child["disability_codes"] == ["COMM"]
        assert (child["family_name"], child["nhs_number"], child["sex"]) == ("Okafor", None, "U")
        assert adult["kept_as_told"] == OF_AN_ADULT
        assert (adult["given_name"], adult["relationship"]) == ("Sam", "not_known")
        assert seen["kept_as_told"] == {
            **OF_THE_HOME,
            **{f"referrer_{name}": value for name, value in OF_WHO_TOLD.items()},
        }
        assert seen["referrer"]["email"] is None
        assert kept(seen) == {
            *(f"/children/0/{name}" for name in (*OF_A_CHILD, "disability_codes")),
            *(f"/adults/0/{name}" for name in OF_AN_ADULT),
            *(f"/referrer/{name}" for name in OF_WHO_TOLD),
            *(f"/{name}" for name in OF_THE_HOME),
        }
        faults = [one["pointer"] for one in seen["warnings"]]
        assert len(faults) == len(set(faults)), "one word for each of them"


async def test_what_can_be_read_is_not_kept_twice(desk: Desk) -> None:
    told = await desk.contact(children=[child_body("Amara")], adults=[{"given_name": "Sam"}])
    assert kept(told) == set()
    assert [one["kept_as_told"] for one in (told, *told["children"], *told["adults"])] == [None] * 3


async def test_an_empty_text_tells_nothing(desk: Desk) -> None:
    empty = {name: "" for name in OF_A_CHILD if name != "given_name"}
    told = await desk.contact(children=[{**child_body("Amara"), **empty}], postcode=" ")
    assert (kept(told), told["children"][0]["kept_as_told"], told["postcode"]) == (
        set(),
        None,
        None,
    )


async def test_a_birthday_that_lies_ahead_is_kept_as_told(desk: Desk) -> None:
    child = child_body("Amara", date_of_birth="2062-04-09", birth_knowledge="known")
    told = await desk.contact(
        children=[child], adults=[{"given_name": "Sam", "date_of_birth": "2090-01-31"}]
    )
    assert kept(told) == {"/children/0/date_of_birth", "/adults/0/date_of_birth"}
    assert told["children"][0]["birth_knowledge"] == "not_known"


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("concern", ""),
        ("source_code", "A school"),
        ("received_at", "yesterday"),
        ("immediate_danger", "yes"),
        ("channel", "pigeon"),
        ("children", [{"given_name": "Amara", "nhs_number": 9434765918}]),
        ("children", [{"given_name": "Amara", "school": "x" * 1001}]),
        ("children", [{"given_name": "Amara", "shcool": "Mill Lane"}]),
    ],
)
async def test_what_steers_the_work_or_is_no_text_is_refused_as_before(
    desk: Desk, where: str, value: Any
) -> None:
    sent = await desk.post(Role.mash_worker, "/v1/contacts", contact_body(**{where: value}))
    assert sent.status_code == 422, sent.text


async def test_an_unread_fact_alone_identifies_nobody(desk: Desk) -> None:
    nobody = contact_body(children=[{"nhs_number": "not known"}], address=None, postcode=None)
    nobody["adults"] = []
    refused = await desk.post(Role.mash_worker, "/v1/contacts", nobody)
    expect_refusal(refused, 422, "minimum_missing")


async def amend(desk: Desk, told: Body, changes: Body) -> httpx.Response:
    return await desk.patch(
        Role.mash_worker, f"/v1/contacts/{told['id']}", changes, version=told["version"]
    )


async def test_a_fact_put_right_is_kept_as_told_no_more(desk: Desk) -> None:
    told = await desk.contact(
        children=[{**child_body("Amara"), "nhs_number": "943 476 5918", "school": "S" * 300}],
        adults=[{"given_name": "Sam", "date_of_birth": "about 1990"}],
        postcode="near the weir",
    )
    [child], [adult] = told["children"], told["adults"]
    number = nhs_number(17)
    amended = done(
        await amend(
            desk,
            told,
            {
                "reason": "The surgery rang back.",
                "children": [{"id": child["id"], "nhs_number": number}],
                "adults": [{"id": adult["id"], "date_of_birth": "1990-01-31"}],
                "postcode": "ZZ99 3CZ",
            },
        ),
        200,
    )
    assert kept(amended) == {"/children/0/school"}
    assert amended["children"][0]["nhs_number"] == number
    assert amended["kept_as_told"] is None
    # Whoever puts a fact right knows what it is: here it is refused.
    wrong = {"reason": "Rang back.", "children": [{"id": child["id"], "nhs_number": "943"}]}
    refused = await amend(desk, amended, wrong)
    assert refused.status_code == 422


async def test_a_partner_is_told_what_could_not_be_read(desk: Desk) -> None:
    body = multi_agency_referral_body(
        children=[{**child_body("Amara"), "unique_pupil_number": "T838200021009"}],
        postcode="TBC",
    )
    faults = {"/children/0/unique_pupil_number", "/postcode"}
    path = "/v1/multi-agency-referrals"
    school = {"organisation": "mill-lane-primary"}
    checked = await desk.post(Role.partner_system, f"{path}/validation", body, **school)
    assert kept(done(checked, 200)) == faults
    assert kept(done(await desk.post(Role.partner_system, path, body, **school), 201)) == faults
    # The same once more is known for the same, and with the number read it is another.
    again = done(await desk.post(Role.partner_system, path, body, **school), 201)
    assert again["possible_duplicate_of"] is not None


async def test_the_police_are_told_too_and_a_fact_read_later_is_news(desk: Desk) -> None:
    async def send(**child: Any) -> Body:
        body = notification_body("RVB-2026-77", children=[{**child_body("Amara"), **child}])
        sent = await desk.post(
            Role.partner_system, "/v1/police-notifications", body, organisation=FORCE
        )
        return done(sent, sent.status_code)

    first = await send(school="S" * 300)
    assert kept(first) == {"/children/0/school"}
    assert (await send(school="S" * 300))["updates"] == 0
    assert (await send(school="T" * 300))["updates"] == 1
    seen = (await desk.get(Role.mash_worker, f"/v1/contacts/{first['contact_id']}")).json()
    [update] = seen["police_notification"]["updates"]
    assert update["changed"] == ["children"]
    assert update["told"]["children"][0]["kept_as_told"] == {"school": "T" * 300}


async def followed(desk: Desk, content: bytes, taking: str | None = None) -> Body:
    taken = done(await send_file(desk, content, taking=taking), 202)
    await load_notifications(desk.house)
    found = await desk.get(
        Role.partner_system, f"/v1/police-notification-imports/{taken['id']}", organisation=FORCE
    )
    return done(found, 200)


async def test_a_file_is_not_refused_for_what_cannot_be_read_in_it(desk: Desk) -> None:
    told = rows(3, children=1)
    told[1] |= {"child_sex": "girl", "postcode": "TBC", "officer_telephone": "9" * 60}
    told[2] |= {"child_nhs_number": "not known"}
    imported = await followed(desk, as_file(told, tuple(told[0] | told[1] | told[2])))
    assert (imported["state"], imported["notifications_made"]) == ("loaded", 3)
    assert (imported["faults_total"], imported["facts_kept_as_told"]) == (0, 4)
    assert {(one["row"], one["column"], one["code"]) for one in imported["faults"]} == {
        (3, "child_sex", "kept_as_told"),
        (3, "postcode", "kept_as_told"),
        (3, "officer_telephone", "kept_as_told"),
        (4, "child_nhs_number", "kept_as_told"),
    }
    assert imported["in_words"].endswith("Kept as told, for it could not be read: 4 facts.")


@pytest.mark.parametrize(
    ("taking", "state", "made", "left_out"),
    [("whole", "refused", 0, 0), ("sound_incidents", "loaded", 2, 1)],
)
async def test_one_bad_row_refuses_the_file_or_its_incident_as_the_sender_wishes(
    desk: Desk, taking: str, state: str, made: int, left_out: int
) -> None:
    told = rows(6, children=2)
    told[3]["incident_at"] = "last night"
    told[2]["incident_at"] = "last night"
    imported = await followed(desk, as_file(told), taking)
    assert (imported["state"], imported["notifications_made"]) == (state, made)
    assert imported["incidents_left_out"] == left_out
    assert (imported["taking"], imported["faults_total"]) == (taking, 2)
    assert {one["row"] for one in imported["faults"]} == {4, 5}
    # Put right, the whole file is sent once more: what is on file already is known again.
    for row in (2, 3):
        told[row]["incident_at"] = told[0]["incident_at"]
    again = await followed(desk, as_file(told), taking)
    assert (again["notifications_made"], again["sent_before"]) == (3 - made, made)


async def test_a_file_in_which_nothing_is_sound_is_refused(desk: Desk) -> None:
    told = rows(2, children=1)
    for row in told:
        row["risk"] = "very"
    imported = await followed(desk, as_file(told), "sound_incidents")
    assert (imported["state"], imported["faults_total"]) == ("refused", 2)


async def test_what_is_kept_is_not_in_what_the_log_says(desk: Desk, logged: io.StringIO) -> None:
    told = await desk.contact(
        children=[{"family_name": "Okafor", **OF_A_CHILD}], adults=[OF_AN_ADULT], **OF_THE_HOME
    )
    wrong = {
        "reason": "Rang back.",
        "children": [{"id": told["children"][0]["id"], "nhs_number": OF_A_CHILD["nhs_number"]}],
    }
    refused = await amend(desk, told, wrong)
    for words in (*OF_A_CHILD.values(), *OF_AN_ADULT.values(), *OF_THE_HOME.values()):
        assert words.strip() not in logged.getvalue()
        assert words.strip() not in refused.text
