"""Numbers that name a person or a place: NHS number, unique pupil number, postcode."""

import re

from stdnum.exceptions import ValidationError
from stdnum.gb import nhs, upn

_POSTCODE = re.compile(
    r"(GIR 0AA|ZZ99 [0-9][A-Z]{2}|[A-PR-UWYZ]([0-9]{1,2}|[A-HK-Y][0-9]|"
    r"[A-HK-Y][0-9][0-9ABEHMNPRV-Y]|[0-9][A-HJKPS-UW])"
    r" [0-9][ABD-HJLNP-UW-Z]{2})"
)
_DISTRICT = re.compile(
    r"[A-PR-UWYZ]([0-9]{1,2}|[A-HK-Y][0-9]|[A-HK-Y][0-9][0-9ABEHMNPRV-Y]|[0-9][A-HJKPS-UW])"
)
_FORCES = re.compile(r"BFPO([0-9]{1,4})")
_PUPIL_NUMBER = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]", re.ASCII)


def nhs_number(text: str) -> str:
    """The NHS number as ten digits. Raises ValueError when the check digit does not fit.

    Ten equal digits pass the check sum and are no one's number: refused.
    """
    try:
        number = str(nhs.validate(text))
    except ValidationError:
        raise ValueError(
            "This is not an NHS number: ten digits, the last a check digit. "
            "Check it against the letter or card, or leave it out."
        ) from None
    if len(set(number)) == 1:
        raise ValueError("Ten equal digits are nobody's NHS number. Leave it out when not known.")
    return number


def unique_pupil_number(text: str) -> str:
    """The unique pupil number, upper case. Raises ValueError when the check letter does not fit."""
    # The library's list of authorities ends in 2011, and new ones are made: any three digits do.
    number = str(upn.compact(text))
    if not _PUPIL_NUMBER.fullmatch(number) or upn.calc_check_digit(number[1:]) != number[0]:
        raise ValueError(
            "This is not a unique pupil number: a check letter and twelve digits (the last may be "
            "a letter). Check it with the school, or leave it out."
        )
    if len(set(number[1:])) == 1:
        raise ValueError("Equal digits are nobody's pupil number. Leave it out when not known.")
    return number


def postcode(text: str) -> str:
    """The postcode in capitals with one space. Raises ValueError for what can be no postcode.

    The first half alone, the district, is taken for what it is, and so are the forces' numbers.
    """
    compact = "".join(text.split()).upper()
    if forces := _FORCES.fullmatch(compact):
        return f"BFPO {forces[1]}"
    if is_district(compact):
        return compact
    spaced = f"{compact[:-3]} {compact[-3:]}"
    if not _POSTCODE.fullmatch(spaced):
        raise ValueError(
            "This is not a British postcode, for example ZZ99 3CZ. Correct it, or leave it out: "
            "a contact is never refused for a missing postcode."
        )
    return spaced


def is_district(postcode: str) -> bool:
    """Whether a postcode is only its first half: an area of thousands of homes, and no address."""
    return bool(_DISTRICT.fullmatch(postcode))
