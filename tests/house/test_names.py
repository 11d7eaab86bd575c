"""One word, one meaning: a name of a class stands once; two verbs lead between wire and domain."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.sources import ROOT

FLOORS = ("service", "api", "workers", "frontdoor")


def _classes() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            place = path.relative_to(ROOT)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    found[node.name].append(str(place))
    return found


def _with_several_meanings(classes: dict[str, list[str]]) -> dict[str, list[str]]:
    """The names that more than one thing bears: on the wire a thing has the domain's name."""
    return {
        name: places
        for name, places in classes.items()
        if len(places) > 1 and sum(not _of_the_wire(place) for place in places) != 1
    }


def _of_the_wire(place: str) -> bool:
    return Path(place).is_relative_to(Path("api") / "schemas")


def test_no_name_of_a_class_has_two_meanings() -> None:
    assert _with_several_meanings(_classes()) == {}


@pytest.mark.parametrize(
    ("places", "has_several"),
    [
        (["service/domain/contacts.py"], False),
        (["service/domain/contacts.py", "api/schemas/contacts.py"], False),
        (["service/domain/contacts.py", "service/persistence/flags.py"], True),
        (["service/domain/contacts.py", "api/manners.py"], True),
        (["api/schemas/contacts.py", "api/schemas/people.py"], True),
    ],
)
def test_a_second_meaning_is_found_out(places: list[str], has_several: bool) -> None:
    assert (_with_several_meanings({"Contact": places}) != {}) is has_several


OTHER_WAYS = ("model_validate", "model_construct", "__dict__")
"""How pydantic would turn one object into another: `told` and `of` are the two ways of the API."""


def _turned_otherwise(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and node.attr in OTHER_WAYS
        # To read one's own fields is no turning.
        and not (
            node.attr == "__dict__" and isinstance(node.value, ast.Name) and node.value.id == "self"
        )
    ]


def test_two_verbs_lead_between_the_wire_and_the_domain() -> None:
    schemas = sorted((ROOT / "api" / "schemas").glob("*.py"))
    assert len(schemas) > 40
    # Where the two ways are made.
    schemas.remove(ROOT / "api" / "schemas" / "fields.py")
    found = {path.name: _turned_otherwise(path.read_text(encoding="utf-8")) for path in schemas}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_third_verb_is_found_out() -> None:
    assert _turned_otherwise("Contact.model_validate(found)")
    assert _turned_otherwise('shown.__dict__["children"] = []')
    assert not _turned_otherwise("Contact.of(found)")
