"""Nothing makes a file or a folder but by the one module that sees to who may read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sources import ROOT

# What makes nothing that is secret, or is seen to: a draft for its owner alone is made by mkstemp.
KNOWN = {
    ("api/contract.py", "write_text"),  # the published contract
    ("frontdoor/__main__.py", "mkdir"),  # its folder
    ("frontdoor/development.py", "open"),  # logs, by a command that makes all for its owner alone
    ("service/own_files.py", "mkdir"),
    ("service/persistence/proofs.py", "open"),  # a file that was made by own_files
    ("service/persistence/sqlite_files.py", "write_text"),  # likewise
}
MAKES = {"mkdir", "makedirs", "touch", "write_text", "write_bytes"}


def made_by(source: str) -> Iterator[str]:
    """The calls of a module that may make a file or a folder, by their names."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        words = [*node.args, *(one.value for one in node.keywords)]
        modes = [one.value for one in words if isinstance(one, ast.Constant)]
        writes = any(
            isinstance(one, str) and set(one) & set("wax") and len(one) < 4 for one in modes
        )
        if name in MAKES or (name == "open" and writes):
            yield name


@pytest.mark.parametrize("folder", ["api", "frontdoor", "service", "workers"])
def test_files_and_folders_are_made_in_one_place(folder: str) -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in made_by(path.read_text(encoding="utf-8"))
    }
    strangers = sorted(found - KNOWN)
    assert strangers == [], f"make them by service.own_files: {strangers}"
    assert {one for one in KNOWN if one[0].startswith(f"{folder}/")} <= found


def test_what_makes_files_is_found() -> None:
    assert list(made_by("Path('x').open('w')")) == ["open"]
    assert list(made_by("open(path, mode='ab')")) == ["open"]
    assert list(made_by("path.parent.mkdir()")) == ["mkdir"]
    assert list(made_by("path.write_bytes(b'')")) == ["write_bytes"]
    assert list(made_by("path.open('rb'); open(path)")) == []
    assert Path(ROOT / "service/own_files.py").is_file()
