"""Which tests run in one process: those that look at what takes minutes to make."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

from tests.support.demonstrations import LOOKED_AT_IN


class Scheduling(LoadScopeScheduling):
    """Hands tests out one by one, and those that look at the demonstration year to one process."""

    def _split_scope(self, nodeid: str) -> Any:
        file, _, _ = nodeid.partition("::")
        return "demonstration" if file in LOOKED_AT_IN else nodeid
