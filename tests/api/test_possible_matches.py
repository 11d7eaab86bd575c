"""Possible matches: answered before a decision, at any time after it, and not asked again."""

from typing import Any

import pytest
from sqlalchemy import text

from service.domain.access import Role
from tests.support.builders import child_body, decision_body, unborn_body
from tests.support.desks import Body, Desk, done, expect_refusal

WORKER = Role.mash_worker
HOME = {"address": "28 Barge Street", "postcode": "ZZ99 3CZ"}
HISTORY = {
    "history": {
        "considered": "Open to early help since March for the same worry.",
        "last_closed_because": "It is still open: the family centre visits weekly.",
    }
}
COUSIN = "The school knows both: this is the cousin of the same name."


async def opened_to(desk: Desk, outcome: str, **child: Any) -> tuple[Body, Body]:
    """A contact about a child, decided so, and signed: the child is open."""
    contact = await desk.contact(children=[child_body(**child)], **HOME)
    return contact, await desk.sign(await desk.draft(contact, 0, outcome))


async def decide(desk: Desk, contact: Body, outcome: str = "early_help", **changes: Any) -> Any:
    return await desk.post(
        WORKER,
        f"/v1/contacts/{contact['id']}/decisions",
        decision_body(contact["children"][0]["id"], outcome, **changes),
    )


async def answer(
    desk: Desk, contact: Body, person_id: str, *, same: bool, place: int = 0, **changes: Any
) -> Any:
    now = await read(desk, contact)
    return await desk.post(
        WORKER,
        f"/v1/contacts/{contact['id']}/children/{contact['children'][place]['id']}/match",
        {
            "person_id": person_id,
            "same_child": same,
            **({} if same else {"because": COUSIN}),
            **changes,
        },
        version=now["version"],
    )


async def read(desk: Desk, contact: Body) -> Body:
    return done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))


async def history(desk: Desk, contact: Body) -> Body:
    return done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}/history"))["children"][0]


def person_of(contact: Body, place: int = 0) -> str:
    return str(contact["children"][place]["person_id"])


async def line_of(desk: Desk, contact: Body) -> Body:
    page = done(await desk.get(WORKER, "/v1/queues/contacts?limit=100"))
    [line] = [one for one in page["items"] if one["subject_id"] == contact["id"]]
    found: Body = line
    return found


async def test_the_answer_that_logs_a_contact_says_who_it_may_be_and_with_whom_open(
    desk: Desk,
) -> None:
    before, signed = await opened_to(desk, "early_help")
    contact = await desk.contact(**HOME)
    assert person_of(contact) != person_of(before)
    [match] = contact["possible_matches"]
    assert match["person_id"] == person_of(before)
    assert match["child_id"] == contact["children"][0]["id"]
    assert (match["given_name"], match["date_of_birth"]) == ("Amara", "2018-04-09")
    assert match["reasons"] == ["name", "birth_date", "address"]
    assert (match["contradicts"], match["answer"]) == ([], None)
    case = match["open_case"]
    assert (case["service"], case["team_id"]) == ("early_help", "early-help-spoc")
    assert case["case_id"] == signed["early_help_episode_id"]
    assert (
        match["open_in_words"] == f"Open to early help with early-help-spoc ({case['reference']})."
    )
    assert contact["children"][0]["unanswered_matches"] == 1
    assert ("/children/0", "possible_match") in [
        (one["pointer"], one["code"]) for one in contact["warnings"]
    ]
    assert [one["person_id"] for one in (await history(desk, contact))["possible_matches"]] == [
        person_of(before)
    ]


async def test_a_decision_waits_until_the_possible_match_is_answered(desk: Desk) -> None:
    before, _ = await opened_to(desk, "early_help")
    contact = await desk.contact(**HOME)
    refused = expect_refusal(await decide(desk, contact), 422, "possible_match_unresolved")
    [fault] = refused["errors"]
    assert (fault["pointer"], fault["code"]) == ("/matches", "possible_match_unresolved")
    assert person_of(before) in fault["message"]
    assert "open to early help with early-help-spoc" in fault["message"]
    assert "Amara" not in str(refused)
    assert (await read(desk, contact))["state"] == "received"


