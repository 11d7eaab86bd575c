"""A service that lies: it says that a contact was taken, and of every third keeps nothing.

Only for the test that asks whether the test of durability would notice.
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

FORGETS = "TEST_ACKNOWLEDGE_WITHOUT_COMMIT"
_turns = itertools.count(1)


class ForgetfulHouse(House):
    """A house that acknowledges every third creation without a commit."""

    async def perform_once(
        self,
        use_case: Callable[[Work], Awaitable[Any]],
        render: Callable[[Any], Answer],
        once: Once,
        *,
        request_id: str | None = None,
    ) -> Replayed:
        """As a house does; but every third time the commit is left out."""
        if next(_turns) % 3:
            return await super().perform_once(use_case, render, once, request_id=request_id)
        async with self.work(request_id) as work:
            return Replayed(render(await use_case(work)), before=False)


def application() -> FastAPI:
    """The application with a house that forgets, when the environment asks for it."""
    kind = ForgetfulHouse if os.environ.get(FORGETS) else House
    settings = load_settings().check()
    app = contract_app()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = await kind.open(settings)
        furnish(app, house)
        try:
            yield
        finally:
            await house.close()

    app.router.lifespan_context = lifespan
    return app
