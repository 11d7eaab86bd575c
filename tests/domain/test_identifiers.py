"""Numbers that name a person or a place: what is nobody's is refused, and never repeated."""

import pytest
from stdnum.gb import upn

from service.domain.identifiers import (
    is_district,
    nhs_number,
    postcode,
    unique_pupil_number,
)


@pytest.mark.parametrize(
    "text", ["9434765919", "943 476 5919", "943-476-5919", "９４３４７６５９１９"]
)
def test_an_nhs_number_comes_back_as_ten_digits(text: str) -> None:
    assert nhs_number(text) == "9434765919"


@pytest.mark.parametrize("digit", "0123456789")
def test_ten_equal_digits_are_nobodys_number(digit: str) -> None:
    """Some of them pass the check sum: only the rule about equal digits keeps them out."""
    with pytest.raises(ValueError, match=r"Ten equal digits|not an NHS number"):
        nhs_number(digit * 10)


def test_some_equal_digits_do_pass_the_check_sum() -> None:
    refused_for_being_equal = []
    for digit in "0123456789":
        with pytest.raises(ValueError) as refused:
            nhs_number(digit * 10)
        if "equal" in str(refused.value):
            refused_for_being_equal.append(digit)
    assert len(refused_for_being_equal) >= 2


def test_every_single_wrong_digit_of_an_nhs_number_is_caught() -> None:
    right = "9434765919"
    for place in range(10):
        for digit in "0123456789":
            if digit != right[place]:
                with pytest.raises(ValueError, match="not an NHS number"):
                    nhs_number(right[:place] + digit + right[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "943476591",
        "94347659190",
        "943476591X",
        "٩٤٣٤٧٦٥٩١٩",
        "9434765918",
        "\x00" * 10,
    ],
)
def test_what_is_no_nhs_number_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="leave it out") as refused:
        nhs_number(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("B801200001001", None),
        ("H801200001001", "H801200001001"),
        ("h801200001001", "H801200001001"),
    ],
)
def test_a_pupil_number_is_known_by_its_check_letter(text: str, number: str | None) -> None:
    if number is None:
        with pytest.raises(ValueError, match="Check it with the school"):
            unique_pupil_number(text)
    else:
        assert unique_pupil_number(text) == number


def test_exactly_one_check_letter_fits_a_pupil_number() -> None:
    fits = []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        try:
            fits.append(unique_pupil_number(f"{letter}801200001001"))
        except ValueError:
            continue
    assert len(fits) == 1


@pytest.mark.parametrize(
    ("text", "spaced"),
    [
        ("sw1a1aa", "SW1A 1AA"),
        ("SW1A 1AA", "SW1A 1AA"),
        (" m1  1ae ", "M1 1AE"),
        ("B33 8TH", "B33 8TH"),
        ("CR2 6XH", "CR2 6XH"),
        ("DN55 1PT", "DN55 1PT"),
        ("W1A0AX", "W1A 0AX"),
        ("EC1A 1BB", "EC1A 1BB"),
        ("gir0aa", "GIR 0AA"),
        ("ZZ99 3CZ", "ZZ99 3CZ"),
        ("ZZ993VZ", "ZZ99 3VZ"),
    ],
)
def test_a_postcode_comes_back_in_capitals_with_one_space(text: str, spaced: str) -> None:
    assert postcode(text) == spaced


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("OX4", "OX4"),
        (" sw1a ", "SW1A"),
        ("BFPO 61", "BFPO 61"),
        ("bfpo61", "BFPO 61"),
        ("b1", "B1"),
    ],
)
def test_the_first_half_of_a_postcode_and_the_forces_numbers_are_taken(
    text: str, taken: str
) -> None:
    assert postcode(text) == taken
    assert is_district(taken) == (not taken.startswith("BFPO"))


@pytest.mark.parametrize("authority", ["838", "839", "940", "941", "933", "201", "420", "886"])
def test_a_pupil_number_of_any_authority_is_taken(authority: str) -> None:
    """Authorities are made and united: 838, 839 in 2019, 940, 941 in 2021, 942, 943 in 2023."""
    rest = f"{authority}200021001"
    number = f"{upn.calc_check_digit(rest)}{rest}"
    assert unique_pupil_number(number.lower()) == number
    wrong = "A" if number[0] != "A" else "B"
    with pytest.raises(ValueError, match="not a unique pupil number"):
        unique_pupil_number(wrong + rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "1AA SW1A",
        "BFPO",
        "BFPO 12345",
        "SW1AA",
        "QQ1 1AA",
        "SW1A 1AAA",
        "SW1A 1CK",
        "12345",
        "ÄB1 1AA",
        "M1 1ÀE",
    ],
)
def test_what_can_be_no_postcode_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="never refused for a missing postcode") as refused:
        postcode(text)
    assert not text or f" {text} " not in str(refused.value)
