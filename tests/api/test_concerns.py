"""Repeat concern over HTTP: seen the moment a contact is logged, kept with each decision."""

from typing import Any

import pytest

from service.domain.access import Role
from tests.support.builders import (
    Body,
    child_body,
    contact_body,
    headers,
    multi_agency_referral_body,
)
from tests.support.desks import Desk, done, expect_refusal

WORKER, PARTNER = Role.mash_worker, Role.partner_system
SCHOOL = "mill-lane-primary"
NHS = "9434765919"
SOMEBODY_ELSE = {"name": "Jo Mensah", "role": "Health visitor"}
CONSIDERED = {
    "considered": "One contact before, from the school, about hunger.",
    "last_closed_because": "The family had found help by then.",
}


def ada(**changes: Any) -> Body:
    return child_body("Ada", nhs_number=NHS, **changes)


async def strip(desk: Desk, contact: Body, role: Role = WORKER) -> Body:
    return done(await desk.get(role, f"/v1/contacts/{contact['id']}/repeat-concern"))


async def test_a_worker_sees_the_repeat_concern_as_the_contact_is_logged(desk: Desk) -> None:
    first = await desk.contact(children=[ada()], received_at="2026-10-20T15:00:00Z")
    second = await desk.contact(children=[ada()], referrer=SOMEBODY_ELSE)
    found = second["repeat_concern"]
    assert found["within_days"] == 7
    assert found["raised_by"] == [
        {
            "contact_id": first["id"],
            "reference": first["reference"],
            "received_at": "2026-10-20T15:00:00Z",
            "relations": ["child"],
        }
    ]
    [child] = found["children"]
    assert child["child_id"] == second["children"][0]["id"]
    one = {"in_short_days": 1, "in_long_days": 1, "in_months": 1}
    none = dict.fromkeys(one, 0)
    assert child["counts"] == {
        "reckoned_from": "2026-10-23T15:00:00Z",
        "short_days": 7,
        "long_days": 30,
        "months": 12,
        "child": one,
        "possibly_same_child": none,
        "sibling": none,
        "household": none,
        "address": none,
        "all": one,
    }
    assert "repeat_concern" in [clock["kind"] for clock in second["deadlines"]]
    read = done(await desk.get(WORKER, f"/v1/contacts/{second['id']}"))
    only_then = {"repeat_concern", "possible_matches"}
    assert not only_then & read.keys()
    assert read == {name: value for name, value in second.items() if name not in only_then}


async def test_the_strip_tells_what_was_told_before_and_what_came_of_it(desk: Desk) -> None:
    earlier = await desk.contact(children=[ada()], received_at="2026-04-08T15:00:00Z")
    closed = await desk.sign(await desk.draft(earlier, 0, "referral"))
    lately = await desk.contact(children=[ada()], referrer=SOMEBODY_ELSE)
    seen = await strip(desk, lately)
    assert (seen["contact_id"], seen["raised_by"]) == (lately["id"], [])
    [child] = seen["children"]
    [told] = child["earlier"]
    assert told["contact_id"] == earlier["id"]
    # The day before the eighth birthday.
    assert (told["age"], told["relations"], told["source_code"]) == (7, ["child"], "2A")
    [outcome] = told["outcomes"]
    assert outcome["same_child"] is True
    assert (outcome["outcome"], outcome["closed_at"]) == ("referral", None)
    assert outcome["rationale"] == closed["rationale"]
    [referral] = child["referrals"]
    assert (referral["id"], referral["closed_at"]) == (closed["referral_id"], None)
    assert child["re_referral"] is True
    assert child["last_known_team_id"] == referral["team_id"]
    assert child["open_case"] == {
        "service": "social_care",
        "case_id": closed["referral_id"],
        "reference": referral["reference"],
        "team_id": referral["team_id"],
        "worker_id": None,
    }


async def test_why_a_case_closed_stands_beside_the_contact_that_led_to_it(desk: Desk) -> None:
    _, signed = await desk.decided("referral")
    referral = done(await desk.get(Role.assessment_team_manager, _path(signed)))
    worker_id = await desk.account_of(Role.assessment_team_worker)
    manager = Role.assessment_team_manager
    allocated = done(
        await desk.post(
            manager, f"{_path(signed)}/allocation", {"worker_id": str(worker_id)}, version=1
        )
    )
    done(
        await desk.post(
            manager,
            f"{_path(signed)}/closure",
            {
                "closure_code": "RC8",
                "reason": "The assessment found no unmet need; the school watches.",
            },
            version=allocated["version"],
        )
    )
    again = await desk.contact(children=[child_body(person_id=referral["person_id"])])
    [child] = (await strip(desk, again))["children"]
    [outcome] = child["earlier"][0]["outcomes"]
    assert (outcome["closure_code"], outcome["closed_at"]) == ("RC8", "2026-10-23T15:00:00Z")
    assert "no unmet need" in outcome["closure_reason"]
    assert child["referrals"][0]["closure_code"] == "RC8"
    assert (child["open_case"], child["re_referral"]) == (None, True)


