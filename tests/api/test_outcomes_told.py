"""Rule 16: the referrer is told that it arrived, and the outcome; until then it stays on a desk."""

import pytest

from service.domain.access import Role
from tests.support.builders import Body, child_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.notifications import FORCE, notification_body

WORDS = "Rang the school: early help will call them, and how to disagree."


async def queue(desk: Desk, name: str, role: Role = Role.mash_worker) -> list[Body]:
    found: list[Body] = done(await desk.get(role, f"/v1/queues/{name}"))["items"]
    return found


async def again(desk: Desk, contact: Body, role: Role = Role.mash_worker) -> Body:
    return done(await desk.get(role, f"/v1/contacts/{contact['id']}"))


async def tell(desk: Desk, contact: Body, told_at: str, **changes: object) -> Body:
    answer = await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{contact['id']}/outcome-told",
        {"told_at": told_at, "how": "telephone", "words": WORDS, **changes},
        version=(await again(desk, contact))["version"],
    )
    return done(answer)


def stopped(contact: Body) -> dict[str, str | None]:
    return {one["kind"]: one["stopped_at"] for one in contact["deadlines"]}


async def test_a_decided_contact_stays_on_the_desk_until_its_referrer_is_told_that_it_arrived(
    desk: Desk,
) -> None:
    contact, _ = await desk.decided("no_further_action")
    [line] = await queue(desk, "contacts")
    assert line["contact_id"] == contact["id"]
    assert line["next_action"] == "acknowledge_referrer"
    assert [clock["kind"] for clock in line["deadlines"]] == ["acknowledge_referrer"]
    assert line["due_at"] == line["deadlines"][0]["due_at"] == "2026-10-26T23:59:59Z"
    done(
        await desk.post(
            Role.mash_worker,
            f"/v1/contacts/{contact['id']}/acknowledgement",
            {"words": "Rang the school."},
            version=(await again(desk, contact))["version"],
        )
    )
    assert await queue(desk, "contacts") == []


async def test_it_stays_with_whoever_works_it_and_with_nobody_else(desk: Desk) -> None:
    contact = await desk.contact()
    me = await desk.account_of(Role.mash_worker)
    done(
        await desk.post(
            Role.mash_worker,
            f"/v1/contacts/{contact['id']}/assignment",
            {"worker_id": str(me)},
            version=contact["version"],
        )
    )
    await desk.sign(await desk.draft(contact, 0, "no_further_action"))
    assert [line["contact_id"] for line in await queue(desk, "mine")] == [contact["id"]]
    assert await queue(desk, "mine", Role.mash_manager) == []
    assert [
        line["contact_id"]
        for line in done(await desk.get(Role.mash_worker, f"/v1/queues/contacts?assignee_id={me}"))[
            "items"
        ]
    ] == [contact["id"]]
    unassigned = await desk.get(Role.mash_worker, "/v1/queues/contacts?unassigned=true")
    assert done(unassigned)["items"] == []


async def test_a_decided_contact_whose_referrer_gave_no_name_leaves_the_desk(desk: Desk) -> None:
    contact = await desk.contact(source_code="9", referrer={})
    await desk.sign(await desk.draft(contact, 0, "no_further_action"))
    assert await queue(desk, "contacts") == []
    version = (await again(desk, contact))["version"]
    for step, body in (
        ("acknowledgement", {"words": "Rang."}),
        ("outcome-told", {"told_at": "2026-10-23T15:00:00Z", "how": "letter", "words": WORDS}),
    ):
        refused = await desk.post(
            Role.mash_worker, f"/v1/contacts/{contact['id']}/{step}", body, version=version
        )
        problem = expect_refusal(refused, 409, "nobody_to_tell")
        assert "acknowledge_referrer" not in problem["allowed"]
        assert "tell_outcome" not in problem["allowed"]


async def test_many_decided_contacts_come_after_one_another_by_page(desk: Desk) -> None:
    ids = set()
    for place in range(4):
        contact = await desk.contact(children=[child_body(f"Child{place}")])
        ids.add(contact["id"])
        if place % 2:
            await desk.sign(await desk.draft(contact, 0, "no_further_action"))
        desk.clock.forward(minutes=1)
    seen: list[str] = []
    page = "/v1/queues/contacts?limit=1"
    while page:
        answer = done(await desk.get(Role.mash_worker, page))
        seen += [line["contact_id"] for line in answer["items"]]
        page = answer["next"]
    assert len(seen) == 4
    assert set(seen) == ids


async def test_that_the_outcome_was_told_is_kept_with_how_and_when_and_in_which_words(
    desk: Desk,
) -> None:
    contact, _ = await desk.decided("early_help")
    assert (await again(desk, contact))["outcome_known_at"] is None
    desk.clock.forward(hours=1)
    told = await tell(desk, contact, "2026-10-23T15:40:00Z")
    [telling] = told["outcome_tellings"]
    assert telling == {
        "told_at": "2026-10-23T15:40:00Z",
        "how": "telephone",
        "words": WORDS,
        "recorded_at": "2026-10-23T16:00:00Z",
        "recorded_by": str(await desk.account_of(Role.mash_worker)),
    }
    assert told["outcome_known_at"] == "2026-10-23T15:40:00Z"
    # Whoever is told what came of it is told that it arrived.
    assert told["acknowledged_at"] == "2026-10-23T16:00:00Z"
    assert stopped(told)["acknowledge_referrer"] == "2026-10-23T16:00:00Z"
    assert await queue(desk, "contacts") == []


