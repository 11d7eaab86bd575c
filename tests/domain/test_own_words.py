"""Own words: what is refused as nobody's own, and that one place says so."""

import pytest

from service.domain.errors import Invalid
from service.domain.own_words import (
    RationaleRules,
    own_words_faults,
    rationale_faults,
    require_own_words,
)
from tests.support.sources import named, product_modules

RULES = RationaleRules(minimum_characters=20, refused_phrases=("no concerns", "as above"))
OWN = "The school has seen new bruises twice this month."


def test_every_text_of_stock_phrases_is_named_by_its_pointer_and_no_other() -> None:
    faults = own_words_faults(
        RULES, ("/words", "As above."), ("/told", OWN), ("/because", "No concerns!"), ("/why", None)
    )
    assert [(one.pointer, one.code) for one in faults] == [
        ("/words", "boiler_plate"),
        ("/because", "boiler_plate"),
    ]


def test_a_refusal_is_of_the_kind_and_in_the_words_of_who_asks() -> None:
    require_own_words(RULES, "/because", OWN, Invalid)
    require_own_words(RULES, "/because", None, Invalid)
    with pytest.raises(Invalid) as refused:
        require_own_words(RULES, "/because", "as above", Invalid, "Say why it closes.")
    assert refused.value.detail == "Say why it closes."
    assert [one.pointer for one in refused.value.problems] == ["/because"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (OWN, []),
        ("No concerns.", ["boiler_plate"]),
        ("New bruises.", ["too_short"]),
        ("bruises bruises bruises bruises", ["boiler_plate"]),
    ],
)
def test_a_rationale_is_long_enough_and_no_stock_phrase(text: str, codes: list[str]) -> None:
    assert [one.code for one in rationale_faults(RULES, "/rationale", text)] == codes


def test_one_place_says_what_words_are_somebodys_own() -> None:
    asking = {
        named(path)
        for path in product_modules()
        if ".is_boiler_plate(" in (text := path.read_text("utf-8")) or '"boiler_plate"' in text
    }
    assert asking == {"service/domain/own_words.py"}
