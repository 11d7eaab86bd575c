"""How Alembic reaches the database: through the same engines as the service."""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection

from service.persistence.engines import Database
from service.persistence.migrations.steps_taken import note_step
from service.persistence.tables import metadata

_OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "compare_type": True,
    "compare_server_default": True,
    "render_as_batch": True,
    "transaction_per_migration": True,
    "on_version_apply": note_step,
}


def _run(connection: Connection) -> None:
    context.configure(connection=connection, **_OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


async def _run_by_url(url: str) -> None:
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await database.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    asyncio.run(
        _run_by_url(os.environ.get("FRONTDOOR_DATABASE_URL", "sqlite:///var/frontdoor.sqlite3"))
    )
