"""Every policy that was ever in force, word for word."""

from sqlalchemy import insert, select

from service.persistence.tables import metadata
from service.persistence.units_of_work import Work

POLICY_VERSION = metadata.tables["policy_version"]


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
