"""The gauges of the work itself, read at a scrape and kept for a while."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector

from api.observability import log_failure
from service.bootstrap import House
from service.domain.deadlines import Rating
from service.domain.flags import Severity
from service.patience import within
from service.usecases.gauges import Gauges, read_gauges

KEPT_FOR: Final = timedelta(seconds=10)
PATIENCE_SECONDS: Final = 4.0
"""Who scrapes gives up after ten seconds, and would not learn that the gauges could not be read."""
_UNRATED: Final = "unrated"
_UNKNOWN: Final = float("nan")
_NEVER: Final = float("inf")


class WorkGauges:
    """Open, overdue, oldest, unacknowledged, and how long ago the sweep succeeded.

    Read from the database at most every ten seconds, however often they are scraped. When it
    cannot be read they are no number, and `frontdoor_gauges_up` is 0.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._up = Gauge(
            "frontdoor_gauges_up", "Whether the gauges could be read.", registry=registry
        )
        self._open = Gauge(
            "frontdoor_open_contacts", "Contacts not decided.", ("rating",), registry=registry
        )
        self._overdue = Gauge(
            "frontdoor_overdue_contacts",
            "Open contacts that have passed a limit of their own.",
            registry=registry,
        )
        self._oldest = Gauge(
            "frontdoor_oldest_undecided_seconds",
            "How long ago the oldest open contact was received.",
            registry=registry,
        )
        self._flags = Gauge(
            "frontdoor_unacknowledged_flags",
            "Flags that nobody has taken on.",
            ("severity",),
            registry=registry,
        )
        self._sweep = Gauge(
            "frontdoor_sweep_age_seconds",
            "How long ago the sweep last succeeded; infinite when it never did.",
            registry=registry,
        )
        self._unplaced = Gauge(
            "frontdoor_oldest_event_without_position_seconds",
            "How long ago the oldest event happened that readers of events do not see yet.",
            registry=registry,
        )
        ProcessCollector(registry=registry)
        self._read_at: datetime | None = None
        self._one_reader = asyncio.Lock()

    async def refresh(self, house: House) -> None:
        """Brings the gauges up to date, unless they were a moment ago."""
        async with self._one_reader:
            now = house.clock()
            if self._read_at is not None and timedelta() <= now - self._read_at < KEPT_FOR:
                return
            try:
                reading = house.ask_at_length(lambda asking: read_gauges(asking, now))
                found = await within(PATIENCE_SECONDS, reading)
            except Exception as failure:
                log_failure(failure, event="gauges_unread")
                self._show(None)
            else:
                self._show(found)
            self._read_at = now

    def _show(self, found: Gauges | None) -> None:
        self._up.set(found is not None)
        for rating in (*Rating, None):
            number = _UNKNOWN if found is None else found.open_contacts.get(rating, 0)
            self._open.labels(rating or _UNRATED).set(number)
        for severity in Severity:
            number = _UNKNOWN if found is None else found.unacknowledged_flags.get(severity, 0)
            self._flags.labels(severity).set(number)
        if found is None:
            for gauge in (self._overdue, self._oldest, self._sweep, self._unplaced):
                gauge.set(_UNKNOWN)
            return
        self._overdue.set(found.overdue_contacts)
        self._oldest.set(found.oldest_undecided.total_seconds())
        self._unplaced.set(found.oldest_unplaced.total_seconds())
        self._sweep.set(_NEVER if found.sweep_age is None else found.sweep_age.total_seconds())
