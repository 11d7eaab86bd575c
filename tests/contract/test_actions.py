"""Every word that a refusal or an answer offers as possible is one that a caller can send."""

import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import service.domain
from api.actions import WAYS
from service.domain.contacts import CONTACT, ContactState, ReferrerAction
from service.domain.decisions import Outcome
from service.domain.states import StateTable

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: operation
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
    if isinstance(operation, dict)
}


def _tables() -> dict[str, StateTable[Any, Any]]:
    found = {}
    for one in pkgutil.walk_packages(service.domain.__path__, "service.domain."):
        module = importlib.import_module(one.name)
        found |= {
            name: thing for name, thing in vars(module).items() if isinstance(thing, StateTable)
        }
    return found


TABLES = _tables()


def _offered(table: StateTable[Any, Any]) -> set[Any]:
    return {action for state, _ in table.moves for action in table.allowed(state)}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_action_that_a_table_offers_has_a_way(name: str) -> None:
    for action in _offered(TABLES[name]):
        assert action in WAYS.get(type(action), {}), f"say in api/actions.py what sends {action}"


def test_no_way_leads_to_what_is_never_offered() -> None:
    offered = {(type(action), action) for table in TABLES.values() for action in _offered(table)}
    offered |= {(ReferrerAction, action) for action in ReferrerAction}
    assert {(kind, action) for kind, ways in WAYS.items() for action in ways} == offered


def _body(operation: dict[str, Any]) -> dict[str, Any]:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


@pytest.mark.parametrize(
    ("action", "operation", "says"),
    [
        pytest.param(action, operation, way.says, id=f"{kind.__name__}-{action}-{operation}")
        for kind, ways in WAYS.items()
        for action, way in ways.items()
        for operation in way.operations
    ],
)
def test_every_way_is_an_operation_of_the_contract_and_its_body_takes_the_word(
    action: str, operation: str, says: dict[str, Any]
) -> None:
    assert operation in OPERATIONS
    for name, value in says.items():
        properties = _body(OPERATIONS[operation])["properties"]
        assert name in properties, f"{operation} takes no {name}"
        schema = {**properties[name], "components": DOCUMENT["components"]}
        assert list(Draft202012Validator(schema).iter_errors(value)) == [], (action, name)


def _words_given(path: Path) -> Iterator[str]:
    """The words written out as `allowed` of a refusal."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            for given in node.keywords:
                if given.arg == "allowed":
                    yield from (
                        one.value
                        for one in ast.walk(given.value)
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    )


def test_every_word_that_a_refusal_writes_out_is_an_operation_or_has_a_way() -> None:
    known = {str(action) for ways in WAYS.values() for action in ways} | set(OPERATIONS)
    files = [one for one in (ROOT / "service").rglob("*.py") if "migrations" not in one.parts]
    strange = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in files
        for word in _words_given(path)
        if word not in known
    }
    assert strange == set()
    assert any(word == "log_contact" for path in files for word in _words_given(path))


def test_what_moves_a_contact_by_itself_is_offered_to_nobody() -> None:
    """Decisions are made and signed for a child; the last one of them is nobody's word."""
    for state in ContactState:
        assert not {"decide_last_child", "sign_a_decision", "last_answer_arrives"} & set(
            CONTACT.allowed(state)
        )


def test_an_outcome_offered_instead_is_one_that_a_decision_takes() -> None:
    outcomes = _body(OPERATIONS["decide"])["properties"]["outcome"]
    schema = {**outcomes, "components": DOCUMENT["components"]}
    assert [one for one in Outcome if list(Draft202012Validator(schema).iter_errors(one))] == []
