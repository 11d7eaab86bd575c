"""Identifiers: ordered by time."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: ordered by time, so that indexes grow at one end."""
    return uuid7()
