"""Rule 26: the same voice again; a manager reads the whole, and nothing more takes a reason."""

from typing import Any

import pytest

from service.domain.access import Role
from tests.support.builders import (
    READ_AS_A_WHOLE,
    Body,
    child_body,
    decision_body,
    multi_agency_referral_body,
    sign_off_body,
)
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, MANAGER = Role.mash_worker, Role.mash_manager
NHS = "9434765919"
TEACHER = {"name": "Ines Almeida", "role": "Teacher"}
HISTORY = {
    "considered": "The same teacher told twice before that he comes hungry.",
    "last_closed_because": "Advice was given each time, and nothing else followed.",
}
WHY = "The family was without heating until Monday; the school has seen him fed and warm since."
EARLIER = ("2026-06-01T09:00:00Z", "2026-08-14T10:00:00Z")


def ada(**changes: Any) -> Body:
    return child_body("Ada", nhs_number=NHS, **changes)


async def told(desk: Desk, *, times: int, **last: Any) -> Body:
    """The newest of so many contacts of one teacher about one child."""
    found: Body = {}
    for at in ("2026-05-02T09:00:00Z", "2026-06-01T09:00:00Z", "2026-08-14T10:00:00Z")[
        len(EARLIER) + 2 - times :
    ]:
        found = await desk.contact(children=[ada()], referrer=TEACHER, received_at=at)
    return await desk.contact(**{"children": [ada()], "referrer": TEACHER} | last) or found


def sent(contact: Body, outcome: str = "no_further_action", **changes: Any) -> Body:
    return decision_body(contact["children"][0]["id"], outcome, history=HISTORY, **changes)


async def drafted(desk: Desk, contact: Body, outcome: str = "referral", **changes: Any) -> Body:
    path = f"/v1/contacts/{contact['id']}/decisions"
    return await desk.made(WORKER, path, sent(contact, outcome, **changes))


async def line_of(desk: Desk, queue: str, contact: Body, role: Role = WORKER) -> Body:
    lines = done(await desk.get(role, f"/v1/queues/{queue}"))["items"]
    return next(one for one in lines if one["contact_id"] == contact["id"])


async def read_whole(desk: Desk, decision: Body, **who: Any) -> Any:
    return await desk.post(
        who.pop("role", MANAGER),
        f"/v1/decisions/{decision['id']}/whole-reading",
        {"words": who.pop("words", READ_AS_A_WHOLE)},
        version=decision["version"],
        **who,
    )


async def test_the_third_contact_of_one_teacher_says_so_on_receipt_strip_and_desk(
    desk: Desk,
) -> None:
    contact = await told(desk, times=3)
    series = {
        "contacts": 3,
        "months": 6,
        "whole_to_be_read": True,
        "in_words": "third contact in six months",
    }
    assert contact["repeat_concern"]["children"][0]["cumulative_concern"] == series
    strip = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}/repeat-concern"))
    assert strip["children"][0]["cumulative_concern"] == series
    line = await line_of(desk, "contacts", contact)
    assert line["cumulative_concern"] == "third contact in six months"


async def test_the_second_contact_asks_for_nothing_more_than_the_first(desk: Desk) -> None:
    contact = await told(desk, times=2)
    [child] = contact["repeat_concern"]["children"]
    assert child["cumulative_concern"]["whole_to_be_read"] is False
    assert (await line_of(desk, "contacts", contact))["cumulative_concern"] is None
    decision = await drafted(desk, contact, "no_further_action")
    assert decision["cumulative_concern"] is None
    signed = await desk.sign(decision)
    assert signed["state"] == "signed"


@pytest.mark.parametrize(
    ("at", "counted"), [("2026-04-23T14:59:00Z", 2), ("2026-04-23T15:01:00Z", 3)]
)
async def test_six_months_are_counted_to_the_minute_from_the_newest_contact(
    desk: Desk, at: str, counted: int
) -> None:
    await desk.contact(children=[ada()], referrer=TEACHER, received_at=at)
    contact = await told(desk, times=2)
    [child] = contact["repeat_concern"]["children"]
    assert child["cumulative_concern"]["contacts"] == counted


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        ("no_further_action", {"level_of_need": 2}),
        ("information_and_advice", {"level_of_need": 1}),
    ],
)
async def test_nothing_more_following_from_the_third_contact_takes_a_reason_of_its_own(
    desk: Desk, outcome: str, changes: Body
) -> None:
    contact = await told(desk, times=3)
    path = f"/v1/contacts/{contact['id']}/decisions"
    answer = await desk.post(WORKER, path, sent(contact, outcome, **changes))
    problem = expect_refusal(answer, 422, "decision_incomplete")
    assert faults(problem) == [("/nothing_more_because", "nothing_more_because_missing")]
    assert "third contact in six months" in problem["errors"][0]["message"]
    stock = await desk.post(
        WORKER, path, sent(contact, outcome, nothing_more_because="No concerns.", **changes)
    )
    assert faults(expect_refusal(stock, 422, "decision_incomplete"))[0][0] == (
        "/nothing_more_because"
    )
    decision = await drafted(desk, contact, outcome, nothing_more_because=WHY, **changes)
    assert decision["nothing_more_because"] == WHY


