"""Strategy meetings over HTTP: called, invited to, held, concluded, minuted; and who may see."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from service.domain.access import Role
from tests.support.builders import Body, allocation_body, child_body, headers, unborn_body
from tests.support.desks import Desk, done, expect_refusal, faults

MANAGER, WORKER = Role.mash_manager, Role.mash_worker
ASSESSMENT, SOCIAL_WORKER = Role.assessment_team_manager, Role.assessment_team_worker
PATH = "/v1/strategy-meetings"
WHY = "Two bruises of different ages, nobody explains them, and the school has seen both of them."
SECRET = "kanarie the bruise on her cheek"


async def referred(desk: Desk, *children: Body) -> list[Body]:
    """Children on one contact, each with an allocated referral under section 47."""
    contact = await desk.contact(children=children or (child_body(),))
    found = []
    for place in range(len(contact["children"])):
        draft = await desk.draft(contact, place, "referral", statutory_basis="section_47")
        signed = await desk.sign(draft)
        body = allocation_body(await desk.account_of(SOCIAL_WORKER))
        path = f"/v1/referrals/{signed['referral_id']}/allocation"
        found.append(done(await desk.post(ASSESSMENT, path, body, version=1)))
    return found


def call_body(desk: Desk, *referrals: Body, alleged: tuple[str, ...] = ("injury",)) -> Body:
    return {
        "planned_for": (desk.clock.now + timedelta(hours=1)).isoformat(),
        "children": [{"referral_id": one["id"], "alleged": list(alleged)} for one in referrals],
    }


async def called(desk: Desk, *referrals: Body, **changes: Any) -> Body:
    found = referrals or await referred(desk)
    return done(await desk.post(MANAGER, PATH, call_body(desk, *found, **changes)), 201)


async def act(desk: Desk, meeting: Body, move: str, body: Body, role: Role = MANAGER) -> Any:
    path = f"{PATH}/{meeting['id']}/{move}"
    return await desk.post(role, path, body, version=meeting["version"])


async def invited(desk: Desk, meeting: Body) -> Body:
    answers = [{"invitation_id": one["id"], "invited": True} for one in meeting["invitations"]]
    return done(await act(desk, meeting, "invitations", {"invitations": answers}, WORKER))


async def held(desk: Desk, meeting: Body) -> Body:
    came = [
        {"invitation_id": one["id"], "attendance": "attended"} for one in meeting["invitations"]
    ]
    body = {"held_at": desk.clock.now.isoformat(), "attendance": came}
    return done(await act(desk, meeting, "attendance", body, WORKER))


def conclusion(desk: Desk, meeting: Body, **changes: Any) -> Body:
    told = {
        "enquiry": "joint",
        "enquiry_reason": WHY,
        "medical": "will_take_place",
        "medical_reason": "The paediatrician sees the bruises today.",
        "told": "That a doctor will look at the bruises today.",
        **changes,
    }
    return {
        "children": [{"person_id": one["person_id"], **told} for one in meeting["children"]],
        "actions": [
            {
                "what": "Take Amara to the paediatrician.",
                "owner": "Jo Mensah",
                "due_at": (desk.clock.now + timedelta(hours=2)).isoformat(),
            }
        ],
    }


async def concluded(desk: Desk, meeting: Body, **changes: Any) -> Body:
    return done(await act(desk, meeting, "conclusion", conclusion(desk, meeting, **changes)))


async def test_a_meeting_is_called_invited_to_held_concluded_and_minuted(desk: Desk) -> None:
    [referral] = await referred(desk)
    answer = await desk.post(MANAGER, PATH, call_body(desk, referral))
    meeting = done(answer, 201)
    assert answer.headers["location"] == f"{PATH}/{meeting['id']}"
    assert answer.headers["etag"] == '"1"'
    assert meeting["reference"].startswith("M-")
    assert [(one["agency"], one["because"]) for one in meeting["invitations"]] == [
        ("social_care", "always"),
        ("police", "always"),
        ("health", "always"),
        ("referrer", "told_the_front_door"),
        ("school", "school_age"),
    ]
    assert meeting["possible_actions"] == ["invite", "rearrange", "cancel"]
    assert [one["part"] for one in meeting["missing"]] == [
        *["invitation"] * 5,
        "enquiry",
        "medical",
        "told",
        "actions",
        "minutes",
    ]
    assert [one["kind"] for one in meeting["deadlines"]] == ["strategy_meeting"]
    moved = done(
        await act(
            desk,
            meeting,
            "rearrangement",
            {
                "planned_for": (desk.clock.now + timedelta(hours=3)).isoformat(),
                "because": "The paediatrician can be there at seven.",
            },
        )
    )
    asked = await invited(desk, moved)
    assert asked["possible_actions"] == ["invite", "rearrange", "record_attendance", "cancel"]
    came = await held(desk, asked)
    assert (came["state"], came["quorate"]) == ("held", True)
    ended = await concluded(desk, came)
    assert ended["children"][0]["enquiry"] == "joint"
    assert ended["children"][0]["enquiry_id"] is not None
    assert ended["actions"][0]["owner"] == "Jo Mensah"
    body = {"minutes": "All spoke.", "circulated_at": desk.clock.now.isoformat()}
    minuted = done(await act(desk, ended, "minutes", body, WORKER))
    assert (minuted["state"], minuted["missing"]) == ("minuted", [])
    assert [one["action"] for one in minuted["steps"]] == [
        "call",
        "rearrange",
        "invite",
        "record_attendance",
        "conclude",
        "circulate_minutes",
    ]
    read = done(await desk.get(SOCIAL_WORKER, f"{PATH}/{meeting['id']}"))
    assert read == minuted
    referral = done(await desk.get(ASSESSMENT, f"/v1/referrals/{referral['id']}"))
    clocks = {one["kind"]: one["stopped_because"] for one in referral["deadlines"]}
    assert clocks["strategy_meeting"] == "held"


async def test_a_call_sent_again_is_done_once(desk: Desk) -> None:
    [referral] = await referred(desk)
    sent = headers(desk.house, MANAGER, key=uuid4())
    body = call_body(desk, referral)
    first = await desk.client.post(PATH, json=body, headers=sent)
    again = await desk.client.post(PATH, json=body, headers=sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert first.content == again.content
    refusal = expect_refusal(
        await desk.post(MANAGER, PATH, body), 409, "strategy_meeting_under_way"
    )
    assert first.json()["reference"] in refusal["detail"]
    assert refusal["state"] == "called"


async def test_a_conclusion_names_by_pointer_what_it_lacks(desk: Desk) -> None:
    meeting = await held(desk, await invited(desk, await called(desk)))
    empty = expect_refusal(
        await act(desk, meeting, "conclusion", {}), 422, "strategy_meeting_incomplete"
    )
    assert faults(empty) == [("/children", "child_missing"), ("/actions", "actions_missing")]
    referral_id = meeting["children"][0]["referral_id"]
    nothing = {"children": [{"referral_id": referral_id}], "actions": [{}]}
    refused = expect_refusal(
        await act(desk, meeting, "conclusion", nothing), 422, "strategy_meeting_incomplete"
    )
    assert faults(refused) == [
        ("/children/0/enquiry", "enquiry_missing"),
        ("/children/0/enquiry_reason", "enquiry_reason_missing"),
        ("/children/0/medical", "medical_decision_missing"),
        ("/children/0/medical_reason", "medical_reason_missing"),
        ("/children/0/told", "told_missing"),
        ("/actions/0/what", "what_missing"),
        ("/actions/0/owner", "owner_missing"),
        ("/actions/0/due_at", "due_at_missing"),
    ]


async def test_wrong_order_is_refused_with_what_is_possible(desk: Desk) -> None:
    meeting = await called(desk)
    refused = expect_refusal(
        await act(desk, meeting, "conclusion", conclusion(desk, meeting)), 409, "wrong_state"
    )
    assert (refused["state"], refused["allowed"]) == ("called", ["invite", "rearrange", "cancel"])
    unanswered = expect_refusal(
        await act(
            desk, meeting, "attendance", {"held_at": desk.clock.now.isoformat()}, SOCIAL_WORKER
        ),
        409,
        "invitations_unanswered",
    )
    assert "social care, police, health, referrer, school" in unanswered["detail"]
    gone = done(await act(desk, meeting, "cancellation", {"because": "It was explained."}))
    assert gone["cancelled_because"] == "It was explained."
    body = {"minutes": "None were held.", "circulated_at": desk.clock.now.isoformat()}
    last = expect_refusal(await act(desk, gone, "minutes", body), 409, "wrong_state")
    assert last["allowed"] == []


async def test_a_referral_does_not_close_while_a_meeting_about_the_child_is_unfinished(
    desk: Desk,
) -> None:
    [referral] = await referred(desk)
    meeting = await called(desk, referral)
    refused = expect_refusal(
        await desk.post(
            ASSESSMENT,
            f"/v1/referrals/{referral['id']}/closure",
            {"closure_code": "RC8", "reason": "The bruises were explained."},
            version=referral["version"],
        ),
        409,
        "section_47_under_way",
    )
    assert (refused["state"], refused["allowed"]) == ("called", ["conclude", "cancel"])
    assert meeting["reference"] in refused["detail"]


async def test_a_stale_version_is_refused_and_a_missing_one_too(desk: Desk) -> None:
    meeting = await called(desk)
    await invited(desk, meeting)
    body = {"because": "It was explained by the hospital."}
    assert (await act(desk, meeting, "cancellation", body)).status_code == 412
    answer = await desk.post(MANAGER, f"{PATH}/{meeting['id']}/cancellation", body)
    assert answer.status_code == 428


async def test_who_is_out_of_reach_cannot_tell_that_a_meeting_is_there(desk: Desk) -> None:
    meeting = await called(desk)
    path = f"{PATH}/{meeting['id']}"
    for role, who in (
        (Role.early_help_worker, {}),
        (Role.partner_system, {"organisation": "riverbourne-police"}),
        (Role.performance_analyst, {}),
        (Role.system_administrator, {}),
    ):
        for target in (path, f"{PATH}/{uuid4()}", PATH, "/v1/queues/strategy"):
            assert (await desk.get(role, target, **who)).status_code == 403, (role, target)
    for role in (
        Role.qa_auditor,
        Role.early_help_spoc_manager,
        Role.head_of_service,
        SOCIAL_WORKER,
    ):
        assert (await desk.get(role, path)).status_code == 200, role
    expect_refusal(await desk.get(MANAGER, f"{PATH}/{uuid4()}"), 404, "strategy_meeting_not_found")
    nobody = {"planned_for": desk.clock.now.isoformat(), "children": []}
    expect_refusal(await desk.post(MANAGER, PATH, nobody), 422, "invalid")
    nobody["children"] = [{"referral_id": str(uuid4()), "alleged": ["neglect"]}]
    expect_refusal(await desk.post(MANAGER, PATH, nobody), 404, "referral_not_found")


async def test_meetings_are_listed_by_page_newest_first_and_narrowed(desk: Desk) -> None:
    siblings = await referred(desk, child_body(), child_body("Bo", date_of_birth="2012-01-01"))
    [alone] = await referred(desk, child_body("Cem", date_of_birth="2013-01-01"))
    first = await called(desk, *siblings, alleged=("neglect",))
    desk.clock.forward(minutes=1)
    second = await called(desk, alone)

    async def ids(query: str) -> list[str]:
        page = done(await desk.get(MANAGER, f"{PATH}?{query}"))
        return [one["id"] for one in page["items"]]

    assert await ids("") == [second["id"], first["id"]]
    assert await ids("state=held") == []
    assert await ids(f"person_id={siblings[1]['person_id']}&state=called") == [first["id"]]
    assert await ids(f"referral_id={alone['id']}") == [second["id"]]
    assert await ids(f"contact_id={siblings[0]['contact_id']}") == [first["id"]]
    page = done(await desk.get(MANAGER, f"{PATH}?limit=1"))
    [line] = page["items"]
    assert (line["id"], line["due_at"]) == (second["id"], second["deadlines"][0]["due_at"])
    rest = done(await desk.get(MANAGER, page["next"]))
    assert [one["id"] for one in rest["items"]] == [first["id"]]
    assert [one["referral_id"] for one in rest["items"][0]["children"]] == [
        one["id"] for one in siblings
    ]
    expect_refusal(await desk.get(MANAGER, f"{PATH}?measure=PI1"), 422, "measure_counts_others")


async def test_the_other_meetings_about_a_child_are_told_as_one_story(desk: Desk) -> None:
    [referral] = await referred(desk)
    first = await concluded(
        desk, await held(desk, await invited(desk, await called(desk, referral)))
    )
    desk.clock.forward(days=1)
    second = await called(desk, referral, alleged=("neglect",))
    [other] = second["earlier"]
    assert (other["id"], other["state"]) == (first["id"], "concluded")
    assert other["children"][0]["enquiry"] == "joint"
    assert "medical" in {
        one["part"] for one in (await held(desk, await invited(desk, second)))["missing"]
    }


async def test_the_queue_names_what_waits_and_the_next_action_in_words(desk: Desk) -> None:
    siblings = await referred(desk, child_body(), unborn_body())
    lines = done(await desk.get(MANAGER, "/v1/queues/strategy"))["items"]
    assert [one["next_action"] for one in lines] == ["call_strategy_meeting"] * 2
    assert {one["subject_kind"] for one in lines} == {"referral"}
    meeting = await called(desk, *siblings)
    [line] = done(await desk.get(SOCIAL_WORKER, "/v1/queues/strategy"))["items"]
    assert (line["subject_kind"], line["subject_id"]) == ("strategy_meeting", meeting["id"])
    assert line["children"] == ["Amara Okafor", "Okafor"]
    assert line["next_action_in_words"] == (
        "Say who is invited to the meeting, and why one is not."
    )
    assert line["time_left"] is not None
    desk.clock.forward(days=1)
    [line] = done(await desk.get(MANAGER, "/v1/queues/strategy"))["items"]
    assert line["overdue"] is True


async def test_no_event_of_a_meeting_tells_a_name_or_a_word(desk: Desk) -> None:
    meeting = await called(desk)
    school = meeting["invitations"][-1]
    body = {
        "invitations": [{"invitation_id": school["id"], "invited": False, "because": SECRET}],
        "others": [{"agency": "other", "name": SECRET, "role": SECRET}],
    }
    meeting = done(await act(desk, meeting, "invitations", body))
    meeting = await invited(desk, meeting)
    meeting = await held(desk, meeting)
    meeting = await concluded(desk, meeting, told=SECRET, medical_reason=SECRET)
    body = {"minutes": SECRET, "circulated_at": desk.clock.now.isoformat()}
    done(await act(desk, meeting, "minutes", body))
    async with desk.house.database.reading() as connection:
        rows = (
            await connection.execute(
                text("SELECT type, CAST(data AS TEXT) FROM event WHERE type LIKE 'strategy%'")
            )
        ).all()
    assert [row[0] for row in rows] == [
        "strategy_meeting.called",
        "strategy_meeting.invited",
        "strategy_meeting.invited",
        "strategy_meeting.held",
        "strategy_meeting.concluded",
        "strategy_meeting.minutes_circulated",
    ]
    assert not [row for row in rows if "kanarie" in row[1] or "Okafor" in row[1]]