async def test_the_same_child_is_linked_and_what_is_on_file_has_to_be_considered(
    desk: Desk,
) -> None:
    before, signed = await opened_to(desk, "early_help")
    contact = await desk.contact(**HOME)
    linked = done(await answer(desk, contact, person_of(before), same=True))
    assert person_of(linked) == person_of(before)
    assert linked["children"][0]["unanswered_matches"] == 0
    refused = expect_refusal(await decide(desk, contact), 422, "decision_incomplete")
    assert {fault["code"] for fault in refused["errors"]} == {"history_not_considered"}
    second = await desk.sign(done(await decide(desk, contact, **HISTORY), 201))
    # The case that was open is the one case still.
    assert second["early_help_episode_id"] == signed["early_help_episode_id"]


async def test_it_can_be_answered_in_the_decision_itself(desk: Desk) -> None:
    before, signed = await opened_to(desk, "early_help")
    contact = await desk.contact(**HOME)
    same = {"matches": [{"person_id": person_of(before), "same_child": True}]}
    refused = expect_refusal(await decide(desk, contact, **same), 422, "decision_incomplete")
    assert {fault["code"] for fault in refused["errors"]} == {"history_not_considered"}
    # A refused decision keeps nothing, the link neither.
    assert person_of(await read(desk, contact)) == person_of(contact)
    draft = done(await decide(desk, contact, **same, **HISTORY), 201)
    assert person_of(await read(desk, contact)) == person_of(before)
    assert (await desk.sign(draft))["early_help_episode_id"] == signed["early_help_episode_id"]


async def test_another_child_is_said_with_a_reason_and_not_asked_again(desk: Desk) -> None:
    before, _ = await opened_to(desk, "early_help")
    contact = await desk.contact(**HOME)
    refused = await answer(desk, contact, person_of(before), same=False, because=None)
    expect_refusal(refused, 422, "invalid")
    done(await answer(desk, contact, person_of(before), same=False))
    [match] = (await history(desk, contact))["possible_matches"]
    assert (match["answer"], match["because"]) == ("another_child", COUSIN)
    done(await decide(desk, contact), 201)
    # Told of again, nobody asks once more.
    again = await desk.contact(children=[child_body(person_id=person_of(contact))], **HOME)
    assert again["possible_matches"] == []


