"""Out of hours one person may be alone: acts at once, and is signed off the next working day."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from service.domain.access import Role
from service.domain.emergency_acts import OwnEmergencyAct, WithinOfficeHours
from service.domain.job_runs import ImpossibleFound
from service.usecases.emergency_acts import sign_off_emergency_act
from service.usecases.flags import sweep
from service.usecases.jobs import check_impossible
from tests.support.builders import Body, child_body, decision_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.houses import caller
from tests.support.meetings import Office, office_in

NIGHT, MANAGER, HEAD = Role.emergency_duty_worker, Role.mash_manager, Role.head_of_service
BECAUSE = "The parents want to take her home from the ward now, and no manager is on duty tonight."
AGREED = {"outcome": "agreed", "words": "I spoke to the ward; the child could not go home then."}
BACK = {"outcome": "returned", "words": "Nobody saw the brother: decide for him anew by noon."}


async def at_night(desk: Desk, *names: str, outcome: str = "referral", **said: Any) -> Body:
    """A contact of Saturday, one in the morning, with a draft for each child."""
    desk.clock.forward(hours=9)
    children = [child_body(name) for name in names or ("Rosa",)]
    contact = await desk.contact(children=children)
    for place in range(len(children)):
        child_id = contact["children"][place]["id"]
        body = decision_body(child_id, outcome, **said)
        await desk.made(NIGHT, f"/v1/contacts/{contact['id']}/decisions", body)
    found: Body = await desk.read(NIGHT, f"/v1/contacts/{contact['id']}")
    return found


async def act(desk: Desk, contact: Body, role: Role = NIGHT, **said: Any) -> Any:
    path = f"/v1/contacts/{contact['id']}/emergency-act"
    body = {"because": BECAUSE, **said}
    return await desk.post(role, path, body, version=contact["version"])


async def acted(desk: Desk, *names: str, **said: Any) -> list[Body]:
    """What was done at night; each of the emergency acts as it is read."""
    made = done(await act(desk, await at_night(desk, *names, **said)))
    return [
        await desk.read(MANAGER, f"/v1/emergency-acts/{one['out_of_hours']['emergency_act_id']}")
        for one in made["decisions"]
    ]


async def answer(desk: Desk, found: Body, body: Body, role: Role = MANAGER, **who: Any) -> Any:
    path = f"/v1/emergency-acts/{found['id']}/sign-off"
    return await desk.post(role, path, body, version=found["version"], **who)


async def nothing_impossible(desk: Desk) -> None:
    """Raises the alarm for what should be impossible."""
    await desk.house.ask_at_length(lambda ask: check_impossible(ask, desk.house.policy))


async def test_a_lone_emergency_duty_worker_opens_a_section_47_referral_at_night(
    desk: Desk,
) -> None:
    contact = await at_night(desk, statutory_basis="section_47")
    made = done(await act(desk, contact))
    [decision] = made["decisions"]
    assert made["contact_state"] == "decided"
    assert (decision["state"], decision["sign_off"]) == ("signed", None)
    assert decision["out_of_hours"]["because"] == BECAUSE
    referral = await desk.read(MANAGER, f"/v1/referrals/{decision['referral_id']}")
    running = {one["kind"] for one in referral["deadlines"] if one["stopped_at"] is None}
    assert {"strategy_meeting", "section_47_allocation"} <= running
    found = await desk.read(
        MANAGER, f"/v1/emergency-acts/{decision['out_of_hours']['emergency_act_id']}"
    )
    assert (found["state"], found["kind"]) == ("awaiting_sign_off", "decision")
    assert found["possible_actions"] == ["agree", "send_back"]
    [clock] = found["deadlines"]
    # Saturday, one in the morning: due on Monday at noon, by London's clock, which has gone back.
    assert clock["kind"] == "emergency_act_signed_off"
    assert clock["due_at"] == "2026-10-26T12:00:00Z"
    await nothing_impossible(desk)


async def test_a_family_is_acted_for_in_one_act_with_one_event(desk: Desk) -> None:
    acts = await acted(desk, "Rosa", "Tom", "Mia")
    assert len({one["id"] for one in acts}) == 3
    events = await desk.rows("SELECT type FROM event WHERE type LIKE 'emergency_act.%'")
    assert events == [("emergency_act.done",)]


async def test_in_office_hours_nobody_acts_alone_and_is_told_what_to_do(desk: Desk) -> None:
    contact = await at_night(desk)
    desk.clock.forward(hours=58)
    problem = expect_refusal(await act(desk, contact), 409, "within_office_hours")
    assert "until 17:00" in problem["detail"]
    assert "Have a manager sign the decision" in problem["detail"]


@pytest.mark.parametrize(
    ("hours", "open_then"),
    [
        (0, True),  # Friday 16:00
        (1, False),  # Friday 17:00: the office has closed
        (17, False),  # Saturday
        (65, False),  # Monday 08:00, the clocks having gone back
        (66, True),  # Monday 09:00
    ],
)
async def test_office_hours_are_those_of_the_policy_to_the_minute(
    desk: Desk, hours: int, open_then: bool
) -> None:
    at = desk.clock.now + timedelta(hours=hours)
    assert (desk.house.policy.office_closes(at) is not None) is open_then


async def test_a_bank_holiday_is_out_of_hours(desk: Desk) -> None:
    """Christmas Day 2026 is a Friday."""
    at = desk.clock.now.replace(month=12, day=25, hour=11)
    assert desk.house.policy.office_closes(at) is None
    assert desk.house.policy.office_closes(at - timedelta(days=1)) is not None


async def test_what_was_done_before_the_office_opens_is_due_on_that_very_noon(desk: Desk) -> None:
    desk.clock.forward(hours=56)
    [found] = await acted(desk)
    assert found["acted_at"] == "2026-10-26T08:00:00Z"
    assert found["deadlines"][0]["due_at"] == "2026-10-26T12:00:00Z"


@pytest.mark.parametrize("role", [Role.mash_worker, MANAGER, HEAD])
async def test_who_is_not_on_emergency_duty_is_told_which_role_acts(desk: Desk, role: Role) -> None:
    contact = await at_night(desk)
    problem = expect_refusal(await act(desk, contact, role), 403, "role_missing")
    assert "emergency duty worker" in problem["detail"]


async def test_it_says_why_it_cannot_wait(desk: Desk) -> None:
    contact = await at_night(desk)
    problem = expect_refusal(await act(desk, contact, because="No."), 422, "own_words_needed")
    assert faults(problem) == [("/because", "too_short")]


async def test_with_no_draft_there_is_nothing_to_let_have_effect(desk: Desk) -> None:
    desk.clock.forward(hours=9)
    contact = await desk.contact()
    expect_refusal(await act(desk, contact), 409, "wrong_state")


async def test_what_was_not_read_is_not_acted_on(desk: Desk) -> None:
    contact = await at_night(desk)
    expect_refusal(await act(desk, {**contact, "version": 1}), 412, "stale")


async def test_a_manager_agrees_in_time_and_the_clock_stops(desk: Desk) -> None:
    [found] = await acted(desk)
    desk.clock.forward(hours=57)
    signed = done(await answer(desk, found, AGREED))
    assert (signed["state"], signed["possible_actions"]) == ("signed_off", [])
    assert signed["signed_off_words"] == AGREED["words"]
    [clock] = signed["deadlines"]
    assert clock["stopped_because"] == "signed_off"
    assert await in_time(desk) == (1, 1)


async def test_sign_off_after_the_limit_is_possible_and_stays_counted_as_late(desk: Desk) -> None:
    [found] = await acted(desk)
    desk.clock.forward(hours=65)
    await sweep(desk.house)
    flags = await desk.read(MANAGER, "/v1/flags?kind=emergency_act_signed_off&severity=breach")
    assert [one["subject_id"] for one in flags["items"]] == [found["id"]]
    assert done(await answer(desk, found, AGREED))["state"] == "signed_off"
    assert await in_time(desk) == (0, 1)


async def in_time(desk: Desk) -> tuple[int, int]:
    path = "/v1/measures/emergency_acts_signed_off_in_time?from=2026-10-01&to=2026-11-01"
    total = (await desk.read(MANAGER, path))["total"]
    return total["numerator"], total["denominator"]


@pytest.mark.parametrize("role", [NIGHT, Role.mash_worker])
async def test_who_acted_or_drafted_signs_nothing_off_in_whatever_role(
    desk: Desk, role: Role
) -> None:
    desk.clock.forward(hours=9)
    contact = await desk.contact()
    await desk.draft(contact, 0, "referral")
    contact = await desk.read(NIGHT, f"/v1/contacts/{contact['id']}")
    [made] = done(await act(desk, contact))["decisions"]
    act_id = UUID(made["out_of_hours"]["emergency_act_id"])
    took_part = await desk.account_of(role)
    manager = replace(await caller(desk.house, MANAGER), account_id=took_part)
    with pytest.raises(OwnEmergencyAct, match="somebody else must sign it off"):
        await desk.house.perform(
            lambda work: sign_off_emergency_act(
                work, manager, act_id, 1, agreed=True, words=AGREED["words"]
            )
        )


async def test_sent_back_nothing_is_undone_and_the_clock_goes_on(desk: Desk) -> None:
    [found] = await acted(desk)
    desk.clock.forward(hours=57)
    back = done(await answer(desk, found, BACK))
    assert (back["state"], back["sent_back_because"]) == ("sent_back", BACK["words"])
    assert back["deadlines"][0]["stopped_at"] is None
    decision = await desk.read(MANAGER, f"/v1/decisions/{found['decision_id']}")
    assert (decision["state"], decision["superseded_at"]) == ("signed", None)
    referral = await desk.read(MANAGER, f"/v1/referrals/{decision['referral_id']}")
    assert referral["closed_at"] is None
    expect_refusal(await answer(desk, back, BACK), 409, "wrong_state")


async def test_a_manager_may_agree_after_all_to_what_was_sent_back(desk: Desk) -> None:
    [found] = await acted(desk)
    back = done(await answer(desk, found, BACK))
    agreed = done(await answer(desk, back, AGREED, HEAD))
    assert (agreed["state"], agreed["sent_back_because"]) == ("signed_off", BACK["words"])


async def test_a_new_signed_decision_that_says_why_settles_what_was_sent_back(desk: Desk) -> None:
    [found] = await acted(desk)
    desk.clock.forward(hours=57)
    done(await answer(desk, found, BACK))
    why = {"decision_id": found["decision_id"], "because": "Seen by day the injury is explained."}
    contact = await desk.read(MANAGER, f"/v1/contacts/{found['contact_id']}")
    draft = await desk.draft(contact, 0, "early_help", supersedes=why)
    path = f"/v1/emergency-acts/{found['id']}"
    assert (await desk.read(MANAGER, path))["state"] == "sent_back"
    await desk.sign(draft)
    settled = await desk.read(MANAGER, path)
    assert (settled["state"], settled["deadlines"][0]["stopped_because"]) == (
        "settled",
        "superseded",
    )
    await nothing_impossible(desk)


async def test_a_sign_off_is_in_the_managers_own_words(desk: Desk) -> None:
    [found] = await acted(desk)
    refused = await answer(desk, found, {**AGREED, "words": "Agreed."})
    assert faults(expect_refusal(refused, 422, "own_words_needed")) == [("/words", "boiler_plate")]


async def test_what_was_done_alone_is_listed_by_state_and_by_contact(desk: Desk) -> None:
    first, second = await acted(desk, "Rosa", "Tom")
    done(await answer(desk, first, AGREED))
    path = "/v1/emergency-acts?state=awaiting_sign_off&contact_id=" + first["contact_id"]
    assert [one["id"] for one in (await desk.read(MANAGER, path))["items"]] == [second["id"]]


async def test_a_decision_signed_by_who_drafted_it_is_impossible_but_out_of_hours(
    desk: Desk,
) -> None:
    await acted(desk)
    await desk.tamper("UPDATE decision SET emergency_act_id = NULL")
    with pytest.raises(ImpossibleFound, match="decision_signed_by_who_drafted_it"):
        await nothing_impossible(desk)


async def lone_office(desk: Desk) -> Office:
    """The office at one on Saturday morning, when nobody is there but who is on emergency duty."""
    office = await office_in(desk.house, desk.clock)
    alone = await caller(desk.house, NIGHT)
    return replace(office, manager=alone, worker=alone)


async def test_a_strategy_discussion_at_night_begins_the_enquiry_and_waits_for_sign_off(
    desk: Desk,
) -> None:
    day = await office_in(desk.house, desk.clock)
    desk.clock.forward(hours=9)
    referrals = await day.referred(allocated=False)
    night = await lone_office(desk)
    called = await night.invited(await night.call(*referrals, planned_for=desk.clock.now))
    concluded = await night.conclude(await night.hold(called))
    assert await day.enquiry(referrals[0]) is not None
    path = f"/v1/emergency-acts?contact_id={referrals[0].contact_id}"
    [found] = (await desk.read(MANAGER, path))["items"]
    assert (found["kind"], found["strategy_meeting_id"]) == ("strategy_meeting", str(concluded.id))
    signed = done(await answer(desk, found, AGREED))
    assert signed["deadlines"][0]["due_at"] == "2026-10-26T12:00:00Z"
    await nothing_impossible(desk)


async def test_a_meeting_that_was_held_in_office_hours_is_concluded_by_a_manager(
    desk: Desk,
) -> None:
    day = await office_in(desk.house, desk.clock)
    meeting = await day.invited(await day.call(*await day.referred(), planned_for=desk.clock.now))
    held = await day.hold(meeting)
    night = await lone_office(desk)
    desk.clock.forward(hours=9)
    with pytest.raises(WithinOfficeHours, match="the manager of the MASH"):
        await night.conclude(held)
    assert await desk.count("emergency_act") == 0
    await day.conclude(held)
    assert await desk.count("emergency_act") == 0
