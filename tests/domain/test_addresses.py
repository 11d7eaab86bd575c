"""Addresses: one home is one, however it is written, and no address is never one."""

import pytest

from service.domain.addresses import address_key

NONE = """
No fixed abode | NO FIXED ABODE | no  fixed abode. | N.F.A. | NFA | Nfa (sofa surfing)
No-fixed-abode | no fixed address | Of no fixed abode
No fixed abode, Riverbourne | no\u200b fixed abode
unknown | Unknown. | address unknown | Not known | not known at present | n/k | NK | N/A | n/a | -
... | ? | x | None | TBC | to be confirmed | not disclosed | Withheld | Address withheld | refused
confidential | as above | See notes | homeless | Currently homeless | street homeless | sofa surfing
c/o Riverbourne Police Station | C/O the police | care of Social Services | police custody
Care of Riverbourne Council | Riverbourne Police Station, High Street | temporary accommodation
\u3164 | \u202e
"""
HOMES = """
12 Weir Street | Flat 1, 12 Weir Street | Unknown Lane 3 | 3 Nfa Street | The Refuge, 4 Mill Lane
The Old Police House, Mill Lane | 2 Station Road | Hotel Cottages 5 | 4 No Fixed Abode Street
"""


def written(lines: str) -> list[str]:
    return [one.strip() for one in lines.strip("\n").replace("\n", "|").split("|")]


@pytest.mark.parametrize("address", written(NONE))
def test_no_address_is_never_one_address(address: str) -> None:
    assert address_key(address, "ZZ99 3CZ") is None


@pytest.mark.parametrize(
    "postcode", ["ZZ99 3VZ", "zz993vz", "ZZ99 3WZ", None, "", " ", "OX4", "ox4", "EC1A", "M1"]
)
def test_without_a_whole_postcode_or_with_the_one_for_nowhere_there_is_no_key(
    postcode: str | None,
) -> None:
    assert address_key("12 Weir Street", postcode) is None


@pytest.mark.parametrize("address", written(HOMES))
def test_what_only_sounds_like_it_is_an_address(address: str) -> None:
    assert address_key(address, "ZZ99 3CZ") is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 Weir Street", "12, WEIR STREET."),
        ("12 Weir Street", " 12  weir\nstreet "),
        ("3 St. Mary's Row", "3 ST MARY\u2019S ROW"),
        ("1 Łódź House", "1 Lodz House"),
    ],
)
def test_one_home_is_one_however_it_is_written(one: str, other: str) -> None:
    assert address_key(one, "ZZ99 3CZ") == address_key(other, "zz993cz") is not None
