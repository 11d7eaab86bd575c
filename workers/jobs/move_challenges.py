"""Moves challenges by their own clock: up a stage, or to the end of an answer not taken up."""

from service.bootstrap import Performing
from service.usecases.challenges import move_challenges


async def run(house: Performing) -> int:
    """Moves what is due. Returns how many challenges it moved."""
    return await move_challenges(house)