async def test_every_possible_match_of_the_child_is_asked_and_no_siblings(desk: Desk) -> None:
    first = await desk.contact(**HOME)
    second = await desk.contact(**HOME)
    brother_of_hers = child_body("Chidi", date_of_birth="2016-11-20")
    contact = await desk.contact(children=[child_body(), brother_of_hers], **HOME)
    refused = expect_refusal(await decide(desk, contact), 422, "possible_match_unresolved")
    told = " ".join(fault["message"] for fault in refused["errors"])
    assert person_of(first) in told
    assert person_of(second) in told
    brother = decision_body(contact["children"][1]["id"], "no_further_action")
    done(await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions", brother), 201)


@pytest.mark.parametrize(
    "told",
    [
        {"given_name": "AMARA", "family_name": "okafor"},
        {"given_name": "Ämara", "family_name": "O’kafor"},
        {"given_name": "Okafor", "family_name": "Amara"},
        {"given_name": "Amara Grace"},
        {"given_name": "Grace Amara"},
        {"given_name": None},
        {"family_name": None},
        {"given_name": None, "family_name": "Amara"},
        {"date_of_birth": "2018-09-04"},
        {"date_of_birth": "2019-01-01", "birth_knowledge": "estimated"},
        {"given_name": "Amarra"},
        {"family_name": "Okafor-Smith"},
    ],
    ids=str,
)
async def test_names_and_days_as_people_write_them_are_possible_matches(
    desk: Desk, told: dict[str, Any]
) -> None:
    before = await desk.contact(children=[child_body()])
    contact = await desk.contact(children=[{**child_body(), **told}])
    assert [one["person_id"] for one in contact["possible_matches"]] == [person_of(before)]
    # The strip counts the very same, and the history offers it with the id to link by.
    counts = contact["repeat_concern"]["children"][0]["counts"]
    assert counts["possibly_same_child"]["in_months"] == 1
    [match] = (await history(desk, contact))["possible_matches"]
    assert match["person_id"] == person_of(before)
    expect_refusal(await decide(desk, contact), 422, "possible_match_unresolved")


@pytest.mark.parametrize(
    "told",
    [
        {"given_name": "Chidi"},
        {"date_of_birth": "2012-11-20"},
        {"date_of_birth": None, "birth_knowledge": "not_known"},
        {"given_name": "Ann", "family_name": "Lee"},
    ],
    ids=str,
)
async def test_strangers_are_not_asked_about(desk: Desk, told: dict[str, Any]) -> None:
    await desk.contact(children=[child_body()])
    contact = await desk.contact(children=[{**child_body(), **told}])
    assert contact["possible_matches"] == []
    done(await decide(desk, contact), 201)


async def test_letters_that_no_decomposition_folds_are_one(desk: Desk) -> None:
    before = await desk.contact(children=[child_body("Łukasz", family_name="Sørensen")])
    contact = await desk.contact(children=[child_body("Lukasz", family_name="Sorensen")])
    [match] = contact["possible_matches"]
    assert (match["person_id"], match["reasons"]) == (person_of(before), ["name", "birth_date"])


async def test_strangers_without_an_address_do_not_share_one(desk: Desk) -> None:
    nowhere = {"address": "No fixed abode", "postcode": "ZZ99 3CZ"}
    await desk.contact(children=[child_body("Kit", family_name="Vale")], **nowhere)
    contact = await desk.contact(children=[child_body("Ada", family_name="Poole")], **nowhere)
    assert contact["repeat_concern"]["children"][0]["counts"]["address"]["in_months"] == 0


# ---- In the queue, and who may ------------------------------------------------------------------


async def test_the_line_in_the_queue_says_that_somebody_has_to_look(desk: Desk) -> None:
    before, _ = await opened_to(desk, "early_help")
    contact = await desk.contact(**HOME)
    me = str(await desk.account_of(WORKER))
    path = f"/v1/contacts/{contact['id']}"
    rated = done(await desk.post(WORKER, f"{path}/triage", {"rating": "amber"}, version=1))
    done(await desk.post(WORKER, f"{path}/assignment", {"worker_id": me}, version=rated["version"]))
    line = await line_of(desk, contact)
    assert (line["possible_matches"], line["next_action"]) == (1, "answer_possible_match")
    done(await answer(desk, contact, person_of(before), same=True))
    line = await line_of(desk, contact)
    assert (line["possible_matches"], line["next_action"]) == (0, "decide")


@pytest.mark.parametrize(
    "role", [Role.early_help_worker, Role.assessment_team_worker, Role.qa_auditor]
)
async def test_only_the_hub_says_whose_a_child_is(desk: Desk, role: Role) -> None:
    before = await desk.contact(**HOME)
    contact = await desk.contact(**HOME)
    refused = await desk.post(
        role,
        f"/v1/contacts/{contact['id']}/children/{contact['children'][0]['id']}/match",
        {"person_id": person_of(before), "same_child": True},
        version=1,
    )
    assert refused.status_code == 403, refused.text


@pytest.mark.parametrize("same", [True, False])
async def test_somebody_who_is_not_on_file_is_refused(desk: Desk, same: bool) -> None:
    contact = await desk.contact()
    nobody = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"
    expect_refusal(await answer(desk, contact, nobody, same=same), 422, "person_unknown")
    own = person_of(contact)
    expect_refusal(await answer(desk, contact, own, same=same), 422, "no_possible_match")


async def test_an_answer_on_an_old_version_is_refused(desk: Desk) -> None:
    before = await desk.contact(**HOME)
    contact = await desk.contact(**HOME)
    done(await answer(desk, contact, person_of(before), same=False))
    stale = await desk.post(
        WORKER,
        f"/v1/contacts/{contact['id']}/children/{contact['children'][0]['id']}/match",
        {"person_id": person_of(before), "same_child": True},
        version=1,
    )
    assert stale.status_code == 412


# ---- A link taken back, before a decision and after ---------------------------------------------


async def test_a_link_is_taken_back_and_the_child_gets_a_record_of_its_own(desk: Desk) -> None:
    before = await desk.contact(children=[child_body(nhs_number="9434765919")])
    contact = await desk.contact(children=[child_body(person_id=person_of(before))])
    assert person_of(contact) == person_of(before)
    path = f"/v1/contacts/{contact['id']}"
    change = {"id": contact["children"][0]["id"], "person_id": None}
    answered = await desk.patch(
        WORKER, path, {"reason": "The school meant another girl.", "children": [change]}, version=1
    )
    undone = done(answered)
    assert person_of(undone) != person_of(before)
    # Said to be two, nobody asks again.
    assert undone["children"][0]["unanswered_matches"] == 0
    again = await desk.contact(children=[child_body(nhs_number="9434765919")])
    assert person_of(again) == person_of(before)


async def test_a_decided_child_is_linked_with_all_that_hangs_on_the_child(desk: Desk) -> None:
    decided = await desk.contact(children=[child_body()])
    signed = await desk.sign(await desk.draft(decided, 0, "referral"))
    later = await desk.contact(children=[child_body(family_name="Adeyemi", date_of_birth=None)])
    moved = done(await answer(desk, decided, person_of(later), same=True))
    assert person_of(moved) == person_of(later)
    referral = done(
        await desk.get(Role.assessment_team_manager, f"/v1/referrals/{signed['referral_id']}")
    )
    assert referral["person_id"] == person_of(later)
    path = "/v1/accountability?person_id="
    accountable = done(await desk.get(Role.mash_manager, path + person_of(later)))["items"]
    assert signed["referral_id"] in {one["case_id"] for one in accountable}
    left = done(await desk.get(Role.mash_manager, path + person_of(decided)))
    assert left["items"] == []


async def test_a_link_is_taken_back_after_the_decision_and_each_has_its_own_case(
    desk: Desk,
) -> None:
    before = await desk.contact(children=[child_body()])
    contact = await desk.contact(children=[child_body("Ada", person_id=person_of(before))])
    signed = await desk.sign(await desk.draft(contact, 0, "referral", **HISTORY))
    parted = done(await answer(desk, contact, person_of(before), same=False))
    assert person_of(parted) != person_of(before)
    referral = done(
        await desk.get(Role.assessment_team_manager, f"/v1/referrals/{signed['referral_id']}")
    )
    assert referral["person_id"] == person_of(parted)
    assert (await history(desk, before))["referrals"] == []


async def test_two_open_cases_are_not_made_one_by_a_link(desk: Desk) -> None:
    one, _ = await opened_to(desk, "referral")
    other, _ = await opened_to(desk, "early_help", given_name="Adaeze", date_of_birth="2015-02-03")
    refused = await answer(desk, other, person_of(one), same=True)
    expect_refusal(refused, 409, "two_open_cases")
    assert person_of(await read(desk, other)) == person_of(other)


async def test_a_case_that_others_joined_stays_where_it_is(desk: Desk) -> None:
    first, _ = await opened_to(desk, "referral")
    second = await desk.contact(children=[child_body(person_id=person_of(first))])
    await desk.sign(await desk.draft(second, 0, "referral", **HISTORY))
    refused = await answer(desk, second, person_of(first), same=False)
    expect_refusal(refused, 409, "child_cannot_be_moved")


# ---- A child who does not belong to the contact -------------------------------------------------


async def test_a_child_is_taken_off_with_the_reason_and_what_was_told_is_kept(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body(), child_body("Kit", family_name="Vale")])
    kit = contact["children"][1]
    path = f"/v1/contacts/{contact['id']}/children/{kit['id']}/removal"
    because = "The school meant another class: Kit is not of this family."
    rest = done(await desk.post(WORKER, path, {"because": because}, version=1))
    assert [one["given_name"] for one in rest["children"]] == ["Amara"]
    assert rest["version"] == 2
    async with desk.house.database.reading() as connection:
        [row] = await connection.execute(text("SELECT reason, before FROM contact_amendment"))
    assert row[0] == because
    assert "Vale" in str(row[1])
    expect_refusal(
        await desk.post(WORKER, path, {"because": because}, version=2), 404, "child_not_on_contact"
    )
    only = f"/v1/contacts/{contact['id']}/children/{rest['children'][0]['id']}/removal"
    refused = await desk.post(WORKER, only, {"because": because}, version=2)
    expect_refusal(refused, 409, "child_cannot_be_removed")


