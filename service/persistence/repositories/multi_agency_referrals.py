"""Multi-agency referrals that were checked and not sent: how often each caller asked for that."""

from uuid import UUID

from sqlalchemy import select, update

from service.domain.multi_agency_referrals import ValidationCount
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work

COUNT = table_of(ValidationCount)


async def count_validation(work: Work, account_id: UUID) -> ValidationCount:
    """Counts one more check of a caller. Their checks at the same moment wait for one another."""
    row = await work.first(
        select(*columns_of(ValidationCount))
        .where(COUNT.c.account_id == account_id)
        .with_for_update()
    )
    if row is None:
        # Two first ones at once: the later one is tried again.
        counted = ValidationCount(account_id, work.now, 1)
        work.add(counted)
        return counted
    before = read(ValidationCount, row)
    if before.is_over(work.now):
        counted = ValidationCount(account_id, work.now, 1)
    else:
        counted = ValidationCount(account_id, before.since, before.made + 1)
    await work.execute(
        update(COUNT)
        .where(COUNT.c.account_id == account_id)
        .values(since=counted.since, made=counted.made)
    )
    return counted
