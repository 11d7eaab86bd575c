"""Our own commands as the processes that they are, and waiting for what they do."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from service.policy.loading import DEFAULT_POLICY
from tests.support.patience import PATIENCE
from tests.support.sources import ROOT


def quick_policy(folder: Path, shipped: Path = DEFAULT_POLICY) -> Path:
    """The shipped policy, with a sweep each second."""
    text = shipped.read_text(encoding="utf-8")
    text = text.replace("every_seconds = 60", "every_seconds = 1")
    text = text.replace("late_after_seconds = 300", "late_after_seconds = 3")
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


# A test asks more in a second than anybody in a minute, by one account, and at the same time.
NOT_IN_THE_WAY = {"FRONTDOOR_REQUESTS_A_MINUTE": "1000000", "FRONTDOOR_REQUESTS_AT_ONCE": "1000"}


def environment(database_url: str, folder: Path, **given: str | None) -> dict[str, str]:
    """The surroundings of a process of ours: development, its own database and folder.

    What is given as None is left out, also where it would be set here.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDOOR_")}
    surroundings = {
        **kept,
        "PYTHONPATH": str(ROOT),
        "FRONTDOOR_ENVIRONMENT": "development",
        "FRONTDOOR_DEVELOPMENT_ISSUER": "true",
        "FRONTDOOR_DATABASE_URL": database_url,
        "FRONTDOOR_VAR_FOLDER": str(folder),
        **NOT_IN_THE_WAY,
        **given,
    }
    return {name: value for name, value in surroundings.items() if value is not None}


def unmeasured() -> dict[str, str]:
    """Our own surroundings for a program that is none of ours: its lines are not counted.

    To have them looked at, one by one, and found not to be ours, costs a fuzzer half its time.
    """
    return {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")
    }


def with_frontdoor(env: dict[str, str], folder: Path) -> dict[str, str]:
    """The surroundings of a shell in which `frontdoor` is our own command line."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    program = programs / "frontdoor"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m frontdoor "$@"\n')
    program.chmod(0o755)
    return env | {"PATH": f"{programs}{os.pathsep}{env['PATH']}"}


@contextmanager
def processes(
    count: int, module: str, *arguments: str, env: dict[str, str], log: Path
) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """Several processes of one module, killed at the end if they are still there."""
    with log.open("ab") as output:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=env,
                cwd=log.parent,
                stdout=output,
                stderr=output,
            )
            for _ in range(count)
        ]
        try:
            yield started
        finally:
            for process in started:
                process.kill()
            for process in started:
                process.wait(timeout=PATIENCE)


async def until(
    found: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE, what: str = "it"
) -> float:
    """Waits until something holds, and says how long that took."""
    began = perf_counter()
    while not await found():
        if perf_counter() - began > seconds:
            raise AssertionError(f"{what} did not come about within {seconds} s")
        await asyncio.sleep(0.05)
    return perf_counter() - began
