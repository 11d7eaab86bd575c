"""How an issuer's published keys stand, and the shelf on which the last good ones are kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class KeyState(StrEnum):
    """How an issuer's keys stand: only `ok` and `degraded` let anybody in."""

    ok = "ok"
    degraded = "degraded"
    expired = "expired"
    never_loaded = "never_loaded"


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """How an issuer's keys stand, and when they were last read without fault."""

    state: KeyState
    loaded_at: datetime | None


class KeyShelf(Protocol):
    """Where the last good key sets are kept beyond the life of a process."""

    async def keep(self, issuer: str, key_set: str, read_at: datetime) -> None:
        """Keeps what an issuer published at that instant, in place of what was kept before."""

    async def recall(self, issuer: str) -> tuple[str, datetime] | None:
        """What was kept of an issuer, and when it was read; None for what is not surely ours."""
