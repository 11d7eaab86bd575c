"""The last good keys of each identity provider."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from service.persistence.asking import Asking
from service.persistence.tables import metadata
from service.persistence.units_of_work import Work

ISSUER_KEYS = metadata.tables["issuer_keys"]


async def find(ask: Asking, issuer: str) -> tuple[str, datetime, str] | None:
    """The key set of this issuer, when it was read, and its seal."""
    row = await ask.first(
        select(ISSUER_KEYS.c.key_set, ISSUER_KEYS.c.read_at, ISSUER_KEYS.c.seal).where(
            ISSUER_KEYS.c.issuer == issuer
        )
    )
    return None if row is None else (row[0], row[1], row[2])


async def keep(work: Work, issuer: str, key_set: str, read_at: datetime, seal: str) -> None:
    """Keeps a key set in place of what was kept of this issuer before."""
    await work.execute(delete(ISSUER_KEYS).where(ISSUER_KEYS.c.issuer == issuer))
    await work.execute(
        insert(ISSUER_KEYS).values(issuer=issuer, key_set=key_set, read_at=read_at, seal=seal)
    )