def _path(decision: Body) -> str:
    return f"/v1/referrals/{decision['referral_id']}"


async def test_the_counts_are_kept_with_the_decision_as_they_stood(desk: Desk) -> None:
    await desk.contact(children=[ada()], received_at="2026-10-01T15:00:00Z")
    contact = await desk.contact(children=[ada()])
    drafted = await desk.draft(contact, 0, "no_further_action", history=CONSIDERED)
    counts = drafted["repeat_concern"]
    assert counts["reckoned_from"] == "2026-10-23T15:00:00Z"
    assert counts["child"] == {"in_short_days": 0, "in_long_days": 1, "in_months": 1}
    await desk.contact(children=[ada()])
    desk.clock.forward(days=40)
    read = done(await desk.get(WORKER, f"/v1/decisions/{drafted['id']}"))
    assert read["repeat_concern"] == counts
    [child] = (await strip(desk, contact))["children"]
    assert child["counts"]["child"] == {"in_short_days": 0, "in_long_days": 0, "in_months": 2}


async def test_the_clock_ends_when_every_child_is_signed_off(desk: Desk) -> None:
    await desk.contact(children=[ada()])
    contact = await desk.contact(children=[ada()], referrer=SOMEBODY_ELSE)
    await desk.sign(await desk.draft(contact, 0, "no_further_action", history=CONSIDERED))
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    [clock] = [one for one in file["deadlines"] if one["kind"] == "repeat_concern"]
    assert (clock["stopped_at"], clock["stopped_because"]) == ("2026-10-23T15:00:00Z", "decided")


async def test_a_partner_learns_nothing_of_what_others_told(desk: Desk) -> None:
    await desk.contact(children=[ada()])
    body = multi_agency_referral_body(children=[ada()], referrer=SOMEBODY_ELSE)
    who = {"organisation": SCHOOL}
    path = "/v1/multi-agency-referrals"
    taken = await desk.post(PARTNER, path, body, **who)
    alone = multi_agency_referral_body(
        children=[child_body("Cem", family_name="Ak")], referrer=SOMEBODY_ELSE
    )
    other = await desk.post(PARTNER, path, alone, **who)
    assert done(taken, 201).keys() == done(other, 201).keys()
    contact = done(await desk.get(WORKER, f"/v1/contacts/{taken.json()['id']}"))
    assert "repeat_concern" in [clock["kind"] for clock in contact["deadlines"]]
    checked = await desk.post(PARTNER, f"{path}/validation", body, **who)
    read = await desk.get(PARTNER, f"{path}/{taken.json()['id']}", **who)
    listed = await desk.get(PARTNER, path, **who)
    for answer in (taken, checked, read, listed):
        assert answer.status_code < 300
        assert "repeat" not in answer.text
    assert len(taken.json()["next_steps"]) == len(other.json()["next_steps"])
    hidden = await desk.get(PARTNER, f"/v1/contacts/{contact['id']}/repeat-concern", **who)
    expect_refusal(hidden, 403, "role_missing")


@pytest.mark.parametrize("role", [Role.early_help_worker, Role.assessment_team_worker])
async def test_the_strip_shows_a_side_what_was_told_before_once_the_child_is_theirs(
    desk: Desk, role: Role
) -> None:
    leads_to = "early_help" if role is Role.early_help_worker else "referral"
    hidden = await desk.contact(children=[ada()], received_at="2026-10-01T15:00:00Z")
    expect_refusal(
        await desk.get(role, f"/v1/contacts/{hidden['id']}/repeat-concern"),
        404,
        "contact_not_found",
    )
    contact = await desk.contact(children=[ada()])
    await desk.sign(await desk.draft(contact, 0, leads_to, history=CONSIDERED))
    [child] = (await strip(desk, contact, role))["children"]
    assert [one["contact_id"] for one in child["earlier"]] == [hidden["id"]]
    assert child == (await strip(desk, contact))["children"][0]


async def test_a_contact_that_is_sent_twice_is_answered_as_it_was(desk: Desk) -> None:
    sent = headers(desk.house, WORKER)
    body = contact_body(children=[ada()])
    first = await desk.client.post("/v1/contacts", json=body, headers=sent)
    again = await desk.client.post("/v1/contacts", json=body, headers=sent)
    assert done(again, 201) == done(first, 201)
    assert first.json()["repeat_concern"]["children"][0]["counts"]["all"]["in_months"] == 0