async def test_a_child_is_not_emptied_by_an_amendment(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body(), child_body("Kit", family_name="Vale")])
    kit = contact["children"][1]["id"]
    nothing = {
        "id": kit,
        "given_name": None,
        "family_name": None,
        "date_of_birth": None,
    }
    answered = await desk.patch(
        WORKER,
        f"/v1/contacts/{contact['id']}",
        {"reason": "Kit is not of this family.", "children": [nothing]},
        version=1,
    )
    refused = expect_refusal(answered, 422, "child_of_nothing")
    assert refused["errors"][0]["pointer"] == "/children/0"
    assert "removal" in refused["detail"]


async def test_a_child_of_whom_nothing_is_told_is_warned_of(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body(), {}])
    assert ("/children/1", "child_of_nothing") in [
        (one["pointer"], one["code"]) for one in contact["warnings"]
    ]


# ---- The unborn, the newborn, twins -------------------------------------------------------------


async def test_a_newborn_told_of_by_the_hospital_may_be_the_unborn_child_on_file(
    desk: Desk,
) -> None:
    midwife = await desk.contact(children=[unborn_body(expected_delivery_on="2026-10-25")], **HOME)
    hospital = {
        "children": [child_body(None, family_name="Baby", date_of_birth="2026-10-21", sex="U")],
        "adults": [{"relationship": "mother", "given_name": "Ngozi", "family_name": "Okafor"}],
    }
    told = await desk.contact(**hospital)
    [match] = told["possible_matches"]
    assert match["person_id"] == person_of(midwife)
    assert set(match["reasons"]) == {"pregnancy", "mother"}
    done(await answer(desk, told, person_of(midwife), same=True))
    pregnancy = done(await desk.get(WORKER, f"/v1/people/{person_of(midwife)}/pregnancy"))
    assert (pregnancy["state"], pregnancy["date_of_birth"]) == ("born", "2026-10-21")


