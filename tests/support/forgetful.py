"""A service that lies: what was acknowledged is now and then not kept, or not as a whole.

Only for the tests that ask whether the torture would notice. FORGETS says what every third creation
does without: its `commit`, its `key`, or its `event`.
"""

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api.app import contract_app, furnish
from service.bootstrap import House, Once, Replayed, Work
from service.domain.answers import Answer
from service.settings import load_settings

FORGETS = "TEST_ACKNOWLEDGES_WITHOUT_ITS"
_turns = itertools.count(1)


class ForgetfulWork(Work):
    """A unit of work that keeps no event."""

    def record(self, *args: Any, **given: Any) -> None:
        """Nobody will know that it happened."""


class ForgetfulHouse(House):
    """A house that leaves something out at every third creation."""

    async def perform_once(
        self,
        use_case: Callable[[Work], Awaitable[Any]],
        render: Callable[[Any], Answer],
        once: Once,
        *,
        request_id: str | None = None,
    ) -> Replayed:
        """As a house does, but for every third time."""
        if next(_turns) % 3:
            return await super().perform_once(use_case, render, once, request_id=request_id)
        if os.environ[FORGETS] == "event":
            self._remembers = False
            try:
                return await super().perform_once(use_case, render, once, request_id=request_id)
            finally:
                self._remembers = True
        async with self.work(request_id) as work:
            answer = render(await use_case(work))
            if os.environ[FORGETS] == "key":
                await work.commit()
            return Replayed(answer, before=False)

    _remembers = True

    def work(self, request_id: str | None = None) -> Work:
        """A unit of work, which may keep no event."""
        kind = Work if self._remembers else ForgetfulWork
        return kind(self.database, now=self.clock(), policy=self.policy, request_id=request_id)


def application() -> FastAPI:
    """The application with a house that forgets what the environment names."""
    settings = load_settings().check()
    app = contract_app()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = await ForgetfulHouse.open(settings)
        furnish(app, house)
        try:
            yield
        finally:
            await house.close()

    app.router.lifespan_context = lifespan
    return app
