"""A contact about an incident is attached to the one that is open: decided once, and kept whole."""

from typing import Any

import httpx
import pytest

from service.domain.access import Role
from service.usecases.jobs import check_impossible
from tests.support.builders import (
    Body,
    child_body,
    decision_body,
    information_request_body,
    multi_agency_referral_body,
)
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.notifications import FORCE, notification_body

WORKER, MANAGER, PARTNER = Role.mash_worker, Role.mash_manager, Role.partner_system
SCHOOL = "mill-lane-primary"
NHS = "9434765919"
SAME = "The ambulance crew tell of the same fall on Friday, and of nobody else."
APART = "It was another night: the crew came to the house on Saturday as well."
CREW = {"name": "Jo Mensah", "role": "Paramedic", "agency": "Ambulance service"}
TOLD = "She fell from the window; nobody says who was in the room."
HISTORY = {"considered": "One contact about the same fall.", "last_closed_because": "It is open."}


def ada(**changes: Any) -> Body:
    return child_body("Ada", nhs_number=NHS, **changes)


def ben(**changes: Any) -> Body:
    return child_body("Ben", date_of_birth="2020-02-02", sex="M", **changes)


async def file_of(desk: Desk, contact: Body, role: Role = WORKER) -> Body:
    return done(await desk.get(role, f"/v1/contacts/{contact['id']}"))


async def both(desk: Desk, **told: Any) -> tuple[Body, Body]:
    """One incident of which the school told first and the ambulance crew twenty minutes later."""
    first = await desk.contact(children=[ada()])
    desk.clock.forward(minutes=20)
    values = {"children": [ada()], "referrer": CREW, "concern": TOLD, **told}
    return first, await desk.contact(**values)


async def attach(
    desk: Desk, contact: Body, to: Body, role: Role = WORKER, **body: Any
) -> httpx.Response:
    return await desk.post(
        role,
        f"/v1/contacts/{contact['id']}/attachment",
        {"to_contact_id": to["id"], "words": SAME, **body},
        version=(await file_of(desk, contact))["version"],
    )


async def detach(desk: Desk, contact: Body, because: str = APART) -> httpx.Response:
    return await desk.post(
        WORKER,
        f"/v1/contacts/{contact['id']}/attachment/reversal",
        {"because": because},
        version=(await file_of(desk, contact))["version"],
    )


def running(file: Body) -> set[tuple[str, str, str]]:
    return {
        (one["kind"], one["started_at"], one["due_at"])
        for one in file["deadlines"]
        if one["stopped_at"] is None
    }


async def on_desk(desk: Desk) -> dict[str, Body]:
    lines = done(await desk.get(WORKER, "/v1/queues/contacts?limit=100"))["items"]
    return {one["contact_id"]: one for one in lines}


async def decide_all(desk: Desk, contact: Body, **more: Any) -> Body:
    for child in (await file_of(desk, contact))["children"]:
        path = f"/v1/contacts/{contact['id']}/decisions"
        body = decision_body(child["id"], "early_help", **more)
        await desk.sign(await desk.made(WORKER, path, body))
    return await file_of(desk, contact)


async def nothing_impossible(desk: Desk) -> None:
    await desk.house.ask_at_length(lambda ask: check_impossible(ask, desk.house.policy))


def refused(answer: httpx.Response) -> list[tuple[str, str]]:
    return faults(expect_refusal(answer, 422, "not_attachable"))


# ---- Attached ------------------------------------------------------------------------------------


async def test_what_another_person_told_stands_with_the_open_contact_and_is_not_decided_again(
    desk: Desk,
) -> None:
    first, second = await both(desk)
    gone = done(await attach(desk, second, first))
    assert (gone["state"], gone["decided_at"]) == ("attached", None)
    assert gone["attached_to"] == {
        "contact_id": first["id"],
        "reference": first["reference"],
        "state": "received",
        "decided_at": None,
    }
    assert {kind for kind, _, _ in running(gone)} == {"acknowledge_referrer"}
    [said] = gone["withdrawals"]
    assert (said["action"], said["reason"], said["words"]) == ("attached", "attached", SAME)
    [kept] = (await file_of(desk, first))["attached"]
    assert (kept["contact_id"], kept["concern"], kept["because"]) == (second["id"], TOLD, SAME)
    assert (kept["referrer_name"], kept["referrer_agency"]) == ("Jo Mensah", "Ambulance service")
    answer = await desk.post(
        WORKER,
        f"/v1/contacts/{second['id']}/decisions",
        decision_body(second["children"][0]["id"], "early_help", history=HISTORY),
    )
    assert "detach" in expect_refusal(answer, 409, "wrong_state")["allowed"]
    await nothing_impossible(desk)


