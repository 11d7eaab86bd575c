"""Threshold decisions over HTTP: complete or refused, signed by somebody else, never edited."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from service.domain.access import Role, Scope
from service.domain.events import Event
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from tests.support.builders import (
    PROMPTS,
    allocation_body,
    answer_body,
    child_body,
    contact_body,
    decision_body,
    headers,
    information_request_body,
    siblings,
    sign_off_body,
)
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, MANAGER = Role.mash_worker, Role.mash_manager


async def events_of(desk: Desk) -> list[Event]:
    async def look(ask: Asking) -> list[Event]:
        table = table_of(Event)
        rows = await ask.all(select(*columns_of(Event)).order_by(table.c.id))
        return [read(Event, row) for row in rows]

    return await desk.house.ask(look)


async def test_three_siblings_part_ways_and_a_returned_decision_keeps_both_versions(
    desk: Desk,
) -> None:
    contact = await desk.contact(children=siblings())
    await desk.post(WORKER, f"/v1/contacts/{contact['id']}/triage", {"rating": "amber"}, version=1)
    asked = [
        done(
            await desk.post(
                WORKER,
                f"/v1/contacts/{contact['id']}/information-requests",
                information_request_body(agency),
            ),
            201,
        )
        for agency in ("mill-lane-primary", "riverbourne-health-visiting")
    ]
    done(
        await desk.post(
            WORKER,
            f"/v1/information-requests/{asked[0]['id']}/response",
            answer_body(),
            version=asked[0]["version"],
        )
    )
    agencies = [
        {"organisation_id": "mill-lane-primary", "asked": True, "answered": True},
        {
            "organisation_id": "riverbourne-health-visiting",
            "asked": True,
            "answered": False,
            "reason": "The bruises do not allow to wait for the answer.",
        },
    ]
    first = await desk.draft(contact, 0, "referral", agencies=agencies)
    second = await desk.draft(contact, 1, "early_help", agencies=agencies)
    third = await desk.draft(contact, 2, "no_further_action", agencies=agencies)
    waiting = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert waiting["state"] == "awaiting_sign_off"

    returned = await desk.sign(
        second, "returned", words="Say what the brother himself tells of the weekend."
    )
    assert returned["state"] == "returned"
    assert returned["sign_off"]["words"] == "Say what the brother himself tells of the weekend."
    assert returned["early_help_episode_id"] is None
    again = await desk.draft(
        contact,
        1,
        "early_help",
        agencies=agencies,
        rationale="He says himself that he is hungry "
        "at weekends, and the school has fed him on three Mondays.",
    )
    assert again["supersedes"] == {"decision_id": second["id"], "because": None}

    signed = [await desk.sign(one) for one in (first, again, third)]
    assert [one["state"] for one in signed] == ["signed"] * 3
    assert [bool(one["referral_id"]) for one in signed] == [True, False, False]
    assert [bool(one["early_help_episode_id"]) for one in signed] == [False, True, False]

    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert file["state"] == "decided"
    assert [child["state"] for child in file["children"]] == ["decided"] * 3
    assert [(one["id"], one["state"]) for one in file["decisions"]] == [
        (first["id"], "signed"),
        (second["id"], "returned"),
        (third["id"], "signed"),
        (again["id"], "signed"),
    ]
    kept = done(await desk.get(WORKER, f"/v1/decisions/{second['id']}"))
    assert kept["rationale"] == second["rationale"] != again["rationale"]
    clocks = {clock["kind"]: clock for clock in file["deadlines"] if clock["stopped_at"] is None}
    # What still runs: the referrer's acknowledgement, one answer, the two cases, the assessment;
    # and nobody has asked the family whether it agrees to early help.
    assert sorted(clocks) == [
        "acknowledge_referrer",
        "agency_information",
        "allocation",
        "early_help_allocation",
        "early_help_family_agreement",
        "single_assessment",
    ]
    referral = done(await desk.get(MANAGER, f"/v1/referrals/{signed[0]['referral_id']}"))
    assert (referral["state"], referral["worker_id"]) == ("awaiting_allocation", None)
    # Five working days after Friday 23 October: the end of Friday 30 October, now Greenwich time.
    assert referral["deadlines"][0]["due_at"] == "2026-10-30T23:59:59Z"
    episode_id = signed[1]["early_help_episode_id"]
    episode = done(await desk.get(MANAGER, f"/v1/early-help-episodes/{episode_id}"))
    assert (episode["state"], episode["worker_id"]) == ("awaiting_allocation", None)
    assert episode["deadlines"][0]["due_at"] == "2026-10-30T23:59:59Z"


async def test_the_clocks_of_a_contact_run_until_every_child_on_it_is_signed(desk: Desk) -> None:
    contact = await desk.contact(children=siblings())
    of_contact = {"contact_to_referral", "statutory_decision", "triage"}

    async def told() -> tuple[str, str | None, set[str]]:
        file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
        running = {one["kind"] for one in file["deadlines"] if one["stopped_at"] is None}
        return file["state"], file["decided_at"], running & of_contact

    seen = [await told()]
    for place in range(3):
        draft = await desk.draft(contact, place, "no_further_action")
        seen.append(await told())
        desk.clock.forward(minutes=5)
        await desk.sign(draft)
        seen.append(await told())
    running = seen[0][2]
    assert running >= {"contact_to_referral", "statutory_decision"}
    assert [clocks for _, _, clocks in seen] == [running] * 6 + [set()]
    assert [decided_at for _, decided_at, _ in seen] == [None] * 6 + ["2026-10-23T15:15:00Z"]
    states = [state for state, _, _ in seen]
    assert states[-1] == "decided"
    assert "decided" not in states[:-1]
    # Each child in turn: only with the third does nothing but a signature stand out.
    assert [state == "awaiting_sign_off" for state in states] == [False] * 5 + [True, False]


async def test_a_decision_is_made_with_its_path_and_version_and_read_the_same(desk: Desk) -> None:
    contact = await desk.contact()
    body = decision_body(
        contact["children"][0]["id"],
        assessment={"tool": "Graded Care Profile 2", "score": "4"},
        receiving_team_id="assessment-south",
    )
    made = await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions", body)
    decision = done(made, 201)
    assert made.headers["location"] == f"/v1/decisions/{decision['id']}"
    assert made.headers["etag"] == '"1"'
    found = await desk.get(WORKER, made.headers["location"])
    assert found.headers["etag"] == '"1"'
    assert done(found) == decision
    for name in ("rationale", "outcome", "level_of_need", "assessment", "receiving_team_id"):
        assert decision[name] == body[name]
    assert [line["prompt"] for line in decision["prompts"]] == list(PROMPTS)
    assert [(clock["kind"], clock["due_at"]) for clock in decision["deadlines"]] == [
        ("sign_off", "2026-10-23T19:00:00Z")
    ]
    signed = await desk.sign(decision)
    assert signed["deadlines"][0]["stopped_at"] == "2026-10-23T15:00:00Z"
    referral = done(await desk.get(MANAGER, f"/v1/referrals/{signed['referral_id']}"))
    assert referral["team_id"] == "assessment-south"
    assert referral["decision_id"] == decision["id"]


async def test_the_same_decision_sent_twice_under_one_key_is_drafted_once(desk: Desk) -> None:
    contact = await desk.contact()
    body = decision_body(contact["children"][0]["id"])
    path = f"/v1/contacts/{contact['id']}/decisions"
    key = uuid4()
    first = await desk.post(WORKER, path, body, key=key)
    second = await desk.post(WORKER, path, body, key=key)
    assert done(first, 201) == done(second, 201)
    assert second.headers["idempotent-replayed"] == "true"
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert len(file["decisions"]) == 1


async def test_what_came_of_a_request_is_not_shown_again_to_who_may_not_do_it_any_more(
    desk: Desk,
) -> None:
    contact = await desk.contact()
    body = decision_body(contact["children"][0]["id"])
    path = f"/v1/contacts/{contact['id']}/decisions"
    key = uuid4()
    first = headers(desk.house, WORKER, key=key, name="Grace")
    done(await desk.client.post(path, json=body, headers=first), 201)
    # The same person with the same key, who may read and no longer decide.
    reads_only = headers(desk.house, WORKER, key=key, name="Grace", scopes=[Scope.contacts_read])
    refused = await desk.client.post(path, json=body, headers=reads_only)
    expect_refusal(refused, 403, "scope_missing")
    assert "idempotent-replayed" not in refused.headers
    assert body["rationale"] not in refused.text
    again = await desk.client.post(path, json=body, headers=first)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")


async def test_every_gap_of_a_decision_is_named_at_once(desk: Desk) -> None:
    contact = await desk.contact()
    answer = await desk.post(
        WORKER,
        f"/v1/contacts/{contact['id']}/decisions",
        {
            "child_id": contact["children"][0]["id"],
            "level_of_need": 2,
            "outcome": "referral",
            "rationale": "No further action at this time. NFA.",
            "assessment": {"score": "4"},
            "receiving_team_id": "family-centres",
            "primary_need_code": "N99",
        },
    )
    problem = expect_refusal(answer, 422, "decision_incomplete")
    assert faults(problem) == [
        ("/level_of_need", "level_does_not_fit_outcome"),
        ("/statutory_basis", "statutory_basis_missing"),
        ("/assessment/tool", "tool_missing"),
        ("/rationale", "boiler_plate"),
        ("/agencies", "agencies_missing"),
        *[("/prompts", "prompt_not_answered")] * 5,
        ("/agencies", "police_not_accounted_for"),
        ("/agencies", "health_not_accounted_for"),
        ("/primary_need_code", "code_unknown"),
        ("/receiving_team_id", "team_cannot_receive"),
    ]
    assert "NFA" not in answer.text


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"rationale": "Bruises."}, ("/rationale", "too_short")),
        ({"rationale": "bruise bruise " * 9}, ("/rationale", "boiler_plate")),
        ({"level_of_need": 3}, ("/level_of_need", "level_does_not_fit_outcome")),
        ({"primary_need_code": None}, ("/primary_need_code", "primary_need_missing")),
        (
            {"outcome": "information_and_advice", "advice_given": None},
            ("/advice_given", "advice_missing"),
        ),
        (
            {"prompts": [{"prompt": "child_voice", "answer": "N/A"}]},
            ("/prompts/0/answer", "boiler_plate"),
        ),
        (
            {
                "prompts": [
                    {"prompt": "child_voice", "answer": "Afraid.", "not_known_because": "Away."}
                ]
            },
            ("/prompts/0", "answered_twice"),
        ),
        (
            {"prompts": [{"prompt": "child_voice", "answer": "Afraid."}] * 2},
            ("/prompts/1", "answered_twice"),
        ),
        ({"prompts": [{"prompt": "child_voice"}]}, ("/prompts/0", "prompt_not_answered")),
        (
            {"prompts": [{"prompt": "weather", "answer": "It rained."}]},
            ("/prompts/0/prompt", "prompt_unknown"),
        ),
        ({"history": {"considered": "None."}}, ("/history/considered", "boiler_plate")),
    ],
)
async def test_a_decision_that_leaves_something_out_is_refused(
    desk: Desk, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    contact = await desk.contact()
    body = decision_body(contact["children"][0]["id"], **changes)
    answer = await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions", body)
    assert fault in faults(expect_refusal(answer, 422, "decision_incomplete"))
    unchanged = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert unchanged["version"] == 1 and unchanged["decisions"] == []


async def test_a_decision_without_a_rationale_is_refused_where_it_is_missing(desk: Desk) -> None:
    contact = await desk.contact()
    for rationale in (None, "", "   "):
        body = decision_body(contact["children"][0]["id"], rationale=rationale)
        answer = await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions", body)
        assert faults(expect_refusal(answer, 422, "invalid"))[0][0] == "/rationale"


async def test_the_account_of_who_was_asked_agrees_with_the_record(desk: Desk) -> None:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}"
    for agency in ("mill-lane-primary", "riverbourne-hospital", "riverbourne-homes"):
        made = done(
            await desk.post(
                WORKER, f"{path}/information-requests", information_request_body(agency)
            ),
            201,
        )
    done(
        await desk.post(
            WORKER,
            f"/v1/information-requests/{made['id']}/response",
            answer_body(answer="nothing_known", information=None),
            version=1,
        )
    )
    agencies = [
        {"organisation_id": "mill-lane-primary", "asked": True, "answered": True},
        {"organisation_id": "riverbourne-homes", "asked": True, "answered": False, "reason": "-"},
        {"organisation_id": "weir-academy", "asked": False, "answered": True, "reason": "Term."},
        {"organisation_id": "riverbourne-police", "asked": True, "answered": True},
        {"organisation_id": "nobody", "asked": False, "answered": False, "reason": "Unknown."},
        {"organisation_id": "weir-academy", "asked": False, "answered": False, "reason": "Again."},
    ]
    answer = await desk.post(
        WORKER,
        f"{path}/decisions",
        decision_body(contact["children"][0]["id"], agencies=agencies),
    )
    assert faults(expect_refusal(answer, 422, "decision_incomplete")) == [
        ("/agencies/0/answered", "has_not_answered"),
        ("/agencies/1/answered", "has_answered"),
        ("/agencies/1/reason", "boiler_plate"),
        ("/agencies/2/asked", "not_asked"),
        ("/agencies/3/reason", "reason_missing"),
        ("/agencies/5", "listed_twice"),
        ("/agencies", "agency_not_listed"),
        # Asked and left out: what health knows is looked for where there is a bruise.
        ("/agencies", "health_not_accounted_for"),
        ("/agencies/4/organisation_id", "organisation_unknown"),
    ]


async def test_history_on_file_must_be_considered_and_the_next_referral_is_a_re_referral(
    desk: Desk,
) -> None:
    children = [child_body(nhs_number="9434765919")]
    before = await desk.contact(children=children)
    earlier = await desk.sign(
        await desk.draft(before, 0, "referral", receiving_team_id="assessment-south")
    )
    await close_referral(desk, earlier["referral_id"])
    desk.clock.forward(days=200)
    contact = await desk.contact(children=children)
    assert contact["children"][0]["person_id"] == before["children"][0]["person_id"]
    path = f"/v1/contacts/{contact['id']}/decisions"
    body = decision_body(contact["children"][0]["id"])
    assert faults(
        expect_refusal(await desk.post(WORKER, path, body), 422, "decision_incomplete")
    ) == [
        ("/history/considered", "history_not_considered"),
        ("/history/last_closed_because", "history_not_considered"),
    ]
    history = {
        "considered": "One referral in the autumn, for bruises.",
        "last_closed_because": "The assessment found no unmet need.",
    }
    signed = await desk.sign(done(await desk.post(WORKER, path, body | {"history": history}), 201))
    assert signed["history"] == history
    referral = done(await desk.get(MANAGER, f"/v1/referrals/{signed['referral_id']}"))
    assert referral["re_referral"] is True
    assert referral["previous_referral_id"] == earlier["referral_id"]
    assert referral["last_known_team_id"] == "assessment-south"
    # Screened afresh: it does not go straight back to the last team.
    assert referral["team_id"] == "assessment-north"


async def test_a_child_who_is_open_already_joins_the_open_referral(desk: Desk) -> None:
    children = [child_body(nhs_number="9434765919")]
    earlier = await desk.sign(
        await desk.draft(await desk.contact(children=children), 0, "referral")
    )
    assert earlier["joined_case_id"] is None
    desk.clock.forward(days=20)
    history = {
        "considered": "One referral three weeks ago, for bruises.",
        "last_closed_because": "It is still open with the northern team.",
    }
    contact = await desk.contact(children=children)
    draft = await desk.draft(contact, 0, "referral", statutory_basis="section_47", history=history)
    signed = await desk.sign(draft)
    assert (signed["referral_id"], signed["joined_case_id"]) == (earlier["referral_id"],) * 2
    found = done(
        await desk.get(MANAGER, f"/v1/referrals?person_id={contact['children'][0]['person_id']}")
    )
    assert [one["id"] for one in found["items"]] == [earlier["referral_id"]]
    # The graver concern raises the basis of the case that is open.
    assert found["items"][0]["statutory_basis"] == "section_47"


async def test_early_help_takes_over_from_social_care_by_no_decision(desk: Desk) -> None:
    children = [child_body(nhs_number="9434765919")]
    await desk.sign(await desk.draft(await desk.contact(children=children), 0, "referral"))
    contact = await desk.contact(children=children)
    child_id = contact["children"][0]["id"]
    history = {"considered": "One referral today.", "last_closed_because": "It is open."}
    body = decision_body(child_id, "early_help", history=history)
    answer = await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions", body)
    problem = expect_refusal(answer, 409, "child_open_to_social_care")
    assert problem["state"] == "social_care"
    assert "referral" in problem["allowed"]


async def close_referral(desk: Desk, referral_id: str) -> None:
    """Allocates a referral, and closes it for want of need."""
    manager, path = Role.assessment_team_manager, f"/v1/referrals/{referral_id}"
    worker = await desk.account_of(Role.assessment_team_worker)
    done(await desk.post(manager, f"{path}/allocation", allocation_body(worker), version=1))
    body = {"closure_code": "RC8", "reason": "The assessment found no unmet need."}
    done(await desk.post(manager, f"{path}/closure", body, version=2))


async def test_a_second_decision_for_a_signed_child_says_which_it_supersedes_and_why(
    desk: Desk,
) -> None:
    contact, first = await desk.decided("early_help")
    child_id = contact["children"][0]["id"]
    path = f"/v1/contacts/{contact['id']}/decisions"
    problem = expect_refusal(
        await desk.post(WORKER, path, decision_body(child_id)), 409, "child_already_decided"
    )
    assert (problem["state"], problem["allowed"]) == ("decided", ["supersede"])
    wrong = {"decision_id": str(uuid4()), "because": "The hospital reports an older fracture."}
    problem = expect_refusal(
        await desk.post(WORKER, path, decision_body(child_id, supersedes=wrong)),
        422,
        "cannot_supersede",
    )
    assert faults(problem) == [("/supersedes/decision_id", "not_the_latest_decision")]

    because = wrong | {"decision_id": first["id"]}
    second = await desk.draft(contact, 0, "referral", supersedes=because)
    assert second["supersedes"] == because
    standing = done(await desk.get(WORKER, f"/v1/decisions/{first['id']}"))
    assert (standing["state"], standing["superseded_at"]) == ("signed", None)

    signed = await desk.sign(second)
    assert signed["referral_id"] is not None
    replaced = done(await desk.get(WORKER, f"/v1/decisions/{first['id']}"))
    assert (replaced["state"], replaced["rationale"]) == ("superseded", first["rationale"])
    assert replaced["superseded_at"] == "2026-10-23T15:00:00Z"
    episode = done(
        await desk.get(MANAGER, f"/v1/early-help-episodes/{first['early_help_episode_id']}")
    )
    assert (episode["state"], episode["closure_code"]) == ("closed", "decision_superseded")
    assert episode["deadlines"][0]["stopped_because"] == "decision_superseded"
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert file["state"] == "decided"
    event = (await events_of(desk))[-1]
    assert event.data["superseded_id"] == first["id"]
    assert event.data["closed_id"] == first["early_help_episode_id"]
    assert event.data["led_to"] == signed["referral_id"]


async def test_a_mind_changed_twice_leaves_one_decision_standing(desk: Desk) -> None:
    contact, first = await desk.decided("referral")
    second = await desk.draft(
        contact, 0, "early_help", supersedes={"decision_id": first["id"], "because": "New facts."}
    )
    third = await desk.draft(
        contact,
        0,
        "no_further_action",
        supersedes={"decision_id": second["id"], "because": "The facts were about another."},
    )
    assert done(await desk.get(WORKER, f"/v1/decisions/{second['id']}"))["state"] == "superseded"
    problem = expect_refusal(await desk.try_to_sign(second), 412, "stale")
    assert "ETag" in problem["detail"]
    await desk.sign(third)
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert [one["state"] for one in file["decisions"]] == ["superseded", "superseded", "signed"]
    referral = done(await desk.get(MANAGER, f"/v1/referrals/{first['referral_id']}"))
    assert (referral["state"], referral["closure_code"]) == ("closed", "RC7")


async def test_a_returned_change_of_mind_leaves_the_first_decision_standing(desk: Desk) -> None:
    contact, first = await desk.decided("referral")
    because = {"decision_id": first["id"], "because": "The hospital says otherwise."}
    second = await desk.draft(contact, 0, "early_help", supersedes=because)
    await desk.sign(second, "returned")
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert file["state"] == "decided" and file["children"][0]["state"] == "decided"
    assert [one["state"] for one in file["decisions"]] == ["signed", "returned"]
    referral = done(await desk.get(MANAGER, f"/v1/referrals/{first['referral_id']}"))
    assert referral["state"] == "awaiting_allocation"
    third = await desk.draft(contact, 0, "early_help", supersedes=because)
    assert (await desk.sign(third))["state"] == "signed"


async def test_while_a_decision_waits_another_is_refused_unless_it_replaces_it(desk: Desk) -> None:
    contact = await desk.contact()
    first = await desk.draft(contact, 0, "referral")
    path = f"/v1/contacts/{contact['id']}/decisions"
    body = decision_body(contact["children"][0]["id"], "early_help")
    problem = expect_refusal(await desk.post(WORKER, path, body), 409, "decision_awaiting_sign_off")
    assert problem["allowed"] == [
        *("agree", "return_to_decider", "act_out_of_hours", "supersede", "withdraw")
    ]
    supersedes = {"decision_id": first["id"], "because": "The mother agreed to a service."}
    second = await desk.draft(contact, 0, "early_help", supersedes=supersedes)
    old = done(await desk.get(WORKER, f"/v1/decisions/{first['id']}"))
    assert old["state"] == "superseded"
    assert old["deadlines"][0]["stopped_because"] == "superseded"
    problem = expect_refusal(
        await desk.post(
            MANAGER, f"/v1/decisions/{first['id']}/sign-off", sign_off_body(), version=2
        ),
        409,
        "wrong_state",
    )
    assert (problem["state"], problem["allowed"]) == ("superseded", [])
    assert (await desk.sign(second))["early_help_episode_id"] is not None


async def test_a_draft_may_name_the_returned_one_that_it_answers(desk: Desk) -> None:
    contact = await desk.contact()
    first = await desk.draft(contact, 0, "referral")
    await desk.sign(first, "returned")
    supersedes = {"decision_id": first["id"], "because": "What was missing is written down."}
    second = await desk.draft(contact, 0, "referral", supersedes=supersedes)
    assert second["supersedes"] == supersedes
    returned = done(await desk.get(WORKER, f"/v1/decisions/{first['id']}"))
    assert returned["state"] == "returned"


async def test_nobody_signs_off_their_own_decision(desk: Desk) -> None:
    contact = await desk.contact()
    body = decision_body(contact["children"][0]["id"])
    draft = done(
        await desk.post(MANAGER, f"/v1/contacts/{contact['id']}/decisions", body, name="Ines"), 201
    )
    path = f"/v1/decisions/{draft['id']}/sign-off"
    for outcome in ("agreed", "returned"):
        answer = await desk.post(MANAGER, path, sign_off_body(outcome), version=1, name="Ines")
        expect_refusal(answer, 403, "own_decision")
    waiting = done(await desk.get(MANAGER, f"/v1/decisions/{draft['id']}"))
    assert waiting == draft
    done(await desk.post(MANAGER, path, sign_off_body(), version=1, name="Jo"))


async def test_a_sign_off_is_in_the_managers_own_words(desk: Desk) -> None:
    contact = await desk.contact()
    draft = await desk.draft(contact, 0, "referral")
    problem = expect_refusal(
        await desk.try_to_sign(draft, words="Agreed. OK."), 422, "own_words_needed"
    )
    assert faults(problem) == [("/words", "boiler_plate")]
    expect_refusal(await desk.try_to_sign(draft, words=""), 422, "invalid")
    expect_refusal(await desk.try_to_sign(draft, outcome="agreed", words=None), 422, "invalid")


async def test_a_sign_off_names_the_version_that_was_read(desk: Desk) -> None:
    contact = await desk.contact()
    draft = await desk.draft(contact, 0, "referral")
    path = f"/v1/decisions/{draft['id']}/sign-off"
    expect_refusal(await desk.post(MANAGER, path, sign_off_body()), 428, "precondition_missing")
    answer = await desk.post(MANAGER, path, sign_off_body(), version=7)
    expect_refusal(answer, 412, "stale")
    assert answer.headers["etag"] == '"1"'
    signed = await desk.post(MANAGER, path, sign_off_body(), version=1)
    assert done(signed)["version"] == 2
    assert signed.headers["etag"] == '"2"'
    again = await desk.post(MANAGER, path, sign_off_body("returned"), version=2)
    problem = expect_refusal(again, 409, "wrong_state")
    assert (problem["state"], problem["allowed"]) == ("signed", ["supersede"])


async def test_of_two_managers_who_answer_at_once_one_is_told_of_the_other(desk: Desk) -> None:
    contact = await desk.contact()
    draft = await desk.draft(contact, 0, "referral")
    answers = await asyncio.gather(
        desk.try_to_sign(draft, name="Ines"), desk.try_to_sign(draft, "returned", name="Jo")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    [told] = [answer.json() for answer in answers if answer.status_code == 200]
    assert done(await desk.get(WORKER, f"/v1/decisions/{draft['id']}")) == told
    assert (told["referral_id"] is not None) == (told["state"] == "signed")


async def test_of_two_decisions_for_a_child_drafted_at_once_one_is_refused(desk: Desk) -> None:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}/decisions"
    body = decision_body(contact["children"][0]["id"])
    answers = await asyncio.gather(*(desk.post(WORKER, path, body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert len(file["decisions"]) == 1


@pytest.mark.parametrize(
    ("role", "code"),
    [(Role.mash_worker, "role_missing"), (Role.early_help_spoc_manager, "role_missing")],
)
async def test_only_a_mash_manager_signs_off(desk: Desk, role: Role, code: str) -> None:
    contact = await desk.contact()
    draft = await desk.draft(contact, 0, "referral")
    answer = await desk.post(
        role, f"/v1/decisions/{draft['id']}/sign-off", sign_off_body(), version=1
    )
    expect_refusal(answer, 403, code)


async def test_what_is_not_there_and_what_may_not_be_seen_are_answered_alike(desk: Desk) -> None:
    contact, decision = await desk.decided("referral")
    nowhere = await desk.get(WORKER, f"/v1/decisions/{uuid4()}")
    expect_refusal(nowhere, 404, "decision_not_found")
    # Early help sees contacts that led to early help, and this one did not.
    hidden = await desk.get(Role.early_help_worker, f"/v1/decisions/{decision['id']}")
    assert _told(hidden) == _told(nowhere)
    seen = await desk.get(Role.assessment_team_worker, f"/v1/decisions/{decision['id']}")
    assert done(seen)["id"] == decision["id"]
    partner = await desk.get(
        Role.partner_system, f"/v1/decisions/{decision['id']}", organisation="riverbourne-police"
    )
    expect_refusal(partner, 403, "role_missing")
    expect_refusal(
        await desk.post(
            WORKER, f"/v1/contacts/{uuid4()}/decisions", decision_body(contact["children"][0]["id"])
        ),
        404,
        "contact_not_found",
    )
    expect_refusal(
        await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions", decision_body(uuid4())),
        404,
        "child_not_on_contact",
    )


def _told(answer: Any) -> tuple[int, dict[str, Any]]:
    body = answer.json()
    return answer.status_code, {
        name: value for name, value in body.items() if name not in ("instance", "request_id")
    }


async def test_no_event_holds_a_name_or_a_narrative(desk: Desk) -> None:
    contact = await desk.contact(children=siblings())
    first = await desk.draft(contact, 0, "referral")
    await desk.sign(
        first, "returned", words="Say who saw the bruise, and what each of them was told."
    )
    await desk.sign(await desk.draft(contact, 0, "referral"))
    told = [str(event.data) for event in await events_of(desk)]
    assert len(told) == 5
    body = contact_body(children=siblings())
    narratives = [
        body["concern"],
        first["rationale"],
        "Say who saw",
        "Amara",
        "Okafor",
        "Chidi",
        "Asked, and",
        "No crime",
    ]
    assert [(words, one) for words in narratives for one in told if words in one] == []
