"""Request ids, one log line a request, metrics and security headers: what an operator sees."""

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TextIO
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from service.domain.allowances import REQUESTS, URGENT_POSTS, VALIDATIONS, Left
from service.logs import Event, configure_logs, describe_failure

_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT: Final = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_CLASSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

HUNG_UP: Final = 499
"""The status of what could not be answered, for the caller was gone: nobody's fault here."""

CYCLE: Final = "frontdoor.cycle"
"""Where the connection keeps in a request's scope how far it has come with the answer."""

AT_ONCE: Final = "at-once"
"""The allowance, in a meter, of who has too many requests here at the same time."""

UNMATCHED: Final = "unmatched"
"""The template of a request to a path that does not exist: the path itself is never kept."""

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
)
"""On every answer, unless it says its own. Nothing is stored by a cache that does not say so."""


@dataclass(slots=True)
class Notes:
    """What is known of the request being answered, for its log line and its problem document."""

    request_id: str = "00000000-0000-0000-0000-000000000000"
    correlation_id: str | None = None
    trace_id: str | None = None
    parent_span_id: str | None = None
    template: str = UNMATCHED
    account_id: str | None = None
    problem: str | None = None
    left: Left | None = None
    """What the caller has left of what may be asked."""
    token: str | None = None
    """Why the token was refused: for the log alone, never for the one who sent it."""


_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


def current_notes() -> Notes:
    """The notes of the request being answered; fresh ones outside a request."""
    notes = _notes.get()
    return Notes() if notes is None else notes


def note_caller(account_id: UUID) -> None:
    """Say who is calling, for the log: the account's id, never a name."""
    notes = _notes.get()
    if notes is not None:
        notes.account_id = str(account_id)


def note_left(left: Left) -> None:
    """Say what the caller has left: every answer tells it, and no log line."""
    notes = _notes.get()
    if notes is not None:
        notes.left = left