async def test_twins_of_one_contact_are_not_asked_about_one_another(desk: Desk) -> None:
    twins = [unborn_body(), unborn_body()]
    contact = await desk.contact(children=twins, **HOME)
    assert len({child["person_id"] for child in contact["children"]}) == 2
    assert contact["possible_matches"] == []


async def test_a_second_birth_of_one_pregnancy_is_a_second_child(desk: Desk) -> None:
    contact = await desk.contact(children=[unborn_body(expected_delivery_on="2026-10-25")], **HOME)
    path = f"/v1/people/{person_of(contact)}/birth"
    first = {"born_on": "2026-10-21", "given_name": "Ada", "sex": "F"}
    ada = done(await desk.post(WORKER, path, first, version=1))
    second = {**first, "given_name": "Ife", "sex": "M"}
    refused = expect_refusal(
        await desk.post(WORKER, path, second, version=ada["version"]), 409, "not_unborn"
    )
    assert "another_child" in refused["detail"]
    twin = {**second, "another_child": True}
    done(await desk.post(WORKER, path, twin, version=ada["version"]))
    # Sent twice by mistake, it is one: the version has grown.
    assert (await desk.post(WORKER, path, twin, version=ada["version"])).status_code == 412
    page = done(await desk.get(WORKER, "/v1/contacts?limit=10"))["items"]
    new = await read(desk, page[0]) if page[0]["id"] != contact["id"] else await read(desk, page[1])
    [child] = new["children"]
    assert (child["given_name"], child["family_name"], child["sex"]) == ("Ife", "Okafor", "M")
    assert child["person_id"] != person_of(contact)
    assert child["unanswered_matches"] == 0
    assert (new["address"], len(new["adults"])) == ("28 Barge Street", 2)
    born = done(await desk.get(WORKER, f"/v1/people/{child['person_id']}/pregnancy"))
    assert (born["state"], born["date_of_birth"]) == ("born", "2026-10-21")
    # A child like any other: decided by itself.
    done(await decide(desk, new, "no_further_action"), 201)
