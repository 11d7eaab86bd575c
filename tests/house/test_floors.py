"""Repositories hold statements alone, domain services have names, a route runs one use-case."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from service.domain.errors import FrontDoorError, NotFound, Stale
from service.domain.states import StateTable
from service.persistence import clocks
from tests.support.sources import ROOT, modules, named

REPOSITORIES = sorted((ROOT / "service/persistence/repositories").glob("[!_]*.py"))
ROUTES = sorted((ROOT / "api/routes").glob("[!_]*.py"))
_ASKED_OF_A_STATE_TABLE = ("after", "allowed")


def _name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _calls(source: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def _is_refusal_of_a_rule(value: object) -> bool:
    """What is not there, and what somebody else changed meanwhile, a statement finds itself."""
    return (
        isinstance(value, type)
        and issubclass(value, FrontDoorError)
        and not issubclass(value, NotFound | Stale)
        and value is not FrontDoorError
    )


def faults_of_repository(source: str, names: Mapping[str, Any]) -> list[str]:
    """What more than statements is in a module; `names` are what it defines and imports."""
    faults = [
        f"it knows {name}, the refusal of a rule"
        for name, value in names.items()
        if _is_refusal_of_a_rule(value)
    ]
    faults += [
        f"it knows {name}, which refuses by a rule"
        for name, value in names.items()
        if inspect.isfunction(value) and name.startswith(("refuse_", "require_"))
    ]
    moves_clocks = {id(clocks), *map(id, vars(clocks).values())}
    faults += [
        f"it knows {name} of the clocks"
        for name, value in names.items()
        if id(value) in moves_clocks
        and (inspect.ismodule(value) or getattr(value, "__module__", "") == clocks.__name__)
    ]
    for call in _calls(source):
        if not isinstance(call.func, ast.Attribute):
            continue
        what, on = call.func.attr, call.func.value
        table = names.get(on.id) if isinstance(on, ast.Name) else None
        if what == "record":
            faults.append(f"line {call.lineno}: it records an event")
        if what == "require":
            faults.append(f"line {call.lineno}: it asks who may do what")
        if what in _ASKED_OF_A_STATE_TABLE and isinstance(table, StateTable):
            faults.append(f"line {call.lineno}: it moves a state")
    return faults


@pytest.mark.parametrize("path", REPOSITORIES, ids=lambda path: path.stem)
def test_a_repository_holds_statements_and_nothing_else(path: Path) -> None:
    names = vars(import_module(_name_of(path)))
    faults = faults_of_repository(path.read_text(encoding="utf-8"), names)
    assert faults == [], "such a function belongs to service/domain_services (ADR 0060)"


@pytest.mark.parametrize(
    "source",
    [
        "from service.domain.challenges import ChallengeOpen",
        "from service.domain.missing_episodes import refuse_while_missing",
        "from service.persistence import clocks",
        "from service.persistence.clocks import stop_clocks",
        "def f(work):\n    work.record()",
        "def f(who):\n    who.require()",
        "from service.domain.referrals import CASE\ndef f(old, how):\n    CASE.after(old, how)",
    ],
)
def test_what_is_more_than_a_statement_is_found(source: str) -> None:
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - an example of our own, written above
    assert len(faults_of_repository(source, names)) == 1


def test_what_a_statement_finds_itself_is_no_fault() -> None:
    source = (
        "from service.domain.errors import NotFound, Stale\n"
        "from service.persistence.repositories.contacts import ContactNotFound\n"
    )
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - an example of our own, written above
    assert faults_of_repository(source, names) == []


def whole_modules_of_domain_services(source: str) -> list[int]:
    """Lines that import a module of the domain services instead of what is called of it."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "service.domain_services"
    ]


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_domain_service_is_called_by_its_own_name(path: Path) -> None:
    found = whole_modules_of_domain_services(path.read_text(encoding="utf-8"))
    assert found == [], "import the function: a statement is called by its noun, and this is none"


def test_a_domain_service_that_is_called_by_its_noun_is_found() -> None:
    assert whole_modules_of_domain_services("from service.domain_services import transfers") == [1]
    whole = "from service.domain_services.transfers import move_transfer"
    assert whole_modules_of_domain_services(whole) == []


def use_cases_of(route: ast.AST, names: Mapping[str, Any]) -> set[str]:
    """What a route calls of the use-cases that work in a transaction."""
    found = set()
    for node in ast.walk(route):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = names.get(node.value.id)
            called = getattr(module, node.attr, None) if inspect.ismodule(module) else None
        else:
            called = names.get(node.id) if isinstance(node, ast.Name) else None
        if (
            inspect.iscoroutinefunction(called)
            and called.__module__.startswith("service.usecases.")
            and next(iter(inspect.signature(called).parameters), "") == "work"
        ):
            found.add(f"{called.__module__}.{called.__name__}")
    return found


@pytest.mark.parametrize("path", ROUTES, ids=lambda path: path.stem)
def test_a_route_runs_one_use_case(path: Path) -> None:
    names = vars(import_module(_name_of(path)))
    routes = ast.parse(path.read_text(encoding="utf-8")).body
    used = {
        node.name: use_cases_of(node, names)
        for node in routes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: found for name, found in used.items() if len(found) > 1} == {}, (
        "what two use-cases share goes down to service/domain_services"
    )


def test_a_route_that_runs_two_use_cases_is_found() -> None:
    names = vars(import_module("api.routes.daily_meetings"))
    route = ast.parse(
        "async def f(work): decisions.decide(work), daily_meetings.carry_item_over(work)"
    )
    assert len(use_cases_of(route, names)) == 2
    reading = ast.parse("async def f(ask): decisions.whole_decision(ask), decisions.decide(ask)")
    assert len(use_cases_of(reading, names)) == 1
