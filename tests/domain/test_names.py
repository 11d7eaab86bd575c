"""Names as people write them: one name is one, and another is another."""

import unicodedata

import pytest
from hypothesis import given, strategies

from service.domain.names import family_words, given_words, is_like, plain_words, slips

APOSTROPHES = "'’‘‛`´ʼʻʽʹʾʿˈˊˋ′‵＇՚᾽ꞌ"
DASHES = "-‐‑‒–—―−﹘﹣－"
ONE_NAME = {
    "case": ["Okafor", "OKAFOR", "okafor"],
    "accents": ["Zoë", "Zoe", "ZOË", "Zoe\u0308", "Zoé"],
    "letters without a fold": ["Łukasz", "Lukasz", "ŁUKASZ", "łukasz"],
    "o with a stroke": ["Søren", "Soren", "SØREN"],
    "d with a stroke": ["Đorđe", "Dorde", "đorđe"],
    "dotless i": ["Işıl", "Isil", "IŞIL", "İsil"],
    "sharp s": ["Strauß", "Strauss", "STRAUẞ"],
    "ligatures": ["Æthelred", "Aethelred", "æthelred"],
    "oe": ["Œuvre", "Oeuvre"],
    "thorn and eth": ["Þóra", "Thora"],
    "eth": ["Guðrun", "Gudrun"],
    "Vietnamese": ["Nguyễn", "Nguyen", "NGUYỄN", "Nguyễn"],
    "full width": ["Ｏｋａｆｏｒ", "Okafor"],
    "hidden signs": [
        "Ama\u200bra",
        "Amara",
        "\u202eAmara",
        "Ama\u00adra",
        "Ama\u200dra",
        "Amara\u3164",
    ],
    "spaces": ["Anna  Maria", "Anna Maria", " Anna\u00a0Maria ", "Anna\u3000Maria", "Anna\tMaria"],
}


@pytest.mark.parametrize("spellings", ONE_NAME.values(), ids=ONE_NAME.keys())
def test_spellings_of_one_name_are_one(spellings: list[str]) -> None:
    assert len({plain_words(one) for one in spellings}) == 1


@pytest.mark.parametrize("mark", APOSTROPHES, ids=lambda mark: f"{ord(mark):04x}")
def test_every_mark_used_for_an_apostrophe_is_one(mark: str) -> None:
    assert plain_words(f"O{mark}Brien") == plain_words(f"o{mark}BRIEN") == "obrien"
    assert family_words(f"O{mark}Brien") == family_words("O Brien") == ("obrien",)


@pytest.mark.parametrize("dash", DASHES, ids=lambda dash: f"{ord(dash):04x}")
def test_every_dash_parts_two_names_as_a_space_does(dash: str) -> None:
    assert plain_words(f"Mary{dash}Jane") == "mary jane"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", ""),
        ("...", ""),
        ("О'Коннор", "оконнор"),
        # A vowel sign is part of the word: without it, it is another name.
        ("नितिन", "नितिन"),
        ("नतन", "नतन"),
        ("محمد", "محمد"),
        ("مُحَمَّد", "محمد"),
    ],
)
def test_other_scripts_are_folded_and_not_emptied(text: str, plain: str) -> None:
    assert plain_words(text) == plain


def test_every_sign_is_folded_at_once() -> None:
    """Also letters that are raised, in a box or of double width, which are taken apart first."""
    assert plain_words("\u1d2cnne \uff21\U0001f130") == "anne aa"
    every = (chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000)
    signs = [one for one in every if unicodedata.normalize("NFKD", one) != one]
    assert len(signs) > 10_000
    assert [one for one in signs if plain_words(plain_words(one)) != plain_words(one)] == []


@given(strategies.text())
def test_what_is_folded_once_is_folded(text: str) -> None:
    once = plain_words(text)
    assert plain_words(once) == once
    assert once == once.strip()
    assert "  " not in once


NOBODY = (
    "Baby|baby girl|Baby Boy|Unborn|Unborn baby|Twin 1|twin one|Infant|unknown|Not known|NK|n/k|"
    "Not yet named|no name|TBC|N/A|xx"
)


@pytest.mark.parametrize("said", NOBODY.split("|"))
def test_what_says_that_there_is_no_name_is_no_name(said: str) -> None:
    assert given_words(said) == ()


@pytest.mark.parametrize("said", ["Child", "Boy", "Male", "Twin", "No", "Known"])
def test_what_may_be_a_family_name_is_one(said: str) -> None:
    assert family_words(said) == (said.lower(),)


def test_names_beside_such_words_are_kept() -> None:
    assert given_words("Baby of Anna") == ("anna",)
    assert family_words("Unknown") == ()
    assert family_words("Mc Donald") == family_words("McDonald") == ("mcdonald",)
    # An initial before a given name is no prefix.
    assert given_words("D. John") == ("d", "john")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("katherine", "kate"),
        ("mohammed", "muhammad"),
        ("william", "billy"),
        ("j", "john"),
        ("sam", "samuel"),
        ("okafor", "okafro"),
        ("okafor", "okaford"),
        ("smith", "smyth"),
        ("aleksandra", "alexandra"),
        ("christopher", "christofer"),
    ],
)
def test_a_slip_a_short_form_and_an_initial_may_be_the_same_name(one: str, other: str) -> None:
    assert is_like(one, other)
    assert is_like(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("amara", "chidi"),
        ("ali", "ami"),
        ("hassan", "hussain"),
        ("john", "jane"),
        ("okafor", "smith"),
        ("jo", "joseph"),
        ("maya", "marie"),
        ("khan", "kahan"[::-1]),
    ],
)
def test_another_name_is_another(one: str, other: str) -> None:
    assert not is_like(one, other)
    assert not is_like(other, one)


@given(strategies.text("abc", max_size=6), strategies.text("abc", max_size=6))
def test_slips_are_counted_the_same_both_ways_and_none_only_in_equals(one: str, other: str) -> None:
    assert slips(one, other, 2) == slips(other, one, 2)
    assert (slips(one, other, 2) == 0) is (one == other)
    assert slips(one, other, 2) <= 3
    # However early it stops counting, it comes to what counting to the end comes to.
    in_all = slips(one, other, len(one) + len(other))
    assert [slips(one, other, most) for most in (0, 1, 2, 3)] == [
        min(in_all, most + 1) for most in (0, 1, 2, 3)
    ]
