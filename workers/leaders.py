"""One leader among any number of workers: it alone runs the schedule, the others stand by."""

import asyncio
from typing import Protocol

import structlog

from service.bootstrap import DatabaseAway, DatabaseUnusable, Leadership

log = structlog.get_logger("workers")

# Seconds between two looks: by a follower whether the lead is free, by the leader whether it
# still leads, which is its sign of life. Two leaders for that long do no harm, since every job is
# safe by construction.
LOOK_EVERY = 2.0


class Duties(Protocol):
    """What a leader does."""

    async def begin(self) -> None:
        """Called on taking the lead."""
        ...

    def look(self) -> bool:
        """Called at each look, while leading: whether all is well with what it does."""
        ...

    async def end(self) -> None:
        """Called on losing the lead, and before giving it up."""
        ...


async def lead(
    leadership: Leadership,
    duties: Duties,
    stopping: asyncio.Event,
    *,
    look_every: float = LOOK_EVERY,
) -> None:
    """Takes the lead whenever it is free, until asked to stop.

    Raises DatabaseUnusable when the database is no longer what was opened: who goes on then does
    harm or nothing, and who is started anew finds what is there now.
    """
    try:
        while not stopping.is_set():
            if not await _take(leadership):
                await _wait(stopping, look_every)
                continue
            log.info("leading")
            try:
                await duties.begin()
                while not stopping.is_set() and await leadership.held():
                    if not duties.look():
                        log.error("a job hangs, so the lead is given up")
                        break
                    await _wait(stopping, look_every)
            finally:
                await duties.end()
            await leadership.release()
            if not stopping.is_set():
                log.warning("no longer leading")
    finally:
        await leadership.release()


async def _take(leadership: Leadership) -> bool:
    try:
        return await leadership.take()
    except DatabaseUnusable:
        raise
    except DatabaseAway:
        log.error("the database is away, so nobody can lead")
        return False


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
