"""The strict types of what comes in: instants, dates, texts, numbers, ids; the closed object."""

import re
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, date, datetime
from decimal import Decimal
from types import UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Optional,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)
from uuid import UUID

from annotated_types import GroupedMetadata
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    StringConstraints,
    ValidationError,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from service.domain.instants import (
    FIRST_YEAR,
    HOW_INSTANT,
    LAST_YEAR,
    InstantFaulty,
    read_instant,
    within_the_years,
)
from service.domain.kept_as_told import LONGEST, AsTold
from service.domain.texts import plain_lines, without_hidden_signs
from service.strict.findings import finding

LARGEST: Final = 2**31 - 1

LARGEST_EXACT: Final = 2**53
_DATE: Final = re.compile(r"(\d{4})-\d{2}-\d{2}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HOW_DATE: Final = "Send a date as year-month-day, for example 2026-10-25."
_YEARS_PATTERN: Final[JsonDict] = {"pattern": "^(19[0-9]{2}|20[0-9]{2}|2100)-"}
_YEARS: Final = f"Send a year from {FIRST_YEAR} to {LAST_YEAR}."

# No control characters but tabs and whatever ends a line; something that is seen.
_CONTROL: Final = r"\x00-\x08\x0E-\x1F\x7F-\x84\x86-\x9F"
_TEXT_PATTERN: Final = rf"^[^{_CONTROL}]*[^\s\x00-\x1F\x7F-\x9F][^{_CONTROL}]*$"


def _instant(value: object) -> datetime:
    try:
        if isinstance(value, str):
            return read_instant(value)
        if isinstance(value, datetime) and value.tzinfo is not None:
            return within_the_years(value.astimezone(UTC))
    except InstantFaulty as fault:
        raise finding(fault.code, str(fault)) from None
    code = "wrong_form" if isinstance(value, datetime) else "wrong_type"
    raise finding(code, HOW_INSTANT)


def _date(value: object) -> date:
    if isinstance(value, str):
        if _DATE.fullmatch(value) is None:
            raise finding("wrong_form", _HOW_DATE)
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise finding("wrong_form", f"There is no such date. {_HOW_DATE}") from None
    elif isinstance(value, date) and not isinstance(value, datetime):
        day = value
    else:
        raise finding("wrong_type", _HOW_DATE)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise finding("out_of_range", _YEARS)
    return day


Instant = Annotated[
    datetime,
    Field(examples=["2026-10-23T16:00:00Z"], json_schema_extra=_YEARS_PATTERN),
    BeforeValidator(_instant),
]
"""An instant: RFC 3339 with an offset in, however many digits its second has; UTC with `Z` out,
to the microsecond. Years 1900 to 2100."""

DateOn = Annotated[
    date,
    Field(examples=["2026-10-23"], json_schema_extra=_YEARS_PATTERN),
    BeforeValidator(_date),
]
"""A London date: `YYYY-MM-DD` and nothing else. Years 1900 to 2100."""


def _id(value: object) -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    raise finding("wrong_form", "Send an id as it was given out, a UUID.")


Id = Annotated[
    UUID,
    Field(examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"]),
    BeforeValidator(_id),
]
"""An id: a UUID in its usual form, and no other spelling of it."""

Flag = Annotated[bool, Field(strict=True, examples=[True])]
"""True or false, and nothing that might be taken for it."""


_LINE_BREAKS: Final = re.compile(r"[\t\r\n]+")


class Text(GroupedMetadata):
    """Text over lines: `Annotated[str, Text(4000)]`. Trimmed, not empty, no control characters.

    Signs that cannot be seen are left out; a text of nothing else is empty.
    """

    pattern: ClassVar[str] = _TEXT_PATTERN

    def __init__(self, most: int, *, least: int = 1) -> None:
        self.most = most
        self.least = least

    def __iter__(self) -> Iterator[Any]:
        yield StringConstraints(
            strip_whitespace=True,
            min_length=self.least,
            max_length=self.most,
            pattern=self.pattern,
        )
        yield BeforeValidator(self.cleaned)

    @staticmethod
    def cleaned(value: Any) -> Any:
        """What was sent, with plain line ends and without what cannot be seen."""
        return without_hidden_signs(plain_lines(value)) if isinstance(value, str) else value


class Line(Text):
    """Text on one line, such as a name: `Annotated[str, Line(100)]`."""

    @staticmethod
    def cleaned(value: Any) -> Any:
        """What was sent, on one line: a name that was pasted with a line end is still a name."""
        if not isinstance(value, str):
            return value
        return _LINE_BREAKS.sub(" ", without_hidden_signs(plain_lines(value)).strip())


class Email(Line):
    """An e-mail address, as far as one can tell: `Annotated[str, Email(254)]`."""

    pattern: ClassVar[str] = r"^[^@\s]+@[^@\s]+$"


def _whole(value: object) -> object:
    # None is left to the type: it may be optional.
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT:
        return int(value)
    raise finding("wrong_type", "Send a whole number, without quotes.")


class Whole(GroupedMetadata):
    """A whole number within bounds in a body: `Annotated[int, Whole(0, 100)]`.

    A yes or no, a text and 1.5 are none; 1.0 is one, as JSON Schema has it.
    """

    def __init__(self, least: int, most: int = LARGEST) -> None:
        self.least = least
        self.most = most

    def __iter__(self) -> Iterator[Any]:
        yield Field(ge=self.least, le=self.most)
        yield BeforeValidator(_whole)


Reference = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", min_length=4, max_length=32),
]
"""A human reference, such as is read out over the telephone. Its check character is the domain's
to verify."""

_LOOSE: Final[dict[Any, str]] = {
    int: "Whole",
    bool: "Flag",
    float: "Decimal with bounds",
    datetime: "Instant",
    date: "DateOn",
    str: "Text, Line, Reference or a pattern",
    Decimal: "Decimal with bounds",
}


def _guarded(annotation: Any, metadata: tuple[Any, ...]) -> bool:
    # A field's own annotation comes flattened; inside a union it still comes as a FieldInfo.
    flat: list[Any] = []
    for one in metadata:
        flat += one.metadata if isinstance(one, FieldInfo) else [one]
    if annotation in (date, datetime):
        return any(isinstance(one, BeforeValidator) for one in flat)
    if annotation in (int, bool, float):
        return any(isinstance(one, (BeforeValidator, Strict, Whole)) for one in flat)
    return bool(flat)


def _loose(annotation: Any, metadata: tuple[Any, ...] = ()) -> str | None:
    if isinstance(annotation, type) and annotation in _LOOSE:
        return None if _guarded(annotation, metadata) else _LOOSE[annotation]
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _loose(inner, (*metadata, *more))
    below = metadata if get_origin(annotation) in (Union, UnionType) else ()
    for part in get_args(annotation):
        found = _loose(part, below)
        if found is not None:
            return found
    return None


WireKind = TypeVar("WireKind", bound="Wire")


class Wire(BaseModel):
    """What comes in: closed, so that a misspelt field is refused; frozen; and strictly typed.

    A field of a bare `int`, `bool`, `str`, `date` or `datetime` is refused when the class is
    made, because pydantic would take `true` for 1 and 1 for an instant.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, hide_input_in_errors=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        for name, told in cls.model_fields.items():
            better = _loose(told.annotation, tuple(told.metadata))
            if better is not None:
                raise TypeError(f"{cls.__name__}.{name} is loosely typed: use {better}.")


def what_is_sent_is_changed(change: type[WireKind]) -> type[WireKind]:
    """Makes every inherited field of a change optional, for what is not sent stays as it is."""
    for name, told in change.__pydantic_fields__.items():
        if name in change.__annotations__:
            continue
        annotation = (
            Annotated[told.annotation, *told.metadata] if told.metadata else told.annotation
        )
        optional = copy(told)
        # The annotation is a value here, not one that a checker could read.
        optional.annotation = cast(Any, Optional[annotation])  # noqa: UP045  # see above
        optional.metadata = []
        optional.default = None
        optional.default_factory = None
        change.__pydantic_fields__[name] = optional
    change.model_rebuild(force=True)
    return change


class UnreadIsKept:
    """Marks an optional fact that never refuses a worry: what cannot be read is kept as told.

    Only texts are: a number or an object where a text belongs is a program's fault.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Reads as before, and keeps what could not be read."""
        return core_schema.no_info_wrap_validator_function(_read_or_kept, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """What is read, or a text of some length."""
        own = handler(schema)
        ways = own.get("anyOf", [own])
        said = {name: value for name, value in own.items() if name not in _SHAPE}
        others = [way for way in ways if way.get("type") != "string" or way.keys() - _OF_TEXT]
        if not others:
            return {**said, **_ANY_TEXT}
        others.insert(-1 if others[-1] == {"type": "null"} else len(others), _ANY_TEXT)
        return {**said, "anyOf": others}


# By these a text is bounded; one that may be any text needs none of them.
_OF_TEXT: Final = frozenset({"type", "minLength", "maxLength", "pattern"})
_SHAPE: Final = _OF_TEXT | {"anyOf", "$ref"}
_ANY_TEXT: Final[JsonDict] = {
    "type": "string",
    "maxLength": LONGEST,
    "pattern": rf"^[^{_CONTROL}]*$",
}


def _read_or_kept(value: object, read: Callable[[object], object]) -> object:
    try:
        return read(value)
    except ValidationError:
        if not isinstance(value, str):
            raise
        text = Line.cleaned(value)
        if len(text) > LONGEST or _UNCLEAN.search(text):
            raise
        return AsTold(text)


_UNCLEAN: Final = re.compile(rf"[{_CONTROL}]")


def what_cannot_be_read_is_kept(*names: str) -> Callable[[type[WireKind]], type[WireKind]]:
    """Has these inherited facts kept as they were told where they cannot be read."""

    def keeping(told: type[WireKind]) -> type[WireKind]:
        for name in names:
            fact = copy(told.__pydantic_fields__[name])
            fact.annotation = cast(Any, Annotated[fact.annotation, *fact.metadata, UnreadIsKept()])
            fact.metadata = []
            told.__pydantic_fields__[name] = fact
        told.model_rebuild(force=True)
        return told

    return keeping
