"""Raises the alarm while there is still time to check the next year's bank holidays."""

from service.bootstrap import Performing
from service.usecases.jobs import check_holidays


async def run(house: Performing) -> int:
    """Looks once. Raises HolidaysEnding."""
    check_holidays(house.policy, house.clock())
    return 0
