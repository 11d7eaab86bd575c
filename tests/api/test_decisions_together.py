"""One family, one act, over HTTP: drafted together, signed together, all of it or nothing."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from service.domain.access import Role
from service.domain.events import Event
from service.persistence.records import columns_of, read, table_of
from tests.support.builders import (
    PROMPTS,
    child_body,
    decision_body,
    sign_off_body,
)
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, MANAGER = Role.mash_worker, Role.mash_manager
NAMES = ("Amara", "Chidi", "Efe", "Ife")
BIRTHDAYS = ("2012-04-09", "2014-05-10", "2018-06-11", "2021-07-12")


async def family_of_four(desk: Desk) -> dict[str, Any]:
    children = [
        child_body(name, date_of_birth=born) for name, born in zip(NAMES, BIRTHDAYS, strict=True)
    ]
    return await desk.contact(children=children)


def said_of_all(**changes: Any) -> dict[str, Any]:
    """What is said of every child of the family: a referral under section 17."""
    body = decision_body(uuid4())
    del body["child_id"]
    return {**body, **changes}


def together(contact: dict[str, Any], *own: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The family's body: `own` is what differs, child by child."""
    differing = [*own, *({} for _ in contact["children"][len(own) :])]
    children = [
        {"child_id": child["id"], **more}
        for child, more in zip(contact["children"], differing, strict=True)
    ]
    return {**said_of_all(**changes), "children": children}


async def draft(desk: Desk, contact: dict[str, Any], body: dict[str, Any]) -> Any:
    return await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions/together", body)


async def sign(desk: Desk, drafted: dict[str, Any], body: dict[str, Any], **who: Any) -> Any:
    path = f"/v1/contacts/{drafted['contact_id']}/sign-off"
    who.setdefault("version", drafted["contact_version"])
    return await desk.post(who.pop("role", MANAGER), path, body, **who)


def places(problem: dict[str, Any]) -> set[str]:
    """Where the faults are."""
    return {pointer for pointer, _ in faults(problem)}


async def events_of(desk: Desk, kind: str) -> list[Event]:
    async def look(ask: Any) -> list[Event]:
        table = table_of(Event)
        of_kind = select(*columns_of(Event)).where(table.c.type == kind).order_by(table.c.id)
        rows = await ask.all(of_kind)
        return [read(Event, row) for row in rows]

    return await desk.house.ask(look)


async def test_a_family_of_four_is_drafted_in_one_act_and_signed_in_one(desk: Desk) -> None:
    contact = await family_of_four(desk)
    answer = await draft(desk, contact, together(contact))
    drafted = done(answer, 201)
    assert answer.headers["location"] == f"/v1/contacts/{contact['id']}"
    assert [one["child_id"] for one in drafted["decisions"]] == [
        child["id"] for child in contact["children"]
    ]
    assert {one["state"] for one in drafted["decisions"]} == {"awaiting_sign_off"}
    assert drafted["contact_state"] == "awaiting_sign_off"
    assert all(one["deadlines"][0]["kind"] == "sign_off" for one in drafted["decisions"])
    [event] = await events_of(desk, "decision.drafted")
    assert event.subject_id.hex == contact["id"].replace("-", "")
    assert [str(one) for one in event.people] == [
        child["person_id"] for child in contact["children"]
    ]
    assert [one["decision_id"] for one in event.data["decisions"]] == [
        one["id"] for one in drafted["decisions"]
    ]

    signed = done(await sign(desk, drafted, sign_off_body()))
    assert {one["state"] for one in signed["decisions"]} == {"signed"}
    assert len({one["referral_id"] for one in signed["decisions"]}) == 4
    assert signed["contact_state"] == "decided"
    [event] = await events_of(desk, "decision.signed")
    assert len(event.people) == 4
    assert [one["led_to"] for one in event.data["decisions"]] == [
        one["referral_id"] for one in signed["decisions"]
    ]
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert {child["state"] for child in file["children"]} == {"decided"}
    running = {one["kind"] for one in file["deadlines"] if one["stopped_at"] is None}
    assert running == {"acknowledge_referrer", "allocation", "single_assessment"}


