"""The worker process: stands by, leads when nobody else does, and stops when it is asked to."""

import asyncio
import signal
import sys

import structlog

from service.bootstrap import (
    DatabaseAway,
    DatabaseUnusable,
    House,
    SchemaUnknown,
    UnsafeDatabase,
    reason_of,
)
from service.domain.removed_teams import TeamsStillNeeded
from service.logs import configure_logs
from service.own_files import keep_to_ourselves
from service.policy import PolicyFaulty
from service.settings import Settings, SettingsFaulty, load_settings
from workers.leaders import LOOK_EVERY, lead
from workers.running import holder
from workers.scheduling import Schedule

log = structlog.get_logger("workers")


async def work(
    settings: Settings, *, look_every: float = LOOK_EVERY, lifeline: int | None = None
) -> None:
    """Works until SIGTERM, SIGINT or SIGHUP.

    `lifeline` is a descriptor whose end means that the parent has ended. Raises what `House.open`
    raises; DatabaseUnusable also when it has long been open.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(sign, stopping.set)

    def parent_ended(descriptor: int) -> None:
        loop.remove_reader(descriptor)
        stopping.set()

    if lifeline is not None:
        loop.add_reader(lifeline, parent_ended, lifeline)
    house = await House.open(settings, application="frontdoor worker")
    try:
        log.info("worker started")
        leadership = house.leadership(holder())
        schedule = Schedule(house.led_by(leadership))
        await lead(leadership, schedule, stopping, look_every=look_every)
        log.info("worker stopped")
    finally:
        await house.close()


def main() -> None:
    """Works by the settings of the environment; a fault is one message and exit code 1."""
    keep_to_ourselves()
    try:
        settings = load_settings()
        configure_logs(level=settings.log_level)
        asyncio.run(work(settings))
    except (
        SettingsFaulty,
        PolicyFaulty,
        SchemaUnknown,
        TeamsStillNeeded,
        UnsafeDatabase,
    ) as fault:
        sys.exit(str(fault))
    except DatabaseUnusable as fault:
        sys.exit(str(fault))
    except DatabaseAway as fault:
        sys.exit(f"{reason_of(fault)} ({fault}) Check FRONTDOOR_DATABASE_URL.")


if __name__ == "__main__":
    main()
