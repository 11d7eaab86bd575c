"""The log: one JSON object a line, kinds and places of failures and never their words."""

import logging
import sys
import traceback
from collections.abc import MutableMapping, Sequence
from typing import Any, TextIO

import structlog

Event = MutableMapping[str, Any]


def _without_words_of_failures(logger: Any, method: str, event: Event) -> Event:
    """Replace an exception by its kind and place: its words may hold what was sent."""
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()[1]
    elif isinstance(failure, tuple):
        failure = failure[1]
    event.pop("exc_text", None)
    event.pop("stack_info", None)
    if isinstance(failure, BaseException):
        event["failure"] = describe_failure(failure)
    return event


def describe_failure(failure: BaseException) -> list[dict[str, Any]]:
    """An exception and its causes as kinds and places, without their messages.

    Messages of exceptions (a driver's, a parser's) quote what was sent, so they are not logged.
    """
    told: list[dict[str, Any]] = []
    link: BaseException | None = failure
    while link is not None and len(told) < 5:
        frames = traceback.extract_tb(link.__traceback__)[-12:]
        told.append(
            {
                "kind": f"{type(link).__module__}.{type(link).__qualname__}",
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            }
        )
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return told


def log_before_all(event: str, **told: Any) -> None:
    """Writes one error as all lines are written, before anything has been set up."""
    structlog.wrap_logger(
        structlog.WriteLogger(sys.stdout),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.BoundLogger,
    ).error(event, **told)


def configure_logs(
    *, level: str = "info", stream: TextIO | None = None, first: Sequence[Any] = ()
) -> int:
    """Sends every log line, ours and the libraries', as one JSON object to a stream (stdout).

    `first` are processors that come before all others. Returns the level as a number.
    """
    shared: list[Any] = [
        *first,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _without_words_of_failures,
    ]
    number = logging.getLevelNamesMapping()[level.upper()]
    target = sys.stdout if stream is None else stream
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))
    return number
