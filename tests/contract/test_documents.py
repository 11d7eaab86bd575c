"""The documents that come from the code say what the code says today."""

import subprocess
import sys

import pytest

from scripts.write_docs import DOCUMENTS, FOLDER
from service.domain.fields import Sensitivity
from tests.support.patience import PATIENCE
from tests.support.sources import ROOT


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_document_from_the_code_is_what_the_code_would_write(name: str) -> None:
    kept = (FOLDER / name).read_text(encoding="utf-8")
    assert kept == DOCUMENTS[name](), "run `make docs`, and read what changed"


def test_the_documents_do_not_depend_on_what_happens_to_be_imported() -> None:
    """Other tests import more than a fresh process does."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.write_docs", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_data_dictionary_gives_every_column_a_class_and_says_what_it_is() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCUMENTS["data-dictionary.md"]().splitlines()
        if line.startswith("| `")
    ]
    assert len(rows) > 100
    faulty = [row[0] for row in rows if row[3] not in set(Sensitivity) or not row[4].endswith(".")]
    assert faulty == []
