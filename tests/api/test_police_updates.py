"""What the police send later of an incident is kept, and told to whoever works it."""

from typing import Any
from uuid import uuid4

import httpx

from service.domain.access import Role
from service.usecases.flags import sweep
from service.usecases.notification_loading import load_notifications
from tests.support.builders import Body, child_body
from tests.support.desks import Desk, done, expect_refusal
from tests.support.houses import token
from tests.support.notifications import FORCE, notification_body, notification_file
from tests.support.tampering import tamper

WORDS = "He came back with a knife: rated red, and the youngest is added to the contact."
WORSE: dict[str, Any] = {
    "risk": "high",
    "concern": "He came back with a knife; the youngest, who was not there before, saw it.",
    "children": [child_body("Amara"), child_body("Chidi", date_of_birth="2021-01-01")],
}


def first(**changes: Any) -> Body:
    return notification_body(risk="standard", **changes)


async def send(desk: Desk, body: Body, status: int = 201) -> Body:
    answer = await desk.post(
        Role.partner_system, "/v1/police-notifications", body, organisation=FORCE
    )
    return done(answer, status)


async def contact_of(desk: Desk, sent: Body) -> Body:
    return done(await desk.get(Role.mash_worker, f"/v1/contacts/{sent['contact_id']}"))


async def lines(desk: Desk) -> list[Body]:
    found: list[Body] = done(await desk.get(Role.mash_worker, "/v1/queues/contacts"))["items"]
    return found


async def read(desk: Desk, contact: Body, words: str = WORDS) -> httpx.Response:
    return await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{contact['id']}/police-updates-read",
        {"words": words},
        version=contact["version"],
    )


async def withdraw(desk: Desk, sent: Body, **who: Any) -> httpx.Response:
    role = who.pop("role", Role.partner_system)
    if role is Role.partner_system:
        who.setdefault("organisation", FORCE)
    return await desk.post(
        role,
        f"/v1/police-notifications/{sent['id']}/withdrawal",
        {"because": "It was meant for the neighbouring authority: the address is theirs."},
        **who,
    )


async def test_what_the_police_tell_otherwise_is_kept_beside_it_and_makes_no_second_contact(
    desk: Desk,
) -> None:
    sent = await send(desk, first())
    before = await contact_of(desk, sent)
    desk.clock.forward(hours=1)
    again = await send(desk, notification_body(**WORSE), 200)
    assert (again["id"], again["contact_id"]) == (sent["id"], sent["contact_id"])
    assert (again["risk"], again["updates"]) == ("high", 1)
    after = await contact_of(desk, sent)
    part = after["police_notification"]
    assert part["risk"] == "high"
    [update] = part["updates"]
    assert update["changed"] == ["risk", "concern", "children"]
    assert update["told"]["concern"] == WORSE["concern"]
    assert [one["given_name"] for one in update["told"]["children"]] == ["Amara", "Chidi"]
    assert update["unread_since"] == "2026-10-23T16:00:00Z"
    # Whoever has the contact open changes it by its version: they have to read it again.
    assert after["version"] > before["version"]
    assert [one["given_name"] for one in after["children"]] == ["Amara"]
    assert len(await lines(desk)) == 1


async def test_every_part_that_is_told_otherwise_is_read_with_its_new_words(desk: Desk) -> None:
    """Whatever `changed` names stands in `told`: nothing that a sender tells is dropped."""
    sent = await send(desk, first())
    otherwise: dict[str, Any] = {
        "incident_at": "2026-10-22T20:15:00Z",
        "risk": "medium",
        "children_present": "not_known",
        "concern": "She rang again: he had taken the keys with him.",
        "immediate_danger": True,
        "agreement": {"state": "given", "note": "The mother said yes, alone in the car."},
        "lawful_basis": {"basis": "vital_interests", "sharing_reason": "He knows the school."},
        "address": "12 Weir Street",
        "town": "Riverbourne",
        "postcode": "ZZ99 3CZ",
        "officer": {
            "name": "PC Jo Lindqvist",
            "role": "Response",
            "telephone": "01632 960101",
            "email": "jo@police.example",
        },
        "children": [child_body("Amara", school="Mill Lane Primary")],
        "adults": [],
    }
    await send(desk, {**first(), **otherwise}, 200)
    [update] = (await contact_of(desk, sent))["police_notification"]["updates"]
    assert set(update["changed"]) == set(otherwise)
    told = update["told"]
    assert told["children"][0]["school"] == "Mill Lane Primary"
    same = set(otherwise) - {"children"}
    assert {name: told[name] for name in same} == {name: otherwise[name] for name in same}


async def test_the_same_told_again_is_the_same_whatever_staff_have_put_right_meanwhile(
    desk: Desk,
) -> None:
    sent = await send(desk, first())
    contact = await contact_of(desk, sent)
    done(
        await desk.client.patch(
            f"/v1/contacts/{contact['id']}",
            json={
                "reason": "The school spells it so.",
                "children": [{"id": contact["children"][0]["id"], "family_name": "Okafur"}],
            },
            headers={
                "Authorization": f"Bearer {token(desk.house, Role.mash_worker)}",
                "If-Match": f'"{contact["version"]}"',
            },
        )
    )
    amended = await contact_of(desk, sent)
    repeated = await send(desk, first(received_at="2026-10-23T14:00:00Z"), 200)
    assert repeated["updates"] == 0
    assert await contact_of(desk, sent) == amended


