"""Ages in completed years; and what the file learns of a person, gap by gap."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.people import BirthKnowledge, Person, Sex, age_in_years, learn

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


NOBODY = Person(
    id=uuid4(),
    given_name=None,
    family_name=None,
    date_of_birth=None,
    birth_knowledge=BirthKnowledge.not_known,
    expected_delivery_on=None,
    sex=Sex.unknown,
    nhs_number=None,
    unique_pupil_number=None,
    identity_key=None,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    pregnancy_ended_on=None,
)
ADA = replace(
    NOBODY,
    given_name="Ada",
    family_name="Okafor",
    date_of_birth=date(2018, 4, 9),
    birth_knowledge=BirthKnowledge.known,
    sex=Sex.female,
    nhs_number="9434765919",
)


def test_gaps_are_filled_and_what_is_there_is_left() -> None:
    assert learn(NOBODY, ADA) == ADA
    other = replace(ADA, given_name="Eve", date_of_birth=date(2017, 1, 1), sex=Sex.male)
    assert learn(ADA, other) == ADA
    assert learn(ADA, NOBODY) == ADA


def test_a_correction_moves_only_what_still_says_the_old() -> None:
    corrected = {"given_name": "Ada", "date_of_birth": ADA.date_of_birth}
    put_right = replace(ADA, given_name="Adaeze", date_of_birth=date(2018, 4, 8))
    assert learn(ADA, put_right, corrected=corrected) == put_right
    elsewhere = replace(ADA, given_name="A.", date_of_birth=date(2000, 1, 1))
    assert learn(elsewhere, put_right, corrected=corrected) == elsewhere


def test_a_number_that_another_bears_is_not_learnt() -> None:
    assert learn(NOBODY, ADA, taken={"9434765919"}) == replace(ADA, nhs_number=None)
