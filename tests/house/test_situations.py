"""What tests begin from is made in one place, and a day has one name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import days
from tests.support.sources import ROOT

SUPPORT = ROOT / "tests" / "support"
WEEKDAYS = ("MONDAY", "FRIDAY")
NAMED = {name for name in vars(days) if name.isupper() and name.endswith((*WEEKDAYS, "_EARLY"))}
# Who logs, drafts and signs for everybody else, and why somebody does it otherwise.
MADE_BY = {
    "log_contact": {
        "situations.py",
        # Twins that differ in one fact alone, written down to the second.
        "siblings.py",
    },
    "sign_off": {"situations.py", "siblings.py"},
    "decide_apart": {"situations.py"},
}


def called(tree: ast.AST) -> Iterator[str]:
    """The names of what is called."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Call):
            yield getattr(one.func, "attr", getattr(one.func, "id", ""))


def days_defined(tree: ast.Module) -> Iterator[str]:
    """The names of days that a module gives to an instant of its own."""
    for one in tree.body:
        if isinstance(one, ast.Assign) and "datetime" in set(called(one.value)):
            for target in one.targets:
                if isinstance(target, ast.Name) and target.id in {*NAMED, *WEEKDAYS}:
                    yield target.id


def test_a_day_of_ones_own_is_found() -> None:
    text = "FRIDAY = datetime(2026, 5, 1, 9, tzinfo=UTC)\nNOW = datetime(2026, 5, 1, tzinfo=UTC)"
    assert list(days_defined(ast.parse(text))) == ["FRIDAY"]
    assert {"FRIDAY", "AUTUMN_FRIDAY", "MONDAY"} <= NAMED


@pytest.mark.parametrize("use_case", MADE_BY)
def test_a_situation_is_made_in_one_place(use_case: str) -> None:
    found = {
        path.name
        for path in SUPPORT.glob("*.py")
        if use_case in called(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found <= MADE_BY[use_case], (
        "tests/support/situations.py tells of children, decides on them, refers and helps them: "
        "contact_about, drafted, signed, decided, referred, helped."
    )


def test_a_day_has_one_name() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in Path(ROOT, "tests").rglob("*.py")
        if path != SUPPORT / "days.py"
        for name in days_defined(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(), "a day with a name of the week stands in tests/support/days.py"