async def test_the_same_update_sent_twice_is_one_and_a_third_telling_another(desk: Desk) -> None:
    sent = await send(desk, first())
    assert (await send(desk, notification_body(**WORSE), 200))["updates"] == 1
    assert (await send(desk, notification_body(**WORSE), 200))["updates"] == 1
    calmer = await send(desk, first(), 200)
    assert (calmer["updates"], calmer["risk"]) == (2, "standard")
    part = (await contact_of(desk, sent))["police_notification"]
    assert [one["changed"] for one in part["updates"]] == [["risk", "concern", "children"]] * 2


async def test_an_update_tells_the_desk_at_once_until_somebody_says_what_follows_from_it(
    desk: Desk,
) -> None:
    sent = await send(desk, first())
    [line] = await lines(desk)
    assert (line["next_action"], line["police_notification"]["unread"]) == ("rate", False)
    await send(desk, notification_body(**WORSE), 200)
    [line] = await lines(desk)
    assert line["next_action"] == "read_police_update"
    assert line["police_notification"] == {
        "id": sent["id"],
        "risk": "high",
        "children_present": "yes",
        "unread": True,
    }
    await sweep(desk.house)
    flags = done(await desk.get(Role.mash_worker, "/v1/flags?kind=police_update_read"))["items"]
    assert [(one["severity"], one["contact_id"]) for one in flags] == [
        ("warning", sent["contact_id"])
    ]
    contact = await contact_of(desk, sent)
    refused = await read(desk, {**contact, "version": contact["version"] - 1})
    assert refused.status_code == 412
    expect_refusal(await read(desk, contact, "ok"), 422, "words_needed")
    told = done(await read(desk, contact))
    [update] = told["police_notification"]["updates"]
    assert (update["unread_since"], update["reading_words"]) == (None, WORDS)
    assert update["read_by"] == str(await desk.account_of(Role.mash_worker))
    [clock] = [one for one in told["deadlines"] if one["kind"] == "police_update_read"]
    assert clock["stopped_because"] == "read"
    assert (
        done(await desk.get(Role.mash_worker, "/v1/flags?kind=police_update_read"))["items"] == []
    )
    [line] = await lines(desk)
    assert (line["next_action"], line["police_notification"]["unread"]) == ("assign", False)
    expect_refusal(await read(desk, told), 409, "no_update_to_read")


async def test_the_daily_meeting_hears_the_risk_that_the_police_saw_last(desk: Desk) -> None:
    sent = await send(desk, first())
    path = f"/v1/daily-meetings/{sent['meeting_on']}"
    [item] = done(await desk.get(Role.mash_worker, path))["items"]
    assert (item["risk"], item["unread_updates"], item["withdrawn_at"]) == ("standard", 0, None)
    await send(desk, notification_body(**WORSE), 200)
    done(await withdraw(desk, sent), 201)
    [item] = done(await desk.get(Role.mash_worker, path))["items"]
    assert (item["risk"], item["unread_updates"]) == ("high", 2)
    assert item["withdrawn_at"] == "2026-10-23T15:00:00Z"


async def test_an_update_of_a_decided_contact_brings_it_back_onto_the_desk(desk: Desk) -> None:
    sent = await send(desk, first())
    contact = await contact_of(desk, sent)
    await desk.sign(await desk.draft(contact, 0, "no_further_action"))
    contact = await contact_of(desk, sent)
    done(
        await desk.post(
            Role.mash_worker,
            f"/v1/contacts/{contact['id']}/acknowledgement",
            {"words": "Rang the unit."},
            version=contact["version"],
        )
    )
    assert await lines(desk) == []
    await send(desk, notification_body(**WORSE), 200)
    [line] = await lines(desk)
    assert (line["contact_id"], line["contact_state"]) == (contact["id"], "decided")
    assert line["next_action"] == "read_police_update"
    done(await read(desk, await contact_of(desk, sent)))
    assert await lines(desk) == []


async def test_an_update_that_cannot_be_is_refused_like_a_first_telling(desk: Desk) -> None:
    sent = await send(desk, first())
    answer = await desk.post(
        Role.partner_system,
        "/v1/police-notifications",
        first(children=[child_body(birth_knowledge="not_known")]),
        organisation=FORCE,
    )
    expect_refusal(answer, 422, "contradictory")
    assert (await contact_of(desk, sent))["police_notification"]["updates"] == []


