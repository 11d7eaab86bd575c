"""HTTP is spoken through one harness, in one order: who asks, where, with what."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.sources import ROOT

TESTS = ROOT / "tests"
DESK = "tests/support/desks.py"
VERBS = {"get", "post", "patch", "put", "delete"}
# What speaks to a service in another process, or as a document is written, has a client of its own.
ELSEWHERE = ("tests/torture/", "tests/benchmarks/")
# These ask whatever is served, by the contract, and look at each answer by themselves.
BY_THE_CONTRACT = {
    "tests/support/walkthroughs.py",
    "tests/contract/test_access.py",
    "tests/contract/test_contract.py",
    "tests/contract/test_personal_data.py",
    "tests/contract/test_sides.py",
}
OPENS_A_CLIENT = {
    DESK,
    "tests/support/houses.py",
    *BY_THE_CONTRACT,
    # Two processes on one database: what the second answers while the first suspends.
    "tests/api/test_access_suspensions.py",
    # A house that opens before its database can be reached.
    "tests/api/test_health.py",
}
SOURCES = [
    path
    for path in sorted(TESTS.rglob("*.py"))
    if not path.relative_to(ROOT).as_posix().startswith(ELSEWHERE)
]


def harnesses(tree: ast.AST) -> Iterator[str]:
    """The classes that have a way to ask over HTTP, or are called as the one that has."""
    for one in ast.walk(tree):
        if not isinstance(one, ast.ClassDef):
            continue
        verbs = {two.name for two in one.body if isinstance(two, ast.AsyncFunctionDef)} & VERBS
        if len(verbs) > 1 or one.name in ("Desk", "Room"):
            yield one.name


def tokens_by_hand(tree: ast.AST) -> Iterator[int]:
    """The lines on which a client is given the headers of a good token, which a desk does."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if call.func.attr not in VERBS or not isinstance(call.func.value, ast.Name | ast.Attribute):
            continue
        for given in call.keywords:
            if given.arg == "headers" and isinstance(given.value, ast.Call):
                name = getattr(given.value.func, "attr", getattr(given.value.func, "id", ""))
                if name == "headers":
                    yield call.lineno


@pytest.mark.parametrize(
    "text",
    [
        "class Room:\n    house: House",
        "class Office:\n    async def get(self, path): ...\n    async def post(self, path): ...",
    ],
)
def test_a_second_harness_is_found(text: str) -> None:
    assert len(list(harnesses(ast.parse(text)))) == 1


def test_a_token_by_hand_is_found() -> None:
    text = "await desk.client.post(path, json={}, headers=headers(desk.house, role))"
    assert list(tokens_by_hand(ast.parse(f"async def test():\n    {text}"))) == [2]


def test_there_is_one_desk() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in SOURCES
        for name in harnesses(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == {(DESK, "Desk")}, (
        "tests/support/desks.py is how a test speaks HTTP: desk.post(role, path, body). What a "
        "test needs beside it is a class that has a desk, under another name."
    )


def test_everybody_asks_through_it() -> None:
    by_hand, opening = [], []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(ROOT).as_posix()
        if name not in BY_THE_CONTRACT:
            by_hand += [f"{name}:{line}" for line in tokens_by_hand(tree)]
        if name not in OPENS_A_CLIENT and any(
            getattr(one.func, "id", None) == "client_of"
            for one in ast.walk(tree)
            if isinstance(one, ast.Call)
        ):
            opening.append(name)
    assert by_hand == [], "desk.post(role, path, body) sends a good token itself"
    assert opening == [], "open_desk opens a house with a client around it"