async def test_what_is_said_together_is_what_would_be_said_one_by_one(desk: Desk) -> None:
    contact = await desk.contact()
    [alone] = done(await draft(desk, contact, together(contact)), 201)["decisions"]
    other = await desk.contact(children=[child_body("Bola", date_of_birth="2016-02-03")])
    path = f"/v1/contacts/{other['id']}/decisions"
    singly = done(await desk.post(WORKER, path, decision_body(other["children"][0]["id"])), 201)
    apart = {"id", "contact_id", "child_id", "person_id", "deadlines", "repeat_concern"}
    assert {name: alone[name] for name in set(alone) - apart} == {
        name: singly[name] for name in set(singly) - apart
    }


async def test_siblings_part_ways_and_one_is_returned_while_the_rest_is_signed(desk: Desk) -> None:
    contact = await family_of_four(desk)
    why = "She lives with her aunt, saw none of it, and the aunt herself asks for early help."
    apart = {"outcome": "early_help", "level_of_need": 3, "rationale": why}
    voice = {"prompt": "child_voice", "answer": "He says that he hides in the cupboard."}
    body = together(contact, apart, {"prompts": [voice]})
    drafted = done(await draft(desk, contact, body), 201)
    first, second, third, _ = drafted["decisions"]
    assert (first["outcome"], first["rationale"], first["statutory_basis"]) == (
        "early_help",
        why,
        None,
    )
    told = {line["prompt"]: line["answer"] for line in second["prompts"]}
    assert told["child_voice"] == voice["answer"]
    assert set(told) == set(PROMPTS)

    words = "Say what the eldest herself tells of the night before this can be agreed."
    otherwise = [{"decision_id": third["id"], "outcome": "returned", "words": words}]
    signed = done(await sign(desk, drafted, sign_off_body(otherwise=otherwise)))
    assert [one["state"] for one in signed["decisions"]] == [
        "signed",
        "signed",
        "returned",
        "signed",
    ]
    assert signed["decisions"][2]["sign_off"]["words"] == words
    assert signed["decisions"][0]["early_help_episode_id"] is not None
    assert signed["contact_state"] == "in_triage"
    assert len((await events_of(desk, "decision.signed"))[0].people) == 3
    [returned] = await events_of(desk, "decision.returned")
    assert returned.subject_id.hex == third["id"].replace("-", "")

    # The one that came back is drafted again, and its signature is the last.
    again = {**together(contact), "children": [{"child_id": third["child_id"]}]}
    drafted = done(await draft(desk, contact, again), 201)
    assert drafted["decisions"][0]["supersedes"]["decision_id"] == third["id"]
    assert done(await sign(desk, drafted, sign_off_body()))["contact_state"] == "decided"


async def test_every_fault_of_every_child_is_told_at_once_and_nothing_is_changed(
    desk: Desk,
) -> None:
    contact = await family_of_four(desk)
    before = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    own = (
        {"rationale": "As above."},
        {"prompts": [{"prompt": "child_voice"}]},
        {"outcome": "early_help", "level_of_need": 1, "rationale": "n/a"},
        {"receiving_team_id": "early-help-east"},
    )
    body = together(contact, *own, agencies=[])
    problem = expect_refusal(await draft(desk, contact, body), 422, "decision_incomplete")
    assert places(problem) == {
        "/agencies",
        "/children/0/rationale",
        "/children/1/prompts/0",
        "/children/2/level_of_need",
        "/children/2/rationale",
        "/children/3/receiving_team_id",
    }
    assert done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}")) == before
    assert await events_of(desk, "decision.drafted") == []


async def test_what_stands_in_the_way_of_one_child_is_told_with_what_is_wrong_for_another(
    desk: Desk,
) -> None:
    contact = await family_of_four(desk)
    waiting = await desk.draft(contact, 1, "referral")
    body = together(contact, {"rationale": "n/a"})
    problem = expect_refusal(await draft(desk, contact, body), 422, "decisions_not_possible")
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [
        ("/children/0/rationale", "boiler_plate"),
        ("/children/1", "decision_awaiting_sign_off"),
    ]
    superseding = {
        "supersedes": {
            "decision_id": waiting["id"],
            "because": "The four were together in the kitchen, so they are decided together.",
        }
    }
    drafted = done(await draft(desk, contact, together(contact, {}, superseding)), 201)
    assert len(drafted["decisions"]) == 4
    kept = done(await desk.get(WORKER, f"/v1/decisions/{waiting['id']}"))
    assert kept["state"] == "superseded"


