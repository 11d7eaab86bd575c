"""Connections to PostgreSQL: by a URL as libpq reads it, the same through a pooler and without."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
from sqlalchemy import URL

from service.database_urls import PostgresqlPlace

CONNECT_SECONDS = 5.0

Connect = Callable[..., Awaitable[Any]]


def shown_url(place: PostgresqlPlace) -> URL:
    """The place without its password and its options: for SQLAlchemy, which does not connect."""
    return URL.create(
        "postgresql+asyncpg",
        username=place.user,
        host=place.host,
        port=place.port,
        database=place.database,
    )


def sessions(
    place: PostgresqlPlace,
    *,
    application: str,
    command_seconds: float | None,
    settings: Mapping[str, str],
) -> Connect:
    """What opens a session with these settings of the server's.

    A pooler refuses most settings in the first message of a session, so each is made by a statement
    on it: that holds for the session, with a pooler in session mode as without one.
    """
    first = {
        "application_name": place.session.get("application_name", application),
        **({"options": place.session["options"]} if "options" in place.session else {}),
    }
    made = "; ".join(f"SET SESSION {name} = '{value}'" for name, value in settings.items())
    trust = ssl.create_default_context() if place.trusts_the_system else None

    async def connect(*_: Any, **__: Any) -> Any:
        connection = await asyncpg.connect(
            place.dsn,
            ssl=trust,
            timeout=place.connect_seconds or CONNECT_SECONDS,
            command_timeout=command_seconds,
            server_settings=first,
        )
        try:
            await connection.execute(made)
        except BaseException:
            connection.terminate()
            raise
        return connection

    return connect
