"""What is told of people stays in the record: none of it in a log, a meter or a refusal.

Strings that occur nowhere else are put into every field, header, query and path, through doors that
open and doors that refuse; then everything an operator or a stranger could read is searched.
"""

import io
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from fastapi import APIRouter, Request
from prometheus_client import generate_latest
from sqlalchemy import text
from starlette.responses import Response

from api.app import create_app
from api.routing import FrontDoorRoute
from service.bootstrap import DatabaseAway, House, Work
from service.domain.access import Role
from service.domain.kept_as_told import LONGEST
from service.persistence.repositories.cases import REFERRALS
from service.usecases.flags import sweep
from tests.support.builders import (
    allocation_body,
    answer_body,
    child_body,
    contact_body,
    decision_body,
    headers,
    information_request_body,
    siblings,
    sign_off_body,
    unborn_body,
    with_the_rest,
)
from tests.support.clocks import FixedClock
from tests.support.houses import caller, open_house
from tests.support.logs import hear_logs
from tests.support.matches import others_named
from tests.support.notifications import notification_body
from tests.support.operations import Json, Operation, operations
from tests.support.protection import ANALYSIS, FINDING, enquiry_begun
from tests.support.published import published

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
MARK = "kanarie"
FORGED = '\r\n{"event": "forged", "at": "2026-01-01"}\n'
LONG_ENOUGH = 40
HARMLESS_HEADERS = (
    "Accept",
    "User-Agent",
    "Referer",
    "Cookie",
    "X-Forwarded-For",
    "Forwarded",
    "traceparent",
    "If-None-Match",
    "X-Request-ID",
    "X-Correlation-ID",
    "Origin",
)
# The only thing that leaves a contact's own record in words: who may read a case may read it.
NHS_NUMBER, PUPIL_NUMBER = "9434765919", "A123456789012"


@pytest.fixture
def logged() -> io.StringIO:
    """Everything logged during a test, by a service that is told to log all it can."""
    return hear_logs("debug")


class Canaries:
    """Gives out strings that occur nowhere else, and remembers where each was put."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.put: dict[str, str] = {}

    def new(self, where: str) -> str:
        canary = f"{MARK}{next(self._numbers):05d}q"
        self.put[canary] = where
        return canary

    def found_in(self, told: str) -> list[str]:
        """Where the canaries had been put that sing here."""
        low = told.lower()
        if MARK not in low:
            return []
        return [f"{canary} of {where}" for canary, where in self.put.items() if canary in low]


class Watch:
    """A client that keeps every refusal it is given."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.refusals: list[tuple[str, str]] = []
        self.statuses: dict[int, int] = {}

    def see(self, what: str, answer: httpx.Response) -> httpx.Response:
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 400:
            told = answer.text + " " + " ".join(f"{k}: {v}" for k, v in answer.headers.items())
            self.refusals.append((what, told))
        return answer


DOCUMENT = published()
SCHEMAS: Json = DOCUMENT["components"]["schemas"]


