"""Turns passed and coming limits into flags, escalates those that nobody heard, clears the rest."""

from service.bootstrap import Performing
from service.usecases.flags import sweep


async def run(house: Performing) -> int:
    """One sweep. Returns how many flags it raised, moved or cleared."""
    return (await sweep(house)).done
