"""One of a thing is not several: what a message counts is put into words in one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.domain.texts import counted

ROOT = Path(__file__).parents[2]
_COUNTED = re.compile(
    r"^ (working |open |earlier |more )?"
    r"(seconds|minutes|hours|days|weeks|months|years|rows|cells|characters|faults|requests|contacts"
    r"|children|people|decisions|flags|events|notifications|organisations|teams|timescales|files"
    r"|times|referrals|meetings|items|transfers|episodes|workers|processes|connections)\b"
)


def _counted_by_hand(source: str) -> Iterator[str]:
    """The f-strings that put a plural behind a number that may be one."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for number, words in zip(node.values, node.values[1:], strict=False):
            if not (isinstance(number, ast.FormattedValue) and isinstance(words, ast.Constant)):
                continue
            if isinstance(number.value, ast.Name) and number.value.id.isupper():
                continue  # a limit of our own, which is never one
            if isinstance(words.value, str) and _COUNTED.match(words.value):
                yield f"line {node.lineno}: {ast.unparse(number.value)}{words.value[:30]}"


def test_what_a_message_counts_goes_through_the_one_place() -> None:
    found = [
        f"{path.relative_to(ROOT)} {one}"
        for folder in ("service", "api", "workers", "frontdoor")
        for path in (ROOT / folder).rglob("*.py")
        if "versions" not in path.parts
        for one in _counted_by_hand(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "use service.domain.texts.counted: 1 of these would read as several"


def test_the_search_finds_what_it_is_for() -> None:
    assert list(_counted_by_hand('f"Wait {left.seconds} seconds and send it again."'))
    assert not list(_counted_by_hand('f"At most {MOST_ROWS} rows."'))


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 children"), (1, "1 child"), (2, "2 children"), (1500, "1,500 children")],
)
def test_one_is_one_and_all_else_is_several(number: int, words: str) -> None:
    assert counted(number, "child", "children") == words


def test_most_words_take_an_s() -> None:
    assert [counted(number, "second") for number in (1, 2)] == ["1 second", "2 seconds"]
