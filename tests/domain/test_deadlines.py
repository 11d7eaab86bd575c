"""When clocks run out, and why: a table worked out by hand, and what holds for every clock."""

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies

from service.domain.calendar import LONDON, CalendarUnknown, WorkingCalendar, london_date
from service.domain.deadlines import (
    DeadlineUnknown,
    ElapsedLimit,
    Limit,
    PregnancyLimit,
    Rating,
    Timescale,
    due_times,
    time_left,
)
from service.domain.limits import SameDayLimit, WorkingDaysLimit

ENGLAND = WorkingCalendar(first_year=2018, last_year=2028)
CLOSED = WorkingCalendar(
    first_year=2018,
    last_year=2028,
    closure_days={
        date(2026, 12, 29): "Christmas closure",
        date(2026, 12, 30): "Christmas closure",
        date(2026, 12, 31): "Christmas closure",
        date(2027, 1, 2): "Christmas closure",
    },
)
HOUR = timedelta(hours=1)
NO_ZONE = datetime(2026, 1, 5, 9, tzinfo=UTC).replace(tzinfo=None)
_SPAN = (date(2027, 12, 31) - date(2018, 1, 1)) // timedelta(microseconds=1)
INSTANTS = strategies.integers(0, _SPAN).map(
    lambda micros: datetime(2018, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
WORKING_LIMITS = strategies.integers(1, 45).map(WorkingDaysLimit)
ELAPSED_LIMITS = strategies.integers(1, 8 * 24 * 60).map(
    lambda n: ElapsedLimit(timedelta(minutes=n))
)


def timescale(
    limit: Limit, warn_before: Limit | None = None, rating: Rating | None = None
) -> Timescale:
    return Timescale(
        kind="statutory_decision",
        title="Decision within one working day",
        limit=limit,
        warn_before=warn_before,
        starts="contact received",
        stops="every child signed off",
        source="Working Together",
        local=False,
        owner="mash_manager",
        escalation=(),
        applies_from=date(2018, 1, 1),
        rating=rating,
    )


def london(text: str) -> datetime:
    """Reads "2026-10-25 01:30 GMT": London's wall clock, with the zone then in force."""
    wall, zone = text.rsplit(" ", 1)
    at = datetime.fromisoformat(wall).replace(tzinfo=LONDON, fold=0)
    if at.tzname() != zone:
        at = at.replace(fold=1)
    assert at.tzname() == zone, text
    assert at.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == at.replace(tzinfo=None)
    return at


def limit_of(text: str) -> Limit:
    if text == "same day":
        return SameDayLimit()
    if text.startswith("week "):
        # "week 20 of 2026-07-22, 5 working days": and so many at least for who is told late.
        _, week, _, _, *least = text.split()
        return PregnancyLimit(int(week), WorkingDaysLimit(int(least[0])) if least else None)
    number, unit = text.split(" ", 1)
    if unit.startswith("working"):
        return WorkingDaysLimit(int(number))
    return ElapsedLimit(timedelta(**{unit: int(number)}))


def golden() -> list[tuple[str, str, str, str]]:
    lines = Path(__file__).with_name("golden_deadlines.txt").read_text().splitlines()
    rows = [line.split("|") for line in lines if line and not line.startswith("#")]
    return [(row[0].strip(), row[1].strip(), row[2].strip(), row[3].strip()) for row in rows]


def test_the_table_of_worked_deadlines_is_whole() -> None:
    rows = golden()
    assert len(rows) >= 80
    assert len({row[3] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("started", "limit", "due", "shows"), golden(), ids=[row[3] for row in golden()]
)
def test_a_deadline_worked_out_by_hand_is_met(
    started: str, limit: str, due: str, shows: str
) -> None:
    calendar = CLOSED if shows.startswith("closed:") else ENGLAND
    of = re.search(r" of (\d{4}-\d{2}-\d{2})", limit)
    found = due_times(
        timescale(limit_of(limit)),
        london(started),
        calendar,
        "1",
        expected_delivery_on=None if of is None else date.fromisoformat(of[1]),
    )
    assert found.due_at == london(due).astimezone(UTC)
    assert found.due_at.tzinfo is UTC


def test_the_explanation_of_easter_can_be_done_again_by_hand() -> None:
    found = due_times(
        timescale(WorkingDaysLimit(1), ElapsedLimit(8 * HOUR)),
        london("2026-04-02 16:50 BST"),
        ENGLAND,
        "2026.1+abc",
    )
    assert found.warn_at == datetime(2026, 4, 7, 14, 59, 59, tzinfo=UTC)
    assert json.loads(json.dumps(found.explanation.as_json())) == {
        "kind": "statutory_decision",
        "title": "Decision within one working day",
        "rating": None,
        "source": "Working Together",
        "local": False,
        "applies_from": "2018-01-01",
        "policy_version": "2026.1+abc",
        "calendar_version": ENGLAND.version,
        "starts": "contact received",
        "stops": "every child signed off",
        "started_at": "2026-04-02T15:50:00Z",
        "limit": "one working day",
        "skipped": [
            {"on": "2026-04-03", "kind": "bank_holiday", "reason": "Good Friday"},
            {"on": "2026-04-04", "kind": "weekend", "reason": "Saturday"},
            {"on": "2026-04-05", "kind": "weekend", "reason": "Sunday"},
            {"on": "2026-04-06", "kind": "bank_holiday", "reason": "Easter Monday"},
        ],
        "due_at": "2026-04-07T22:59:59Z",
        "warn_at": "2026-04-07T14:59:59Z",
        "sum": "Contact received Thursday 2 April 2026 16:50; one working day; "
        "Good Friday, Saturday, Sunday and Easter Monday skipped; "
        "due by the end of Tuesday 7 April 2026 (23:59)",
    }


@pytest.mark.parametrize(
    ("started", "limit", "words"),
    [
        (
            "2026-11-16 09:00 GMT",
            "1 working day",
            "Contact received Monday 16 November 2026 09:00; one working day; "
            "due by the end of Tuesday 17 November 2026 (23:59)",
        ),
        (
            "2026-11-20 16:00 GMT",
            "24 hours",
            "Contact received Friday 20 November 2026 16:00; 24 hours, day and night; "
            "due by Saturday 21 November 2026 16:00",
        ),
        (
            "2026-10-24 02:30 BST",
            "24 hours",
            "Contact received Saturday 24 October 2026 02:30 BST; 24 hours, day and night; "
            "due by Sunday 25 October 2026 01:30 GMT",
        ),
        (
            "2026-10-25 01:30 GMT",
            "1 working day",
            "Contact received Sunday 25 October 2026 01:30 GMT; one working day; "
            "due by the end of Monday 26 October 2026 (23:59)",
        ),
        (
            "2026-04-02 16:50 BST",
            "15 working days",
            "Contact received Thursday 2 April 2026 16:50; 15 working days; "
            "8 Saturdays and Sundays, Good Friday and Easter Monday skipped; "
            "due by the end of Monday 27 April 2026 (23:59)",
        ),
        (
            "2026-11-16 09:00 GMT",
            "150 minutes",
            "Contact received Monday 16 November 2026 09:00; 2 hours 30 minutes, day and night; "
            "due by Monday 16 November 2026 11:30",
        ),
    ],
)
def test_the_sum_is_a_sentence_that_a_person_can_check(
    started: str, limit: str, words: str
) -> None:
    found = due_times(timescale(limit_of(limit)), london(started), ENGLAND, "1")
    assert found.explanation.sum == words


@pytest.mark.parametrize(
    ("started", "begun", "due"),
    [
        (
            "2026-10-24 12:00 BST",
            "Saturday 24 October 2026 12:00 BST",
            "Sunday 25 October 2026 11:00 GMT",
        ),
        (
            "2026-03-28 12:00 GMT",
            "Saturday 28 March 2026 12:00 GMT",
            "Sunday 29 March 2026 13:00 BST",
        ),
        # At an hour that is read twice, on the first reading: no change lies between.
        (
            "2026-10-24 01:30 BST",
            "Saturday 24 October 2026 01:30 BST",
            "Sunday 25 October 2026 01:30 BST",
        ),
    ],
    ids=["autumn", "spring", "due at an hour that is read twice"],
)
def test_the_sum_names_gmt_and_bst_when_the_clocks_change_within_an_elapsed_limit(
    started: str, begun: str, due: str
) -> None:
    found = due_times(timescale(limit_of("24 hours")), london(started), ENGLAND, "1")
    assert found.explanation.sum == (
        f"Contact received {begun}; 24 hours, day and night; due by {due}"
    )


def test_the_explanation_names_the_rating_of_a_rule_that_has_one() -> None:
    rule = timescale(ElapsedLimit(4 * HOUR), rating=Rating.red)
    found = due_times(rule, london("2026-11-16 09:00 GMT"), ENGLAND, "1")
    assert found.explanation.as_json()["rating"] == "red"
    assert found.warn_at is None


@pytest.mark.parametrize(
    ("limit", "warn_before", "warn"),
    [
        (ElapsedLimit(24 * HOUR), ElapsedLimit(4 * HOUR), "2026-11-21 12:00 GMT"),
        (ElapsedLimit(4 * HOUR), ElapsedLimit(9 * HOUR), "2026-11-20 16:00 GMT"),
        (WorkingDaysLimit(1), ElapsedLimit(8 * HOUR), "2026-11-23 15:59:59 GMT"),
        (WorkingDaysLimit(5), WorkingDaysLimit(1), "2026-11-26 23:59:59 GMT"),
        (WorkingDaysLimit(1), WorkingDaysLimit(1), "2026-11-20 16:00 GMT"),
    ],
)
def test_the_warning_comes_before_the_limit_and_never_before_the_start(
    limit: Limit, warn_before: Limit, warn: str
) -> None:
    rule = timescale(limit, warn_before)
    found = due_times(rule, london("2026-11-20 16:00 GMT"), ENGLAND, "1")
    assert found.warn_at == london(warn).astimezone(UTC)


@pytest.mark.parametrize(
    ("limit", "warn_before", "warn"),
    [
        # As long as the limit: at once.
        (ElapsedLimit(24 * HOUR), ElapsedLimit(24 * HOUR), "2026-11-20 16:00 GMT"),
        (SameDayLimit(), ElapsedLimit(4 * HOUR), "2026-11-20 19:59:59 GMT"),
        (SameDayLimit(), ElapsedLimit(12 * HOUR), "2026-11-20 16:00 GMT"),
        (PregnancyLimit(20), ElapsedLimit(336 * HOUR), "2027-01-15 23:59:59 GMT"),
        # Told late, the working days begin with the warning.
        (
            PregnancyLimit(8, WorkingDaysLimit(5)),
            ElapsedLimit(336 * HOUR),
            "2026-11-20 16:00 GMT",
        ),
    ],
)
def test_the_warning_of_a_day_and_of_a_week_of_pregnancy(
    limit: Limit, warn_before: Limit, warn: str
) -> None:
    found = due_times(
        timescale(limit, warn_before),
        london("2026-11-20 16:00 GMT"),
        ENGLAND,
        "1",
        expected_delivery_on=date(2027, 6, 18),
    )
    assert found.warn_at == london(warn).astimezone(UTC)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (
            SameDayLimit(),
            "Contact received Friday 20 November 2026 16:00; the same day; "
            "due by the end of Friday 20 November 2026 (23:59)",
        ),
        (
            PregnancyLimit(20),
            "Contact received Friday 20 November 2026 16:00; 20 weeks of pregnancy; "
            "40 are complete on Friday 18 June 2027; "
            "due by the end of Friday 29 January 2027 (23:59)",
        ),
        (
            PregnancyLimit(8, WorkingDaysLimit(1)),
            "Contact received Friday 20 November 2026 16:00; 8 weeks of pregnancy, and one working "
            "day at least; 40 are complete on Friday 18 June 2027; Saturday and Sunday skipped; "
            "due by the end of Monday 23 November 2026 (23:59)",
        ),
    ],
)
def test_the_sum_of_a_day_and_of_a_week_of_pregnancy(limit: Limit, words: str) -> None:
    found = due_times(
        timescale(limit),
        london("2026-11-20 16:00 GMT"),
        ENGLAND,
        "1",
        expected_delivery_on=date(2027, 6, 18),
    )
    assert found.explanation.sum == words
    assert found.explanation.limit == limit.words


def test_a_limit_in_weeks_of_pregnancy_needs_the_expected_date() -> None:
    with pytest.raises(ValueError, match="expected date of delivery"):
        due_times(timescale(PregnancyLimit(20)), london("2026-11-20 16:00 GMT"), ENGLAND, "1")


def test_an_elapsed_limit_cannot_be_warned_of_in_working_days() -> None:
    rule = timescale(ElapsedLimit(24 * HOUR), WorkingDaysLimit(1))
    with pytest.raises(ValueError, match="Only a limit in working days"):
        due_times(rule, london("2026-11-20 16:00 GMT"), ENGLAND, "1")


@pytest.mark.heavy
def test_mixing_real_time_and_working_days_fails_the_type_check(tmp_path: Path) -> None:
    mixed = [
        "ElapsedLimit(WorkingDaysLimit(1))",
        "WorkingDaysLimit(timedelta(days=1))",
        "elapsed: ElapsedLimit = WorkingDaysLimit(1)",
        "WorkingDaysLimit(1) + ElapsedLimit(timedelta(1))",
    ]
    source = tmp_path / "mixed.py"
    source.write_text(
        "from datetime import timedelta\n"
        "from service.domain.deadlines import ElapsedLimit\n"
        "from service.domain.limits import WorkingDaysLimit\n"
        "right: ElapsedLimit = ElapsedLimit(timedelta(hours=24))\n" + "\n".join(mixed) + "\n"
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), source],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    faulty = {line.split(":")[1] for line in checked.stdout.splitlines() if " error: " in line}
    assert faulty == {"5", "6", "7", "8"}, checked.stdout + checked.stderr


