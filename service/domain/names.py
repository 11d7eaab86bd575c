"""Names as people write them: folded so that one name is one, and compared with some patience."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from service.domain.nicknames import SHORT_FORMS
from service.domain.texts import without_hidden_signs

# Letters that no decomposition folds, each before what English hands write for it.
_FOLDS: Final = """
    ł l ø o đ d ð d þ th æ ae œ oe ı i ħ h ŧ t ŋ ng ĸ k ə e ɓ b ɗ d ɖ d ƙ k ƴ y ɣ g ɛ e ɔ o ʉ u
    ǝ e ƶ z ɨ i ɫ l ƚ l ȼ c ɍ r ɏ y ƀ b
"""
_LETTERS: Final = str.maketrans(dict(zip(_FOLDS.split()[::2], _FOLDS.split()[1::2], strict=True)))
# Whatever is used for an apostrophe: the typewriter's, the word processor's, accents that stand
# alone, primes, and the letters of other scripts' transliterations (Hawaiian, Hebrew, Arabic).
_APOSTROPHES: Final = str.maketrans(
    dict.fromkeys(
        "'’‘‛`´ʼʻʽʹʾʿˈˊˋ′‵＇՚׳᾽᾿῾`\N{COMBINING ACUTE ACCENT}"
        "\N{MODIFIER LETTER REVERSED COMMA}\N{LATIN SMALL LETTER SALTILLO}"
        "\N{LATIN CAPITAL LETTER SALTILLO}\u200c\u200d"
    )
)
# Before a name and one with it, however it is spaced: O'Brien, O Brien, Mc Donald.
_PREFIXES: Final = frozenset({"o", "d", "l", "n", "mc", "mac"})
# What is written where no name is known. Source: local, from what referrals are seen to hold.
_FOR_A_FAMILY: Final = """
    baby infant newborn unborn unknown unnamed unspecified anonymous nk na none nil tbc tba fnu
    lnu nfn nln xx xxx
"""
_FOR_A_CHILD: Final = """
    babies foetus fetus bump twin triplet child boy girl male female anon not no
"""
_NO_FAMILY_NAME: Final = frozenset(_FOR_A_FAMILY.split())
_NO_GIVEN_NAME: Final = _NO_FAMILY_NAME.union(_FOR_A_CHILD.split())
# Beside one of those, these are no names either: "twin one", "not yet known".
_WITH_THEM: Final = """
    known name given yet named to be confirmed of not no one two three first second third 1 2 3
    a b boy girl
"""
_BESIDE_THEM: Final = frozenset(_WITH_THEM.split())
_SPELT_OUT: Final = frozenset({("n", "k"), ("n", "a")})
_NOT_ASCII_WORDS: Final = re.compile(r"[^a-z0-9]+")


def plain_words(text: str) -> str:
    """A text as it is compared: small letters without accents, one space between words.

    Apostrophes of every kind go ("O'Brien" is "obrien"), and signs that cannot be seen; every
    other sign parts two words.
    """
    if text.isascii():
        plain = text.lower().replace("'", "").replace("`", "")
        return _NOT_ASCII_WORDS.sub(" ", plain).strip()
    plain = without_hidden_signs(text).casefold().translate(_APOSTROPHES).translate(_LETTERS)
    letters = []
    for sign in unicodedata.normalize("NFKD", plain):
        if unicodedata.combining(sign):
            continue
        # Signs of a script's vowels stand by themselves and belong to the word all the same.
        said = sign.isalnum() or unicodedata.category(sign)[0] == "M"
        letters.append(sign if said else " ")
    # What was raised or put into a box is a capital, or a mark, only once it is taken apart.
    apart = "".join(letters).casefold().translate(_APOSTROPHES).translate(_LETTERS)
    return " ".join(apart.split())


def given_words(name: str | None) -> tuple[str, ...]:
    """The words of given names; none where it says that no name is known."""
    return _named(plain_words(name or "").split(), _NO_GIVEN_NAME)


def family_words(name: str | None) -> tuple[str, ...]:
    """The words of a family name, with what stands before it as one: none where none is known."""
    words: list[str] = []
    prefix = ""
    for word in plain_words(name or "").split():
        if word in _PREFIXES:
            prefix += word
            continue
        words.append(prefix + word)
        prefix = ""
    if prefix:
        words.append(prefix)
    return _named(words, _NO_FAMILY_NAME)


def _named(words: Sequence[str], no_names: frozenset[str]) -> tuple[str, ...]:
    if tuple(words) in _SPELT_OUT:
        return ()
    if no_names.isdisjoint(words):
        return tuple(words)
    return tuple(word for word in words if word not in no_names and word not in _BESIDE_THEM)


def is_like(one: str, other: str) -> bool:
    """Whether two words may well be one name: misspelt, shortened, an initial, a usual short form.

    Words of three letters and fewer are told apart by any letter.
    """
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if long.startswith(short) and (len(short) >= _AS_A_BEGINNING or len(short) == 1):
        return True
    if SHORT_FORMS.get(one, frozenset()) & SHORT_FORMS.get(other, frozenset()):
        return True
    allowed = 0 if len(short) < _FOR_ONE_SLIP else 1 if len(short) < _FOR_TWO_SLIPS else 2
    return allowed > 0 and slips(one, other, allowed) <= allowed


_AS_A_BEGINNING: Final = 3
_FOR_ONE_SLIP: Final = 4
_FOR_TWO_SLIPS: Final = 8


def any_alike(some: Iterable[str], others: Sequence[str]) -> bool:
    """Whether a word of one name may be a word of another."""
    return any(is_like(one, other) for one in some for other in others)


def slips(one: str, other: str, most: int) -> int:
    """How many letters were left out, put in, changed or swapped with their neighbour.

    No more than `most` and one are counted.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    # Ukkonen 1985: whatever lies further from the diagonal than `most` comes to more than that.
    out = most + 1
    width = len(other)
    before: list[int] = []
    last = [min(column, out) for column in range(width + 1)]
    for row, mine in enumerate(one, 1):
        here = [out] * (width + 1)
        here[0] = min(row, out)
        for column in range(max(1, row - most), min(width, row + most) + 1):
            if mine == other[column - 1]:
                cost = last[column - 1]
            else:
                cost = 1 + min(last[column], here[column - 1], last[column - 1])
                crossed = column > 1 and row > 1 and mine == other[column - 2]
                if crossed and one[row - 2] == other[column - 1]:
                    cost = min(cost, before[column - 2] + 1)
            here[column] = cost
        before, last = last, here
        # What comes is counted on from these two rows: most names are told apart in a few letters.
        if min(last) > most and min(before) > most:
            return out
    return min(last[-1], out)
