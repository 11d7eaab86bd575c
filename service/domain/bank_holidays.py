"""England's bank holidays, written down from a library so that no process has to load it.

The library knows every country's: two hundred and eighty modules, a tenth of what a process holds.
`python -m scripts.write_bank_holidays` writes the file anew; a test holds the two together.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_suffix(".txt")
"""The version of the library, then a day and its name on each line."""

FIRST_YEAR: Final = 1978
"""Every year since has at least eight, some of them on days in the place of others."""

LAST_YEAR: Final = 2100


def library_version() -> str:
    """The version of the library that the days were taken from."""
    with FILE.open(encoding="utf-8") as lines:
        return next(lines).strip()


def bank_holidays(first_year: int, last_year: int) -> Iterator[tuple[date, str]]:
    """The bank holidays of some years, each with its name, in order."""
    with FILE.open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            if first_year <= int(line[:4]) <= last_year:
                day, _, name = line.strip().partition(" ")
                yield date.fromisoformat(day), name
