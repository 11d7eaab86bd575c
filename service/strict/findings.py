"""What a strict type finds wrong with a value, in a code and a sentence that says what to do."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import PydanticCustomError

from service.domain.texts import counted

OWN: Final = "frontdoor."
"""The prefix of the findings whose sentences were written here and may be shown."""

_MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "missing": ("missing", "This is required: send it."),
    "string_type": ("wrong_type", "Send text."),
    "string_too_short": ("too_short", "Send at least {characters} besides spaces."),
    "string_too_long": ("too_long", "Send at most {characters}."),
    "string_pattern_mismatch": (
        "wrong_form",
        "This is not in the form asked for, or holds control characters: see its pattern in the "
        "contract.",
    ),
    "int_type": ("wrong_type", "Send a whole number, without quotes."),
    "int_parsing": ("wrong_type", "Send a whole number."),
    "int_parsing_size": ("out_of_range", "Send a smaller number."),
    "int_from_float": ("wrong_type", "Send a whole number."),
    "float_type": ("wrong_type", "Send a number, without quotes."),
    "float_parsing": ("wrong_type", "Send a number."),
    "finite_number": ("out_of_range", "Send a finite number."),
    "decimal_type": ("wrong_type", "Send a number."),
    "decimal_parsing": ("wrong_type", "Send a number."),
    "bool_type": ("wrong_type", "Send true or false."),
    "bool_parsing": ("wrong_type", "Send true or false."),
    "greater_than": ("out_of_range", "Send a value greater than {gt}."),
    "greater_than_equal": ("out_of_range", "Send {ge} or more."),
    "less_than": ("out_of_range", "Send a value less than {lt}."),
    "less_than_equal": ("out_of_range", "Send {le} or less."),
    "multiple_of": ("out_of_range", "Send a multiple of {multiple_of}."),
    "enum": ("not_in_list", "Send one of: {expected}."),
    "literal_error": ("not_in_list", "Send one of: {expected}."),
    "union_tag_invalid": ("not_in_list", "Send one of: {expected_tags}."),
    "union_tag_not_found": ("missing", "Say which kind this is."),
    "uuid_parsing": ("wrong_form", "Send an id as it was given out, a UUID."),
    "uuid_type": ("wrong_type", "Send an id as it was given out, a UUID."),
    "uuid_version": ("wrong_form", "Send an id as it was given out, a UUID."),
    "list_type": ("wrong_type", "Send a list."),
    "tuple_type": ("wrong_type", "Send a list."),
    "set_type": ("wrong_type", "Send a list."),
    "frozen_set_type": ("wrong_type", "Send a list."),
    "too_short": ("too_short", "Send at least {min_length} of these."),
    "too_long": ("too_long", "Send at most {max_length} of these."),
    "dict_type": ("wrong_type", "Send an object."),
    "model_type": ("wrong_type", "Send an object."),
    "model_attributes_type": ("wrong_type", "Send an object."),
    "dataclass_type": ("wrong_type", "Send an object."),
    "none_required": ("wrong_type", "Send null, or leave this out."),
}
_LENGTHS: Final = {"string_too_short": "min_length", "string_too_long": "max_length"}
_OTHER: Final = ("not_accepted", "This is not accepted: see its description in the contract.")


def finding(code: str, message: str) -> PydanticCustomError:
    """A finding of a wire type's own, with a sentence that may be shown. To be raised.

    The sentence must not repeat what was sent.
    """
    return PydanticCustomError(f"{OWN}{code}", message.replace("{", "{{").replace("}", "}}"))


def said_of(error: Mapping[str, Any]) -> tuple[str, str]:
    """The code of a finding, and a sentence that says what to do and repeats nothing."""
    kind: str = error["type"]
    if kind.startswith(OWN):
        return kind.removeprefix(OWN), error["msg"]
    known = _MESSAGES.get(kind)
    if known is None:
        return _OTHER
    code, message = known
    context = error.get("ctx") or {}
    if "expected" in context:
        context = {"expected": str(context["expected"]).replace("'", "").replace(" or ", ", ")}
    elif "expected_tags" in context:
        context = {"expected_tags": str(context["expected_tags"]).replace("'", "")}
    elif kind in _LENGTHS:
        context = {"characters": counted(int(context[_LENGTHS[kind]]), "character")}
    try:
        return code, message.format_map(context)
    except (KeyError, IndexError):
        return _OTHER
