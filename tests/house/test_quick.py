"""The quick tier is broad, found by rule, and says what it leaves out."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.quick import TESTS, WHOLE, folder_of, folders_asked, quick, words
from tests.support.sources import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Written:
    """A test that stands in a file."""

    path: Path
    name: str


def test_make_quick_runs_what_asks_no_database_and_goes_through_the_door() -> None:
    (folders,) = re.findall(r"^QUICK := (.+)$", MAKEFILE, re.MULTILINE)
    (recipe,) = re.findall(r"^quick: .*\n\t(.+)$", MAKEFILE, re.MULTILINE)
    assert "--quick $(QUICK)" in recipe
    assert folders_asked(folders.split()) == {*WHOLE, "api"}
    assert all((ROOT / one).is_dir() for one in folders.split())


def test_of_the_folders_without_a_database_everything_is_quick() -> None:
    tests = [Written(TESTS / "domain" / "test_x.py", f"test_{n}") for n in range(3)]
    assert quick(tests) == tests


def test_of_a_file_that_goes_through_the_door_the_first_on_sqlite_is_quick() -> None:
    one, other = TESTS / "api" / "test_one.py", TESTS / "api" / "manners" / "test_other.py"
    names = ["test_a[postgresql]", "test_a[sqlite]", "test_b[sqlite]"]
    tests = [Written(path, name) for path in (one, other) for name in names]
    assert quick(tests) == [Written(one, "test_a[sqlite]"), Written(other, "test_a[sqlite]")]
    heavy = [Written(one, "test_a[sqlite]")]
    assert quick(tests, heavy)[0] == Written(one, "test_b[sqlite]")


def test_what_is_left_out_is_said_at_the_end() -> None:
    said = words({"domain", "policy", "house", "api"})
    folders = {folder_of(path) for path in TESTS.glob("*/test_*.py")} - {"support"}
    assert len(folders) > 8
    left = {one for one in folders if re.search(rf"\b{one}\b", said)}
    assert left == folders - {"domain", "policy", "house", "api"}
    assert "make test" in said


def test_the_quick_tier_stands_in_the_contributors_page_with_its_seconds() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^ *\| `make quick` \|.*$", page, re.MULTILINE)
    assert re.search(r"\b\d+ seconds\b", row)
