"""The published contract: equal to the code, complete, valid, and its examples work."""

import enum
import importlib
import pkgutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

import service.domain
from api.app import contract_app, create_app
from api.contract import contract_text
from api.errors import kinds_of_problem
from api.json_bodies import DEPTH, MOST_VALUES
from api.switchboard import served_operations
from service.bootstrap import House
from service.domain.access import Role, Scope
from tests.contract.test_access import OPEN_TO_ALL
from tests.support.builders import headers
from tests.support.clocks import FixedClock
from tests.support.contract_lint import lint
from tests.support.databases import SqliteFiles
from tests.support.files import WholeFile, partners_file
from tests.support.houses import caller, client_of, open_house
from tests.support.notifications import ids_of_a_notification
from tests.support.operations import Json, Operation, operations
from tests.support.protection import looked_into
from tests.support.published import PUBLISHED, published

DOCUMENT = published()
NOW = datetime(2026, 10, 24, 16, 0, tzinfo=UTC)
SCHOOL = "mill-lane-primary"  # whom the examples of a partner speak for


@cache
def made() -> str:
    """The contract as the code says it; making it takes seconds."""
    return contract_text(contract_app())


def test_the_published_contract_is_what_the_code_says() -> None:
    assert PUBLISHED.is_file(), "write it: frontdoor contract openapi/openapi.json"
    same = PUBLISHED.read_text(encoding="utf-8") == made()
    assert same, (
        "openapi/openapi.json is not what the code says: look at what changed for callers, write "
        "it anew with `frontdoor contract openapi/openapi.json`, and say so in openapi/CHANGELOG.md"
    )


def test_the_contract_is_the_same_bytes_each_time() -> None:
    assert contract_text(contract_app()) == made()


def test_the_contract_is_valid() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    validate(DOCUMENT)


def test_the_contract_is_complete() -> None:
    assert lint(DOCUMENT) == []


