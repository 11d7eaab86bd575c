"""Sight is per child, and what is hidden is said to be hidden: never 0, never false, never none."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.domain.access import Role
from service.policy.loading import DEFAULT_POLICY
from tests.support.builders import (
    Body,
    answer_body,
    child_body,
    headers,
    information_request_body,
    unborn_body,
)
from tests.support.desks import Desk, done, expect_refusal, open_desk

WORKER, MANAGER, HELPER = Role.mash_worker, Role.mash_manager, Role.early_help_worker
ASSESSOR, SPOC, HEAD = (
    Role.assessment_team_manager,
    Role.early_help_spoc_manager,
    Role.head_of_service,
)
SCHOOL, POLICE = "mill-lane-primary", "riverbourne-police"
NHS = "9434765919"
CONSIDERED = {
    "considered": "A referral some months ago.",
    "last_closed_because": "It is open still.",
}


def ben(**changes: Any) -> Body:
    return child_body("Ben", date_of_birth="2020-02-02", sex="M", **changes)


async def decided(desk: Desk, contact: Body, *outcomes: str, **changes: Any) -> list[Body]:
    """What is decided for the children of a contact, in order, each signed."""
    return [
        await desk.sign(await desk.draft(contact, place, outcome, **changes))
        for place, outcome in enumerate(outcomes)
    ]


async def parted(desk: Desk) -> tuple[Body, Body, Body]:
    """A contact whose children part: the first helped, the second at risk; and both decisions."""
    contact = await desk.contact(children=[child_body("Ada"), ben()])
    helped = await desk.sign(await desk.draft(contact, 0, "early_help"))
    at_risk = await desk.sign(
        await desk.draft(
            contact,
            1,
            "referral",
            statutory_basis="section_47",
            rationale="Police hold intelligence on the father that must not reach him before then.",
        )
    )
    return contact, helped, at_risk


async def test_early_help_reads_its_own_child_and_finds_nothing_of_the_sibling(desk: Desk) -> None:
    _, helped, at_risk = await parted(desk)
    assert done(await desk.get(HELPER, f"/v1/decisions/{helped['id']}"))["id"] == helped["id"]
    refused = await desk.get(HELPER, f"/v1/decisions/{at_risk['id']}")
    expect_refusal(refused, 404, "decision_not_found")
    # The other way round as well.
    expect_refusal(
        await desk.get(ASSESSOR, f"/v1/decisions/{helped['id']}"), 404, "decision_not_found"
    )
    assert done(await desk.get(ASSESSOR, f"/v1/decisions/{at_risk['id']}"))["outcome"] == "referral"


async def test_the_contact_shows_whose_decisions_one_may_read_and_says_that_there_are_more(
    desk: Desk,
) -> None:
    contact, helped, at_risk = await parted(desk)
    path = f"/v1/contacts/{contact['id']}"
    seen = done(await desk.get(HELPER, path))
    assert [one["id"] for one in seen["decisions"]] == [helped["id"]]
    assert seen["not_shown"] == ["decisions", "deadlines"]
    assert "referral" not in {one["subject_kind"] for one in seen["deadlines"]}
    whole = done(await desk.get(WORKER, path))
    assert [one["id"] for one in whole["decisions"]] == [helped["id"], at_risk["id"]]
    assert whole["not_shown"] == []


async def test_nothing_is_said_to_be_hidden_where_nothing_is(desk: Desk) -> None:
    contact = await desk.contact()
    await decided(desk, contact, "early_help")
    assert done(await desk.get(HELPER, f"/v1/contacts/{contact['id']}"))["not_shown"] == []


async def test_what_an_agency_answered_is_for_who_may_read_requests(desk: Desk) -> None:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}"
    asked = information_request_body(SCHOOL)
    done(await desk.post(WORKER, f"{path}/information-requests", asked), 201)
    waits = {"organisation_id": SCHOOL, "asked": True, "answered": False, "reason": "No time."}
    await decided(desk, contact, "referral", agencies=[waits])
    for role, shown in ((WORKER, 1), (SPOC, 1), (HEAD, 1), (ASSESSOR, 0)):
        seen = done(await desk.get(role, path))
        assert len(seen["information_requests"]) == shown, role
        hidden = [] if shown else ["information_requests", "deadlines"]
        assert seen["not_shown"] == hidden, role


async def close_referral(desk: Desk, referral_id: str) -> None:
    """Social care closes a referral that nobody held yet."""
    referral = f"/v1/referrals/{referral_id}"
    worker_id = str(await desk.account_of(Role.assessment_team_worker))
    done(await desk.post(ASSESSOR, f"{referral}/allocation", {"worker_id": worker_id}, version=1))
    reason = {"closure_code": "RC8", "reason": "The assessment found that the family manages."}
    done(await desk.post(ASSESSOR, f"{referral}/closure", reason, version=2))


WHY = "Each of them was about one bruise from football, which the nurse has seen and believes."


async def known_before(desk: Desk) -> Body:
    """A child referred months ago, whom a new contact sends to early help's side as well."""
    earlier = await desk.contact(
        children=[child_body(nhs_number=NHS)], received_at="2026-07-01T09:00:00Z"
    )
    [referred] = await decided(desk, earlier, "referral")
    await close_referral(desk, referred["referral_id"])
    contact = await desk.contact(
        children=[child_body(nhs_number=NHS), ben()],
        referrer={"name": "Jo Mensah", "role": "Health visitor"},
    )
    await desk.sign(await desk.draft(contact, 0, "early_help", history=CONSIDERED))
    return contact


