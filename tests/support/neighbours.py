"""Programs that stand beside the service in earnest, run for real where the machine has them."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

_PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))


def needed(program: str) -> str:
    """The path of a program, or the test is skipped, which the run's last lines say."""
    found = shutil.which(program, path=_PLACES)
    if found is None:
        pytest.skip(f"{program} is not on this machine: install it (Debian: apt-get install ...)")
    return found


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A program that listens on a port of the loopback address, gone when the block ends.

    Some refuse to run as root, so there it runs as somebody who owns nothing but the folder.
    """
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if account is not None:
        for place in (folder, *folder.rglob("*")):
            os.chown(place, account.pw_uid, account.pw_gid)
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )
        try:
            _wait(process, port, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
            return
        time.sleep(0.05)
    raise AssertionError(f"it did not start: {log.read_text(errors='replace')[-2000:]}")
