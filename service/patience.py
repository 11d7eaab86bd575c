"""Waiting for something no longer than there is patience, however long it takes to break it off."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Found = TypeVar("Found")

# What was given up and is letting go of what it held: kept, so that it can.
_letting_go: set[asyncio.Task[Any]] = set()


async def within(seconds: float, asked: Coroutine[Any, Any, Found]) -> Found:
    """What was asked for. Raises TimeoutError as soon as the time is over.

    A driver that is broken off may go on for seconds, tidying up with a database that does not
    answer. Nobody waits for that here.
    """
    task = asyncio.ensure_future(asked)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            _letting_go.add(task)
            task.add_done_callback(_let_go)
    if not task.done():
        raise TimeoutError
    return task.result()


def _let_go(task: asyncio.Task[Any]) -> None:
    _letting_go.discard(task)
    if not task.cancelled():
        # Looked at, so that nobody complains that it was not.
        task.exception()