@pytest.mark.parametrize("limit", [ElapsedLimit(24 * HOUR), WorkingDaysLimit(1)])
def test_a_clock_cannot_start_without_a_zone(limit: Limit) -> None:
    with pytest.raises(ValueError, match="zone"):
        due_times(timescale(limit), NO_ZONE, ENGLAND, "1")


@pytest.mark.parametrize(
    "started",
    [datetime(2017, 12, 31, 12, tzinfo=UTC), datetime(2028, 12, 31, 12, tzinfo=UTC)],
)
def test_working_days_outside_the_known_years_are_refused(started: datetime) -> None:
    with pytest.raises(CalendarUnknown):
        due_times(timescale(WorkingDaysLimit(1)), started, ENGLAND, "1")


@pytest.mark.parametrize(
    ("started", "limit"),
    [
        ("9999-12-31T23:30:00+00:00", ElapsedLimit(24 * HOUR)),
        ("0001-01-01T00:30:00+05:00", ElapsedLimit(24 * HOUR)),
        ("9999-12-31T23:30:00-05:00", WorkingDaysLimit(1)),
    ],
)
def test_a_start_at_the_end_of_time_is_a_refusal_and_not_a_crash(
    started: str, limit: Limit
) -> None:
    with pytest.raises(DeadlineUnknown, match="Check the date"):
        due_times(timescale(limit), datetime.fromisoformat(started), ENGLAND, "1")


