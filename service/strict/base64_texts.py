"""Base64url read strictly: one text for one content."""

import base64
import binascii
import re
from typing import Any

_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")


def strict_base64url(segment: Any) -> bytes:
    """Base64url without padding, in its one canonical form; `ValueError` for anything else."""
    if not isinstance(segment, str) or not _SEGMENT.fullmatch(segment):
        raise ValueError("not base64url")
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != segment.encode("ascii"):
        raise ValueError("not canonical base64url")
    return decoded
