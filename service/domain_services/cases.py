"""Referrals and early help episodes: opened, closed, taken back, and reckoned anew."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.assessments import CLOCKS
from service.domain.cases import facts_before
from service.domain.decisions import Decision, LevelOfNeed, StatutoryBasis
from service.domain.early_help_episodes import AGREEMENT_CLOCK, EPISODE_CLOCKS, EarlyHelpEpisode
from service.domain.flags import SubjectKind
from service.domain.references import ReferenceKind, new_reference
from service.domain.referrals import (
    CASE,
    SECTION_47_ALLOCATION,
    CaseAction,
    CaseState,
    Referral,
    is_re_referral,
)
from service.domain.transfers import STRATEGY_CLOCK, FamilyAgreement
from service.domain_services.assessments import end_assessment_with_referral
from service.domain_services.lives import Moves
from service.domain_services.passed_concerns import follow_child
from service.domain_services.pre_birth import start_pre_birth_clocks
from service.persistence.asking import Asking
from service.persistence.clocks import is_running, start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import accountabilities, cases, contacts, transfers
from service.persistence.repositories.cases import EPISODES, REFERRALS, Case, Cases
from service.persistence.units_of_work import Work

# What waits for a referral's assessment and strategy meeting ends with the referral.
_CLOCKS_OF_REFERRAL = (
    "strategy_meeting",
    SECTION_47_ALLOCATION,
    *CLOCKS,
    "expected_delivery_known",
)


CASES: Moves[Any] = Moves(CASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """What brings a child to a new case: a signed decision, or since then an accepted transfer.

    `known_at` is when the front door was told: what a re-referral is reckoned from.
    """

    contact_id: UUID
    child_id: UUID
    person_id: UUID
    decision_id: UUID
    transfer_id: UUID | None
    source_code: str
    known_at: datetime


async def open_referral(
    work: Work,
    origin: Origin,
    *,
    team_id: str,
    worker_id: UUID | None,
    statutory_basis: StatutoryBasis,
    answered: Accountability | None,
) -> Referral:
    """Opens a child to social care; the referral answers for the child from now on.

    `answered` is which case answered until now, when one did. The clock of the allocation starts
    unless a worker takes it on at once. A strategy meeting that disclosed harm owes is the
    referral's from now on, since the step-up was requested, on whichever basis it opens.
    """
    but = origin.contact_id if origin.transfer_id is None else None
    previous = await REFERRALS.latest_of_person(work, origin.person_id, but=but)
    last_help = await EPISODES.latest_of_person(work, origin.person_id, but=but)
    known = [one for one in (previous, last_help) if one is not None]
    last_known = max(known, key=lambda one: one.accepted_at, default=None)
    months = work.policy.re_referral_within_months
    referral = Referral(
        id=new_id(),
        reference=new_reference(ReferenceKind.referral),
        contact_id=origin.contact_id,
        child_id=origin.child_id,
        person_id=origin.person_id,
        decision_id=origin.decision_id,
        transfer_id=origin.transfer_id,
        statutory_basis=statutory_basis,
        source_code=origin.source_code,
        state=CASE.start if worker_id is None else CaseState.allocated,
        accepted_at=work.now,
        team_id=team_id,
        worker_id=worker_id,
        allocated_at=None if worker_id is None else work.now,
        previous_referral_id=None if previous is None else previous.id,
        re_referral=previous is not None
        and is_re_referral(previous.accepted_at, origin.known_at, months),
        last_known_team_id=None if last_known is None else last_known.team_id,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
    )
    await _open(work, REFERRALS, referral, answered)
    _start_on_referral(work, referral, "single_assessment")
    meeting_owed_since = await _take_over_owed_meeting(work, origin.person_id)
    if statutory_basis is StatutoryBasis.section_47:
        since = await cases.owed_meeting_since(work, origin.person_id)
        owed = [one for one in (since, meeting_owed_since) if one is not None]
        _start_on_referral(work, referral, "strategy_meeting", min(owed, default=None))
        _start_allocation_of_section_47(work, referral)
    elif meeting_owed_since is not None:
        _start_on_referral(work, referral, "strategy_meeting", meeting_owed_since)
    await start_pre_birth_clocks(work, referral)
    return referral


def _start_on_referral(
    work: Work, referral: Referral, kind: str, since: datetime | None = None
) -> None:
    start_clock(
        work, kind, SubjectKind.referral, referral.id, referral.contact_id, since or work.now
    )


def _start_allocation_of_section_47(work: Work, referral: Referral) -> None:
    if referral.worker_id is None:
        _start_on_referral(work, referral, SECTION_47_ALLOCATION)


async def make_section_47(work: Work, referral: Referral) -> None:
    """Makes an open referral that is held one under section 47, unless it is; nobody goes back.

    Where no worker has it, it is to be allocated the same day from now on.
    """
    if referral.statutory_basis is not StatutoryBasis.section_47:
        await work.change(
            Referral,
            referral.id,
            referral.version,
            statutory_basis=StatutoryBasis.section_47,
        )
        _start_allocation_of_section_47(work, referral)


async def reckon_referrals_again(work: Work, person_id: UUID) -> None:
    """Reckons anew which referrals of a child follow an earlier one: its history has changed."""
    referrals = await cases.referrals_with_receipt(work, person_id)
    if not referrals:
        return
    helped = await cases.episodes_of_person(work, person_id)
    months = work.policy.re_referral_within_months
    for one, received_at in referrals:
        known_at = received_at if one.transfer_id is None else one.accepted_at
        facts = facts_before(one, known_at, [other for other, _ in referrals], helped, months)
        if any(getattr(one, name) != value for name, value in facts.items()):
            await cases.change_referral(work, one.id, facts)


async def open_episode(
    work: Work,
    origin: Origin,
    *,
    team_id: str,
    worker_id: UUID | None,
    level_of_need: LevelOfNeed,
    answered: Accountability | None,
    family_agreement: FamilyAgreement | None = None,
) -> EarlyHelpEpisode:
    """Opens a child to early help; the episode answers for the child from now on.

    `family_agreement` is what the family said; None where a step-down says so. Until it is given,
    a clock runs on asking (rule 15).
    """
    episode = EarlyHelpEpisode(
        id=new_id(),
        reference=new_reference(ReferenceKind.early_help_episode),
        contact_id=origin.contact_id,
        child_id=origin.child_id,
        person_id=origin.person_id,
        decision_id=origin.decision_id,
        transfer_id=origin.transfer_id,
        level_of_need=level_of_need,
        source_code=origin.source_code,
        state=CASE.start if worker_id is None else CaseState.allocated,
        accepted_at=work.now,
        team_id=team_id,
        worker_id=worker_id,
        allocated_at=None if worker_id is None else work.now,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
        family_agreement=family_agreement,
        family_agreement_at=None if family_agreement is None else work.now,
    )
    await _open(work, EPISODES, episode, answered)
    if family_agreement not in (None, FamilyAgreement.given):
        start_clock(
            work,
            AGREEMENT_CLOCK,
            SubjectKind.early_help_episode,
            episode.id,
            episode.contact_id,
            work.now,
        )
    return episode


async def _open(work: Work, kind: Cases[Case], case: Case, answered: Accountability | None) -> None:
    work.add(case)
    await accountabilities.give(work, case, answered)
    if answered is not None:
        await follow_child(work, case.person_id)
    if case.worker_id is None:
        start_clock(
            work, kind.allocation_clock, kind.subject_kind, case.id, case.contact_id, work.now
        )


async def hold_case(
    work: Work, who: Caller, kind: Cases[Case], case_id: UUID, version: int
) -> Case:
    """A case held for a change that keeps the child where it is.

    The contact, then the child, then its cases, as whoever moves the child holds them. Raises that
    there is no such case, and Stale.
    """
    found = await kind.get(work, who.sight, case_id)
    await contacts.renew(work, found.contact_id)
    await accountabilities.held(work, found.person_id)
    return await kind.held(work, who.sight, case_id, version)


async def moved_on(ask: Asking | Work, decision: Decision, answers: Accountability | None) -> bool:
    """Whether the child has moved to another case since a decision: it decides nothing any more.

    Not when the case that it opened or joined answers for the child, and not when it led to none.
    """
    if answers is None or answers.case_id == decision.joined_case_id:
        return False
    own = await REFERRALS.of_decision(ask, decision.id) or await EPISODES.of_decision(
        ask, decision.id
    )
    if own is None:
        return decision.joined_case_id is not None
    return own.id != answers.case_id


async def close_case(
    work: Work,
    who: Caller,
    kind: Cases[Case],
    case: Case,
    action: CaseAction,
    code: str,
    reason: str,
    *,
    clock_stops: str = "closed",
) -> Case:
    """Closes a case that is held, with the clocks that run on it.

    Whoever calls sees to who answers for the child from now on. Raises WrongState, Stale.
    """
    CASE.after(case.state, action)
    clocks = [kind.allocation_clock, *_CLOCKS_OF_REFERRAL, *EPISODE_CLOCKS]
    await stop_clocks(work, case.contact_id, case.id, clocks, clock_stops)
    if isinstance(case, Referral):
        await end_assessment_with_referral(work, who, case)
    closed: Case = await CASES.move(
        work,
        who,
        case,
        action,
        closed_at=work.now,
        closed_by=who.account_id,
        closure_code=code,
        closure_reason=reason,
    )
    return closed


async def take_referral_back(
    work: Work,
    referral_id: UUID | None,
    *,
    team_id: str | None = None,
    worker_id: UUID | None = None,
) -> Referral:
    """Makes a referral that was being handed over social care's own again.

    It is with the team and the worker that it never left, unless others are named.
    """
    if referral_id is None:
        raise REFERRALS.missing()
    referral = await REFERRALS.read_held(work, referral_id)
    again: Referral = await CASES.move(
        work,
        None,
        referral,
        CaseAction.take_back,
        team_id=team_id or referral.team_id,
        worker_id=worker_id or referral.worker_id,
    )
    return again


async def _take_over_owed_meeting(work: Work, person_id: UUID) -> datetime | None:
    """Since when a strategy meeting is owed to a child who disclosed harm; its clock ends there."""
    taken = await transfers.take_over_owed_meetings(work, person_id)
    for transfer_id, contact_id, _ in taken:
        await stop_clocks(work, contact_id, transfer_id, [STRATEGY_CLOCK], "owed_by_the_referral")
    return min((since for *_, since in taken), default=None)


async def raise_basis(
    work: Work,
    referral_id: UUID,
    basis: StatutoryBasis | None,
    *,
    taken_back: bool = False,
) -> None:
    """Makes an open referral one under section 47 when a more serious concern says so.

    The clock of a strategy meeting starts by each such concern, unless it runs already. A referral
    that is `taken_back` by a step-up takes over the meeting that disclosed harm owes, on whichever
    basis.
    """
    at_risk = basis is StatutoryBasis.section_47
    if not at_risk and not taken_back:
        return
    referral = await REFERRALS.read_held(work, referral_id)
    since = await _take_over_owed_meeting(work, referral.person_id) if taken_back else None
    if not at_risk and since is None:
        return
    if at_risk:
        await make_section_47(work, referral)
    kind = "strategy_meeting"
    if not await is_running(work, referral.contact_id, referral.id, kind):
        _start_on_referral(work, referral, kind, since)
