"""Single assessments: begun once for a referral, and ended with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_

from service.domain.access import Caller
from service.domain.assessments import (
    ASSESSMENT,
    CLOCKS,
    Assessment,
    AssessmentAction,
    AssessmentFilters,
    AssessmentStep,
    DatedAssessment,
    WholeAssessment,
)
from service.domain.errors import NotFound, Stale
from service.domain.events import EventType
from service.domain.flags import Deadline, SubjectKind
from service.domain.people import Person
from service.domain.references import new_reference
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import (
    accountabilities,
    contacts,
    deadlines,
    measures,
)
from service.persistence.statements import one_seen
from service.persistence.units_of_work import Work, new_id
from service.persistence.visibility import protection_visible_to

ASSESSMENT_TABLE = table_of(Assessment)
STEP = table_of(AssessmentStep)
REFERRAL = table_of(Referral)
DEADLINE = table_of(Deadline)
PERSON = table_of(Person)


class AssessmentNotFound(NotFound):
    """No such assessment, or not one that the caller may know of."""

    code = "assessment_not_found"
    title = "No such assessment"


async def open_of_referral(ask: Asking | Work, referral_id: UUID) -> Assessment | None:
    """The assessment of a referral that has not ended: there is at most one."""
    row = await ask.first(
        select(*columns_of(Assessment)).where(
            ASSESSMENT_TABLE.c.referral_id == referral_id, ASSESSMENT_TABLE.c.ended_at.is_(None)
        )
    )
    return None if row is None else read(Assessment, row)


async def begin(work: Work, who: Caller, referral: Referral) -> Assessment:
    """The assessment that is under way in a referral, begun now when none is.

    The clock of 45 working days has run since the referral was accepted; for a second assessment
    in the same referral it starts now. The caller holds the child and has renewed the contact.
    """
    found = await open_of_referral(work, referral.id)
    if found is not None:
        return found
    first = await work.first(
        select(ASSESSMENT_TABLE.c.id).where(ASSESSMENT_TABLE.c.referral_id == referral.id).limit(1)
    )
    assessment = Assessment(
        id=new_id(),
        reference=new_reference("A"),
        referral_id=referral.id,
        contact_id=referral.contact_id,
        child_id=referral.child_id,
        person_id=referral.person_id,
        state=ASSESSMENT.start,
        begun_at=work.now,
        begun_by=who.account_id,
        factors=[],
        tools=[],
        childs_view=None,
        analysis=None,
        outcome=None,
        closure_code=None,
        completed_at=None,
        completed_by=None,
        answered_at=None,
        answered_by=None,
        answer_words=None,
        ended_at=None,
        version=1,
    )
    work.add(assessment)
    await deadlines.stop(
        work, referral.contact_id, referral.id, ["pre_birth_assessment_begun"], "begun"
    )
    if not await deadlines.is_running(work, referral.contact_id, referral.id, "single_assessment"):
        deadlines.start(
            work,
            "single_assessment",
            SubjectKind.referral,
            referral.id,
            referral.contact_id,
            referral.accepted_at if first is None else work.now,
        )
    return assessment


async def end_with_referral(work: Work, who: Caller, referral: Referral) -> None:
    """Ends an assessment that is not authorised when its referral closes; its clocks stop there."""
    found = await open_of_referral(work, referral.id)
    if found is not None:
        action = AssessmentAction.end_with_referral
        await move(work, who, found, action, ended_at=work.now)


async def get(ask: Asking | Work, who: Caller, assessment_id: UUID) -> Assessment:
    """One assessment. Raises AssessmentNotFound for what is not there and what may not be seen."""
    row = await ask.first(one_seen(who, Assessment, protection_visible_to), id=assessment_id)
    if row is None:
        raise AssessmentNotFound(
            "There is no assessment with this id that you may see. Check the id."
        )
    return read(Assessment, row)


async def hold(
    work: Work, who: Caller, assessment_id: UUID, version: int, action: AssessmentAction
) -> Assessment:
    """An assessment on which somebody is about to act, with its contact and its child held.

    Raises AssessmentNotFound; WrongState with what is possible; and only then Stale: who comes
    second is told why.
    """
    found = await get(work, who, assessment_id)
    await contacts.renew(work, found.contact_id)
    await accountabilities.held(work, found.person_id)
    assessment = await get(work, who, assessment_id)
    ASSESSMENT.after(assessment.state, action)
    if assessment.version != version:
        raise Stale(assessment.version)
    return assessment


async def move(
    work: Work,
    who: Caller,
    assessment: Assessment,
    action: AssessmentAction,
    *,
    words: str | None = None,
    content: Mapping[str, object] | None = None,
    **changed: Any,
) -> Assessment:
    """Takes an assessment one step on, with its line of history and what was completed by it."""
    state = ASSESSMENT.after(assessment.state, action)
    version = await work.change(
        Assessment, assessment.id, assessment.version, state=state, **changed
    )
    work.add(
        AssessmentStep(
            id=new_id(),
            assessment_id=assessment.id,
            action=action,
            state=state,
            at=work.now,
            by=who.account_id,
            words=words,
            content=content or {},
        )
    )
    return replace(assessment, state=state, version=version, **changed)


def record(work: Work, who: Caller, type_: EventType, assessment: Assessment, **data: Any) -> None:
    """Keeps the one event of a move of an assessment."""
    work.record(
        type_,
        who,
        assessment.id,
        contact_id=assessment.contact_id,
        person_id=assessment.person_id,
        referral_id=assessment.referral_id,
        state=assessment.state,
        **data,
    )


async def whole(ask: Asking | Work, assessment: Assessment) -> WholeAssessment:
    """What hangs on an assessment that the caller may see; its clocks run on the referral."""
    steps = await ask.all(
        select(*columns_of(AssessmentStep))
        .where(STEP.c.assessment_id == assessment.id)
        .order_by(STEP.c.id)
    )
    clocks = await deadlines.of_subject(ask, assessment.contact_id, assessment.referral_id)
    return WholeAssessment(
        assessment=assessment,
        steps=[read(AssessmentStep, row) for row in steps],
        deadlines=[one for one in clocks if one.kind in CLOCKS],
    )


async def list_newest_first(
    ask: Asking,
    who: Caller,
    filters: AssessmentFilters,
    *,
    limit: int,
    after_place: tuple[datetime, UUID] | None = None,
) -> list[DatedAssessment]:
    """Assessments by when they were begun, newest first, from after a place on."""
    statement = (
        select(*columns_of(Assessment))
        .where(protection_visible_to(who), *_conditions(filters))
        .order_by(ASSESSMENT_TABLE.c.begun_at.desc(), ASSESSMENT_TABLE.c.id.desc())
        .limit(limit)
    )
    if after_place is not None:
        begun_at, assessment_id = after_place
        statement = statement.where(
            tuple_(ASSESSMENT_TABLE.c.begun_at, ASSESSMENT_TABLE.c.id)
            < tuple_(
                literal(begun_at, ASSESSMENT_TABLE.c.begun_at.type),
                literal(assessment_id, ASSESSMENT_TABLE.c.id.type),
            )
        )
    found = [read(Assessment, row) for row in await ask.all(statement)]
    # What has ended waits for nothing, though its referral may have been assessed anew since.
    running = [(one.contact_id, one.referral_id) for one in found if one.ended_at is None]
    due = await deadlines.soonest(ask, running, CLOCKS)
    return [
        DatedAssessment(one, None if one.ended_at is not None else due[one.referral_id])
        for one in found
    ]


def _conditions(filters: AssessmentFilters) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.states:
        found.append(ASSESSMENT_TABLE.c.state.in_(filters.states))
    for name in ("person_id", "referral_id"):
        value = getattr(filters, name)
        if value is not None:
            found.append(ASSESSMENT_TABLE.c[name] == value)
    if filters.behind is not None:
        found.append(measures.cases(filters.behind))
    return found
