"""Processes that end when their parent does, however that came about: each holds a lifeline.

It is a pair of sockets. The child sees the end of its own when the parent's is closed, which the
system does even for one that was killed.
"""

import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LIFELINE = "--lifeline"


@dataclass(slots=True)
class ChildProcess:
    """A process of ours, and our end of its lifeline."""

    process: subprocess.Popen[bytes]
    lifeline: socket.socket


def start_on_lifeline(
    command: Sequence[str], *, handed_down: Sequence[int] = (), **options: Any
) -> ChildProcess:
    """Starts a command that takes `--lifeline DESCRIPTOR`, in a session of its own.

    Ctrl-C at a terminal then reaches the parent alone, which stops its children in good order.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own programs, by their full path
            [*command, LIFELINE, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), *handed_down),
            start_new_session=True,
            **options,
        )
    return ChildProcess(process, ours)
