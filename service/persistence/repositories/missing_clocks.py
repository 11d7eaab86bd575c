"""Referrals that were open before assessments had clocks: found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from service.domain.assessments import Assessment, AssessmentState
from service.domain.deadlines import Deadline
from service.domain.people import Person
from service.domain.pregnancies import ALL_CLOCKS
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import accountabilities
from service.persistence.repositories.unborn import UNBORN
from service.persistence.units_of_work import Work
from service.persistence.visibility import there_is

ASSESSMENT_TABLE = table_of(Assessment)
REFERRAL = table_of(Referral)
DEADLINE = table_of(Deadline)
PERSON = table_of(Person)


def _without(*kinds: str) -> ColumnElement[bool]:
    return ~there_is(
        DEADLINE,
        DEADLINE.c.contact_id == REFERRAL.c.contact_id,
        DEADLINE.c.subject_id == REFERRAL.c.id,
        DEADLINE.c.kind.in_(kinds),
    )


_NO_CLOCK_OF_ITS_OWN = _without("single_assessment")
_NO_CLOCK_BEFORE_BIRTH = _without(*ALL_CLOCKS)
_IS_UNBORN = there_is(PERSON, PERSON.c.id == REFERRAL.c.person_id, *UNBORN)
_NOT_ASSESSED = ~there_is(
    ASSESSMENT_TABLE,
    ASSESSMENT_TABLE.c.referral_id == REFERRAL.c.id,
    ASSESSMENT_TABLE.c.state == AssessmentState.authorised,
)


WITHOUT_CLOCKS = (
    select(*columns_of(Referral))
    .where(
        accountabilities.is_open(REFERRAL),
        _NOT_ASSESSED,
        or_(_NO_CLOCK_OF_ITS_OWN, _IS_UNBORN & _NO_CLOCK_BEFORE_BIRTH),
    )
    .order_by(REFERRAL.c.open_person_id)
)
"""The open referrals for whose assessment no clock was ever started, in the order of children."""


async def referrals_without_clocks(
    ask: Asking | Work,
    *,
    limit: int,
    after_person_id: UUID | None = None,
    only: UUID | None = None,
) -> list[Referral]:
    """Open referrals for whose assessment no clock was ever started, by child, from after one on.

    Those in which one was authorised wait for none.
    """
    statement = WITHOUT_CLOCKS.limit(limit)
    if after_person_id is not None:
        statement = statement.where(REFERRAL.c.open_person_id > after_person_id)
    if only is not None:
        statement = statement.where(REFERRAL.c.id == only)
    return [read(Referral, row) for row in await ask.all(statement)]


async def has_no_clock(work: Work, referral_id: UUID) -> bool:
    """Whether no clock of its assessment was ever started on a referral."""
    return await _is(work, referral_id, _NO_CLOCK_OF_ITS_OWN)


async def has_no_clock_before_birth(work: Work, referral_id: UUID) -> bool:
    """Whether no pre-birth clock was ever started on a referral whose child is unborn."""
    return await _is(work, referral_id, _IS_UNBORN & _NO_CLOCK_BEFORE_BIRTH)


async def _is(work: Work, referral_id: UUID, so: ColumnElement[bool]) -> bool:
    found = await work.first(select(REFERRAL.c.id).where(REFERRAL.c.id == referral_id, so))
    return found is not None


async def first_begun_at(work: Work, referral_id: UUID) -> datetime | None:
    """When the first assessment of a referral was begun."""
    row = await work.first(
        select(ASSESSMENT_TABLE.c.begun_at)
        .where(ASSESSMENT_TABLE.c.referral_id == referral_id)
        .order_by(ASSESSMENT_TABLE.c.begun_at)
        .limit(1)
    )
    return None if row is None else row.begun_at
