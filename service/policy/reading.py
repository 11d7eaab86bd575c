"""Reads a TOML document value by value, and collects every fault instead of stopping at one."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from service.domain.deadlines import (
    TERM_IN_WEEKS,
    ElapsedLimit,
    Limit,
    PregnancyLimit,
    SameDayLimit,
    WorkingDaysLimit,
)
from service.domain.texts import counted

LONGEST_ELAPSED = timedelta(days=366)
MOST_WORKING_DAYS = 260

_ID = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_LIMIT = re.compile(r"([0-9]{1,9}) (minute|hour|working day)s?")
_WEEKS = re.compile(r"([0-9]{1,3}) weeks of pregnancy")
_SAME_DAY = "same day"
_EPOCH = date(2000, 1, 1)


class PolicyFaulty(Exception):
    """The policy cannot be used. `faults` are all of them, a line each: where, what, what to do."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        heading = f"The policy has {counted(len(self.faults), 'fault')}:"
        super().__init__("\n".join([heading, *(f"  - {fault}" for fault in self.faults)]))


class Table:
    """One table of the document. Each reader notes a fault and goes on with a stand-in value.

    The stand-ins never reach a policy: whoever reads must refuse when any fault was noted.
    """

    def __init__(self, content: Mapping[str, Any], where: str, faults: list[str]) -> None:
        self._content = content
        self._where = where
        self._faults = faults
        self._asked: set[str] = set()

    @property
    def where(self) -> str:
        """How an author finds this table."""
        return self._where

    @property
    def fault_count(self) -> int:
        """How many faults the document has so far."""
        return len(self._faults)

    def named(self, where: str) -> None:
        """Gives the table a better name, once what it holds is known."""
        self._where = where

    def fault(self, message: str, key: str | None = None) -> None:
        """Notes a fault of this table, or of one key in it."""
        place = self._where if key is None else f"{self._where} {key}".lstrip()
        self._faults.append(f"{place}: {message}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        self._asked.add(key)
        return key in self._content

    def peek(self, key: str) -> str:
        """The key's text if it has one, for naming the table; notes no fault."""
        value = self._content.get(key)
        return value if isinstance(value, str) else ""

    def text(self, key: str, *, longest: int = 500) -> str:
        """Words: not empty, without control characters, not endless."""
        value = self._value(key, "text in quotes")
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault("is not text; put it in quotes.", key)
            return ""
        self._check_words(value, key, longest)
        return value.strip()

    def identifier(self, key: str) -> str:
        """A name for machines: lower-case letters, digits, single hyphens or underscores."""
        value = self.text(key, longest=64)
        if value and not _ID.fullmatch(value):
            self.fault(
                f'"{value}" is not an id; use lower-case letters, digits, "-" and "_", '
                "beginning with a letter.",
                key,
            )
        return value

    def identifier_key(self, key: str) -> str:
        """The key itself, where it is a name of the author's own."""
        if not _ID.fullmatch(key):
            self.fault('is not an id; use lower-case letters, digits, "-" and "_".', key)
        return key

    def texts(self, key: str, *, longest: int = 200) -> tuple[str, ...]:
        """A list of words, at least one, none twice."""
        value = self._value(key, "a list of texts")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault('is not a list of texts; write ["one", "two"].', key)
            return ()
        if not value:
            self.fault("is an empty list; name at least one.", key)
        for item in value:
            self._check_words(item, key, longest)
        for item in _repeated(value):
            self.fault(f'"{item}" stands there twice; keep one.', key)
        return tuple(item.strip() for item in value)

    def choices(self, key: str, allowed: Iterable[str]) -> tuple[str, ...]:
        """A list of words out of those allowed."""
        allowed = tuple(allowed)
        found = self.texts(key)
        for item in found:
            self._check_choice(item, key, allowed)
        return tuple(item for item in found if item in allowed)

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        """One word out of those allowed (the first of them stands in after a fault)."""
        allowed = tuple(allowed)
        value = self.text(key)
        if value:
            self._check_choice(value, key, allowed)
        return value if value in allowed else allowed[0]

    def whole(self, key: str, *, least: int, most: int) -> int:
        """A whole number between two bounds, both allowed."""
        value = self._value(key, "a whole number")
        if value is None:
            return least
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault("is not a whole number; write digits without quotes.", key)
            return least
        if not least <= value <= most:
            self.fault(f"{_shown(value)} is not between {least} and {most}.", key)
            return least
        return value

    def yes_or_no(self, key: str) -> bool:
        """A yes or no."""
        value = self._value(key, "true or false")
        if value is not None and not isinstance(value, bool):
            self.fault("is neither true nor false; write one of them, without quotes.", key)
        return value is True

    def day(self, key: str, *, otherwise: date = _EPOCH) -> date:
        """A calendar day, as TOML writes it; `otherwise` stands in after a fault."""
        value = self._value(key, "a date")
        if value is None:
            return otherwise
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fault("is not a date; write it like 2026-12-29, without quotes or time.", key)
            return otherwise
        return value

    def time_of_day(self, key: str, *, earliest: time) -> time:
        """A time of day to the second, like "23:59:59", not before `earliest`."""
        value = self.text(key)
        if not value:
            return earliest
        found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])", value)
        if found is None:
            self.fault('is not a time of day; write it like "23:59:59".', key)
            return earliest
        hour, minute, second = (int(part) for part in found.groups())
        read = time(hour, minute, second)
        if read < earliest:
            self.fault(f"is before {earliest.isoformat()}, which ends no working day.", key)
        return read

    def limit(self, key: str) -> Limit:
        """A limit in words: "24 hours", "5 working days", "same day", "20 weeks of pregnancy"."""
        value = self.text(key)
        if value == _SAME_DAY:
            return SameDayLimit()
        weeks = _WEEKS.fullmatch(value)
        if weeks is not None:
            if not 1 <= int(weeks[1]) <= TERM_IN_WEEKS:
                self.fault(f"is not between 1 and {TERM_IN_WEEKS} weeks of pregnancy.", key)
                return PregnancyLimit(TERM_IN_WEEKS)
            return PregnancyLimit(int(weeks[1]))
        return self._counted(key, value)

    def time_span(self, key: str) -> ElapsedLimit | WorkingDaysLimit:
        """Minutes, hours or working days in words."""
        return self._counted(key, self.text(key))

    def _counted(self, key: str, value: str) -> ElapsedLimit | WorkingDaysLimit:
        fallback = ElapsedLimit(timedelta(hours=1))
        if not value:
            return fallback
        found = _LIMIT.fullmatch(value)
        if found is None:
            self.fault(
                f'"{value}" is not a limit; write a whole number with "minutes", "hours" or '
                '"working days", such as "24 hours" ("3 days" could mean either kind).',
                key,
            )
            return fallback
        number = int(found[1])
        if number == 0:
            self.fault("is nought; a limit is at least one.", key)
            return fallback
        if found[2] == "working day":
            if number > MOST_WORKING_DAYS:
                self.fault(
                    f"{counted(number, 'working day')} is more than a year ({MOST_WORKING_DAYS}).",
                    key,
                )
            return WorkingDaysLimit(number)
        limit = timedelta(minutes=number) if found[2] == "minute" else timedelta(hours=number)
        if limit > LONGEST_ELAPSED:
            self.fault(f'"{value}" is more than a year.', key)
        return ElapsedLimit(limit)

    def duration(self, key: str) -> timedelta:
        """Real time in words: "30 minutes" or "4 hours"."""
        limit = self.time_span(key)
        if isinstance(limit, WorkingDaysLimit):
            self.fault('is counted in real time; write "minutes" or "hours".', key)
            return timedelta(hours=1)
        return limit.duration

    def table(self, key: str) -> "Table":
        """A table within; an empty one stands in when it is missing."""
        value = self._value(key, f"a table [{key}]", said=f"[{key}]")
        if value is not None and not isinstance(value, dict):
            self._faults.append(f"[{key}]: is not a table; write [{key}] on a line of its own.")
            value = None
        # A missing table is one fault, not one for each of its keys.
        faults = self._faults if value is not None else []
        return Table(value or {}, f"[{key}]", faults)

    def tables(self, key: str, *, least: int = 0) -> tuple["Table", ...]:
        """A list of tables within, numbered from one."""
        self._asked.add(key)
        value = self._content.get(key, [])
        at = f"{self._where} {key}" if self._where else f"[[{key}]]"
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._faults.append(f"{at}: is not a list of tables; begin each with [[{key}]].")
            return ()
        if len(value) < least:
            self._faults.append(f"{at}: is missing; add at least {least}.")
        return tuple(
            Table(item, f"{at} number {number}", self._faults)
            for number, item in enumerate(value, start=1)
        )

    def names(self) -> tuple[str, ...]:
        """Every key of a table whose keys are the author's own."""
        return tuple(self._content)

    def done(self) -> None:
        """Notes every key that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                near = difflib.get_close_matches(key, sorted(self._asked), n=1)
                hint = f'; did you mean "{near[0]}"?' if near else "; remove it."
                self.fault(f'unknown key "{key}"{hint}')

    def _value(self, key: str, wanted: str, *, said: str | None = None) -> Any:
        self._asked.add(key)
        if key not in self._content:
            place = said or f"{self._where} {key}".lstrip()
            self._faults.append(f"{place}: is missing; add {wanted}.")
            return None
        return self._content[key]

    def _check_words(self, value: str, key: str, longest: int) -> None:
        if not value.strip():
            self.fault("is empty; say something.", key)
        elif len(value) > longest:
            self.fault(f"has {counted(len(value), 'character')}; {longest:,} are allowed.", key)
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
            self.fault("holds a control character; remove it.", key)

    def _check_choice(self, value: str, key: str, allowed: Sequence[str]) -> None:
        if value in allowed:
            return
        near = difflib.get_close_matches(value, allowed, n=1)
        if near:
            self.fault(f'"{value}" is unknown; did you mean "{near[0]}"?', key)
        elif len(allowed) <= 12:
            self.fault(f'"{value}" is unknown; use one of: {", ".join(allowed)}.', key)
        else:
            self.fault(f'"{value}" is unknown.', key)


def _repeated(items: Iterable[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for item in items:
        if item in seen:
            twice[item] = None
        seen.add(item)
    return tuple(twice)


def _shown(number: int) -> str:
    # Python refuses to write out an integer of thousands of digits.
    return str(number) if abs(number) < 10**18 else "that number"
