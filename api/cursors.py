"""Places in a list, given out signed and opaque, good only for whoever asked, and what."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from itsdangerous import BadData, Signer

from api.errors import CursorInvalid

LONGEST: Final = 512

SortKey = datetime | date | int | UUID | None
"""What a list may be sorted by. Text is not among them: a cursor travels in a URL, and a name
must not."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the sort key of its last item, and its id to tell equals apart."""

    key: tuple[SortKey, ...]
    id: UUID


def _packed(value: SortKey) -> list[Any] | int | None:
    if isinstance(value, bool):
        raise TypeError("A list is not sorted by a yes or no.")
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("An instant has a zone.")
        return ["t", value.astimezone(UTC).isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", value.hex]
    raise TypeError("A cursor holds no text: it would travel in a URL.")


def _unpacked(value: Any) -> SortKey:
    if value is None or type(value) is int:
        return value
    kind, text = value
    if kind == "t":
        return datetime.fromisoformat(text)
    if kind == "d":
        return date.fromisoformat(text)
    return UUID(text)


class Cursors:
    """Gives out cursors and reads them back.

    The list's name, its filters and the caller's account are part of what is signed, not of what
    is sent: a cursor changed, or used by someone else, or with other filters, has no valid
    signature.
    """

    def __init__(self, key: str | bytes) -> None:
        self._key = key

    def _signer(self, name: str, account_id: UUID, filters: Mapping[str, Any]) -> Signer:
        told = json.dumps([name, account_id.hex, filters], sort_keys=True, default=str)
        salt = hashlib.sha256(told.encode()).digest()
        return Signer(self._key, salt=salt, digest_method=hashlib.sha256)

    def give(
        self,
        name: str,
        place: Place,
        *,
        account_id: UUID,
        filters: Mapping[str, Any] | None = None,
    ) -> str:
        """The cursor of a place in the list of that name, for this caller and these filters."""
        packed = json.dumps(
            [[_packed(part) for part in place.key], place.id.hex], separators=(",", ":")
        )
        body = base64.urlsafe_b64encode(packed.encode()).rstrip(b"=")
        return self._signer(name, account_id, filters or {}).sign(body).decode("ascii")

    def read(
        self,
        name: str,
        cursor: str,
        *,
        account_id: UUID,
        filters: Mapping[str, Any] | None = None,
    ) -> Place:
        """The place that a cursor stands for. Raises CursorInvalid when it is not good here."""
        if len(cursor) > LONGEST or not cursor.isascii():
            raise CursorInvalid
        try:
            body = self._signer(name, account_id, filters or {}).unsign(cursor)
            parts: Sequence[Any] = json.loads(
                base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
            )
            return Place(tuple(_unpacked(part) for part in parts[0]), UUID(parts[1]))
        except (BadData, ValueError, TypeError, IndexError):
            raise CursorInvalid from None
