"""The one place where the time is read; everything else is given it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present, as an aware UTC instant."""
    return datetime.now(UTC)
