"""How far the clock of whoever tells of something may be ahead of ours, wherever it is told."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.instants import CLOCK_TOLERANCE, lies_ahead
from service.domain.missing_episodes import faults_in_times
from tests.support.sources import ROOT

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-1, 0, 2, 300])
def test_a_clock_that_is_a_little_ahead_is_no_fault(seconds: float) -> None:
    assert not lies_ahead(NOW + timedelta(seconds=seconds), NOW)


def test_what_lies_further_ahead_is_one() -> None:
    assert lies_ahead(NOW + CLOCK_TOLERANCE + timedelta(microseconds=1), NOW)


def test_a_child_reported_missing_by_a_clock_two_seconds_ahead_is_missing() -> None:
    soon = NOW + timedelta(seconds=2)
    assert faults_in_times(NOW, NOW, soon, None) == []


def test_no_other_place_compares_what_is_told_with_the_present() -> None:
    """One allowance everywhere: a comparison written by hand would have its own."""
    folders = ("service/domain", "service/usecases")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in folders
        for path in sorted((ROOT / folder).glob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ("_at > now" in line or "_at > work.now" in line or " at > now" in line)
        and "as_at" not in line
        and "instants.py" not in path.name
        and "measures.py" not in path.name
        and "due_at" not in line
    ]
    assert found == []
