"""Jobs: what happens by itself, when each last ran, and whether that is too long ago."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from service.domain.fields import plain


class JobName(StrEnum):
    """Everything that happens by itself."""

    sweep_deadlines = "sweep_deadlines"
    move_challenges = "move_challenges"
    load_notifications = "load_notifications"
    seal_events = "seal_events"
    take_over_teams = "take_over_teams"
    start_missing_clocks = "start_missing_clocks"
    make_keys = "make_keys"
    forget_answers = "forget_answers"
    check_holidays = "check_holidays"
    check_impossible = "check_impossible"


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job's heartbeat. `failure` is the kind of the last failure, never its words."""

    name: Annotated[str, plain("The job.")]
    started_at: Annotated[datetime, plain("When it last started.")]
    succeeded_at: Annotated[datetime | None, plain("When it last succeeded.")]
    failed_at: Annotated[datetime | None, plain("When it last failed.")]
    failure: Annotated[str | None, plain("The kind of the last failure; never its words.")]
    holder: Annotated[str, plain("Which worker process ran it.")]
    runs: Annotated[int, plain("How often it has run.")]
    done: Annotated[int, plain("How many items the last success dealt with.")]


@dataclass(frozen=True, slots=True)
class JobHealth:
    """How a job is: late when its last success is further from now than `late_after`."""

    name: JobName
    late: bool
    failing: bool
    late_after: timedelta
    last: JobRun | None


def health_of(
    name: JobName, last: JobRun | None, late_after: timedelta, now: datetime
) -> JobHealth:
    """How a job is, by its heartbeat.

    A success that lies in the future counts as far away as one in the past: the time of the
    machine stepped back, and the job must beat again before it is believed.
    """
    succeeded_at = None if last is None else last.succeeded_at
    late = succeeded_at is None or abs(now - succeeded_at) > late_after
    return JobHealth(name, late, last is not None and last.failure is not None, late_after, last)


class JobAlarm(Exception):
    """A job found something that somebody must look at. Its words name no person."""


class HolidaysEnding(JobAlarm):
    """The bank holidays that the policy knows are about to end."""


class ImpossibleFound(JobAlarm):
    """Something is on file that should be impossible. `counts` says of each kind how many."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = dict(counts)
        told = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
        super().__init__(f"What should be impossible is on file: {told}.")