@pytest.mark.parametrize(
    ("left", "minutes", "words"),
    [
        (timedelta(hours=2, minutes=14), 134, "2 h 14 min left"),
        (timedelta(hours=2, minutes=14, seconds=59), 134, "2 h 14 min left"),
        (timedelta(hours=2), 120, "2 h left"),
        (timedelta(days=1, minutes=5), 1445, "1 day 5 min left"),
        (timedelta(minutes=1), 1, "1 min left"),
        (timedelta(seconds=59), 0, "less than a minute left"),
        (timedelta(0), 0, "due now"),
        (timedelta(microseconds=-1), -1, "1 min overdue"),
        (timedelta(seconds=-60), -1, "1 min overdue"),
        (timedelta(seconds=-61), -2, "2 min overdue"),
        (-timedelta(days=3, hours=1), -4380, "3 days 1 h overdue"),
    ],
)
def test_the_time_left_is_said_to_the_minute(left: timedelta, minutes: int, words: str) -> None:
    now = datetime(2026, 11, 16, 9, tzinfo=UTC)
    found = time_left(now + left, now)
    assert (found.minutes, found.words) == (minutes, words)
    assert found.overdue == (left < timedelta(0))


def test_the_time_left_over_the_change_of_the_clocks_is_real_time() -> None:
    now, due = london("2026-10-25 00:30 BST"), london("2026-10-25 03:30 GMT")
    assert time_left(due, now).words == "4 h left"