async def test_who_holds_a_childs_case_reads_what_was_told_of_the_child_before(
    desk: Desk,
) -> None:
    """And of the other side's work, as shipped, that it was and how it ended (rule 23)."""
    contact = await known_before(desk)
    path = f"/v1/contacts/{contact['id']}"
    whole = done(await desk.get(WORKER, f"{path}/repeat-concern"))["children"][0]
    child, sibling = done(await desk.get(HELPER, f"{path}/repeat-concern"))["children"]
    [before] = whole["earlier"]
    assert done(await desk.get(HELPER, f"/v1/contacts/{before['contact_id']}"))["concern"]
    for name in ("counts", "re_referral", "last_known_team_id", "open_case"):
        assert child[name] == whole[name], name
    assert child["counts"]["child"]["in_months"] == 1
    assert child["not_shown"] == []
    assert sibling["not_shown"] == []
    # What was decided there sent the child to social care, and is theirs to read.
    [told] = child["earlier"]
    assert (told["outcomes"], told["not_shown"]) == ([], ["outcomes"])
    history = done(await desk.get(HELPER, f"{path}/history"))["children"][0]
    assert history["not_shown"] == []
    [earlier] = history["contacts"]
    assert earlier["not_shown"] == ["outcome", "decided_at"]
    for shown in (child, history):
        [referral] = shown["referrals"]
        assert referral["closure_code"] == "RC8"
        assert (referral["closure_reason"], referral["not_shown"]) == (None, ["closure_reason"])
        expect_refusal(
            await desk.get(HELPER, f"/v1/referrals/{referral['id']}"), 404, "referral_not_found"
        )
    assert done(await desk.get(HELPER, "/v1/referrals"))["items"] == []


@pytest.mark.parametrize("reads", ["nothing", "whole"])
async def test_how_much_early_help_reads_of_social_care_is_the_authoritys_rule(
    database_url: str, tmp_path: Path, reads: str
) -> None:
    policy = tmp_path / "policy.toml"
    shipped = DEFAULT_POLICY.read_text(encoding="utf-8")
    as_shipped, key = "that_it_was", "early_help_reads_of_social_care"
    text = shipped.replace(f'{key} = "{as_shipped}"', f'{key} = "{reads}"')
    assert text != shipped
    policy.write_text(text, encoding="utf-8")
    async with open_desk(database_url, tmp_path, policy_file=policy) as desk:
        contact = await known_before(desk)
        path = f"/v1/contacts/{contact['id']}"
        history = done(await desk.get(HELPER, f"{path}/history"))["children"][0]
        strip = done(await desk.get(HELPER, f"{path}/repeat-concern"))["children"][0]
        listed = done(await desk.get(HELPER, "/v1/referrals"))["items"]
        if reads == "nothing":
            assert (history["referrals"], history["not_shown"]) == ([], ["referrals"])
            assert strip["re_referral"] is None
            assert strip["not_shown"] == ["re_referral", "last_known_team_id", "referrals"]
            assert listed == []
            return
        [referral] = history["referrals"]
        assert referral["closure_reason"] == "The assessment found that the family manages."
        assert referral["not_shown"] == []
        [told] = strip["earlier"]
        assert [one["outcome"] for one in told["outcomes"]] == ["referral"]
        read = done(await desk.get(HELPER, f"/v1/referrals/{referral['id']}"))
        assert [one["id"] for one in listed] == [read["id"]]


