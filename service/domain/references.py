"""Human references: short, readable over the telephone, and proof against a slip of the pen."""

import re
import secrets
from enum import StrEnum, unique

from service.domain.errors import Invalid

# No two of these look or sound alike in a hurry: no 0/O/D, 1/I/L, 2/Z, 5/S, 8/B, U/V, M/N.
ALPHABET = "34679ACDEFGHJKMPQRTVWX"
_BODY = 9
# A pure system of ISO 7064 over the prime after the 22 characters: its ten weights, powers of two,
# differ from one another, so that it catches every single error and every swap of two characters,
# neighbours or not. (The standard's hybrid systems let some swaps of neighbours through.)
_MODULUS = 23
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_FORM = re.compile(f"([A-Z])-([{ALPHABET}]{{5}})-([{ALPHABET}]{{5}})")


@unique
class ReferenceKind(StrEnum):
    """What a reference names, by its first letter: one letter for one kind of thing.

    Missing episodes were given `M`, the letter of strategy meetings, up to release 0.3.0: those
    references stay as they are, and who reads one out says which of the two they mean.
    """

    contact = "C"
    referral = "R"
    early_help_episode = "E"
    transfer = "T"
    challenge = "H"
    strategy_meeting = "M"
    section_47_enquiry = "Q"
    assessment = "A"
    missing_episode = "W"


class ReferenceMistyped(Invalid):
    """The check character of a reference does not fit: it was misheard or mistyped."""

    code = "reference_mistyped"
    title = "That is no reference"


def _sum(characters: str) -> int:
    total = 0
    for character in characters:
        total = (total * 2 + _VALUE[character]) % _MODULUS
    return total


def _check_character(body: str) -> str | None:
    """The character that makes the whole come to 1; None where none of the 22 does."""
    value = (1 - _sum(body) * 2) % _MODULUS
    return ALPHABET[value] if value < len(ALPHABET) else None


def new_reference(kind: ReferenceKind) -> str:
    """A new random reference such as `C-7K3MA-9TQ4R`: nine random characters and a check one."""
    check = None
    while check is None:
        # Drawn at once: each draw asks the system for what nobody can guess.
        drawn = secrets.randbelow(len(ALPHABET) ** _BODY)
        body = ""
        for _ in range(_BODY):
            drawn, place = divmod(drawn, len(ALPHABET))
            body += ALPHABET[place]
        check = _check_character(body)
    return f"{kind}-{body[:5]}-{body[5:]}{check}"


def is_reference(text: str, kind: ReferenceKind) -> bool:
    """Whether `text` is a whole reference of this kind with the right check character."""
    form = _FORM.fullmatch(text)
    return form is not None and form[1] == kind and _sum(form[2] + form[3]) == 1