@pytest.mark.parametrize("naive", ["due", "now"])
def test_the_time_left_needs_zones(naive: str) -> None:
    aware, bare = datetime(2026, 1, 1, tzinfo=UTC), NO_ZONE
    with pytest.raises(ValueError, match="zone"):
        time_left(bare if naive == "due" else aware, bare if naive == "now" else aware)


@given(
    INSTANTS,
    strategies.timedeltas(timedelta(0), timedelta(days=20)),
    WORKING_LIMITS | ELAPSED_LIMITS,
)
def test_a_later_receipt_is_never_due_earlier(
    started: datetime, later: timedelta, limit: Limit
) -> None:
    first = due_times(timescale(limit), started, ENGLAND, "1").due_at
    second = due_times(timescale(limit), started + later, ENGLAND, "1").due_at
    assert first <= second


@given(INSTANTS, WORKING_LIMITS)
def test_working_days_run_to_the_last_second_of_a_working_day(
    started: datetime, limit: WorkingDaysLimit
) -> None:
    due = due_times(timescale(limit), started, ENGLAND, "1").due_at
    due_on = london_date(due)
    assert ENGLAND.is_working_day(due_on)
    assert london_date(due + timedelta(seconds=1)) == due_on + timedelta(days=1)
    assert ENGLAND.working_days_between(london_date(started), due_on) == limit.working_days


