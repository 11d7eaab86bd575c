"""Every read and every act, by every role, over siblings who parted ways on one contact.

What is read and done here comes from the contract: an operation that is new has no place in the
tables below, and fails until somebody has decided whose it is. Who sees and who may act is written
out by hand, from the children's lives and the roles, and not taken from the code.
"""

import csv
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from service.bootstrap import House
from service.domain.access import Role, Scope
from service.domain.decisions import Outcome
from service.domain.measure_definitions import MEASURES
from service.domain.queues import Queue
from service.persistence.tables import metadata
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.houses import client_of, open_house, token
from tests.support.operations import Json, Operation, operations
from tests.support.plain_statements import select_from
from tests.support.siblings import (
    BEFORE,
    EARLY_HELP,
    FRONT_DOOR,
    LIVES,
    POLICE,
    SOCIAL_CARE,
    Siblings,
    Thing,
    siblings,
)

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
HERE = Path(__file__).parent

# ---- The oracle: whose sight reaches how far, and who acts for whom ------------------------------

ALL = "all"
REACH: Mapping[Role, str | None] = {
    Role.mash_worker: ALL,
    Role.mash_manager: ALL,
    Role.emergency_duty_worker: ALL,
    Role.early_help_spoc_manager: ALL,
    Role.head_of_service: ALL,
    Role.director: ALL,
    Role.qa_auditor: ALL,
    Role.early_help_worker: EARLY_HELP,
    Role.assessment_team_manager: SOCIAL_CARE,
    Role.assessment_team_worker: SOCIAL_CARE,
    Role.partner_system: None,
    Role.performance_analyst: None,
    Role.information_governance_officer: None,
    Role.system_administrator: None,
}
ACTS_FOR: Mapping[Role, str | None] = {
    Role.mash_worker: ALL,
    Role.mash_manager: ALL,
    Role.emergency_duty_worker: ALL,
    Role.head_of_service: ALL,
    Role.early_help_spoc_manager: EARLY_HELP,
    Role.early_help_worker: EARLY_HELP,
    Role.assessment_team_manager: SOCIAL_CARE,
    Role.assessment_team_worker: SOCIAL_CARE,
}
ABOVE: Mapping[str, set[str]] = {
    "mash_worker": {"mash_manager", "head_of_service", "director"},
    "emergency_duty_worker": {"mash_manager", "head_of_service", "director"},
    "early_help_worker": {"early_help_spoc_manager", "head_of_service", "director"},
    "assessment_team_worker": {"assessment_team_manager", "head_of_service", "director"},
    "mash_manager": {"head_of_service", "director"},
    "early_help_spoc_manager": {"head_of_service", "director"},
    "assessment_team_manager": {"head_of_service", "director"},
    "head_of_service": {"director"},
}
MANAGES = {
    EARLY_HELP: Role.early_help_spoc_manager,
    SOCIAL_CARE: Role.assessment_team_manager,
}
RECEIVED_BY = {Outcome.early_help: EARLY_HELP, Outcome.referral: SOCIAL_CARE}

# What is one side's own work, whichever child it is about.
OF_SOCIAL_CARE = {"referral", "strategy_meeting", "section_47_enquiry", "assessment"}
OF_EARLY_HELP = {"early_help_episode"}
OF_THE_CHILD = {
    "transfer",
    "challenge",
    "missing_episode",
    "passed_concern",
    "emergency_act",
    "person",
    "pregnancy",
    "amendment",
}


def came_to(child: str | None) -> frozenset[str]:
    return frozenset({SOCIAL_CARE}) if child == BEFORE else LIVES[child or ""].came_to


def held_by(child: str | None) -> frozenset[str]:
    """Which sides the child is open to; what was told before was of the helped child."""
    return LIVES["helped" if child == BEFORE else child or ""].held_by


def sees(role: Role, kind: str, child: str | None) -> bool:
    """Whether a role sees what is on file of a kind about a child."""
    reach = REACH[role]
    if reach in (ALL, None):
        return reach == ALL
    if kind == "contact":
        return child is None or reach in came_to(child) | held_by(child)
    if kind in OF_SOCIAL_CARE:
        return reach == SOCIAL_CARE
    if kind in OF_EARLY_HELP:
        # Who holds a child's case reads what early help did with the child.
        return reach == EARLY_HELP or SOCIAL_CARE in held_by(child)
    if kind == "decision":
        outcome = Outcome.referral if child == BEFORE else LIVES[child or ""].outcome
        return reach in came_to(child) or RECEIVED_BY.get(outcome) == reach
    if kind == "information_request":
        return False
    assert kind in OF_THE_CHILD, f"say who sees a {kind}"
    return reach in came_to(child)


