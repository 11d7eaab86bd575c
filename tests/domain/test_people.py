"""Ages: completed years, on the day and not before it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.people import age_in_years

BORN = st.dates(min_value=date(1950, 1, 1), max_value=date(2026, 12, 31))


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2018, 4, 9), date(2026, 4, 8), 7),
        (date(2018, 4, 9), date(2026, 4, 9), 8),
        (date(2018, 4, 9), date(2018, 4, 9), 0),
        (date(2018, 4, 9), date(2018, 4, 8), None),
        (None, date(2026, 1, 1), None),
        # Born on a leap day: a year older on the first of March, in years without one.
        (date(2012, 2, 29), date(2013, 2, 28), 0),
        (date(2012, 2, 29), date(2013, 3, 1), 1),
        (date(2012, 2, 29), date(2016, 2, 28), 3),
        (date(2012, 2, 29), date(2016, 2, 29), 4),
        (date(2008, 12, 31), date(2026, 12, 30), 17),
        (date(2008, 12, 31), date(2026, 12, 31), 18),
    ],
)
def test_an_age_is_counted_in_completed_years(
    born: date | None, on: date, years: int | None
) -> None:
    assert age_in_years(born, on) == years


@given(born=BORN, days=st.integers(0, 20_000))
def test_an_age_grows_by_one_on_one_day_of_the_year_and_never_shrinks(
    born: date, days: int
) -> None:
    on = born + timedelta(days=days)
    today, tomorrow = age_in_years(born, on), age_in_years(born, on + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    assert tomorrow - today in (0, 1)
    assert abs(today - days / 365.2425) < 1.01
