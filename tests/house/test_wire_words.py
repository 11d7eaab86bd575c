"""What several shapes of the wire share is typed once, in `api/schemas/words.py`."""

import ast
from collections import defaultdict

from api.schemas.words import EXAMPLE_ID
from tests.support.sources import ROOT

_FOLDER = ROOT / "api" / "schemas"


def typed_in() -> dict[str, set[str]]:
    """Each type with a description that a field of the wire has, with the files it is typed in."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(_FOLDER.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign):
                typed = ast.unparse(node.annotation)
                if typed.startswith("Annotated["):
                    found[typed].add(path.name)
    return found


def test_no_field_is_typed_letter_for_letter_in_three_files() -> None:
    typed = typed_in()
    assert len(typed) > 500
    assert {one: files for one, files in typed.items() if len(files) > 2} == {}


def test_the_id_of_the_examples_is_written_once() -> None:
    files = [
        path.name
        for path in sorted((ROOT / "api" / "schemas").glob("*.py"))
        if f'"{EXAMPLE_ID}"' in path.read_text(encoding="utf-8")
    ]
    assert files == ["words.py"]
