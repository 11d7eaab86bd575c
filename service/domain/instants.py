"""Instants as they are written (RFC 3339), and how far two clocks may differ."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far the clock of whoever tells of something may be ahead of ours, everywhere."""

_WRITTEN: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(\.[0-9]{1,32})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
HOW_INSTANT: Final = "Send an instant with its offset, for example 2026-10-25T09:30:00Z."


class InstantFaulty(ValueError):
    """A text is no instant. Its words say what to send; `code` is the kind of fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def lies_ahead(at: datetime, now: datetime) -> bool:
    """Whether something is said to have happened later than now, by more than clocks differ."""
    return at > now + CLOCK_TOLERANCE


def read_instant(text: str) -> datetime:
    """The instant that a text of RFC 3339 names, in UTC and cut to microseconds.

    However many digits the second has, they are a valid instant, and so is the second that is
    added to a day now and then (`23:59:60Z`), which is told as the last moment before it ends. A
    space may stand for the T, and the seconds may be left out, as databases and people write it:
    what an instant never lacks is its offset. Raises InstantFaulty.
    """
    form = _WRITTEN.fullmatch(text)
    if form is None:
        raise InstantFaulty("wrong_form", HOW_INSTANT)
    day, minute, second, fraction, offset = form.groups()
    second = second or "00"
    added = second == "60"
    if added:
        second, fraction = "59", ".999999"
    try:
        told = f"{day}T{minute}:{second}{(fraction or '')[:7]}{offset.upper()}"
        instant = datetime.fromisoformat(told).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InstantFaulty("wrong_form", f"There is no such instant. {HOW_INSTANT}") from None
    if added and (instant.hour, instant.minute) != (23, 59):
        raise InstantFaulty("wrong_form", f"There is no such instant. {HOW_INSTANT}")
    return within_the_years(instant)


def within_the_years(instant: datetime) -> datetime:
    """The instant, if its year is one that is kept. Raises InstantFaulty."""
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise InstantFaulty("out_of_range", f"Send a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return instant
