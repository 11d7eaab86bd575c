"""Every clock of the shipped policy over Christmas, Easter, leap day and changes of the clocks."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.policy import load_policy

POLICY = load_policy()
LONDON = ZoneInfo("Europe/London")


def golden() -> list[tuple[str, str, str, str]]:
    lines = Path(__file__).with_name("golden_clocks.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if not line.startswith("#")]
    return [(row[0].strip(), row[1].strip(), row[2].strip(), row[3].strip()) for row in rows]


def london(text: str) -> datetime:
    wall, zone = text.rsplit(" ", 1)
    at = datetime.fromisoformat(wall).replace(tzinfo=LONDON)
    at = at if at.tzname() == zone else at.replace(fold=1)
    assert at.tzname() == zone, text
    return at.astimezone(UTC)


def test_the_table_holds_every_clock_on_every_kind_of_day() -> None:
    clocks = {
        rule.kind if rule.rating is None else f"{rule.kind} {rule.rating}"
        for rule in POLICY.timescales
    }
    rows = golden()
    assert {row[0] for row in rows} == clocks
    assert all(len({row[1] for row in rows if row[0] == clock}) == 8 for clock in clocks)


@pytest.mark.parametrize(
    ("clock", "started", "expected", "due"),
    golden(),
    ids=[" ".join(row[:3]).strip() for row in golden()],
)
def test_a_clock_runs_out_when_the_table_says(
    clock: str, started: str, expected: str, due: str
) -> None:
    kind, _, rating = clock.partition(" ")
    found = POLICY.due_times(
        kind,
        london(started),
        rating or None,
        expected_delivery_on=date.fromisoformat(expected) if expected else None,
    )
    assert found.due_at == london(due)
