"""Several API processes on one port: started, replaced when one dies, and stopped as one."""

import signal
import socket
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Final

import structlog

from api.serving import LONGEST_STOP_SECONDS, SERVING, SIGNALS
from frontdoor.lifelines import ChildProcess, start_on_lifeline

_LOOK_SECONDS: Final = 0.1
# Between two starts: after a death, and after a start that came to nothing.
_SOON_SECONDS: Final = 1.0
_LATER_SECONDS: Final = 10.0


class ApiProcesses:
    """The parent: it holds the port until the stop, and its children do the work."""

    def __init__(self, count: int, listeners: Sequence[socket.socket]) -> None:
        self._count = count
        self._listeners = list(listeners)
        self._children: list[ChildProcess] = []
        self._serving: set[int] = set()
        self._asked: list[int] = []
        self._failed = False
        self._has_served = False
        self._start_at = 0.0
        self._log = structlog.get_logger("frontdoor")

    def run(self) -> int:
        """Runs until asked to stop. Returns the exit code: 0 when all has ended in good order."""
        for sign in SIGNALS:
            signal.signal(sign, self._ask)
        try:
            for _ in range(self._count):
                self._start()
            while not self._asked and not self._failed:
                time.sleep(_LOOK_SECONDS)
                self._look()
            return self._stop()
        finally:
            for child in self._children:
                child.process.kill()

    def _ask(self, number: int, _: FrameType | None) -> None:
        self._asked.append(number)

    def _start(self) -> None:
        places = [listener.fileno() for listener in self._listeners]
        command = [sys.executable, "-m", "api.serving", *map(str, places)]
        self._children.append(start_on_lifeline(command, handed_down=places))
        self._start_at = time.monotonic() + _SOON_SECONDS

    def _look(self) -> None:
        """Notes who serves, and has those that died replaced."""
        for child in list(self._children):
            if _heard(child.lifeline) == SERVING:
                self._serving.add(child.process.pid)
                self._has_served = True
            if child.process.poll() is not None:
                self._bury(child)
        if len(self._children) < self._count and time.monotonic() > self._start_at:
            self._start()

    def _bury(self, child: ChildProcess) -> None:
        """Says that a child has ended. When none has ever served, no other would."""
        self._children.remove(child)
        child.lifeline.close()
        code = child.process.returncode
        if child.process.pid in self._serving:
            self._serving.discard(child.process.pid)
            self._log.error("an API process has ended; another is started", exit_code=code)
            return
        self._log.error("an API process could not begin to serve", exit_code=code)
        self._failed = not self._has_served
        self._start_at = time.monotonic() + _LATER_SECONDS

    def _stop(self) -> int:
        """Hands the wish to stop on, and waits until all have ended."""
        for listener in self._listeners:
            listener.close()
        wishes = self._asked or [signal.SIGTERM]
        told = 0
        until = time.monotonic() + LONGEST_STOP_SECONDS
        while any(child.process.poll() is None for child in self._children):
            for number in wishes[told:]:
                for child in self._children:
                    child.process.send_signal(number)
            told = len(wishes)
            if time.monotonic() > until:
                for child in self._children:
                    child.process.kill()
            time.sleep(_LOOK_SECONDS)
        return int(self._failed or not all(self._ended_well(child) for child in self._children))

    def _ended_well(self, child: ChildProcess) -> bool:
        code = child.process.wait()
        # One that had not begun to serve may have died of the wish itself: it had nobody to answer.
        had_begun = _heard(child.lifeline) == SERVING or child.process.pid in self._serving
        return code == 0 or (not had_begun and -code in SIGNALS)


def _heard(lifeline: socket.socket) -> bytes:
    try:
        return lifeline.recv(1)
    except OSError:
        return b""
