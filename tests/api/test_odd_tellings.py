"""What was taken as it was told and looks like a slip is said back, and refuses nothing."""

from typing import Any

import pytest

from service.domain.access import Role
from tests.support.builders import (
    Body,
    child_body,
    contact_body,
    information_request_body,
    multi_agency_referral_body,
)
from tests.support.desks import Desk, done, expect_refusal
from tests.support.notifications import FORCE, notification_body


def warned(told: Body) -> dict[str, str]:
    return {one["code"]: one["pointer"] for one in told["warnings"]}


@pytest.mark.parametrize(
    ("told", "code", "pointer"),
    [
        ({"concern": "."}, "concern_says_nothing", "/concern"),
        ({"concern": "- x -"}, "concern_says_nothing", "/concern"),
        (
            {"children": [child_body("Amara"), child_body("amara")]},
            "child_told_twice",
            "/children/1",
        ),
    ],
)
async def test_a_slip_is_taken_and_said_back(
    desk: Desk, told: dict[str, Any], code: str, pointer: str
) -> None:
    assert warned(await desk.contact(**told))[code] == pointer


async def test_what_is_no_slip_is_not_taken_for_one(desk: Desk) -> None:
    twins = [child_body(None), child_body(None)]
    contact = await desk.contact(concern="He hit him.", children=[*twins, child_body("Ben")])
    assert not {"concern_says_nothing", "child_told_twice"} & set(warned(contact))


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        (Role.mash_worker, "/v1/contacts", contact_body()),
        (Role.partner_system, "/v1/multi-agency-referrals", multi_agency_referral_body()),
        (
            Role.partner_system,
            "/v1/multi-agency-referrals/validation",
            multi_agency_referral_body(),
        ),
        (Role.partner_system, "/v1/police-notifications", notification_body()),
    ],
)
async def test_whoever_tells_of_an_adult_alone_hears_where_that_belongs(
    desk: Desk, role: Role, path: str, body: Body
) -> None:
    without = {name: value for name, value in body.items() if name != "children"}
    for told, code in (
        (without, "missing"),
        ({**without, "children": None}, "missing"),
        ({**without, "children": []}, "too_short"),
    ):
        who = {"organisation": FORCE} if role is Role.partner_system else {}
        refused = expect_refusal(await desk.post(role, path, told, **who), 422, "invalid")
        (fault,) = [one for one in refused["errors"] if one["pointer"] == "/children"]
        assert fault["code"] == code
        assert "adult social care" in fault["message"]
        assert "name or describe that child" in fault["message"]


@pytest.mark.parametrize(
    ("number", "slip"),
    [("2.02612E+11", True), ("2,02612E+11", True), ("RVB-2026-1E+1", False), ("20261234", False)],
)
async def test_an_incident_number_that_a_spreadsheet_shortened_is_said_to_be_so(
    desk: Desk, number: str, slip: bool
) -> None:
    sent = await desk.post(
        Role.partner_system,
        "/v1/police-notifications",
        notification_body(number),
        organisation=FORCE,
    )
    assert ("reference_shortened" in warned(done(sent, 201))) is slip


async def test_an_agency_that_has_not_answered_is_not_asked_again_about_the_same_children(
    desk: Desk,
) -> None:
    contact = await desk.contact(children=[child_body("Amara"), child_body("Ben")])
    path = f"/v1/contacts/{contact['id']}/information-requests"
    first, second = (child["id"] for child in contact["children"])
    asked = information_request_body(child_ids=[first])
    request = done(await desk.post(Role.mash_worker, path, asked), 201)
    refused = await desk.post(Role.mash_worker, path, asked)
    problem = expect_refusal(refused, 409, "agency_asked_already")
    assert problem["allowed"] == ["chase", "withdraw", "answer"]
    assert "2026-10-23" in problem["detail"]
    # About another child, and put to another agency, it is another question.
    done(await desk.post(Role.mash_worker, path, information_request_body(child_ids=[second])), 201)
    other = information_request_body("riverbourne-homes", child_ids=[first])
    done(await desk.post(Role.mash_worker, path, other), 201)
    done(
        await desk.post(
            Role.mash_worker,
            f"/v1/information-requests/{request['id']}/withdrawal",
            {"because": "It was put to the wrong school: she left there in July."},
            version=request["version"],
        )
    )
    done(await desk.post(Role.mash_worker, path, asked), 201)
