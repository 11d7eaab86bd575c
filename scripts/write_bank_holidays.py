"""Writes England's bank holidays as the library `holidays` has them, for the service to read.

python -m scripts.write_bank_holidays   after the library was upgraded; a test says when
"""

import sys
from collections import defaultdict
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

import holidays
import holidays.version

from service.domain import bank_holiday_days
from service.domain.bank_holidays import FIRST_YEAR, LAST_YEAR

FILE: Final = Path(bank_holiday_days.__file__)
_HEAD: Final = '''"""England's bank holidays by name; scripts.write_bank_holidays writes them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TAKEN_FROM: Final = "{version}"
"""The version of the library `holidays` that has them."""

DAYS: Final[Mapping[str, str]] = MappingProxyType(
    {{
'''
_A_LINE: Final = 7


def known_to_the_library() -> dict[date, str]:
    """Every bank holiday of the years that a policy may name."""
    named: dict[date, str] = {}
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        # One year at a time, kept to that year: some years also yield a neighbour's days.
        found = holidays.country_holidays(
            "GB", subdiv="ENG", years=year, expand=False, observed=True, language="en_GB"
        )
        for day, name in sorted(found.items()):
            if day.year == year:
                named[day] = name.replace("(observed)", "(substitute day)")
    return named


def written() -> str:
    """The module, as it is written."""
    days: defaultdict[str, list[str]] = defaultdict(list)
    for day, name in sorted(known_to_the_library().items()):
        days[name].append(day.isoformat())
    lines = [_HEAD.format(version=holidays.version.__version__)]
    for name, each in sorted(days.items()):
        left = iter(each)
        rows = list(iter(lambda left=left: " ".join(islice(left, _A_LINE)), ""))
        if len(rows) == 1:
            lines.append(f'        "{name}": "{rows[0]}",\n')
            continue
        lines.append(f'        "{name}": (\n')
        lines += [f'            "{row} "\n' for row in rows[:-1]]
        lines.append(f'            "{rows[-1]}"\n        ),\n')
    return "".join([*lines, "    }\n)\n"])


def main() -> int:
    """Writes the file."""
    FILE.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
