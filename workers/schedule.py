"""Everything that happens by itself, on one page.

Times are intervals from the last success, in UTC: nothing hangs on a clock on the wall, so the
nights on which the clocks change are nights like any other.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from service.bootstrap import Keeping
from service.domain.job_runs import JobName
from service.policy import Policy
from service.usecases.jobs import every
from workers.jobs import (
    check_holidays,
    check_impossible,
    forget_answers,
    load_notifications,
    make_keys,
    move_challenges,
    seal_events,
    start_missing_clocks,
    sweep_deadlines,
    take_over_teams,
)

Run = Callable[[Keeping], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its name, what it does, how often (for people), and what carries it out.

    Each looks at what is there and claims what it changes, so that one run too many, or two at
    once, does no harm.
    """

    name: JobName
    does: str
    often: str
    run: Run

    def every(self, policy: Policy) -> timedelta:
        """The interval in force."""
        return every(self.name, policy)


SCHEDULE = (
    Job(
        JobName.sweep_deadlines,
        "raises, escalates and clears flags",
        "as often as the policy says ([sweep] every_seconds)",
        sweep_deadlines.run,
    ),
    Job(
        JobName.move_challenges,
        "moves challenges whose stage nobody answered, or whose answer nobody took up, in time",
        "as often as the sweep",
        move_challenges.run,
    ),
    Job(
        JobName.load_notifications,
        "checks and loads the files of notifications that the police have sent",
        "every 10 seconds",
        load_notifications.run,
    ),
    Job(
        JobName.seal_events,
        "gives what happened its position, and notes which children it concerns",
        "every 10 seconds",
        seal_events.run,
    ),
    Job(
        JobName.take_over_teams,
        "gives what is with teams that the policy took away to who takes over",
        "as often as the sweep",
        take_over_teams.run,
    ),
    Job(
        JobName.start_missing_clocks,
        "starts the clocks that open referrals and contacts lack, and heeds danger told before",
        "hourly",
        start_missing_clocks.run,
    ),
    Job(
        JobName.make_keys,
        "makes the keys by which children are found, for what another release wrote",
        "hourly",
        make_keys.run,
    ),
    Job(
        JobName.check_impossible,
        "looks for what should be impossible, and raises the alarm",
        "hourly",
        check_impossible.run,
    ),
    Job(
        JobName.forget_answers,
        "forgets answers kept for requests sent again, when their time is over",
        "daily",
        forget_answers.run,
    ),
    Job(
        JobName.check_holidays,
        "raises the alarm before the known bank holidays end",
        "daily",
        check_holidays.run,
    ),
)


def job_named(name: str) -> Job | None:
    """The job of that name, or None."""
    return next((job for job in SCHEDULE if job.name == name), None)
