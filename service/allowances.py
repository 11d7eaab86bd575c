"""What each caller may still ask of this process, and what the processes tell each other of it.

A request never waits for the database to be counted: it is taken off what this process believes
to be left, and when a twentieth of an allowance has been taken, one short statement tells the
others and brings back what is left for all. So the processes together let through, in any time, at
most what the allowance gives in it, once the whole of it, and a twentieth for each process.

While the database cannot be told, each process goes by what it has let through itself: nobody is
refused because something is broken, and nobody has no limit.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import structlog

from service.domain.allowances import Allowance, Allowances, Errand, Left, left_of
from service.patience import within
from service.persistence.allowances import Use

_MOST_HELD: Final = 30_000
PATIENCE_SECONDS: Final = 0.25
"""How long a caller whom this process does not know yet waits to be asked after."""

TELLING_SECONDS: Final = 1.0
"""How long a telling may take before the process goes on by itself."""

ALONE_SECONDS: Final = 5.0
"""How long it goes on by itself before it tries to tell again."""

log = structlog.get_logger("service")


class Telling(Protocol):
    """Where the processes tell each other what they let through."""

    async def tell(self, uses: Sequence[Use]) -> list[int]:
        """Takes each use off what is left, and says what is left then."""
        ...


@dataclass(slots=True)
class _Tally:
    """What is left for a holder of an allowance, as far as this process knows."""

    left: int
    at_ms: int
    untold: int = 0
    known: bool = False
    """Whether it was brought back from where all processes tell; until then it is a guess."""


class HeldAllowances:
    """The allowances of the callers of this process."""

    def __init__(
        self, allowances: Allowances, shared: Telling, *, steady: Callable[[], float] | None = None
    ) -> None:
        self.allowances = allowances
        self._shared = shared
        self._steady = steady or time.monotonic
        self._tallies: OrderedDict[tuple[UUID, Allowance], _Tally] = OrderedDict()
        self._to_tell: dict[tuple[UUID, Allowance], _Tally] = {}
        self._telling: asyncio.Task[None] | None = None
        self._alone_until = 0.0
        self.alone = False
        """Whether this process goes by itself, since the others could not be told."""

    @property
    def holders(self) -> int:
        """Of how many callers, and which of their allowances, it is known what is left."""
        return len(self._tallies)

    async def take(self, holder: UUID, errand: Errand) -> Left:
        """Takes one request off what a holder may ask. Refused when `retry_after` says so."""
        left = await self._take(holder, self.allowances.requests)
        if left.retry_after is not None:
            if errand is Errand.urgent:
                # The reserve: nothing else is ever taken from it.
                return await self._take(holder, self.allowances.urgent_posts)
        elif errand is Errand.validation:
            return await self._take(holder, self.allowances.validations)
        return left

    async def _take(self, holder: UUID, allowance: Allowance) -> Left:
        key = (holder, allowance)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(allowance.full, self._now_ms())
            if len(self._tallies) > _MOST_HELD:
                self._tallies.popitem(last=False)
        elif not tally.known and tally.untold >= allowance.untold:
            await self._until_known()
        now = self._now_ms()
        left = allowance.refilled(tally.left, now - tally.at_ms)
        tally.at_ms = now
        if left < allowance.cost:
            tally.left = left
            return left_of(allowance, left, refused=True)
        tally.left = left - allowance.cost
        tally.untold += 1
        if tally.untold >= allowance.untold:
            self._to_tell[key] = tally
            self._tell()
        return left_of(allowance, tally.left, refused=False)

    def _now_ms(self) -> int:
        return int(self._steady() * 1000)

    async def _until_known(self) -> None:
        telling = self._telling
        if telling is not None:
            await asyncio.wait({telling}, timeout=PATIENCE_SECONDS)

    def _tell(self) -> None:
        """Begins to tell what is to be told, unless that is under way or was in vain just now."""
        if self._telling is None and self._steady() >= self._alone_until:
            self._telling = asyncio.ensure_future(self._tell_all())

    async def settled(self) -> None:
        """Waits until whatever is being told has been."""
        while self._telling is not None:
            await asyncio.wait({self._telling})

    async def close(self) -> None:
        """Tells nothing more."""
        self._alone_until = float("inf")
        await self.settled()

    def _still_owed(self, allowance: Allowance, tally: _Tally) -> int:
        """How many requests are told of: no debt is made of what came back in a long time alone."""
        left = allowance.refilled(tally.left, self._now_ms() - tally.at_ms)
        return min(tally.untold, max(allowance.untold, allowance.requests_to_full(left)))

    async def _tell_all(self) -> None:
        try:
            while self._to_tell:
                telling, self._to_tell = self._to_tell, {}
                await self._tell_of(telling)
        except Exception as failure:
            # Whatever it is, nobody is refused for it.
            self._alone_until = max(self._alone_until, self._steady() + ALONE_SECONDS)
            if not self.alone:
                self.alone = True
                log.warning("allowances_alone", failure=type(failure).__name__)
        finally:
            self._telling = None

    async def _tell_of(self, telling: dict[tuple[UUID, Allowance], _Tally]) -> None:
        taken = [tally.untold for tally in telling.values()]
        uses = [Use(*key, self._still_owed(key[1], tally)) for key, tally in telling.items()]
        found = await within(TELLING_SECONDS, self._shared.tell(uses))
        now = self._now_ms()
        tallies = zip(uses, found, taken, telling.values(), strict=True)
        for use, left, told, tally in tallies:
            tally.untold -= told
            tally.left = use.allowance.spent(left, tally.untold)
            tally.at_ms, tally.known = now, True
            if tally.untold >= use.allowance.untold:
                self._to_tell[use.holder, use.allowance] = tally
        if self.alone:
            self.alone = False
            log.info("allowances_shared")
