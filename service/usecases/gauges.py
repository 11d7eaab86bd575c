"""Gauges: the few figures by which an operator sees that the front door keeps up. No names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.job_runs import JobName
from service.persistence.asking import Asking
from service.persistence.repositories import events, gauges, job_runs


@dataclass(frozen=True, slots=True)
class Gauges:
    """How things stand. `sweep_age` is None when the sweep has never succeeded.

    `oldest_unplaced` is how long ago the oldest event happened that has no position yet.
    """

    open_contacts: Mapping[str | None, int]
    overdue_contacts: int
    oldest_undecided: timedelta
    unacknowledged_flags: Mapping[str, int]
    sweep_age: timedelta | None
    oldest_unplaced: timedelta


async def read_gauges(ask: Asking, now: datetime) -> Gauges:
    """How things stand now."""
    open_now = await gauges.open_contacts(ask)
    oldest = min((since for _, since in open_now.values()), default=now)
    sweep = (await job_runs.of_all(ask)).get(JobName.sweep_deadlines)
    succeeded_at = None if sweep is None else sweep.succeeded_at
    unplaced = await events.oldest_without_position(ask)
    return Gauges(
        open_contacts={rating: number for rating, (number, _) in open_now.items()},
        overdue_contacts=await gauges.overdue_contacts(ask, now),
        oldest_undecided=max(now - oldest, timedelta()),
        unacknowledged_flags=await gauges.unacknowledged_flags(ask),
        sweep_age=None if succeeded_at is None else now - succeeded_at,
        oldest_unplaced=max(now - (unplaced or now), timedelta()),
    )
