"""Referrals and early help episodes: listed, read, given to a worker, closed with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.authority import TeamWork
from service.domain.early_help_episodes import (
    SETTLED_BY_THE_SERVICE,
    EarlyHelpEpisode,
    EpisodeClosure,
)
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.events import EventType
from service.domain.holders import HeldWork, holder
from service.domain.own_words import require_own_words
from service.domain.referrals import CASE, SECTION_47_ALLOCATION, CaseAction, Referral
from service.domain.transfers import StepDownUnfinished, TransferAction, TransferState
from service.domain.whole_contacts import CaseFilters, DatedCase, WholeCase
from service.domain_services.cases import CASES, close_case, hold_case
from service.domain_services.challenges import refuse_while_challenged
from service.domain_services.passed_concerns import refuse_while_concern_waits
from service.domain_services.section_47_enquiries import refuse_while_protection_is_owed
from service.domain_services.transfers import settle_transfers
from service.persistence.asking import Asking
from service.persistence.clocks import stop_clocks
from service.persistence.keysets import Place
from service.persistence.repositories import (
    accountabilities,
    accounts,
    cases,
    contacts,
    deadlines,
    transfers,
)
from service.persistence.repositories.cases import EPISODES, REFERRALS, Case, Cases
from service.persistence.units_of_work import Work

# Refusals from below that routes name in the contract.
EpisodeNotFound = cases.EpisodeNotFound
ReferralNotFound = cases.ReferralNotFound


@dataclass(frozen=True, slots=True)
class _Kind:
    """What differs between a referral and an early help episode."""

    work: TeamWork
    held: HeldWork
    allocated: EventType
    closed: EventType


_REFERRAL = _Kind(
    TeamWork.referral,
    HeldWork.referral,
    EventType.referral_allocated,
    EventType.referral_closed,
)
_EPISODE = _Kind(
    TeamWork.early_help_episode,
    HeldWork.early_help_episode,
    EventType.early_help_episode_allocated,
    EventType.early_help_episode_closed,
)


class ClosureFaulty(Invalid):
    """The code does not close this kind of case, or the reason says nothing."""

    code = "closure_not_possible"
    title = "This does not close this case"


class TeamCannotReceive(Invalid):
    """The team named does not take this kind of case."""

    code = "team_cannot_receive"
    title = "This team does not take this"


class AlreadyAllocated(Conflict):
    """This worker, in this team, has the case already."""

    code = "already_allocated"
    title = "This worker has it already"


async def allocate_referral(
    work: Work, who: Caller, referral_id: UUID, version: int, worker_id: UUID, team_id: str | None
) -> Referral:
    """Gives a referral to a worker, and to a team when one is named; the first time stops PI5's
    clock."""
    who.require(Permission.allocate_referral)
    return await _allocate(
        work, who, REFERRALS, _REFERRAL, referral_id, version, worker_id, team_id
    )


async def allocate_early_help_episode(
    work: Work, who: Caller, episode_id: UUID, version: int, worker_id: UUID, team_id: str | None
) -> EarlyHelpEpisode:
    """Gives an early help episode to a worker, and to a team when one is named."""
    who.require(Permission.allocate_early_help_episode)
    return await _allocate(work, who, EPISODES, _EPISODE, episode_id, version, worker_id, team_id)


def _refuse_wrong_team(work: Work, kind: _Kind, team_id: str | None, *, known: bool) -> None:
    """Raises TeamCannotReceive for a team that takes no such case, or for none where one must be.

    `known` is whether the team that has the case is in the policy.
    """
    taking = [team.id for team in work.policy.teams_for(kind.work)]
    teams = ", ".join(taking)
    if team_id is not None and team_id not in taking:
        raise TeamCannotReceive(
            "Put right the team and send it again.",
            problems=[
                Problem("/team_id", f"Use a team that takes this: {teams}.", "team_cannot_receive")
            ],
        )
    if team_id is None and not known:
        raise TeamCannotReceive(
            "The team of this case is not in the policy any more: name the team, too.",
            problems=[
                Problem("/team_id", f"Name a team that takes this: {teams}.", "team_removed")
            ],
        )


async def _allocate(
    work: Work,
    who: Caller,
    cases: Cases[Case],
    kind: _Kind,
    case_id: UUID,
    version: int,
    worker_id: UUID,
    team_id: str | None,
) -> Case:
    case = await hold_case(work, who, cases, case_id, version)
    CASE.after(case.state, CaseAction.allocate)
    holder(await accounts.staff(work, worker_id), kind.held, "/worker_id")
    known = work.policy.find_team(case.team_id) is not None
    _refuse_wrong_team(work, kind, team_id, known=known)
    if (worker_id, team_id or case.team_id) == (case.worker_id, case.team_id):
        raise AlreadyAllocated(
            "Nothing would change: name another worker or another team.",
            state=case.state,
            allowed=CASE.allowed(case.state),
        )
    # From a team that is no more the case goes on, whatever is disputed: nobody works it there.
    if team_id is not None and team_id != case.team_id and known:
        await refuse_while_challenged(work, case.person_id)
    await stop_clocks(
        work, case.contact_id, case.id, [cases.allocation_clock, SECTION_47_ALLOCATION], "allocated"
    )
    allocated: Case = await CASES.move(
        work,
        who,
        case,
        CaseAction.allocate,
        worker_id=worker_id,
        team_id=team_id or case.team_id,
        allocated_at=case.allocated_at or work.now,
    )
    work.record(
        kind.allocated,
        who,
        case.id,
        contact_id=case.contact_id,
        about=[case.person_id],
        worker_id=worker_id,
        team_id=allocated.team_id,
        was_worker_id=case.worker_id,
        was_team_id=case.team_id,
    )
    return allocated


async def close_referral(
    work: Work, who: Caller, referral_id: UUID, version: int, code: str, reason: str
) -> Referral:
    """Closes an allocated referral with a closure code of the children in need census and words.

    RC9 (closed after assessment, referred to early help) is refused: a child goes to early help by
    a step-down, which is complete before social care closes (rule 11).
    """
    who.require(Permission.close_referral)
    codes = [code for code in work.policy.codes.closure_reason if code != "RC9"]
    if code not in codes:
        raise ClosureFaulty(
            "Put right the closure code and send it again.",
            problems=[
                Problem(
                    "/closure_code",
                    f"Use a closure code: {', '.join(codes)}. A child goes to early help by a "
                    "step-down, not by a closure.",
                    "closure_code_not_possible",
                )
            ],
        )
    return await _close(work, who, REFERRALS, _REFERRAL, referral_id, version, code, reason)


async def close_early_help_episode(
    work: Work, who: Caller, episode_id: UUID, version: int, code: EpisodeClosure, reason: str
) -> EarlyHelpEpisode:
    """Closes an allocated early help episode with a coded reason and words."""
    who.require(Permission.close_early_help_episode)
    if code in SETTLED_BY_THE_SERVICE:
        raise ClosureFaulty(
            "Put right the closure code and send it again.",
            problems=[
                Problem(
                    "/closure_code",
                    "This closure follows from a new signed decision, a step-up or a step-down "
                    "that came back; nobody gives it as a reason.",
                    "closure_code_not_possible",
                )
            ],
        )
    return await _close(work, who, EPISODES, _EPISODE, episode_id, version, code, reason)


async def _close(
    work: Work,
    who: Caller,
    cases: Cases[Case],
    kind: _Kind,
    case_id: UUID,
    version: int,
    code: Any,
    reason: str,
) -> Case:
    found = await cases.get(work, who.sight, case_id)
    await contacts.renew_with_others(work, found.contact_id, found.person_id)
    answers = await accountabilities.held(work, found.person_id)
    case = await cases.held(work, who.sight, case_id, version)
    step_down = await transfers.open_step_down(work, case.person_id)
    if step_down is not None and step_down.state is TransferState.accepted:
        raise StepDownUnfinished(
            f"Step-down {step_down.reference} was accepted and is not complete. Complete it, or "
            "record that the family does not agree, which sends the child back; early help may "
            "also ask for a step-up.",
            state=case.state,
            allowed=(TransferAction.complete, TransferAction.record_family_agreement),
        )
    CASE.after(case.state, CaseAction.close)
    require_own_words(
        work.policy.rationale,
        "/reason",
        reason,
        ClosureFaulty,
        "Say why it closes, in your own words.",
    )
    if isinstance(case, Referral):
        await refuse_while_protection_is_owed(work, case)
    await refuse_while_challenged(work, case.person_id)
    await refuse_while_concern_waits(work, case.person_id)
    settled = await settle_transfers(work, who, case.person_id, "case_closed")
    closed = await close_case(work, who, cases, case, CaseAction.close, code, reason)
    if answers is not None and answers.case_id == case.id:
        await accountabilities.end(work, case.person_id)
    work.record(
        kind.closed,
        who,
        case.id,
        contact_id=case.contact_id,
        about=[case.person_id],
        closure_code=code,
        settled_transfer_ids=settled,
    )
    return closed


async def list_referrals(
    ask: Asking,
    who: Caller,
    filters: CaseFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[DatedCase[Referral]]:
    """Referrals that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_referrals)
    found = await REFERRALS.list_newest_first(ask, who.sight, filters, limit=limit, after=after)
    return await _dated(ask, found)