async def test_a_child_of_another_contact_and_a_child_named_twice_are_refused(desk: Desk) -> None:
    contact = await family_of_four(desk)
    body = together(contact)
    body["children"][1]["child_id"] = str(uuid4())
    expect_refusal(await draft(desk, contact, body), 404, "child_not_on_contact")
    body["children"][1]["child_id"] = body["children"][0]["child_id"]
    problem = expect_refusal(await draft(desk, contact, body), 422, "decisions_not_possible")
    assert places(problem) == {"/children/1/child_id"}


async def test_sent_again_under_the_same_key_it_is_answered_as_before(desk: Desk) -> None:
    contact = await family_of_four(desk)
    path, body = f"/v1/contacts/{contact['id']}/decisions/together", together(contact)
    key = uuid4()
    first = await desk.post(WORKER, path, body, key=key)
    again = await desk.post(WORKER, path, body, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert len(await events_of(desk, "decision.drafted")) == 1


async def test_nothing_is_signed_unread_and_nobody_signs_their_own(desk: Desk) -> None:
    contact = await family_of_four(desk)
    drafted = done(await draft(desk, contact, together(contact)), 201)
    version = drafted["contact_version"]
    expect_refusal(await sign(desk, drafted, sign_off_body(), version=version - 1), 412, "stale")
    worker = await sign(desk, drafted, sign_off_body(), role=WORKER)
    assert worker.status_code == 403
    assert {
        one["state"]
        for one in done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))["decisions"]
    } == {"awaiting_sign_off"}
    own = done(
        await desk.post(
            MANAGER,
            f"/v1/contacts/{(other := await desk.contact())['id']}/decisions/together",
            together(other),
        ),
        201,
    )
    expect_refusal(await sign(desk, own, sign_off_body()), 403, "own_decision")
    assert done(await sign(desk, own, sign_off_body(), name="Another Manager"))


async def test_a_signature_of_all_says_which_words_say_nothing_and_what_does_not_wait(
    desk: Desk,
) -> None:
    contact = await family_of_four(desk)
    drafted = done(await draft(desk, contact, together(contact)), 201)
    first, second, *_ = (one["id"] for one in drafted["decisions"])

    def otherwise(*decisions: str, words: str = "Say what the school has seen of him.") -> Any:
        lines = [{"decision_id": one, "outcome": "returned", "words": words} for one in decisions]
        return sign_off_body(words="Agreed.", otherwise=lines)

    problem = expect_refusal(
        await sign(desk, drafted, otherwise(second, words="n/a")), 422, "own_words_needed"
    )
    assert places(problem) == {"/words", "/otherwise/0/words"}
    problem = expect_refusal(
        await sign(desk, drafted, otherwise(first, first, str(uuid4()))), 422, "sign_off_unclear"
    )
    assert places(problem) == {"/otherwise/1/decision_id", "/otherwise/2/decision_id"}
    signed = done(await sign(desk, drafted, sign_off_body()))
    assert signed["contact_state"] == "decided"
    again = await sign(desk, signed, sign_off_body())
    assert expect_refusal(again, 409, "wrong_state")["state"] == "decided"


async def test_all_are_returned_in_one_act(desk: Desk) -> None:
    contact = await family_of_four(desk)
    drafted = done(await draft(desk, contact, together(contact)), 201)
    returned = done(await sign(desk, drafted, sign_off_body("returned")))
    assert {one["state"] for one in returned["decisions"]} == {"returned"}
    assert returned["contact_state"] == "in_triage"
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert {child["state"] for child in file["children"]} == {"undecided"}
    assert done(await draft(desk, contact, together(contact)), 201)["decisions"]


@pytest.mark.parametrize("left_out", ["rationale", "outcome", "level_of_need"])
async def test_no_outcome_no_level_and_no_rationale_has_a_default(
    desk: Desk, left_out: str
) -> None:
    contact = await family_of_four(desk)
    body = together(contact)
    del body[left_out]
    problem = expect_refusal(await draft(desk, contact, body), 422, "decisions_not_possible")
    assert places(problem) == {f"/{left_out}"}