def variants(schema: Json) -> list[Json]:
    """The schemas that a place may have, references and unions resolved."""
    if "$ref" in schema:
        return variants(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    found = [schema]
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(word, ()):
            found += variants(branch)
    return found


# Ids and codes of the policy: nothing else is taken there.
READ_AS_SUCH = ("nhs_number", "unique_pupil_number", "postcode", "ethnicity_code")
CODES = (
    *("organisation_id", "team_id", "receiving_team_id", "prompt", "reason_code"),
    *("step", "ending"),
)
# A decision names its tool in words, an assessment by a code of the policy, which is no longer.
LONGEST_CODE_OF_A_TOOL = 64


def is_words(schema: Json, name: str) -> bool:
    """Whether a place holds words of somebody's choosing, and nothing that is read as such.

    Words where a date or code is read are kept as told: see tests/api/test_kept_as_told.py.
    """
    long_enough = LONGEST_CODE_OF_A_TOOL + 1 if name == "tool" else LONG_ENOUGH
    ways = variants(schema)
    if name in (*CODES, *READ_AS_SUCH) or any(
        {"format", "enum", "const"} & one.keys() for one in ways
    ):
        return False
    return any(
        one.get("type") == "string" and one.get("maxLength", 0) >= long_enough for one in ways
    )


def places(schema: Json, at: str = "") -> Iterator[str]:
    """Every place for words in what a schema describes."""
    for one in variants(schema):
        for name, below in one.get("properties", {}).items():
            if is_words(below, name):
                yield f"{at}/{name}"
            yield from places(below, f"{at}/{name}")
        if "items" in one:
            yield from places(one["items"], at)


def salted(value: Any, schema: Json, canaries: Canaries, where: str) -> Any:
    """The same with a canary in each place for words; line ends and a forged line where it may."""
    if isinstance(value, list):
        items = next(one["items"] for one in variants(schema) if "items" in one)
        return [salted(one, items, canaries, where) for one in value]
    if not isinstance(value, dict):
        return value
    told: dict[str, Json] = {}
    for one in variants(schema):
        told |= one.get("properties", {})
    done = {}
    for name, below in value.items():
        if isinstance(below, str) and is_words(told[name], name):
            canary = canaries.new(f"{where}/{name}")
            if name == "email":
                done[name] = f"{canary}@example.org"
            elif any(
                one.get("maxLength", 0) >= 500 and one.get("maxLength") != LONGEST
                for one in variants(told[name])
            ):
                done[name] = f"{below} {canary}{FORGED}{canary}"
            else:
                done[name] = f"{canary} {below}"[:40]
        else:
            done[name] = salted(below, told[name], canaries, f"{where}/{name}")
    return done


def body_schema(operation: Operation) -> Json | None:
    content = operation.document.get("requestBody", {}).get("content", {})
    schema: Json | None = content.get("application/json", {}).get("schema")
    return schema


def failing() -> APIRouter:
    """Routes that fail as no route of ours should, with what was sent in their hands."""
    router = APIRouter(prefix="/v1/failures", route_class=FrontDoorRoute)

    @router.post("/{kind}")
    async def fail(request: Request, kind: str, body: dict[str, str]) -> Response:
        house: House = request.app.state.house
        words = body["words"]
        if kind == "plain":
            raise RuntimeError(f"could not make sense of {words}")
        if kind == "caused":
            try:
                raise ValueError(words)
            except ValueError as error:
                raise KeyError(words) from error
        if kind == "away":
            raise DatabaseAway(words)

        async def write(work: Work) -> None:
            await work.execute(
                text(
                    "INSERT INTO account (id, issuer, subject, name) "
                    "VALUES (:words, :words, :words, :words)"
                    if kind == "constraint"
                    else "INSERT INTO account (id, no_such_column) VALUES (:words, :words)"
                ).bindparams(words=words)
            )

        await house.perform(write)
        return Response()

    return router


@asynccontextmanager
async def opened(
    url: str, clock: FixedClock, folder: Path
) -> AsyncIterator[tuple[House, Watch, Any]]:
    async with open_house(url, clock, folder) as house:
        app = create_app(house)
        app.include_router(failing())
        app.state.manners.switchboard.refresh()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://front.door") as client:
            yield house, Watch(client), app


async def a_whole_case(
    house: House, clock: FixedClock, watch: Watch, canaries: Canaries
) -> set[str]:
    """One case from first word to closure, words and canaries in every place; what was filled."""
    by_name = {one.name: one for one in operations()}
    filled: set[str] = set()

    async def do(
        name: str,
        role: Role,
        body: Json | None,
        *,
        version: int | None = None,
        organisation: str | None = None,
        **values: object,
    ) -> Json:
        operation = by_name[name]
        path = operation.path
        for key, value in values.items():
            path = path.replace(f"{{{key}}}", str(value))
        schema = body_schema(operation)

        async def send(body: Json | None) -> httpx.Response:
            sent = body if schema is None else salted(body, schema, canaries, name)
            return watch.see(
                name,
                await watch.client.request(
                    operation.method.upper(),
                    path,
                    json=sent,
                    headers=headers(
                        house,
                        role,
                        version=version,
                        name=f"{MARK}00000q name",
                        organisation=organisation,
                    ),
                ),
            )

        answer = await send(body)
        if others := others_named(answer):
            answer = await send({**(body or {}), "matches": others})
        assert answer.status_code < 300, (name, answer.text)
        filled.add(name)
        found: Json = answer.json()
        return found

    canaries.put[f"{MARK}00000q"] = "the caller's name"
    worker, manager = Role.mash_worker, Role.mash_manager
    whole = contact_body(
        children=[
            {
                **child,
                "description": "Red coat.",
                "school": "Mill Lane",
                "first_language": "Igbo",
            }
            for child in siblings()[:2]
        ],
        adults=[
            {
                "relationship": "mother",
                "given_name": "Ngozi",
                "family_name": "Okafor",
                "telephone": "01632 960001",
                "note": "Works nights.",
            }
        ],
        referrer={
            "name": "Priya Shah",
            "role": "Lead",
            "agency": "School",
            "telephone": "01632 960002",
            "email": "priya@example.org",
        },
        agreement={"state": "not_sought", "note": "Father objects."},
        lawful_basis={"basis": "public_task", "sharing_reason": "A child may be at risk."},
        address="1 The Street",
        town="Riverbourne",
        postcode="ZZ99 3CZ",
    )
    whole["children"][0] |= {"nhs_number": NHS_NUMBER}
    contact = await do("log_contact", worker, whole)
    id_ = contact["id"]
    first, second = (child["id"] for child in contact["children"])
    contact = await do(
        "amend_contact",
        worker,
        {"reason": "The caller rang back.", "concern": "It happened twice."},
        version=1,
        contact_id=id_,
    )
    contact = await do(
        "triage_contact",
        worker,
        {"rating": "amber", "rationale": "As told."},
        version=2,
        contact_id=id_,
    )
    await do("acknowledge_referrer", worker, {"words": "By telephone."}, version=3, contact_id=id_)
    clock.forward(hours=30)
    await sweep(house)
    listed = await watch.client.get("/v1/flags?each=true", headers=headers(house, worker))
    flag = listed.json()["items"][0]
    taken_on = {"words": "I ring them now.", "will_do": "I ring them now."}
    [schema] = variants(body_schema(by_name["acknowledge_flag"]) or {})
    taken_on = {name: value for name, value in taken_on.items() if name in schema["properties"]}
    version = int(flag["version"]) if "version" in flag else 1
    await do("acknowledge_flag", worker, taken_on, version=version, flag_id=flag["id"])
    rest = [{"id": one["id"], "version": one["version"]} for one in listed.json()["items"][1:]]
    can = {**taken_on, "flags": rest, "those_that_can": True}
    await do("acknowledge_flags", manager, can)
    await family_acts(do, whole)
    for name in ("check_multi_agency_referral", "submit_multi_agency_referral"):
        body = {**whole, "source_code": "6"}
        del body["channel"]
        body["children"] = [{**child, "nhs_number": None} for child in whole["children"]]
        # A partner's agency is its own: it is not asked for it.
        body["referrer"] = {k: v for k, v in whole["referrer"].items() if k != "agency"}
        sent = await do(name, Role.partner_system, body, organisation="riverbourne-police")
    administrator = Role.system_administrator
    suspension = await do(
        "suspend_access",
        administrator,
        {"kind": "client", "target": "gone", "reason": "Left."},
    )
    await do(
        "lift_suspension",
        administrator,
        {"reason": "Came back."},
        version=1,
        suspension_id=suspension["id"],
    )
    request = await do("ask_agency", worker, information_request_body(), contact_id=id_)
    await do(
        "answer_information_request",
        worker,
        answer_body(),
        version=1,
        information_request_id=request["id"],
    )
    housing = information_request_body("riverbourne-homes")
    late = await do("ask_agency", worker, housing, contact_id=id_)
    chaser = {"how": "telephone", "spoken_to": "Ada Clerk", "note": "They look it up by noon."}
    await do("chase_agency", worker, chaser, information_request_id=late["id"])
    late = await do(
        "withdraw_information_request",
        worker,
        {"because": "The family moved away from there years ago."},
        version=2,
        information_request_id=late["id"],
    )
    agencies = [
        {"organisation_id": "mill-lane-primary", "asked": True, "answered": True},
        {
            "organisation_id": "riverbourne-homes",
            "asked": True,
            "answered": False,
            "reason": "Withdrawn: they moved away.",
        },
    ]
    drafts = []
    for child, outcome in ((first, "referral"), (second, "early_help")):
        body = decision_body(
            child,
            outcome,
            agencies=[
                *agencies,
                {
                    "organisation_id": "riverbourne-police",
                    "asked": False,
                    "answered": False,
                    "reason": "No crime.",
                },
                {
                    "organisation_id": "riverbourne-hospital",
                    "asked": False,
                    "answered": False,
                    "reason": "Seen by nobody there.",
                },
            ],
            assessment={"tool": "Graded Care Profile 2", "score": "3 of 5"},
            history={"considered": "None before.", "last_closed_because": "None before."},
        )
        drafts.append(await do("decide", worker, body, contact_id=id_))
    await do("sign_off", manager, sign_off_body("returned"), version=1, decision_id=drafts[0]["id"])
    body = decision_body(first, "referral", agencies=with_the_rest(agencies))
    drafts[0] = await do("decide", worker, body, contact_id=id_)
    for draft in drafts:
        await do("sign_off", manager, sign_off_body(), version=1, decision_id=draft["id"])
    decided = await watch.client.get(f"/v1/contacts/{id_}", headers=headers(house, worker))
    told = {"told_at": clock().isoformat(), "how": "telephone", "words": "Both are looked into."}
    await do("tell_outcome", worker, told, version=decided.json()["version"], contact_id=id_)
    late = await do(
        "answer_information_request",
        worker,
        answer_body(),
        version=late["version"],
        information_request_id=late["id"],
    )
    await do(
        "read_late_answer",
        worker,
        {"words": "It adds nothing to what the school said; the decisions stand."},
        version=late["version"],
        information_request_id=late["id"],
    )
    decision = {"decision_id": drafts[1]["id"]}
    early_help = Role.early_help_worker
    doubts = {"words": "The school saw new bruises on Monday, and nobody asked the child of them."}
    challenge = await do("challenge_decision", early_help, doubts, **decision)
    answer = {"answer": "upheld", **doubts}
    value = {"challenge_id": challenge["id"]}
    await do("answer_challenge", manager, answer, version=1, **value)
    await do("accept_challenge_answer", early_help, doubts, version=2, **value)
    challenge = await do("challenge_decision", early_help, doubts, **decision)
    value = {"challenge_id": challenge["id"]}
    await do("escalate_challenge", early_help, doubts, version=1, **value)
    await do("withdraw_challenge", early_help, doubts, version=2, **value)
    theirs = {"contact_id": sent["id"]}
    child = (await do("read_contact", worker, None, **theirs))["children"][0]
    draft = await do("decide", worker, decision_body(child["id"], "no_further_action"), **theirs)
    await do("sign_off", manager, sign_off_body(), version=1, decision_id=draft["id"])
    await passed_to_who_holds_the_case(do, drafts[1]["person_id"])
    for name in ("disagree_with_outcome", "escalate_disagreement", "withdraw_disagreement"):
        await do(
            name,
            Role.partner_system,
            doubts,
            organisation="riverbourne-police",
            referral_id=sent["id"],
        )
    held = {}
    for noun, role in (
        ("referral", Role.assessment_team_manager),
        ("early_help_episode", Role.early_help_spoc_manager),
    ):
        plural = by_name[f"list_{noun}s"]
        listed = await watch.client.get(plural.path, headers=headers(house, role))
        held[noun] = listed.json()["items"][0]["id"]
    # No conference is held at a weekend.
    clock.forward(hours=48)
    await enquired_into(house, do, held["referral"])
    await both_ways(do, await workers_of(house), held["referral"], held["early_help_episode"])
    await mistakes_mended(do, contact)
    await no_concern(do, clock())
    await missing_and_unborn(do, clock.now, contact)
    await heard_at_a_daily_meeting(do, clock)
    await done_alone_at_night(do, clock)
    return filled


async def passed_to_who_holds_the_case(do: Callable[..., Awaitable[Json]], person_id: str) -> None:
    """A child whom early help holds is spoken of once more, and the manager there answers."""
    worker = Role.mash_worker
    again = contact_body(children=[child_body("Chidi", person_id=person_id)])
    contact = await do("log_contact", worker, again)
    draft = decision_body(
        contact["children"][0]["id"],
        "passed_to_case_holder",
        history={"considered": "The episode that is open.", "last_closed_because": "It is open."},
    )
    place = {"contact_id": contact["id"]}
    drafted = await do("decide", worker, draft, **place)
    at = {"decision_id": drafted["id"]}
    signed = await do("sign_off", Role.mash_manager, sign_off_body(), version=1, **at)
    words = {"words": "The family worker goes there this afternoon and sees them all."}
    concern = {"passed_concern_id": signed["passed_concern_id"]}
    await do("answer_passed_concern", Role.early_help_spoc_manager, words, version=1, **concern)


async def done_alone_at_night(do: Callable[..., Awaitable[Json]], clock: FixedClock) -> None:
    """A decision that has effect at once out of hours; a manager sends it back, and then agrees."""
    clock.forward(hours=12)
    contact = await do(
        "log_contact", Role.mash_worker, contact_body(children=[child_body("Ngozi")])
    )
    place = {"contact_id": contact["id"]}
    draft = decision_body(contact["children"][0]["id"], "no_further_action")
    await do("decide", Role.emergency_duty_worker, draft, **place)
    version = (await do("read_contact", Role.mash_manager, None, **place))["version"]
    why = {"because": "The family leaves tonight, and no manager is on duty before Monday."}
    done = await do("act_out_of_hours", Role.emergency_duty_worker, why, version=version, **place)
    act = {"emergency_act_id": done["decisions"][0]["out_of_hours"]["emergency_act_id"]}
    answers = (sign_off_body("returned"), sign_off_body())
    for number, answer in enumerate(answers, start=1):
        await do("sign_off_emergency_act", Role.mash_manager, answer, version=number, **act)


async def family_acts(do: Callable[..., Awaitable[Json]], whole: Json) -> None:
    """A family told of, asked about, decided and signed in acts that do several things at once."""
    worker = Role.mash_worker
    ada = {"given_name": "Ada", "family_name": "Marsh", "date_of_birth": "2016-05-05"}
    contact = await do("log_contact", worker, {**whole, "children": [ada]})
    [child] = contact["children"]
    value = {"contact_id": contact["id"]}
    agencies = [
        {"organisation_id": "riverbourne-police", "information": "They were called there twice."}
    ]
    await do("ask_agencies_together", worker, {"agencies": agencies}, **value)
    body = decision_body(child["id"], "no_further_action", agencies=with_the_rest([])[1:])
    del body["child_id"]
    body["children"] = [{"child_id": child["id"]}]
    drafted = await do("decide_together", worker, body, **value)
    signed = sign_off_body()
    version = drafted["contact_version"]
    await do("sign_off_together", Role.mash_manager, signed, version=version, **value)


async def enquired_into(house: House, do: Callable[..., Awaitable[Json]], referral_id: str) -> None:
    """An enquiry from the meeting that began it to its conference, and the assessment beside it."""
    manager, worker = Role.assessment_team_manager, Role.assessment_team_worker
    reader = await caller(house, manager)
    referral = await house.ask(lambda ask: REFERRALS.get(ask, reader.sight, UUID(referral_id)))
    begun = await enquiry_begun(house, referral)
    now = house.clock()
    value = {"section_47_enquiry_id": begun.id}
    seen = {"seen": True, "seen_at": now.isoformat(), "seen_by": "Tom Baker", "alone": False}
    seen["not_alone_because"] = "She held on to her grandmother."
    await do("record_child_seen", worker, seen, version=1, **value)
    not_seen = {"seen": False, "not_seen_because": "Nobody opened the door."}
    await do("record_child_seen", worker, not_seen, version=2, **value)
    risk = {"outcome": "continuing_risk", "words": FINDING}
    await do("record_enquiry_outcome", manager, risk, version=3, **value)
    none = {"because": "has_a_plan", "words": FINDING}
    await do("propose_no_conference", worker, none, version=4, **value)
    returned = {"agreed": False, "words": FINDING}
    await do("sign_off_no_conference", manager, returned, version=5, **value)
    conference = {
        "held_at": now.isoformat(),
        "outcome": "child_protection_plan",
        "category_of_abuse_code": "PHY",
        "words": FINDING,
    }
    await do("record_conference", worker, conference, version=6, **value)
    assessment = await do("begin_assessment", worker, {"referral_id": referral_id})
    value = {"assessment_id": assessment["id"]}
    complete = {
        "factors": ["16A"],
        "tools": [
            {"tool": "graded_care_profile_2", "score": "4", "used_on": now.date().isoformat()}
        ],
        "childs_view": "It is loud at home.",
        "analysis": ANALYSIS,
        "outcome": "child_in_need_plan",
    }
    await do("complete_assessment", worker, complete, version=1, **value)
    answer = {"agreed": True, "words": "I have read it and spoken with the worker."}
    await do("authorise_assessment", manager, answer, version=2, **value)


async def mistakes_mended(do: Callable[..., Awaitable[Json]], file: Json) -> None:
    """A wrong link, a child of another family, a draft and a contact taken back."""
    worker, manager = Role.mash_worker, Role.mash_manager
    words = "The school rang back: it had taken one family for another one."
    linked = {**child_body("Ada"), "person_id": file["children"][0]["person_id"]}
    told = await do("log_contact", worker, contact_body(children=[linked, child_body("Ben")]))
    place = {"contact_id": told["id"], "child_id": told["children"][0]["id"]}
    other = {"person_id": linked["person_id"], "same_child": False, "because": words}
    told = await do("answer_possible_match", worker, other, version=told["version"], **place)
    place["child_id"] = told["children"][1]["id"]
    told = await do("remove_child", worker, {"because": words}, version=told["version"], **place)
    place = {"contact_id": told["id"]}
    child_id = told["children"][0]["id"]
    draft = await do("decide", worker, decision_body(child_id, "no_further_action"), **place)
    await do("withdraw_decision", worker, {"because": words}, version=1, decision_id=draft["id"])
    told = await do("read_contact", worker, None, **place)
    error = {"reason": "in_error", "words": words}
    told = await do("withdraw_contact", manager, error, version=told["version"], **place)
    back = await do("restore_contact", worker, {"because": words}, version=told["version"], **place)
    told = await do("log_contact", worker, contact_body(children=[linked]))
    first = await do("log_contact", worker, contact_body(children=[linked]))
    same = {"to_contact_id": told["id"], "words": words}
    place = {"contact_id": first["id"]}
    first = await do("attach_contact", worker, same, version=first["version"], **place)
    await do("detach_contact", worker, {"because": words}, version=first["version"], **place)
    assert back["state"] == "in_triage"
    # By now so often that a manager reads the whole.
    history = {"considered": words, "last_closed_because": words}
    body = decision_body(first["children"][0]["id"], "referral", history=history)
    draft = await do("decide", worker, body, **place)
    await do("read_whole", manager, {"words": words}, version=1, decision_id=draft["id"])


async def no_concern(do: Callable[..., Awaitable[Json]], now: datetime) -> None:
    """A contact that is no concern: a step of its path, its end, and that it is one after all."""
    worker, manager = Role.mash_worker, Role.mash_manager
    words = "The coach was seen pushing a boy, and the club has sent him home."
    child = child_body("Zebedee", family_name="Quill", date_of_birth="2009-11-30", sex="M")
    body = {**contact_body(children=[child]), "kind": "allegation_against_staff"}
    told = await do("log_contact", worker, body)
    place = {"contact_id": told["id"]}
    for step in ("designated_officer_told", "evaluation_meeting_considered"):
        taken = {"step": step, "happened_at": now.isoformat(), "words": words}
        told = await do("record_contact_step", worker, taken, version=told["version"], **place)
    other = {"kind": "another_authority", "because": words}
    told = await do("reclassify_contact", worker, other, version=told["version"], **place)
    ending = {
        "ending": "passed_to_authority",
        "words": words,
        "passed_to": words,
        "answers": [{"prompt": "who_there", "answer": words}],
    }
    await do("end_contact", manager, ending, version=told["version"], **place)


async def missing_and_unborn(do: Callable[..., Awaitable[Json]], now: datetime, file: Json) -> None:
    """A child who was missing, and two unborn children: one is born, one is not."""
    worker = Role.mash_worker
    words = "She left after an argument about her telephone and came back by herself."
    at = now.isoformat().replace("+00:00", "Z")
    report = {
        "contact_id": file["id"],
        "child_id": file["children"][0]["id"],
        "missing_from": "2026-03-05T20:00:00Z",
        "circumstances": words,
        "police_reference": "MP-4471",
    }
    episode = await do("record_missing_episode", worker, report)
    told = {"missing_episode_id": episode["id"]}
    back = {"returned_at": at, "found_where": "Bus station", "circumstances": words}
    await do("record_return", worker, back, version=1, **told)
    for version, step in enumerate(
        (
            {"step": "offered", "words": words},
            {"step": "declined", "because": words},
            {
                "step": "held",
                "interviewer": "Dele Ade",
                "independent": True,
                "where": "School",
                "words": words,
            },
        ),
        start=2,
    ):
        body = {**step, "happened_at": at}
        await do("record_return_interview", worker, body, version=version, **told)
    expected = unborn_body(expected_delivery_on="2026-09-14")
    unborn = await do("log_contact", worker, contact_body(children=[expected, expected]))
    first, second = ({"person_id": one["person_id"]} for one in unborn["children"])
    other = {"expected_delivery_on": "2026-09-28", "because": words}
    await do("change_expected_delivery", worker, other, version=1, **first)
    born = {"born_on": "2026-03-06", "given_name": "Ada", "family_name": "Okafor", "sex": "F"}
    await do("record_birth", worker, born, version=2, **first)
    ended = {"ended_on": "2026-03-05", "because": words}
    await do("end_pregnancy", worker, ended, version=1, **second)


STRANGERS = [
    child_body(
        "Wilhelmina", family_name="Fotheringay", date_of_birth="2011-08-30", nhs_number="4857773456"
    ),
    child_body("Bo", family_name="Zimmer", date_of_birth="2015-12-02", nhs_number="9434765870"),
]


async def heard_at_a_daily_meeting(do: Callable[..., Awaitable[Json]], clock: FixedClock) -> None:
    """A police notification of two children: one is decided, the other carried over."""
    worker = Role.mash_worker
    told = notification_body(
        children=siblings()[:2], incident_at=(clock() - timedelta(hours=3)).isoformat()
    )
    force = {"organisation": "riverbourne-police"}
    taken = await do("submit_police_notification", Role.partner_system, told, **force)
    await do(
        "read_police_notification",
        Role.partner_system,
        None,
        notification_id=taken["id"],
        **force,
    )
    wrong = {"because": "It was meant for the neighbouring authority: the address is theirs."}
    await do(
        "withdraw_police_notification",
        Role.partner_system,
        wrong,
        notification_id=taken["id"],
        **force,
    )
    words = {"words": "The police rang: the address is ours after all, and it stands."}
    contact = {"contact_id": taken["contact_id"]}
    version = (await do("read_contact", worker, None, **contact))["version"]
    await do("read_police_updates", worker, words, version=version, **contact)
    clock.forward(hours=96)
    day = {"date": taken["meeting_on"]}
    first, second = (await do("read_daily_meeting", worker, None, **day))["items"]
    history = {
        "considered": "Two contacts of the same children this month, both told by the school.",
        "last_closed_because": "The last one is open still, with early help.",
    }
    draft = decision_body(first["child"]["child_id"], "no_further_action", history=history)
    await do("record_meeting_outcome", worker, draft, item_id=first["id"], **day)
    because = {"because": "The school is closed until Monday, and it alone knows where he is."}
    await do("carry_item_over", worker, because, version=1, item_id=second["id"], **day)
    await do("conclude_daily_meeting", Role.mash_manager, None, **day)
    await many_at_a_daily_meeting(do, clock)


async def many_at_a_daily_meeting(do: Callable[..., Awaitable[Json]], clock: FixedClock) -> None:
    """Two more notifications: the one is decided with others, the other recorded."""
    at = (clock() - timedelta(hours=3)).isoformat()
    calm = {"concern": "Officers were called to an argument; nobody was hurt.", "risk": "standard"}
    told = [
        await do(
            "submit_police_notification",
            Role.partner_system,
            notification_body(number, children=[child], incident_at=at, **calm),
            organisation="riverbourne-police",
        )
        for number, child in (("RVB-2", STRANGERS[0]), ("RVB-3", STRANGERS[1]))
    ]
    day = {"date": told[0]["meeting_on"]}
    agenda = await do("read_daily_meeting", Role.mash_worker, None, **day)
    untold = [one for one in agenda["items"] if one["state"] == "waiting"]
    notices = [
        {
            "contact_id": one["contact_id"],
            "child_id": one["child"]["child_id"],
            "outcome": "told",
            "school": "Mill Lane Primary",
            "told_to": "Priya Shah",
            "way": "telephone",
            "told_at": clock().isoformat(),
        }
        for one in untold
    ]
    why = "Nobody at the door would say which school the child goes to."
    notices[0] = {
        "contact_id": untold[0]["contact_id"],
        "child_id": untold[0]["child"]["child_id"],
        "outcome": "no_school_known",
        "because": why,
    }
    await do("tell_schools", Role.mash_worker, {"notices": notices}, **day)
    agenda = await do("read_daily_meeting", Role.mash_worker, None, **day)
    items = {one["contact_id"]: one for one in agenda["items"]}
    first, second = (items[one["contact_id"]] for one in told)
    said = decision_body(first["child"]["child_id"], "no_further_action")
    del said["child_id"]
    said["history"] = {
        "considered": "Three contacts of the same child this month, one by the police.",
        "last_closed_because": "The last one is open still, with early help.",
    }
    incident = {
        **said,
        "contact_id": first["contact_id"],
        "contact_version": first["contact_version"],
        "items": [{"item_id": first["id"]}],
    }
    await do("record_meeting_outcomes", Role.mash_worker, {"incidents": [incident]}, **day)
    seen = {"item_id": second["id"], "contact_version": second["contact_version"]}
    words = "Read it: an argument with words alone, and the first of this family."
    recording = {"items": [seen], "words": words}
    await do("record_without_discussion", Role.mash_manager, recording, **day)


async def workers_of(house: House) -> dict[Role, str]:
    """The accounts of a worker of each side."""
    return {
        role: str((await caller(house, role)).account_id)
        for role in (Role.early_help_worker, Role.assessment_team_worker)
    }


async def both_ways(
    do: Callable[..., Awaitable[Json]], workers: dict[Role, str], referral_id: str, episode_id: str
) -> None:
    """One child from social care to early help and another the other way, and the end of both."""
    spoc, manager, mash = (
        Role.early_help_spoc_manager,
        Role.assessment_team_manager,
        Role.mash_manager,
    )
    words = {"words": "I have read the file and spoken with the worker."}
    lead = workers[Role.early_help_worker]

    async def move(transfer: Json, name: str, role: Role, body: Json | None = None) -> Json:
        return await do(name, role, body, version=transfer["version"], transfer_id=transfer["id"])

    async def allocate(noun: str, role: Role, case_id: str, worker_id: str) -> Json:
        body = allocation_body(worker_id)
        return await do(f"allocate_{noun}", role, body, version=1, **{f"{noun}_id": case_id})

    await allocate("referral", manager, referral_id, workers[Role.assessment_team_worker])
    step_down = {
        "direction": "step_down",
        "case_id": referral_id,
        "reason_code": "need_reduced",
        "evidence": "The plan has ended and the child is fed, in school and safe at home.",
        "receiving_worker_id": lead,
        "plan": [
            {
                "outcome": "She is fed.",
                "action": "Weekly visits.",
                "who": "Family worker",
                "by_on": "2026-05-01",
            }
        ],
    }
    down = await do("request_transfer", manager, step_down)
    down = await move(down, "record_family_agreement", manager, {"agreement": "refused", **words})
    down = await move(down, "decide_returned_transfer", manager, {"decision": "keep", **words})
    down = await do("request_transfer", manager, step_down)
    down = await move(down, "open_transfer", spoc)
    down = await move(down, "accept_transfer", spoc, {**words, "plan": step_down["plan"]})
    down = await move(down, "record_family_agreement", spoc, {"agreement": "given", **words})
    visit = {"visited_at": down["accepted_at"], **words}
    down = await move(down, "record_first_visit", spoc, visit)
    down = await move(down, "complete_transfer", manager, {"closure_code": "RC9", **words})

    await allocate("early_help_episode", spoc, episode_id, lead)
    agreed = {"agreement": "given", **words}
    await do(
        "record_early_help_agreement", spoc, agreed, version=2, early_help_episode_id=episode_id
    )
    step_up = {
        "direction": "step_up",
        "case_id": episode_id,
        "reason_code": "risk_increased",
        "evidence": "The child has come to school with new bruises twice, unexplained.",
    }
    up = await do("request_transfer", spoc, step_up)
    await move(up, "withdraw_transfer", spoc, words)
    up = await move(await do("request_transfer", spoc, step_up), "open_transfer", mash)
    refusal = {"reason_code": "below_threshold", "explanation": step_up["evidence"]}
    up = await move(up, "refuse_transfer", mash, refusal)
    await move(up, "answer_refusal", spoc, {"agreed": True, **words})
    harm = {**step_up, "reason_code": "harm_disclosed"}
    up = await move(await do("request_transfer", spoc, harm), "open_transfer", mash)
    quorum = ["social_care", "police", "health"]
    discussed = {"held_at": up["requested_at"], "agencies": quorum, **words}
    up = await move(up, "record_strategy_discussion", mash, discussed)
    acceptance = {"receiving_team_id": "assessment-north", "statutory_basis": "section_17"}
    up = await move(up, "accept_transfer", mash, {**words, **acceptance})

    second = up["referral_id"]
    await allocate("referral", manager, second, workers[Role.assessment_team_worker])
    await at_risk(do, second)
    reason = {"reason": "All is well."}
    closing = {"closure_code": "RC8", **reason}
    await do("close_referral", manager, closing, version=2, referral_id=second)
    closing = {"closure_code": "outcomes_met", **reason}
    first = down["early_help_episode_id"]
    await do("close_early_help_episode", spoc, closing, version=1, early_help_episode_id=first)


async def at_risk(do: Callable[..., Awaitable[Json]], referral_id: str) -> None:
    """A strategy meeting that is moved and cancelled, and one that is held, with all its words."""
    manager = Role.mash_manager
    words = "The school has seen two bruises of different ages, and nobody explains them."

    async def act(meeting: Json, name: str, body: Json) -> Json:
        return await do(name, manager, body, version=meeting["version"], meeting_id=meeting["id"])

    when = "2026-04-01T10:00:00Z"
    call = {
        "planned_for": when,
        "children": [{"referral_id": referral_id, "alleged": ["injury"]}],
    }
    meeting = await do("call_strategy_meeting", manager, call)
    move = {"planned_for": "2026-04-02T10:00:00Z", "because": words}
    meeting = await act(meeting, "rearrange_strategy_meeting", move)
    await act(meeting, "cancel_strategy_meeting", {"because": words})
    meeting = await do("call_strategy_meeting", manager, call)
    held_at = meeting["called_at"]
    who = {"name": "Priya Shah", "role": "Designated safeguarding lead"}
    first, *rest = meeting["invitations"]
    answers = [{"invitation_id": one["id"], "invited": True, **who} for one in rest]
    answers.append({"invitation_id": first["id"], "invited": False, "because": words})
    other = {"agency": "other", **who}
    meeting = await act(
        meeting, "invite_to_strategy_meeting", {"invitations": answers, "others": [other]}
    )
    came = [
        {"invitation_id": one["id"], "attendance": "sent_information", "information": words, **who}
        for one in meeting["invitations"][1:]
    ]
    held = {"held_at": held_at, "attendance": came, "not_quorate_because": words}
    meeting = await act(meeting, "record_strategy_meeting", held)
    conclusion = {
        "children": [
            {
                "referral_id": referral_id,
                "enquiry": "none",
                "enquiry_reason": words,
                "medical": "will_not_take_place",
                "medical_reason": words,
                "told": words,
            }
        ],
        "actions": [{"what": words, "owner": "Jo Mensah", "due_at": held_at}],
    }
    meeting = await act(meeting, "conclude_strategy_meeting", conclusion)
    minutes = {"minutes": words, "circulated_at": held_at}
    await act(meeting, "circulate_strategy_minutes", minutes)


async def every_door_that_refuses(house: House, watch: Watch, canaries: Canaries) -> None:
    """Canaries where they are not expected: wrong types, unknown names, headers, queries, paths."""
    good = headers(house, Role.mash_manager, version=1)
    for operation in operations():
        path = operation.path
        for name in operation.ids:
            path = path.replace(f"{{{name}}}", str(uuid4()))
        method = operation.method.upper()

        async def send(
            what: str,
            at: str = path,
            method: str = method,
            more: Any = None,
            body: Any = operation.body,
            name: str = operation.name,
        ) -> None:
            watch.see(
                f"{name} {what}",
                await watch.client.request(
                    method,
                    at,
                    headers=[*good.items(), *((more or {}).items())],
                    json=body,
                ),
            )

        schema = body_schema(operation)
        if schema is not None:
            body = operation.body
            for name in body:
                await send(f"{name} wrong", body={**body, name: canaries.new(f"{name} as text")})
                await send(f"{name} wrong", body={**body, name: [{canaries.new("a list"): 1}]})
            await send("unknown", body={**body, canaries.new("a name"): canaries.new("its value")})
            await send("a text", body=canaries.new("the whole body"))
            broken = f'{{"{canaries.new("broken JSON")}": {canaries.new("no value")}'
            watch.see(
                "no JSON",
                await watch.client.request(
                    method,
                    path,
                    headers={**good, "Content-Type": "application/json"},
                    content=broken.encode(),
                ),
            )
        query = f"?{canaries.new('a parameter')}={canaries.new('its value')}"
        await send("query", at=path + query)
        for parameter in operation.document.get("parameters", ()):
            if parameter["in"] == "query":
                canary = canaries.new(f"query {parameter['name']}")
                await send("query", at=f"{path}?{parameter['name']}={canary}%0D%0A{canary}")
        for name in operation.ids:
            await send("path", at=operation.path.replace(f"{{{name}}}", canaries.new("the path")))
        for header in HARMLESS_HEADERS:
            await send(header, more={header: f"{canaries.new(header)} ; {canaries.new(header)}"})
        for header in ("If-Match", "Idempotency-Key", "Authorization", "Content-Type"):
            sent = {**good, header: f"Bearer {canaries.new(header)}"}
            watch.see(
                header,
                await watch.client.request(method, path, headers=sent, content=b"{}"),
            )
        await send("method", method=canaries.new("the method").upper())
    for path in (f"/{canaries.new('a path')}", f"/v1/{canaries.new('a path')}/%0D%0Aforged"):
        watch.see("path", await watch.client.get(path, headers=good))
    for kind in ("plain", "caused", "away", "constraint", "column"):
        answer = watch.see(
            kind,
            await watch.client.post(
                f"/v1/failures/{kind}",
                headers=good,
                json={"words": canaries.new(f"failure {kind}") + FORGED},
            ),
        )
        assert answer.status_code == (503 if kind == "away" else 500), answer.text


@pytest.mark.long
async def test_nothing_told_of_people_is_in_a_log_a_meter_or_a_refusal(
    database_url: str, tmp_path: Path, logged: io.StringIO
) -> None:
    canaries = Canaries()
    clock = FixedClock(NOW)
    async with opened(database_url, clock, tmp_path) as (house, watch, app):
        filled = await a_whole_case(house, clock, watch, canaries)
        await every_door_that_refuses(house, watch, canaries)
        meters = generate_latest(app.state.manners.metrics.registry).decode()
        async with house.database.reading() as connection:
            rows = (await connection.execute(text("SELECT * FROM event"))).all()
            kept = (await connection.execute(text("SELECT concern FROM contact"))).scalars().all()
        events = "\n".join(str(row) for row in rows)
    with_words = {
        one.name
        for one in operations()
        if (schema := body_schema(one)) is not None and list(places(schema))
    }
    assert with_words - filled == set(), "these take words and the walk leaves them out: add them"
    assert len(canaries.put) > 400
    assert {401, 404, 405, 406, 415, 422, 500, 503} <= set(watch.statuses), watch.statuses
    assert canaries.found_in(str(kept)), "the canaries do sing where they belong"
    log = logged.getvalue()
    assert log.count("\n") > 500
    wrong = [f"log: {one}" for one in canaries.found_in(log)]
    wrong += [f"meters: {one}" for one in canaries.found_in(meters)]
    wrong += [f"event: {one}" for one in canaries.found_in(events)]
    for what, told in watch.refusals:
        wrong += [f"refusal of {what}: {one}" for one in canaries.found_in(told)]
    assert not wrong, f"{len(wrong)} leaks:\n" + "\n".join(wrong[:30])
    for number in (NHS_NUMBER, PUPIL_NUMBER, "Okafor", "ZZ99 3CZ"):
        assert number not in log + meters + events
    for line in log.splitlines():
        told = json.loads(line)
        assert told.get("event") != "forged"
        assert told.get("level") or told.get("logger")


def test_a_log_that_told_would_be_heard(logged: io.StringIO) -> None:
    canaries = Canaries()
    canary = canaries.new("a careless line")
    structlog.get_logger("api").info(f"contact of {canary.upper()}")
    assert canaries.found_in(logged.getvalue()) == [f"{canary} of a careless line"]
