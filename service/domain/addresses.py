"""Addresses: what makes two of them one, and what is written where there is none."""

import re
from typing import Final

from service.domain.identifiers import is_district
from service.domain.names import plain_words

# What is written where nobody lives anywhere, or nobody says where: never one address, however
# many say it. Source: local, from what referrals are seen to hold; the spellings are folded.
_NO_ADDRESS: Final = frozenset(
    """
    no fixed abode|nfa|n f a|no fixed address|of no fixed abode|no fixed|no abode|no address
    homeless|street homeless|rough sleeping|rough sleeper|sleeping rough|sofa surfing|sofa surfer
    unknown|address unknown|unknown address|not known|address not known|nk|n k|no known address
    not given|address not given|not provided|not supplied|not stated|not recorded|not available
    not disclosed|undisclosed|withheld|address withheld|refused|declined|confidential|restricted
    none|nil|na|n a|not applicable|no|x|xx|xxx|tbc|to be confirmed|tba|to follow|pending
    as above|as below|see above|see below|see notes|see mother|same|same as above|same as mother
    various|various addresses|temporary|temporary address|temporary accommodation|temp
    temporary housing|emergency accommodation|bed and breakfast|b b|hotel|hostel|refuge
    womens refuge|a refuge|in a refuge|hospital|in hospital|prison|in prison|in custody|custody
    abroad|overseas|living abroad|out of area|out of country|travelling|traveller|of the road
    unborn|moved|moved away|gone away|left address|whereabouts unknown
    """.replace("\n", "|").split("|")
)
_NO_ADDRESS_WORDS: Final = frozenset(words.strip() for words in _NO_ADDRESS if words.strip())
# A place where nobody lives whose letters are kept there.
_CARE_OF: Final = re.compile(
    r"(care of|c o|via)\b.*\b(police|station|council|social (services|care)|housing|hospital|"
    r"solicitors?|probation|town hall|civic|children s services|childrens services)\b"
)
_POLICE_STATION: Final = re.compile(r"(.* )?police (station|custody|hq|headquarters)( .*)?")
# The Office for National Statistics gives these out for whoever has no address.
_NO_POSTCODE: Final = frozenset({"zz993vz", "zz993wz"})
_AROUND: Final = re.compile(r"^(currently|at present|presently|now) | (currently|at present|now)$")


def is_no_address(line: str) -> bool:
    """Whether an address, as it is compared, says that there is none, or that none is known."""
    plain = _AROUND.sub("", line)
    return (
        not plain
        or plain in _NO_ADDRESS_WORDS
        or any(plain.startswith(f"{words} ") for words in _BEGINNINGS)
        or _CARE_OF.match(plain) is not None
        or _POLICE_STATION.fullmatch(plain) is not None
    )


_BEGINNINGS: Final = (
    "no fixed abode",
    "nfa",
    "no fixed address",
    "of no fixed abode",
    "address unknown",
    "address not known",
    "address withheld",
    "whereabouts unknown",
    "street homeless",
    "sofa surfing",
)


def address_key(address: str | None, postcode: str | None) -> str | None:
    """What two contacts from the same address share: postcode and address line, normalised.

    None without both: one postcode is shared by many homes, and its first half alone by thousands.
    None for what says that there is no address, which strangers share.
    """
    line, code = plain_words(address or ""), plain_words(postcode or "").replace(" ", "")
    no_home = code in _NO_POSTCODE or is_district(code.upper())
    if not (line and code) or no_home or is_no_address(line):
        return None
    return f"{code} {line}"
