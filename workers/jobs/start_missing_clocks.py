"""Starts the clocks of assessments in referrals that were open before assessments had any."""

from service.bootstrap import House
from service.usecases.assessments import start_missing_clocks


async def run(house: House) -> int:
    """Starts what is missing. Returns in how many referrals."""
    return await start_missing_clocks(house)
