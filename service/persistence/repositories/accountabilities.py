"""Who answers for each open child: one case, and by it one team; moved here and nowhere else."""

from uuid import UUID

from sqlalchemy import delete, select, update

from service.domain.accountabilities import Accountability
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.people import Person
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work

ACCOUNTABILITY = table_of(Accountability)
PERSON = table_of(Person)


async def held(work: Work, person_id: UUID) -> Accountability | None:
    """Which case answers for a child; nobody else moves the child until the commit.

    Taken after the contact that one holds, and before its cases, transfers and challenges.
    """
    await work.execute(
        select(PERSON.c.id)
        .where(PERSON.c.id == person_id)
        .with_for_update(of=PERSON, key_share=True)
    )
    return await of_person(work, person_id)


async def of_person(ask: Asking | Work, person_id: UUID) -> Accountability | None:
    """Which case answers for a child; None when the child is not open."""
    row = await ask.first(
        select(*columns_of(Accountability)).where(ACCOUNTABILITY.c.person_id == person_id)
    )
    return None if row is None else read(Accountability, row)


async def give(work: Work, case: Referral | EarlyHelpEpisode, since: Accountability | None) -> None:
    """Makes a case answer for its child from now on, instead of the one that does, if one does."""
    after = Accountability(
        person_id=case.person_id,
        referral_id=case.id if isinstance(case, Referral) else None,
        early_help_episode_id=case.id if isinstance(case, EarlyHelpEpisode) else None,
        since=work.now,
    )
    if since is None:
        work.add(after)
        return
    await work.execute(
        update(ACCOUNTABILITY)
        .where(ACCOUNTABILITY.c.person_id == case.person_id)
        .values(
            referral_id=after.referral_id,
            early_help_episode_id=after.early_help_episode_id,
            since=after.since,
        )
    )


async def end(work: Work, person_id: UUID) -> None:
    """Nobody answers for a child whose last case closes in this same transaction."""
    await work.execute(delete(ACCOUNTABILITY).where(ACCOUNTABILITY.c.person_id == person_id))
