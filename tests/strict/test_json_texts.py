"""Strict JSON: what another reader would read otherwise is refused, by one reader for all."""

import re

import pytest

from service.strict.json_texts import NotStrict, strict_json, strict_json_object
from tests.support.sources import named, product_modules


def test_good_json_is_read_as_it_is() -> None:
    assert strict_json('{"a": [1, 2.5, null, true, "b"]}') == {"a": [1, 2.5, None, True, "b"]}


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]', "[NaN]", "-Infinity", "1e999", "[-1e400]"],
)
def test_what_is_named_twice_and_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(NotStrict):
        strict_json(text)


@pytest.mark.parametrize("content", [b"[]", b"1", b"{", b"\xff{}", b"\xef\xbb\xbf{}", b""])
def test_an_object_is_an_object_in_utf_8(content: bytes) -> None:
    with pytest.raises(ValueError):
        strict_json_object(content, deepest=3)


def test_an_object_has_so_many_levels_and_no_more() -> None:
    assert strict_json_object(b'{"a": {"b": 1}}', deepest=3) == {"a": {"b": 1}}
    with pytest.raises(ValueError, match="too deep"):
        strict_json_object(b'{"a": {"b": [1]}}', deepest=3)
    with pytest.raises((ValueError, RecursionError)):
        strict_json_object(b'{"a":' * 100_000, deepest=3)


def test_nobody_reads_json_in_another_way() -> None:
    reading = {
        named(path)
        for path in product_modules()
        if re.search(r"json\.loads?\(|JSONDecoder\(", path.read_text("utf-8"))
    }
    assert reading - {"service/strict/json_texts.py"} == {
        "api/json_bodies.py",  # reads what was refused once more, to say where the fault is
        "api/cursors.py",  # its own, and signed
    }
