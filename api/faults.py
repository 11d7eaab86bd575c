"""What is wrong in a body or a query, said by pointer and without repeating what was sent."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from pydantic import TypeAdapter

from service.domain.errors import Problem
from service.strict.findings import said_of

MOST_LOOKED_AT: Final = 100
"""Findings beyond these are not worked on: a body made of faults must not cost more than others."""


class BodyShape:
    """What names a body may hold, and where: read off the published schema.

    It is what keeps names that the contract does not know (which may be anything, a person's
    name too) out of pointers and messages.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._named: Mapping[str, Any] = schema.get("$defs", {})

    def _resolved(self, node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if "$ref" in node:
            yield from self._resolved(self._named[node["$ref"].rpartition("/")[2]])
            return
        yield node
        for word in ("anyOf", "oneOf", "allOf"):
            for branch in node.get(word, ()):
                yield from self._resolved(branch)

    def _below(
        self, nodes: Iterable[Mapping[str, Any]], segment: str | int
    ) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for node in nodes:
            if isinstance(segment, int):
                item = node.get("items")
                if isinstance(item, Mapping):
                    found.extend(self._resolved(item))
            elif segment in node.get("properties", {}):
                found.extend(self._resolved(node["properties"][segment]))
        return found

    def known(self, path: Sequence[str | int]) -> list[str | int]:
        """The longest beginning of a path that the contract knows."""
        nodes = list(self._resolved(self._schema))
        kept: list[str | int] = []
        for segment in path:
            nodes = self._below(nodes, segment)
            if not nodes:
                break
            kept.append(segment)
        return kept

    def names(self, path: Sequence[str | int]) -> list[str]:
        """The names allowed in the object at a known path."""
        nodes = list(self._resolved(self._schema))
        for segment in path:
            nodes = self._below(nodes, segment)
        found: dict[str, None] = {}
        for node in nodes:
            found.update(dict.fromkeys(node.get("properties", ())))
        return list(found)


NO_SHAPE: Final = BodyShape({})


@lru_cache(maxsize=1024)
def shape_of(kind: Any) -> BodyShape:
    """The shape of a wire type."""
    return BodyShape(TypeAdapter(kind).json_schema())


def json_pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901) to a place in a body; empty for the whole of it."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def suggestion(sent: str, names: Sequence[str], *, kind: str) -> str:
    """What to say to a name that is not known: the nearest known names, or all of them."""
    near = difflib.get_close_matches(sent[:100], names, n=3, cutoff=0.6)
    if near:
        return f"A {kind} sent here is not known; did you mean {' or '.join(near)}?"
    if not names:
        return f"No {kind} is known here: send none."
    listed = ", ".join(names[:40]) + (" and others" if len(names) > 40 else "")
    return f"A {kind} sent here is not known. Known are: {listed}."


def _place(location: Sequence[str | int], body: object) -> list[str | int]:
    """The way through what was sent. A union puts its tags into a location: they are left out."""
    place: list[str | int] = []
    here = body
    for position, segment in enumerate(location):
        if isinstance(segment, str) and isinstance(here, dict):
            if segment in here:
                here = here[segment]
                place.append(segment)
            elif position == len(location) - 1:
                place.append(segment)
        elif isinstance(segment, int) and isinstance(here, list) and segment < len(here):
            here = here[segment]
            place.append(segment)
        elif here is None:
            place.append(segment)
    return place


def faults_of(
    errors: Iterable[Mapping[str, Any]], body: object = None, shape: BodyShape = NO_SHAPE
) -> tuple[Problem, ...]:
    """Validation findings as faults: where, what to do, which kind. Never what was sent."""
    found: dict[tuple[str, str], Problem] = {}
    for error in islice(errors, MOST_LOOKED_AT):
        fault = _fault(error, body, shape)
        found.setdefault((fault.pointer, fault.message), fault)
    return tuple(found.values())


def _fault(error: Mapping[str, Any], body: object, shape: BodyShape) -> Problem:
    source, *location = error["loc"]
    kind: str = error["type"]
    if source == "body":
        if kind == "missing" and not location:
            return Problem("", "A JSON body is required: send it.", "missing")
        place = _place(location, body)
        if kind == "extra_forbidden":
            unknown = str(location[-1])
            parent = shape.known(place[:-1])
            return Problem(
                json_pointer(parent),
                suggestion(unknown, shape.names(parent), kind="field"),
                "unknown_field",
            )
        pointer = json_pointer(shape.known(place))
    else:
        name = str(location[0]) if location else ""
        pointer = f"{source}:{name.lower() if source == 'header' else name}"
    code, message = said_of(error)
    return Problem(pointer, message, code)
