"""The logs of this process as one test sets them, and as the next one finds them."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from api.observability import configure_api_logs

_SET_BY_US = ("", "uvicorn", "uvicorn.error", "uvicorn.access")


@contextmanager
def logs_put_back() -> Iterator[None]:
    """Undoes what is done to the logs inside: a level that stayed would hide lines from others."""
    found = [logging.getLogger(name) for name in _SET_BY_US]
    before = [(one.handlers[:], one.level, one.propagate, one.disabled) for one in found]
    yield
    for one, (handlers, level, propagate, disabled) in zip(found, before, strict=True):
        one.handlers[:] = handlers
        one.setLevel(level)
        one.propagate, one.disabled = propagate, disabled
    structlog.reset_defaults()


def hear_logs(level: str) -> io.StringIO:
    """Everything that a service logs from now on that is told to log so much."""
    stream = io.StringIO()
    configure_api_logs(level=level, stream=stream)
    return stream