async def test_a_decision_that_does_more_takes_no_such_reason(desk: Desk) -> None:
    contact = await told(desk, times=3)
    decision = await drafted(desk, contact, "early_help")
    assert (decision["nothing_more_because"], decision["state"]) == (None, "awaiting_sign_off")


async def test_a_manager_agrees_only_once_the_whole_is_read(desk: Desk) -> None:
    contact = await told(desk, times=3)
    decision = await drafted(desk, contact)
    assert decision["cumulative_concern"] == {
        "contacts": 3,
        "months": 6,
        "in_words": "third contact in six months",
        "whole_read": None,
    }
    path = f"/v1/decisions/{decision['id']}/sign-off"
    problem = expect_refusal(
        await desk.post(MANAGER, path, sign_off_body(), version=1), 422, "whole_not_read"
    )
    assert faults(problem) == [("/whole_read", "whole_not_read")]
    problem = expect_refusal(
        await desk.post(MANAGER, path, sign_off_body(whole_read="Fine."), version=1),
        422,
        "whole_not_read",
    )
    assert faults(problem)[0][0] == "/whole_read"
    still = done(await desk.get(MANAGER, f"/v1/decisions/{decision['id']}"))
    assert (still["state"], still["version"]) == ("awaiting_sign_off", 1)
    body = sign_off_body(whole_read=READ_AS_A_WHOLE)
    signed = done(await desk.post(MANAGER, path, body, version=1))
    read = signed["cumulative_concern"]["whole_read"]
    assert (signed["state"], read["words"]) == ("signed", READ_AS_A_WHOLE)
    assert (read["at"], read["by"]) == (signed["sign_off"]["at"], signed["sign_off"]["by"])


async def test_a_return_asks_nobody_to_read_the_whole_and_the_next_draft_does(desk: Desk) -> None:
    contact = await told(desk, times=3)
    await desk.sign(await drafted(desk, contact), "returned")
    again = await drafted(desk, contact)
    assert again["cumulative_concern"]["whole_read"] is None
    answer = await desk.post(
        MANAGER, f"/v1/decisions/{again['id']}/sign-off", sign_off_body(), version=1
    )
    expect_refusal(answer, 422, "whole_not_read")


async def test_another_manager_reads_the_whole_and_one_signs(desk: Desk) -> None:
    contact = await told(desk, times=3)
    decision = await drafted(desk, contact)
    expect_refusal(await read_whole(desk, decision, role=WORKER), 403, "role_missing")
    stock = expect_refusal(await read_whole(desk, decision, words="Agreed."), 422, "whole_not_read")
    assert faults(stock)[0][0] == "/words"
    read = done(await read_whole(desk, decision, role=Role.head_of_service))
    assert read["cumulative_concern"]["whole_read"]["words"] == READ_AS_A_WHOLE
    assert (read["state"], read["version"]) == ("awaiting_sign_off", 2)
    twice = expect_refusal(await read_whole(desk, read), 422, "whole_not_read")
    assert faults(twice) == [("/words", "not_expected")]
    path = f"/v1/decisions/{decision['id']}/sign-off"
    over = await desk.post(
        MANAGER, path, sign_off_body(whole_read="What I see is another story."), version=2
    )
    assert faults(expect_refusal(over, 422, "whole_not_read")) == [("/whole_read", "not_expected")]
    signed = done(await desk.post(MANAGER, path, sign_off_body(), version=2))
    assert signed["cumulative_concern"]["whole_read"] == read["cumulative_concern"]["whole_read"]
    late = await read_whole(desk, signed)
    expect_refusal(late, 409, "wrong_state")


async def test_whoever_drafts_does_not_read_the_whole_for_their_own_draft(desk: Desk) -> None:
    contact = await told(desk, times=3)
    path = f"/v1/contacts/{contact['id']}/decisions"
    draft = await desk.made(MANAGER, path, sent(contact, "referral"))
    expect_refusal(await read_whole(desk, draft), 403, "own_decision")
    done(await read_whole(desk, draft, name="Another manager"))