async def test_its_referrer_is_acknowledged_from_the_desk_and_told_the_outcome_of_the_other(
    desk: Desk,
) -> None:
    first, second = await both(desk)
    done(await attach(desk, second, first))
    line = (await on_desk(desk))[second["id"]]
    assert line["next_action"] == "acknowledge_referrer"
    path = f"/v1/contacts/{second['id']}"
    done(
        await desk.post(
            WORKER,
            f"{path}/acknowledgement",
            {"words": "Rang the crew: it is looked into with the school's call."},
            version=(await file_of(desk, second))["version"],
        )
    )
    assert second["id"] not in await on_desk(desk)
    told = {"told_at": "2026-10-23T15:20:00Z", "how": "telephone", "words": "Early help calls."}
    early = await desk.post(
        WORKER, f"{path}/outcome-told", told, version=(await file_of(desk, second))["version"]
    )
    expect_refusal(early, 409, "wrong_state")
    desk.clock.forward(minutes=30)
    decided = await decide_all(desk, first)
    desk.clock.forward(minutes=5)
    again = await file_of(desk, second)
    assert again["attached_to"]["decided_at"] == decided["decided_at"]
    told["told_at"] = "2026-10-23T15:54:00Z"
    heard = done(await desk.post(WORKER, f"{path}/outcome-told", told, version=again["version"]))
    assert heard["outcome_known_at"] == "2026-10-23T15:54:00Z"


async def test_history_strip_series_and_measures_count_one_incident_once(desk: Desk) -> None:
    first, second = await both(desk)
    before = done(await desk.get(WORKER, f"/v1/contacts/{first['id']}/repeat-concern"))
    assert before["children"][0]["counts"]["child"]["in_short_days"] == 1
    done(await attach(desk, second, first))
    strip = done(await desk.get(WORKER, f"/v1/contacts/{first['id']}/repeat-concern"))
    [child] = strip["children"]
    assert (child["counts"]["child"]["in_short_days"], strip["raised_by"]) == (0, [])
    assert child["cumulative_concern"]["contacts"] == 1
    history = done(await desk.get(WORKER, f"/v1/contacts/{first['id']}/history"))
    [told] = history["children"][0]["contacts"]
    assert (told["contact_id"], told["withdrawn_as"]) == (second["id"], "attached")
    # It asks for no account of a history: what is there is the incident itself.
    await decide_all(desk, first)
    clocks = (await file_of(desk, first))["deadlines"]
    assert all(one["stopped_at"] for one in clocks if one["kind"] == "repeat_concern")
    desk.clock.forward(days=1)
    for code in ("conversion_rate", "no_further_action_rate"):
        total = done(await desk.get(MANAGER, f"/v1/measures/{code}"))["total"]
        assert total["denominator"] == 1, code
    measure = done(await desk.get(MANAGER, "/v1/measures/contacts_withdrawn?by=withdrawal_reason"))
    [point] = measure["points"]
    assert (point["group"], point["numerator"]) == ("attached", 1)
    listed = done(await desk.get(MANAGER, point["cases"]["numerator"]))["items"]
    assert [(one["id"], one["state"]) for one in listed] == [(second["id"], "attached")]


# ---- Danger, time, children ----------------------------------------------------------------------


async def test_danger_goes_over_and_is_red_from_the_receipt_of_the_one_that_is_kept(
    desk: Desk,
) -> None:
    first, second = await both(desk, immediate_danger=True)
    assert (first["rating"], second["rating"]) == (None, "red")
    done(await attach(desk, second, first))
    main = await file_of(desk, first)
    assert (main["rating"], main["danger"], main["immediate_danger"]) == (
        "red",
        "immediate_danger",
        True,
    )
    assert ("triage", "2026-10-23T15:00:00Z", "2026-10-23T19:00:00Z") in running(main)
    flags = done(await desk.get(MANAGER, f"/v1/flags?contact_id={first['id']}"))["items"]
    assert "danger" in {one["severity"] for one in flags}
    [amended] = done(await desk.get(WORKER, f"/v1/contacts/{first['id']}/amendments"))["items"]
    assert amended["reason"] == SAME


