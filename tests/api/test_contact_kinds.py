"""Not every contact is a concern: each other kind goes a light path of its own (rule 29)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.domain.access import Role
from service.domain.contact_kinds import KIND_CLOCKS
from service.domain.job_runs import ImpossibleFound
from service.persistence.migrating import migrate_database
from service.persistence.schema_steps import CannotGoBack
from service.usecases.flags import sweep
from service.usecases.jobs import check_impossible
from tests.support.builders import Body, child_body, contact_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.notifications import FORCE, notification_body

WORKER, MANAGER = Role.mash_worker, Role.mash_manager
WHY = "It is a check by Cafcass for a report to the court, and no worry was told."
COACH = {
    "relationship": "other",
    "given_name": "Neil",
    "family_name": "Marsh",
    "note": "Football coach at the leisure centre.",
}
NOT_KNOWN = {
    "ending": "not_known",
    "words": "Told Ms Crane of Cafcass that the boy is not known here.",
    "answers": [
        {
            "prompt": "who_asks_and_why",
            "answer": "Ms Crane of Cafcass, for a report to the court; rang her back there.",
        }
    ],
}
ADVISED = {
    "ending": "advised",
    "words": "Advised to speak with the mother first, and to write down what the child says.",
    "answers": [
        {"prompt": "advice", "answer": "She talks with the mother tomorrow and rings us after."}
    ],
}
TO_ADULTS = {
    "ending": "passed_to_adults_services",
    "words": "He lives alone and drinks; his sister worries about him.",
    "passed_to": "Riverbourne Adult Services, duty desk, by telephone.",
    "answers": [{"prompt": "no_child", "answer": "His sister says no child comes to the flat."}],
}
TO_AUTHORITY = {
    "ending": "passed_to_authority",
    "words": "The family lives in Eastmoor; only the school is here.",
    "passed_to": "Eastmoor Council, children's front door, by telephone and in writing.",
    "answers": [{"prompt": "who_there", "answer": "Mr Adeyemi took it at 10:40 and logged it."}],
}


async def file_of(desk: Desk, contact: Body) -> Body:
    return done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))


async def act(
    desk: Desk, contact: Body, what: str, body: Body, role: Role = WORKER, **who: Any
) -> httpx.Response:
    version = (await file_of(desk, contact))["version"]
    return await desk.post(
        role, f"/v1/contacts/{contact['id']}/{what}", body, version=version, **who
    )


async def step(
    desk: Desk, contact: Body, code: str, at: str | None = None, **who: Any
) -> httpx.Response:
    body = {
        "step": code,
        "happened_at": at or desk.clock.now.isoformat(),
        "words": "Spoke with them by telephone, and wrote down what they will do.",
    }
    return await act(desk, contact, "steps", body, **who)


async def become(
    desk: Desk, contact: Body, kind: str, because: str = WHY, role: Role = WORKER
) -> httpx.Response:
    return await act(desk, contact, "kind", {"kind": kind, "because": because}, role)


def running(contact: Body) -> set[str]:
    return {one["kind"] for one in contact["deadlines"] if one["stopped_at"] is None}


async def nothing_impossible(desk: Desk) -> None:
    await desk.house.ask_at_length(lambda ask: check_impossible(ask, desk.house.policy))


async def a_check(desk: Desk, **changes: Any) -> Body:
    return await desk.contact(kind="check", concern="Is this boy known to you?", **changes)


async def a_consultation(desk: Desk, **changes: Any) -> Body:
    told = {"children": [], "concern": "What do we do when a pupil draws such things?"}
    return await desk.contact(kind="consultation", **{**told, **changes})


async def an_allegation(desk: Desk, **changes: Any) -> Body:
    told = {"children": [], "adults": [COACH], "concern": "The coach pushed a boy into a locker."}
    return await desk.contact(kind="allegation_against_staff", **{**told, **changes})


async def a_foster_child(desk: Desk) -> Body:
    aunt = {"relationship": "other", "given_name": "Rosa", "family_name": "Lind"}
    words = "He has lived with his mother's friend for five weeks."
    return await desk.contact(kind="private_fostering", adults=[aunt], concern=words)


async def test_a_contact_is_a_concern_unless_it_is_said_to_be_something_else(desk: Desk) -> None:
    contact = await desk.contact()
    assert (contact["kind"], contact["kind_acts"], contact["ended_as"]) == ("concern", [], None)
    assert running(contact) == {
        "contact_to_referral",
        "statutory_decision",
        "acknowledge_referrer",
        "rated",
    }


async def test_a_check_has_light_clocks_and_ends_with_its_answer(desk: Desk) -> None:
    check = await a_check(desk)
    assert running(check) == {"acknowledge_referrer", "light_contact_ended"}
    ended = done(await act(desk, check, "ending", NOT_KNOWN))
    assert (ended["state"], ended["ended_as"], ended["decided_at"]) == ("ended", "not_known", None)
    assert ended["ended_at"] == desk.clock.now.isoformat().replace("+00:00", "Z")
    assert running(ended) == set()
    assert ended["acknowledgement"] == NOT_KNOWN["words"]
    [kept] = ended["kind_acts"]
    assert (kept["action"], kept["code"], kept["kind"]) == ("ended", "not_known", "check")
    assert kept["answers"] == NOT_KNOWN["answers"]
    await nothing_impossible(desk)


async def test_a_clock_that_runs_on_after_the_end_raises_the_alarm(desk: Desk) -> None:
    done(await act(desk, await a_check(desk), "ending", NOT_KNOWN))
    async with desk.house.database.writing() as connection:
        await connection.execute(
            text("UPDATE deadline SET stopped_at = NULL WHERE kind = 'light_contact_ended'")
        )
        await connection.commit()
    with pytest.raises(ImpossibleFound) as found:
        await nothing_impossible(desk)
    assert found.value.counts == {"clock_running_on_an_ended_contact": 1}


async def test_a_database_with_a_contact_that_is_no_concern_does_not_go_back(desk: Desk) -> None:
    await a_check(desk)
    with pytest.raises(CannotGoBack, match="no concern"):
        await migrate_database(desk.house.database, "0033")


async def test_a_consultation_names_no_child_and_its_advice_is_kept(desk: Desk) -> None:
    consultation = await a_consultation(desk)
    assert consultation["children"] == []
    ended = done(await act(desk, consultation, "ending", ADVISED))
    assert ended["kind_acts"][0]["words"] == ADVISED["words"]


@pytest.mark.parametrize(
    ("kind", "told", "ending"),
    [
        ("adult_only", {"children": [], "adults": [COACH]}, TO_ADULTS),
        ("another_authority", {}, TO_AUTHORITY),
    ],
)
async def test_what_is_for_others_ends_only_when_it_is_on_record_who_has_it(
    desk: Desk, kind: str, told: Body, ending: Body
) -> None:
    contact = await desk.contact(kind=kind, **told)
    dropped = {name: value for name, value in ending.items() if name != "passed_to"}
    problem = expect_refusal(await act(desk, contact, "ending", dropped), 422, "ending_incomplete")
    assert faults(problem) == [("/passed_to", "missing")]
    ended = done(await act(desk, contact, "ending", ending))
    assert ended["kind_acts"][0]["passed_to"] == ending["passed_to"]
    # Who told is not told by that: the clock runs on, and the contact stays on the desk.
    assert running(ended) == {"acknowledge_referrer"}
    [line] = done(await desk.get(WORKER, "/v1/queues/contacts"))["items"]
    assert (line["contact_kind"], line["next_action"]) == (kind, "acknowledge_referrer")


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"kind": "check", "children": []}, ("/children", "child_missing")),
        ({"children": []}, ("/children", "too_short")),
        ({"kind": "adult_only", "children": [], "adults": []}, ("/adults", "adult_missing")),
        ({"kind": "marac", "children": [], "adults": []}, ("/adults", "adult_missing")),
        ({"kind": "gossip"}, ("/kind", "not_in_list")),
    ],
)
async def test_what_a_kind_needs_is_asked_for_at_receipt(
    desk: Desk, told: Body, fault: tuple[str, str]
) -> None:
    answer = await desk.post(WORKER, "/v1/contacts", contact_body(**told))
    assert answer.status_code == 422
    assert fault in faults(answer.json())


async def test_everything_that_an_ending_lacks_is_told_at_once(desk: Desk) -> None:
    check = await a_check(desk)
    body = {
        "ending": "gone",
        "words": "No further action.",
        "answers": [{"prompt": "why", "answer": "Because of that."}],
    }
    problem = expect_refusal(await act(desk, check, "ending", body), 422, "ending_incomplete")
    assert faults(problem) == [
        ("/words", "boiler_plate"),
        ("/ending", "code_unknown"),
        ("/answers/0/prompt", "code_unknown"),
        ("/answers", "missing"),
    ]
    short = {**NOT_KNOWN, "answers": [{"prompt": "who_asks_and_why", "answer": "Cafcass."}]}
    problem = expect_refusal(await act(desk, check, "ending", short), 422, "ending_incomplete")
    assert faults(problem) == [("/answers/0/answer", "says_nothing")]


async def test_danger_in_a_check_is_red_first_and_ended_by_a_manager_alone(desk: Desk) -> None:
    await desk.contact()
    check = await a_check(desk, immediate_danger=True, children=[child_body("Ivo")])
    assert (check["rating"], check["danger"]) == ("red", "immediate_danger")
    assert "triage" in running(check)
    [first, _] = done(await desk.get(MANAGER, "/v1/queues/contacts"))["items"]
    assert first["contact_id"] == check["id"]
    [flag] = done(await desk.get(MANAGER, "/v1/flags?severity=danger"))["items"]
    assert flag["contact_id"] == check["id"]
    expect_refusal(await act(desk, check, "ending", NOT_KNOWN), 403, "manager_ends")
    done(await act(desk, check, "ending", NOT_KNOWN, MANAGER))


async def test_a_check_that_turns_into_a_concern_has_lost_no_time(desk: Desk) -> None:
    received_at = desk.clock.now
    check = await a_check(desk)
    done(await act(desk, check, "ending", NOT_KNOWN))
    desk.clock.forward(hours=30)
    concern = done(await become(desk, check, "concern", "Cafcass tells of bruises on his arms."))
    assert (concern["state"], concern["ended_as"], concern["ended_at"]) == ("in_triage", None, None)
    assert running(concern) == {"contact_to_referral", "statutory_decision", "rated"}
    for clock in concern["deadlines"]:
        assert clock["started_at"] == received_at.isoformat().replace("+00:00", "Z")
    await sweep(desk.house)
    late = done(await desk.get(MANAGER, "/v1/flags?kind=contact_to_referral"))["items"]
    assert [one["severity"] for one in late] == ["breach"]
    acts = [(one["action"], one["was"], one["kind"]) for one in concern["kind_acts"]]
    assert acts == [("ended", None, "check"), ("reclassified", "check", "concern")]
    decision = await desk.draft(concern, 0, "no_further_action")
    await desk.sign(decision)
    assert (await file_of(desk, check))["state"] == "decided"
    await nothing_impossible(desk)


async def test_children_are_taken_out_of_a_decision_by_a_manager_alone(desk: Desk) -> None:
    contact = await desk.contact()
    expect_refusal(await become(desk, contact, "check"), 403, "role_missing")
    check = done(await become(desk, contact, "check", role=MANAGER))
    assert running(check) == {"acknowledge_referrer", "light_contact_ended"}
    expect_refusal(await become(desk, check, "check"), 409, "contact_kind_unchanged")
    stock = await become(desk, check, "concern", "As above")
    expect_refusal(stock, 422, "own_words_needed")


async def test_a_contact_with_a_decision_keeps_its_kind(desk: Desk) -> None:
    contact = await desk.contact()
    await desk.draft(contact, 0, "no_further_action")
    refused = await become(desk, contact, "check", role=MANAGER)
    expect_refusal(refused, 409, "contact_already_decided")


async def test_a_check_is_not_decided_and_a_concern_is_not_ended(desk: Desk) -> None:
    check, concern = await a_check(desk), await desk.contact()
    path = f"/v1/contacts/{check['id']}/decisions"
    body = {
        "child_id": check["children"][0]["id"],
        "level_of_need": 1,
        "outcome": "no_further_action",
        "rationale": "Nobody told of any worry about this boy; it was a check by Cafcass alone.",
    }
    problem = expect_refusal(await desk.post(WORKER, path, body), 409, "wrong_state")
    assert "decide" not in problem["allowed"]
    assert {"end", "reclassify", "record_step"} <= set(problem["allowed"])
    problem = expect_refusal(await act(desk, concern, "ending", NOT_KNOWN), 409, "wrong_state")
    assert "decide" in problem["allowed"]
    assert "end" not in problem["allowed"]
    expect_refusal(await step(desk, concern, "marac_told"), 409, "wrong_state")


async def test_an_earlier_check_is_shown_and_does_not_count_as_told_before(desk: Desk) -> None:
    boy = child_body("Ivo")
    check = await a_check(desk, children=[boy])
    known = {**boy, "person_id": check["children"][0]["person_id"]}
    concern = await desk.contact(children=[known], source_code="3B")
    assert concern["repeat_concern"]["children"][0]["counts"]["all"]["in_months"] == 0
    [history] = done(await desk.get(WORKER, f"/v1/contacts/{concern['id']}/history"))["children"]
    assert [(one["kind"], one["outcome"]) for one in history["contacts"]] == [("check", None)]
    # Nothing is on file that a decision would have to consider.
    await desk.draft(concern, 0, "no_further_action")
    again = await a_check(desk, children=[known], source_code="7")
    assert "repeat_concern" not in running(again)


async def test_who_may_be_on_file_is_answered_before_a_check_says_not_known(desk: Desk) -> None:
    await desk.contact(children=[child_body("Ivo")])
    check = await a_check(desk, children=[child_body("Ivo")])
    [line] = done(await desk.get(WORKER, "/v1/queues/contacts?kind=check"))["items"]
    assert line["possible_matches"] == 1
    expect_refusal(await act(desk, check, "ending", NOT_KNOWN), 422, "possible_match_unresolved")


async def test_an_allegation_is_told_to_the_designated_officer_within_a_working_day(
    desk: Desk,
) -> None:
    allegation = await an_allegation(desk)
    assert {"designated_officer_told", "evaluation_meeting_considered"} <= running(allegation)
    ending = {
        "ending": "with_the_designated_officer",
        "words": "Mr Hale, the designated officer, goes on with it and tells the club.",
        "answers": [
            {
                "prompt": "children_at_risk",
                "answer": "Twelve boys of the team; another coach has them.",
            }
        ],
    }
    early = await act(desk, allegation, "ending", ending, MANAGER)
    problem = expect_refusal(early, 422, "ending_incomplete")
    assert faults(problem) == [("", "step_missing"), ("", "step_missing")]
    told = done(await step(desk, allegation, "designated_officer_told"))
    assert "designated_officer_told" not in running(told)
    words = {"words": "Rang the club's secretary: received, and the officer is told."}
    done(await act(desk, allegation, "acknowledgement", words))
    desk.clock.forward(days=10)
    await sweep(desk.house)
    late = done(await desk.get(MANAGER, "/v1/flags?severity=breach"))["items"]
    assert [one["kind"] for one in late] == ["evaluation_meeting_considered"]
    done(await step(desk, allegation, "evaluation_meeting_considered"))
    expect_refusal(await act(desk, allegation, "ending", ending), 403, "manager_ends")
    done(await act(desk, allegation, "ending", ending, MANAGER))


async def test_who_logged_it_does_not_end_what_a_manager_ends(desk: Desk) -> None:
    body = contact_body(kind="allegation_against_staff", children=[], adults=[COACH])
    allegation = await desk.made(MANAGER, "/v1/contacts", body)
    ending = {"ending": "threshold_not_met", "words": "The officer found nothing to go on."}
    expect_refusal(await act(desk, allegation, "ending", ending, MANAGER), 403, "manager_ends")


async def test_a_private_fostering_visit_is_due_again_and_again(desk: Desk) -> None:
    contact = await a_foster_child(desk)
    [first] = [one for one in contact["deadlines"] if one["kind"] == "private_fostering_visit"]
    assert first["explanation"]["limit"] == "seven working days"
    for kind, weeks, months in (
        ("private_fostering_visit_again", 6, 0),
        ("private_fostering_visit_again", 6, 0),
        ("private_fostering_visit_later", 12, 13),
    ):
        desk.clock.forward(days=5 + 30 * months)
        visited = done(await step(desk, contact, "private_fostering_visit"))
        [runs] = [
            one
            for one in visited["deadlines"]
            if one["kind"] in KIND_CLOCKS and one["stopped_at"] is None
        ]
        assert runs["kind"] == kind
        due = (desk.clock.now + timedelta(weeks=weeks)).date().isoformat()
        assert runs["due_at"].startswith(due) or runs["due_at"][:10] == due
    earlier = (desk.clock.now - timedelta(days=3)).isoformat()
    late = done(await step(desk, contact, "private_fostering_visit", earlier))
    # A visit that is written down late moves nothing back.
    again = [one for one in late["deadlines"] if one["stopped_at"] is None]
    assert runs["due_at"] in [one["due_at"] for one in again]
    ending = {
        "ending": "arrangement_ended",
        "words": "He went back to his mother on Sunday, and was seen there.",
        "answers": [{"prompt": "where_now", "answer": "With his mother, who looks to him."}],
    }
    ended = done(await act(desk, contact, "ending", ending, MANAGER))
    assert running(ended) <= {"acknowledge_referrer"}
    await nothing_impossible(desk)


async def test_a_plan_transferred_in_is_decided_and_its_conference_stays_due(desk: Desk) -> None:
    contact = await desk.contact(kind="plan_transferred_in", children=[child_body("Lena")])
    assert {"statutory_decision", "rated", "transfer_in_conference"} <= running(contact)
    [clock] = [one for one in contact["deadlines"] if one["kind"] == "transfer_in_conference"]
    assert clock["explanation"]["limit"] == "15 working days"
    await desk.sign(await desk.draft(contact, 0, "referral"))
    assert running(await file_of(desk, contact)) >= {"transfer_in_conference"}
    held = done(await step(desk, contact, "transfer_in_conference"))
    assert "transfer_in_conference" not in running(held)
    assert held["state"] == "decided"
    await nothing_impossible(desk)


async def test_an_unaccompanied_child_is_accommodated_the_same_day(desk: Desk) -> None:
    contact = await desk.contact(kind="unaccompanied_child", children=[child_body("Omar")])
    assert "accommodation_arranged" in running(contact)
    desk.clock.forward(days=1)
    await sweep(desk.house)
    late = done(await desk.get(MANAGER, "/v1/flags?kind=accommodation_arranged"))["items"]
    assert [one["severity"] for one in late] == ["breach"]
    done(await step(desk, contact, "accommodation_arranged"))
    done(await step(desk, contact, "national_referral_made"))


async def test_a_referral_to_the_marac_goes_on(desk: Desk) -> None:
    contact = await desk.contact(kind="marac", children=[], adults=[COACH])
    assert "marac_told" in running(contact)
    done(await step(desk, contact, "marac_told"))
    ending = {
        "ending": "with_the_marac",
        "words": "The coordinator hears it on the 12th, and told her advocate.",
        "answers": [{"prompt": "children_there", "answer": "Two, told of yesterday as a concern."}],
    }
    done(await act(desk, contact, "ending", ending))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"step": "tea_made"}, ("/step", "code_unknown")),
        ({"happened_at": "2020-01-01T10:00:00Z"}, ("/happened_at", "time_not_possible")),
        ({"happened_at": "2099-01-01T10:00:00Z"}, ("/happened_at", "time_not_possible")),
    ],
)
async def test_a_step_that_the_path_does_not_have_is_refused(
    desk: Desk, changes: Body, fault: tuple[str, str]
) -> None:
    allegation = await an_allegation(desk)
    body = {
        "step": "designated_officer_told",
        "happened_at": desk.clock.now.isoformat(),
        "words": "Rang Mr Hale, who holds a meeting on Thursday.",
        **changes,
    }
    problem = expect_refusal(await act(desk, allegation, "steps", body), 422, "step_not_possible")
    assert faults(problem) == [fault]


async def test_a_child_named_in_a_consultation_makes_it_another_kind(desk: Desk) -> None:
    consultation = await a_consultation(desk)
    path = f"/v1/contacts/{consultation['id']}"
    body = {"reason": "She told the name after all.", "children": [child_body("Ida")]}
    answer = await desk.patch(WORKER, path, body, version=consultation["version"])
    done(answer)
    problem = expect_refusal(
        await act(desk, consultation, "ending", ADVISED), 422, "ending_incomplete"
    )
    assert faults(problem) == [("", "child_named")]
    concern = done(await become(desk, consultation, "concern", "She names a child who is hurt."))
    await desk.draft(concern, 0, "referral")


async def test_what_the_police_notify_stays_a_concern(desk: Desk) -> None:
    sent = notification_body(children=[child_body("Child heard")])
    path = "/v1/police-notifications"
    taken = done(await desk.post(Role.partner_system, path, sent, organisation=FORCE), 201)
    contact = {"id": taken["contact_id"]}
    refused = await become(desk, contact, "marac", role=MANAGER)
    expect_refusal(refused, 409, "contact_cannot_be_reclassified")


async def test_lists_and_queues_are_narrowed_by_kind(desk: Desk) -> None:
    check, concern = await a_check(desk), await desk.contact(children=[child_body("Una")])
    for path in ("/v1/contacts", "/v1/queues/contacts"):
        for kind, one in (("check", check), ("concern", concern)):
            [line] = done(await desk.get(MANAGER, f"{path}?kind={kind}"))["items"]
            assert one["id"] in (line.get("contact_id"), line.get("id"))
        both = done(await desk.get(MANAGER, f"{path}?kind=check&kind=concern"))["items"]
        assert len(both) == 2


async def test_a_withdrawn_check_is_restored_with_its_own_clocks(desk: Desk) -> None:
    check = await a_check(desk)
    away = {"reason": "in_error", "words": "A test call of our own telephone line it was."}
    done(await act(desk, check, "withdrawal", away, MANAGER))
    back = {"because": "It was a real call after all, as she says."}
    restored = done(await act(desk, check, "withdrawal/reversal", back))
    assert running(restored) == {"acknowledge_referrer", "light_contact_ended"}
