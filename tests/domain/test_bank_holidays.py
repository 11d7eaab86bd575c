"""The bank holidays are those of the library, although nothing that serves loads it."""

from datetime import date

from scripts.write_bank_holidays import FILE, known_to_the_library, written
from service.domain.bank_holidays import FIRST_YEAR, LAST_YEAR, bank_holidays


def test_the_days_that_are_read_are_those_of_the_library() -> None:
    assert FILE.read_text(encoding="utf-8") == written(), "python -m scripts.write_bank_holidays"
    assert dict(bank_holidays(FIRST_YEAR, LAST_YEAR)) == known_to_the_library()


def test_the_years_that_were_asked_for_are_read_and_no_others() -> None:
    found = dict(bank_holidays(2022, 2022))
    assert {day.year for day in found} == {2022}
    # Whit Monday was moved for a jubilee, and a funeral had a day of its own.
    assert found[date(2022, 6, 2)] == "Spring Bank Holiday"
    assert date(2022, 9, 19) in found
    assert dict(bank_holidays(2021, 2021))[date(2021, 12, 28)].endswith("(substitute day)")
    assert {day.year for day in dict(bank_holidays(FIRST_YEAR, LAST_YEAR))} == set(
        range(FIRST_YEAR, LAST_YEAR + 1)
    )