@pytest.mark.parametrize(
    ("one", "other", "then"),
    [
        (None, "amber", "amber"),
        ("green", "amber", "amber"),
        ("amber", "green", "amber"),
        ("amber", None, "amber"),
        (None, None, None),
    ],
)
async def test_the_more_urgent_rating_stands(
    desk: Desk, one: str | None, other: str | None, then: str | None
) -> None:
    first, second = await both(desk)
    for contact, rating in ((first, one), (second, other)):
        if rating is not None:
            path = f"/v1/contacts/{contact['id']}/triage"
            version = (await file_of(desk, contact))["version"]
            done(await desk.post(WORKER, path, {"rating": rating}, version=version))
    done(await attach(desk, second, first))
    assert (await file_of(desk, first))["rating"] == then


async def test_nobody_gains_time_by_it(desk: Desk) -> None:
    first, second = await both(desk)
    assert refused(await attach(desk, first, second)) == [("/to_contact_id", "not_attachable")]
    assert (await file_of(desk, first))["state"] == "received"


async def test_a_child_who_stands_on_one_alone_is_added_or_nothing_is_attached(
    desk: Desk,
) -> None:
    first, second = await both(desk, children=[ada(), ben()])
    assert refused(await attach(desk, second, first)) == [("/add_children", "child_left_out")]
    assert (await file_of(desk, second))["state"] == "received"
    done(await attach(desk, second, first, add_children=True))
    main = await file_of(desk, first)
    people = [one["person_id"] for one in second["children"]]
    assert [one["person_id"] for one in main["children"]] == people
    assert main["children"][1]["state"] == "undecided"
    [amended] = done(await desk.get(WORKER, f"/v1/contacts/{first['id']}/amendments"))["items"]
    assert (amended["reason"], amended["amended_by"]) == (SAME, main["attached"][0]["attached_by"])
    assert (await decide_all(desk, first))["state"] == "decided"
    await nothing_impossible(desk)


async def test_what_has_no_child_with_it_in_common_is_not_the_same_incident(desk: Desk) -> None:
    first, second = await both(desk, children=[ben()])
    answer = await attach(desk, second, first, add_children=True)
    assert refused(answer) == [("/to_contact_id", "not_attachable")]


async def test_a_notification_of_the_police_stays_on_its_agenda(desk: Desk) -> None:
    first = await desk.contact(children=[ada()])
    desk.clock.forward(minutes=20)
    body = notification_body(children=[ada()])
    receipt = done(
        await desk.post(PARTNER, "/v1/police-notifications", body, organisation=FORCE), 201
    )
    police = {"id": receipt["contact_id"]}
    told = await desk.contact(children=[ada()])
    assert refused(await attach(desk, police, first)) == [("/to_contact_id", "not_attachable")]
    done(await attach(desk, told, police))


# ---- What cannot be ------------------------------------------------------------------------------


async def test_nothing_is_attached_to_what_waits_for_sign_off_or_is_decided(desk: Desk) -> None:
    first, second = await both(desk)
    child = first["children"][0]["id"]
    path = f"/v1/contacts/{first['id']}/decisions"
    draft = await desk.made(WORKER, path, decision_body(child, "early_help", history=HISTORY))
    waiting = expect_refusal(await attach(desk, second, first), 422, "not_attachable")
    assert "waits for sign-off" in waiting["errors"][0]["message"]
    await desk.sign(draft)
    decided = expect_refusal(await attach(desk, second, first), 422, "not_attachable")
    assert "new worry" in decided["errors"][0]["message"]


async def test_a_chain_of_attachments_is_refused_from_both_ends(desk: Desk) -> None:
    first, second = await both(desk)
    third = await desk.contact(children=[ada()])
    done(await attach(desk, second, first))
    assert refused(await attach(desk, third, second)) == [("/to_contact_id", "not_attachable")]
    fourth = await desk.contact(children=[ada()])
    expect_refusal(await attach(desk, first, fourth), 409, "contact_cannot_be_withdrawn")
    gone = {"reason": "in_error", "words": "Three pupils rang and laughed about a pupil."}
    version = (await file_of(desk, first))["version"]
    answer = await desk.post(
        MANAGER, f"/v1/contacts/{first['id']}/withdrawal", gone, version=version
    )
    expect_refusal(answer, 409, "contact_cannot_be_withdrawn")


async def test_a_contact_is_not_attached_to_itself_or_to_what_is_not_there(desk: Desk) -> None:
    first, _ = await both(desk)
    nobody = {"id": "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"}
    for to in (first, nobody):
        assert refused(await attach(desk, first, to)) == [("/to_contact_id", "not_attachable")]


