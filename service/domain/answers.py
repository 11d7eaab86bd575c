"""Answers kept for creating requests that are sent again (Idempotency-Key)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from service.domain.errors import Invalid
from service.domain.fields import plain, sensitive

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

    client: Annotated[str, plain("Who sent it: the caller the key belongs to.")]
    key: Annotated[UUID, plain("The sender's Idempotency-Key.")]
    fingerprint: Annotated[str, plain("Digest of method, path and body.")]
    status: Annotated[int, plain("HTTP status.")]
    headers: Annotated[Mapping[str, str], plain("Headers that go with it.")]
    body: Annotated[bytes, sensitive("The answer, byte for byte.")]
    kept_until: Annotated[datetime, plain("When it is forgotten.")]


class KeyUsedBefore(Invalid):
    """The Idempotency-Key was used before, for another request."""

    code = "idempotency_key_used_before"
    title = "This key belongs to another request"
