"""Who works at the front door of the demonstration data, and the desk on which things happen."""

import asyncio
import heapq
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from service.bootstrap import Work
from service.domain.access import Caller
from service.domain.calendar import london_time
from service.policy import Policy

_STEP: Final = 200
_OFFICE_HOURS: Final = range(8, 19)

Act = Callable[[Work], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class People:
    """Who works at this front door, each with an account; the first of each is development's own.

    So `frontdoor token --role mash_worker` is somebody who has worked here all year.
    """

    workers: Sequence[Caller]
    managers: Sequence[Caller]
    early_help_manager: Caller
    early_help_workers: Sequence[Caller]
    assessment_manager: Caller
    assessment_workers: Sequence[Caller]
    heads: Sequence[Caller]
    partners: dict[str, Caller]


class Desk:
    """What is going to happen, in the order of time, each thing at its own instant."""

    def __init__(self, policy: Policy, people: People, until: datetime) -> None:
        self.policy = policy
        self.people = people
        self.until = until
        self._coming: list[tuple[datetime, int, Act]] = []
        self._added = 0
        self.logged = 0
        self.assessed: set[UUID] = set()
        """The referrals whose assessment was authorised: no other one is closed."""

    def at(self, instant: datetime, act: Act) -> None:
        """Has something happen, to the second; what lies after the present does not happen."""
        instant = instant.replace(microsecond=0)
        if instant <= self.until:
            heapq.heappush(self._coming, (instant, self._added, act))
            self._added += 1

    async def live_through(self, work: Work, told: Callable[[int], None]) -> None:
        """Does it all."""
        done = 0
        while self._coming:
            work.now, _, act = heapq.heappop(self._coming)
            await act(work)
            done += 1
            if done % _STEP == 0:
                told(self.logged)
                # SQLite's statements never wait, so nothing else would notice an interruption.
                await asyncio.sleep(0)


def between(chance: random.Random, after: datetime, before: datetime) -> datetime:
    """An instant between two, in office hours if a few tries find one."""
    span = (before - after).total_seconds()
    instant = after
    for _ in range(8):
        instant = after + timedelta(seconds=round(chance.random() * span))
        local = london_time(instant)
        if local.weekday() < 5 and local.hour in _OFFICE_HOURS:
            break
    return instant
