"""One question to the database is written in one place."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

REPOSITORIES = Path(__file__).parents[2] / "service" / "persistence" / "repositories"
_SHORTEST = 60
"""Letters: what is shorter says little more than which table it is."""


class _Plain(ast.NodeTransformer):
    """A statement whatever its author called what is filled in."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        named = node.id[0].isupper() or node.id in ("select", "columns_of")
        return node if named else ast.Name("value")

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        inner = node.value
        return inner if isinstance(inner, ast.Name) and inner.id == "value" else node


def _statements(source: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(source)):
        asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if asks and node.func.attr in ("all", "first") and node.args:
            plain = _Plain().visit(ast.parse(ast.unparse(node.args[0]), mode="eval"))
            yield ast.unparse(plain)


def _written_twice(sources: dict[str, str]) -> list[str]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, source in sources.items():
        for statement in _statements(source):
            if len(statement) > _SHORTEST:
                found[statement].append(name)
    return [f"{names}: {statement}" for statement, names in found.items() if len(names) > 1]


def test_no_question_is_written_twice() -> None:
    sources = {
        path.name: path.read_text(encoding="utf-8") for path in sorted(REPOSITORIES.glob("*.py"))
    }
    assert len(sources) > 20
    assert _written_twice(sources) == [], "call the one from the other"


def test_the_search_finds_what_it_is_for() -> None:
    one = "ask.all(select(*columns_of(Update)).where(UPDATE.c.of == x.id).order_by(UPDATE.c.id))"
    two = "work.all(select(*columns_of(Update)).where(UPDATE.c.of == it).order_by(UPDATE.c.id))"
    assert len(_written_twice({"one.py": one, "two.py": two})) == 1
    assert (
        _written_twice({"one.py": one, "two.py": two.replace("UPDATE.c.of", "UPDATE.c.id")}) == []
    )
