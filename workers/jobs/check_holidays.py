"""Raises the alarm while there is still time to check the next year's bank holidays."""

from service.bootstrap import House
from service.usecases.jobs import check_holidays


async def run(house: House) -> int:
    """Looks once. Raises HolidaysEnding."""
    check_holidays(house.policy, house.clock())
    return 0
