"""Every module says what it is for, has a telling name, and imports things by their own names."""

import ast
import builtins
import re
from pathlib import Path

import pytest

from tests.support.sources import ROOT, modules, named, project_files

SAY_NOTHING = re.compile(r"utils?|helpers?|commons?|cores?|bases?|managers?|models?|misc|shared")
# What the libraries' own documentation says throughout.
RENAMES_ALLOWED = {("sqlalchemy", "sa"), ("strategies", "st")}
SHOWS_SOMETHING = re.compile(
    r"raises|warns|fail|require|call_and_validate|(assert|check|expect|must)_?\w*"
)


def faults_of_docstring(source: str) -> list[str]:
    text = ast.get_docstring(ast.parse(source))
    if not text:
        return ["has no docstring"]
    first, *rest = text.splitlines()
    if not first.rstrip().endswith((".", "?", "!")):
        return ["the first line of its docstring is not a whole sentence"]
    if rest and rest[0].strip():
        return ["the first line of its docstring does not stand alone"]
    return []


def faults_of_imports(source: str) -> list[str]:
    return [
        f"line {node.lineno}: {name.name} is renamed to {name.asname}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
        if name.asname
        and (name.name, name.asname) not in RENAMES_ALLOWED
        and not hasattr(builtins, name.name)  # it would hide what everybody means by the name
    ]


def faults_of_tests(source: str) -> list[str]:
    """Tests with nothing in them that could fail."""
    return [
        f"line {node.lineno}: {node.name} asserts nothing"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(_can_fail(inner) for inner in ast.walk(node))
    ]


def _can_fail(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return SHOWS_SOMETHING.fullmatch(name) is not None


def faults_of_name(path: str) -> list[str]:
    parts = Path(path).with_suffix("").parts
    return [f"the name {part} says nothing" for part in parts if SAY_NOTHING.fullmatch(part)]


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    faults = faults_of_imports(source) + faults_of_name(named(path))
    if source or path.name != "__init__.py" or not path.is_relative_to(ROOT / "tests"):
        faults += faults_of_docstring(source)
    if path.name.startswith("test_"):
        faults += faults_of_tests(source)
    assert faults == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Without it, tests/api would stand in front of api."""
    folders = {path.parent for path in modules() if path.is_relative_to(ROOT / "tests")}
    folders |= {parent for folder in folders for parent in folder.parents if parent != ROOT}
    inside = {folder for folder in folders if folder.is_relative_to(ROOT / "tests")}
    assert sorted(named(one) for one in inside if not (one / "__init__.py").is_file()) == []


def test_every_script_with_a_first_line_for_the_shell_can_be_run() -> None:
    scripts = [path for path in project_files() if path.read_bytes()[:2] == b"#!"]
    assert named(ROOT / ".ci/run") in [named(path) for path in scripts]
    assert [named(path) for path in scripts if not path.stat().st_mode & 0o111] == []


@pytest.mark.parametrize(
    "source", ["", "x = 1", '"""no full stop"""', '"""A sentence that\nruns on."""']
)
def test_a_module_that_does_not_say_what_it_is_for_is_found(source: str) -> None:
    assert faults_of_docstring(source) != []


@pytest.mark.parametrize("source", ["import numpy as np", "from json import loads as read"])
def test_a_renamed_import_is_found(source: str) -> None:
    assert faults_of_imports(source) != []


def test_a_test_that_cannot_fail_is_found() -> None:
    assert faults_of_tests("def test_nothing():\n    print(1)\n") != []
    assert faults_of_tests("def test_it():\n    with pytest.raises(X):\n        f()\n") == []


@pytest.mark.parametrize("path", ["service/utils.py", "api/models/contacts.py", "core/__init__.py"])
def test_a_name_that_says_nothing_is_found(path: str) -> None:
    assert faults_of_name(path) != []