def sees_thing(role: Role, thing: Thing) -> bool:
    if thing.kind == "contact":
        return sees(role, "contact", thing.subject_child)
    if thing.kind == "flag":
        return sees(role, thing.subject_kind or "", thing.subject_child)
    if thing.kind == "information_request" and role is Role.partner_system:
        return thing.subject_kind == POLICE
    return sees(role, thing.kind, thing.child)


def may_read_words(role: Role, child: str, kind: str) -> bool:
    """Whether a role may come upon what is written of a child in something of a kind."""
    if kind == "information_request":
        if role is Role.partner_system:
            return child == "at_risk"
        return role in (
            Role.mash_worker,
            Role.mash_manager,
            Role.emergency_duty_worker,
            Role.early_help_spoc_manager,
            Role.head_of_service,
            Role.director,
            Role.qa_auditor,
        )
    return sees(role, kind, child)


def acts(role: Role, asks: str, thing: Thing) -> bool:
    """Whether a role that sees a thing, and may do this at all, is on the side to do it there."""
    mine = ACTS_FOR.get(role)
    if asks == "child":
        return mine == ALL or mine in LIVES[thing.child or ""].held_by
    if asks == "receiver":
        outcome = Outcome.referral if thing.child == BEFORE else LIVES[thing.child or ""].outcome
        received_by = RECEIVED_BY.get(outcome)
        held_by = LIVES[thing.child or ""].held_by if thing.child != BEFORE else frozenset()
        if received_by is None and held_by:
            return mine == ALL or mine in held_by
        return mine == ALL or received_by in (None, mine)
    if asks == "holder":
        # Who asks here is nobody's case holder, so that it is left to the manager of the side.
        return any(role is MANAGES[side] for side in LIVES[thing.child or ""].held_by)
    if asks == "owner":
        return any(role == owner or role in ABOVE.get(owner, set()) for owner in thing.owed_by)
    return True


REFUSED_AS = {
    "child": "child_of_another_side",
    "receiver": "not_yours_to_challenge",
    "holder": "not_the_case_holder",
    "owner": "flag_not_yours",
}

# ---- What of the contract is read, and what is about nobody on file ------------------------------

READS = {
    "read_contact": "contact",
    "read_contact_history": "contact",
    "list_amendments": "contact",
    "read_repeat_concern": "contact",
    "read_decision": "decision",
    "read_referral": "referral",
    "read_early_help_episode": "early_help_episode",
    "read_transfer": "transfer",
    "read_challenge": "challenge",
    "read_missing_episode": "missing_episode",
    "read_passed_concern": "passed_concern",
    "read_emergency_act": "emergency_act",
    "read_strategy_meeting": "strategy_meeting",
    "read_section_47_enquiry": "section_47_enquiry",
    "read_assessment": "assessment",
    "read_information_request": "information_request",
    "read_pregnancy": "person",
    "read_flag": "flag",
}
LISTS = {
    "list_contacts": "contact",
    "list_referrals": "referral",
    "list_early_help_episodes": "early_help_episode",
    "list_transfers": "transfer",
    "list_challenges": "challenge",
    "list_missing_episodes": "missing_episode",
    "list_passed_concerns": "passed_concern",
    "list_emergency_acts": "emergency_act",
    "list_strategy_meetings": "strategy_meeting",
    "list_section_47_enquiries": "section_47_enquiry",
    "list_assessments": "assessment",
    "list_information_requests": "information_request",
    "list_flags": "flag",
}
# Walked for leaks alone: what each holds is tried elsewhere.
WALKED_FOR_LEAKS: Mapping[str, list[dict[str, str]]] = {
    "read_queue": [{"queue": queue} for queue in Queue],
    "read_measures": [{}],
    "read_measure": [{"code": code} for code in sorted(MEASURES)],
    "export_transfers": [{}],
    "list_accountability": [{}],
    "list_children_without_an_accountable_team": [{}],
    "read_daily_meeting": [{"date": "2026-03-06"}],
    "list_multi_agency_referrals": [{}],
    "list_notification_imports": [{}],
    "list_workers": [{}],
    "list_teams": [{}],
    "list_organisations": [{}],
    "list_code_lists": [{}],
    "list_suspensions": [{}],
    "read_policy": [{}],
    "read_liveness": [{}],
    "read_readiness": [{}],
    "read_metrics": [{}],
}
# By an id of something that the file of siblings does not have.
OF_SOMETHING_ELSE = {
    "read_multi_agency_referral",
    "read_police_notification",
    "read_notification_import",
    "read_daily_meeting_item",
    "read_suspension",
    "read_code_list",
    "read_policy_version",
}