async def test_what_was_read_goes_along_when_a_draft_is_replaced_but_not_to_who_read_it(
    desk: Desk,
) -> None:
    contact = await told(desk, times=3)
    draft = done(await read_whole(desk, await drafted(desk, contact)))
    other = {"supersedes": {"decision_id": draft["id"], "because": "The dentist rang as well."}}
    second = await drafted(desk, contact, "early_help", **other)
    assert second["cumulative_concern"] == draft["cumulative_concern"]
    mine = {"supersedes": {"decision_id": second["id"], "because": "A manager sees more in it."}}
    path = f"/v1/contacts/{contact['id']}/decisions"
    third = await desk.made(MANAGER, path, sent(contact, "referral", **mine))
    assert third["cumulative_concern"]["whole_read"] is None


async def test_nothing_is_read_as_a_whole_where_there_is_no_series(desk: Desk) -> None:
    decision = await desk.draft(await desk.contact(), 0, "referral")
    problem = expect_refusal(await read_whole(desk, decision), 409, "not_told_so_often")
    assert problem["allowed"] == ["agree", "return_to_decider"]
    answer = await desk.try_to_sign(decision, whole_read=READ_AS_A_WHOLE)
    assert faults(expect_refusal(answer, 422, "whole_not_read")) == [
        ("/whole_read", "not_expected")
    ]


async def test_a_family_is_signed_in_one_act_with_the_whole_read_once(desk: Desk) -> None:
    contact = await told(desk, times=3, children=[ada(), child_body("Ben")])
    path = f"/v1/contacts/{contact['id']}/decisions"
    for place in (0, 1):
        child = contact["children"][place]["id"]
        history = HISTORY if place == 0 else {}
        await desk.made(WORKER, path, decision_body(child, "referral", history=history))
    version = done(await desk.get(MANAGER, f"/v1/contacts/{contact['id']}"))["version"]
    together = f"/v1/contacts/{contact['id']}/sign-off"
    answer = await desk.post(MANAGER, together, sign_off_body(), version=version)
    assert faults(expect_refusal(answer, 422, "whole_not_read")) == [
        ("/whole_read", "whole_not_read")
    ]
    line = await line_of(desk, "sign-off", contact, MANAGER)
    assert line["cumulative_concern"] == "third contact in six months"
    body = sign_off_body(whole_read=READ_AS_A_WHOLE)
    signed = done(await desk.post(MANAGER, together, body, version=version))
    series = [one["cumulative_concern"] for one in signed["decisions"]]
    assert series[0]["whole_read"]["words"] == READ_AS_A_WHOLE
    assert series[1] is None


async def test_what_a_partner_sends_is_counted_and_the_partner_learns_nothing_of_it(
    desk: Desk,
) -> None:
    for at in EARLIER:
        await desk.contact(children=[ada()], referrer=TEACHER, received_at=at)
    body = multi_agency_referral_body(children=[ada()])
    who = {"organisation": "mill-lane-primary"}
    receipt = await desk.made(Role.partner_system, "/v1/multi-agency-referrals", body, **who)
    assert "cumulative_concern" not in str(receipt)
    lines = done(await desk.get(WORKER, "/v1/queues/contacts"))["items"]
    line = next(one for one in lines if one["reference"] == receipt["reference"])
    assert line["cumulative_concern"] == "third contact in six months"


async def test_a_caller_who_knows_no_number_is_counted_once_the_child_is_linked(
    desk: Desk,
) -> None:
    person = (await told(desk, times=2))["children"][0]["person_id"]
    contact = await desk.contact(children=[child_body("Ada")], referrer=TEACHER)
    assert (await line_of(desk, "contacts", contact))["cumulative_concern"] is None
    child = contact["children"][0]["id"]
    done(
        await desk.post(
            WORKER,
            f"/v1/contacts/{contact['id']}/children/{child}/match",
            {"person_id": person, "same_child": True},
            version=contact["version"],
        )
    )
    line = await line_of(desk, "contacts", contact)
    assert line["cumulative_concern"] == "third contact in six months"


async def test_a_repetition_that_was_withdrawn_is_no_voice(desk: Desk) -> None:
    first = await desk.contact(children=[ada()], referrer=TEACHER)
    repeated = await desk.contact(children=[ada()], referrer=TEACHER)
    done(
        await desk.post(
            WORKER,
            f"/v1/contacts/{repeated['id']}/withdrawal",
            {
                "reason": "duplicate",
                "words": "Two of us wrote the same call down.",
                "repeats_contact_id": first["id"],
            },
            version=repeated["version"],
        )
    )
    third = await desk.contact(children=[ada()], referrer=TEACHER)
    [child] = third["repeat_concern"]["children"]
    assert child["cumulative_concern"]["contacts"] == 2


async def test_what_comes_while_a_decision_is_open_is_counted_with_it(desk: Desk) -> None:
    first = await desk.contact(children=[ada()], referrer=TEACHER)
    for _ in range(2):
        await desk.contact(children=[ada()], referrer=TEACHER)
    decision = await drafted(desk, first)
    assert decision["cumulative_concern"]["contacts"] == 3
