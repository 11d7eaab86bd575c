"""Flags over HTTP: why it is red, who takes it on, and that deciding clears it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain.access import Role
from service.usecases.flags import sweep
from tests.support.builders import Body
from tests.support.desks import Desk, done, expect_refusal

WORKER = Role.mash_worker
WORDS = "I ring the school now and decide by 17:00."


async def late(desk: Desk) -> Body:
    """A contact of Friday 16:00 left alone, and its flag of Saturday 16:00."""
    await desk.contact()
    desk.clock.forward(hours=24)
    await sweep(desk.house)
    found = done(await desk.get(WORKER, "/v1/flags?kind=contact_to_referral"))
    [flag] = found["items"]
    assert flag.pop("inside") == []
    return dict(flag)


async def acknowledge(
    desk: Desk, flag: Body, words: str = WORDS, *, role: Role = WORKER, version: int | None = None
) -> httpx.Response:
    path = f"/v1/flags/{flag['id']}/acknowledgement"
    return await desk.post(role, path, {"words": words}, version=version or flag["version"])


async def test_why_is_this_red_is_answered_with_the_rule_and_the_sum(desk: Desk) -> None:
    flag = await late(desk)
    answer = await desk.get(WORKER, f"/v1/flags/{flag['id']}")
    found = done(answer)
    assert answer.headers["etag"] == f'"{flag["version"]}"'
    assert {name: found[name] for name in flag} == flag
    assert (found["severity"], found["subject_kind"], found["owner_role"]) == (
        "breach",
        "contact",
        "mash_worker",
    )
    assert (found["due_at"], found["raised_at"]) == ("2026-10-24T15:00:00Z",) * 2
    clock = found["deadline"]
    assert clock["started_at"] == "2026-10-23T15:00:00Z"
    assert clock["explanation"]["source"].startswith("Performance measure PI1")
    assert clock["explanation"]["policy_version"] == found["policy_version"]
    assert "Friday 23 October 2026 16:00" in clock["explanation"]["sum"]
    assert "Saturday 24 October 2026 16:00" in clock["explanation"]["sum"]


async def test_the_second_clock_flags_at_the_end_of_monday_and_names_the_days_skipped(
    desk: Desk,
) -> None:
    await late(desk)
    desk.clock.forward(days=3)
    await sweep(desk.house)
    found = done(await desk.get(WORKER, "/v1/flags?kind=statutory_decision&severity=breach"))
    [flag] = found["items"]
    # The clocks went back on Sunday: the end of Monday is in Greenwich time.
    assert flag["due_at"] == "2026-10-26T23:59:59Z"
    read = done(await desk.get(WORKER, f"/v1/flags/{flag['id']}"))
    skipped = read["deadline"]["explanation"]["skipped"]
    assert [(day["on"], day["kind"]) for day in skipped] == [
        ("2026-10-24", "weekend"),
        ("2026-10-25", "weekend"),
    ]


async def test_taking_a_flag_on_records_who_and_what_they_will_do(desk: Desk) -> None:
    flag = await late(desk)
    desk.clock.forward(minutes=5)
    answer = await acknowledge(desk, flag)
    taken = done(answer)
    assert answer.headers["etag"] == f'"{flag["version"] + 1}"'
    assert taken["acknowledgement"] == WORDS
    assert taken["acknowledged_at"] == "2026-10-24T15:05:00Z"
    assert taken["acknowledged_by"] == str(await desk.account_of(WORKER))
    assert taken["cleared_at"] is None
    again = expect_refusal(await acknowledge(desk, taken), 409, "flag_already_acknowledged")
    assert again["state"] == "acknowledged"
    desk.clock.forward(days=2)
    await sweep(desk.house)
    unescalated = done(await desk.get(WORKER, f"/v1/flags/{flag['id']}"))
    assert unescalated["escalation_level"] == 0


async def test_nobody_taking_it_on_it_goes_to_the_manager(desk: Desk) -> None:
    flag = await late(desk)
    desk.clock.forward(hours=1)
    await sweep(desk.house)
    found = done(await desk.get(Role.mash_manager, f"/v1/flags/{flag['id']}"))
    assert (found["escalation_level"], found["escalated_to"]) == (1, "mash_manager")
    escalated = done(await desk.get(Role.mash_manager, "/v1/flags?escalated=true&each=true"))
    assert flag["id"] in [one["id"] for one in escalated["items"]]


async def test_deciding_the_contact_clears_its_flag_with_no_one_touching_it(desk: Desk) -> None:
    flag = await late(desk)
    contact = done(await desk.get(WORKER, f"/v1/contacts/{flag['contact_id']}"))
    await desk.sign(await desk.draft(contact, 0, "no_further_action"))
    found = done(await desk.get(WORKER, f"/v1/flags/{flag['id']}"))
    assert (found["cleared_at"], found["cleared_because"]) == ("2026-10-24T15:00:00Z", "decided")
    listed = done(await desk.get(WORKER, f"/v1/flags?contact_id={contact['id']}&each=true"))
    assert flag["id"] not in [one["id"] for one in listed["items"]]
    problem = expect_refusal(
        await acknowledge(desk, flag, version=found["version"]), 409, "flag_cleared"
    )
    assert problem["state"] == "cleared"


async def test_an_acknowledgement_names_the_version_and_says_something(desk: Desk) -> None:
    flag = await late(desk)
    stale = await acknowledge(desk, flag, version=flag["version"] + 1)
    expect_refusal(stale, 412, "stale")
    assert stale.headers["etag"] == f'"{flag["version"]}"'
    path = f"/v1/flags/{flag['id']}/acknowledgement"
    expect_refusal(await desk.post(WORKER, path, {"words": WORDS}), 428, "precondition_missing")
    for words in ("", "  "):
        expect_refusal(await acknowledge(desk, flag, words), 422, "invalid")


async def test_flags_are_listed_soonest_first_by_page_and_narrowed(desk: Desk) -> None:
    contacts = []
    for _ in range(3):
        contacts.append(await desk.contact())
        desk.clock.forward(minutes=10)
    desk.clock.forward(hours=24)
    await sweep(desk.house)
    query = "kind=contact_to_referral&severity=breach&limit=2"
    first = done(await desk.get(WORKER, f"/v1/flags?{query}"))
    rest = done(await desk.get(WORKER, first["next"]))
    found = [one["contact_id"] for one in (*first["items"], *rest["items"])]
    assert found == [contact["id"] for contact in contacts]
    done(await acknowledge(desk, first["items"][0]))
    for narrowed, expected in (
        ("acknowledged=true", contacts[:1]),
        ("acknowledged=false&kind=contact_to_referral", contacts[1:]),
        (f"contact_id={contacts[2]['id']}&kind=contact_to_referral", contacts[2:]),
        ("owner_role=mash_worker&kind=contact_to_referral", contacts),
        ("severity=warning&kind=contact_to_referral", []),
        ("owner_role=mash_manager&kind=contact_to_referral", []),
    ):
        listed = done(await desk.get(WORKER, f"/v1/flags?{narrowed}"))
        assert [one["contact_id"] for one in listed["items"]] == [one["id"] for one in expected]


@pytest.mark.parametrize("role", [Role.early_help_worker, Role.assessment_team_worker])
async def test_a_flag_of_a_contact_that_one_may_not_see_is_not_there(
    desk: Desk, role: Role
) -> None:
    flag = await late(desk)
    nowhere = await desk.get(role, f"/v1/flags/{uuid4()}")
    expect_refusal(nowhere, 404, "flag_not_found")
    hidden = await desk.get(role, f"/v1/flags/{flag['id']}")
    assert _told(hidden) == _told(nowhere)
    assert _told(await acknowledge(desk, flag, role=role)) == _told(nowhere)
    assert done(await desk.get(role, "/v1/flags"))["items"] == []


async def test_who_may_see_flags_and_who_may_take_them_on(desk: Desk) -> None:
    flag = await late(desk)
    path = f"/v1/flags/{flag['id']}"
    assert done(await desk.get(Role.qa_auditor, path))["id"] == flag["id"]
    expect_refusal(await acknowledge(desk, flag, role=Role.qa_auditor), 403, "role_missing")
    expect_refusal(await desk.get(Role.performance_analyst, path), 403, "role_missing")
    partner = await desk.get(Role.partner_system, path, organisation="riverbourne-police")
    expect_refusal(partner, 403, "role_missing")


def _told(answer: httpx.Response) -> tuple[int, dict[str, Any]]:
    body = answer.json()
    return answer.status_code, {
        name: value for name, value in body.items() if name not in ("instance", "request_id")
    }
