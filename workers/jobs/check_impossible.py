"""Looks for what should be impossible, and raises the alarm with counts, never with names.

A database file that is damaged is the first of it.
"""

from contextlib import suppress

from service.bootstrap import Keeping
from service.domain.errors import FrontDoorError
from service.usecases.assessments import start_missing_clocks
from service.usecases.jobs import check_impossible


async def run(house: Keeping) -> int:
    """Looks once, where long reads hold up nobody. Raises ImpossibleFound, DatabaseUnusable.

    Clocks that are due to what a release before left open are started first: right after an
    upgrade their absence is to be expected, and no alarm.
    """
    await house.look_over()
    with suppress(FrontDoorError):
        # What cannot be started is told by the job whose own work it is.
        await start_missing_clocks(house)
    await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
    return 0
