"""Signs that cannot be seen: they are no text, and turn nothing round."""

import unicodedata

import pytest
from hypothesis import given, strategies

from service.domain.texts import without_hidden_signs

# Of every kind: of no width, turning round, filling a place, under nothing, and blank.
HIDDEN = {
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "zero-width non-joiner": "\u200c",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "right-to-left override": "\u202e",
    "left-to-right isolate": "\u2066",
    "right-to-left mark": "\u200f",
    "arabic letter mark": "\u061c",
    "hangul filler": "\u3164",
    "half-width hangul filler": "\uffa0",
    "hangul choseong filler": "\u115f",
    "combining acute": "\u0301",
    "combining grapheme joiner": "\u034f",
    "arabic fatha": "\u064b",
    "devanagari virama": "\u094d",
    "enclosing circle": "\u20dd",
    "variation selector": "\ufe0f",
    "mongolian vowel separator": "\u180e",
    "blank of braille": "\u2800",
    "ideographic space": "\u3000",
    "no-break space": "\u00a0",
    "line separator": "\u2028",
    "tag letter": "\U000e0061",
    "next line": "\x85",
}
# Signs of number, year and verse of some scripts: format signs by category, and seen all the same.
SEEN_FORMATS = {
    chr(code)
    for code in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)
}


@pytest.mark.parametrize("sign", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_text_of_signs_that_cannot_be_seen_is_empty(sign: str) -> None:
    assert without_hidden_signs(sign) == ""
    assert without_hidden_signs(f" {sign}\u200b{sign} ") == ""


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("Ama\u200bra", "Amara"),
        ("\u202earamA\u202c", "aramA"),
        ("Oka\u00adfor", "Okafor"),
        ("Amara\u3164", "Amara"),
        # What some scripts and emoji need stays as it is.
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",) * 2,
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467",) * 2,
        ("Zoe\u0308",) * 2,
        ("\u0928\u093f",) * 2,
        ("\u2764\ufe0f",) * 2,
        ("...", "..."),
    ],
)
def test_what_is_seen_stays_and_what_is_hidden_in_it_goes(told: str, seen: str) -> None:
    assert without_hidden_signs(told) == seen


def test_no_sign_that_hides_or_turns_round_is_left_by_the_list_of_them() -> None:
    # The list is written out because working it out costs half a second at every start.
    left = {
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) == "Cf"
        and without_hidden_signs(f"a{chr(code)}b") != "ab"
    }
    assert left - {"\u200c", "\u200d"} == SEEN_FORMATS


@given(strategies.text())
def test_what_was_cleaned_once_is_clean(text: str) -> None:
    once = without_hidden_signs(text)
    assert without_hidden_signs(once) == once


@given(strategies.text(strategies.characters(categories=["Lu", "Ll", "Nd", "Po"])))
def test_letters_digits_and_punctuation_are_left_alone(text: str) -> None:
    assert without_hidden_signs(text) == text
