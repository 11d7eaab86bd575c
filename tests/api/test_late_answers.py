"""Agencies chased, requests withdrawn, answers after the decision; silence is never an answer."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.domain.access import Role
from service.usecases.flags import sweep
from tests.support.builders import (
    Body,
    answer_body,
    child_body,
    decision_body,
    information_request_body,
    with_the_rest,
)
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, PARTNER = Role.mash_worker, Role.partner_system
SCHOOL, POLICE = "mill-lane-primary", "riverbourne-police"
LIST = "/v1/information-requests"
BECAUSE = "The child moved school in June, and the new school was asked instead."
READ = "It adds nothing to what the health visitor said; the decision stands."


async def ask(desk: Desk, contact: Body, agency: str = SCHOOL, **changes: Any) -> Body:
    path = f"/v1/contacts/{contact['id']}/information-requests"
    return done(await desk.post(WORKER, path, information_request_body(agency, **changes)), 201)


async def read(desk: Desk, request: Body) -> Body:
    return done(await desk.get(WORKER, f"{LIST}/{request['id']}"))


async def do(
    desk: Desk, request: Body, what: str, body: Body, *, version: int | None = None
) -> httpx.Response:
    known = (await read(desk, request))["version"] if version is None else version
    return await desk.post(WORKER, f"{LIST}/{request['id']}/{what}", body, version=known)


async def chase(desk: Desk, request: Body, **told: Any) -> httpx.Response:
    return await desk.post(WORKER, f"{LIST}/{request['id']}/chasers", {"how": "telephone", **told})


async def withdraw(desk: Desk, request: Body, because: str = BECAUSE) -> httpx.Response:
    return await do(desk, request, "withdrawal", {"because": because})


async def answer(desk: Desk, request: Body, **told: Any) -> httpx.Response:
    return await do(desk, request, "response", answer_body(**told))


async def state_of(desk: Desk, contact: Body) -> str:
    found: str = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))["state"]
    return found


async def queue(desk: Desk) -> list[Body]:
    found: list[Body] = done(await desk.get(WORKER, "/v1/queues/information-requests"))["items"]
    return found


def without_answer(*agencies: str) -> list[Body]:
    return [
        {
            "organisation_id": agency,
            "asked": True,
            "answered": False,
            "reason": "The bruises do not allow to wait.",
        }
        for agency in agencies
    ]


async def decided(desk: Desk, **changes: Any) -> tuple[Body, Body]:
    """A contact that was decided before the school had answered, and what it was asked."""
    contact = await desk.contact()
    asked = await ask(desk, contact, **changes)
    await desk.sign(await desk.draft(contact, 0, "referral", agencies=without_answer(SCHOOL)))
    return contact, asked


async def events(desk: Desk, kind: str) -> list[Any]:
    async with desk.house.database.reading() as connection:
        rows = await connection.execute(
            text("SELECT data FROM event WHERE type = :kind ORDER BY sequence"), {"kind": kind}
        )
        return [str(row[0]) for row in rows]


async def test_an_agency_is_chased_and_its_limit_stays(desk: Desk) -> None:
    contact = await desk.contact()
    asked = await ask(desk, contact)
    desk.clock.forward(hours=1)
    made = await chase(desk, asked, spoken_to="Priya Shah", note="She looks before noon.")
    chased = done(made, 201)
    assert made.headers["etag"] == '"2"'
    [one] = chased["chasers"]
    assert (one["how"], one["spoken_to"], one["chased_at"]) == (
        "telephone",
        "Priya Shah",
        "2026-10-23T16:00:00Z",
    )
    assert chased["state"] == "asked"
    assert chased["deadlines"] == asked["deadlines"]
    done(await chase(desk, asked, how="email"), 201)
    assert [one["how"] for one in (await read(desk, asked))["chasers"]] == ["telephone", "email"]
    listed = done(await desk.get(WORKER, LIST))["items"]
    assert [one["chasers"] for one in listed] == [2]
    assert [(line["chasers"], line["next_action"]) for line in await queue(desk)] == [(2, "answer")]
    seen = await desk.get(PARTNER, f"{LIST}/{asked['id']}", organisation=SCHOOL)
    assert done(seen)["chasers"] == 2
    assert "She looks" not in seen.text
    assert "Priya" not in "".join(await events(desk, "information_request.chased"))


async def test_who_has_answered_or_is_not_asked_any_more_is_not_chased(desk: Desk) -> None:
    contact = await desk.contact()
    school, police = await ask(desk, contact), await ask(desk, contact, POLICE)
    done(await answer(desk, school))
    done(await withdraw(desk, police))
    for one, state in ((school, "answered"), (police, "withdrawn")):
        assert expect_refusal(await chase(desk, one), 409, "wrong_state")["state"] == state
    again = await withdraw(desk, police)
    assert expect_refusal(again, 409, "wrong_state")["allowed"] == ["answer"]
    expect_refusal(await withdraw(desk, school), 409, "wrong_state")


async def test_a_withdrawn_request_stops_its_clock_and_nobody_waits_for_it(desk: Desk) -> None:
    contact = await desk.contact()
    school, police = await ask(desk, contact), await ask(desk, contact, POLICE)
    withdrawn = done(await withdraw(desk, school))
    assert (withdrawn["state"], withdrawn["withdrawn_because"]) == ("withdrawn", BECAUSE)
    [clock] = withdrawn["deadlines"]
    assert clock["stopped_because"] == "withdrawn"
    assert (withdrawn["answer"], withdrawn["late"]) == (None, None)
    assert await state_of(desk, contact) == "awaiting_information"
    assert [line["subject_id"] for line in await queue(desk)] == [police["id"]]
    done(await withdraw(desk, police))
    assert await state_of(desk, contact) == "in_triage"
    assert await queue(desk) == []
    desk.clock.forward(hours=48)
    await sweep(desk.house)
    flags = done(await desk.get(Role.mash_manager, "/v1/flags?kind=agency_information"))
    assert flags["items"] == []
    assert BECAUSE not in "".join(await events(desk, "information_request.withdrawn"))


async def test_a_stock_phrase_withdraws_nothing_and_nothing_is_done_to_an_old_version(
    desk: Desk,
) -> None:
    asked = await ask(desk, await desk.contact())
    problem = expect_refusal(await withdraw(desk, asked, "As above."), 422, "words_needed")
    assert faults(problem) == [("/because", "boiler_plate")]
    stale = await do(desk, asked, "withdrawal", {"because": BECAUSE}, version=9)
    expect_refusal(stale, 412, "stale")
    assert (await read(desk, asked))["state"] == "asked"


async def test_what_an_agency_knows_is_taken_after_it_was_withdrawn(desk: Desk) -> None:
    contact = await desk.contact()
    asked = await ask(desk, contact)
    done(await withdraw(desk, asked))
    seen = await desk.get(PARTNER, f"{LIST}/{asked['id']}", organisation=SCHOOL)
    assert (done(seen)["state"], BECAUSE in seen.text) == ("withdrawn", False)
    path = f"{LIST}/{asked['id']}/response"
    told = await desk.post(
        PARTNER, path, answer_body(), version=seen.json()["version"], organisation=SCHOOL
    )
    assert done(told)["state"] == "answered"
    assert {"after_decision", "after_withdrawal"} & set(told.json()) == set()
    file = await read(desk, asked)
    assert (file["after_withdrawal"], file["after_decision"], file["late"]) == (True, False, False)
    assert await state_of(desk, contact) == "in_triage"


async def test_a_withdrawn_request_was_asked_and_a_decision_accounts_for_it(desk: Desk) -> None:
    contact = await desk.contact()
    asked = await ask(desk, contact)
    done(await withdraw(desk, asked))
    path = f"/v1/contacts/{contact['id']}/decisions"
    child_id = contact["children"][0]["id"]
    line = {"organisation_id": SCHOOL, "asked": True}
    for agencies, fault in (
        (decision_body(child_id)["agencies"], ("/agencies", "agency_not_listed")),
        ([{**line, "answered": False}], ("/agencies/0/reason", "reason_missing")),
        ([{**line, "answered": True}], ("/agencies/0/answered", "has_not_answered")),
        (
            [{**line, "asked": False, "answered": False, "reason": BECAUSE}],
            ("/agencies/0/asked", "was_asked"),
        ),
    ):
        refused = await desk.post(WORKER, path, decision_body(child_id, agencies=agencies))
        assert fault in faults(expect_refusal(refused, 422, "decision_incomplete"))
    # Asked again and answered, it has answered: the one that was withdrawn waits for nothing.
    done(await answer(desk, await ask(desk, contact)))
    good = decision_body(child_id, agencies=with_the_rest([{**line, "answered": True}]))
    done(await desk.post(WORKER, path, good), 201)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"answer": "information", "information": None}, None),
        ({"answer": "information"}, None),
        ({"answer": "nothing_known", "information": None}, None),
        ({"answer": "known_not_relevant", "information": None}, None),
        ({"answer": "declined", "information": None}, ("/information", "reason_missing")),
        ({"answer": "nothing_known"}, ("/information", "not_expected")),
    ],
)
async def test_asked_only_whether_it_knows_the_family_an_agency_may_say_just_that(
    desk: Desk, told: Body, fault: tuple[str, str] | None
) -> None:
    asked = await ask(desk, await desk.contact(), scope="existence_only", questions=None)
    given = await answer(desk, asked, **told)
    if fault is None:
        assert done(given)["answer"] == told["answer"]
    else:
        assert faults(expect_refusal(given, 422, "answer_incomplete")) == [fault]


async def test_asked_what_it_knows_an_agency_has_to_say_it(desk: Desk) -> None:
    asked = await ask(desk, await desk.contact())
    given = await answer(desk, asked, information=None)
    problem = expect_refusal(given, 422, "answer_incomplete")
    assert faults(problem) == [("/information", "information_missing")]


async def test_silence_is_never_read_as_nothing_known(desk: Desk) -> None:
    contact, asked = await decided(desk)
    other = await desk.contact(children=[child_body("Cem")])
    withdrawn = await ask(desk, other, POLICE)
    done(await withdraw(desk, withdrawn))
    desk.clock.forward(days=30)
    await sweep(desk.house)
    for one in (asked, withdrawn):
        now = await read(desk, one)
        assert (now["answer"], now["information"], now["answered_at"]) == (None, None, None)
    listed = done(await desk.get(WORKER, LIST))["items"]
    assert [one["answer"] for one in listed] == [None, None]
    assert await events(desk, "information.answered") == []
    async with desk.house.database.reading() as connection:
        rows = await connection.execute(text("SELECT answer FROM information_request"))
        assert rows.scalars().all() == [None, None]
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    assert [one["answer"] for one in file["information_requests"]] == [None]


async def test_an_answer_after_the_decision_waits_until_somebody_has_read_it(desk: Desk) -> None:
    _, asked = await decided(desk)
    desk.clock.forward(hours=7)
    late = done(await answer(desk, asked))
    assert (late["late"], late["after_decision"]) == (True, True)
    assert late["unread_since"] == "2026-10-23T22:00:00Z"
    [reading] = [one for one in late["deadlines"] if one["kind"] == "late_answer_read"]
    assert (reading["started_at"], reading["due_at"], reading["owner_role"]) == (
        "2026-10-23T22:00:00Z",
        "2026-10-24T22:00:00Z",
        "mash_worker",
    )
    [line] = await queue(desk)
    assert (line["next_action"], line["due_at"]) == ("read_late_answer", "2026-10-24T22:00:00Z")
    [answered] = await events(desk, "information.answered")
    told = answered.lower().replace("'", '"').replace(" ", "")
    assert '"after_decision":true' in told
    desk.clock.forward(hours=25)
    await sweep(desk.house)
    flags = done(await desk.get(Role.mash_manager, "/v1/flags?kind=late_answer_read"))
    assert [one["subject_id"] for one in flags["items"]] == [asked["id"]]
    problem = expect_refusal(
        await do(desk, asked, "reading", {"words": "As above."}), 422, "words_needed"
    )
    assert faults(problem) == [("/words", "boiler_plate")]
    done_reading = done(await do(desk, asked, "reading", {"words": READ}))
    assert (done_reading["unread_since"], done_reading["reading_words"]) == (None, READ)
    assert done_reading["read_by"] == str(await desk.account_of(WORKER))
    assert done_reading["after_decision"] is True
    assert await queue(desk) == []
    flags = done(await desk.get(Role.mash_manager, "/v1/flags?kind=late_answer_read"))
    assert [one for one in flags["items"] if one["cleared_at"] is None] == []
    again = await do(desk, asked, "reading", {"words": READ})
    expect_refusal(again, 409, "nothing_to_read")
    assert READ not in "".join(await events(desk, "information_request.read"))


async def test_the_agency_does_not_learn_that_the_child_was_decided(desk: Desk) -> None:
    _, asked = await decided(desk)
    path = f"{LIST}/{asked['id']}"
    told = await desk.post(
        PARTNER, f"{path}/response", answer_body(), version=1, organisation=SCHOOL
    )
    seen = await desk.get(PARTNER, path, organisation=SCHOOL)
    listed = await desk.get(PARTNER, f"{LIST}?state=answered", organisation=SCHOOL)
    # The limit of its answer, and not of our reading it.
    assert done(told)["due_at"] == done(seen)["due_at"] == "2026-10-23T21:00:00Z"
    assert done(listed)["items"][0]["due_at"] == "2026-10-23T21:00:00Z"
    for response in (told, seen, listed):
        assert [
            word
            for word in ("decision", "unread", "read_", "late_answer", "withdrawn_because")
            if word in response.text
        ] == []


async def test_an_answer_while_one_child_is_undecided_is_read_with_the_rest(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body(), child_body("Ben")])
    about_first = await ask(desk, contact, child_ids=[contact["children"][0]["id"]])
    about_both = await ask(desk, contact, POLICE)
    await desk.sign(
        await desk.draft(contact, 0, "referral", agencies=without_answer(SCHOOL, POLICE))
    )
    assert done(await answer(desk, about_both))["after_decision"] is False
    assert done(await answer(desk, about_first))["after_decision"] is True
    nothing = await do(desk, about_both, "reading", {"words": READ})
    expect_refusal(nothing, 409, "nothing_to_read")


async def test_an_agency_works_from_its_own_queue_soonest_limit_first(desk: Desk) -> None:
    made: list[Body] = []
    for rating in ("green", "red", "amber"):
        contact = await desk.contact(concern="Nobody but staff reads this.")
        path = f"/v1/contacts/{contact['id']}"
        done(await desk.post(WORKER, f"{path}/triage", {"rating": rating}, version=1))
        made.append(await ask(desk, contact))
        await ask(desk, contact, POLICE)
    green, red, amber = (one["id"] for one in made)
    answered = await desk.contact()
    done(await answer(desk, await ask(desk, answered)))
    path = f"{LIST}?sort=due_at&limit=1"
    seen: list[Body] = []
    while path is not None:
        page = await desk.get(PARTNER, path, organisation=SCHOOL)
        assert "Nobody but staff" not in page.text
        assert [one["contact_id"] for one in made if one["contact_id"] in page.text] == []
        seen += done(page)["items"]
        path = page.json()["next"]
    assert [one["id"] for one in seen] == [red, amber, green]
    assert [one["due_at"] for one in seen] == sorted(one["due_at"] for one in seen)
    assert {one["organisation_id"] for one in seen} == {SCHOOL}
    assert not {"contact_id", "after_decision", "unread_since"} & set(seen[0])
    staff = done(await desk.get(WORKER, f"{LIST}?sort=due_at"))["items"]
    assert len(staff) == 6
    every = done(await desk.get(WORKER, f"{LIST}?sort=due_at&state=asked&state=answered"))["items"]
    assert len(every) == 7
    expect_refusal(
        await desk.get(PARTNER, "/v1/queues/information-requests", organisation=SCHOOL),
        403,
        "role_missing",
    )


async def test_a_place_in_one_order_is_no_place_in_the_other(desk: Desk) -> None:
    contact = await desk.contact()
    for agency in (SCHOOL, POLICE):
        await ask(desk, contact, agency)
    following = done(await desk.get(WORKER, f"{LIST}?sort=due_at&limit=1"))["next"]
    other = following.replace("sort=due_at", "sort=asked_at")
    refused = await desk.get(WORKER, other)
    assert refused.status_code in (400, 422), refused.text


async def test_another_agency_can_neither_see_nor_do_anything_to_it(desk: Desk) -> None:
    contact = await desk.contact()
    asked = await ask(desk, contact)
    for what, body in (
        ("chasers", {"how": "email"}),
        ("withdrawal", {"because": BECAUSE}),
        ("reading", {"words": READ}),
    ):
        for organisation in (SCHOOL, POLICE):
            refused = await desk.post(
                PARTNER,
                f"{LIST}/{asked['id']}/{what}",
                body,
                version=1,
                organisation=organisation,
            )
            expect_refusal(refused, 403, "role_missing")
    assert (await read(desk, asked))["version"] == 1


async def test_a_rating_given_later_leaves_the_limit_of_what_was_asked(desk: Desk) -> None:
    contact = await desk.contact()
    asked = await ask(desk, contact)
    file = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    path = f"/v1/contacts/{contact['id']}/triage"
    done(await desk.post(WORKER, path, {"rating": "red"}, version=file["version"]))
    [clock] = (await read(desk, asked))["deadlines"]
    assert clock["due_at"] == "2026-10-23T21:00:00Z"
    assert clock["stopped_at"] is None
