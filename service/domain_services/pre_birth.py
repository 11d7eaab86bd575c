"""Before a birth: the clocks by the week of pregnancy, and what follows from what was learnt."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from service.domain.access import Caller
from service.domain.assessments import AssessmentState
from service.domain.flags import SubjectKind
from service.domain.people import Person
from service.domain.pregnancies import (
    ALL_CLOCKS,
    ASKING,
    CLOCKS,
    PregnancyAction,
    is_unborn,
    surely_by,
    what_was_learnt,
)
from service.domain.referrals import Referral
from service.domain_services.lives import keep_line
from service.domain_services.section_47_enquiries import start_clock_to_see
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.repositories import pre_birth
from service.persistence.units_of_work import Work

# What stops a clock that another date, or another word of a contact, starts anew.
_CHANGED = "expected_delivery_changed"
_NOT_KNOWN = "expected_delivery_not_known"
_BECAUSE = {
    PregnancyAction.record_birth: "born",
    PregnancyAction.end_pregnancy: "pregnancy_ended",
    PregnancyAction.correct: "not_unborn",
}
_STARTS_ANEW = frozenset({_CHANGED, _NOT_KNOWN, *_BECAUSE.values()})


async def start_pre_birth_clocks(work: Work, referral: Referral) -> None:
    """Starts the pre-birth clocks of a new referral, when the child is unborn.

    Without an expected date of delivery it is the asking for it that has a limit.
    """
    unborn, expected_on = await pre_birth.expected_delivery(work, referral.person_id)
    if unborn:
        kinds = (ASKING,) if expected_on is None else CLOCKS
        _start(work, referral, kinds, referral.accepted_at, expected_on)


def _start(
    work: Work,
    referral: Referral,
    kinds: Iterable[str],
    started_at: datetime,
    expected_delivery_on: date | None,
) -> None:
    for kind in kinds:
        start_clock(
            work,
            kind,
            SubjectKind.referral,
            referral.id,
            referral.contact_id,
            started_at,
            expected_delivery_on=expected_delivery_on,
        )


async def follow_what_was_learnt(
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
    keep_line(
        work,
        who,
        pre_birth.STEPS,
        after.id,
        action,
        contact_id=contact_id,
        happened_on=happened_on,
        expected_before_on=before.expected_delivery_on,
        expected_after_on=after.expected_delivery_on,
        words=words,
    )
    happened_at = None if happened_on is None else surely_by(happened_on, work.now)
    for referral in await pre_birth.open_referrals(work, [after.id]):
        if is_unborn(after):
            await _restart(work, referral, after.expected_delivery_on)
        else:
            await stop_clocks(
                work,
                referral.contact_id,
                referral.id,
                ALL_CLOCKS,
                _BECAUSE[action],
                happened_at=happened_at,
            )
    if is_unborn(before) and not is_unborn(after) and after.pregnancy_ended_on is None:
        await start_clock_to_see(work, after.id, happened_at or work.now)


async def restart_pre_birth_clocks(work: Work, referral: Referral, person: Person) -> None:
    """Lets the pre-birth clocks of an open referral follow when its child is another on file."""
    if is_unborn(person):
        await _restart(work, referral, person.expected_delivery_on)
    else:
        because = _BECAUSE[PregnancyAction.correct]
        await stop_clocks(work, referral.contact_id, referral.id, ALL_CLOCKS, because)


async def _restart(work: Work, referral: Referral, expected_delivery_on: date | None) -> None:
    """Starts the clocks that fit the date, but for those that were met already."""
    last = await pre_birth.last_clocks(work, referral)
    asked = last.get(ASKING)
    if expected_delivery_on is None:
        await stop_clocks(work, referral.contact_id, referral.id, CLOCKS, _NOT_KNOWN)
        if asked is None or asked.stopped_at is not None:
            began = referral.accepted_at if not last else work.now
            _start(work, referral, [ASKING], began, None)
        return
    await stop_clocks(work, referral.contact_id, referral.id, [ASKING], "expected_delivery_known")
    await stop_clocks(work, referral.contact_id, referral.id, CLOCKS, _CHANGED)
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
    states = await pre_birth.assessment_states(work, referral.id)
    met = set()
    if states:
        met.add("pre_birth_assessment_begun")
    if AssessmentState.authorised in states:
        met.add("pre_birth_assessment_done")
    return met
