"""How single values of the policy file are written: words, ids, choices, days and limits."""

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import time, timedelta
from enum import Enum
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BeforeValidator, PlainValidator, ValidationInfo

from service.domain.access import Role
from service.domain.deadlines import (
    TERM_IN_WEEKS,
    ElapsedLimit,
    Limit,
    NextWorkingDayLimit,
    PregnancyLimit,
)
from service.domain.escalations import may_take_on
from service.domain.limits import SameDayLimit, WeeksLimit, WorkingDaysLimit
from service.domain.texts import counted
from service.policy.written import Unsound, Wanted

LONGEST_ELAPSED = timedelta(days=366)
MOST_WORKING_DAYS = 260
MOST_WEEKS = 52

_ID = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_LIMIT = re.compile(r"([0-9]{1,9}) (minute|hour|working day)s?")
_WEEKS = re.compile(r"([0-9]{1,3}) weeks of pregnancy")
_WHOLE_WEEKS = re.compile(r"([0-9]{1,3}) weeks?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
_NEXT_WORKING_DAY = re.compile(r"(noon|([01][0-9]|2[0-3]):([0-5][0-9])) of the next working day")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]) to ([01][0-9]|2[0-3]):([0-5][0-9])")
_SAME_DAY = "same day"

TEXT: Final = Wanted("text in quotes")
TEXTS: Final = Wanted("a list of texts")
NUMBER: Final = Wanted("a whole number")


# ---- Words --------------------------------------------------------------------------------------


def _text(value: object, longest: int = 500) -> str:
    """Words: not empty, without control characters, not endless."""
    if not isinstance(value, str):
        raise Unsound("is not text; put it in quotes.")
    reasons = _reasons(value, longest)
    if reasons:
        raise Unsound(*reasons)
    return value.strip()


def _reasons(value: str, longest: int) -> list[str]:
    reasons = []
    if not value.strip():
        reasons.append("is empty; say something.")
    elif len(value) > longest:
        reasons.append(f"has {counted(len(value), 'character')}; {longest:,} are allowed.")
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
        reasons.append("holds a control character; remove it.")
    return reasons


def words(longest: int) -> Any:
    """Marks a text of at most so many characters."""
    return PlainValidator(lambda value: _text(value, longest))


def _identifier(value: object) -> str:
    """A name for machines: lower-case letters, digits, single hyphens or underscores."""
    read = _text(value, 64)
    if not _ID.fullmatch(read):
        raise Unsound(
            f'"{read}" is not an id; use lower-case letters, digits, "-" and "_", '
            "beginning with a letter."
        )
    return read


def _key(value: str) -> str:
    if not _ID.fullmatch(value):
        raise Unsound('is not an id; use lower-case letters, digits, "-" and "_".')
    return value


