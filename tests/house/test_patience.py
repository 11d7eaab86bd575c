"""No test's own time limit decides: each is the one that ends only what hangs, by its name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE
from tests.support.sources import ROOT

TESTS = ROOT / "tests"
# The calls that wait, and where their limit stands when it is not named.
WAITING = {"wait_for": 1, "timeout": 0, "until": None}
# What names a limit in any call; a `timeout` that is a setting of ours is no number in a call.
NAMES = ("timeout",)


def limits(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every number that stands as a limit in a call that waits, or has a name in the module."""
    named = {
        target.id: one.value
        for one in ast.walk(tree)
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        given = [one.value for one in call.keywords if one.arg in NAMES]
        if name in WAITING:
            place = WAITING[name]
            given += [] if place is None else call.args[place : place + 1]
            given += [one.value for one in call.keywords if one.arg in ("seconds", "delay")]
        for value in given:
            if isinstance(value, ast.Name):
                value = named.get(value.id, value)
            is_number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
            # Who waits for nothing at all is not hurried by a busy machine.
            if is_number and value.value != 0:
                yield value


@pytest.mark.parametrize(
    "text",
    [
        "subprocess.run(command, timeout=60)",
        "await asyncio.wait_for(server.wait(), 15)",
        "async with asyncio.timeout(2.5): pass",
        "await until(found, seconds=15)",
        "httpx.AsyncClient(timeout=5)",
        "LONG = 20.0; process.wait(timeout=LONG)",
    ],
)
def test_a_limit_of_its_own_is_found(text: str) -> None:
    assert len(list(limits(ast.parse("async def test():\n    " + text)))) == 1


def test_not_waiting_at_all_is_no_limit() -> None:
    assert list(limits(ast.parse("sqlite3.connect(path, timeout=0)"))) == []


# The benchmark measures time, and the keeper of PostgreSQL stands on the standard library alone.
@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(TESTS.rglob("*.py"))
        if TESTS / "benchmarks" not in path.parents and path.name != "postgres_keeper.py"
    ],
    ids=lambda path: str(path.relative_to(TESTS)),
)
def test_no_test_has_a_time_limit_of_its_own(path: Path) -> None:
    found = [limit.lineno for limit in limits(ast.parse(path.read_text(encoding="utf-8")))]
    assert found == [], "say PATIENCE of tests/support/patience.py, or count work instead of time"


def test_patience_is_minutes() -> None:
    assert PATIENCE >= 300
