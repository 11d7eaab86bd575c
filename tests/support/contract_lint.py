"""What a contract lacks: names, descriptions, examples, bounds, and refusals that follow."""

import re
from collections.abc import Iterator
from typing import Final

from api.contract import Json, refusals_that_follow, resolved
from api.errors import MEDIA_TYPE

_KEBAB: Final = re.compile(r"(/([a-z0-9]+(-[a-z0-9]+)*(\.json)?|\{[a-z][a-z0-9_]*\}))+")
_CLASS: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def lint(document: Json) -> list[str]:
    """What the contract lacks, each as a sentence; empty when it is complete."""
    found = [*_lint_operations(document)]
    found += [
        f"{name}: a schema is named as a class of its own, and nothing of our modules is in it."
        for name in document["components"]["schemas"]
        if not _CLASS.fullmatch(name)
    ]
    for name, schema in document["components"]["schemas"].items():
        found.extend(_lint_schema(name, schema, document["components"]["schemas"]))
    return found


def _lint_operations(document: Json) -> Iterator[str]:
    seen: set[str] = set()
    for path, item in document["paths"].items():
        if not _KEBAB.fullmatch(path):
            yield f"{path}: paths are kebab-case."
        for method, operation in item.items():
            where = f"{method.upper()} {path}"
            for word in ("operationId", "summary", "description", "tags"):
                if not operation.get(word):
                    yield f"{where}: has no {word}."
            if operation.get("operationId") in seen:
                yield f"{where}: shares its operationId."
            seen.add(operation.get("operationId", ""))
            yield from _lint_parameters(where, operation)
            yield from _lint_bodies(where, operation)


def _lint_parameters(where: str, operation: Json) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] in ("path", "query") and not _SNAKE.fullmatch(name):
            yield f"{where}: parameter {name} is not snake_case."
        if not parameter.get("description"):
            yield f"{where}: parameter {name} has no description."
        if "example" not in parameter and "examples" not in parameter:
            yield f"{where}: parameter {name} has no example."
        yield from _lint_bounds(f"{where}: parameter {name}", parameter["schema"])


def _lint_bodies(where: str, operation: Json) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if content.get("example") is None and not content.get("examples"):
            yield f"{where}: its body has no example."
    statuses = set(operation["responses"])
    if not any(status.startswith("2") for status in statuses):
        yield f"{where}: documents no success."
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if status[0] in "45" and "$ref" not in response and set(content) != {MEDIA_TYPE}:
            yield f"{where}: {status} is not a problem document."
        if status.startswith("2"):
            for told in content.values():
                if told.get("example") is None and not told.get("examples"):
                    yield f"{where}: {status} has no example."
    missing = {str(status) for status in refusals_that_follow(operation)} - statuses
    if missing:
        yield f"{where}: does not document {', '.join(sorted(missing))}."


def _lint_schema(name: str, schema: Json, schemas: Json) -> Iterator[str]:
    for told_name, told in schema.get("properties", {}).items():
        where = f"{name}.{told_name}"
        if not _SNAKE.fullmatch(told_name):
            yield f"{where}: is not snake_case."
        if not told.get("description") and not resolved(told, schemas).get("description"):
            yield f"{where}: has no description."
        if not told.get("examples"):
            yield f"{where}: has no example."
        yield from _lint_bounds(where, told)


_CLOSED_FORMATS: Final = frozenset({"uuid", "date", "date-time"})


def _lint_bounds(where: str, schema: Json) -> Iterator[str]:
    kind = schema.get("type")
    if (
        kind == "string"
        and not {"maxLength", "enum", "const"} & schema.keys()
        and schema.get("format") not in _CLOSED_FORMATS
    ):
        yield f"{where}: its text has no bound."
    if kind in ("integer", "number") and not {"enum", "const"} & schema.keys():
        if not {"minimum", "exclusiveMinimum"} & schema.keys():
            yield f"{where}: its number has no lower bound."
        if not {"maximum", "exclusiveMaximum"} & schema.keys():
            yield f"{where}: its number has no upper bound."
    if kind == "array":
        if "maxItems" not in schema:
            yield f"{where}: its list has no bound."
        yield from _lint_bounds(where, schema.get("items", {}))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        yield from _lint_bounds(where, schema["additionalProperties"])
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(word, ()):
            yield from _lint_bounds(where, branch)
