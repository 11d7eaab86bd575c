"""Makes the keys by which children are found, for what another release wrote."""

from service.bootstrap import Performing
from service.usecases import jobs


async def run(house: Performing) -> int:
    """Makes them. Returns in how many rows they were not what they should be."""
    return await jobs.make_keys(house)
