"""A draft is withdrawn before anybody signs it: the contact is as before it, the draft is kept."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.domain.access import Role
from service.persistence.migrating import migrate_database
from service.persistence.schema_steps import CannotGoBack
from tests.support.builders import Body, child_body, decision_body, sign_off_body
from tests.support.desks import Desk, done, expect_refusal

WORKER, MANAGER = Role.mash_worker, Role.mash_manager
BECAUSE = "Drafted for the wrong sister: the school spoke of the older one."


async def withdraw(
    desk: Desk, decision: Body, role: Role = WORKER, because: str = BECAUSE, **who: Any
) -> httpx.Response:
    return await desk.post(
        role,
        f"/v1/decisions/{decision['id']}/withdrawal",
        {"because": because},
        version=decision["version"],
        **who,
    )


async def file_of(desk: Desk, contact: Body) -> Body:
    return done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))


def running(file: Body) -> set[tuple[str, str]]:
    return {(one["kind"], one["due_at"]) for one in file["deadlines"] if not one["stopped_at"]}


@pytest.mark.parametrize(("siblings", "waits"), [(0, "awaiting_sign_off"), (1, "received")])
async def test_ones_own_draft_is_withdrawn_and_the_contact_is_as_before_it(
    desk: Desk, siblings: int, waits: str
) -> None:
    others = [child_body("Ben", date_of_birth="2020-02-02", sex="M")] * siblings
    before = await desk.contact(children=[child_body(), *others])
    draft = await desk.draft(before, 0, "early_help")
    assert (await file_of(desk, before))["state"] == waits
    desk.clock.forward(minutes=5)
    withdrawn = done(await withdraw(desk, draft))
    assert withdrawn["state"] == "withdrawn"
    assert withdrawn["withdrawal"] == {
        "because": BECAUSE,
        "at": "2026-10-23T15:05:00Z",
        "by": str(await desk.account_of(WORKER)),
    }
    assert (withdrawn["superseded_at"], withdrawn["sign_off"]) == (None, None)
    assert [one["stopped_because"] for one in withdrawn["deadlines"]] == ["withdrawn"]
    assert withdrawn["rationale"] == draft["rationale"]
    after = await file_of(desk, before)
    assert after["state"] == ("received" if siblings else "in_triage")
    assert after["children"][0]["state"] == "undecided"
    assert running(after) == running(before)
    assert [one["state"] for one in after["decisions"]] == ["withdrawn"]
    assert await events_of(desk, draft) == ["decision.drafted", "decision.withdrawn"]
    queue = done(await desk.get(MANAGER, "/v1/queues/sign-off"))
    assert queue["items"] == []
    # What was put right is drafted anew, as if nothing had been drafted before.
    second = await desk.draft(before, 0, "no_further_action")
    assert second["supersedes"] is None
    assert (await desk.sign(second))["state"] == "signed"


async def events_of(desk: Desk, decision: Body) -> list[str]:
    async with desk.house.database.reading() as connection:
        found = await connection.execute(
            text("SELECT type FROM event WHERE type LIKE 'decision.%' ORDER BY sequence")
        )
        return [str(one) for one in found.scalars()]


async def test_after_a_withdrawal_what_was_recorded_can_be_amended_again(desk: Desk) -> None:
    contact = await desk.contact()
    draft = await desk.draft(contact, 0, "early_help")
    path = f"/v1/contacts/{contact['id']}"
    sent = {"reason": "The school rang back.", "town": "Riverbourne"}

    async def amend() -> httpx.Response:
        version = (await file_of(desk, contact))["version"]
        headers = desk.headers(WORKER, version=version)
        return await desk.client.patch(path, json=sent, headers=headers)

    refused = expect_refusal(await amend(), 409, "contact_already_decided")
    assert "withdraw" in refused["allowed"]
    done(await withdraw(desk, draft))
    assert done(await amend())["town"] == "Riverbourne"


async def test_a_manager_withdraws_anybodys_draft_and_nobody_else_that_of_another(
    desk: Desk,
) -> None:
    draft = await desk.draft(await desk.contact(), 0, "early_help")
    other = await withdraw(desk, draft, name="another worker")
    expect_refusal(other, 403, "not_your_draft")
    expect_refusal(await withdraw(desk, draft, Role.early_help_spoc_manager), 403, "role_missing")
    assert done(await withdraw(desk, draft, MANAGER))["state"] == "withdrawn"


async def test_a_withdrawn_change_of_mind_leaves_the_signed_decision_standing(desk: Desk) -> None:
    contact, first = await desk.decided("referral")
    because = {"decision_id": first["id"], "because": "The hospital says otherwise."}
    second = await desk.draft(contact, 0, "early_help", supersedes=because)
    done(await withdraw(desk, second))
    file = await file_of(desk, contact)
    assert (file["state"], file["children"][0]["state"]) == ("decided", "decided")
    assert [one["state"] for one in file["decisions"]] == ["signed", "withdrawn"]
    third = await desk.draft(contact, 0, "early_help", supersedes=because)
    assert (await desk.sign(third))["state"] == "signed"


async def test_what_is_signed_or_returned_or_withdrawn_is_not_withdrawn(desk: Desk) -> None:
    _, signed = await desk.decided("early_help")
    contact = await desk.contact(children=[child_body("Ben", date_of_birth="2020-02-02")])
    draft = await desk.draft(contact, 0, "early_help")
    returned = await desk.sign(draft, "returned")
    gone = done(await withdraw(desk, await desk.draft(contact, 0, "early_help")))
    for decision, allowed in ((signed, ["supersede"]), (returned, []), (gone, [])):
        refused = expect_refusal(await withdraw(desk, decision), 409, "wrong_state")
        assert (refused["state"], refused["allowed"]) == (decision["state"], allowed)
    path = f"/v1/decisions/{gone['id']}/sign-off"
    late = await desk.post(MANAGER, path, sign_off_body(), version=gone["version"])
    expect_refusal(late, 409, "wrong_state")


async def test_a_withdrawal_says_why_and_of_which_version(desk: Desk) -> None:
    draft = await desk.draft(await desk.contact(), 0, "early_help")
    expect_refusal(await withdraw(desk, draft, because="Agreed."), 422, "own_words_needed")
    expect_refusal(await withdraw(desk, {**draft, "version": 9}), 412, "stale")
    # After a return a draft names what it answers; a withdrawn one in between is not that.
    contact_path = f"/v1/contacts/{draft['contact_id']}/decisions"
    await desk.sign(draft, "returned")
    again = decision_body(draft["child_id"], "early_help")
    second = done(await desk.post(WORKER, contact_path, again), 201)
    assert second["supersedes"]["decision_id"] == draft["id"]
    done(await withdraw(desk, second))
    third = done(await desk.post(WORKER, contact_path, again), 201)
    assert third["supersedes"]["decision_id"] == draft["id"]


async def test_a_database_with_a_withdrawn_draft_does_not_go_back(desk: Desk) -> None:
    await withdraw(desk, await desk.draft(await desk.contact(), 0, "early_help"))
    with pytest.raises(CannotGoBack, match="withdrawn as drafts"):
        await migrate_database(desk.house.database, "0017")