async def test_questions_to_agencies_are_taken_back(desk: Desk) -> None:
    first, second = await both(desk)
    path = f"/v1/contacts/{second['id']}/information-requests"
    await desk.made(WORKER, path, information_request_body())
    gone = done(await attach(desk, second, first))
    assert [one["state"] for one in gone["information_requests"]] == ["withdrawn"]


async def test_a_draft_on_it_is_dealt_with_first(desk: Desk) -> None:
    first, second = await both(desk)
    body = decision_body(second["children"][0]["id"], "early_help", history=HISTORY)
    draft = await desk.made(WORKER, f"/v1/contacts/{second['id']}/decisions", body)
    problem = expect_refusal(await attach(desk, second, first), 409, "contact_cannot_be_withdrawn")
    assert problem["allowed"] == ["withdraw_decision"]
    taken_back = {"because": "The crew tell of what the school told of."}
    path = f"/v1/decisions/{draft['id']}/withdrawal"
    done(await desk.post(WORKER, path, taken_back, version=draft["version"]))
    assert done(await attach(desk, second, first))["state"] == "attached"


async def test_a_withdrawal_is_no_way_to_attach(desk: Desk) -> None:
    first, second = await both(desk)
    answer = await desk.post(
        MANAGER,
        f"/v1/contacts/{second['id']}/withdrawal",
        {"reason": "attached", "words": SAME, "repeats_contact_id": first["id"]},
        version=second["version"],
        name="Another manager",
    )
    assert ("/reason", "attach_it") in faults(expect_refusal(answer, 422, "withdrawal_incomplete"))
    assert (await file_of(desk, second))["state"] == "received"


# ---- Detached ------------------------------------------------------------------------------------


async def test_it_is_detached_with_its_clocks_while_the_other_is_open(desk: Desk) -> None:
    first, second = await both(desk)
    before = running(await file_of(desk, second))
    done(await attach(desk, second, first))
    desk.clock.forward(minutes=40)
    back = done(await detach(desk, second))
    assert (back["state"], back["attached_to"]) == ("in_triage", None)
    assert running(back) >= before
    assert [one["action"] for one in back["withdrawals"]] == ["attached", "detached"]
    assert back["withdrawals"][1]["words"] == APART
    assert (await file_of(desk, first))["attached"] == []
    assert second["id"] in await on_desk(desk)
    done(await attach(desk, second, first))
    [again] = (await file_of(desk, first))["attached"]
    assert again["attached_at"] == "2026-10-23T16:00:00Z"


async def test_it_stays_attached_once_the_other_is_decided(desk: Desk) -> None:
    first, second = await both(desk)
    done(await attach(desk, second, first))
    await decide_all(desk, first)
    expect_refusal(await detach(desk, second), 409, "contact_cannot_be_detached")
    expect_refusal(await detach(desk, first), 409, "wrong_state")


async def test_nobody_but_the_front_door_attaches(desk: Desk) -> None:
    first, second = await both(desk)
    answer = await attach(desk, second, first, Role.assessment_team_manager)
    expect_refusal(answer, 403, "role_missing")


# ---- The partner who sent it ---------------------------------------------------------------------


async def test_the_partner_follows_its_own_post_to_the_outcome_and_sees_no_more(
    desk: Desk,
) -> None:
    first = await desk.contact(children=[ada(), ben()])
    desk.clock.forward(minutes=20)
    who = {"organisation": SCHOOL}
    sent = done(
        await desk.post(
            PARTNER,
            "/v1/multi-agency-referrals",
            multi_agency_referral_body(children=[ada()]),
            **who,
        ),
        201,
    )
    done(await attach(desk, sent, first))
    path = f"/v1/multi-agency-referrals/{sent['id']}"
    waiting = done(await desk.get(PARTNER, path, **who))
    assert (waiting["progress"], waiting["decided_at"]) == ("received", None)
    decided = await decide_all(desk, first)
    read = done(await desk.get(PARTNER, path, **who))
    assert (read["progress"], read["decided_at"]) == ("decided", decided["decided_at"])
    assert [one["outcome"] for one in read["children"]] == ["early_help"]
    listed = done(await desk.get(PARTNER, "/v1/multi-agency-referrals", **who))["items"]
    assert [(one["id"], one["progress"]) for one in listed] == [(sent["id"], "decided")]
    assert first["reference"] not in str(read) + str(listed)
    known = (await file_of(desk, sent))["outcome_known_at"]
    assert known == decided["decided_at"]
