"""Statements that are turned into SQL once in a test process, and not once for each database.

SQLAlchemy remembers for each engine what it has compiled. Each test has an engine of its own, so
that a third of its time went into compiling what the test before it had compiled. Here the engines
of one kind remember together, by SQLAlchemy's own option for that.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

MOST_REMEMBERED = 4_000


class Compiled(dict[Any, Any]):
    """What was compiled, under the kind of database and no longer under its one engine."""

    def get(self, key: Any, otherwise: Any = None) -> Any:
        """What was compiled for that statement, on whichever engine of the kind."""
        return super().get(_by_kind(key), otherwise)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        super().__setitem__(_by_kind(key), compiled)


def _by_kind(key: Any) -> Any:
    dialect, *statement = key
    # Two engines that write JSON differently are of two kinds.
    return (type(dialect), getattr(dialect, "_json_serializer", None), *statement)


def compile_once() -> None:
    """From now on, all engines of this process remember together what they compiled."""
    together = Compiled()

    @event.listens_for(Engine, "engine_connect")
    def remember(connection: Connection) -> None:
        connection.execution_options(compiled_cache=together)
