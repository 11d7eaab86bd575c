"""Forgets the answers that were kept for requests sent again, when their time is over."""

from service.bootstrap import Performing
from service.usecases.jobs import forget_answers


async def run(house: Performing) -> int:
    """Delete the answers whose time is over, and return how many."""
    return await house.perform(forget_answers)
