"""How much our own code does: counted in its lines, so that a busy machine changes nothing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tests.support.sources import ROOT

_OURS = tuple(str(ROOT / folder) for folder in ("api", "service"))


class Effort:
    """The lines of ours that were run; one that is run again counts again."""

    def __init__(self) -> None:
        self.lines = 0


@contextmanager
def effort() -> Iterator[Effort]:
    """Counts the lines of ours that this thread runs below the block."""
    counted = Effort()

    def within(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            counted.lines += 1
        return within

    def entered(frame: FrameType, event: str, arg: Any) -> Any:
        return within if frame.f_code.co_filename.startswith(_OURS) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        yield counted
    finally:
        sys.settrace(before)
