"""Identity providers' keys kept in the database, under a seal that only this service can make."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

from service.persistence.asking import Asking
from service.persistence.repositories import issuer_keys
from service.persistence.units_of_work import Work

Found = TypeVar("Found")

_PURPOSE = b"frontdoor: the keys of identity providers"


class _House(Protocol):
    async def perform(self, use_case: Callable[[Work], Awaitable[Found]]) -> Found:
        """Carries out one use-case in one transaction."""

    async def ask(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads, without a transaction around it."""


class SealedKeys:
    """Keeps what identity providers publish, so that a start during their outage opens the door.

    Whoever could put a key here could make tokens. So each set is sealed with the service's secret
    and the instant of its reading: a set that was exchanged, or made to look younger, is not ours.
    """

    def __init__(self, house: _House, secret: bytes) -> None:
        self._house = house
        self._key = hmac.digest(secret, _PURPOSE, "sha256")

    async def keep(self, issuer: str, key_set: str, read_at: datetime) -> None:
        """Keeps what an issuer published at that instant, in place of what was kept before."""
        seal = self._seal(issuer, key_set, read_at)

        async def keep(work: Work) -> None:
            await issuer_keys.keep(work, issuer, key_set, read_at, seal)

        await self._house.perform(keep)

    async def recall(self, issuer: str) -> tuple[str, datetime] | None:
        """What was kept of an issuer, and when it was read; None for what we did not seal."""

        async def find(ask: Asking) -> tuple[str, datetime, str] | None:
            return await issuer_keys.find(ask, issuer)

        kept = await self._house.ask(find)
        if kept is None:
            return None
        key_set, read_at, seal = kept
        if not hmac.compare_digest(seal, self._seal(issuer, key_set, read_at)):
            return None
        return key_set, read_at

    def _seal(self, issuer: str, key_set: str, read_at: datetime) -> str:
        sealed = hashlib.sha256()
        for part in (issuer, key_set, read_at.isoformat()):
            content = part.encode("utf-8")
            sealed.update(len(content).to_bytes(8, "big") + content)
        return hmac.digest(self._key, sealed.digest(), "sha256").hex()
