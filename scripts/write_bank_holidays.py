"""Writes England's bank holidays as the library `holidays` has them, for the service to read.

python -m scripts.write_bank_holidays   after the library was upgraded; a test says when
"""

import sys

import holidays
import holidays.version

from service.domain.bank_holidays import FILE, FIRST_YEAR, LAST_YEAR


def written() -> str:
    """The file: the version of the library, then a line for each day."""
    lines = [holidays.version.__version__]
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        # One year at a time, kept to that year: some years also yield a neighbour's days.
        found = holidays.country_holidays(
            "GB", subdiv="ENG", years=year, expand=False, observed=True, language="en_GB"
        )
        for day, name in sorted(found.items()):
            if day.year == year:
                named = name.replace("(observed)", "(substitute day)")
                lines.append(f"{day.isoformat()} {named}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Writes the file."""
    FILE.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
