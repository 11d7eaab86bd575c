"""Unborn children: their clocks by the week of pregnancy, which follow whatever is learnt."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from service.domain.access import Caller
from service.domain.assessments import Assessment, AssessmentState
from service.domain.contacts import Child, ChildState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import Deadline, SubjectKind
from service.domain.people import Person
from service.domain.pregnancies import (
    ASKING,
    CLOCKS,
    PregnancyAction,
    PregnancyStep,
    is_unborn,
    surely_by,
    what_was_learnt,
)
from service.domain.referrals import Referral
from service.domain_services.section_47_enquiries import start_clock_to_see
from service.persistence.asking import Asking
from service.persistence.clocks import start, stop
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.unborn import UNBORN
from service.persistence.units_of_work import Work, new_id
from service.persistence.visibility import referrals_visible_to, sees_social_care

PERSON = table_of(Person)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
CHILD = table_of(Child)
DEADLINE = table_of(Deadline)
STEP = table_of(PregnancyStep)
ASSESSMENT = table_of(Assessment)

ALL_CLOCKS = (ASKING, *CLOCKS)

# What stops a clock that another date, or another word of a contact, starts anew.
_CHANGED = "expected_delivery_changed"
_NOT_KNOWN = "expected_delivery_not_known"
_BECAUSE = {
    PregnancyAction.record_birth: "born",
    PregnancyAction.end_pregnancy: "pregnancy_ended",
    PregnancyAction.correct: "not_unborn",
}
_STARTS_ANEW = frozenset({_CHANGED, _NOT_KNOWN, *_BECAUSE.values()})


async def start_clocks(work: Work, referral: Referral) -> None:
    """Starts the pre-birth clocks of a new referral, when the child is unborn.

    Without an expected date of delivery it is the asking for it that has a limit.
    """
    row = await work.first(
        select(PERSON.c.expected_delivery_on).where(PERSON.c.id == referral.person_id, *UNBORN)
    )
    if row is not None:
        kinds = (ASKING,) if row.expected_delivery_on is None else CLOCKS
        _start(work, referral, kinds, referral.accepted_at, row.expected_delivery_on)


def _start(
    work: Work,
    referral: Referral,
    kinds: Iterable[str],
    started_at: datetime,
    expected_delivery_on: date | None,
) -> None:
    for kind in kinds:
        start(
            work,
            kind,
            SubjectKind.referral,
            referral.id,
            referral.contact_id,
            started_at,
            expected_delivery_on=expected_delivery_on,
        )


async def steps_of(ask: Asking | Work, person_id: UUID) -> list[PregnancyStep]:
    """Everything learnt of an unborn child, in the order in which it was recorded."""
    rows = await ask.all(
        select(*columns_of(PregnancyStep)).where(STEP.c.person_id == person_id).order_by(STEP.c.id)
    )
    return [read(PregnancyStep, row) for row in rows]


async def clocks_of(ask: Asking | Work, who: Caller, person_id: UUID) -> list[Deadline]:
    """The pre-birth clocks of a child's referrals that the caller may know of, soonest first."""
    rows = await ask.all(
        _clocks(person_id, *columns_of(Deadline))
        .where(referrals_visible_to(who))
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    )
    return [read(Deadline, row) for row in rows]


async def clocks_hidden(ask: Asking | Work, who: Caller, person_id: UUID) -> bool:
    """Whether a child has pre-birth clocks of which the caller may not know."""
    if sees_social_care(who):
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


async def follow(
    work: Work,
    who: Caller,
    before: Person,
    after: Person,
    contact_id: UUID | None,
    *,
    words: str | None = None,
) -> None:
    """Lets history and clocks follow what was learnt of an unborn child, however it was told.

    The caller holds the child and has renewed the contact of its open referral. The pre-birth
    clocks go by the new date, from the same start; they stop with the birth, with which the clock
    starts by which a section 47 enquiry has to see the child.
    """
    action = what_was_learnt(before, after)
    if action is None:
        return
    happened_on = {
        PregnancyAction.record_birth: after.date_of_birth,
        PregnancyAction.end_pregnancy: after.pregnancy_ended_on,
    }.get(action)
    work.add(
        PregnancyStep(
            id=new_id(),
            person_id=after.id,
            contact_id=contact_id,
            action=action,
            at=work.now,
            by=who.account_id,
            happened_on=happened_on,
            expected_before_on=before.expected_delivery_on,
            expected_after_on=after.expected_delivery_on,
            words=words,
        )
    )
    happened_at = None if happened_on is None else surely_by(happened_on, work.now)
    for referral in await open_referrals(work, [after.id]):
        if is_unborn(after):
            await _restart(work, referral, after.expected_delivery_on)
        else:
            await stop(
                work,
                referral.contact_id,
                referral.id,
                ALL_CLOCKS,
                _BECAUSE[action],
                happened_at=happened_at,
            )
    if is_unborn(before) and not is_unborn(after) and after.pregnancy_ended_on is None:
        await start_clock_to_see(work, after.id, happened_at or work.now)


async def follow_move(work: Work, referral: Referral, person: Person) -> None:
    """Lets the pre-birth clocks of an open referral follow when its child is another on file."""
    if is_unborn(person):
        await _restart(work, referral, person.expected_delivery_on)
    else:
        because = _BECAUSE[PregnancyAction.correct]
        await stop(work, referral.contact_id, referral.id, ALL_CLOCKS, because)


async def _restart(work: Work, referral: Referral, expected_delivery_on: date | None) -> None:
    """Starts the clocks that fit the date, but for those that were met already."""
    last: dict[str, Deadline] = {}
    for row in await work.all(
        select(*columns_of(Deadline))
        .where(
            DEADLINE.c.contact_id == referral.contact_id,
            DEADLINE.c.subject_id == referral.id,
            DEADLINE.c.kind.in_(ALL_CLOCKS),
        )
        .order_by(DEADLINE.c.id)
    ):
        clock = read(Deadline, row)
        last[clock.kind] = clock
    asked = last.get(ASKING)
    if expected_delivery_on is None:
        await stop(work, referral.contact_id, referral.id, CLOCKS, _NOT_KNOWN)
        if asked is None or asked.stopped_at is not None:
            began = referral.accepted_at if not last else work.now
            _start(work, referral, [ASKING], began, None)
        return
    await stop(work, referral.contact_id, referral.id, [ASKING], "expected_delivery_known")
    await stop(work, referral.contact_id, referral.id, CLOCKS, _CHANGED)
    met = await _met_without_a_clock(work, referral)
    wanted = [
        kind
        for kind in CLOCKS
        if (
            kind not in met
            if kind not in last
            else last[kind].stopped_at is None or last[kind].stopped_because in _STARTS_ANEW
        )
    ]
    _start(work, referral, wanted, referral.accepted_at, expected_delivery_on)


async def _met_without_a_clock(work: Work, referral: Referral) -> set[str]:
    """What a clock would wait for that was done while no date was known and none ran."""
    states = [
        state
        for (state,) in await work.all(
            select(ASSESSMENT.c.state).where(ASSESSMENT.c.referral_id == referral.id)
        )
    ]
    met = set()
    if states:
        met.add("pre_birth_assessment_begun")
    if AssessmentState.authorised in states:
        met.add("pre_birth_assessment_done")
    return met
