"""Notes each step that is taken, and with which releases it can be lived.

A step says `oldest_reader`: the oldest step whose release still reads and writes rightly when this
one was taken. Where it says nothing, that is itself: no release before it.
"""

from typing import Any

from sqlalchemy import Connection, Table, delete, insert, inspect

from service.clock import system_clock
from service.persistence.tables import metadata

_SCHEMA_STEP: Table = metadata.tables["schema_step"]


def note_step(*, ctx: Any, step: Any, **_: Any) -> None:
    """Called by Alembic after each step, in the transaction of the step."""
    connection: Connection = ctx.connection
    if not inspect(connection).has_table(_SCHEMA_STEP.name):
        return
    revision = step.up_revision
    connection.execute(delete(_SCHEMA_STEP).where(_SCHEMA_STEP.c.step == revision.revision))
    if step.is_upgrade:
        oldest = getattr(revision.module, "oldest_reader", revision.revision)
        connection.execute(
            insert(_SCHEMA_STEP).values(
                step=revision.revision, oldest_reader=oldest, taken_at=system_clock()
            )
        )
