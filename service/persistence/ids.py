"""Identifiers: ordered by time."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: ordered by time, so that indexes grow at one end."""
    return uuid7()


def first_id_at(at: datetime) -> UUID:
    """An id before every one that was made at an instant or later, and after those before it."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