async def test_a_changed_mind_is_told_as_well_and_the_first_acknowledgement_stands(
    desk: Desk,
) -> None:
    contact, _ = await desk.decided("early_help")
    await tell(desk, contact, "2026-10-23T15:00:00Z")
    desk.clock.forward(hours=2)
    told = await tell(desk, contact, "2026-10-23T16:30:00Z", how="letter", words="Another word.")
    assert [one["how"] for one in told["outcome_tellings"]] == ["telephone", "letter"]
    assert told["outcome_known_at"] == "2026-10-23T16:30:00Z"
    assert told["acknowledged_at"] == "2026-10-23T15:00:00Z"
    assert await again(desk, contact) == told


@pytest.mark.parametrize("told_at", ["2026-10-23T14:59:59Z", "2026-10-23T15:06:01Z"])
async def test_an_outcome_is_told_neither_before_it_was_signed_nor_in_time_to_come(
    desk: Desk, told_at: str
) -> None:
    contact, _ = await desk.decided("early_help")
    refused = await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{contact['id']}/outcome-told",
        {"told_at": told_at, "how": "telephone", "words": WORDS},
        version=(await again(desk, contact))["version"],
    )
    problem = expect_refusal(refused, 422, "time_not_possible")
    assert faults(problem) == [("/told_at", "time_not_possible")]


async def test_nothing_is_told_of_an_outcome_before_every_child_is_decided(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body("Amara"), child_body("Ben")])
    await desk.sign(await desk.draft(contact, 0, "early_help"))
    refused = await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{contact['id']}/outcome-told",
        {"told_at": "2026-10-23T15:00:00Z", "how": "telephone", "words": WORDS},
        version=(await again(desk, contact))["version"],
    )
    problem = expect_refusal(refused, 409, "wrong_state")
    assert "acknowledge_referrer" in problem["allowed"]


async def test_what_is_possible_on_a_decided_contact_is_named_where_something_else_is_refused(
    desk: Desk,
) -> None:
    contact, _ = await desk.decided("no_further_action")
    version = (await again(desk, contact))["version"]
    path = f"/v1/contacts/{contact['id']}/triage"
    refused = await desk.post(Role.mash_worker, path, {"rating": "red"}, version=version)
    problem = expect_refusal(refused, 409, "wrong_state")
    assert problem["allowed"] == ["acknowledge_referrer", "tell_outcome"]
    await tell(desk, contact, "2026-10-23T15:00:00Z")
    refused = await desk.post(Role.mash_worker, path, {"rating": "red"}, version=version + 1)
    assert expect_refusal(refused, 409, "wrong_state")["allowed"] == ["tell_outcome"]


async def test_what_the_referrer_was_told_of_all_children_is_hidden_from_who_sees_one_of_them(
    desk: Desk,
) -> None:
    contact = await desk.contact(children=[child_body("Amara"), child_body("Ben")])
    await desk.sign(await desk.draft(contact, 0, "early_help"))
    await desk.sign(await desk.draft(contact, 1, "referral"))
    await tell(desk, contact, "2026-10-23T15:00:00Z")
    seen = await again(desk, contact, Role.early_help_worker)
    assert seen["outcome_tellings"] == []
    assert "outcome_tellings" in seen["not_shown"]
    alone = await desk.contact(children=[child_body("Cleo")])
    await desk.sign(await desk.draft(alone, 0, "early_help"))
    await tell(desk, alone, "2026-10-23T15:00:00Z")
    seen = await again(desk, alone, Role.early_help_worker)
    assert [one["words"] for one in seen["outcome_tellings"]] == [WORDS]
    assert seen["not_shown"] == []


async def test_the_risk_that_the_police_saw_stands_on_the_contact_and_on_its_line(
    desk: Desk,
) -> None:
    plain = await desk.contact()
    sent = done(
        await desk.post(
            Role.partner_system, "/v1/police-notifications", notification_body(), organisation=FORCE
        ),
        201,
    )
    lines = {line["contact_id"]: line for line in await queue(desk, "contacts")}
    assert lines.pop(plain["id"])["police_notification"] is None
    [line] = lines.values()
    assert line["police_notification"] == {
        "id": sent["id"],
        "risk": "high",
        "children_present": "yes",
        "unread": False,
    }
    told = done(await desk.get(Role.mash_worker, f"/v1/contacts/{line['contact_id']}"))
    assert (
        told["police_notification"].items()
        >= {
            "id": sent["id"],
            "incident_number": "RVB-2026-1",
            "incident_at": "2026-10-22T21:40:00Z",
            "risk": "high",
            "children_present": "yes",
            "updates": [],
            "withdrawn_at": None,
        }.items()
    )
    assert (await again(desk, plain))["police_notification"] is None


async def test_a_force_that_follows_its_own_notification_needs_not_be_told(desk: Desk) -> None:
    done(
        await desk.post(
            Role.partner_system, "/v1/police-notifications", notification_body(), organisation=FORCE
        ),
        201,
    )
    [line] = await queue(desk, "contacts")
    contact = done(await desk.get(Role.mash_worker, f"/v1/contacts/{line['contact_id']}"))
    await desk.sign(await desk.draft(contact, 0, "no_further_action"))
    assert (await again(desk, contact))["outcome_known_at"] == "2026-10-23T15:00:00Z"
