"""The decision records: numbered, in one form, and all of them in the index."""

import re
from pathlib import Path

import pytest

from tests.support.sources import ROOT, named, project_files

FOLDER = ROOT / "docs" / "decisions"
INDEX = FOLDER / "README.md"
NAME = re.compile(r"\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md")
SECTIONS = ("## Why", "## Decision", "## Alternatives", "## What follows")
RECORDS = tuple(path for path in project_files() if path.parent == FOLDER and path != INDEX)


@pytest.mark.parametrize("path", RECORDS, ids=named)
def test_a_decision_record_has_the_form_of_all(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert NAME.fullmatch(path.name), "name it NNNN-a-few-words.md"
    assert text.startswith(f"# {path.name[:4]}. "), "begin it with '# NNNN. The decision'"
    missing = [section for section in SECTIONS if f"\n{section}\n" not in text]
    assert missing == []


def test_the_index_lists_every_decision_record_once() -> None:
    listed = re.findall(r"\]\((\d{4}-[^)]+\.md)\)", INDEX.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.name for path in RECORDS)


def test_no_two_decision_records_have_one_number() -> None:
    numbers = [path.name[:4] for path in RECORDS]
    assert sorted(numbers) == sorted(set(numbers))