async def test_the_social_worker_reads_the_childs_whole_story_for_as_long_as_the_child_is_theirs(
    desk: Desk,
) -> None:
    """Three worries that came to nothing, early help that ended, then a referral."""
    told_before = []
    for month in ("03", "04", "05"):
        contact = await desk.contact(
            children=[child_body(nhs_number=NHS)], received_at=f"2026-{month}-02T09:00:00Z"
        )
        more = {} if not told_before else {"history": CONSIDERED, "nothing_more_because": WHY}
        await decided(desk, contact, "no_further_action", **more)
        told_before.append(contact)
    helped = await desk.contact(
        children=[child_body(nhs_number=NHS)], received_at="2026-06-01T09:00:00Z"
    )
    [help_given] = await decided(desk, helped, "early_help", history=CONSIDERED)
    told_before.append(helped)
    for contact in told_before:
        expect_refusal(
            await desk.get(ASSESSOR, f"/v1/contacts/{contact['id']}"), 404, "contact_not_found"
        )
    episode = f"/v1/early-help-episodes/{help_given['early_help_episode_id']}"
    expect_refusal(await desk.get(ASSESSOR, episode), 404, "early_help_episode_not_found")
    contact = await desk.contact(children=[child_body(nhs_number=NHS)])
    [referred] = await decided(desk, contact, "referral", history=CONSIDERED)
    path = f"/v1/contacts/{contact['id']}"
    for role in (Role.assessment_team_worker, ASSESSOR):
        for part in ("history", "repeat-concern"):
            seen = done(await desk.get(role, f"{path}/{part}"))
            assert seen == done(await desk.get(WORKER, f"{path}/{part}")), (role, part)
            assert len(seen["children"][0]["contacts" if part == "history" else "earlier"]) == 4
        for one in told_before:
            read = done(await desk.get(role, f"/v1/contacts/{one['id']}"))
            assert (len(read["decisions"]), read["concern"]) == (1, one["concern"])
        assert done(await desk.get(role, episode))["id"] == help_given["early_help_episode_id"]
        listed = done(await desk.get(role, "/v1/early-help-episodes"))["items"]
        assert [one["id"] for one in listed] == [help_given["early_help_episode_id"]]
    # The child is open to them no more: what came by other contacts goes out of their sight.
    await close_referral(desk, referred["referral_id"])
    for one in told_before:
        refused = await desk.get(ASSESSOR, f"/v1/contacts/{one['id']}")
        expect_refusal(refused, 404, "contact_not_found")
    expect_refusal(await desk.get(ASSESSOR, episode), 404, "early_help_episode_not_found")
    seen = done(await desk.get(ASSESSOR, f"{path}/history"))["children"][0]
    assert seen["not_shown"] == ["contacts", "early_help_episodes"]


async def test_the_last_known_team_is_not_said_to_be_none_or_another_when_it_is_hidden(
    desk: Desk,
) -> None:
    contact = await desk.contact(children=[child_body("Ada"), ben(nhs_number=NHS)])
    await decided(desk, contact, "early_help", "no_further_action")
    later = await desk.contact(children=[ben(nhs_number=NHS)])
    [referred] = await decided(desk, later, "referral", history=CONSIDERED)
    path = f"/v1/contacts/{contact['id']}/repeat-concern"
    team = done(await desk.get(WORKER, path))["children"][1]
    assert (team["last_known_team_id"], team["open_case"]["service"]) == (
        "assessment-north",
        "social_care",
    )
    other = done(await desk.get(HELPER, path))["children"][1]
    assert other["last_known_team_id"] is None
    assert set(other["not_shown"]) == {
        "counts",
        "cumulative_concern",
        "re_referral",
        "last_known_team_id",
        "earlier",
        "referrals",
    }
    # That the sibling has a case, and with whom to speak about it, they know; no more of it.
    assert other["open_case"] == team["open_case"]
    refused = await desk.get(HELPER, f"/v1/referrals/{referred['referral_id']}")
    expect_refusal(refused, 404, "referral_not_found")


