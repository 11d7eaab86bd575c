"""A list is written once: no route and no repository has a way of its own to go on from a place."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import named

ROOT = Path(__file__).parents[2]
ROUTES = ROOT / "api" / "routes"
REPOSITORIES = ROOT / "service" / "persistence" / "repositories"
MINE = {"api.cursors": None, "api.schemas.fields": {"CursorText", "Limit"}}
"""What the one mechanism of the API is made of: routes take nothing of it."""


def _own_pages(path: str, source: str) -> Iterator[str]:
    """What a route does of a list by itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in MINE:
            names = {one.name for one in node.names}
            wanted = MINE[node.module]
            if names if wanted is None else names & wanted:
                yield f"{path}:{node.lineno} builds a page by itself: use api.listings"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "page":
            cursor = [one.value for one in node.keywords if one.arg == "cursor"]
            if not cursor or ast.unparse(cursor[0]) != "None":
                yield f"{path}:{node.lineno} answers a page by itself: use api.listings"


def _says(node: ast.AST, *words: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id in words for one in ast.walk(node))


def _own_keysets(path: str, source: str) -> Iterator[str]:
    """Where a repository compares with a place, or goes on by counting lines, by itself."""
    for node in ast.walk(ast.parse(source)):
        falls = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Lt | ast.Gt)
        if falls and (_says(node, "after", "before") or _with_values(node)):
            yield f"{path}:{node.lineno} compares with a place: use service.persistence.keysets"
        if isinstance(node, ast.Attribute) and node.attr == "offset":
            yield f"{path}:{node.lineno} counts lines: use service.persistence.keysets"


def _with_values(node: ast.AST) -> bool:
    """Whether several columns together are compared with values."""
    return _says(node, "tuple_") and _says(node, "literal", "bindparam", "place")


def test_no_route_builds_a_page_by_itself() -> None:
    found = [
        fault
        for path in sorted(ROUTES.glob("*.py"))
        for fault in _own_pages(named(path), path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_repository_writes_where_a_page_goes_on() -> None:
    found = [
        fault
        for path in sorted(REPOSITORIES.glob("*.py"))
        for fault in _own_keysets(named(path), path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_route_that_builds_a_page_is_found() -> None:
    for source in (
        "from api.cursors import Place",
        "from api.schemas.fields import Limit, Page",
        "page(items, request=request, cursor=following)",
    ):
        assert len(list(_own_pages("x.py", source))) == 1
    assert list(_own_pages("x.py", "page(items, request=request, cursor=None)")) == []


def test_a_repository_that_writes_a_keyset_is_found() -> None:
    for source in (
        "statement.where(ACCOUNT.c.id > after)",
        "statement.where(tuple_(T.c.at, T.c.id) < tuple_(literal(at, T.c.at.type), literal(id_)))",
        "statement.offset(50)",
    ):
        assert len(list(_own_keysets("x.py", source))) == 1
    assert list(_own_keysets("x.py", "tuple_(A.c.at, A.c.id) < tuple_(B.c.at, B.c.id)")) == []
