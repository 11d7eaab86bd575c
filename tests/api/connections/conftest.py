"""Connections are tried on the loop that serves in earnest."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The tests below are run by uvloop."""
    return {"uvloop": uvloop.new_event_loop}
