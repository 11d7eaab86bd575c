"""The instants at which tests happen, and the days on which it goes wrong, if it does."""

from collections.abc import Mapping
from datetime import UTC, datetime

# One name, one instant, wherever it is used.
FRIDAY = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
"""A Friday at 16:00 in London, with a weekend ahead and no change of clocks near."""
FRIDAY_EARLY = datetime(2026, 3, 6, 8, 30, tzinfo=UTC)
"""The same day, before the daily meeting."""
FRIDAY_MORNING = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
"""The same day, with time to meet on it."""
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The Monday of that week, as it begins."""
AUTUMN_FRIDAY = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)
"""A Friday at 16:00 in London, the last one in British Summer Time."""
JANUARY_FRIDAY = datetime(2026, 1, 9, 16, 0, tzinfo=UTC)
"""A Friday at 16:00 in London, when the holidays are over."""

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
