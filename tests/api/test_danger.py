"""Danger first: red at receipt by whichever door, flagged at once, and never given time back."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.domain.access import Role
from service.usecases.flags import sweep
from service.usecases.notification_loading import load_notifications
from tests.support.builders import Body, child_body, information_request_body
from tests.support.desks import POLICE, Desk, done, expect_refusal, open_desk
from tests.support.everything_late import WITHOUT_AN_ANSWER
from tests.support.notifications import notification_body, notification_file

WORKER, MANAGER, HEAD = Role.mash_worker, Role.mash_manager, Role.head_of_service
SHAKEN = "A baby is being shaken next door now; the neighbour hears it through the wall."
HEARD = "I send the duty worker with the police now."
NOT_NOW = "The police were there: the baby is with the grandmother, unhurt, and he has been taken."
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


async def contact_of(desk: Desk, contact_id: str) -> Body:
    return done(await desk.get(WORKER, f"/v1/contacts/{contact_id}"))


async def lines(desk: Desk, queue: str = "contacts", role: Role = WORKER) -> list[Body]:
    found: list[Body] = []
    path: str | None = f"/v1/queues/{queue}?limit=2"
    while path is not None:
        page = done(await desk.get(role, path))
        found += page["items"]
        path = page["next"]
    return found


async def flags(desk: Desk, role: Role = MANAGER) -> list[Body]:
    found: list[Body] = done(await desk.get(role, "/v1/flags?limit=100"))["items"]
    return found


async def rate(
    desk: Desk, contact: Body, rating: str, why: str | None = None, role: Role = WORKER
) -> httpx.Response:
    return await desk.post(
        role,
        f"/v1/contacts/{contact['id']}/triage",
        {"rating": rating, "rationale": why},
        version=contact["version"],
    )


def clocks(contact: Body) -> dict[str, Body]:
    return {one["kind"]: one for one in contact["deadlines"] if one["stopped_at"] is None}


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


async def in_danger(desk: Desk, **changes: Any) -> Body:
    return await desk.contact(immediate_danger=True, concern=SHAKEN, **changes)


async def by_the_worker(desk: Desk) -> Body:
    return await in_danger(desk)


async def by_a_partner(desk: Desk) -> Body:
    body = {
        "concern": SHAKEN,
        "source_code": "3E",
        "immediate_danger": True,
        "children": [child_body()],
    }
    sent = await desk.post(
        Role.partner_system,
        "/v1/multi-agency-referrals",
        body,
        organisation="riverbourne-hospital",
    )
    return await contact_of(desk, done(sent, 201)["id"])


async def notified(desk: Desk, **changes: Any) -> Body:
    sent = await desk.post(
        Role.partner_system,
        "/v1/police-notifications",
        notification_body(**changes),
        organisation=POLICE,
    )
    return await contact_of(desk, done(sent, 201)["contact_id"])


async def by_the_police(desk: Desk) -> Body:
    return await notified(desk, risk="high")


async def by_a_file_of_the_police(desk: Desk) -> Body:
    content = notification_file(1, {2: {"risk": "high"}})
    sent = await desk.client.post(
        "/v1/police-notification-imports",
        content=content,
        headers={
            **desk.headers(Role.partner_system, organisation=POLICE),
            "Content-Type": "text/csv",
        },
    )
    done(sent, 202)
    assert await load_notifications(desk.house) == 1
    [line] = await lines(desk)
    return await contact_of(desk, line["contact_id"])


async def by_the_police_later(desk: Desk) -> Body:
    contact = await notified(desk, risk="standard")
    assert contact["rating"] is None
    sent = await desk.post(
        Role.partner_system,
        "/v1/police-notifications",
        notification_body(risk="high"),
        organisation=POLICE,
    )
    done(sent, 200)
    return await contact_of(desk, contact["id"])


async def by_an_amendment(desk: Desk) -> Body:
    contact = await desk.contact()
    changes = {"reason": "She rang again: he is in the room.", "immediate_danger": True}
    path = f"/v1/contacts/{contact['id']}"
    return done(await desk.patch(WORKER, path, changes, version=contact["version"]))


DOORS = (
    by_the_worker,
    by_a_partner,
    by_the_police,
    by_a_file_of_the_police,
    by_the_police_later,
    by_an_amendment,
)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
async def test_danger_is_red_as_it_is_told_by_whichever_door_and_flagged_to_the_manager_at_once(
    desk: Desk, door: Any
) -> None:
    contact = await door(desk)
    told = {"by_the_worker", "by_a_partner", "by_an_amendment"}
    danger = "immediate_danger" if door.__name__ in told else "police_high_risk"
    assert (contact["rating"], contact["danger"], contact["rated_by"]) == ("red", danger, None)
    running = clocks(contact)
    assert "rated" not in running
    red = running["triage"]
    assert at(red["due_at"]) == at(contact["received_at"]) + 4 * HOUR
    # Nothing was swept: the flag came with the telling.
    [flag] = await flags(desk)
    assert (flag["severity"], flag["kind"]) == ("danger", "triage")
    assert (flag["owner_role"], flag["contact_id"]) == ("mash_manager", contact["id"])
    await sweep(desk.house)
    after = [one for one in await flags(desk) if one["kind"] == "triage"]
    assert [one["id"] for one in after] == [flag["id"]]


async def test_what_is_red_comes_before_all_else_on_every_page_of_every_queue(desk: Desk) -> None:
    late = await desk.contact(children=[child_body("Late")])
    done(await rate(desk, late, "amber"))
    desk.clock.forward(hours=30)
    others = [await desk.contact(children=[child_body(f"Other {n}")]) for n in range(3)]
    danger = await in_danger(desk, children=[child_body("Danger")])
    for contact in (late, danger):
        path = f"/v1/contacts/{contact['id']}"
        asked = await desk.post(WORKER, f"{path}/information-requests", information_request_body())
        done(asked, 201)
        version = (await contact_of(desk, contact["id"]))["version"]
        me = {"worker_id": str(await desk.account_of(WORKER))}
        done(await desk.post(WORKER, f"{path}/assignment", me, version=version))
    on_desk = [line["contact_id"] for line in await lines(desk)]
    assert on_desk[:2] == [danger["id"], late["id"]]
    assert sorted(on_desk) == sorted(one["id"] for one in (late, danger, *others))
    for queue in ("mine", "information-requests"):
        assert [line["contact_id"] for line in await lines(desk, queue)] == on_desk[:2], queue
    [first, second] = (await lines(desk, "mine"))[:2]
    assert (first["danger"], second["danger"]) == ("immediate_danger", None)
    for contact in (late, danger):
        await desk.draft(contact, 0, "no_further_action", agencies=WITHOUT_AN_ANSWER)
    waiting = [line["contact_id"] for line in await lines(desk, "sign-off", MANAGER)]
    assert waiting == on_desk[:2]


async def test_a_red_contact_stands_first_whatever_else_waits_until_it_is_decided(
    desk: Desk,
) -> None:
    danger = await in_danger(desk)
    desk.clock.forward(hours=1)
    other = await desk.contact(children=[child_body("Other")])
    assert [one["contact_id"] for one in await lines(desk)] == [danger["id"], other["id"]]
    await desk.decide_for(danger["id"], danger["children"][0]["id"], "no_further_action")
    # Decided, its referrer is still to be told: in its turn, by that limit.
    assert [one["contact_id"] for one in await lines(desk)] == [other["id"], danger["id"]]
    desk.clock.forward(days=4)
    assert [one["contact_id"] for one in await lines(desk)] == [other["id"], danger["id"]]
    red = await in_danger(desk, children=[child_body("Third")])
    assert (await lines(desk))[0]["contact_id"] == red["id"]


async def test_the_agenda_of_the_police_begins_with_the_high_risk(desk: Desk) -> None:
    standard = await notified(desk, number="RVB-1", risk="standard")
    medium = await notified(
        desk, number="RVB-2", risk="medium", children=[child_body("Bea"), child_body("Cai")]
    )
    high = await notified(desk, number="RVB-3", risk="high", children=[child_body("Dot")])
    days = await desk.rows("SELECT DISTINCT meeting_on FROM daily_meeting_item")
    [(day,)] = days
    found: list[str] = []
    path: str | None = f"/v1/daily-meetings/{str(day)[:10]}?limit=1"
    while path is not None:
        page = done(await desk.get(WORKER, path))
        found += [one["contact_id"] for one in page["items"]]
        path = page["next"]
    assert found == [high["id"], standard["id"], medium["id"], medium["id"]]


async def test_danger_that_no_manager_takes_on_goes_up_and_stays_until_it_is_decided(
    desk: Desk,
) -> None:
    contact = await in_danger(desk)
    [flag] = await flags(desk)
    path = f"/v1/flags/{flag['id']}/acknowledgement"
    who_logged = {"worker_id": str(await desk.account_of(WORKER))}
    version = contact["version"]
    assigned = await desk.post(
        WORKER, f"/v1/contacts/{contact['id']}/assignment", who_logged, version=version
    )
    done(assigned)
    refused = await desk.post(WORKER, path, {"words": HEARD}, version=flag["version"])
    expect_refusal(refused, 403, "flag_not_yours")
    desk.clock.forward(minutes=30)
    await sweep(desk.house)
    [flag] = await flags(desk, HEAD)
    assert (flag["severity"], flag["escalated_to"]) == ("danger", "head_of_service")
    taken = done(await desk.post(MANAGER, path, {"words": HEARD}, version=flag["version"]))
    assert taken["acknowledgement"] == HEARD
    desk.clock.forward(hours=3, minutes=30)
    await sweep(desk.house)
    late = {one["kind"]: one for one in await flags(desk)}["triage"]
    # The limit has passed: that is told anew, whoever heard of the danger.
    assert (late["severity"], late["acknowledged_at"]) == ("breach", None)
    await desk.decide_for(contact["id"], contact["children"][0]["id"], "no_further_action")
    assert [one for one in await flags(desk) if one["kind"] == "triage"] == []


async def test_danger_with_nothing_else_known_is_taken(desk: Desk) -> None:
    body = {
        "concern": SHAKEN,
        "immediate_danger": True,
        "source_code": "10",
        "channel": "telephone",
    }
    for children in ({}, {"children": []}, {"children": [{}]}):
        sent = await desk.post(WORKER, "/v1/contacts", {**body, **children})
        contact = done(sent, 201)
        assert contact["rating"] == "red"
        assert len(contact["children"]) == 1
        codes = {one["code"] for one in contact["warnings"]}
        assert {"child_of_nothing", "referrer_unreachable"} <= codes
    calm = await desk.post(WORKER, "/v1/contacts", {**body, "immediate_danger": False})
    expect_refusal(calm, 422, "invalid")
    nobody = {**body, "immediate_danger": False, "children": [{}]}
    expect_refusal(await desk.post(WORKER, "/v1/contacts", nobody), 422, "minimum_missing")


async def test_danger_is_rated_down_by_a_manager_alone_and_in_words_that_say_why(
    desk: Desk,
) -> None:
    contact = await in_danger(desk)
    refused = await rate(desk, contact, "green", NOT_NOW)
    expect_refusal(refused, 403, "danger_needs_a_manager")
    for why in (None, "Fine.", "no action"):
        refused = await rate(desk, contact, "green", why, MANAGER)
        assert refused.status_code == 422, why
    rated = done(await rate(desk, contact, "green", NOT_NOW, MANAGER))
    assert (rated["rating"], rated["danger"]) == ("green", "immediate_danger")
    assert rated["rating_rationale"] == NOT_NOW
    assert await flags(desk) == []
    # By its new rating it is as old as it is.
    assert clocks(rated)["triage"]["started_at"] == contact["received_at"]
    again = done(await rate(desk, rated, "red", "She is back with the baby, and so is he."))
    assert at(clocks(again)["triage"]["due_at"]) == at(contact["received_at"]) + 4 * HOUR
    assert [one["severity"] for one in await flags(desk)] == ["danger"]


async def test_amending_the_danger_away_lets_nobody_wait_who_was_in_danger(desk: Desk) -> None:
    contact = await in_danger(desk)
    path = f"/v1/contacts/{contact['id']}"
    changes = {"reason": "Ticked by mistake, as it seems.", "immediate_danger": False}
    amended = done(await desk.patch(WORKER, path, changes, version=contact["version"]))
    assert (amended["rating"], amended["danger"]) == ("red", "immediate_danger")
    refused = await rate(desk, amended, "amber", NOT_NOW)
    expect_refusal(refused, 403, "danger_needs_a_manager")


async def test_another_time_of_receipt_moves_the_red_clock_and_the_flag_with_it(
    desk: Desk,
) -> None:
    contact = await in_danger(desk)
    path = f"/v1/contacts/{contact['id']}"
    earlier = at(contact["received_at"]) - 2 * HOUR
    changes = {"reason": "The call came in at two.", "received_at": earlier.isoformat()}
    amended = done(await desk.patch(WORKER, path, changes, version=contact["version"]))
    due_at = clocks(amended)["triage"]["due_at"]
    assert at(due_at) == earlier + 4 * HOUR
    assert [(one["severity"], one["due_at"]) for one in await flags(desk)] == [("danger", due_at)]


async def test_a_contact_restored_to_the_desk_is_as_red_as_it_was(desk: Desk) -> None:
    contact = await notified(desk, risk="high")
    path = f"/v1/contacts/{contact['id']}"
    gone = {
        "reason": "not_ours",
        "words": "The family lives across the river, in the neighbouring authority.",
        "passed_to": "The duty desk of the neighbouring authority, by telephone.",
        "told": "Their manager, by word of mouth, at ten past four.",
    }
    version = contact["version"]
    withdrawn = done(await desk.post(MANAGER, f"{path}/withdrawal", gone, version=version))
    assert await flags(desk) == []
    because = {"because": "They live here after all: the house is on our side of the river."}
    back = f"{path}/withdrawal/reversal"
    restored = done(await desk.post(WORKER, back, because, version=withdrawn["version"]))
    assert clocks(restored)["triage"]["started_at"] == contact["received_at"]
    assert [one["severity"] for one in await flags(desk)] == ["danger"]


async def test_high_risk_told_after_the_decision_is_flagged_to_the_manager_and_rates_nothing(
    desk: Desk,
) -> None:
    contact = await notified(desk, risk="standard")
    await desk.decide_for(contact["id"], contact["children"][0]["id"], "no_further_action")
    again = await desk.post(
        Role.partner_system,
        "/v1/police-notifications",
        notification_body(risk="high"),
        organisation=POLICE,
    )
    done(again, 200)
    [flag] = [one for one in await flags(desk) if one["severity"] == "danger"]
    assert (flag["kind"], flag["owner_role"]) == ("police_update_read", "mash_manager")
    told = await contact_of(desk, contact["id"])
    assert (told["rating"], told["danger"]) == (None, "police_high_risk")


async def test_the_same_risk_told_again_with_other_words_flags_nothing_anew(desk: Desk) -> None:
    contact = await notified(desk, risk="high")
    rated = done(await rate(desk, contact, "amber", NOT_NOW, MANAGER))
    again = await desk.post(
        Role.partner_system,
        "/v1/police-notifications",
        notification_body(risk="high", concern="The same, and the door was broken as well."),
        organisation=POLICE,
    )
    done(again, 200)
    assert (await contact_of(desk, contact["id"]))["rating"] == rated["rating"]
    assert await flags(desk) == []


async def test_a_contact_that_nobody_has_rated_is_late_after_an_hour(desk: Desk) -> None:
    contact = await desk.contact()
    assert at(clocks(contact)["rated"]["due_at"]) == at(contact["received_at"]) + HOUR
    desk.clock.forward(hours=1)
    await sweep(desk.house)
    [flag] = await flags(desk, WORKER)
    assert (flag["kind"], flag["severity"]) == ("rated", "breach")
    rated = done(await rate(desk, contact, "amber"))
    assert "rated" not in clocks(rated)
    assert await flags(desk, WORKER) == []


@pytest.mark.parametrize(
    ("rating", "limit"), [("red", 4 * HOUR), ("amber", 24 * HOUR), ("green", None)]
)
async def test_no_rating_gives_time_back(desk: Desk, rating: str, limit: timedelta | None) -> None:
    contact = await desk.contact()
    desk.clock.forward(hours=20)
    rated = done(await rate(desk, contact, rating))
    clock = clocks(rated)["triage"]
    assert clock["started_at"] == contact["received_at"]
    if limit is None:
        # A Friday afternoon: green runs to the end of the next working day.
        assert clock["due_at"] == "2026-10-26T23:59:59Z"
    else:
        assert at(clock["due_at"]) == at(contact["received_at"]) + limit
    for other in ("green", "amber", "red"):
        if other == rating:
            continue
        desk.clock.forward(minutes=10)
        rated = done(await rate(desk, rated, other, "The school rang back."))
        assert clocks(rated)["triage"]["started_at"] == contact["received_at"]


async def test_a_contact_decided_without_a_rating_waits_for_none(desk: Desk) -> None:
    contact = await desk.contact()
    await desk.decide_for(contact["id"], contact["children"][0]["id"], "no_further_action")
    assert "rated" not in clocks(await contact_of(desk, contact["id"]))


async def figure(desk: Desk, code: str) -> tuple[int, int]:
    read = done(await desk.get(MANAGER, f"/v1/measures/{code}"))
    return read["total"]["numerator"], read["total"]["denominator"]


async def test_how_soon_contacts_are_rated_and_red_ones_decided_is_measured(desk: Desk) -> None:
    soon = await desk.contact(children=[child_body("Soon")])
    never = await desk.contact(children=[child_body("Never")])
    late = await desk.contact(children=[child_body("Late")])
    danger = await in_danger(desk, children=[child_body("Danger")])
    assert await figure(desk, "contacts_rated_in_time") == (1, 1)
    assert await figure(desk, "red_decided_in_time") == (0, 0)
    done(await rate(desk, soon, "red"))
    desk.clock.forward(hours=2)
    done(await rate(desk, late, "green"))
    # Two in time, one of them by danger; one too late; one waits still, past its limit.
    assert await figure(desk, "contacts_rated_in_time") == (2, 4)
    await desk.decide_for(soon["id"], soon["children"][0]["id"], "no_further_action")
    assert await figure(desk, "red_decided_in_time") == (1, 1)
    desk.clock.forward(hours=3)
    done(await rate(desk, await contact_of(desk, danger["id"]), "amber", NOT_NOW, MANAGER))
    # Rated down when it was late already: it was late.
    assert await figure(desk, "red_decided_in_time") == (1, 2)
    path = "/v1/contacts?measure=red_decided_in_time&part=missed"
    missed = done(await desk.get(MANAGER, path))["items"]
    assert [one["id"] for one in missed] == [danger["id"]]
    assert never["id"] not in [one["id"] for one in missed]
