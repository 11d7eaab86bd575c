"""What is taken as it was told, and looks like a slip: said to whoever sent it, and no more."""

import re
from typing import Final

# What a spreadsheet makes of a long number: 2.02612E+11.
_SHORTENED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}", re.ASCII)
_WORD: Final = re.compile(r"[^\W_]{2,}")


def says_nothing(words: str) -> bool:
    """Whether there is no word in it at all: a full stop, a dash, an x."""
    return _WORD.search(words) is None


def shortened_by_a_spreadsheet(number: str) -> bool:
    """Whether a number has lost its digits: another one may look the same."""
    return _SHORTENED.fullmatch(number.strip()) is not None