async def test_an_earlier_contact_that_one_sees_hides_what_was_decided_for_another_child(
    desk: Desk,
) -> None:
    """Seen because of the sister: of the brother's referral it says that something is hidden."""
    first = await desk.contact(
        children=[child_body("Ada"), ben(nhs_number=NHS)],
        received_at="2026-10-01T09:00:00Z",
    )
    await decided(desk, first, "early_help", "referral")
    second = await desk.contact(
        children=[child_body("Cem"), ben(nhs_number=NHS)],
        referrer={"name": "Jo Mensah", "role": "Health visitor"},
    )
    await decided(desk, second, "early_help")
    path = f"/v1/contacts/{second['id']}"
    _, other = done(await desk.get(HELPER, f"{path}/history"))["children"]
    [earlier] = other["contacts"]
    assert earlier["contact_id"] == first["id"]
    assert (earlier["outcome"], earlier["decided_at"]) == (None, None)
    assert earlier["not_shown"] == ["outcome", "decided_at"]
    _, strip = done(await desk.get(HELPER, f"{path}/repeat-concern"))["children"]
    [told] = strip["earlier"]
    assert [one["outcome"] for one in told["outcomes"]] == ["early_help"]
    assert told["not_shown"] == ["outcomes"]
    _, whole = done(await desk.get(WORKER, f"{path}/repeat-concern"))["children"]
    assert [one["outcome"] for one in whole["earlier"][0]["outcomes"]] == ["referral", "early_help"]


async def test_a_list_narrowed_by_what_was_decided_does_not_tell_what_became_of_a_sibling(
    desk: Desk,
) -> None:
    await parted(desk)
    alone = await desk.contact()
    await decided(desk, alone, "referral")
    query = "?measure=PI1"
    both = done(await desk.get(MANAGER, f"/v1/contacts{query}"))
    assert len(both["items"]) == 2
    seen = done(await desk.get(ASSESSOR, f"/v1/contacts{query}"))
    assert [one["id"] for one in seen["items"]] == [alone["id"]]
    assert len(done(await desk.get(ASSESSOR, "/v1/contacts"))["items"]) == 2


async def test_an_unborn_sibling_is_not_there_for_early_help(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body("Ada"), unborn_body()])
    await decided(desk, contact, "early_help", "referral")
    person_id = contact["children"][1]["person_id"]
    path = f"/v1/people/{person_id}"
    expect_refusal(await desk.get(HELPER, f"{path}/pregnancy"), 404, "person_not_found")
    moved = {"expected_delivery_on": "2027-03-01", "because": "Another scan says so."}
    refused = await desk.post(HELPER, f"{path}/expected-delivery", moved, version=1)
    expect_refusal(refused, 404, "person_not_found")
    ended = {"ended_on": "2026-10-22", "because": "The mother told the health visitor."}
    refused = await desk.post(HELPER, f"{path}/pregnancy-end", ended, version=1)
    expect_refusal(refused, 404, "person_not_found")
    # Its manager sees everything, and is no more on the child's side.
    refused = await desk.post(SPOC, f"{path}/expected-delivery", moved, version=1)
    expect_refusal(refused, 403, "child_of_another_side")
    done(await desk.post(ASSESSOR, f"{path}/expected-delivery", moved, version=1))
    done(await desk.post(WORKER, f"{path}/pregnancy-end", ended, version=2))


async def asked_and(desk: Desk, what: str) -> tuple[Body, datetime]:
    """A request to a school that was answered or withdrawn, and when."""
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}/information-requests"
    request = done(await desk.post(WORKER, path, information_request_body(SCHOOL)), 201)
    desk.clock.forward(hours=1)
    one = f"/v1/information-requests/{request['id']}"
    if what == "answered":
        sent = await desk.post(
            Role.partner_system, f"{one}/response", answer_body(), version=1, organisation=SCHOOL
        )
    else:
        because = {"because": "It was the wrong school: the child has moved."}
        sent = await desk.post(WORKER, f"{one}/withdrawal", because, version=1)
    done(sent)
    return request, desk.clock()


async def seen_by_the_school(desk: Desk, request: Body) -> tuple[httpx.Response, list[str]]:
    one = f"/v1/information-requests/{request['id']}"
    read = await desk.get(Role.partner_system, one, organisation=SCHOOL)
    listed = await desk.get(Role.partner_system, "/v1/information-requests", organisation=SCHOOL)
    return read, [item["id"] for item in done(listed)["items"]]


