"""Run the tests on another day, as every process of theirs sees the time of the machine.

`python -m scripts.test_on --day "2027-03-28 00:58" tests/domain` (UTC; words for pytest after it);
without `--day`, on each of the days on which it goes wrong. It needs a C compiler, and says so
loudly where there is none: nothing is tested then, and it fails.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from service.clock import system_clock
from tests.support.days import DAYS, instant

SOURCE = Path(__file__).with_name("another_day.c")
NOTHING_TESTED = 3


def built(folder: Path) -> Path | None:
    """What gives a process another time of day, built; None where nothing can build it."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "another_day.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"]
    done = subprocess.run(command, check=False)
    return library if done.returncode == 0 else None


def surroundings(library: Path, day: str) -> dict[str, str]:
    """What every process of the tests inherits.

    So much later than now, rather than from an instant on: then all of them have one time.
    """
    ahead = instant(day) - system_clock()
    return {
        **os.environ,
        "LD_PRELOAD": str(library),
        "SECONDS_AHEAD_OF_THE_MACHINE": f"{ahead.total_seconds():.0f}",
    }


def main(words: list[str]) -> int:
    """Runs the tests on one day or on each; the exit code is of the first day that failed."""
    asked = argparse.ArgumentParser(description="Run the tests on another day.")
    asked.add_argument("--day", help="a day and time in UTC: 2027-03-28 00:58")
    given, rest = asked.parse_known_args(words)
    failed = 0
    with TemporaryDirectory() as folder:
        library = built(Path(folder))
        if library is None:
            print(
                "NOTHING WAS TESTED: there is no C compiler, so the tests cannot be run on another "
                "day. On Debian and Ubuntu: apt-get install gcc libc6-dev.",
                file=sys.stderr,
            )
            return NOTHING_TESTED
        for day in [given.day] if given.day else DAYS:
            print(f"As if it were {day} UTC: {DAYS.get(day, 'a day like another')}", flush=True)
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *rest],
                check=False,
                env=surroundings(library, day),
            )
            failed = failed or done.returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