def table(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PERMITTED = {row["operation"]: row for row in table("permissions.csv")}
SIDES = {row["operation"]: row for row in table("sides.csv")}


def permitted(role: Role, name: str) -> bool:
    return PERMITTED[name][role] == "yes"


def test_every_operation_of_the_contract_has_its_place() -> None:
    reads = {one.name for one in operations() if one.method == "get"}
    acts_ = {one.name for one in operations() if one.method != "get"}
    known = {*READS, *LISTS, *WALKED_FOR_LEAKS, *OF_SOMETHING_ELSE}
    assert reads - known == set(), "say in this file what is read there, and of whom"
    assert known - reads == set()
    done = {name.partition(" ")[0] for name in SIDES}
    assert acts_ - done == set(), "say in sides.csv about what this is, and whose side may do it"
    assert done - acts_ == set()
    assert {row["asks"] for row in SIDES.values()} <= {*REFUSED_AS, "permission", "nobody"}
    assert all(bool(row["about"]) is (row["asks"] != "nobody") for row in SIDES.values())


def test_a_permission_that_says_nothing_of_sides_is_given_to_one_side_or_asks_for_it() -> None:
    """What is done to a case of one side is permitted to that side, or to the front door."""
    holders = dict.fromkeys(OF_SOCIAL_CARE, SOCIAL_CARE) | dict.fromkeys(OF_EARLY_HELP, EARLY_HELP)
    for name, row in SIDES.items():
        holder = holders.get(row["about"])
        if row["asks"] != "permission" or holder is None or name.endswith(" receiver"):
            continue
        doers = [role for role in Role if permitted(role, name)]
        assert {ACTS_FOR[role] for role in doers} <= {holder, ALL}, name


# ---- The file, and who asks ----------------------------------------------------------------------


@dataclass
class Walk:
    """The real application around one file of siblings, and what everybody was told of it."""

    house: House
    client: httpx.AsyncClient
    file: Siblings
    told: dict[Role, set[str]]

    def bearer(self, role: Role) -> dict[str, str]:
        more = {"organisation": POLICE} if role is Role.partner_system else {}
        return {"Authorization": f"Bearer {token(self.house, role, scopes=list(Scope), **more)}"}

    async def send(self, operation: Operation, role: Role, **more: Any) -> httpx.Response:
        """One request, its answer searched for words that the role may not read."""
        answer = await operation.send(self.client, self.bearer(role), **more)
        self.search(f"{operation.name} as {role}", role, answer)
        return answer

    def search(self, what: str, role: Role, answer: httpx.Response) -> None:
        body = answer.text
        assert answer.status_code < 500, f"{what}: {body}"
        if "kanarie" not in body:
            return
        for mark, (child, kind) in self.file.marks.items():
            if mark in body:
                assert may_read_words(role, child, kind), f"{what}: read of {child}'s {kind}"
                self.told[role].add(mark)


@asynccontextmanager
async def walking(url: str, folder: Path) -> AsyncIterator[Walk]:
    clock = FixedClock(NOW)
    async with open_house(url, clock, folder) as house, client_of(house) as client:
        file = await siblings(house, clock)
        yield Walk(house, client, file, {role: set() for role in Role})


def _code(answer: httpx.Response) -> str | None:
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return str(answer.json()["code"]) if is_problem else None


# ---- Reading -------------------------------------------------------------------------------------


@pytest.mark.long
async def test_each_role_reads_what_its_reach_covers_of_each_child_and_no_word_more(
    database_url: str, tmp_path: Path
) -> None:
    by_name = {one.name: one for one in operations() if one.method == "get"}
    wrong: list[str] = []
    async with walking(database_url, tmp_path) as walk:
        for role in Role:
            for name, kind in READS.items():
                [id_name] = by_name[name].ids
                nothing = await walk.send(by_name[name], role, values={id_name: uuid4()})
                for thing in walk.file.of_kind(kind):
                    answer = await walk.send(by_name[name], role, values={id_name: thing.id})
                    seen = permitted(role, name) and sees_thing(role, thing)
                    if seen and answer.status_code != 200:
                        wrong.append(f"{name} as {role} of {thing}: {answer.status_code}")
                    if not seen and (answer.status_code, _code(answer)) != (
                        nothing.status_code,
                        _code(nothing),
                    ):
                        wrong.append(f"{name} as {role} of {thing}: {answer.status_code}, hidden")
            for name, kind in LISTS.items():
                if not permitted(role, name):
                    continue
                operation = by_name[name]
                if name == "list_flags":
                    operation = replace(operation, path=f"{operation.path}?each=true")
                listed = {one["id"] async for one in _items(walk, operation, role)}
                there = {
                    str(thing.id) for thing in walk.file.of_kind(kind) if sees_thing(role, thing)
                }
                if listed != there:
                    wrong.append(f"{name} as {role}: {len(listed)} listed, {len(there)} to see")
            for name, asked in WALKED_FOR_LEAKS.items():
                for values in asked:
                    await walk.send(by_name[name], role, values=values)
        assert wrong == []
        # The marks are where readers come: somebody who sees everything has met every one of them.
        assert walk.told[Role.mash_manager] == set(walk.file.marks)
        for role in (Role.early_help_worker, Role.assessment_team_worker):
            met = {walk.file.marks[mark] for mark in walk.told[role]}
            assert met == {
                (child, kind)
                for child, kind in walk.file.marks.values()
                if may_read_words(role, child, kind)
            }


async def _items(walk: Walk, operation: Operation, role: Role) -> AsyncIterator[Json]:
    answer = await walk.send(operation, role)
    while True:
        page = answer.json()
        for item in page["items"]:
            yield item
        if page.get("next") is None:
            return
        answer = await walk.client.get(page["next"], headers=walk.bearer(role))
        walk.search(f"{operation.name} as {role}", role, answer)


@pytest.mark.parametrize("role", [Role.early_help_worker, Role.assessment_team_worker])
async def test_a_contact_says_of_each_sibling_what_the_reader_may_know_and_that_there_is_more(
    sqlite: SqliteFiles, tmp_path: Path, role: Role
) -> None:
    async with walking(sqlite.create_database(), tmp_path) as walk:
        path = f"/v1/contacts/{walk.file.contact_id}"
        contact = (await walk.client.get(path, headers=walk.bearer(role))).json()
        seen = {str(one.id) for one in walk.file.things if sees_thing(role, one)}
        decided = {
            str(one.id)
            for one in walk.file.of_kind("decision")
            if sees_thing(role, one) and one.child != BEFORE
        }
        assert {one["id"] for one in contact["decisions"]} == decided
        assert {one["subject_id"] for one in contact["deadlines"]} <= seen
        assert contact["information_requests"] == []
        assert contact["not_shown"] == ["information_requests", "decisions", "deadlines"]
        whole = await walk.client.get(path, headers=walk.bearer(Role.mash_manager))
        assert whole.json()["not_shown"] == []
        # That they are there is read, and how they are called.
        assert [one["id"] for one in contact["children"]] == [
            one["id"] for one in whole.json()["children"]
        ]


# ---- Acting --------------------------------------------------------------------------------------


def _acts(file: Siblings) -> Iterator[tuple[str, Operation, str, Thing, Json | None]]:
    """Each act of the contract with each thing that it can be done to, and its body."""
    by_name = {one.name: one for one in operations()}
    for name, row in SIDES.items():
        if row["asks"] == "nobody":
            continue
        operation = by_name[name.partition(" ")[0]]
        things = file.of_kind(row["about"])
        if row["about"] == "child":
            things = [Thing("child", file.children[one], one) for one in LIVES]
        for thing in things:
            yield name, operation, row["asks"], thing, _body(name, operation, file, thing)


def _body(name: str, operation: Operation, file: Siblings, thing: Thing) -> Json | None:
    """The documented body, about this thing where that is said in the body."""
    body = operation.body
    if name == "record_missing_episode":
        return {**body, "contact_id": str(file.contact_id), "child_id": str(thing.id)}
    if name.startswith("request_transfer"):
        _, direction, asked_by = name.split(" ")
        return {
            **body,
            "direction": direction,
            "asked_by": asked_by,
            "case_id": str(thing.id),
        }
    if name == "decide":
        name_of = "waiting" if thing.subject_child is None else thing.subject_child
        return {**body, "child_id": str(file.children[name_of])}
    if name == "decide_together":
        name_of = "waiting" if thing.subject_child is None else thing.subject_child
        return {**body, "children": [{"child_id": str(file.children[name_of])}]}
    if name == "begin_assessment":
        return {**body, "referral_id": str(thing.id)}
    if name == "call_strategy_meeting":
        [child, *_] = body["children"]
        return {**body, "children": [{**child, "referral_id": str(thing.id)}]}
    if operation.ids:
        return body if body is None else dict(body)
    raise AssertionError(f"say in {Path(__file__).name} how {name} names what it is about")


def _values(operation: Operation, file: Siblings, thing: Thing) -> dict[str, Any]:
    """The ids of the path: of the thing, and of the contact on which a child stands."""
    contact_id = file.contact_id if thing.kind == "child" else thing.id
    return {name: contact_id if name == "contact_id" else thing.id for name in operation.ids}


async def _on_file(house: House) -> str:
    """A digest of everything on file but who has called."""
    digest = hashlib.sha256()
    async with house.database.reading() as connection:
        for name in sorted(set(metadata.tables) - {"account", "answer"}):
            rows = (await connection.execute(text(select_from(name)))).all()
            digest.update(json.dumps([name, sorted(map(str, rows))]).encode())
    return digest.hexdigest()


@pytest.mark.long
async def test_nobody_acts_on_a_child_whose_side_they_are_not_on_and_nothing_comes_of_trying(
    database_url: str, tmp_path: Path
) -> None:
    wrong: list[str] = []
    tried = 0
    async with walking(database_url, tmp_path) as walk:
        before = await _on_file(walk.house)
        for name, operation, asks, thing, body in _acts(walk.file):
            for role in Role:
                if not permitted(role, name) or acts_there(role, asks, thing):
                    continue
                values = _values(operation, walk.file, thing)
                answer = await walk.send(operation, role, values=values, body=body)
                there = sees_thing_to_act_on(role, thing)
                expected = (403, REFUSED_AS[asks]) if there else (404, None)
                got = (answer.status_code, _code(answer) if there else None)
                tried += 1
                if got != expected:
                    wrong.append(
                        f"{name} as {role} of {thing}: {answer.status_code} {_code(answer)}, "
                        f"not {expected}"
                    )
        assert wrong == []
        assert tried > 200
        assert await _on_file(walk.house) == before


def sees_thing_to_act_on(role: Role, thing: Thing) -> bool:
    # A child is named by the contact, and so is there for whoever sees the contact.
    return sees(role, "contact", None) if thing.kind == "child" else sees_thing(role, thing)


def acts_there(role: Role, asks: str, thing: Thing) -> bool:
    return sees_thing_to_act_on(role, thing) and acts(role, asks, thing)


@pytest.mark.long
async def test_whoever_is_on_the_childs_side_is_not_refused_for_sight_or_side(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    """The counterpart. Where a version is asked for it is a wrong one, so that nothing moves."""
    wrong: list[str] = []
    let_in: set[str] = set()
    async with walking(sqlite.create_database(), tmp_path) as walk:
        for name, operation, asks, thing, body in _acts(walk.file):
            for role in Role:
                if not permitted(role, name) or not acts_there(role, asks, thing):
                    continue
                values = _values(operation, walk.file, thing)
                answer = await walk.send(operation, role, values=values, version=999, body=body)
                if answer.status_code == 404 or _code(answer) in REFUSED_AS.values():
                    wrong.append(f"{name} as {role} of {thing}: {answer.status_code}")
                else:
                    let_in.add(name)
        assert wrong == []
        assert let_in == {name for name, row in SIDES.items() if row["asks"] != "nobody"}


def test_the_lives_are_mixed_enough_to_tell_sides_apart() -> None:
    born = {life.came_to for life in LIVES.values()}
    assert born == {
        frozenset(),
        frozenset({EARLY_HELP}),
        frozenset({SOCIAL_CARE}),
        frozenset({EARLY_HELP, SOCIAL_CARE}),
    }
    assert {life.outcome for life in LIVES.values()} == set(Outcome)
    assert any(FRONT_DOOR in life.held_by for life in LIVES.values())
