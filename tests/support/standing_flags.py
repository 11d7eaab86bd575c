"""The flags that stand, each by itself, as somebody may see them."""

from service.bootstrap import House
from service.domain.access import Caller
from service.domain.flags import Flag, FlagFilters
from service.usecases.flags import list_flags


async def each_flag(house: House, who: Caller) -> list[Flag]:
    """Every flag that stands and that this caller may see, and not one a contact."""
    shown = await house.ask(lambda ask: list_flags(ask, who, FlagFilters(each=True), limit=1000))
    return [one.flag for one in shown]
