"""The days on which it goes wrong, if it does: each an instant in UTC, with what is special."""

from collections.abc import Mapping
from datetime import UTC, datetime

DAYS: Mapping[str, str] = {
    "2027-03-28 00:58": "two minutes before the clocks go forward",
    "2027-10-31 00:30": "half past one, read for the first time as the clocks go back",
    "2027-10-31 01:30": "half past one, read for the second time",
    "2026-12-24 16:30": "the last afternoon before Christmas",
    "2028-02-29 10:00": "a day that most years do not have",
}


def instant(day: str) -> datetime:
    """The instant of a day that is told as these are."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
