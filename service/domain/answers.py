"""Answers kept for creating requests that are sent again (Idempotency-Key)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.errors import Invalid

# A weekend and an outage, and then some: published in the contract.
KEPT_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: status, headers that matter, and the body byte for byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it is kept, with whose it is and what was asked."""

    client: str
    key: UUID
    fingerprint: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    kept_until: datetime


class KeyUsedBefore(Invalid):
    """The Idempotency-Key was used before, for another request."""

    code = "idempotency_key_used_before"
    title = "This key belongs to another request"
