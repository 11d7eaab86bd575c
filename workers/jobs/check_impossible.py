"""Looks for what should be impossible, and raises the alarm with counts, never with names.

A database file that is damaged is the first of it.
"""

from service.bootstrap import House
from service.usecases.jobs import check_impossible


async def run(house: House) -> int:
    """Looks once, where long reads hold up nobody. Raises ImpossibleFound, DatabaseUnusable."""
    await house.look_over()
    await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
    return 0
