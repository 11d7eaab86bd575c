"""England's bank holidays, written down from a library so that no process has to load it.

The library knows every country's: two hundred and eighty modules, a tenth of what a process holds.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from service.domain.bank_holiday_days import DAYS

FIRST_YEAR: Final = 1978
"""Every year since has at least eight, some of them on days in the place of others."""

LAST_YEAR: Final = 2100


def bank_holidays(first_year: int, last_year: int) -> Iterator[tuple[date, str]]:
    """The bank holidays of some years, each with its name."""
    for name, days in DAYS.items():
        for day in days.split():
            if first_year <= int(day[:4]) <= last_year:
                yield date.fromisoformat(day), name
