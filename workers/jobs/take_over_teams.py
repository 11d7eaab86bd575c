"""Gives what is with teams that the policy has taken away to the teams that take over."""

from service.bootstrap import Performing
from service.usecases.removed_teams import take_over_teams


async def run(house: Performing) -> int:
    """Passes on what there is. Returns how many children and contacts."""
    return await take_over_teams(house)
