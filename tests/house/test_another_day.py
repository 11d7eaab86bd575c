"""The tests on another day: every process has that day; what was not tested is not called well."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scripts.test_on import NOTHING_TESTED, built, surroundings
from tests.support.days import DAYS, instant
from tests.support.patience import PATIENCE
from tests.support.sources import ROOT

TELL = "from service.clock import system_clock; print(system_clock().isoformat())"


def test_where_nothing_can_be_built_it_says_that_nothing_was_tested(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.test_on", "tests/domain"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == NOTHING_TESTED
    assert done.stderr.startswith("NOTHING WAS TESTED")
    assert done.stdout == ""


@pytest.mark.parametrize("day", DAYS)
def test_every_process_has_the_day_and_what_waits_still_waits(day: str, tmp_path: Path) -> None:
    library = built(tmp_path)
    if library is None:
        pytest.skip("there is no C compiler here, so no other day can be had")
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {TELL!r}])"
    wait = "import time; at = time.monotonic(); time.sleep(0.01); assert time.monotonic() > at"
    done = subprocess.run(
        [sys.executable, "-c", f"{wait}\n{TELL}\n{child}"],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=surroundings(library, day),
        text=True,
        timeout=PATIENCE,
    )
    told = [datetime.fromisoformat(line) for line in done.stdout.split()]
    assert len(told) == 2
    for at in told:
        assert timedelta(seconds=-1) < at - instant(day) < timedelta(seconds=PATIENCE)
