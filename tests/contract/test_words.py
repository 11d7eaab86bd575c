"""Words, rules, the way of a request: each name that these pages give is in the code."""

import ast
import re
from functools import cache

import pytest

from tests.support.sources import ROOT, modules

RULES = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
REQUEST = (ROOT / "docs" / "a-request.md").read_text(encoding="utf-8")
PLACES = sorted(set(re.findall(r"`([\w/]+\.py):(\w+)`", RULES)))
STATIONS = sorted(set(re.findall(r"([\w/]+\.py):(\w+)(?:\.(\w+))?", REQUEST)))
PROOFS = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", RULES)))
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def defined_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    named = {node.name for node in ast.walk(tree) if isinstance(node, DEFINITIONS)}
    # A table made of its record is a class, though no class statement names it.
    made = [one for node in tree.body if isinstance(node, ast.Assign) for one in node.targets]
    return frozenset(named | {one.id for one in made if isinstance(one, ast.Name)})


@cache
def names_in_the_code() -> frozenset[str]:
    """Every identifier and every word of a text in the product."""
    product = [path for path in modules() if path.relative_to(ROOT).parts[0] in ("service", "api")]
    return frozenset(
        word for path in product for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_a_rule_stands_where_the_page_says(path: str, name: str) -> None:
    assert name in defined_in(path)


@pytest.mark.parametrize(("path", "name"), PROOFS)
def test_a_rule_is_proved_by_the_test_that_the_page_names(path: str, name: str) -> None:
    assert name in defined_in(path)


@pytest.mark.parametrize(("path", "name", "part"), STATIONS)
def test_a_request_passes_what_the_picture_shows(path: str, name: str, part: str) -> None:
    assert {name, part} - {""} <= defined_in(path)


def test_the_picture_shows_every_floor_on_the_way() -> None:
    folders = {path.rpartition("/")[0] for path, _, _ in STATIONS}
    assert folders >= {"api", "service", "service/persistence", "service/domain"}
    order = ["Connection", "Observed", "Limited", "Switchboard", "FrontDoorRoute", "calling"]
    order += ["StrictRequest", "perform_once", "Asking", "Work.commit", "unless_unchanged"]
    places = [REQUEST.index(name) for name in order]
    assert places == sorted(places)


def test_every_rule_has_a_place_and_a_proof() -> None:
    rows = [line.split(" | ") for line in RULES.splitlines() if line.startswith("| **")]
    assert len(rows) >= 15
    assert [row[0] for row in rows if ".py:" not in row[1] or "::test_" not in row[2]] == []


def test_every_name_in_the_glossary_is_one_of_the_code() -> None:
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("| ") and "`" in line]
    names = {name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[1])}
    assert len(names) > 40
    assert sorted(names - names_in_the_code()) == []