async def list_early_help_episodes(
    ask: Asking,
    who: Caller,
    filters: CaseFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[DatedCase[EarlyHelpEpisode]]:
    """Early help episodes that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_early_help_episodes)
    found = await EPISODES.list_newest_first(ask, who.sight, filters, limit=limit, after=after)
    return await _dated(ask, found)


async def _dated(ask: Asking, found: Sequence[Case]) -> list[DatedCase[Case]]:
    clocks = await deadlines.of_subjects(ask, [(case.contact_id, case.id) for case in found])
    return [
        DatedCase(
            case,
            next((clock.due_at for clock in clocks[case.id] if clock.stopped_at is None), None),
        )
        for case in found
    ]


async def read_referral(ask: Asking, who: Caller, referral_id: UUID) -> WholeCase[Referral]:
    """One referral with its clocks. Raises ReferralNotFound."""
    who.require(Permission.read_referrals)
    return await whole_case(ask, await REFERRALS.get(ask, who.sight, referral_id))


async def read_early_help_episode(
    ask: Asking, who: Caller, episode_id: UUID
) -> WholeCase[EarlyHelpEpisode]:
    """One early help episode with its clocks. Raises EpisodeNotFound."""
    who.require(Permission.read_early_help_episodes)
    return await whole_case(ask, await EPISODES.get(ask, who.sight, episode_id))


async def whole_case(ask: Asking, case: Case) -> WholeCase[Case]:
    """What hangs on a case that the caller may see."""
    return WholeCase(case, await deadlines.of_subject(ask, case.contact_id, case.id))
