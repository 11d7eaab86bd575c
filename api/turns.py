"""Whose request is worked on next: no caller takes up a process, however much it asks at once.

A process works on few requests of one caller at a time; the others of that caller wait their turn,
while those of everybody else go on. One that had to wait lets those go first who had not. Readings,
changes and urgent posts of a caller are lanes of their own, so that an urgent post never waits
behind what its sender reads.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

HOLD_STEP_SECONDS: Final = 0.05
"""Refusals of one caller are given out so far from each other, from the second on."""

LONGEST_HOLD_SECONDS: Final = 5.0

STAND_BACK_SECONDS: Final = 0.05
"""So long at most a request that had to wait stands back for those of others, once it is next."""


@dataclass(slots=True)
class _Lane:
    places: asyncio.Semaphore
    inside: int = 0


@dataclass(slots=True)
class Turns:
    """The turns of one process.

    `at_once` is how many requests of a lane are worked on, `together` how many of all lanes but
    the urgent ones (None where that is bounded by nothing), so that some of what the process has
    is always left to urgent posts. `most` is how many requests of one caller may be here, those
    that wait among them.
    """

    at_once: int
    together: asyncio.Semaphore | None
    most: int
    _lanes: dict[Hashable, _Lane] = field(default_factory=dict)
    _here: Counter[Hashable] = field(default_factory=Counter)
    _answer_at: dict[Hashable, float] = field(default_factory=dict)
    _prompt: int = 0
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)

    def has_room_for(self, holder: Hashable) -> bool:
        """Whether one more request of a caller may wait here."""
        return self._here[holder] < self.most

    @property
    def here(self) -> int:
        """How many requests are worked on or wait for their turn."""
        return self._here.total()

    async def held_back(self, holder: Hashable) -> None:
        """Waits before a refusal is given out: who asks on regardless is refused ever more slowly.

        So that refusing costs little, however many connections it is asked for on.
        """
        now = asyncio.get_running_loop().time()
        at = self._answer_at.get(holder, 0.0)
        if len(self._answer_at) > self.most:
            self._answer_at = {one: due for one, due in self._answer_at.items() if due > now}
        self._answer_at[holder] = max(now, min(at, now + LONGEST_HOLD_SECONDS)) + HOLD_STEP_SECONDS
        if at > now:
            self._here[holder] += 1
            try:
                await asyncio.sleep(min(at - now, LONGEST_HOLD_SECONDS))
            finally:
                self._leave(holder)

    def _leave(self, holder: Hashable) -> None:
        self._here[holder] -= 1
        if not self._here[holder]:
            del self._here[holder]

    def of(self, holder: Hashable, kind: Hashable, *, urgent: bool) -> "Turn":
        """The turn of one request, to be taken by `async with`."""
        return Turn(self, holder, (holder, kind), None if urgent else self.together)

    async def enter(self, holder: Hashable, key: Hashable) -> tuple[asyncio.Semaphore, bool]:
        """Waits for a place in a lane. Says besides whether it was had at once."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(asyncio.Semaphore(self.at_once))
        self._here[holder] += 1
        lane.inside += 1
        at_once = not lane.places.locked()
        try:
            await lane.places.acquire()
        except BaseException:
            self.gone(holder, key)
            raise
        if at_once:
            self._prompt += 1
            self._quiet.clear()
            return lane.places, True
        try:
            if self._prompt:
                with suppress(TimeoutError):
                    async with asyncio.timeout(STAND_BACK_SECONDS):
                        await self._quiet.wait()
        except BaseException:
            lane.places.release()
            self.gone(holder, key)
            raise
        return lane.places, False

    def done_promptly(self) -> None:
        """One request less for which those stand back that had to wait."""
        self._prompt -= 1
        if not self._prompt:
            self._quiet.set()

    def gone(self, holder: Hashable, key: Hashable) -> None:
        """One request less."""
        lane = self._lanes[key]
        lane.inside -= 1
        if not lane.inside:
            del self._lanes[key]
        self._leave(holder)


class Turn:
    """The turn of one request: waited for, had, and let go of while something slow is waited for.

    What is slow is the caller's own line: while a file arrives, nobody waits for it.
    """

    __slots__ = ("_had", "_holder", "_key", "_prompt", "_together", "_turns")

    def __init__(
        self,
        turns: Turns,
        holder: Hashable,
        key: Hashable,
        together: asyncio.Semaphore | None,
    ) -> None:
        self._turns = turns
        self._holder = holder
        self._key = key
        self._together = together
        self._had: asyncio.Semaphore | None = None
        self._prompt = False

    async def __aenter__(self) -> Self:
        place, self._prompt = await self._turns.enter(self._holder, self._key)
        if self._together is not None:
            try:
                await self._together.acquire()
            except BaseException:
                self._give_back(place)
                raise
        self._had = place
        return self

    def _give_back(self, place: asyncio.Semaphore) -> None:
        if self._prompt:
            self._turns.done_promptly()
        place.release()
        self._turns.gone(self._holder, self._key)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_go()

    def _let_go(self) -> None:
        place, self._had = self._had, None
        if place is not None:
            if self._together is not None:
                self._together.release()
            self._give_back(place)

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Lets others go first meanwhile, and waits for the turn again."""
        had = self._had is not None
        self._let_go()
        yield
        if had:
            await self.__aenter__()
