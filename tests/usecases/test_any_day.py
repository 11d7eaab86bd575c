"""Any day: what people do, and every clock that it starts, when the calendar is at its worst."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.bootstrap import House
from service.domain.calendar import LONDON
from service.domain.deadlines import Deadline
from service.persistence.records import columns_of, read, table_of
from service.usecases.flags import sweep
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.days import DAYS, instant
from tests.support.desks import Desk, open_desk
from tests.support.everything_late import let_every_clock_run

DEADLINE = table_of(Deadline)
LAST_SECOND = time(23, 59, 59)
# As published by the government, and by hand: nothing here asks the service's own calendar.
BANK_HOLIDAYS = {
    *(date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 3, 26)),
    *(date(2027, 3, 29), date(2027, 5, 3), date(2027, 5, 31), date(2027, 8, 30)),
    *(date(2027, 12, 27), date(2027, 12, 28), date(2028, 1, 3), date(2028, 4, 14)),
    *(date(2028, 4, 17), date(2028, 5, 1), date(2028, 5, 29)),
}
NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
OPENS = 9
HOURS, MINUTES = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(params=DAYS)
async def desk(
    request: pytest.FixtureRequest, sqlite: SqliteFiles, tmp_path: Path
) -> AsyncIterator[Desk]:
    """A front door on one of the days, at which a clock of every kind has just been started."""
    url = sqlite.create_database()
    clock = FixedClock(instant(request.param))
    async with open_desk(url, tmp_path, clock) as found:
        await let_every_clock_run(found)
        yield found
    sqlite.drop_database(url)


async def clocks(house: House) -> list[Deadline]:
    rows = await house.ask(lambda ask: ask.all(select(*columns_of(Deadline))))
    return [read(Deadline, row) for row in rows]


def working(day: date) -> bool:
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def number(words: str) -> int:
    first = words.split()[0]
    return NUMBERS.index(first) if first in NUMBERS else int(first)


def by_hand(clock: Deadline) -> datetime | None:
    """When a clock falls due, from the words of its limit; None for weeks of pregnancy."""
    limit = str(clock.explanation["limit"])
    started_on = clock.started_at.astimezone(LONDON).date()
    if "pregnancy" in limit:
        return None
    if limit.startswith("noon of"):
        # Before the office opens, the noon of that very day.
        opened = clock.started_at.astimezone(LONDON).hour >= OPENS
        due_on = started_on + timedelta(days=opened)
        while not working(due_on):
            due_on += timedelta(days=1)
        return datetime.combine(due_on, time(12), LONDON).astimezone(clock.started_at.tzinfo)
    if limit.endswith(" weeks"):
        due_on = started_on + timedelta(weeks=number(limit))
    elif limit == "the same day":
        due_on = started_on
    elif "working day" in limit:
        due_on, left = started_on, number(limit)
        while left:
            due_on += timedelta(days=1)
            left -= working(due_on)
    else:
        words = limit.split()
        unit = {"hour": HOURS, "hours": HOURS, "minute": MINUTES, "minutes": MINUTES}
        length = sum(
            (int(words[at]) * unit[words[at + 1]] for at in range(0, len(words), 2)), timedelta()
        )
        return clock.started_at + length
    return datetime.combine(due_on, LAST_SECOND, LONDON).astimezone(clock.started_at.tzinfo)


async def test_on_any_day_every_clock_falls_due_when_a_person_reckons_that_it_does(
    desk: Desk,
) -> None:
    found = await clocks(desk.house)
    assert len({clock.kind for clock in found}) > 25
    wrong = {
        (clock.kind, clock.explanation["sum"]): (clock.due_at, due_at)
        for clock in found
        if (due_at := by_hand(clock)) is not None and due_at != clock.due_at
    }
    assert wrong == {}
    for clock in found:
        assert clock.started_at <= desk.clock.now
        assert clock.warn_at is None or clock.started_at <= clock.warn_at <= clock.due_at
        elapsed = "day and night" in str(clock.explanation["sum"])
        changes = _offset(clock.started_at) != _offset(clock.due_at)
        named = str(clock.explanation["sum"]).endswith(("GMT", "BST"))
        assert named or not (elapsed and changes), clock.explanation["sum"]


def _offset(at: datetime) -> timedelta | None:
    return at.astimezone(LONDON).utcoffset()


async def test_on_any_day_the_sweep_flags_each_clock_once_and_at_its_limit(desk: Desk) -> None:
    running = [one for one in await clocks(desk.house) if one.stopped_at is None]
    soonest = min(one.due_at for one in running)
    for at in (soonest - timedelta(seconds=1), soonest, desk.clock.now + timedelta(days=120)):
        desk.clock.set(at)
        due = sum(one.due_at <= at for one in running)
        await sweep(desk.house)
        flagged = [one for one in await clocks(desk.house) if one.breached_at is not None]
        assert len(flagged) == due
        assert (await sweep(desk.house)).breaches == 0
