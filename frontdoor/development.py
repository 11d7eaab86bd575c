"""Everything on one machine: the API and a worker as two processes, started and stopped as one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
import httpx

from frontdoor.lifelines import ChildProcess, start_on_lifeline
from service.own_files import own_folder
from service.settings import PREFIX, Settings

READY_SECONDS = 60.0
STOP_SECONDS = 40.0
LOG_LINES = 8
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StopSignal(Exception):
    """Somebody asked us to stop."""


def _stop(_: int, __: FrameType | None) -> NoReturn:
    raise _StopSignal


def run_everything(settings: Settings) -> int:
    """Runs the API and a worker until Ctrl-C, SIGTERM, a closed terminal or the end of either.

    Returns the exit code: 0 when it was asked to stop.
    """
    for sign in _SIGNALS:
        signal.signal(sign, _stop)
    own_folder(settings.var_folder)
    environment = {**os.environ, f"{PREFIX}PORT": str(settings.port)}
    running: dict[str, ChildProcess] = {}
    try:
        for name in ("serve", "worker"):
            running[name] = _start(name, settings.var_folder, environment)
        click.echo("Starting the API and the worker ...")
        if _wait_until_ready(settings, running):
            click.echo(what_next(settings))
            while all(child.process.poll() is None for child in running.values()):
                time.sleep(0.2)
        return _say_what_ended(settings.var_folder, running)
    except _StopSignal:
        click.echo("\nStopping ...")
        return 0
    finally:
        for sign in _SIGNALS:
            signal.signal(sign, signal.SIG_IGN)
        _stop_all(running)


def _start(name: str, folder: Path, environment: Mapping[str, str]) -> ChildProcess:
    with (folder / f"{name}.log").open("ab") as log:
        return start_on_lifeline(
            [sys.executable, "-m", "frontdoor", name], env=environment, stdout=log, stderr=log
        )


def _wait_until_ready(settings: Settings, running: Mapping[str, ChildProcess]) -> bool:
    """Whether the service says that it is ready before anything ends or patience does."""
    until = time.monotonic() + READY_SECONDS
    with httpx.Client(base_url=address(settings), timeout=2, trust_env=False) as client:
        while time.monotonic() < until:
            if any(child.process.poll() is not None for child in running.values()):
                return False
            try:
                if client.get("/readyz").status_code == httpx.codes.OK:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    return False


def _say_what_ended(folder: Path, running: Mapping[str, ChildProcess]) -> int:
    ended = [name for name, child in running.items() if child.process.poll() is not None]
    if not ended:
        click.echo(
            f"It did not become ready within {READY_SECONDS:.0f} seconds. GET /readyz says why; "
            f"the logs are {folder / 'serve.log'} and {folder / 'worker.log'}.",
            err=True,
        )
    for name in ended:
        path = folder / f"{name}.log"
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        click.echo(f"frontdoor {name} has ended. The end of {path}:", err=True)
        for line in lines:
            click.echo(f"  {line}", err=True)
    return 1


def _stop_all(running: Mapping[str, ChildProcess]) -> None:
    for child in running.values():
        # As Ctrl-C itself would: there is no balancer that needs time to notice.
        child.process.send_signal(signal.SIGINT)
    for child in running.values():
        try:
            child.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        child.lifeline.close()


def address(settings: Settings) -> str:
    """Where the service answers."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def command() -> str:
    """How to call this program from the shell it was started in."""
    beside = Path(sys.executable).with_name("frontdoor")
    if not beside.exists():
        return f"{sys.executable} -m frontdoor"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if folder and Path(folder) == beside.parent:
            return "frontdoor"
    here = Path.cwd()
    return str(beside.relative_to(here)) if beside.is_relative_to(here) else str(beside)


def what_next(settings: Settings) -> str:
    """What to try next, ready to be pasted."""
    at, ours = address(settings), command()
    return f"""
The front door is open at {at}
  Documentation, to read and to try:  {at}/docs
  Logs:                               serve.log and worker.log in {settings.var_folder}

Try next, in another terminal in this folder:

  # the desk: open contacts, soonest deadline first
  curl -s -H "Authorization: Bearer $({ours} token --role mash_worker)" \\
      {at}/v1/queues/contacts

  # log a contact
  curl -s -H "Authorization: Bearer $({ours} token --role mash_worker)" \\
      -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)" \\
      -H "Content-Type: application/json" -d '{CONTACT}' \\
      {at}/v1/contacts

  # what is red, and whose it is
  curl -s -H "Authorization: Bearer $({ours} token --role mash_manager)" \\
      {at}/v1/flags

Stop with Ctrl-C; the data stays in {settings.var_folder}.
"""


CONTACT = (
    '{"concern": "A seven-year-old came to school with a bruise she could not explain.", '
    '"source_code": "2A", "channel": "telephone", "referrer": {"role": "Teacher"}, '
    '"children": [{"given_name": "Ada", "family_name": "Example"}]}'
)
