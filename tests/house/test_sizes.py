"""No file, function or list of parameters is larger than somebody can hold in their head.

What is larger today stands in `sizes.toml` beside this, with its size: that list may only shrink.
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.sources import named, product_modules

LIMITS: Mapping[str, int] = {"files": 500, "functions": 60, "parameters": 8}
ACTIONS: Mapping[str, str] = {
    "files": "has {size} lines, and a file at most {limit}: cut it along a seam",
    "functions": "has {size} lines, and a function at most {limit}: give its parts names",
    "parameters": "takes {size} parameters, and a function at most {limit}: make a record of them",
}
# Steps of releases that were published are never changed again, not even to be shorter.
PUBLISHED = "service/persistence/migrations/versions/"
LAST_PUBLISHED = 7

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_published(path: str) -> bool:
    """Whether a file is a step of a published release's migrations."""
    number = path.removeprefix(PUBLISHED)[:4]
    return path.startswith(PUBLISHED) and number.isdigit() and int(number) <= LAST_PUBLISHED


def functions(node: ast.AST, within: str = "") -> Iterator[tuple[str, Function]]:
    """Every function below a node, with the names that lead to it."""
    for one in ast.iter_child_nodes(node):
        name = within
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{within}.{one.name}".lstrip(".")
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, one
        yield from functions(one, name)


def parameters_of(function: Function) -> int:
    """How many parameters somebody who calls a function has to know; `self` is none."""
    told = function.args
    names = [one.arg for one in (*told.posonlyargs, *told.args, *told.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def sizes_of(path: str, source: str) -> dict[tuple[str, str], int]:
    """How large a file and each of its functions is, by kind of size and place."""
    found = {("files", path): len(source.splitlines())}
    for name, function in functions(ast.parse(source)):
        place = f"{path}:{name}"
        lines = (function.end_lineno or 0) - function.lineno + 1
        # Of two of one name, as of a property and its setter, the larger counts.
        for kind, size in (("functions", lines), ("parameters", parameters_of(function))):
            found[kind, place] = max(size, found.get((kind, place), 0))
    return found


def faults(
    sizes: Mapping[tuple[str, str], int], allowed: Mapping[tuple[str, str], int]
) -> list[str]:
    """What is larger than it may be, and what is allowed and need not be."""
    found = [
        f"{place} {ACTIONS[kind].format(size=size, limit=LIMITS[kind])}"
        for (kind, place), size in sizes.items()
        if size > max(LIMITS[kind], allowed.get((kind, place), 0))
    ]
    found += [
        f"{place} is within the limit, or gone: take it out of [{kind}] in sizes.toml"
        for kind, place in allowed
        if sizes.get((kind, place), 0) <= LIMITS[kind]
    ]
    return sorted(found)


def _allowed() -> dict[tuple[str, str], int]:
    listed = tomllib.loads((Path(__file__).parent / "sizes.toml").read_text(encoding="utf-8"))
    return {(kind, place): size for kind in LIMITS for place, size in listed[kind].items()}


def test_nothing_is_larger_than_it_may_be_and_the_list_of_exceptions_only_shrinks() -> None:
    sizes: dict[tuple[str, str], int] = {}
    for path in product_modules():
        if not is_published(named(path)):
            sizes |= sizes_of(named(path), path.read_text(encoding="utf-8"))
    assert faults(sizes, _allowed()) == []


LONG = "def long():\n" + "    pass\n" * 60
MANY = "class Desk:\n    def take(self, a, b, c, d, e, f, g, h, *, i): ...\n"


@pytest.mark.parametrize(
    ("source", "kind", "place"),
    [
        ("x = 1\n" * 501, "files", "a.py"),
        (LONG, "functions", "a.py:long"),
        (MANY, "parameters", "a.py:Desk.take"),
    ],
)
def test_what_is_too_large_is_found_and_what_is_listed_may_not_grow(
    source: str, kind: str, place: str
) -> None:
    sizes = sizes_of("a.py", source)
    size = sizes[kind, place]
    [fault] = faults(sizes, {})
    assert fault.startswith(f"{place} ")
    assert faults(sizes, {(kind, place): size}) == []
    assert faults(sizes, {(kind, place): size - 1}) == [fault]


def test_an_exception_that_is_not_needed_any_more_is_found() -> None:
    sizes = sizes_of("a.py", "def short(): ...\n")
    for kind, place in (("files", "a.py"), ("functions", "a.py:short"), ("files", "gone.py")):
        [fault] = faults(sizes, {(kind, place): 700})
        assert fault.startswith(f"{place} is within the limit, or gone")


def test_only_steps_of_published_releases_are_left_as_they_are() -> None:
    assert is_published(f"{PUBLISHED}0001_the_front_door_opens.py")
    assert not is_published(f"{PUBLISHED}{LAST_PUBLISHED + 1:04}_another.py")
    assert not is_published("service/domain/calendar.py")
