"""A partner's own door: the receipt, progress in public words, and nobody else's referrals."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event

from api.schemas.disagreements import (
    Disagreement,
    DisagreementCreate,
    DisagreementEscalationCreate,
    DisagreementWithdrawalCreate,
)
from api.schemas.multi_agency_referrals import (
    MultiAgencyReferral,
    MultiAgencyReferralReceipt,
    MultiAgencyReferralSummary,
    SentChild,
)
from service.domain.access import Role
from service.domain.contacts import ContactState
from service.domain.decisions import Outcome
from service.domain.multi_agency_referrals import (
    IN_WORDS,
    OUTCOMES,
    PROGRESS,
    Progress,
    PublicOutcome,
    progress_of,
)
from service.domain.references import ReferenceKind, is_reference
from service.usecases.challenges import move_challenges
from tests.support.builders import (
    RATIONALE,
    child_body,
    contact_body,
    decision_body,
    headers,
    information_request_body,
    multi_agency_referral_body,
    sign_off_body,
    with_the_rest,
)
from tests.support.desks import HOSPITAL, POLICE, Desk, pointers
from tests.support.plain_statements import select_from

DOOR = "/v1/multi-agency-referrals"
PARTNER = Role.partner_system
UPN = "H801200001001"


def police_body(**changes: Any) -> dict[str, Any]:
    return multi_agency_referral_body(**{"source_code": "6", **changes})


async def sent(desk: Desk, organisation: str = POLICE, **changes: Any) -> Any:
    source = {POLICE: "6", HOSPITAL: "3E"}[organisation]
    body = multi_agency_referral_body(**{"source_code": source, **changes})
    return await desk.made(PARTNER, DOOR, body, organisation=organisation)


async def followed(desk: Desk, referral_id: str, organisation: str = POLICE) -> Any:
    return await desk.read(PARTNER, f"{DOOR}/{referral_id}", organisation=organisation)


async def test_the_receipt_says_what_happens_next_by_when_and_what_to_do_in_danger(
    desk: Desk,
) -> None:
    answer = await desk.post(
        PARTNER,
        DOOR,
        police_body(sender_reference="POL-2026-00017", received_at="2026-10-23T16:30:00+02:00"),
        organisation=POLICE,
    )
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert answer.headers["location"] == f"{DOOR}/{receipt['id']}"
    assert is_reference(receipt.pop("reference"), ReferenceKind.contact)
    warnings = {warning["code"] for warning in receipt.pop("warnings")}
    assert warnings >= {"postcode_missing", "agreement_not_known", "lawful_basis_missing"}
    words = desk.house.policy.receipt
    assert receipt == {
        "id": receipt["id"],
        "sender_reference": "POL-2026-00017",
        "progress": "received",
        "received_at": "2026-10-23T14:30:00Z",
        "logged_at": "2026-10-23T15:00:00Z",
        "next_steps": receipt["next_steps"],
        "decision_due_at": "2026-10-26T23:59:59Z",
        "acknowledgement_due_at": "2026-10-26T23:59:59Z",
        "immediate_danger": words.immediate_danger,
        "questions": words.questions,
        "possible_duplicate_of": None,
    }
    assert "999" in receipt["immediate_danger"]
    assert [step["due_at"] for step in receipt["next_steps"]] == ["2026-10-26T23:59:59Z"] * 2
    assert {step["what"] for step in receipt["next_steps"]} == {
        "Somebody of the front door tells you that they have read it.",
        "A decision is made for each child, and agreed by a manager.",
    }


async def test_it_is_a_contact_in_the_one_queue_at_once(desk: Desk) -> None:
    receipt = await sent(desk)
    contact = await desk.read(Role.mash_worker, f"/v1/contacts/{receipt['id']}")
    assert contact["channel"] == "partner_system"
    assert contact["sender_organisation_id"] == POLICE
    assert contact["referrer"]["agency"] == "Riverbourne Police"
    assert contact["reference"] == receipt["reference"]
    queue = await desk.read(Role.mash_worker, "/v1/queues/contacts")
    assert [line["contact_id"] for line in queue["items"]] == [receipt["id"]]


async def test_posted_twice_with_one_key_it_is_one_contact(desk: Desk) -> None:
    key = uuid4()
    first = await desk.post(PARTNER, DOOR, police_body(), key=key, organisation=POLICE)
    again = await desk.post(PARTNER, DOOR, police_body(), key=key, organisation=POLICE)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert await desk.count("contact") == 1


async def test_thirty_two_at_once_with_one_key_are_one_contact_and_one_event(desk: Desk) -> None:
    given = headers(desk.house, PARTNER, organisation=POLICE)
    await desk.get(PARTNER, DOOR, organisation=POLICE)
    answers = await asyncio.gather(
        *(desk.client.post(DOOR, json=police_body(), headers=given) for _ in range(32))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    fresh = [answer for answer in made if "idempotent-replayed" not in answer.headers]
    assert len(fresh) == 1
    assert (await desk.count("contact"), await desk.count("event")) == (1, 1)


async def test_the_same_story_with_another_key_is_taken_and_marked(desk: Desk) -> None:
    first = await sent(desk, sender_reference="A-1")
    second = await sent(desk, sender_reference="A-2", received_at="2026-10-23T14:59:00Z")
    assert second["possible_duplicate_of"] == first["id"]
    assert second["id"] != first["id"]
    from_another = await sent(desk, HOSPITAL)
    assert from_another["possible_duplicate_of"] is None
    other_story = await sent(desk, concern="He was seen alone at the station at midnight.")
    assert other_story["possible_duplicate_of"] is None
    staff = await desk.read(Role.mash_worker, f"/v1/contacts/{second['id']}")
    assert staff["possible_duplicate_of"] == first["id"]


async def test_a_partner_sends_under_its_own_source_codes(desk: Desk) -> None:
    answer = await desk.post(PARTNER, DOOR, police_body(source_code="2A"), organisation=POLICE)
    assert (answer.status_code, answer.json()["code"]) == (422, "code_unknown")
    assert pointers(answer) == {"/source_code"}


async def test_a_partner_that_the_policy_does_not_name_is_told_so(desk: Desk) -> None:
    answer = await desk.post(PARTNER, DOOR, police_body(), organisation="nobody-knows")
    assert (answer.status_code, answer.json()["code"]) == (403, "organisation_not_known_here")
    assert "999" in answer.json()["detail"]
    listed = await desk.read(PARTNER, DOOR, organisation="nobody-knows")
    assert listed == {"items": [], "next": None}


@pytest.mark.parametrize(
    "changes",
    [
        {"organisation_id": HOSPITAL},
        {"sender_organisation_id": HOSPITAL},
        {"channel": "telephone"},
        {"state": "decided"},
        {"decided_at": "2026-10-23T15:00:00Z"},
        {"restricted": True},
        {"rating": "green"},
        {"team_id": "mash"},
        {"logged_at": "2026-10-01T15:00:00Z"},
        {"referrer": {"agency": "Riverbourne Hospital"}},
        {"children": [child_body(person_id=str(uuid4()))]},
        {"children": [child_body(state="decided")]},
        {"received_at": "2026-10-23T16:00:00Z"},
        {"received_at": "2014-01-01T16:00:00Z"},
    ],
)
async def test_a_partner_cannot_say_what_is_not_its_to_say(
    desk: Desk, changes: dict[str, Any]
) -> None:
    body = police_body() | changes
    answer = await desk.post(PARTNER, DOOR, body, organisation=POLICE)
    assert answer.status_code == 422, answer.text
    checked = await desk.post(PARTNER, f"{DOOR}/validation", body, organisation=POLICE)
    assert checked.status_code == 422
    assert checked.json()["errors"] == answer.json()["errors"]
    assert await desk.count("contact") == 0


TABLES = (
    "account",
    "answer",
    "contact",
    "contact_adult",
    "contact_amendment",
    "contact_child",
    "deadline",
    "decision",
    "event",
    "flag",
    "person",
)


@pytest.mark.parametrize("sign", ["\u200b", "\u3164", "\u2060", "\u202e", "\u0301", "\ufeff"])
async def test_a_referral_of_signs_that_cannot_be_seen_is_refused_as_empty(
    desk: Desk, sign: str
) -> None:
    unseen = police_body(
        concern=sign * 3,
        children=[child_body(sign, family_name=f" {sign} ", description=sign)],
        referrer={"name": sign, "role": sign},
        address=sign,
    )
    answer = await desk.post(PARTNER, DOOR, unseen, organisation=POLICE)
    assert answer.status_code == 422
    assert pointers(answer) == {"/concern"}
    assert {error["code"] for error in answer.json()["errors"]} == {"too_short"}
    # Of the rest nothing is told, so nobody could be found by it.
    [child] = unseen["children"]
    unknown = {**child, "date_of_birth": None, "birth_knowledge": "not_known"}
    nobody = {**unseen, "concern": "He hit him.", "children": [unknown], "adults": []}
    answer = await desk.post(PARTNER, DOOR, nobody, organisation=POLICE)
    assert (answer.status_code, answer.json()["code"]) == (422, "minimum_missing")
    assert pointers(answer) == {"/children"}


async def test_what_turns_a_name_round_does_not_reach_the_desk(desk: Desk) -> None:
    receipt = await sent(
        desk, children=[child_body("\u202earamA\u202c", family_name="Oka\u200bfor")]
    )
    [child] = (await desk.read(Role.mash_worker, f"/v1/contacts/{receipt['id']}"))["children"]
    assert (child["given_name"], child["family_name"]) == ("aramA", "Okafor")


async def test_a_check_says_what_would_come_of_it_and_keeps_nothing(desk: Desk) -> None:
    receipt = await sent(desk, children=[child_body(nhs_number="9434765919")])
    before = {table: await desk.rows(select_from(table)) for table in TABLES}
    key = headers(desk.house, PARTNER, organisation=POLICE)
    # The second fills a gap in what is on file: were it sent, a person would change.
    fuller = child_body(nhs_number="9434765919", unique_pupil_number="H801200001001")
    for children in ([child_body(nhs_number="9434765919")], [fuller], [child_body("Else")]):
        answer = await desk.client.post(
            f"{DOOR}/validation", json=police_body(children=children), headers=key
        )
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["decision_due_at"] == receipt["decision_due_at"]
        assert told["next_steps"] == receipt["next_steps"]
        assert {one["code"] for one in told["warnings"]} == {
            one["code"] for one in receipt["warnings"]
        }
        duplicate = receipt["id"] if children[0] == child_body(nhs_number="9434765919") else None
        assert told["possible_duplicate_of"] == duplicate
        assert "id" not in told
        assert "reference" not in told
    after = {table: await desk.rows(select_from(table)) for table in TABLES}
    happened = after.pop("event")
    assert [row for row in happened if "multi_agency_referral.checked" not in row] == before.pop(
        "event"
    )
    assert after == before


async def validate(desk: Desk, **changes: Any) -> httpx.Response:
    body = police_body(**changes)
    return await desk.post(PARTNER, f"{DOOR}/validation", body, organisation=POLICE)


async def test_a_check_leaves_an_event_without_content_whatever_comes_of_it(desk: Desk) -> None:
    assert (await validate(desk, children=[child_body("Kanarie")])).status_code == 200
    assert (await validate(desk, source_code="QX")).status_code == 422
    found = await desk.rows(
        "SELECT organisation_id, contact_id, person_id, data FROM event "
        "WHERE type = 'multi_agency_referral.checked'"
    )
    nothing = [{}, "{}"]
    assert [row[:3] for row in found] == [(POLICE, None, None)] * 2
    assert all(row[3] in nothing for row in found)


async def test_a_check_asks_the_file_the_same_whether_or_not_a_child_is_on_it(desk: Desk) -> None:
    """So that the time it takes says nothing of who is on file."""
    await sent(desk, children=[child_body(nhs_number="9434765919", unique_pupil_number=UPN)])
    await desk.made(
        Role.mash_worker,
        "/v1/contacts",
        contact_body(children=[child_body(nhs_number="9434765870")]),
    )
    await validate(desk)
    asked: list[list[str]] = []

    @event.listens_for(desk.house.database.engine.sync_engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked[-1].append(statement)

    for child in (
        child_body(nhs_number="9434765919"),
        child_body(nhs_number="9434765870"),
        child_body(nhs_number="4010232137"),
        child_body(unique_pupil_number=UPN),
        child_body(),
    ):
        asked.append([])
        assert (await validate(desk, children=[child])).status_code == 200
    assert asked[0] != []
    assert asked == [asked[0]] * 5
    of_people = [one for one in asked[0] if "person" in one.lower() or "child" in one.lower()]
    assert of_people == []


async def test_a_check_refuses_what_sending_would_refuse(desk: Desk) -> None:
    body = police_body(children=[{}], adults=[], source_code="QX")
    checked = await desk.post(PARTNER, f"{DOOR}/validation", body, organisation=POLICE)
    refused = await desk.post(PARTNER, DOOR, body, organisation=POLICE)
    assert (checked.status_code, refused.status_code) == (422, 422)
    for name in ("code", "detail", "errors"):
        assert checked.json()[name] == refused.json()[name]


async def test_what_another_organisation_sent_is_not_there(desk: Desk) -> None:
    own = await sent(desk)
    theirs = await sent(desk, HOSPITAL)
    logged = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
    answers = []
    for referral_id in (theirs["id"], logged["id"], str(uuid4()), theirs["id"].upper()):
        given = headers(desk.house, PARTNER, organisation=POLICE)
        answers.append(
            await desk.client.get(
                f"{DOOR}/{referral_id}", headers={**given, "X-Request-ID": "the-same"}
            )
        )
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    listed = await desk.read(PARTNER, DOOR, organisation=POLICE)
    assert [one["id"] for one in listed["items"]] == [own["id"]]


async def test_a_partner_with_a_workers_role_as_well_follows_only_its_own(desk: Desk) -> None:
    theirs = await sent(desk, HOSPITAL)
    answer = await desk.get(PARTNER, f"{DOOR}/{theirs['id']}", organisation=POLICE)
    assert answer.status_code == 404
    for role in (Role.mash_worker, Role.mash_manager, Role.system_administrator):
        answer = await desk.get(role, f"{DOOR}/{theirs['id']}")
        assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")


async def test_the_list_is_searched_by_the_senders_own_reference_and_by_time(desk: Desk) -> None:
    first = await sent(desk, sender_reference="POL-1", received_at="2026-10-21T10:00:00Z")
    second = await sent(desk, sender_reference="POL-2", received_at="2026-10-22T10:00:00Z")
    again = await sent(desk, sender_reference="POL-2", received_at="2026-10-22T11:00:00Z")
    await sent(desk, HOSPITAL, sender_reference="POL-2")

    async def found(**params: str) -> list[str]:
        listed = await desk.read(PARTNER, DOOR, organisation=POLICE, params=params)
        return [one["id"] for one in listed["items"]]

    assert await found(sender_reference="POL-2") == [again["id"], second["id"]]
    assert await found(sender_reference="POL-3") == []
    assert await found(
        received_from="2026-10-21T10:00:00Z", received_to="2026-10-22T10:00:00Z"
    ) == [first["id"]]
    assert await found(received_from="2026-10-22T10:00:01Z") == [again["id"]]


async def test_pages_show_each_of_ones_own_once_and_a_cursor_serves_its_owner_alone(
    desk: Desk,
) -> None:
    own = {(await sent(desk, received_at="2026-10-23T14:00:00Z"))["id"] for _ in range(5)}
    seen: list[str] = []
    path: str | None = f"{DOOR}?limit=2"
    while path is not None:
        listed = await desk.read(PARTNER, path, organisation=POLICE)
        seen += [one["id"] for one in listed["items"]]
        path = listed["next"]
        if path is not None:
            other = await desk.get(PARTNER, path, organisation=HOSPITAL)
            assert (other.status_code, other.json()["code"]) == (400, "cursor_invalid")
            await sent(desk)
            await sent(desk, received_at="2026-10-23T13:00:00Z")
            await sent(desk, HOSPITAL)
            if len(seen) > 12:
                break
    assert len(seen) == len(set(seen))
    assert own <= set(seen)


def test_every_state_within_has_a_public_word_and_none_of_its_own_leaks() -> None:
    assert set(PROGRESS) == set(ContactState)
    assert set(OUTCOMES) == set(Outcome)
    assert set(OUTCOMES.values()) == set(PublicOutcome) == set(IN_WORDS)
    public = {progress_of(state, [outcome]) for state in ContactState for outcome in PublicOutcome}
    assert public == set(Progress)
    assert "awaiting_sign_off" not in {str(word) for word in Progress}


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        (("referral", "no_further_action"), "decided"),
        (("early_help", "information_and_advice"), "decided"),
        (("no_further_action", "information_and_advice"), "closed"),
    ],
)
async def test_a_partner_follows_it_in_public_words_from_receipt_to_outcome(
    desk: Desk, outcomes: tuple[str, str], word: str
) -> None:
    receipt = await sent(desk, children=[child_body("Amara"), child_body("Chidi")])
    contact = f"/v1/contacts/{receipt['id']}"

    async def progress() -> str:
        shown = await followed(desk, receipt["id"])
        listed = await desk.read(PARTNER, DOOR, organisation=POLICE)
        assert listed["items"][0]["progress"] == shown["progress"]
        found: str = shown["progress"]
        return found

    assert await progress() == "received"
    await desk.post(Role.mash_worker, f"{contact}/triage", {"rating": "amber"}, version=1)
    assert await progress() == "in_triage"
    request = await desk.made(
        Role.mash_worker, f"{contact}/information-requests", information_request_body()
    )
    assert await progress() == "awaiting_information"
    await desk.post(
        Role.mash_worker,
        f"/v1/information-requests/{request['id']}/response",
        {"answer": "nothing_known", "answered_by_name": "Priya Shah"},
        version=request["version"],
    )
    assert await progress() == "in_triage"
    asked = {
        "agencies": with_the_rest(
            [{"organisation_id": "mill-lane-primary", "asked": True, "answered": True}]
        )
    }
    children = (await desk.read(Role.mash_worker, contact))["children"]
    drafts = [
        await desk.made(
            Role.mash_worker, f"{contact}/decisions", decision_body(child["id"], outcome, **asked)
        )
        for child, outcome in zip(children, outcomes, strict=True)
    ]
    waiting = await followed(desk, receipt["id"])
    assert waiting["progress"] == "in_triage"
    assert [child["outcome"] for child in waiting["children"]] == [None, None]
    for number, draft in enumerate(drafts):
        answer = await desk.post(
            Role.mash_manager,
            f"/v1/decisions/{draft['id']}/sign-off",
            sign_off_body(),
            version=draft["version"],
        )
        assert answer.status_code == 200, answer.text
        shown = await followed(desk, receipt["id"])
        signed = [child["outcome"] is not None for child in shown["children"]]
        assert signed == [True, number == 1]
    public = [OUTCOMES[Outcome(outcome)] for outcome in outcomes]
    assert await progress() == word
    shown = await followed(desk, receipt["id"])
    assert shown["children"] == [
        {
            "position": position,
            "outcome": outcome,
            "outcome_in_words": IN_WORDS[outcome],
            "decided_at": "2026-10-23T15:00:00Z",
        }
        for position, outcome in enumerate(public)
    ]
    assert shown["decided_at"] == "2026-10-23T15:00:00Z"
    assert shown["disagreement"] == desk.house.policy.receipt.disagreement


async def test_what_a_partner_sees_holds_nothing_of_what_others_said_or_did(desk: Desk) -> None:
    receipt = await sent(desk, sender_reference="POL-9")
    contact = f"/v1/contacts/{receipt['id']}"
    canaries = ("Canary-Sibling", "Canary-Words", "Canary-Concern", "Canary-Town")
    answer = await desk.patch(
        Role.mash_worker,
        contact,
        {
            "reason": "The health visitor told of a sister.",
            "concern": "Canary-Concern",
            "town": "Canary-Town",
            "children": [{"given_name": "Canary-Sibling", "family_name": "Okafor"}],
        },
        version=1,
    )
    assert answer.status_code == 200, answer.text
    await desk.post(
        Role.mash_worker, f"{contact}/acknowledgement", {"words": "Canary-Words"}, version=2
    )
    for child in answer.json()["children"]:
        outcome = "referral" if child["given_name"] == "Canary-Sibling" else "no_further_action"
        await desk.decide_for(receipt["id"], child["id"], outcome)
    shown = await followed(desk, receipt["id"])
    assert [child["position"] for child in shown["children"]] == [0]
    # That the sister became a referral is not the police's to know.
    assert shown["progress"] == "closed"
    assert shown["acknowledged_at"] == "2026-10-23T15:00:00Z"
    listed = await desk.get(PARTNER, DOOR, organisation=POLICE)
    for words in (str(shown), listed.text):
        for hidden in (*canaries, RATIONALE, "Development", "mash", "sign_off", "rationale"):
            assert hidden not in words
    assert set(shown) == set(MultiAgencyReferral.model_fields)


def test_the_fields_that_a_partner_may_see_are_these_and_no_others() -> None:
    both = {"id", "reference", "sender_reference", "progress", "received_at"}
    assert set(MultiAgencyReferralSummary.model_fields) == {*both, "decided_at"}
    assert set(MultiAgencyReferralReceipt.model_fields) == {
        *both,
        "logged_at",
        "next_steps",
        "decision_due_at",
        "acknowledgement_due_at",
        "immediate_danger",
        "questions",
        "possible_duplicate_of",
        "warnings",
    }
    assert set(MultiAgencyReferral.model_fields) == {
        *both,
        "logged_at",
        "decision_due_at",
        "acknowledgement_due_at",
        "acknowledged_at",
        "decided_at",
        "children",
        "disagreements",
        "immediate_danger",
        "questions",
        "disagreement",
    }
    assert set(SentChild.model_fields) == {
        "position",
        "outcome",
        "outcome_in_words",
        "decided_at",
    }
    assert set(Disagreement.model_fields) == {
        "reference",
        "position",
        "state",
        "in_words",
        "stage",
        "raised_at",
        "due_at",
        "outcome",
        "ended_at",
    }


async def test_what_is_done_within_does_not_show_in_the_tag_of_what_is_shown(desk: Desk) -> None:
    receipt = await sent(desk)
    path = f"{DOOR}/{receipt['id']}"
    tag = (await desk.get(PARTNER, path, organisation=POLICE)).headers["etag"]
    await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{receipt['id']}",
        {"reason": "Rang back.", "town": "Riverbourne"},
        version=1,
    )
    given = {**headers(desk.house, PARTNER, organisation=POLICE), "If-None-Match": tag}
    assert (await desk.client.get(path, headers=given)).status_code == 304
    await desk.post(
        Role.mash_worker, f"/v1/contacts/{receipt['id']}/triage", {"rating": "red"}, version=2
    )
    changed = await desk.client.get(path, headers=given)
    assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)


async def test_the_expected_time_follows_when_it_turns_out_to_have_been_received_later(
    desk: Desk,
) -> None:
    receipt = await sent(desk, received_at="2026-10-21T10:00:00Z")
    assert receipt["decision_due_at"] == "2026-10-22T22:59:59Z"
    await desk.patch(
        Role.mash_worker,
        f"/v1/contacts/{receipt['id']}",
        {"reason": "The officer gave the wrong day.", "received_at": "2026-10-23T10:00:00Z"},
        version=1,
    )
    shown = await followed(desk, receipt["id"])
    assert shown["received_at"] == "2026-10-23T10:00:00Z"
    assert shown["decision_due_at"] == "2026-10-26T23:59:59Z"


async def test_a_partner_does_not_learn_who_is_on_file(desk: Desk) -> None:
    """Two children sent who are one on file: a worker would be told, a partner gets a receipt."""
    known = child_body(nhs_number="9434765919", unique_pupil_number="H801200001001")
    await desk.made(Role.mash_worker, "/v1/contacts", contact_body(children=[known]))
    both = [
        child_body("Amara", nhs_number="9434765919"),
        child_body("Mara", unique_pupil_number="H801200001001"),
    ]
    refused = await desk.post(Role.mash_worker, "/v1/contacts", contact_body(children=both))
    assert (refused.status_code, pointers(refused)) == (422, {"/children/1"})
    receipt = await sent(desk, children=both)
    contact = await desk.read(Role.mash_worker, f"/v1/contacts/{receipt['id']}")
    assert len({child["person_id"] for child in contact["children"]}) == 2
    assert [child["unique_pupil_number"] for child in contact["children"]] == [
        None,
        "H801200001001",
    ]


async def test_thirteen_days_later_the_same_key_still_gives_the_same_receipt(desk: Desk) -> None:
    key = uuid4()
    first = await desk.post(PARTNER, DOOR, police_body(), key=key, organisation=POLICE)
    desk.clock.forward(days=13)
    again = await desk.post(PARTNER, DOOR, police_body(), key=key, organisation=POLICE)
    assert (again.status_code, again.content) == (201, first.content)


# Disagreeing with the outcome.

REASONS = "She was seen with new bruises on Monday, and nobody asked her how they came about."


async def decided_of(desk: Desk, outcome: str = "no_further_action", children: int = 1) -> Any:
    receipt = await sent(desk, children=[child_body(f"Child {n}") for n in range(children)])
    contact = await desk.read(Role.mash_worker, f"/v1/contacts/{receipt['id']}")
    for child in contact["children"]:
        await desk.decide_for(receipt["id"], child["id"], outcome)
    return receipt


async def disagree(desk: Desk, referral_id: str, below: str = "", **body: Any) -> Any:
    who = body.pop("organisation", POLICE)
    return await desk.post(
        PARTNER,
        f"{DOOR}/{referral_id}/disagreement{below}",
        {"words": REASONS, **body},
        organisation=who,
    )


async def challenge_of(desk: Desk, disagreement: Any) -> Any:
    listed = await desk.read(Role.mash_manager, "/v1/challenges")
    [found] = [one for one in listed["items"] if one["reference"] == disagreement["reference"]]
    return await desk.read(Role.mash_manager, f"/v1/challenges/{found['id']}")


async def answered(desk: Desk, disagreement: Any, answer: str, role: Role) -> None:
    found = await challenge_of(desk, disagreement)
    said = await desk.post(
        role,
        f"/v1/challenges/{found['id']}/answer",
        {"answer": answer, "words": "I looked at the file again, and this is what I find in it."},
        version=found["version"],
    )
    assert said.status_code == 200, said.text


async def test_a_partner_disagrees_and_follows_what_becomes_of_it_in_public_words(
    desk: Desk,
) -> None:
    receipt = await decided_of(desk)
    answer = await disagree(desk, receipt["id"])
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{DOOR}/{receipt['id']}"
    [said] = answer.json()["disagreements"]
    assert is_reference(said.pop("reference"), ReferenceKind.challenge)
    assert said == {
        "position": 0,
        "state": "being_considered",
        "in_words": "A manager is considering what you said.",
        "stage": 1,
        "raised_at": "2026-10-23T15:00:00Z",
        "due_at": "2026-10-27T23:59:59Z",
        "outcome": None,
        "ended_at": None,
    }
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    await answered(desk, shown, "upheld", Role.mash_manager)
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    assert (shown["state"], shown["due_at"]) == ("answered", "2026-10-27T23:59:59Z")
    taken = await disagree(desk, receipt["id"], "/escalation")
    assert taken.status_code == 201, taken.text
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    assert taken.json()["disagreements"] == [shown]
    assert (shown["state"], shown["stage"]) == ("being_considered", 2)
    await answered(desk, shown, "agreed", Role.head_of_service)
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    assert (shown["state"], shown["outcome"]) == ("answered", None)
    desk.clock.forward(days=5)
    assert await move_challenges(desk.house) == 1
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    assert (shown["state"], shown["outcome"], shown["in_words"]) == (
        "ended",
        "decision_stands",
        "The decision stands.",
    )
    assert (shown["due_at"], shown["ended_at"]) == (None, "2026-10-28T15:00:00Z")


async def test_it_is_a_challenge_that_the_manager_of_the_mash_answers(desk: Desk) -> None:
    receipt = await decided_of(desk)
    [said] = (await disagree(desk, receipt["id"])).json()["disagreements"]
    found = await challenge_of(desk, said)
    assert found["raised_by_organisation_id"] == POLICE
    assert (found["answering_role"], found["challenger_role"]) == ("mash_manager", "partner_system")
    assert [(step["words"], step["organisation_id"]) for step in found["steps"]] == [
        (REASONS, POLICE)
    ]


@pytest.mark.parametrize("below", ["/escalation", "/withdrawal"])
async def test_the_longest_words_of_a_partner_read_back(desk: Desk, below: str) -> None:
    body: Any = DisagreementEscalationCreate if "esc" in below else DisagreementWithdrawalCreate
    said = [
        ("The school told us what it saw of her on that day. " * most)[: most - 1] + "."
        for most in (
            one.model_json_schema()["properties"]["words"]["maxLength"]
            for one in (DisagreementCreate, body)
        )
    ]
    receipt = await decided_of(desk)
    first = await disagree(desk, receipt["id"], words=said[0])
    second = await disagree(desk, receipt["id"], below, words=said[1])
    assert (first.status_code, second.status_code) == (201, 201)
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    found = await challenge_of(desk, shown)
    assert [step["words"] for step in found["steps"]] == said


async def test_the_partner_sees_no_name_and_no_word_of_staff(desk: Desk) -> None:
    receipt = await decided_of(desk)
    [said] = (await disagree(desk, receipt["id"])).json()["disagreements"]
    found = await challenge_of(desk, said)
    await answered(desk, said, "upheld", Role.mash_manager)
    page = await desk.get(PARTNER, f"{DOOR}/{receipt['id']}", organisation=POLICE)
    for hidden in ("I looked at the file", "mash_manager", found["id"], found["decision_id"]):
        assert hidden not in page.text


async def test_said_again_the_open_one_comes_back(desk: Desk) -> None:
    receipt = await decided_of(desk)
    first = await disagree(desk, receipt["id"])
    again = await disagree(desk, receipt["id"], words="Again.")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert await desk.count("challenge") == 1


async def test_it_is_for_every_decided_child_or_for_those_that_are_named(desk: Desk) -> None:
    receipt = await decided_of(desk, children=3)
    named = await disagree(desk, receipt["id"], children=[2])
    assert [one["position"] for one in named.json()["disagreements"]] == [2]
    every = await disagree(desk, receipt["id"])
    assert every.status_code == 201
    assert [one["position"] for one in every.json()["disagreements"]] == [0, 1, 2]
    assert await desk.count("challenge") == 3
    withdrawn = await disagree(desk, receipt["id"], "/withdrawal", children=[0, 1])
    assert {one["outcome"] for one in withdrawn.json()["disagreements"]} == {"withdrawn"}
    shown = (await followed(desk, receipt["id"]))["disagreements"]
    assert {one["position"]: one["state"] for one in shown} == {
        0: "ended",
        1: "ended",
        2: "being_considered",
    }


async def test_a_place_at_which_no_child_was_sent_is_pointed_at(desk: Desk) -> None:
    receipt = await decided_of(desk)
    refused = await disagree(desk, receipt["id"], children=[0, 7])
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_child")
    assert pointers(refused) == {"/children/1"}


async def test_before_the_decision_there_is_nothing_to_disagree_with(desk: Desk) -> None:
    receipt = await sent(desk)
    refused = await disagree(desk, receipt["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_challenge")
    assert refused.json()["state"] == "received"
    contact = await desk.read(Role.mash_worker, f"/v1/contacts/{receipt['id']}")
    await desk.made(
        Role.mash_worker,
        f"/v1/contacts/{receipt['id']}/decisions",
        decision_body(contact["children"][0]["id"]),
    )
    refused = await disagree(desk, receipt["id"])
    assert (refused.status_code, refused.json()["state"]) == (409, "in_triage")


@pytest.mark.parametrize("below", ["/escalation", "/withdrawal"])
async def test_without_an_open_disagreement_there_is_nothing_to_go_on_with(
    desk: Desk, below: str
) -> None:
    receipt = await decided_of(desk)
    refused = await disagree(desk, receipt["id"], below)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_disagreement_open")
    assert refused.json()["allowed"] == []


async def test_once_it_is_being_changed_it_can_only_be_withdrawn(desk: Desk) -> None:
    receipt = await decided_of(desk)
    [said] = (await disagree(desk, receipt["id"])).json()["disagreements"]
    await answered(desk, said, "changed", Role.mash_manager)
    refused = await disagree(desk, receipt["id"], "/escalation")
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["withdraw"])


async def test_what_it_changed_shows_as_the_new_outcome(desk: Desk) -> None:
    receipt = await decided_of(desk)
    [said] = (await disagree(desk, receipt["id"])).json()["disagreements"]
    await answered(desk, said, "changed", Role.mash_manager)
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    assert shown["state"] == "being_changed"
    found = await challenge_of(desk, said)
    await desk.decide_for(
        receipt["id"],
        found["child_id"],
        "referral",
        supersedes={"decision_id": found["decision_id"], "because": "The police were right."},
    )
    page = await followed(desk, receipt["id"])
    assert page["disagreements"][0]["outcome"] == "decision_changed"
    assert page["children"][0]["outcome"] == "accepted_by_childrens_social_care"


async def test_what_staff_already_look_at_again_is_said_so(desk: Desk) -> None:
    receipt = await decided_of(desk, "early_help", children=2)
    contact = await desk.read(Role.mash_worker, f"/v1/contacts/{receipt['id']}")
    [first, _] = contact["decisions"]
    await desk.made(
        Role.early_help_worker, f"/v1/decisions/{first['id']}/challenges", {"words": REASONS}
    )
    refused = await disagree(desk, receipt["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "under_review")
    assert await desk.count("challenge") == 1
    assert (await followed(desk, receipt["id"]))["disagreements"] == []
    ids = [child["id"] for child in contact["children"]]
    place = 1 - ids.index(first["child_id"])
    assert (await disagree(desk, receipt["id"], children=[place])).status_code == 201


@pytest.mark.parametrize("action", ["escalation", "withdrawal"])
async def test_staff_pursue_no_challenge_for_a_partner(desk: Desk, action: str) -> None:
    receipt = await decided_of(desk)
    [said] = (await disagree(desk, receipt["id"])).json()["disagreements"]
    found = await challenge_of(desk, said)
    for role in (Role.early_help_spoc_manager, Role.mash_manager):
        refused = await desk.post(
            role,
            f"/v1/challenges/{found['id']}/{action}",
            {"words": REASONS},
            version=found["version"],
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "not_your_challenge")


async def test_what_nobody_answers_goes_up_by_itself_and_the_partner_sees_it(desk: Desk) -> None:
    receipt = await decided_of(desk)
    await disagree(desk, receipt["id"])
    desk.clock.forward(days=5)
    assert await move_challenges(desk.house) == 1
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    assert (shown["state"], shown["stage"]) == ("being_considered", 2)
    await answered(desk, shown, "upheld", Role.head_of_service)
    desk.clock.forward(days=5)
    assert await move_challenges(desk.house) == 1
    [shown] = (await followed(desk, receipt["id"]))["disagreements"]
    assert (shown["state"], shown["outcome"]) == ("ended", "decision_stands")


@pytest.mark.parametrize("below", ["", "/escalation", "/withdrawal"])
async def test_anothers_referral_is_answered_as_one_that_is_not_there(
    desk: Desk, below: str
) -> None:
    receipt = await decided_of(desk)
    await disagree(desk, receipt["id"])
    anothers = await disagree(desk, receipt["id"], below, organisation=HOSPITAL)
    nobodys = await disagree(desk, str(uuid4()), below, organisation=HOSPITAL)
    assert anothers.status_code == nobodys.status_code == 404

    def of(answer: Any) -> Any:
        known = ("instance", "request_id")
        return {name: value for name, value in answer.json().items() if name not in known}

    assert of(anothers) == of(nobodys)
    assert await desk.count("challenge") == 1


async def test_one_key_is_one_disagreement(desk: Desk) -> None:
    receipt = await decided_of(desk)
    path, body, key = f"{DOOR}/{receipt['id']}/disagreement", {"words": REASONS}, uuid4()
    first = await desk.post(PARTNER, path, body, key=key, organisation=POLICE)
    again = await desk.post(PARTNER, path, body, key=key, organisation=POLICE)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert await desk.count("challenge") == 1


async def test_words_that_say_nothing_are_no_disagreement(desk: Desk) -> None:
    receipt = await decided_of(desk)
    refused = await disagree(desk, receipt["id"], words="We disagree.")
    assert (refused.status_code, pointers(refused)) == (422, {"/words"})
