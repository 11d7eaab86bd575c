"""Unborn children: the clocks that run by the week of pregnancy from a referral on."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from service.domain.flags import SubjectKind
from service.domain.people import BirthKnowledge, Person
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.clocks import start
from service.persistence.records import table_of
from service.persistence.units_of_work import Work

CLOCKS = ("pre_birth_assessment_begun", "pre_birth_assessment_done")
PERSON = table_of(Person)


async def is_unborn(ask: Asking | Work, person_id: UUID) -> bool:
    """Whether a child is not born yet, as far as is told."""
    row = await ask.first(
        select(PERSON.c.id).where(
            PERSON.c.id == person_id, PERSON.c.birth_knowledge == BirthKnowledge.unborn
        )
    )
    return row is not None


async def start_clocks(work: Work, referral: Referral) -> None:
    """Starts the pre-birth clocks of a new referral, when the child is unborn.

    Without an expected date of delivery it is the asking for it that has a limit.
    """
    row = await work.first(
        select(PERSON.c.birth_knowledge, PERSON.c.expected_delivery_on).where(
            PERSON.c.id == referral.person_id
        )
    )
    if row is not None and row.birth_knowledge == BirthKnowledge.unborn:
        start_by_date(work, referral, row.expected_delivery_on)


def start_by_date(work: Work, referral: Referral, expected_delivery_on: date | None) -> None:
    """Starts the clocks of a referral of an unborn child, from when it was accepted."""
    kinds = ("expected_delivery_known",) if expected_delivery_on is None else CLOCKS
    for kind in kinds:
        start(
            work,
            kind,
            SubjectKind.referral,
            referral.id,
            referral.contact_id,
            referral.accepted_at,
            expected_delivery_on=expected_delivery_on,
        )
