"""Shares to one decimal, and London months as instants."""

from datetime import UTC, date, datetime

import pytest

from service.domain.measures import per_cent, period_asked_for, periods


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"),
    [
        (8, 9, "88.9"),  # as published: rounded, not cut off
        (11, 19, "57.9"),
        (1, 16, "6.3"),  # 6.25: a half goes up
        (3, 16, "18.8"),  # 18.75: not to the even neighbour
        (1, 80, "1.3"),  # 1.25
        (2, 3, "66.7"),
        (0, 7, "0.0"),
        (7, 7, "100.0"),
        (1999, 2000, "100.0"),  # 99.95
    ],
)
def test_a_share_is_rounded_to_one_decimal_half_up(
    numerator: int, denominator: int, value: str
) -> None:
    assert str(per_cent(numerator, denominator)) == value


def test_a_share_of_nothing_is_no_figure() -> None:
    assert per_cent(0, 0) is None


def test_months_are_those_of_london() -> None:
    assert [
        (one.label, one.begins_at, one.ends_at)
        for one in periods(date(2018, 3, 1), date(2018, 4, 11))
    ] == [
        ("2018-03", datetime(2018, 3, 1, tzinfo=UTC), datetime(2018, 3, 31, 23, tzinfo=UTC)),
        ("2018-04", datetime(2018, 3, 31, 23, tzinfo=UTC), datetime(2018, 4, 10, 23, tzinfo=UTC)),
    ]


def test_unasked_a_reading_covers_twelve_months_up_to_the_present_one() -> None:
    now = datetime(2018, 3, 31, 23, 30, tzinfo=UTC)  # already April in London
    assert period_asked_for(now, None, None, None) == (now, date(2017, 5, 1), date(2018, 5, 1))
    assert period_asked_for(now, None, None, date(2018, 3, 15))[1] == date(2017, 4, 1)
    december = datetime(2018, 12, 31, 12, tzinfo=UTC)
    assert period_asked_for(now.replace(year=2019), december, None, None)[2] == date(2019, 1, 1)
