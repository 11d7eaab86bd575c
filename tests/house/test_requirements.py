"""What is installed is exactly what was tested: pinned and hashed, whoever serves it."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.sources import ROOT, named, project_files

PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
INDEX = re.compile(r"^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host|--no-index)\b")
FILES = tuple(path for path in project_files() if re.fullmatch(r"requirements.*\.txt", path.name))


def entries(text: str) -> list[str]:
    """The logical lines: a pin and the hashes continued below it."""
    joined = re.sub(r"\\\n", " ", text)
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def faults_of_requirements(text: str) -> list[str]:
    faults = []
    for entry in entries(text):
        if INDEX.match(entry):
            faults.append(f"chooses a registry: {entry}")
        elif not PIN.match(entry):
            faults.append(f"is not pinned: {entry}")
        elif not HASH.search(entry):
            faults.append(f"has no hash: {entry}")
    return faults


def pins(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in entries(path.read_text(encoding="utf-8")):
        if match := PIN.match(entry):
            found.setdefault(same_name(match[1]), set()).add(match[2])
    return found


def same_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_requirement_is_pinned_with_its_hashes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(entries(text)) > 0
    assert faults_of_requirements(text) == []


def test_what_is_tested_and_measured_is_what_is_shipped() -> None:
    shipped = pins(ROOT / "requirements.txt")
    for name in ("requirements-dev.txt", "requirements-bench.txt"):
        other = pins(ROOT / name)
        differing = {one for one in shipped if one in other and other[one] != shipped[one]}
        assert differing == set(), f"{name} pins other versions: run make lock"


@pytest.mark.parametrize(
    ("file", "group"),
    [
        ("requirements.txt", "build"),
        ("requirements-dev.txt", "dev"),
        ("requirements-bench.txt", "bench"),
    ],
)
def test_everything_the_project_asks_for_is_pinned(file: str, group: str) -> None:
    with (ROOT / "pyproject.toml").open("rb") as source:
        project = tomllib.load(source)
    asked = project["project"]["dependencies"] + project["dependency-groups"][group]
    names = {same_name(re.split(r"[\[<>=!~;\s]", one)[0]) for one in asked}
    assert names - set(pins(ROOT / file)) == set(), f"{file} lacks these: run make lock"


@pytest.mark.parametrize(
    "text",
    [
        "fastapi",
        "fastapi==1.0",
        "fastapi>=1.0 --hash=sha256:" + "0" * 64,
        "fastapi==1.0 --hash=md5:" + "0" * 32,
        "--index-url https://registry.invalid/simple",
        "-i https://registry.invalid/simple",
        "fastapi @ https://registry.invalid/fastapi.whl --hash=sha256:" + "0" * 64,
        "-e .",
    ],
)
def test_a_loose_requirement_is_found(text: str) -> None:
    assert faults_of_requirements(text) != []
