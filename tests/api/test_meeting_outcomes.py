"""The police's morning in one act, over HTTP: many incidents decided, and those to be recorded."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from api.json_bodies import MOST_VALUES
from service.domain.access import Role
from service.usecases.jobs import check_impossible
from tests.support.builders import child_body, decision_body, sign_off_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.notifications import FORCE, nhs_number, notification_body

WORKER, MANAGER = Role.mash_worker, Role.mash_manager
READ = "Read each of them: arguments with words alone, the first of these families, no child near."


def a_name(*of: int) -> str:
    """A name that no other one is like: alike names and birthdays are possible matches."""
    letters = sha256(repr(of).encode()).hexdigest()[:9]
    return letters.translate(str.maketrans("0123456789", "ghjklmnprs")).capitalize()


def incident_body(serial: int, how_many: int = 1, **changes: Any) -> dict[str, Any]:
    """An incident of a family that nobody else is of: standard risk, nobody hurt."""
    of_family = [
        child_body(
            a_name(serial, place),
            family_name=a_name(serial),
            date_of_birth=f"20{12 + place:02d}-{serial % 12 + 1:02d}-{serial % 27 + 1:02d}",
            nhs_number=nhs_number(serial * 10 + place),
        )
        for place in range(how_many)
    ]
    return notification_body(
        f"RVB-{serial}",
        **{
            "risk": "standard",
            "concern": f"Officers were called to an argument at number {serial}; nobody was hurt.",
            "children": of_family,
            "adults": [],
            "address": f"{serial} Weir Street",
            **changes,
        },
    )


async def told(desk: Desk, body: dict[str, Any]) -> dict[str, Any]:
    answer = await desk.post(
        Role.partner_system, "/v1/police-notifications", body, organisation=FORCE
    )
    taken: dict[str, Any] = done(answer, 201)
    return taken


async def agenda(desk: Desk, day: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    path: str | None = f"/v1/daily-meetings/{day}?limit=100"
    while path is not None:
        page = done(await desk.get(MANAGER, path))
        items += page["items"]
        path = page["next"]
    return items


async def tell_schools(desk: Desk, day: str) -> None:
    """The schools of all children on an agenda are told, in one act."""
    notices = [
        {
            "contact_id": one["contact_id"],
            "child_id": one["child"]["child_id"],
            "outcome": "told",
            "school": "Mill Lane Primary",
            "told_to": "Designated safeguarding lead",
            "way": "telephone",
            "told_at": desk.clock.now.isoformat(),
        }
        for one in await agenda(desk, day)
    ]
    done(await desk.post(WORKER, "/v1/school-notices", {"notices": notices}), 201)


def outcome(items: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """What the meeting says of one incident: all of its children the same."""
    said = decision_body(uuid4(), "no_further_action")
    del said["child_id"]
    number = items[0]["incident_number"]
    said["rationale"] = (
        f"{number}: the mother has an order against him since, and both schools see the children "
        "daily and well."
    )
    return {
        **said,
        "contact_id": items[0]["contact_id"],
        "contact_version": items[0]["contact_version"],
        "items": [{"item_id": one["id"]} for one in items],
        **changes,
    }


def by_contact(items: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in items:
        found.setdefault(one["contact_id"], []).append(one)
    return list(found.values())


async def three_incidents(desk: Desk) -> tuple[str, list[list[dict[str, Any]]]]:
    """Three incidents on an agenda, the second of two children."""
    days = [
        (await told(desk, incident_body(serial, children)))["meeting_on"]
        for serial, children in ((1, 1), (2, 2), (3, 1))
    ]
    incidents = by_contact(await agenda(desk, days[0]))
    return days[0], sorted(incidents, key=lambda one: one[0]["incident_number"])


async def outcomes(desk: Desk, day: str, *said: Any, **more: Any) -> Any:
    body = {"incidents": list(said), **more}
    return await desk.post(WORKER, f"/v1/daily-meetings/{day}/outcomes", body)


async def record(desk: Desk, day: str, items: list[dict[str, Any]], **more: Any) -> Any:
    seen = [{"item_id": one["id"], "contact_version": one["contact_version"]} for one in items]
    role = more.pop("role", MANAGER)
    body = {"items": seen, "words": READ, **more}
    return await desk.post(role, f"/v1/daily-meetings/{day}/recording", body)


async def test_many_incidents_are_decided_in_one_act_and_each_child_has_a_decision(
    desk: Desk,
) -> None:
    day, incidents = await three_incidents(desk)
    settled = done(await outcomes(desk, day, *(outcome(one) for one in incidents)), 201)
    assert settled["refused"] == []
    assert [one["contact_id"] for one in settled["incidents"]] == [
        one[0]["contact_id"] for one in incidents
    ]
    assert [len(one["decisions"]) for one in settled["incidents"]] == [1, 2, 1]
    assert {one["state"] for one in await agenda(desk, day)} == {"decided"}
    for one in settled["incidents"]:
        signed = await desk.post(
            MANAGER,
            f"/v1/contacts/{one['contact_id']}/sign-off",
            sign_off_body(),
            version=one["contact_version"],
        )
        assert done(signed)["contact_state"] == "decided"


async def test_every_fault_of_every_incident_is_named_at_once_and_nothing_is_done(
    desk: Desk,
) -> None:
    day, incidents = await three_incidents(desk)
    first = outcome(incidents[0], rationale="As above.")
    second = outcome(incidents[1])
    second["items"][1] |= {"outcome": "early_help", "level_of_need": 1, "rationale": "n/a"}
    third = outcome(incidents[2], outcome=None)
    problem = expect_refusal(
        await outcomes(desk, day, first, second, third), 422, "meeting_outcomes_not_possible"
    )
    assert {pointer for pointer, _ in faults(problem)} == {
        "/incidents/0/rationale",
        "/incidents/1/items/1/level_of_need",
        "/incidents/1/items/1/rationale",
        "/incidents/2/outcome",
    }
    assert {one["state"] for one in await agenda(desk, day)} == {"waiting"}


async def test_an_incident_that_changed_meanwhile_is_named_and_the_rest_done_only_where_asked(
    desk: Desk,
) -> None:
    day, incidents = await three_incidents(desk)
    said = [outcome(one) for one in incidents]
    contact_id = incidents[1][0]["contact_id"]
    done(
        await desk.post(WORKER, f"/v1/contacts/{contact_id}/triage", {"rating": "green"}, version=1)
    )
    problem = expect_refusal(await outcomes(desk, day, *said), 409, "meeting_items_moved_on")
    assert faults(problem) == [("/incidents/1/contact_version", "stale")]
    assert {one["state"] for one in await agenda(desk, day)} == {"waiting"}

    settled = done(await outcomes(desk, day, *said, those_that_can=True), 201)
    assert len(settled["incidents"]) == 2
    [left] = settled["refused"]
    assert (left["place"], left["contact_id"]) == (1, contact_id)
    assert [one["code"] for one in left["errors"]] == ["stale"]
    states = {one["incident_number"]: one["state"] for one in await agenda(desk, day)}
    assert states == {"RVB-1": "decided", "RVB-2": "waiting", "RVB-3": "decided"}


async def test_of_a_refused_incident_nothing_stays_while_the_rest_is_done(desk: Desk) -> None:
    day, incidents = await three_incidents(desk)
    said = [outcome(one) for one in incidents]
    said[1]["items"][1]["rationale"] = "As above."
    settled = done(await outcomes(desk, day, *said, those_that_can=True), 201)
    assert [one["errors"][0]["pointer"] for one in settled["refused"]] == [
        "/incidents/1/items/1/rationale"
    ]
    waiting = [one for one in await agenda(desk, day) if one["state"] == "waiting"]
    assert [one["incident_number"] for one in waiting] == ["RVB-2", "RVB-2"]
    file = done(await desk.get(WORKER, f"/v1/contacts/{incidents[1][0]['contact_id']}"))
    assert file["decisions"] == []
    assert file["version"] == incidents[1][0]["contact_version"]


async def test_where_no_incident_can_be_dealt_with_the_rest_is_nothing_and_is_refused(
    desk: Desk,
) -> None:
    day, incidents = await three_incidents(desk)
    said = outcome(incidents[0], rationale="n/a")
    answer = await outcomes(desk, day, said, those_that_can=True)
    expect_refusal(answer, 422, "meeting_outcomes_not_possible")


async def test_items_of_another_contact_settled_unknown_or_named_twice_are_named(
    desk: Desk,
) -> None:
    day, incidents = await three_incidents(desk)
    done(await outcomes(desk, day, outcome(incidents[2])), 201)
    now = by_contact(await agenda(desk, day))
    settled = next(one for one in now if one[0]["incident_number"] == "RVB-3")
    first = outcome(incidents[0])
    first["items"] += [{"item_id": incidents[1][0]["id"]}, {"item_id": str(uuid4())}]
    problem = expect_refusal(
        await outcomes(desk, day, first, outcome(settled)), 409, "meeting_items_moved_on"
    )
    assert faults(problem) == [
        ("/incidents/0/items/1", "daily_meeting_item_not_found"),
        ("/incidents/0/items/2", "daily_meeting_item_not_found"),
        ("/incidents/1/items/0", "wrong_state"),
    ]
    twice = outcome(incidents[1])
    twice["items"].append(twice["items"][0])
    problem = expect_refusal(
        await outcomes(desk, day, twice, twice), 422, "meeting_outcomes_not_possible"
    )
    assert {code for _, code in faults(problem)} == {"item_named_twice", "contact_named_twice"}


async def test_sent_again_under_the_same_key_it_is_answered_as_before(desk: Desk) -> None:
    day, incidents = await three_incidents(desk)
    body = {"incidents": [outcome(one) for one in incidents]}
    path, key = f"/v1/daily-meetings/{day}/outcomes", uuid4()
    first = await desk.post(WORKER, path, body, key=key)
    again = await desk.post(WORKER, path, body, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


async def test_what_the_policy_lets_pass_is_recorded_by_a_managers_one_act(desk: Desk) -> None:
    day, _ = await three_incidents(desk)
    untold = await agenda(desk, day)
    assert {why["code"] for one in untold for why in one["discussed_because"]} == {
        "school_not_told"
    }
    expect_refusal(await record(desk, day, untold), 409, "not_to_be_recorded")
    await tell_schools(desk, day)
    items = await agenda(desk, day)
    assert {one["school_notice"] for one in items} == {"told"}
    assert [one["discussed_because"] for one in items] == [[], [], [], []]
    assert (await record(desk, day, items, role=WORKER)).status_code == 403
    recorded = done(await record(desk, day, items), 201)
    assert recorded["refused"] == []
    assert {one["contact_state"] for one in recorded["incidents"]} == {"decided"}
    for one in recorded["incidents"]:
        file = done(await desk.get(WORKER, f"/v1/contacts/{one['contact_id']}"))
        assert file["state"] == "decided"
        assert {child["state"] for child in file["children"]} == {"decided"}
        for listed in file["decisions"]:
            decision = done(await desk.get(MANAGER, f"/v1/decisions/{listed['id']}"))
            assert decision["outcome"] == "no_further_action"
            assert decision["recorded_under"] == desk.house.policy.stamp
            assert decision["sign_off"]["words"] == READ
        running = {line["kind"] for line in file["deadlines"] if line["stopped_at"] is None}
        assert running <= {"acknowledge_referrer"}
    assert {one["state"] for one in await agenda(desk, day)} == {"decided"}
    # That one person drafted and signed raises no alarm where the policy lets it pass.
    await desk.house.ask_at_length(lambda ask: check_impossible(ask, desk.house.policy))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"risk": "medium"}, "risk_too_high"),
        ({"risk": "high"}, "risk_too_high"),
        ({"immediate_danger": True}, "danger_told"),
        (
            {"concern": "Officers were called to shouting; her lip was cut and bleeding."},
            "harm_told",
        ),
        ({"concern": "He keeps a knife under the bed, she says, and the boy knows."}, "harm_told"),
        (
            {"children": [child_body("Zed", family_name="Young", date_of_birth="2026-09-30")]},
            "child_too_young",
        ),
        (
            {"children": [child_body("Zed", family_name="Young", birth_knowledge="not_known")]},
            "child_too_young",
        ),
    ],
)
async def test_what_the_policy_keeps_for_the_meeting_is_refused_by_name_with_why(
    desk: Desk, changes: dict[str, Any], code: str
) -> None:
    body = incident_body(7, **changes)
    if code == "child_too_young" and "date_of_birth" in body["children"][0]:
        born = (datetime.now(UTC) - timedelta(days=100)).date()
        body["children"][0]["date_of_birth"] = born.isoformat()
    if body["children"][0].get("birth_knowledge") == "not_known":
        body["children"][0].pop("date_of_birth", None)
    day = (await told(desk, incident_body(1)))["meeting_on"]
    await told(desk, body)
    await tell_schools(desk, day)
    items = sorted(await agenda(desk, day), key=lambda one: one["incident_number"])
    assert code in [why["code"] for why in items[1]["discussed_because"]]
    problem = expect_refusal(await record(desk, day, items), 409, "not_to_be_recorded")
    assert ("/items/1", code) in faults(problem)
    assert all(pointer.startswith("/items/1") for pointer, _ in faults(problem))
    recorded = done(await record(desk, day, items, those_that_can=True), 201)
    assert len(recorded["incidents"]) == 1
    assert [(one["place"], one["item_id"]) for one in recorded["refused"]] == [(1, items[1]["id"])]


async def test_a_child_told_of_before_and_a_sibling_of_one_are_for_the_meeting(desk: Desk) -> None:
    family = incident_body(4, 2)
    await desk.contact(children=family["children"][:1])
    day = (await told(desk, family))["meeting_on"]
    await tell_schools(desk, day)
    first, second = sorted(await agenda(desk, day), key=lambda one: one["child"]["given_name"])
    assert [why["code"] for why in first["discussed_because"]] == ["child_on_file"]
    assert [why["code"] for why in second["discussed_because"]] == ["sibling_for_the_meeting"]
    problem = expect_refusal(await record(desk, day, [first, second]), 409, "not_to_be_recorded")
    assert faults(problem) == [
        ("/items/0", "child_on_file"),
        ("/items/1", "sibling_for_the_meeting"),
    ]


async def test_what_changed_since_it_was_read_is_not_recorded(desk: Desk) -> None:
    body = incident_body(5)
    day = (await told(desk, body))["meeting_on"]
    await tell_schools(desk, day)
    items = await agenda(desk, day)
    await desk.post(
        Role.partner_system,
        "/v1/police-notifications",
        {**body, "risk": "medium"},
        organisation=FORCE,
    )
    problem = expect_refusal(await record(desk, day, items), 409, "not_to_be_recorded")
    assert set(faults(problem)) == {
        ("/items/0", "risk_too_high"),
        ("/items/0", "update_unread"),
        ("/items/0/contact_version", "stale"),
    }


async def test_a_word_is_not_what_a_manager_read(desk: Desk) -> None:
    day, _ = await three_incidents(desk)
    await tell_schools(desk, day)
    items = await agenda(desk, day)
    problem = expect_refusal(await record(desk, day, items, words="Fine."), 422, "own_words_needed")
    assert [pointer for pointer, _ in faults(problem)] == ["/words"]
    problem = expect_refusal(
        await record(desk, day, [items[0], items[0]]), 409, "not_to_be_recorded"
    )
    assert faults(problem) == [("/items/1/item_id", "item_named_twice")]


@pytest.mark.parametrize("light", [True, False], ids=["most pass", "none passes"])
async def test_forty_incidents_with_seventy_children_take_at_most_forty_five_writes(
    desk: Desk, light: bool
) -> None:
    """Rule 28: a hub's ordinary morning fits into its morning. It took 140 writes in 0.3.0."""
    day = ""
    for serial in range(1, 41):
        risk = "standard" if light and serial % 4 else "medium"
        taken = await told(desk, incident_body(serial, 2 if serial > 10 else 1, risk=risk))
        day = taken["meeting_on"]
    desk.clock.set(datetime.fromisoformat(f"{day}T09:30:00Z"))
    # One act for all of the schools.
    await tell_schools(desk, day)
    writes = ["/v1/school-notices"]
    items = await agenda(desk, day)
    assert (len(by_contact(items)), len(items)) == (40, 70)

    def written(answer: Any, status: int = 200) -> Any:
        writes.append(str(answer.request.url))
        return done(answer, status)

    pass_by = [one for one in items if not one["discussed_because"]]
    if pass_by:
        written(await record(desk, day, pass_by), 201)
    rest = by_contact([one for one in items if one["discussed_because"]])
    said = [outcome(one) for one in rest]
    # What is read as one body is limited: a morning stays well within it.
    assert json.dumps(said).translate(str.maketrans("{[", ",,")).count(",") * 2 < MOST_VALUES
    settled = written(await outcomes(desk, day, *said), 201)
    for one in settled["incidents"]:
        path = f"/v1/contacts/{one['contact_id']}/sign-off"
        written(await desk.post(MANAGER, path, sign_off_body(), version=one["contact_version"]))
    written(await desk.post(MANAGER, f"/v1/daily-meetings/{day}/conclusion", None), 201)
    assert {one["state"] for one in await agenda(desk, day)} == {"decided"}
    assert len(writes) == (14 if light else 43)
    assert len(writes) <= 45


async def test_where_the_policy_lets_nothing_pass_every_child_is_for_the_meeting(
    desk: Desk,
) -> None:
    rules = desk.house.policy.recorded_notifications
    body = incident_body(6)
    day = (await told(desk, body))["meeting_on"]
    await tell_schools(desk, day)
    desk.house.policy = replace(
        desk.house.policy, recorded_notifications=replace(rules, allowed=False)
    )
    items = await agenda(desk, day)
    assert [why["code"] for why in items[0]["discussed_because"]] == ["not_by_policy"]
    problem = expect_refusal(await record(desk, day, items), 409, "not_to_be_recorded")
    assert faults(problem) == [("/items/0", "not_by_policy")]
