"""Checks and loads the files of notifications that the police have sent."""

from service.bootstrap import Performing
from service.usecases.notification_loading import load_notifications


async def run(house: Performing) -> int:
    """Deals with every file that waits. Returns how many it loaded or refused."""
    return await load_notifications(house)
