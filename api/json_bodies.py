"""The JSON of a body, read strictly; and what is wrong with one, found at a bounded cost."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from api.errors import MOST_FAULTS, BodyMalformed, Refusal
from api.faults import NO_SHAPE, BodyShape, json_pointer
from service.domain.errors import FrontDoorError, Invalid, Problem
from service.strict.json_texts import strict_json

DEPTH: Final = 32
# Several times what the largest body of the contract can hold.
MOST_VALUES: Final = 5_000
LARGEST: Final = 2**63 - 1
SMALLEST: Final = -(2**63)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ESCAPES: Final = re.compile(rb"\\[ubf]|\x7f")
# A text of JSON, also one that is never closed: each byte is looked at once.
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_LARGE: Final = re.compile(rb"[0-9]{19}")


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, with what it says twice."""


class _NoNumber:
    """NaN or an infinity."""


_CAREFUL_READER: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_constant=lambda _: _NoNumber()
)


def read_json(body: bytes, shape: BodyShape = NO_SHAPE) -> Any:
    """Read a JSON body strictly (RFC 7493 and a little more), or refuse it.

    Refused: what is not UTF-8, a byte order mark, a member named twice, NaN and infinities,
    whole numbers beyond 64 bits, more than 32 levels, more values than any body of the contract
    has, and in any text a lone surrogate or a control character other than tab and line ends. One
    quick reading does for a good body; a bad one is read again, carefully and slower, to say
    where the fault is. A body of too many values is refused before it is read at all, and no more
    than `MOST_FAULTS` findings are gathered: what an answer costs is bounded whatever was sent.
    """
    begun = body.count(b"{") + body.count(b"[")
    if begun + body.count(b",") >= MOST_VALUES and _holds_too_much(body):
        raise _malformed(f"Send at most {MOST_VALUES} values in one body.", "too_many_values")
    try:
        value = strict_json(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _refusal(body, shape) from None
    if begun > DEPTH or _ESCAPES.search(body) is not None or _LARGE.search(body) is not None:
        faults = _faults(value, shape)
        if faults:
            raise _refusal_of(faults)
    return value


def _holds_too_much(body: bytes) -> bool:
    """Whether there are too many values in a body, seen by what stands between its texts."""
    bare = _TEXT.sub(b"", body)
    return bare.count(b"{") + bare.count(b"[") + bare.count(b",") >= MOST_VALUES


def _refusal(body: bytes, shape: BodyShape) -> FrontDoorError:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as failure:
        return _malformed(f"The body is not UTF-8: see byte {failure.start + 1}.")
    if text.startswith("\ufeff"):
        return _malformed("The body begins with a byte order mark: leave it out.")
    try:
        value = _CAREFUL_READER.decode(text)
    except json.JSONDecodeError as failure:
        return _malformed(
            f"The body is not JSON: see line {failure.lineno}, column {failure.colno}."
        )
    except RecursionError:
        return _malformed(f"The body has more than {DEPTH} levels.")
    except ValueError:
        return _malformed("A number in the body has too many digits.")
    faults = _faults(value, shape)
    return _refusal_of(faults) if faults else _malformed("The body is not JSON.")


def _malformed(message: str, code: str = "malformed") -> Refusal:
    return BodyMalformed(
        "The body cannot be read as JSON in UTF-8.",
        problems=[Problem("", message, code)],
    )


def _refusal_of(faults: list[Problem]) -> FrontDoorError:
    if any(fault.code in ("repeated_member", "too_deep") for fault in faults):
        return BodyMalformed("The body cannot be read.", problems=faults)
    return Invalid("Put right what `errors` names and send the request again.", problems=faults)


_Path = tuple[str | int, ...]


class _Findings:
    """What was found, each kind once at each place that the contract knows."""

    def __init__(self, shape: BodyShape) -> None:
        self._shape = shape
        self._problems: dict[tuple[str, str], Problem] = {}
        self.gathered = 0

    def add(self, path: _Path, code: str, message: str) -> None:
        """Gathers one more, whether or not it is told already."""
        self.gathered += 1
        pointer = json_pointer(self._shape.known(path))
        self._problems.setdefault((pointer, code), Problem(pointer, message, code))

    def problems(self) -> list[Problem]:
        """Those to be told."""
        return list(self._problems.values())


def _faults(value: Any, shape: BodyShape) -> list[Problem]:
    """What is wrong below a value, one value after the other, until enough was gathered."""
    found = _Findings(shape)
    ways: list[Iterator[tuple[_Path, Any]]] = [iter([((), value)])]
    while ways and found.gathered < MOST_FAULTS:
        step = next(ways[-1], None)
        if step is None:
            ways.pop()
            continue
        path, item = step
        if isinstance(item, (dict, list)):
            if len(path) >= DEPTH:
                found.add(path, "too_deep", f"Send at most {DEPTH} levels.")
            else:
                ways.append(_below(path, item, found))
        else:
            _judge(path, item, found)
    return found.problems()


def _below(path: _Path, item: Any, found: _Findings) -> Iterator[tuple[_Path, Any]]:
    """What is in an object or a list, asked for one by one."""
    if isinstance(item, list) and not isinstance(item, _Pairs):
        for position, below in enumerate(item):
            yield (*path, position), below
        return
    pairs = item.items() if isinstance(item, dict) else item
    if len(dict(pairs)) != len(pairs):
        found.add(path, "repeated_member", "An object names a member twice: send it once.")
    for name, below in pairs:
        if _CONTROL.search(name):
            found.add(path, "control_character", "A member's name holds a control character.")
        yield (*path, name), below


def _judge(path: _Path, item: Any, found: _Findings) -> None:
    """Whether a text or a number may be as it is."""
    if isinstance(item, str):
        if _CONTROL.search(item):
            found.add(
                path,
                "control_character",
                "Leave out control characters and unpaired surrogates; tabs and line ends may "
                "stay.",
            )
    elif isinstance(item, _NoNumber) or (
        isinstance(item, float) and item in (float("inf"), float("-inf"))
    ):
        found.add(path, "out_of_range", "Send a finite number.")
    elif isinstance(item, int) and not SMALLEST <= item <= LARGEST:
        found.add(path, "out_of_range", "Send a number of at most 64 bits.")