@given(INSTANTS, ELAPSED_LIMITS)
def test_an_elapsed_limit_is_exact_real_time_whatever_the_zone_of_the_sender(
    started: datetime, limit: ElapsedLimit
) -> None:
    due = due_times(timescale(limit), started.astimezone(LONDON), ENGLAND, "1").due_at
    assert due.timestamp() - started.timestamp() == pytest.approx(limit.duration.total_seconds())
    assert due == started + limit.duration


@given(INSTANTS, WORKING_LIMITS | ELAPSED_LIMITS)
def test_the_warning_lies_between_the_start_and_the_deadline(
    started: datetime, limit: Limit
) -> None:
    found = due_times(timescale(limit, ElapsedLimit(4 * HOUR)), started, ENGLAND, "1")
    assert found.warn_at is not None
    assert started <= found.warn_at < found.due_at


@given(INSTANTS, WORKING_LIMITS | ELAPSED_LIMITS)
def test_every_explanation_is_json_and_names_its_rule(started: datetime, limit: Limit) -> None:
    found = due_times(timescale(limit), started, CLOSED, "7")
    said = json.loads(json.dumps(found.explanation.as_json()))
    assert datetime.fromisoformat(said["due_at"]) == found.due_at
    assert datetime.fromisoformat(said["started_at"]) == started
    assert (said["policy_version"], said["calendar_version"]) == ("7", CLOSED.version)


@given(INSTANTS, strategies.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_minutes_are_below_nought_exactly_when_the_deadline_has_passed(
    due: datetime, ahead: timedelta
) -> None:
    found = time_left(due, due - ahead)
    assert (found.minutes < 0) == (ahead < timedelta(0)) == found.overdue
    assert timedelta(minutes=found.minutes) <= ahead < timedelta(minutes=found.minutes + 1)