async def test_what_an_earlier_release_took_is_known_again_by_the_record(desk: Desk) -> None:
    sent = await send(desk, first())
    forgotten = "UPDATE police_notification SET told_digests = NULL"
    if desk.house.database.is_sqlite:
        await tamper(
            desk.house.database,
            "DROP TRIGGER IF EXISTS refuse_update_of_police_notification",
            forgotten,
        )
    else:
        await tamper(desk.house.database, forgotten)
    assert (await send(desk, first(), 200))["updates"] == 0
    assert (await send(desk, notification_body(**WORSE), 200))["updates"] == 1
    [update] = (await contact_of(desk, sent))["police_notification"]["updates"]
    assert update["changed"] == ["risk", "concern", "children"]


async def test_a_notification_sent_in_error_is_taken_back_and_nothing_of_it_is_lost(
    desk: Desk,
) -> None:
    sent = await send(desk, first())
    desk.clock.forward(minutes=5)
    taken = done(await withdraw(desk, sent), 201)
    assert (taken["id"], taken["withdrawn_at"]) == (sent["id"], "2026-10-23T15:05:00Z")
    contact = await contact_of(desk, sent)
    assert contact["state"] == "received"
    part = contact["police_notification"]
    assert part["withdrawn_at"] == "2026-10-23T15:05:00Z"
    [update] = part["updates"]
    assert (update["kind"], update["told"]) == ("withdrawn", None)
    assert update["because"].startswith("It was meant for the neighbouring authority")
    [line] = await lines(desk)
    assert line["next_action"] == "read_police_update"
    expect_refusal(await withdraw(desk, sent), 409, "police_notification_withdrawn")
    shown = done(
        await desk.get(
            Role.partner_system, f"/v1/police-notifications/{sent['id']}", organisation=FORCE
        )
    )
    assert shown["withdrawn_at"] == "2026-10-23T15:05:00Z"


async def test_sent_again_after_it_was_taken_back_it_stands_again(desk: Desk) -> None:
    sent = await send(desk, first())
    done(await withdraw(desk, sent), 201)
    again = await send(desk, first(), 200)
    assert (again["withdrawn_at"], again["updates"]) == (None, 1)
    part = (await contact_of(desk, sent))["police_notification"]
    assert [one["kind"] for one in part["updates"]] == ["withdrawn", "sent_again"]
    assert part["withdrawn_at"] is None
    done(await withdraw(desk, sent), 201)


async def test_a_manager_takes_it_back_for_the_force_and_others_do_not(desk: Desk) -> None:
    sent = await send(desk, first())
    other = await withdraw(desk, sent, organisation="mill-lane-primary")
    assert other.status_code == 404
    assert (await withdraw(desk, sent, role=Role.mash_worker)).status_code == 403
    assert done(await withdraw(desk, sent, role=Role.mash_manager), 201)["withdrawn_at"]


async def test_a_withdrawal_says_why_in_own_words(desk: Desk) -> None:
    sent = await send(desk, first())
    answer = await desk.post(
        Role.partner_system,
        f"/v1/police-notifications/{sent['id']}/withdrawal",
        {"because": "n/a"},
        organisation=FORCE,
    )
    expect_refusal(answer, 422, "words_needed")
    assert (await contact_of(desk, sent))["police_notification"]["withdrawn_at"] is None


async def load(desk: Desk, content: bytes) -> Body:
    answer = await desk.client.post(
        "/v1/police-notification-imports",
        content=content,
        headers={
            "Authorization": f"Bearer {token(desk.house, Role.partner_system, organisation=FORCE)}",
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "text/csv",
        },
    )
    taken = done(answer, 202)
    await load_notifications(desk.house)
    return done(
        await desk.get(
            Role.partner_system,
            f"/v1/police-notification-imports/{taken['id']}",
            organisation=FORCE,
        )
    )


async def test_a_file_that_tells_an_incident_on_file_otherwise_makes_an_update_of_it(
    desk: Desk,
) -> None:
    loaded = await load(desk, notification_file(4))
    assert (loaded["state"], loaded["notifications_made"]) == ("loaded", 2)
    again = await load(desk, notification_file(6, {2: {"risk": "high"}, 3: {"risk": "high"}}))
    assert again["state"] == "loaded", again["faults"]
    assert (again["notifications_made"], again["updates_made"], again["sent_before"]) == (1, 1, 1)
    assert again["in_words"] == (
        "Loaded: 1 notification from 6 rows. Of incidents on file 1 was told otherwise, and 1 as "
        "they are."
    )
    unread = [line for line in await lines(desk) if line["police_notification"]["unread"]]
    assert [line["police_notification"]["risk"] for line in unread] == ["high"]
    assert len(await lines(desk)) == 3
    contact = done(await desk.get(Role.mash_worker, f"/v1/contacts/{unread[0]['contact_id']}"))
    [update] = contact["police_notification"]["updates"]
    assert update["changed"] == ["risk"]


async def test_a_file_sent_twice_is_loaded_twice_and_makes_nothing_new(desk: Desk) -> None:
    await load(desk, notification_file(4))
    again = await load(desk, notification_file(4))
    assert again["state"] == "loaded"
    assert (again["notifications_made"], again["updates_made"], again["sent_before"]) == (0, 0, 2)
    assert not any(line["police_notification"]["unread"] for line in await lines(desk))