@pytest.mark.parametrize(("what", "days"), [("answered", 28), ("withdrawn", 7)])
async def test_a_request_that_is_over_goes_out_of_the_agencys_sight_after_the_policys_days(
    desk: Desk, what: str, days: int
) -> None:
    request, at = await asked_and(desk, what)
    desk.clock.set(at + timedelta(days=days) - timedelta(seconds=1))
    read, listed = await seen_by_the_school(desk, request)
    assert (read.status_code, listed) == (200, [request["id"]])
    desk.clock.set(at + timedelta(days=days))
    read, listed = await seen_by_the_school(desk, request)
    expect_refusal(read, 404, "information_request_not_found")
    assert listed == []
    # By its limit, and by its state, it is not found either; nor is it answered any more.
    for query in ("sort=due_at&state=answered&state=withdrawn", f"state={what}"):
        path = f"/v1/information-requests?{query}"
        found = done(await desk.get(Role.partner_system, path, organisation=SCHOOL))
        assert found["items"] == []
    late = await desk.post(
        Role.partner_system,
        f"/v1/information-requests/{request['id']}/response",
        answer_body(),
        version=2,
        organisation=SCHOOL,
    )
    expect_refusal(late, 404, "information_request_not_found")
    # Whoever asked reads it as before.
    assert (
        done(await desk.get(WORKER, f"/v1/information-requests/{request['id']}"))["state"] == what
    )


async def test_a_request_that_waits_for_its_answer_stays_in_sight(desk: Desk) -> None:
    contact = await desk.contact()
    path = f"/v1/contacts/{contact['id']}/information-requests"
    request = done(await desk.post(WORKER, path, information_request_body(SCHOOL)), 201)
    desk.clock.forward(days=400)
    read, listed = await seen_by_the_school(desk, request)
    assert (read.status_code, listed) == (200, [request["id"]])


async def test_an_answer_after_a_withdrawal_is_read_for_as_long_as_any_answer(desk: Desk) -> None:
    request, at = await asked_and(desk, "withdrawn")
    desk.clock.set(at + timedelta(days=6))
    sent = await desk.post(
        Role.partner_system,
        f"/v1/information-requests/{request['id']}/response",
        answer_body(),
        version=2,
        organisation=SCHOOL,
    )
    done(sent)
    desk.clock.set(at + timedelta(days=8))
    read, listed = await seen_by_the_school(desk, request)
    assert (read.status_code, listed) == (200, [request["id"]])


async def test_what_a_step_down_hides_from_early_help_is_named_with_the_unborn_child(
    desk: Desk,
) -> None:
    """Both sides hold the child meanwhile; the clocks of the referral are social care's."""
    contact = await desk.contact(children=[unborn_body()])
    [referred] = await decided(desk, contact, "referral")
    await stepped_down(desk, referred["referral_id"])
    person_id = contact["children"][0]["person_id"]
    path = f"/v1/people/{person_id}/pregnancy"
    whole = done(await desk.get(WORKER, path))
    assert (len(whole["deadlines"]), whole["not_shown"]) == (2, [])
    seen = done(await desk.get(HELPER, path))
    assert (seen["deadlines"], seen["not_shown"]) == ([], ["deadlines"])
    [line] = done(await desk.get(HELPER, "/v1/queues/pre-birth"))["items"]
    assert line["subject_kind"] == "early_help_episode"
    assert line["not_shown"] == ["deadlines", "due_at", "overdue", "time_left"]
    [line] = done(await desk.get(MANAGER, "/v1/queues/pre-birth"))["items"]
    assert (line["subject_kind"], line["not_shown"]) == ("referral", [])


async def stepped_down(desk: Desk, referral_id: str) -> None:
    """A step-down that early help has accepted and that is not complete."""
    worker_id = str(await desk.account_of(Role.assessment_team_worker))
    done(
        await desk.post(
            ASSESSOR,
            f"/v1/referrals/{referral_id}/allocation",
            {"worker_id": worker_id},
            version=1,
        )
    )
    plan = {
        "outcome": "Appointments are kept.",
        "action": "Weekly visits.",
        "who": "Family worker",
        "by_on": date(2027, 2, 1).isoformat(),
    }
    asked = {
        "direction": "step_down",
        "case_id": referral_id,
        "reason_code": "need_reduced",
        "evidence": "All appointments were kept since August, and the home is safe for a baby.",
        "receiving_worker_id": str(await desk.account_of(HELPER)),
        "plan": [plan],
    }
    transfer = done(await desk.post(ASSESSOR, "/v1/transfers", asked), 201)
    path = f"/v1/transfers/{transfer['id']}"
    opening = headers(desk.house, SPOC, version=1)
    done(await desk.client.post(f"{path}/open", headers=opening))
    words = {"words": "We know the family and take the child on from this week."}
    done(await desk.post(SPOC, f"{path}/accept", words, version=2))
