"""Gives what happened its position, in the order in which it could be seen."""

from service.bootstrap import Performing
from service.usecases.jobs import seal_events


async def run(house: Performing) -> int:
    """Gives them. Returns how many."""
    return await seal_events(house)
