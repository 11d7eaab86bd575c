"""What is known before a birth: its steps, its clocks, and the open referrals of the children."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from service.domain.access import Reach, Sight
from service.domain.assessments import Assessment, AssessmentState
from service.domain.contacts import Child, ChildState
from service.domain.deadlines import Deadline
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.people import Person
from service.domain.pregnancies import ALL_CLOCKS, PregnancyStep
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.things import Steps
from service.persistence.repositories.unborn import UNBORN
from service.persistence.units_of_work import Work
from service.persistence.visibility import worked_by

PERSON = table_of(Person)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
CHILD = table_of(Child)
DEADLINE = table_of(Deadline)
ASSESSMENT = table_of(Assessment)


async def expected_delivery(ask: Asking | Work, person_id: UUID) -> tuple[bool, date | None]:
    """Whether a child is unborn, and then the expected date of delivery as far as it is known."""
    row = await ask.first(
        select(PERSON.c.expected_delivery_on).where(PERSON.c.id == person_id, *UNBORN)
    )
    return (False, None) if row is None else (True, row.expected_delivery_on)


async def last_clocks(work: Work, referral: Referral) -> dict[str, Deadline]:
    """Of each kind of pre-birth clock the last that was started on a referral."""
    rows = await work.all(
        select(*columns_of(Deadline))
        .where(
            DEADLINE.c.contact_id == referral.contact_id,
            DEADLINE.c.subject_id == referral.id,
            DEADLINE.c.kind.in_(ALL_CLOCKS),
        )
        .order_by(DEADLINE.c.id)
    )
    return {clock.kind: clock for clock in (read(Deadline, row) for row in rows)}


async def assessment_states(work: Work, referral_id: UUID) -> list[AssessmentState]:
    """The states of all assessments of a referral."""
    rows = await work.all(select(ASSESSMENT.c.state).where(ASSESSMENT.c.referral_id == referral_id))
    return [AssessmentState(state) for (state,) in rows]


STEPS = Steps(PregnancyStep, "person_id")
steps_of = STEPS.all


async def clocks_of(ask: Asking | Work, sight: Sight, person_id: UUID) -> list[Deadline]:
    """The pre-birth clocks of a child's referrals that the caller may know of, soonest first."""
    rows = await ask.all(
        _clocks(person_id, *columns_of(Deadline))
        .where(worked_by(sight, Reach.SOCIAL_CARE))
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    )
    return [read(Deadline, row) for row in rows]


async def clocks_hidden(ask: Asking | Work, sight: Sight, person_id: UUID) -> bool:
    """Whether a child has pre-birth clocks of which the caller may not know."""
    if sight.sees_social_care:
        return False
    return await ask.first(_clocks(person_id, DEADLINE.c.id).limit(1)) is not None


def _clocks(person_id: UUID, *columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .join(
            REFERRAL,
            (REFERRAL.c.id == DEADLINE.c.subject_id)
            & (REFERRAL.c.contact_id == DEADLINE.c.contact_id),
        )
        .where(REFERRAL.c.person_id == person_id, DEADLINE.c.kind.in_(ALL_CLOCKS))
    )


async def open_referrals(ask: Asking | Work, person_ids: Sequence[UUID]) -> list[Referral]:
    """The open referrals of several children."""
    if not person_ids:
        return []
    rows = await ask.all(
        select(*columns_of(Referral)).where(REFERRAL.c.open_person_id.in_(person_ids))
    )
    return [read(Referral, row) for row in rows]


async def open_contact(ask: Asking | Work, person_id: UUID) -> tuple[UUID, bool] | None:
    """The contact on which something of a child is open, and whether a case is.

    That of an open case, else the latest that waits for a decision about the child; None when
    nothing is open.
    """
    for table in (REFERRAL, EPISODE):
        row = await ask.first(
            select(table.c.contact_id).where(table.c.open_person_id == person_id).limit(1)
        )
        if row is not None:
            return row[0], True
    row = await ask.first(
        select(CHILD.c.contact_id)
        .where(CHILD.c.person_id == person_id, CHILD.c.state != ChildState.decided)
        .order_by(CHILD.c.id.desc())
        .limit(1)
    )
    return None if row is None else (row[0], False)
