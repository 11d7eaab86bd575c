"""Texts: signs that nobody can see are no text, and one of a thing is not several."""

import re
import unicodedata
from typing import Final

# Signs of no width and signs that turn others round (the category Cf, without those that are
# seen), the letters that have no shape, and what only says how others are joined. Left in are the
# two joiners, without which some scripts and many emoji cannot be written.
_HIDDEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
# A symbol with no shape: the blank of braille.
_BLANK: Final = "\u2800"


def without_hidden_signs(text: str) -> str:
    """A text without the signs that cannot be seen: of no width, or turning others round.

    A text in which nothing else is left says nothing, and comes back empty: also one of accents
    without a letter below them.
    """
    if text.isascii():
        return text
    plain = _HIDDEN.sub("", text)
    return plain if any(_is_seen(sign) for sign in plain) else ""


def _is_seen(sign: str) -> bool:
    # What is not assigned (Cn) may be seen by whoever has a newer list of signs than ours.
    return sign != _BLANK and unicodedata.category(sign) not in _UNSEEN


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"})


def plain_lines(text: str) -> str:
    """A text whose lines end as they do everywhere, whatever a word processor put there.

    A vertical tab, a form feed and the line ends of Unicode each become a new line, as they are
    seen; the usual ones stay as they were sent.
    """
    return _LINE_ENDS.sub("\n", text)


_LINE_ENDS: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")


def counted(number: int, one: str, several: str | None = None) -> str:
    """A number with what is counted, as people say it: "1 row", "1,500 rows", "0 children"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


_NUMBERS: Final = (
    *("none", "one", "two", "three", "four", "five"),
    *("six", "seven", "eight", "nine", "ten"),
)
_ORDINALS: Final = (
    *("none", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
    "ninth",
)


def in_words(number: int) -> str:
    """A small number as it is written in a sentence: six; a larger one in figures."""
    return _NUMBERS[number] if 0 < number < len(_NUMBERS) else str(number)


def ordinal(number: int) -> str:
    """The how many-th something is: third, 12th, 21st."""
    if 0 < number < len(_ORDINALS):
        return _ORDINALS[number]
    last = 0 if number % 100 in (11, 12, 13) else number % 10
    return f"{number}{('th', 'st', 'nd', 'rd')[last] if last < 4 else 'th'}"
