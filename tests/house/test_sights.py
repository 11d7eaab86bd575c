"""What is seen follows from a sight alone: persistence knows no caller, and none is pretended."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sources import ROOT, named, product_modules

PERSISTENCE = tuple(
    path for path in product_modules() if named(path).startswith("service/persistence/")
)
_OF_CALLERS = ("Caller", "Permission", "GRANTS", "DUTIES")
"""What says who somebody is and what they may do: asked before anything is looked for."""


def of_callers(source: str) -> Iterator[str]:
    """What a module says of callers: names that it imports, and classes that it pretends."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                if one.name in _OF_CALLERS or one.name == "callers":
                    yield f"line {node.lineno}: it knows {one.name}"
        elif isinstance(node, ast.Import):
            for one in node.names:
                if one.name.startswith("service.domain.access"):
                    yield f"line {node.lineno}: it knows {one.name}"


def pretended(source: str) -> Iterator[int]:
    """Lines that call something a caller or a sight that is none."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        to = ast.unparse(node.args[0]).strip("'\"")
        if ast.unparse(node.func).endswith("cast") and to.endswith(("Caller", "Sight")):
            yield node.lineno


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PERSISTENCE, ids=named)
def test_the_persistence_floor_knows_no_caller(path: Path) -> None:
    assert list(of_callers(_read(path))) == [], "give it the sight: who.sight (ADR 0095)"


@pytest.mark.parametrize("path", product_modules(), ids=named)
def test_nobody_is_pretended_to_call(path: Path) -> None:
    assert list(pretended(_read(path))) == [], "a predicate takes a Sight: make one (ADR 0095)"


def test_what_is_not_allowed_is_found() -> None:
    assert ROOT / "service/persistence/visibility.py" in PERSISTENCE
    assert len(PERSISTENCE) > 50
    for source in (
        "from service.domain.access import Caller",
        "from service.domain.access.callers import Caller",
        "from service.domain.access import callers",
        "import service.domain.access.callers",
        "from service.domain.access import Permission",
    ):
        assert len(list(of_callers(source))) == 1, source
    for source in ("cast(Caller, one)", "typing.cast('Caller', one)", "cast(Sight, one)"):
        assert list(pretended(source)) == [1], source
