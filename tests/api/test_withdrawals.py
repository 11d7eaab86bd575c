"""A contact is withdrawn before any decision is signed: it leaves the desk, and nothing is lost."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.domain.access import Role
from service.persistence.migrating import migrate_database
from service.persistence.schema_steps import CannotGoBack
from service.usecases.flags import sweep
from service.usecases.jobs import check_impossible
from tests.support.builders import (
    Body,
    answer_body,
    child_body,
    contact_body,
    decision_body,
    information_request_body,
    multi_agency_referral_body,
)
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.notifications import FORCE, notification_body

WORKER, MANAGER, PARTNER = Role.mash_worker, Role.mash_manager, Role.partner_system
SCHOOL = "mill-lane-primary"
TWICE = "The head teacher's call was written down twice, by two of us."
ELSEWHERE = {
    "reason": "not_ours",
    "words": "The family moved to Aberdeen in June; the school has the new address.",
    "passed_to": "Aberdeen City Council, children's reception team, by telephone.",
}
PRANK = {
    "reason": "in_error",
    "words": "Three pupils rang in turn and laughed; the school knows of no such child.",
}
BACK = "Aberdeen rang back: the family has not moved there after all."


def ben(**changes: Any) -> Body:
    return child_body("Ben", date_of_birth="2020-02-02", sex="M", **changes)


async def file_of(desk: Desk, contact: Body) -> Body:
    return done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))


async def withdraw(
    desk: Desk, contact: Body, body: Body, role: Role = MANAGER, **who: Any
) -> httpx.Response:
    version = (await file_of(desk, contact))["version"]
    path = f"/v1/contacts/{contact['id']}/withdrawal"
    return await desk.post(role, path, body, version=version, **who)


async def restore(
    desk: Desk, contact: Body, because: str = BACK, role: Role = WORKER
) -> httpx.Response:
    version = (await file_of(desk, contact))["version"]
    path = f"/v1/contacts/{contact['id']}/withdrawal/reversal"
    return await desk.post(role, path, {"because": because}, version=version)


def repeating(kept: Body, **changes: Any) -> Body:
    return {"reason": "duplicate", "words": TWICE, "repeats_contact_id": kept["id"], **changes}


async def twice(desk: Desk, **changes: Any) -> tuple[Body, Body]:
    """One telling that was written down twice: the one that is kept, and its repetition."""
    kept = await desk.contact()
    person_id = kept["children"][0]["person_id"]
    again = await desk.contact(children=[child_body(person_id=person_id)], **changes)
    return kept, again


async def queued(desk: Desk, queue: str = "contacts") -> set[str]:
    found = done(await desk.get(WORKER, f"/v1/queues/{queue}?limit=100"))
    return {one["contact_id"] for one in found["items"]}


async def nothing_impossible(desk: Desk) -> None:
    await desk.house.ask_at_length(lambda ask: check_impossible(ask, desk.house.policy))


def running(file: Body) -> set[tuple[str, str, str]]:
    return {
        (one["kind"], one["started_at"], one["due_at"])
        for one in file["deadlines"]
        if one["stopped_at"] is None
    }


# ---- What a withdrawal does ----------------------------------------------------------------------


async def test_a_repetition_is_withdrawn_by_a_worker_and_the_other_contact_keeps_the_worry(
    desk: Desk,
) -> None:
    kept, again = await twice(desk)
    before = await file_of(desk, kept)
    desk.clock.forward(minutes=20)
    gone = done(await withdraw(desk, again, repeating(kept), WORKER))
    assert (gone["state"], gone["decided_at"], gone["outcome_known_at"]) == (
        "withdrawn",
        None,
        None,
    )
    assert gone["children"][0]["state"] == "undecided"
    assert gone["withdrawals"] == [
        {
            "action": "withdrawn",
            "at": "2026-10-23T15:20:00Z",
            "by": str(await desk.account_of(WORKER)),
            "reason": "duplicate",
            "words": TWICE,
            "repeats_contact_id": kept["id"],
            "passed_to": None,
            "told": None,
        }
    ]
    assert running(gone) == set()
    assert {one["stopped_because"] for one in gone["deadlines"]} == {"withdrawn"}
    assert await queued(desk) == {kept["id"]}
    assert await file_of(desk, kept) == before
    await nothing_impossible(desk)


async def test_of_everything_that_waits_on_it_nothing_waits_any_more(desk: Desk) -> None:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}"
    done(await desk.post(WORKER, f"{path}/triage", {"rating": "amber"}, version=1))
    asked = await desk.post(WORKER, f"{path}/information-requests", information_request_body())
    request = done(asked, 201)
    desk.clock.forward(days=9)
    await sweep(desk.house)
    assert done(await desk.get(MANAGER, "/v1/flags"))["items"] != []
    gone = done(await withdraw(desk, contact, ELSEWHERE))
    assert running(gone) == set()
    assert done(await desk.get(MANAGER, "/v1/flags"))["items"] == []
    read = done(await desk.get(WORKER, f"/v1/information-requests/{request['id']}"))
    assert (read["state"], read["withdrawn_because"]) == ("withdrawn", "The contact was withdrawn.")
    await sweep(desk.house)
    assert done(await desk.get(MANAGER, "/v1/flags"))["items"] == []
    assert await queued(desk) == set()
    assert await queued(desk, "mine") == set()
    # An answer that comes after it is read by somebody, all the same.
    answered = await desk.post(
        PARTNER,
        f"/v1/information-requests/{request['id']}/response",
        answer_body(),
        version=read["version"],
        organisation=SCHOOL,
    )
    assert done(answered)["state"] == "answered"
    read = done(await desk.get(WORKER, f"/v1/information-requests/{request['id']}"))
    assert (read["after_withdrawal"], read["after_decision"]) == (True, False)
    assert await queued(desk, "information-requests") == {contact["id"]}


async def test_each_withdrawal_leaves_its_event_without_a_word_of_it(desk: Desk) -> None:
    contact = await desk.contact()
    done(await withdraw(desk, contact, PRANK))
    done(await restore(desk, contact))
    async with desk.house.database.reading() as connection:
        found = await connection.execute(
            text("SELECT type, data FROM event WHERE type LIKE 'contact.%' ORDER BY sequence")
        )
        events = [(str(kind), str(data)) for kind, data in found.all()]
    assert [kind for kind, _ in events] == [
        "contact.received",
        "contact.withdrawn",
        "contact.restored",
    ]
    assert "in_error" in events[1][1]
    assert not any("laughed" in data or "Aberdeen" in data for _, data in events)


async def test_the_history_of_the_child_says_why_and_what_was_no_worry_needs_no_account(
    desk: Desk,
) -> None:
    kept, again = await twice(desk)
    done(await withdraw(desk, again, repeating(kept), WORKER))
    history = done(await desk.get(WORKER, f"/v1/contacts/{kept['id']}/history"))
    [earlier] = history["children"][0]["contacts"]
    assert (earlier["contact_id"], earlier["withdrawn_as"]) == (again["id"], "duplicate")
    assert (earlier["outcome"], earlier["decided_at"]) == (None, None)
    strip = done(await desk.get(WORKER, f"/v1/contacts/{kept['id']}/repeat-concern"))
    assert strip["children"][0]["earlier"] == []
    # No account of an earlier worry is asked for where there was none.
    assert (await desk.draft(kept, 0, "early_help"))["history"]["considered"] is None


async def test_what_was_passed_on_is_a_worry_that_the_next_decision_considers(desk: Desk) -> None:
    kept, other = await twice(desk)
    done(await withdraw(desk, other, ELSEWHERE))
    history = done(await desk.get(WORKER, f"/v1/contacts/{kept['id']}/history"))
    assert history["children"][0]["contacts"][0]["withdrawn_as"] == "not_ours"
    strip = done(await desk.get(WORKER, f"/v1/contacts/{kept['id']}/repeat-concern"))
    assert [one["contact_id"] for one in strip["children"][0]["earlier"]] == [other["id"]]
    child_id = kept["children"][0]["id"]
    refused = await desk.post(
        WORKER, f"/v1/contacts/{kept['id']}/decisions", decision_body(child_id, "early_help")
    )
    assert "/history/considered" in dict(
        faults(expect_refusal(refused, 422, "decision_incomplete"))
    )


async def test_the_partner_who_sent_it_sees_that_it_is_withdrawn_and_not_why(desk: Desk) -> None:
    sent = done(
        await desk.post(
            PARTNER,
            "/v1/multi-agency-referrals",
            multi_agency_referral_body(),
            organisation=SCHOOL,
        ),
        201,
    )
    done(await withdraw(desk, sent, ELSEWHERE))
    path = f"/v1/multi-agency-referrals/{sent['id']}"
    seen = done(await desk.get(PARTNER, path, organisation=SCHOOL))
    assert (seen["progress"], seen["decided_at"]) == ("withdrawn", None)
    assert seen["children"][0]["outcome"] is None
    assert "Aberdeen" not in str(seen)
    disagreement = await desk.post(
        PARTNER,
        f"{path}/disagreement",
        {"words": "They live here: the mother was at our gate this morning."},
        organisation=SCHOOL,
    )
    expect_refusal(disagreement, 409, "nothing_to_challenge")


async def test_withdrawn_contacts_are_counted_by_reason_and_as_nothing_else(desk: Desk) -> None:
    kept, again = await twice(desk)
    prank = await desk.contact(children=[ben()])
    done(await withdraw(desk, again, repeating(kept), WORKER))
    done(await withdraw(desk, prank, PRANK))
    await desk.sign(await desk.draft(kept, 0, "referral"))
    desk.clock.forward(days=1)
    for code in ("PI1", "conversion_rate", "no_further_action_rate"):
        total = done(await desk.get(MANAGER, f"/v1/measures/{code}"))["total"]
        assert total["denominator"] == 1, code
    measure = done(await desk.get(MANAGER, "/v1/measures/contacts_withdrawn?by=withdrawal_reason"))
    assert {one["group"]: one["numerator"] for one in measure["points"]} == {
        "duplicate": 1,
        "in_error": 1,
    }
    for point in measure["points"]:
        listed = done(await desk.get(MANAGER, point["cases"]["numerator"]))["items"]
        wanted = again if point["group"] == "duplicate" else prank
        assert [(one["id"], one["state"], one["decided_at"]) for one in listed] == [
            (wanted["id"], "withdrawn", None)
        ]
    by_state = done(await desk.get(WORKER, "/v1/contacts?state=withdrawn"))["items"]
    assert {one["id"] for one in by_state} == {again["id"], prank["id"]}


# ---- Who withdraws, and what it takes ------------------------------------------------------------


@pytest.mark.parametrize("body", [ELSEWHERE, PRANK])
async def test_a_worry_is_put_away_by_a_manager_who_did_not_write_it_down(
    desk: Desk, body: Body
) -> None:
    contact = await desk.contact()
    expect_refusal(await withdraw(desk, contact, body, WORKER), 403, "role_missing")
    own = done(await desk.post(MANAGER, "/v1/contacts", _logged(ben())), 201)
    expect_refusal(await withdraw(desk, own, body), 403, "own_contact")
    assert (await file_of(desk, own))["state"] == "received"
    assert done(await withdraw(desk, own, body, name="another manager"))["state"] == "withdrawn"
    assert done(await withdraw(desk, contact, body))["state"] == "withdrawn"


def _logged(*children: Body) -> Body:
    return contact_body(children=list(children))


@pytest.mark.parametrize(
    ("body", "at", "code"),
    [
        ({"reason": "duplicate", "words": TWICE}, "/repeats_contact_id", "missing"),
        ({**ELSEWHERE, "passed_to": None}, "/passed_to", "missing"),
        ({**PRANK, "words": "No further action."}, "/words", "boiler_plate"),
        ({**PRANK, "passed_to": "To the police."}, "/passed_to", "not_with_this_reason"),
        ({**PRANK, "told": "The police were told."}, "/told", "not_with_this_reason"),
    ],
)
async def test_a_withdrawal_says_where_the_worry_went(
    desk: Desk, body: Body, at: str, code: str
) -> None:
    refused = await withdraw(desk, await desk.contact(), body)
    assert (at, code) in faults(expect_refusal(refused, 422, "withdrawal_incomplete"))


async def test_what_is_urgent_is_passed_on_by_word_of_mouth(desk: Desk) -> None:
    danger = await desk.contact(immediate_danger=True)
    red = await desk.contact(children=[ben()])
    rated = {"rating": "red"}
    done(await desk.post(WORKER, f"/v1/contacts/{red['id']}/triage", rated, version=1))
    body = notification_body(risk="high", children=[child_body("Chidi", sex="M")])
    sent = done(await desk.post(PARTNER, "/v1/police-notifications", body, organisation=FORCE), 201)
    high = await file_of(desk, {"id": sent["contact_id"]})
    told = "Ms Innes, duty senior, at 16:10: she sends somebody today."
    for contact in (danger, red, high):
        refused = await withdraw(desk, contact, ELSEWHERE)
        problem = expect_refusal(refused, 422, "withdrawal_incomplete")
        assert faults(problem) == [("/told", "missing")]
        gone = done(await withdraw(desk, contact, {**ELSEWHERE, "told": told}))
        assert gone["withdrawals"][0]["told"] == told


async def test_what_does_not_repeat_another_contact_is_not_put_away_as_a_repetition(
    desk: Desk,
) -> None:
    kept, again = await twice(desk)
    more = await desk.contact(
        children=[child_body(person_id=kept["children"][0]["person_id"]), ben()]
    )
    urgent = await desk.contact(
        children=[child_body(person_id=kept["children"][0]["person_id"])], immediate_danger=True
    )
    gone = await desk.contact(children=[ben()])
    done(await withdraw(desk, gone, PRANK))
    unknown = {"id": "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"}
    for contact, named, words in (
        (again, again, "another than this one"),
        (again, unknown, "that you may see"),
        (again, gone, "withdrawn itself"),
        (more, kept, "The child at place 1 here does not stand on that contact"),
        (urgent, kept, "more urgent"),
    ):
        refused = await withdraw(desk, contact, repeating(named), WORKER)
        problem = expect_refusal(refused, 422, "not_a_repeat")
        assert words in problem["errors"][0]["message"]
        assert (await file_of(desk, contact))["state"] == "received"
    # The child who was missing there is put there, and then nothing is lost by it.
    version = (await file_of(desk, kept))["version"]
    added = await desk.patch(
        WORKER,
        f"/v1/contacts/{kept['id']}",
        {
            "reason": "The brother was told of in the second call.",
            "children": [ben(person_id=more["children"][1]["person_id"])],
        },
        version=version,
    )
    done(added)
    done(await withdraw(desk, more, repeating(kept), WORKER))


async def test_what_is_told_again_after_a_decision_is_a_new_worry(desk: Desk) -> None:
    kept = await desk.contact()
    await desk.sign(await desk.draft(kept, 0, "no_further_action"))
    desk.clock.forward(minutes=5)
    later = await desk.contact(
        children=[child_body(person_id=kept["children"][0]["person_id"])],
        received_at="2026-10-23T15:04:00Z",
    )
    problem = expect_refusal(
        await withdraw(desk, later, repeating(kept), WORKER), 422, "not_a_repeat"
    )
    assert "is a new worry" in problem["errors"][0]["message"]


async def test_a_contact_with_a_decision_says_what_to_do_instead(desk: Desk) -> None:
    contact = await desk.contact()
    draft = await desk.draft(contact, 0, "early_help")
    refused = expect_refusal(
        await withdraw(desk, contact, PRANK), 409, "contact_cannot_be_withdrawn"
    )
    assert refused["allowed"] == ["withdraw_decision"]
    await desk.sign(draft)
    refused = expect_refusal(
        await withdraw(desk, contact, PRANK), 409, "contact_cannot_be_withdrawn"
    )
    assert (refused["state"], refused["allowed"]) == ("decided", ["supersede"])


async def test_nothing_is_done_with_a_withdrawn_contact_but_to_restore_it(desk: Desk) -> None:
    contact = await desk.contact()
    done(await withdraw(desk, contact, PRANK))
    for path, body in (
        ("triage", {"rating": "red"}),
        ("assignment", {"worker_id": str(await desk.account_of(WORKER))}),
        ("withdrawal", PRANK),
    ):
        version = (await file_of(desk, contact))["version"]
        path = f"/v1/contacts/{contact['id']}/{path}"
        refused = expect_refusal(
            await desk.post(MANAGER, path, body, version=version), 409, "wrong_state"
        )
        assert refused["state"] == "withdrawn"
        assert "restore" in refused["allowed"]
    decided = await desk.post(
        WORKER,
        f"/v1/contacts/{contact['id']}/decisions",
        decision_body(contact["children"][0]["id"], "early_help"),
    )
    expect_refusal(decided, 409, "wrong_state")


# ---- Taken back ----------------------------------------------------------------------------------


async def test_a_restored_contact_is_on_the_desk_with_its_clocks_as_if_they_had_not_stopped(
    desk: Desk,
) -> None:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}"
    done(await desk.post(WORKER, f"{path}/triage", {"rating": "red"}, version=1))
    before = await file_of(desk, contact)
    desk.clock.forward(minutes=30)
    told = {**ELSEWHERE, "told": "Ms Innes, duty senior, at 16:10."}
    done(await withdraw(desk, contact, told))
    desk.clock.forward(days=2)
    expect_refusal(await restore(desk, contact, "Agreed."), 422, "own_words_needed")
    back = done(await restore(desk, contact))
    assert (back["state"], back["decided_at"]) == ("in_triage", None)
    assert running(back) == running(before) != set()
    assert [one["action"] for one in back["withdrawals"]] == ["withdrawn", "restored"]
    assert back["withdrawals"][1]["words"] == BACK
    assert await queued(desk) == {contact["id"]}
    # What ran out meanwhile is late, and somebody is told.
    await sweep(desk.house)
    assert done(await desk.get(MANAGER, "/v1/flags"))["items"] != []
    total = done(await desk.get(MANAGER, "/v1/measures/contacts_withdrawn"))["total"]
    assert total["numerator"] == 0
    assert (await desk.sign(await desk.draft(back, 0, "referral")))["state"] == "signed"
    expect_refusal(await restore(desk, contact), 409, "wrong_state")
    await nothing_impossible(desk)


async def test_the_contact_that_keeps_anothers_worry_is_not_withdrawn_before_that_is_restored(
    desk: Desk,
) -> None:
    kept, again = await twice(desk)
    done(await withdraw(desk, again, repeating(kept), WORKER))
    refused = await withdraw(desk, kept, PRANK)
    problem = expect_refusal(refused, 409, "contact_cannot_be_withdrawn")
    assert "restore the other one first" in problem["detail"]
    done(await restore(desk, again))
    done(await withdraw(desk, kept, repeating(again), WORKER))


async def test_of_two_that_are_withdrawn_at_once_as_repetitions_of_each_other_one_is_kept(
    desk: Desk,
) -> None:
    kept, again = await twice(desk)
    answers = await asyncio.gather(
        withdraw(desk, kept, repeating(again), WORKER),
        withdraw(desk, again, repeating(kept), WORKER),
    )
    assert sorted(one.status_code for one in answers) != [200, 200]
    states = {(await file_of(desk, one))["state"] for one in (kept, again)}
    assert "received" in states


# ---- Police notifications ------------------------------------------------------------------------


async def test_a_withdrawn_notification_leaves_the_agenda_and_comes_back_to_it(desk: Desk) -> None:
    body = notification_body(risk="standard")
    sent = done(await desk.post(PARTNER, "/v1/police-notifications", body, organisation=FORCE), 201)
    contact = {"id": sent["contact_id"]}
    before = await file_of(desk, contact)
    day = (await _item(desk, sent))["waits_for"]
    done(await withdraw(desk, contact, PRANK))
    seen = await _item(desk, sent)
    assert (seen["waits_for"], seen["progress"]) == (None, "withdrawn")
    await nothing_impossible(desk)
    done(await restore(desk, contact))
    assert (await _item(desk, sent))["waits_for"] == day
    assert running(await file_of(desk, contact)) == running(before)
    await nothing_impossible(desk)


async def _item(desk: Desk, sent: Body) -> Body:
    path = f"/v1/police-notifications/{sent['id']}"
    return done(await desk.get(PARTNER, path, organisation=FORCE))


async def test_what_the_police_send_later_is_read_before_a_withdrawal_and_after_it(
    desk: Desk,
) -> None:
    async def send(**changes: Any) -> Body:
        body = notification_body(risk="standard", **changes)
        answer = await desk.post(PARTNER, "/v1/police-notifications", body, organisation=FORCE)
        assert answer.status_code in (200, 201), answer.text
        found: Body = answer.json()
        return found

    sent = await send()
    contact = {"id": sent["contact_id"]}
    await send(concern="He came back with a knife; the youngest saw it.")
    refused = await withdraw(desk, contact, PRANK)
    problem = expect_refusal(refused, 409, "contact_cannot_be_withdrawn")
    assert problem["allowed"] == ["read_police_updates"]
    version = (await file_of(desk, contact))["version"]
    path = f"/v1/contacts/{contact['id']}/police-updates-read"
    words = {"words": "The force took the wrong family: the address is next door."}
    done(await desk.post(WORKER, path, words, version=version))
    done(await withdraw(desk, contact, PRANK))
    assert await queued(desk) == set()
    await send(concern="It was the right family after all: the mother rang again.")
    assert await queued(desk) == {contact["id"]}


# ---- The schema ----------------------------------------------------------------------------------


async def test_a_database_with_a_withdrawn_contact_does_not_go_back(desk: Desk) -> None:
    contact = await desk.contact()
    done(await withdraw(desk, contact, PRANK))
    with pytest.raises(CannotGoBack, match="contacts that were withdrawn"):
        await migrate_database(desk.house.database, "0018")


# ---- Danger is looked at before anything of it goes ----------------------------------------------


async def test_danger_is_no_error_before_somebody_made_sure_that_nobody_is_in_it(
    desk: Desk,
) -> None:
    contact = await desk.contact(immediate_danger=True)
    refused = expect_refusal(await withdraw(desk, contact, PRANK), 422, "withdrawal_incomplete")
    assert faults(refused) == [("/told", "missing")]
    assert (await file_of(desk, contact))["state"] == "received"
    sure = {**PRANK, "told": "The head, at ten past four: there is no such boy."}
    assert done(await withdraw(desk, contact, sure))["state"] == "withdrawn"


async def test_a_child_is_taken_off_a_contact_in_danger_by_a_manager_alone(desk: Desk) -> None:
    contact = await desk.contact(
        children=[child_body("Ada"), ben()], immediate_danger=True, channel="telephone"
    )
    path = f"/v1/contacts/{contact['id']}/children/{contact['children'][1]['id']}/removal"
    body = {"because": "The neighbour meant the girl alone, and rang back to say so."}
    answer = await desk.post(WORKER, path, body, version=contact["version"])
    expect_refusal(answer, 403, "child_in_danger_needs_a_manager")
    assert len((await file_of(desk, contact))["children"]) == 2
    after = done(await desk.post(MANAGER, path, body, version=contact["version"]))
    assert len(after["children"]) == 1


async def test_once_a_manager_has_rated_danger_down_a_worker_takes_a_child_off(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body("Ada"), ben()], immediate_danger=True)
    down = {"rating": "amber", "rationale": "The officer who went there saw both children safe."}
    path = f"/v1/contacts/{contact['id']}"
    rated = done(await desk.post(MANAGER, f"{path}/triage", down, version=contact["version"]))
    path = f"{path}/children/{contact['children'][1]['id']}/removal"
    body = {"because": "The neighbour meant the girl alone, and rang back to say so."}
    after = done(await desk.post(WORKER, path, body, version=rated["version"]))
    assert len(after["children"]) == 1
