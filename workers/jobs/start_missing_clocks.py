"""Starts the clocks of assessments in referrals that were open before assessments had any."""

from service.bootstrap import Performing
from service.usecases.assessments import start_missing_clocks


async def run(house: Performing) -> int:
    """Starts what is missing. Returns in how many referrals."""
    return await start_missing_clocks(house)
