"""JSON read strictly (RFC 7493): no member twice, and no number that is none."""

import json
import math
from typing import Any, Final


class NotStrict(ValueError):
    """A member named twice, or a number that is none: valid to some readers, and not the same."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrict("a member is named twice")
    return members


def _no_number(_: str) -> Any:
    raise NotStrict("NaN and Infinity are not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotStrict("beyond any number")
    return number


_READER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_no_number, parse_float=_finite
)


def strict_json(text: str) -> Any:
    """The value of a text of JSON.

    Raises NotStrict for a member named twice, NaN, and numbers beyond any; ValueError for what is
    no JSON; RecursionError for what is nested without end.
    """
    return _READER.decode(text)


def strict_json_object(content: bytes, *, deepest: int) -> dict[str, Any]:
    """An object of JSON in UTF-8 of so many levels at most.

    Raises ValueError or RecursionError for anything else.
    """
    found = strict_json(content.decode("utf-8"))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    _require_depth(found, deepest)
    return found


def _require_depth(found: Any, deepest: int) -> None:
    level: list[Any] = [found]
    for _ in range(deepest):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError("too deep")