def test_no_body_of_the_contract_comes_near_the_most_values() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    def values(schema: Json, levels: int = 0) -> int:
        assert levels <= DEPTH
        if "$ref" in schema:
            return values(schemas[schema["$ref"].rpartition("/")[2]], levels)
        branches = [
            values(one, levels) for word in ("anyOf", "oneOf") for one in schema.get(word, ())
        ]
        below = [values(one, levels + 1) for one in schema.get("properties", {}).values()]
        items = values(schema["items"], levels + 1) * schema["maxItems"] if "items" in schema else 0
        return max([1 + sum(below) + items, *branches])

    bodies = [
        values(content["schema"])
        # A morning is as long as it is: tests/api/test_meeting_outcomes.py counts one of forty
        # incidents, and beyond the most values the caller is told to send it in two acts.
        if not content["schema"].get("$ref", "").endswith("/MeetingOutcomesCreate")
        else 1
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    assert len(bodies) > 50
    assert max(bodies) * 2 < MOST_VALUES


async def test_what_is_served_is_documented_and_what_is_documented_is_served(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    """As a running house serves it: its own documentation pages apart."""
    async with open_house(sqlite.create_database(), FixedClock(NOW), tmp_path) as house:
        served = {(method, path) for method, path, _ in served_operations(create_app(house))}
    documented = {(one.method.upper(), one.path) for one in operations()}
    assert documented <= served
    pages = {one for one in served if one in OPEN_TO_ALL or one[1].startswith("/documentation/")}
    assert served - pages == documented - pages


def _domain_enums() -> list[type[enum.Enum]]:
    """Those of the domain, and of the policy's own words."""
    found: list[type[enum.Enum]] = []
    walked = pkgutil.walk_packages(service.domain.__path__, "service.domain.")
    names = [one.name for one in walked]
    for name in [*names, "service.policy.policies"]:
        loaded = importlib.import_module(name)
        found += [
            one
            for one in vars(loaded).values()
            if isinstance(one, type)
            and issubclass(one, enum.Enum)
            and one.__module__ == loaded.__name__
        ]
    return found


def _enums(node: Any, at: str = "") -> list[tuple[str, list[Any]]]:
    found: list[tuple[str, list[Any]]] = []
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            found.append((at, node["enum"]))
        for name, below in node.items():
            if name not in ("example", "examples"):
                found += _enums(below, f"{at}/{name}")
    elif isinstance(node, list):
        for place, below in enumerate(node):
            found += _enums(below, f"{at}/{place}")
    return found


# Told in the contract and not of the domain's making, each with where it comes from.
OF_HTTP = {
    "the codes of problems": sorted(kinds_of_problem()),
    "the state of a check": ["degraded", "failing", "ok"],
    "what a manager makes of a decision": ["agreed", "returned"],
    "what a sender makes of a step-down that came back": ["ask_again", "keep", "request_again"],
}
# Whole lists less what nobody may choose by hand.
PARTS = {
    "channels that a worker may choose": (
        "Channel",
        {"partner_system"},
    ),
    "closures that a worker may choose": ("EpisodeClosure", {"decision_superseded"}),
}


def test_every_list_of_words_in_the_contract_is_the_domains_own() -> None:
    known = [sorted(map(str, (one.value for one in kind))) for kind in _domain_enums()]
    by_name = {kind.__name__: {str(one.value) for one in kind} for kind in _domain_enums()}
    known += [sorted(by_name[name] - less) for name, less in PARTS.values()]
    known += list(OF_HTTP.values())
    strange = [
        f"{at}: {values}"
        for at, values in _enums(DOCUMENT)
        if sorted(map(str, values)) not in known and len(values) > 1
    ]
    assert strange == []


def _with_parts(schema: Json) -> Json:
    return {**schema, "components": DOCUMENT["components"]}


def _examples(operation: Operation) -> list[tuple[str, Json, Any]]:
    """Every example of an operation with its schema: of its body, and of what it answers."""
    found = []

    def of(content: Json, what: str) -> None:
        for told in content.values():
            if "schema" not in told:
                continue
            if "example" in told:
                found.append((what, told["schema"], told["example"]))
            found.extend(
                (f"{what} {name}", told["schema"], one["value"])
                for name, one in told.get("examples", {}).items()
            )

    of(operation.document.get("requestBody", {}).get("content", {}), "request")
    for status, response in operation.document["responses"].items():
        if "$ref" in response:
            response = DOCUMENT["components"]["responses"][status]
        of(response.get("content", {}), status)
    for parameter in operation.document.get("parameters", ()):
        found.append((parameter["name"], parameter["schema"], parameter["example"]))
    return found


@pytest.mark.parametrize("operation", list(operations()), ids=lambda one: one.name)
def test_every_example_fits_its_schema(operation: Operation) -> None:
    examples = _examples(operation)
    assert any(what.startswith("2") or what == "204" for what, _, _ in examples) or (
        "204" in operation.document["responses"]
    )
    for what, schema, example in examples:
        faults = Draft202012Validator(_with_parts(schema), format_checker=FormatChecker())
        told = [
            f"{what}: {fault.json_path}: {fault.message}" for fault in faults.iter_errors(example)
        ]
        assert told == []


def test_every_property_has_a_description_and_an_example_that_fits_it() -> None:
    wrong = []
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, told in schema.get("properties", {}).items():
            checker = Draft202012Validator(_with_parts(told), format_checker=FormatChecker())
            for example in told.get("examples", [None]):
                wrong += [
                    f"{name}.{field}: {fault.message}" for fault in checker.iter_errors(example)
                ]
    assert wrong == []


async def test_every_documented_request_is_understood_by_the_server(
    database_url: str, tmp_path: Path
) -> None:
    """Each example sent as it stands, only its ids exchanged for such as are there.

    What it names may have moved on (409), or another version be current (412); it is never
    misunderstood (400, 415, 422), never a failure, and never a thing of another kind (404 is for
    ids of nothing).
    """
    wrong = []
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        file = await partners_file(house, SCHOOL, "2A")
        file.ids.update(await looked_into(house, file.ids["referral"]))
        leaver = await caller(house, Role.performance_analyst, name="Somebody who leaves")
        file.ids["leaver"] = leaver.account_id
        for noun, role in WHO_HOLDS.items():
            file.ids[noun] = (await caller(house, role)).account_id
        file.ids.update(await ids_of_a_notification(house))
        async with client_of(house) as client:
            for operation in operations():
                answer, role = await _as_whoever_may(client, house, operation, file)
                status = answer.status_code
                if role is None:
                    wrong.append(f"{operation.name}: nobody may do it: {answer.text}")
                elif status >= 500 or status in (400, 401, 405, 406, 415, 422):
                    wrong.append(f"{operation.name} as {role}: {status} {answer.text}")
                elif str(status) not in operation.document["responses"]:
                    wrong.append(f"{operation.name}: {status} is not documented")
                elif status == 404 and not _of_nothing(operation):
                    wrong.append(f"{operation.name} as {role}: 404 {answer.text}")
                else:
                    wrong += _unlike_the_contract(operation, answer)
    assert wrong == [], "\n".join(wrong)


# To whom such work can be given.
WHO_HOLDS = {
    "allocate_referral": Role.assessment_team_worker,
    "allocate_early_help_episode": Role.early_help_worker,
    "assign_contact": Role.mash_worker,
}
# Their ids are of things that this file does not hold; or that who may do this does not see, for
# the file's step-up ends, in the order of the walk, before social care ever had the child.
OF_OTHER_THINGS = {
    "complete_transfer",
    "decide_returned_transfer",
    "read_suspension",
    "lift_suspension",
    "read_policy_version",
}


def _of_nothing(operation: Operation) -> bool:
    return operation.name in OF_OTHER_THINGS


def _unlike_the_contract(operation: Operation, answer: httpx.Response) -> list[str]:
    response = operation.document["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][str(answer.status_code)]
    content = response.get("content", {})
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if not content:
        return [] if not answer.content else [f"{operation.name}: a body where none is told"]
    if kind not in content:
        return [f"{operation.name}: answered {kind}, which is not documented"]
    if "json" not in kind:
        return []
    checker = Draft202012Validator(
        _with_parts(content[kind]["schema"]), format_checker=FormatChecker()
    )
    return [
        f"{operation.name} {answer.status_code}: {fault.json_path}: {fault.message}"
        for fault in checker.iter_errors(answer.json())
    ]


async def _as_whoever_may(
    client: httpx.AsyncClient, house: House, operation: Operation, file: WholeFile
) -> tuple[httpx.Response, Role | None]:
    answer = None
    for role in (Role.mash_manager, *Role):
        who: dict[str, Any] = {"scopes": list(Scope)}
        if role is Role.partner_system:
            who["organisation"] = SCHOOL
        sent = headers(house, role, **who)
        del sent["Idempotency-Key"]
        for version in (1, 2, 3, 4, 5, 6):
            answer = await operation.send(
                client,
                sent,
                _there(operation, file),
                version=version,
                body=_body(operation, file),
            )
            if answer.status_code != 412:
                break
        assert answer is not None
        if answer.status_code != 403 or answer.json()["code"] == "own_decision":
            return answer, role
    assert answer is not None
    return answer, None


def _body(operation: Operation, file: WholeFile) -> Any:
    body = _with_ids_that_are_there(operation.body, file, operation.name)
    if operation.name == "record_meeting_outcome":
        return {**body, "child_id": str(file.ids["item_child"])}
    if operation.name == "record_meeting_outcomes":
        [incident, *_] = body["incidents"]
        contact = {"contact_id": str(file.ids["notification_contact"]), "contact_version": 1}
        items = [{"item_id": str(file.ids["item"])}]
        return {**body, "incidents": [{**incident, **contact, "items": items}]}
    if operation.name == "record_without_discussion":
        return {**body, "items": [{"item_id": str(file.ids["item"]), "contact_version": 1}]}
    return body


def _there(operation: Operation, file: WholeFile) -> dict[str, str]:
    """For the ids in a path, those of this file; the examples of what is no id."""
    known = {
        "contact_id": "contact",
        "child_id": "child",
        "decision_id": "decision_waiting",
        "referral_id": "referral",
        "early_help_episode_id": "early_help_episode",
        "information_request_id": "information_request",
        "flag_id": "flag",
        "challenge_id": "challenge",
        "transfer_id": "transfer",
        "section_47_enquiry_id": "section_47_enquiry",
        "assessment_id": "assessment",
        "missing_episode_id": "missing_episode",
        "passed_concern_id": "passed_concern",
        "emergency_act_id": "emergency_act",
        "notification_id": "notification",
        "import_id": "import",
        "item_id": "item",
        "meeting_id": "strategy_meeting",
    }
    values = {name: str(file.ids[noun]) for name, noun in known.items()}
    if operation.path.startswith("/v1/people/"):
        values["person_id"] = str(file.ids["unborn"])
    if "multi-agency" in operation.path:
        values |= dict.fromkeys(operation.ids, str(file.ids["contact"]))
    return {
        name: values.get(name, str(uuid4()) if name.endswith("_id") else operation.example_of(name))
        for name in operation.ids
    }


def _with_ids_that_are_there(value: Any, file: WholeFile, of: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _with_ids_that_are_there(below, file, of, key) for key, below in value.items()}
    if isinstance(value, list):
        return [_with_ids_that_are_there(one, file, of, name) for one in value]
    nouns = {
        "contact_id": "contact",
        "child_id": "child",
        "child_ids": "child",
        "person_id": "person",
        "worker_id": of,
        "case_id": "early_help_episode",
        "target": "leaver",
        "decision_id": "decision_waiting",
        "referral_id": "referral",
    }
    return str(file.ids[nouns[name]]) if name in nouns and value is not None else value
