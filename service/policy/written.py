"""The policy file as far as it can be read: every table by pydantic, every fault with its place."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self, TypeVar

from annotated_types import Ge, Le
from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from service.domain.texts import counted

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Made = TypeVar("Made", bound="DataclassInstance")


class Fault(NamedTuple):
    """What is wrong, in words that say what to do; and with which key, if not the whole table."""

    message: str
    key: str | None = None


class PolicyFaulty(Exception):
    """The policy cannot be used. `faults` are all of them, a line each: where, what, what to do."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        heading = f"The policy has {counted(len(self.faults), 'fault')}:"
        super().__init__("\n".join([heading, *(f"  - {fault}" for fault in self.faults)]))


class Unsound(ValueError):
    """A value that cannot be used, for one reason or several."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reasons))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be added where a key is missing, in words."""

    words: str


class _Unread:
    """Stands for a value that is missing or faulty; nothing is ever worked out from it."""


UNREAD: Final = _Unread()


class Written(BaseModel):
    """A table of the file. One that is faulty is read all the same, as far as it can be.

    So everything that is wrong is told at once: each value that cannot be read, and what the
    values that can be read say against one another (`own_faults`).
    """

    model_config = ConfigDict(strict=True, extra="forbid")
    lists: ClassVar[frozenset[str]] = frozenset()

    _faults: list[Fault] = PrivateAttr(default_factory=list)
    _written: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @field_validator("*", mode="wrap")
    @classmethod
    def _unless_unread(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        return value if value is UNREAD else handler(value)

    @model_validator(mode="wrap")
    @classmethod
    def _as_far_as_it_can_be_read(cls, content: object, handler: Callable[[object], Self]) -> Self:
        if not isinstance(content, dict):
            return handler(content)
        faults: list[Fault] = []
        rest = content
        try:
            read = handler(content)
        except ValidationError as error:
            details = error.errors(include_url=False)
            faults = list(dict.fromkeys(_in_words(cls, details)))
            broken = {str(one["loc"][0]) for one in details}
            rest = {name: content[name] for name in content if name in cls.model_fields}
            read = handler(rest | dict.fromkeys(broken & cls.model_fields.keys(), UNREAD))
        read._faults, read._written = faults, content
        return read

    def reads(self, *names: str) -> bool:
        """Whether all of these could be read, those within them too."""
        return all(getattr(self, name) is not UNREAD for name in names)

    def says(self, name: str) -> bool:
        """Whether the file has the key, readable or not."""
        return name in self._written

    def peek(self, name: str) -> str:
        """The text of a key if it has one, for naming the table."""
        value = self._written.get(name)
        return value if isinstance(value, str) else ""

    @property
    def is_whole(self) -> bool:
        """Whether every value of the table could be read."""
        return not any(
            one is UNREAD or (isinstance(one, Written) and not one.is_whole)
            for one in self.__dict__.values()
        )

    def made(self, kind: type[Made]) -> Made:
        """What the table says as a thing of the domain whose fields are its keys."""
        return kind(**{one.name: getattr(self, one.name) for one in fields(kind) if one.init})

    @property
    def known_as(self) -> str:
        """By what it is told from others of its list, if by anything."""
        return ""

    def own_faults(self) -> Iterable[Fault]:
        """What its values, as far as they could be read, say against one another."""
        return ()

    def all_faults(self, place: str = "") -> Iterator[str]:
        """Every fault of the table and of those within it, a line each, with its place."""
        for message, key in (*self._faults, *self.own_faults()):
            yield f"{self._place_of(place, key)}: {message}"
        for name, value in self.__dict__.items():
            if isinstance(value, Written):
                yield from value.all_faults(f"{place[:-1]}.{name}]" if place else f"[{name}]")
            elif isinstance(value, tuple):
                for number, one in enumerate(value, start=1):
                    if isinstance(one, Written):
                        known = f" ({one.known_as})" if one.known_as else ""
                        at = f"{self._place_of(place, name)} number {number}{known}"
                        yield from one.all_faults(at)

    def _place_of(self, place: str, key: str | None) -> str:
        if place:
            return place if key is None else f"{place} {key}"
        if key is None:
            return "The file"
        name, *within = key.split(" ", 1)
        return " ".join([f"[[{name}]]" if name in self.lists else f"[{name}]", *within])


# ---- What pydantic found, in the words of an author of a policy ----------------------------------


def _in_words(table: type[Written], details: Sequence[ErrorDetails]) -> Iterator[Fault]:
    for one in details:
        key = str(one["loc"][0])
        named = [str(each) for each in one["loc"] if isinstance(each, str) and each != "[key]"]
        if one["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, sorted(table.model_fields), n=1)
            hint = f'; did you mean "{near[0]}"?' if near else "; remove it."
            yield Fault(f'unknown key "{key}"{hint}')
        elif one["type"] == "value_error":
            for reason in getattr(one["ctx"]["error"], "reasons", (str(one["ctx"]["error"]),)):
                yield Fault(reason, " ".join(named))
        else:
            yield Fault(_told(one, key, table.model_fields[key].metadata), " ".join(named))


def _told(one: ErrorDetails, key: str, metadata: Sequence[Any]) -> str:
    match one["type"]:
        case "missing":
            wanted = (each.words for each in metadata if isinstance(each, Wanted))
            return f"is missing; add {next(wanted, f'a table [{key}]')}."
        case "int_type":
            return "is not a whole number; write digits without quotes."
        case "greater_than_equal" | "less_than_equal":
            [least] = (each.ge for each in metadata if isinstance(each, Ge))
            [most] = (each.le for each in metadata if isinstance(each, Le))
            return f"{_shown(one['input'])} is not between {least} and {most}."
        case "bool_type":
            return "is neither true nor false; write one of them, without quotes."
        case "date_type":
            return "is not a date; write it like 2026-12-29, without quotes or time."
        case "dict_type":
            return "is not a table; begin it with its name in brackets, on a line of its own."
        case "model_type":
            return f"is not a table; write [{key}] on a line of its own."
        case "too_short":
            return "names no reason; nobody could choose one."
        case other:
            raise AssertionError(f"there are no words for {other}")


def _shown(number: int) -> str:
    # Python refuses to write out an integer of thousands of digits.
    return str(number) if abs(number) < 10**18 else "that number"
