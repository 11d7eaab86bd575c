"""Every policy that was ever in force, word for word."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from service.persistence.asking import Asking
from service.persistence.tables import metadata
from service.persistence.units_of_work import Work

POLICY_VERSION = metadata.tables["policy_version"]


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy as it was kept when it first came into force."""

    stamp: str
    digest: str
    text: str
    first_used_at: datetime


async def find(ask: Asking, version: str) -> PolicyVersion | None:
    """The policy of this stamp, if it ever was in force here."""
    row = await ask.first(
        select(
            POLICY_VERSION.c.version,
            POLICY_VERSION.c.digest,
            POLICY_VERSION.c.text,
            POLICY_VERSION.c.first_used_at,
        ).where(POLICY_VERSION.c.version == version)
    )
    return None if row is None else PolicyVersion(*row)


async def keep(work: Work, version: str, digest: str, text: str) -> None:
    """Keeps a policy the first time it comes into force."""
    known = await work.first(
        select(POLICY_VERSION.c.version).where(POLICY_VERSION.c.version == version)
    )
    if known is None:
        await work.execute(
            insert(POLICY_VERSION).values(
                version=version, digest=digest, text=text, first_used_at=work.now
            )
        )
