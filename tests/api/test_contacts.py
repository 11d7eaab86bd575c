"""Contacts over HTTP: logged, listed, amended, rated, given; never refused for what is missing."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.domain.access import Role
from service.usecases.flags import sweep
from tests.support.builders import (
    allocation_body,
    child_body,
    contact_body,
    decision_body,
    headers,
    siblings,
    unborn_body,
)
from tests.support.clocks import FixedClock
from tests.support.databases import DatabaseServer
from tests.support.days import AUTUMN_FRIDAY
from tests.support.desks import Desk, codes, expect_refusal, faults, open_desk, pointers
from tests.support.houses import caller

NHS = "9434765919"
OTHER_NHS = "9434765870"


def without_strip(logged: dict[str, Any]) -> dict[str, Any]:
    """A contact as it is read: what was on file beside it is told once, as it is logged."""
    only_then = ("repeat_concern", "possible_matches")
    return {name: value for name, value in logged.items() if name not in only_then}


def running(contact: Any) -> dict[str, str]:
    return {
        clock["kind"]: clock["due_at"]
        for clock in contact["deadlines"]
        if clock["stopped_at"] is None
    }


async def test_three_siblings_are_logged_with_a_father_nobody_can_name(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body(children=siblings()))
    assert [child["birth_knowledge"] for child in made["children"]] == [
        "known",
        "estimated",
        "unborn",
    ]
    assert made["adults"][1] | {"id": None} == {
        **made["adults"][1],
        "id": None,
        "relationship": "father",
        "name_known": False,
        "given_name": None,
        "family_name": None,
    }
    assert running(made) == {
        "contact_to_referral": "2026-10-24T15:00:00Z",
        "statutory_decision": "2026-10-26T23:59:59Z",
        "acknowledge_referrer": "2026-10-26T23:59:59Z",
        "rated": "2026-10-23T16:00:00Z",
    }
    assert {one["code"] for one in made["warnings"]} >= {
        "postcode_missing",
        "lawful_basis_missing",
        "agreement_not_known",
    }
    assert "father_missing" not in {one["code"] for one in made["warnings"]}
    assert await desk.read(Role.mash_worker, f"/v1/contacts/{made['id']}") == without_strip(made)


async def test_the_clocks_start_when_it_was_received_and_not_when_it_was_written_down(
    desk: Desk,
) -> None:
    made = await desk.made(
        Role.mash_worker, "/v1/contacts", contact_body(received_at="2026-10-22T09:30:00+01:00")
    )
    assert made["received_at"] == "2026-10-22T08:30:00Z"
    assert running(made)["contact_to_referral"] == "2026-10-23T08:30:00Z"
    assert made["logged_at"] == "2026-10-23T15:00:00Z"


@pytest.mark.parametrize(
    ("received_at", "code"),
    [
        ("2026-10-23T15:06:00Z", "received_in_the_future"),
        ("2014-12-31T23:59:59Z", "received_too_long_ago"),
        ("1900-01-01T00:00:00Z", "received_too_long_ago"),
    ],
)
async def test_a_time_of_receipt_that_cannot_be_is_named_where_it_stands(
    desk: Desk, received_at: str, code: str
) -> None:
    answer = await desk.post(
        Role.mash_worker, "/v1/contacts", contact_body(received_at=received_at)
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert pointers(answer) == {"/received_at"}
    assert await desk.count("contact") == 0


async def test_a_senders_clock_may_run_a_little_ahead(desk: Desk) -> None:
    made = await desk.made(
        Role.mash_worker, "/v1/contacts", contact_body(received_at="2026-10-23T15:04:59Z")
    )
    assert made["received_at"] == "2026-10-23T15:04:59Z"


async def test_a_contact_is_taken_when_the_known_bank_holidays_have_ended(
    database_url: str, tmp_path: Path
) -> None:
    last_friday = datetime(2028, 12, 29, 16, 0, tzinfo=UTC)
    async with open_desk(database_url, tmp_path, FixedClock(last_friday)) as desk:
        made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
        # New Year's Day is a bank holiday, but nobody has put 2029 on file: early, never late.
        assert running(made)["statutory_decision"] == "2029-01-01T23:59:59Z"
        told = {clock["kind"]: clock["explanation"] for clock in made["deadlines"]}
        assert "known here from 2015-01-01 to 2028-12-31 only" in told["statutory_decision"]["sum"]
        assert told["statutory_decision"]["calendar_version"].endswith("+weekends-beyond")
        assert "known here" not in told["contact_to_referral"]["sum"]
        desk.clock.set(datetime(2030, 5, 6, 9, 0, tzinfo=UTC))
        later = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
        assert running(later)["statutory_decision"] == "2030-05-07T22:59:59Z"


@pytest.mark.parametrize(
    ("child", "place"),
    [
        (unborn_body(date_of_birth="2026-01-01", expected_delivery_on=None), "date_of_birth"),
        (unborn_body(sex="F"), "sex"),
        (unborn_body(nhs_number=NHS), "nhs_number"),
        (child_body(expected_delivery_on="2026-12-01"), "expected_delivery_on"),
        (
            child_body(date_of_birth=None, expected_delivery_on="2026-12-01"),
            "expected_delivery_on",
        ),
        (child_body(birth_knowledge="not_known"), "birth_knowledge"),
    ],
)
async def test_what_cannot_both_be_true_of_a_birth_is_refused_where_it_stands(
    desk: Desk, child: dict[str, Any], place: str
) -> None:
    answer = await desk.post(
        Role.mash_worker, "/v1/contacts", contact_body(children=[child_body("Zoe"), child])
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "contradictory")
    assert pointers(answer) == {f"/children/1/{place}"}


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ({"date_of_birth": "2018-04-09"}, "known"),
        ({"expected_delivery_on": "2026-12-01"}, "unborn"),
        ({"expected_delivery_on": "2026-12-01", "sex": "F"}, "not_known"),
        ({}, "not_known"),
        ({"birth_knowledge": "estimated"}, "not_known"),
        ({"birth_knowledge": "known"}, "not_known"),
        ({"birth_knowledge": "estimated", "date_of_birth": "2018-01-01"}, "estimated"),
    ],
)
async def test_how_a_birth_is_known_follows_from_the_dates_unless_it_is_said(
    desk: Desk, told: dict[str, Any], meant: str
) -> None:
    child = {"given_name": "Ada", "family_name": "Okafor", **told}
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body(children=[child]))
    assert made["children"][0]["birth_knowledge"] == meant
    missing = "date_of_birth_missing" in {one["code"] for one in made["warnings"]}
    assert missing is ("date_of_birth" not in told and meant != "unborn")


@pytest.mark.parametrize(
    ("child", "code"),
    [
        (child_body(date_of_birth="2008-10-23"), "not_a_child"),
        (unborn_body(expected_delivery_on="2026-10-22"), "expected_delivery_passed"),
        (unborn_body(expected_delivery_on="2027-08-14"), "expected_delivery_far_off"),
    ],
)
async def test_an_unlikely_date_is_a_warning_and_no_refusal(
    desk: Desk, child: dict[str, Any], code: str
) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body(children=[child]))
    assert code in {one["code"] for one in made["warnings"]}
    day_before = child_body(date_of_birth="2008-10-24")
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body(children=[day_before]))
    assert code not in {one["code"] for one in made["warnings"]}


async def test_everything_wrong_is_named_at_once_and_nothing_sent_is_repeated(desk: Desk) -> None:
    body = contact_body(
        children=[{"birth_knowledge": "unborn", "date_of_birth": "2031-07-07", "sex": "F"}],
        source_code="QX",
        received_at="2033-09-09T00:00:00Z",
        referrer={},
        channel="partner_system",
    )
    answer = await desk.post(Role.mash_worker, "/v1/contacts", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert pointers(answer) == {
        "/channel",
        "/source_code",
        "/received_at",
        "/children/0/date_of_birth",
        "/children/0/sex",
        "/referrer",
    }
    for sent in ("QX", "2031-07-07", "2033-09-09"):
        assert sent not in answer.text


async def test_an_adult_with_the_letter_s_in_the_address_can_be_written_to(desk: Desk) -> None:
    referrer = {"name": "Priya Shah", "email": "dsl.first@mill-lane-school.example"}
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body(referrer=referrer))
    assert made["referrer"]["email"] == referrer["email"]
    for wrong in ("no-at-sign.example", "two words@mill.example", "a@b@c"):
        answer = await desk.patch(
            Role.mash_worker,
            f"/v1/contacts/{made['id']}",
            {"reason": "They rang back.", "referrer": {"email": wrong}},
            version=made["version"],
        )
        assert pointers(answer) == {"/referrer/email"}


async def test_a_mistyped_reference_is_told_apart_from_one_that_is_not_there(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    found = await desk.read(
        Role.mash_worker, "/v1/contacts", params={"reference": made["reference"]}
    )
    assert [one["id"] for one in found["items"]] == [made["id"]]
    first, second = made["reference"][-2], made["reference"][-1]
    swapped = made["reference"][:-2] + second + first
    misheard = made["reference"][:-1] + ("A" if second != "A" else "C")
    for wrong in {swapped, misheard} - {made["reference"]}:
        answer = await desk.get(Role.mash_worker, "/v1/contacts", params={"reference": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "reference_mistyped")
        assert wrong not in answer.text


async def amended(desk: Desk, contact: Any, **changes: Any) -> Any:
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{contact['id']}",
        {"reason": "They rang back with more.", **changes},
        version=contact["version"],
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_another_time_of_receipt_moves_every_clock_and_clears_the_flags_of_the_old_ones(
    desk: Desk,
) -> None:
    made = await desk.made(
        Role.mash_worker, "/v1/contacts", contact_body(received_at="2026-10-21T10:00:00Z")
    )
    await sweep(desk.house)
    flags = (await desk.read(Role.mash_worker, "/v1/flags?each=true"))["items"]
    assert {(flag["kind"], flag["severity"]) for flag in flags} == {
        ("contact_to_referral", "breach"),
        ("statutory_decision", "breach"),
        ("acknowledge_referrer", "breach"),
        ("rated", "breach"),
    }
    after = await amended(desk, made, received_at="2026-10-23T10:00:00Z")
    assert running(after) == {
        "contact_to_referral": "2026-10-24T10:00:00Z",
        "statutory_decision": "2026-10-26T23:59:59Z",
        "acknowledge_referrer": "2026-10-26T23:59:59Z",
        "rated": "2026-10-23T11:00:00Z",
    }
    assert {
        clock["stopped_because"] for clock in after["deadlines"] if clock["stopped_at"] is not None
    } == {"received_at_amended"}
    assert (await desk.read(Role.mash_worker, "/v1/flags?each=true"))["items"] == []
    desk.clock.set(datetime(2026, 10, 24, 10, 0, tzinfo=UTC))
    await sweep(desk.house)
    flags = (await desk.read(Role.mash_worker, "/v1/flags?each=true"))["items"]
    assert [(flag["kind"], flag["due_at"]) for flag in flags] == [
        ("rated", "2026-10-23T11:00:00Z"),
        ("contact_to_referral", "2026-10-24T10:00:00Z"),
    ]


async def test_another_source_leaves_the_clocks_alone_but_nobody_tells_an_anonymous_caller(
    desk: Desk,
) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    education = await amended(desk, made, source_code="2B")
    assert [clock["id"] for clock in education["deadlines"]] == [
        clock["id"] for clock in made["deadlines"]
    ]
    anonymous = await amended(desk, education, source_code="9")
    assert set(running(anonymous)) == {"contact_to_referral", "statutory_decision", "rated"}
    named = await amended(desk, anonymous, source_code="2A")
    assert running(named) == running(made)


@pytest.mark.parametrize(
    ("received_at", "code"),
    [
        ("2026-10-24T00:00:00Z", "received_in_the_future"),
        ("2014-12-31T00:00:00Z", "received_too_long_ago"),
    ],
)
async def test_an_amendment_keeps_the_rules_of_logging(
    desk: Desk, received_at: str, code: str
) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}",
        {"reason": "Rang back.", "received_at": received_at},
        version=1,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}",
        {"reason": "Rang back.", "channel": "partner_system"},
        version=1,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "channel_not_yours")
    assert await desk.read(Role.mash_worker, f"/v1/contacts/{made['id']}") == without_strip(made)


async def test_a_fault_in_an_amendment_is_named_where_it_was_sent(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body(children=siblings()))
    third = made["children"][2]["id"]
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}",
        {
            "reason": "They rang back.",
            "children": [
                {"given_name": "Ife"},
                {"id": third, "ethnicity_code": "QXQX", "sex": "F"},
                {"id": str(uuid4()), "sex": "F"},
            ],
        },
        version=1,
    )
    assert pointers(answer) == {"/children/2/id"}
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}",
        {
            "reason": "They rang back.",
            "children": [
                {"given_name": "Ife", "date_of_birth": "2031-01-01"},
                {"id": third, "ethnicity_code": "QXQX", "sex": "F"},
            ],
        },
        version=1,
    )
    assert pointers(answer) == {
        "/children/0/date_of_birth",
        "/children/1/ethnicity_code",
        "/children/1/sex",
    }
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}",
        {"reason": "They rang back.", "children": [{"id": third}, {"id": third, "sex": "U"}]},
        version=1,
    )
    assert (answer.status_code, pointers(answer)) == (422, {"/children/1/id"})


async def test_an_unborn_child_is_born_by_amendment(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body(children=[unborn_body()]))
    only_a_date = {"id": made["children"][0]["id"], "date_of_birth": "2026-10-20"}
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}",
        {"reason": "Born on Tuesday.", "children": [only_a_date]},
        version=1,
    )
    assert answer.status_code == 422
    after = await amended(
        desk, made, children=[{**only_a_date, "birth_knowledge": "known", "sex": "M"}]
    )
    child = after["children"][0]
    assert (child["birth_knowledge"], child["date_of_birth"]) == ("known", "2026-10-20")
    assert (child["expected_delivery_on"], child["sex"]) == (None, "M")
    assert child["person_id"] == made["children"][0]["person_id"]


async def test_old_words_are_kept_and_a_decision_ends_amending(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    path = f"/v1/contacts/{made['id']}"
    after = await amended(desk, made, concern="There were two bruises.", town="Riverbourne")
    assert after["concern"] == "There were two bruises."
    kept = await desk.rows("SELECT reason FROM contact_amendment")
    assert kept == [("They rang back with more.",)]
    answer = await desk.patch(
        Role.mash_worker, path, {"reason": "Again.", "town": "Weir"}, version=1
    )
    assert answer.status_code == 412
    answer = await desk.patch(
        Role.mash_worker, path, {"reason": "Again.", "town": "Riverbourne"}, version=2
    )
    assert (answer.status_code, codes(answer)) == (422, {"no_change"})
    await desk.made(Role.mash_worker, f"{path}/decisions", decision_body(made["children"][0]["id"]))
    version = (await desk.read(Role.mash_worker, path))["version"]
    answer = await desk.patch(
        Role.mash_worker, path, {"reason": "Again.", "town": "Weir"}, version=version
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "contact_already_decided")
    child = (await desk.read(Role.mash_worker, path))["children"][0]
    assert answer.json()["state"] == child["state"] == "awaiting_sign_off"
    assert answer.json()["allowed"] == ["return_to_decider", "withdraw", "answer_possible_match"]


async def test_what_is_decided_and_signed_says_so_in_the_childs_own_word(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    path = f"/v1/contacts/{made['id']}"
    await desk.decide_for(made["id"], made["children"][0]["id"], "no_further_action")
    now = await desk.read(Role.mash_worker, path)
    answer = await desk.patch(
        Role.mash_worker, path, {"reason": "Again.", "town": "Weir"}, version=now["version"]
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "contact_already_decided")
    assert answer.json()["state"] == now["children"][0]["state"] == "decided"
    assert answer.json()["allowed"] == ["log_contact", "answer_possible_match"]
    assert "sign-off" not in answer.json()["detail"]


async def rated(desk: Desk, contact: Any, rating: str, rationale: str | None = None) -> Any:
    answer = await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{contact['id']}/triage",
        {"rating": rating, "rationale": rationale},
        version=contact["version"],
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_nobody_gains_time_by_rating_again(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    amber = await rated(desk, made, "amber")
    assert running(amber)["triage"] == "2026-10-24T15:00:00Z"
    desk.clock.forward(hours=1)
    green = await rated(desk, amber, "green", "A neighbour was mistaken.")
    assert running(green)["triage"] == "2026-10-26T23:59:59Z"
    desk.clock.forward(hours=20)
    again = await rated(desk, green, "amber", "The neighbour was not mistaken.")
    assert running(again)["triage"] == "2026-10-24T15:00:00Z"
    red = await rated(desk, again, "red", "The school has photographs.")
    assert running(red)["triage"] == "2026-10-23T19:00:00Z"
    answer = await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}/triage",
        {"rating": "red"},
        version=red["version"],
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "rating_unchanged")


async def test_a_change_of_rating_without_a_reason_is_refused(desk: Desk) -> None:
    amber = await rated(
        desk, await desk.made(Role.mash_worker, "/v1/contacts", contact_body()), "amber"
    )
    answer = await desk.post(
        Role.mash_worker,
        f"/v1/contacts/{amber['id']}/triage",
        {"rating": "green"},
        version=amber["version"],
    )
    assert (answer.status_code, pointers(answer)) == (422, {"/rationale"})


async def test_a_contact_is_taken_given_and_handed_back_but_not_to_who_has_no_access(
    desk: Desk,
) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    path = f"/v1/contacts/{made['id']}/assignment"
    answer = await desk.post(Role.mash_worker, path, {"worker_id": None}, version=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_assigned")
    grace = await caller(desk.house, Role.mash_worker, name="Grace")
    taken = await desk.post(Role.mash_worker, path, {"worker_id": str(grace.account_id)}, version=1)
    assert taken.json()["assignee_id"] == str(grace.account_id)
    back = await desk.post(Role.mash_worker, path, {"worker_id": None}, version=2)
    assert back.json()["assignee_id"] is None
    await desk.made(
        Role.system_administrator,
        "/v1/access-suspensions",
        {"kind": "account", "target": str(grace.account_id), "reason": "On long leave."},
    )
    answer = await desk.post(
        Role.mash_worker, path, {"worker_id": str(grace.account_id)}, version=3
    )
    assert (answer.status_code, pointers(answer)) == (422, {"/worker_id"})
    police = await caller(desk.house, Role.partner_system, organisation="riverbourne-police")
    answer = await desk.post(
        Role.mash_worker, path, {"worker_id": str(police.account_id)}, version=3
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "worker_unknown")


async def test_the_referrer_is_acknowledged_once(desk: Desk) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    path = f"/v1/contacts/{made['id']}/acknowledgement"
    done = (
        await desk.post(Role.mash_worker, path, {"words": "Rang the school."}, version=1)
    ).json()
    assert done["acknowledged_at"] == "2026-10-23T15:00:00Z"
    assert "acknowledge_referrer" not in running(done)
    answer = await desk.post(Role.mash_worker, path, {"words": "Rang again."}, version=2)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_acknowledged")


async def test_thirty_two_identical_requests_at_once_make_one_contact(desk: Desk) -> None:
    sent = headers(desk.house, Role.mash_worker)
    await caller(desk.house, Role.mash_worker)
    body = contact_body(children=[child_body(nhs_number=NHS)])
    answers = await asyncio.gather(
        *(desk.client.post("/v1/contacts", json=body, headers=sent) for _ in range(32))
    )
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}, [answer.text for answer in answers if answer.is_server_error]
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    replayed = [answer for answer in made if answer.headers.get("idempotent-replayed") == "true"]
    assert len(made) - len(replayed) == 1
    for table in ("contact", "contact_child", "person", "event", "answer"):
        assert await desk.count(table) == 1, table
    assert await desk.count("deadline") == 4
    again = await desk.client.post("/v1/contacts", json=body, headers=sent)
    assert (again.status_code, again.content) == (201, made[0].content)
    other = await desk.client.post("/v1/contacts", json=contact_body(), headers=sent)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_used_before")


async def test_many_first_contacts_about_one_child_at_once_find_one_person(desk: Desk) -> None:
    await caller(desk.house, Role.mash_worker)
    body = contact_body(children=[child_body(nhs_number=NHS)])
    made = await asyncio.gather(
        *(desk.made(Role.mash_worker, "/v1/contacts", body) for _ in range(4))
    )
    assert len({contact["children"][0]["person_id"] for contact in made}) == 1
    assert await desk.count("person") == 1


async def close_referral(desk: Desk, referral_id: str) -> None:
    """Allocates a referral, and closes it for want of need."""
    manager = Role.assessment_team_manager
    worker = (await caller(desk.house, Role.assessment_team_worker)).account_id
    for version, act, body in (
        (1, "allocation", allocation_body(worker)),
        (2, "closure", {"closure_code": "RC8", "reason": "No unmet need was found."}),
    ):
        path = f"/v1/referrals/{referral_id}/{act}"
        answer = await desk.post(manager, path, body, version=version)
        assert answer.status_code == 200, answer.text


async def test_a_re_referral_is_recognised_by_the_number_and_by_the_link(desk: Desk) -> None:
    first = await desk.made(
        Role.mash_worker,
        "/v1/contacts",
        contact_body(children=[child_body(nhs_number=NHS), child_body("Chidi")]),
    )
    by_number, by_link = first["children"]
    for child in first["children"]:
        decided = await desk.decide_for(first["id"], child["id"], "referral")
        await close_referral(desk, decided["referral_id"])
    desk.clock.forward(days=200)
    second = await desk.made(
        Role.mash_worker,
        "/v1/contacts",
        contact_body(
            children=[
                {"given_name": "A.", "nhs_number": "943 476 5919"},
                {"given_name": "Chidi", "person_id": by_link["person_id"]},
            ]
        ),
    )
    assert [child["person_id"] for child in second["children"]] == [
        by_number["person_id"],
        by_link["person_id"],
    ]
    history = await desk.read(Role.mash_worker, f"/v1/contacts/{second['id']}/history")
    for child in history["children"]:
        assert [one["contact_id"] for one in child["contacts"]] == [first["id"]]
        assert len(child["referrals"]) == 1
    told = {
        "history": {
            "considered": "Referred in October; the single assessment found no need.",
            "last_closed_because": "The assessment found no unmet need.",
        }
    }
    for child in second["children"]:
        await desk.decide_for(second["id"], child["id"], "referral", **told)
    found = await desk.read(Role.mash_worker, "/v1/referrals", params={"contact_id": second["id"]})
    assert [one["re_referral"] for one in found["items"]] == [True, True]


@pytest.mark.parametrize("seed", range(2))
async def test_pages_show_every_contact_once_while_others_are_being_logged(
    desk: Desk, seed: int
) -> None:
    """Every contact there was before the first page, exactly once, whatever comes between."""
    chance = itertools.cycle([(seed * 7 + step * 13) % 50 for step in range(50)])
    before = [
        (
            await desk.made(
                Role.mash_worker,
                "/v1/contacts",
                contact_body(
                    received_at=(AUTUMN_FRIDAY - timedelta(hours=next(chance) % 6)).isoformat()
                ),
            )
        )["id"]
        for _ in range(17)
    ]
    seen: list[str] = []
    path: str | None = "/v1/contacts?limit=3"
    while path is not None:
        page = await desk.read(Role.mash_worker, path)
        assert len(page["items"]) <= 3
        seen += [one["id"] for one in page["items"]]
        path = page["next"]
        for hours in (next(chance) % 6, 0):
            await desk.made(
                Role.mash_worker,
                "/v1/contacts",
                contact_body(received_at=(AUTUMN_FRIDAY - timedelta(hours=hours)).isoformat()),
            )
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


FULL = contact_body(
    children=[
        child_body(
            description="Red coat",
            nhs_number=NHS,
            unique_pupil_number="H801200001001",
            ethnicity_code="BAFR",
            disability_codes=["COMM"],
            first_language="English",
            school="Mill Lane Primary",
        ),
        unborn_body(given_name="Baby", sex="U", first_language="English"),
        {
            "description": "About four",
            "birth_knowledge": "estimated",
            "date_of_birth": "2022-01-01",
            "sex": "M",
        },
        {"birth_knowledge": "not_known", "expected_delivery_on": "2026-12-01", "sex": "F"},
    ],
    adults=[
        {
            "relationship": "father",
            "name_known": False,
            "date_of_birth": "1990-01-01",
            "telephone": "01632 960123",
            "note": "Works nights",
            "in_household": "no",
            "parental_responsibility": "yes",
        }
    ],
    received_at="2026-10-23T14:00:00Z",
    immediate_danger=True,
    referrer={
        "name": "Priya Shah",
        "role": "Lead",
        "agency": "Mill Lane",
        "telephone": "01632 960111",
        "email": "dsl@mill-lane.example",
    },
    agreement={"state": "refused", "note": "Mother does not agree."},
    lawful_basis={"basis": "public_task", "sharing_reason": "Asking would add to the risk."},
    address="12 Weir Street",
    town="Riverbourne",
    postcode="ZZ99 3CZ",
)
# The minimum: a concern, a source, a channel, a child that can be found, a referrer.
MINIMUM = {"concern", "source_code", "channel", "children"}


def optional_places() -> list[tuple[Any, ...]]:
    places: list[tuple[Any, ...]] = [(name,) for name in FULL if name not in MINIMUM]
    for noun in ("children", "adults"):
        for position, part in enumerate(FULL[noun]):
            places += [(noun, position, name) for name in part]
    for noun in ("referrer", "agreement", "lawful_basis"):
        places += [(noun, name) for name in FULL[noun]]
    return places


def without(body: dict[str, Any], places: set[tuple[Any, ...]]) -> dict[str, Any]:
    def left(value: Any, at: tuple[Any, ...]) -> Any:
        if isinstance(value, dict):
            return {
                name: left(inner, (*at, name))
                for name, inner in value.items()
                if (*at, name) not in places
            }
        if isinstance(value, list):
            return [left(inner, (*at, position)) for position, inner in enumerate(value)]
        return value

    found: dict[str, Any] = left(body, ())
    return found


# Of the minimum one thing each must stay: here a child's name and the referrer's role.
KEPT = {("children", 0, "given_name"), ("referrer",), ("referrer", "role")}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(places=st.sets(st.sampled_from([one for one in optional_places() if one not in KEPT])))
def test_leaving_something_out_never_makes_a_good_contact_a_bad_one(
    sqlite: DatabaseServer, tmp_path_factory: pytest.TempPathFactory, places: set[tuple[Any, ...]]
) -> None:
    async def log() -> tuple[int, str]:
        url = sqlite.create_database()
        try:
            folder = tmp_path_factory.mktemp("house")
            async with open_desk(url, folder) as desk:
                answer = await desk.post(Role.mash_worker, "/v1/contacts", without(FULL, places))
                return answer.status_code, answer.text
        finally:
            sqlite.drop_database(url)

    status, text = asyncio.run(log())
    assert status == 201, text


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (contact_body(children=[{}], adults=[]), "/children"),
        (contact_body(referrer={}), "/referrer"),
    ],
)
async def test_less_than_the_minimum_is_refused_saying_what_would_do(
    desk: Desk, body: dict[str, Any], place: str
) -> None:
    answer = await desk.post(Role.mash_worker, "/v1/contacts", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "minimum_missing")
    assert pointers(answer) == {place}


@pytest.mark.parametrize(
    ("name", "wrong", "hint"),
    [
        ("nhs_number", "9434765918", "ten digits, the last a check digit"),
        ("nhs_number", "1111111111", "nobody's NHS number"),
        ("unique_pupil_number", "A801200001001", "a check letter"),
    ],
)
async def test_a_number_that_cannot_be_is_refused_in_words(
    desk: Desk, name: str, wrong: str, hint: str
) -> None:
    made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    answer = await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{made['id']}",
        {
            "reason": "They rang back.",
            "children": [{"id": made["children"][0]["id"], name: wrong}],
        },
        version=made["version"],
    )
    assert pointers(answer) == {f"/children/0/{name}"}
    assert hint in answer.json()["errors"][0]["message"]
    assert wrong not in answer.text


@pytest.mark.parametrize("state", ["refused", "withdrawn", "not_sought"])
async def test_sharing_without_agreement_asks_for_its_reason_and_is_never_refused(
    desk: Desk, state: str
) -> None:
    without = contact_body(agreement={"state": state}, lawful_basis={"basis": "public_task"})
    made = await desk.made(Role.mash_worker, "/v1/contacts", without)
    assert "sharing_reason_missing" in {one["code"] for one in made["warnings"]}
    basis = {"basis": "public_task", "sharing_reason": "Asking would have put Amara at risk."}
    made = await desk.made(Role.mash_worker, "/v1/contacts", without | {"lawful_basis": basis})
    assert "sharing_reason_missing" not in {one["code"] for one in made["warnings"]}


AT_ONCE = {
    "rating": "red",
    "rationale": "A second bruise within the week.",
    "acknowledgement": "Told on the telephone that it is with us and decided tonight.",
}


async def test_logged_rated_taken_and_acknowledged_in_one_act(desk: Desk) -> None:
    contact = await desk.contact(at_once=AT_ONCE)
    worker = str(await desk.account_of(Role.mash_worker))
    assert (contact["state"], contact["rating"], contact["assignee_id"]) == (
        "in_triage",
        "red",
        worker,
    )
    assert contact["rating_rationale"] == AT_ONCE["rationale"]
    assert contact["acknowledgement"] == AT_ONCE["acknowledgement"]
    clocks = {one["kind"]: one for one in contact["deadlines"]}
    assert clocks["acknowledge_referrer"]["stopped_because"] == "acknowledged"
    assert clocks["triage"]["stopped_at"] is None
    read = await desk.read(Role.mash_worker, f"/v1/contacts/{contact['id']}")
    assert {name: read[name] for name in read if name in contact} == {
        name: contact[name] for name in contact if name in read
    }
    kinds = await desk.rows("SELECT type FROM event ORDER BY id")
    assert [kind for (kind,) in kinds] == [
        "contact.received",
        "contact.triaged",
        "contact.assigned",
        "contact.acknowledged",
    ]


async def test_what_is_done_at_once_is_done_or_nothing_is_logged(desk: Desk) -> None:
    body = contact_body(source_code="9", referrer={}, at_once=AT_ONCE)
    problem = expect_refusal(
        await desk.post(Role.mash_worker, "/v1/contacts", body), 409, "nobody_to_tell"
    )
    assert faults(problem) == [("/at_once", "nobody_to_tell")]
    assert await desk.count("contact") == 0
    body["at_once"] = {"take": False, "rating": "green"}
    contact = await desk.made(Role.mash_worker, "/v1/contacts", body)
    assert (contact["rating"], contact["assignee_id"]) == ("green", None)


async def test_danger_is_red_whatever_is_said_in_the_same_act(desk: Desk) -> None:
    contact = await desk.contact(immediate_danger=True, at_once={"rating": "green"})
    assert contact["rating"] == "red"
    assert contact["assignee_id"] is not None