def _texts(value: object, why_not: Callable[[str], str | None]) -> tuple[str, ...]:
    """A list of words, at least one, none twice, and each as it should be."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unsound('is not a list of texts; write ["one", "two"].')
    reasons = [] if value else ["is an empty list; name at least one."]
    for item in value:
        reasons += _reasons(item, 200)
    for item in dict.fromkeys(value):
        if value.count(item) > 1:
            reasons.append(f'"{item}" stands there twice; keep one.')
        if item.strip() and (reason := why_not(item.strip())):
            reasons.append(reason)
    if reasons:
        raise Unsound(*reasons)
    return tuple(item.strip() for item in value)


def texts(why_not: Callable[[str], str | None] = lambda _: None) -> Any:
    """Marks a list of words, for each of which it may be said why it is not one."""
    return PlainValidator(lambda value: _texts(value, why_not))


Words: TypeAlias = Annotated[str, words(500), TEXT]
Name: TypeAlias = Annotated[str, words(120), TEXT]
Identifier: TypeAlias = Annotated[str, PlainValidator(_identifier), TEXT]
Key: TypeAlias = Annotated[str, PlainValidator(_key)]
YesOrNo: TypeAlias = Annotated[bool, Wanted("true or false")]


# ---- Choices ------------------------------------------------------------------------------------


def unknown(value: str, allowed: Iterable[str]) -> str | None:
    """Why a word is none of those allowed; None when it is one."""
    allowed = tuple(allowed)
    if value in allowed:
        return None
    near = difflib.get_close_matches(value, allowed, n=1)
    if near:
        return f'"{value}" is unknown; did you mean "{near[0]}"?'
    if len(allowed) <= 12:
        return f'"{value}" is unknown; use one of: {", ".join(allowed)}.'
    return f'"{value}" is unknown.'


def one_of(allowed: Callable[[], Iterable[str]]) -> Any:
    """Marks one word out of those allowed."""
    return PlainValidator(lambda value: _one(value, allowed()))


def some_of(allowed: Callable[[], Iterable[str]]) -> Any:
    """Marks words out of those allowed, written as a list."""
    return PlainValidator(lambda value: frozenset(_some(value, allowed())))


def chosen(kind: type[Enum], out_of: Iterable[Enum] = ()) -> Any:
    """Marks one of the values of an enumeration."""
    allowed = {one.value: one for one in (out_of or kind)}
    return PlainValidator(lambda value: allowed[_one(value, allowed)])


def several(kind: type[Enum], out_of: Iterable[Enum] = ()) -> Any:
    """Marks a list of values of an enumeration."""
    allowed = {one.value: one for one in (out_of or kind)}
    return PlainValidator(lambda value: tuple(allowed[one] for one in _some(value, allowed)))


def _one(value: object, allowed: Iterable[str]) -> str:
    word = _text(value)
    if reason := unknown(word, allowed):
        raise Unsound(reason)
    return word


def _some(value: object, allowed: Iterable[str]) -> tuple[str, ...]:
    return _texts(value, lambda word: unknown(word, allowed))


def _hearer(value: object) -> str:
    """A role that a flag may go to at all."""
    role = _one(value, [one.value for one in Role])
    if not may_take_on(Role(role)):
        roles = ", ".join(one.value for one in Role if may_take_on(one))
        raise Unsound(f'"{role}" may not take a flag on; use one of: {roles}.')
    return role


Hearer: TypeAlias = Annotated[str, PlainValidator(_hearer), TEXT]


# ---- Times and limits ---------------------------------------------------------------------------


def time_of_day(earliest: time) -> Any:
    """Marks a time of day to the second, like "23:59:59", not before `earliest`."""

    def read(value: object) -> time:
        found = _TIME.fullmatch(_text(value))
        if found is None:
            raise Unsound('is not a time of day; write it like "23:59:59".')
        hour, minute, second = (int(part) for part in found.groups())
        at = time(hour, minute, second)
        if at < earliest:
            raise Unsound(f"is before {earliest.isoformat()}, which ends no working day.")
        return at

    return PlainValidator(read)


def _hours(value: object) -> tuple[time, time]:
    """From when until when the office is open, like "09:00 to 17:00"."""
    found = _HOURS.fullmatch(_text(value))
    if found is None:
        raise Unsound('is not from one time to another; write it like "09:00 to 17:00".')
    opens, closes = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if closes <= opens:
        raise Unsound("ends before it begins; the night is out of hours.")
    return opens, closes


Hours: TypeAlias = Annotated[tuple[time, time], PlainValidator(_hours), TEXT]


def _limit(value: object) -> Limit:
    """A limit in words: "24 hours", "5 working days", "noon of the next working day"."""
    said = _text(value)
    if said == _SAME_DAY:
        return SameDayLimit()
    next_day = _NEXT_WORKING_DAY.fullmatch(said)
    if next_day is not None:
        hour, minute = (12, 0) if next_day[2] is None else (int(next_day[2]), int(next_day[3]))
        return NextWorkingDayLimit(time(hour, minute))
    whole = _WHOLE_WEEKS.fullmatch(said)
    if whole is not None:
        if not 1 <= int(whole[1]) <= MOST_WEEKS:
            raise Unsound(f"is not between 1 and {MOST_WEEKS} weeks.")
        return WeeksLimit(int(whole[1]))
    weeks = _WEEKS.fullmatch(said)
    if weeks is None:
        return _time_span(said)
    if not 1 <= int(weeks[1]) <= TERM_IN_WEEKS:
        raise Unsound(f"is not between 1 and {TERM_IN_WEEKS} weeks of pregnancy.")
    return PregnancyLimit(int(weeks[1]))


def _time_span(value: object) -> ElapsedLimit | WorkingDaysLimit:
    """Minutes, hours or working days in words."""
    said = _text(value)
    found = _LIMIT.fullmatch(said)
    if found is None:
        raise Unsound(
            f'"{said}" is not a limit; write a whole number with "minutes", "hours" or '
            '"working days", such as "24 hours" ("3 days" could mean either kind).'
        )
    number = int(found[1])
    if number == 0:
        raise Unsound("is nought; a limit is at least one.")
    if found[2] == "working day":
        if number > MOST_WORKING_DAYS:
            raise Unsound(
                f"{counted(number, 'working day')} is more than a year ({MOST_WORKING_DAYS})."
            )
        return WorkingDaysLimit(number)
    limit = timedelta(minutes=number) if found[2] == "minute" else timedelta(hours=number)
    if limit > LONGEST_ELAPSED:
        raise Unsound(f'"{said}" is more than a year.')
    return ElapsedLimit(limit)


def _duration(value: object) -> timedelta:
    """Real time in words: "30 minutes" or "4 hours"."""
    limit = _time_span(value)
    if isinstance(limit, WorkingDaysLimit):
        raise Unsound('is counted in real time; write "minutes" or "hours".')
    return limit.duration


LimitInWords: TypeAlias = Annotated[Limit, PlainValidator(_limit), TEXT]
TimeSpan: TypeAlias = Annotated[ElapsedLimit | WorkingDaysLimit, PlainValidator(_time_span), TEXT]
Duration: TypeAlias = Annotated[timedelta, PlainValidator(_duration), TEXT]


# ---- Tables -------------------------------------------------------------------------------------


def list_of_tables(least: int = 0) -> Any:
    """Marks a list of tables of which there are at least so many."""

    def read(value: object, info: ValidationInfo) -> tuple[object, ...]:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Unsound(f"is not a list of tables; begin each with [[{info.field_name}]].")
        if len(value) < least:
            raise Unsound(f"is missing; add at least {least}.")
        return tuple(value)

    return BeforeValidator(read)