def _ratelimit(left: Left) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of draft-ietf-httpapi-ratelimit-headers-10."""
    one = left.allowance
    return (
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (one.name.encode(), one.number, one.seconds)),
        (b"ratelimit", b'"%b";r=%d;t=%d' % (one.name.encode(), left.requests, left.seconds)),
    )


def _with_notes(logger: Any, method: str, event: Event) -> Event:
    notes = _notes.get()
    if notes is not None:
        event.setdefault("request_id", notes.request_id)
        for name in ("correlation_id", "trace_id", "parent_span_id", "account_id"):
            value = getattr(notes, name)
            if value is not None:
                event.setdefault(name, value)
    return event


def configure_api_logs(*, level: str = "info", stream: TextIO | None = None) -> None:
    """Sends every log line to a stream as JSON, bound to the request that it belongs to.

    The server's own access log is silenced: it holds raw paths and queries.
    """
    number = configure_logs(level=level, stream=stream, first=[_with_notes])
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(number)
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    access.disabled = True


def log_failure(failure: BaseException, *, event: str) -> None:
    """Record a failure by kind and place, bound to the request that met it."""
    structlog.get_logger("api").error(event, failure=describe_failure(failure))


class Metrics:
    """The application's own meters, in a registry of its own so that two may live side by side."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.duration = Histogram(
            "http_server_request_duration_seconds",
            "Time from the request's arrival to the end of its answer.",
            ("method", "route", "status_class"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "http_server_active_requests", "Requests being answered.", registry=self.registry
        )
        self.connections = Gauge(
            "http_server_open_connections",
            "Connections that this process holds.",
            registry=self.registry,
        )
        self.problems = Counter(
            "http_server_problems",
            "Problem documents given out, by code.",
            ("code",),
            registry=self.registry,
        )
        self.too_many = Counter(
            "http_server_too_many_requests",
            "Requests refused since their caller asks too often, by what was used up.",
            ("allowance",),
            registry=self.registry,
        )
        # There from the beginning: what appears with its first refusal has no rate before another.
        for used_up in (REQUESTS, URGENT_POSTS, VALIDATIONS, AT_ONCE):
            self.too_many.labels(used_up)
        self.waiting = Gauge(
            "http_server_requests_taking_turns",
            "Requests that are worked on or wait for their turn.",
            registry=self.registry,
        )
        self.alone = Gauge(
            "http_server_allowances_alone",
            "1 while this process counts requests by itself, since it cannot tell the others.",
            registry=self.registry,
        )
        self._meters: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, method: str, template: str, status: int, seconds: float) -> None:
        """Count one answered request under its route's template, never its path."""
        key = (method, template, status // 100)
        meter = self._meters.get(key)
        if meter is None:
            status_class = _CLASSES[min(max(status // 100, 1), 5) - 1]
            meter = self.duration.labels(method, template, status_class)
            self._meters[key] = meter
        meter.observe(seconds)


class Observed:
    """The outermost layer: gives each request its id, and tells the log and the meters of it.

    A failure that nobody foresaw ends here, as an answer that shows nothing of it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        answer_failure: Callable[[BaseException], Response],
        quiet: frozenset[str] = frozenset(),
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.answer_failure = answer_failure
        self.quiet = quiet
        self.log = structlog.get_logger("api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started_at = time.perf_counter()
        notes = Notes()
        sent_id: bytes | None = None
        correlation: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                sent_id = value if sent_id is None else b""
            elif name == b"x-correlation-id":
                correlation = value if correlation is None else b""
            elif name == b"traceparent" and (trace := _TRACEPARENT.fullmatch(value)):
                notes.trace_id = trace[1].decode()
                notes.parent_span_id = trace[2].decode()
        if sent_id is not None and _ID.fullmatch(sent_id):
            notes.request_id = sent_id.decode()
        else:
            notes.request_id = str(uuid7())
        if correlation is not None and _ID.fullmatch(correlation):
            notes.correlation_id = correlation.decode()
        token = _notes.set(notes)
        self.metrics.in_flight.inc()
        status = 0
        answered_at: float | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status, answered_at
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                own = {name for name, _ in headers}
                headers += [header for header in SECURITY_HEADERS if header[0] not in own]
                headers.append((b"x-request-id", notes.request_id.encode()))
                if notes.correlation_id is not None:
                    headers.append((b"x-correlation-id", notes.correlation_id.encode()))
                if notes.left is not None:
                    headers += _ratelimit(notes.left)
                message["headers"] = headers
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered_at = time.perf_counter()

        try:
            try:
                await self.app(scope, receive, send_with_headers)
            except ClientDisconnect:
                # They hung up before all of the request was here.
                status = HUNG_UP
            except Exception as failure:
                response = self.answer_failure(failure)
                if status:
                    # The answer has begun: all that is left is to break it off.
                    raise AnswerBrokenOff from None
                await response(scope, receive, send_with_headers)
        finally:
            # What is still tidied up after the answer kept nobody waiting.
            seconds = (answered_at or time.perf_counter()) - started_at
            if not status or (status < 500 and _has_hung_up(scope)):
                status = HUNG_UP
                notes.problem = None
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self.metrics.in_flight.dec()
            self.metrics.observe(method, notes.template, status, seconds)
            if notes.problem is not None:
                self.metrics.problems.labels(notes.problem).inc()
            if notes.template not in self.quiet or status >= 400:
                fields: dict[str, Any] = {
                    "method": method,
                    "route": notes.template,
                    "status": status,
                    "milliseconds": round(seconds * 1000, 2),
                }
                if notes.problem is not None:
                    fields["problem"] = notes.problem
                if notes.token is not None:
                    fields["token"] = notes.token
                self.log.info("answered", **fields)
            _notes.reset(token)


def _has_hung_up(scope: Scope) -> bool:
    """Whether the caller went before the answer was complete, as far as the server knows."""
    return getattr(scope.get(CYCLE), "disconnected", False)


class AnswerBrokenOff(Exception):
    """The answer had begun when it failed; the failure itself is in the log."""
