"""Starts the clocks that a release before did not start: on referrals, and on contacts."""

from service.bootstrap import Performing
from service.usecases.assessments import start_missing_clocks
from service.usecases.dangers import heed_what_was_told


async def run(house: Performing) -> int:
    """Heeds danger first, then starts what is missing. Returns on how many."""
    heeded = await heed_what_was_told(house)
    return heeded + await start_missing_clocks(house)
